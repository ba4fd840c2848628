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

#define HOLES_MAX    64 /* passed over at one request */
#define DOUBTS_GUESS 2
#define DOUBTS_KNOWN 3

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

/* The area of the first snapshot at @addr that was lazy then, in a list whose node is a guess;
 * NULL. */
static const struct timeline_area *in_guessed_list(const struct cursor *cursor, uint64_t addr)
{
	const GArray *before = cursor->timeline->before;

	if (!timeline_is_guess(cursor->timeline, addr, cursor->next))
		return NULL;
	for (unsigned i = 0; i < before->len; i++) {
		const struct timeline_area *area = &g_array_index(before, struct timeline_area, i);

		if (area->lazy && area->start == addr)
			return area;
	}
	return NULL;
}

/*
 * The list that @one was in is @node's. Lists of two nodes that one after the other are ascending
 * are so by a rare chance: what ascends is one list.
 */
static void put_list_right(struct cursor *cursor, const struct timeline_area *one, uint32_t node)
{
	const GArray *before = cursor->timeline->before;

	for (unsigned i = 0; i < before->len; i++) {
		const struct timeline_area *area = &g_array_index(before, struct timeline_area, i);

		if (area->lazy && area->node == one->node &&
		    timeline_is_guess(cursor->timeline, area->start, cursor->next))
			nodes_replay_move(cursor->model, area->start, area->size, node);
	}
}

/* How often the machine did not give what lies at @addr, this time included. */
static uint32_t doubt(struct cursor *cursor, uint64_t addr)
{
	for (unsigned i = 0; i < DOUBTS_MAX; i++) {
		if (cursor->doubts[i].addr == addr)
			return ++cursor->doubts[i].times;
	}
	cursor->doubts[cursor->next_doubt] = (struct doubt){addr, 1};
	cursor->next_doubt = (cursor->next_doubt + 1) % DOUBTS_MAX;
	return 1;
}

/* Does where the machine took an area say that what the model has at the head of @own's pool is not
 * there? What it took from another pool may have been on top. */
static bool has_no_head(struct nodes_place place, uint32_t own)
{
	return place.where == NODES_IN_TREE || (place.where == NODES_IN_POOL && place.node == own);
}

/*
 * The head of the CPU's pool was foretold and not given. Once that may be the request's own matter:
 * its task went to another CPU, a purge had the pool in hand. Twice it is the area's: it is not
 * there. If its node was a guess, it is another one; if that is no better, nothing tells where it
 * is.
 */
static void put_head_right(struct cursor *cursor, const struct moment *moment, uint32_t own)
{
	struct nodes_replay *model = cursor->model;
	const struct nodes_request *request = &moment->request;
	struct nodes_answer answer = nodes_replay_foretell(model, request);

	if (!answer.pooled || answer.addr == moment->addr)
		return;
	uint32_t times = doubt(cursor, answer.addr);
	const struct timeline_area *listed = in_guessed_list(cursor, answer.addr);

	if (times == DOUBTS_GUESS && listed && nodes_replay_nodes(model) == 2)
		put_list_right(cursor, listed, !own);
	else if (times == DOUBTS_GUESS &&
		 timeline_is_guess(cursor->timeline, answer.addr, cursor->next))
		nodes_replay_other_pool(model, request, own);
	else if (times >= DOUBTS_KNOWN &&
		 has_no_head(nodes_replay_where(model, moment->addr, request->size), own))
		nodes_replay_unpool(model, request, own);
}

/* More than the area itself is at odds with what the machine did. */
static void put_right(struct cursor *cursor, const struct moment *moment)
{
	struct nodes_replay *model = cursor->model;
	const struct nodes_request *request = &moment->request;
	uint32_t own = request->cpu % nodes_replay_nodes(model);

	const struct timeline_area *listed = in_guessed_list(cursor, moment->addr);

	if (listed && nodes_replay_where(model, moment->addr, request->size).node != own)
		put_list_right(cursor, listed, own);
	put_head_right(cursor, moment, own);
	struct nodes_answer answer = nodes_replay_foretell(model, request);
	struct nodes_place place = nodes_replay_where(model, moment->addr, request->size);

	if (place.where == NODES_IN_TREE && answer.addr < moment->addr)
		put_tree_right(model, moment, answer);
	else if (place.where == NODES_IN_POOL && place.node == own)
		nodes_replay_rotate_pool(model, request, own, place.depth);
	nodes_replay_grant(model, request, moment->slot, moment->addr);
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
			put_right(cursor, moment);
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
