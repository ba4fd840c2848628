// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/fidelity/cursor.h"

bool cursor_init(struct cursor *cursor, const struct timeline *timeline, const char *version,
		 bool corrects, GError **error)
{
	const struct nodes_replay_setup setup = {
		.version = version,
		.cpus = timeline->cpus,
		.vstart = timeline->vstart,
		.vend = timeline->vend,
		.lazy_max_pages = timeline->lazy_max_pages,
	};

	*cursor = (struct cursor){.timeline = timeline, .corrects = corrects};
	cursor->model = nodes_replay_new(&setup, error);
	if (!cursor->model)
		return false;
	for (unsigned i = 0; i < timeline->before->len; i++) {
		const struct timeline_area *area =
			&g_array_index(timeline->before, struct timeline_area, i);

		nodes_replay_seed(cursor->model, area->slot, area->start, area->size, area->origin,
				  area->lazy);
	}
	return true;
}

struct cursor cursor_copy(const struct cursor *from)
{
	struct cursor cursor = *from;

	cursor.model = nodes_replay_copy(from->model);
	return cursor;
}

void cursor_clear(struct cursor *cursor)
{
	nodes_replay_free(cursor->model);
	cursor->model = NULL;
}

void cursor_set_plan(struct cursor *cursor, uint32_t purge, const uint32_t *plan)
{
	cursor->purge = purge;
	cursor->plan = plan;
	cursor->begun = false;
}

#define HOLES_MAX 64 /* passed over at one request */

/* The holes that the machine did not have, or passed over on its way to another one. */
static void put_tree_right(struct nodes_replay *model, const struct moment *moment,
			   struct nodes_answer answer)
{
	for (unsigned i = 0; i < HOLES_MAX; i++) {
		/* that the machine went lower says nothing about the hole */
		if (!answer.found || answer.pooled || answer.addr >= moment->addr ||
		    !(nodes_replay_withhold(model, &moment->request, answer.addr, moment->addr) ||
		      nodes_replay_pass_over(model, &moment->request, answer.addr)))
			return;
		answer = nodes_replay_foretell(model, &moment->request);
	}
}

/* More than the area itself is at odds with what the machine did. */
static void put_right(struct nodes_replay *model, const struct moment *moment,
		      const struct verdict *verdict)
{
	const struct nodes_place *place = &verdict->place;
	uint32_t own = moment->request.cpu % nodes_replay_nodes(model);

	if (place->where == NODES_IN_TREE && verdict->answer.addr < moment->addr)
		put_tree_right(model, moment, verdict->answer);
	else if (place->where == NODES_IN_POOL && place->node == own)
		nodes_replay_rotate_pool(model, &moment->request, own, place->depth);
	nodes_replay_grant(model, &moment->request, moment->slot, moment->addr);
}

static void request(struct cursor *cursor, const struct moment *moment, struct verdict *verdict)
{
	struct nodes_replay *model = cursor->model;

	verdict->answer = nodes_replay_foretell(model, &moment->request);
	verdict->exact = verdict->answer.found && verdict->answer.addr == moment->addr;
	if (!verdict->exact)
		verdict->place = nodes_replay_where(model, moment->addr, moment->request.size);
	if (verdict->exact || (!cursor->corrects && verdict->answer.found)) {
		uint64_t addr = nodes_replay_alloc(model, &moment->request, moment->slot);

		g_assert(addr == verdict->answer.addr);
	} else {
		if (cursor->corrects)
			put_right(model, moment, verdict);
		else
			nodes_replay_fail(model, &moment->request);
	}
}

static void attempt(struct cursor *cursor, const struct moment *moment, struct verdict *verdict)
{
	verdict->answer = nodes_replay_foretell(cursor->model, &moment->request);
	verdict->exact = !verdict->answer.found;
	nodes_replay_fail(cursor->model, &moment->request);
}

static void finish_purge(struct cursor *cursor, bool full)
{
	if (!cursor->begun)
		nodes_replay_purge_begin(cursor->model, full);
	nodes_replay_purge_to(cursor->model, NODES_PURGE_STEPS(nodes_replay_nodes(cursor->model)));
	cursor->begun = false;
	cursor->plan = NULL;
}

static void purge_steps(struct cursor *cursor)
{
	struct nodes_replay *model = cursor->model;

	if (!cursor->plan)
		return;
	if (!cursor->begun && cursor->plan[0] <= cursor->next) {
		nodes_replay_purge_begin(model, timeline_at(cursor->timeline, cursor->purge)->full);
		cursor->begun = true;
	}
	while (nodes_replay_purging(model)) {
		uint32_t step = nodes_replay_purge_next(model);

		if (cursor->plan[step] > cursor->next)
			break;
		nodes_replay_purge_to(model, step + 1);
	}
}

void cursor_step(struct cursor *cursor, struct verdict *verdict)
{
	const struct moment *moment = timeline_at(cursor->timeline, cursor->next);

	*verdict = (struct verdict){0};
	purge_steps(cursor);
	verdict->purging = nodes_replay_purging(cursor->model);
	switch (moment->kind) {
	case MOMENT_REQUEST:
		request(cursor, moment, verdict);
		break;
	case MOMENT_FAIL:
		attempt(cursor, moment, verdict);
		break;
	case MOMENT_FREE:
		nodes_replay_release(cursor->model, moment->slot);
		verdict->counts = nodes_replay_counts(cursor->model);
		break;
	case MOMENT_PURGE:
		finish_purge(cursor, moment->full);
		verdict->counts = nodes_replay_counts(cursor->model);
		break;
	case MOMENT_SHRINK:
		verdict->counts = nodes_replay_counts(cursor->model);
		if (!moment->runs)
			break;
		if (nodes_replay_purging(cursor->model)) /* it waits for the mutex */
			nodes_replay_purge_to(cursor->model,
					      NODES_PURGE_STEPS(nodes_replay_nodes(cursor->model)));
		nodes_replay_shrink(cursor->model);
		nodes_replay_give_back(cursor->model);
		break;
	}
	cursor->next++;
}

/* Free events of two CPUs may stand in another order than their counters, which is less. */
#define COUNTER_OFF 64 /* pages */

uint64_t verdict_cost(const struct moment *moment, const struct verdict *verdict)
{
	uint64_t model = verdict->counts.lazy_pages, recorded = moment->lazy_pages;

	if (moment->kind == MOMENT_REQUEST)
		return verdict->exact ? 0 : COST_MISS;
	if (moment->kind == MOMENT_FREE && moment->counted)
		return MAX(model, recorded) - MIN(model, recorded) > COUNTER_OFF ? COST_COUNTER : 0;
	return 0;
}
