// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/fidelity/placement.h"

#include "sim/fidelity/placement_beam.h"

#include <string.h>

#define REQUESTS_AFTER	20  /* that a placement is judged by, behind the purge's own moment */
#define LOOK_BACK_MAX	400 /* moments */
#define REQUESTS_BEFORE 12  /* that the first steps may come before the first place */
#define PLACES_MAX	24  /* for a step */

struct search {
	const struct cursor *from;
	uint32_t purge; /* moment */
	uint32_t steps, nodes;
	GArray *places; /* uint32_t, ascending: where the lazy areas may have been taken */
	uint64_t best;	/* cost of the plan */
	uint32_t *plan;
};

static bool is_request(const struct timeline *timeline, uint32_t i)
{
	return timeline_at(timeline, i)->kind == MOMENT_REQUEST;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a < b ? b - a : a - b;
}

/*
 * Places where as many areas were lazy as the purge took, or as near to it as there are. Of two
 * without a request between them the later stands for both.
 */
static void find_places(struct search *search)
{
	const struct timeline *timeline = search->from->timeline;
	uint64_t wanted = timeline_at(timeline, search->purge)->purged;
	uint64_t lazy = nodes_replay_counts(search->from->model).lazy, nearest = UINT64_MAX;
	bool request_since = true;
	uint32_t first = search->purge > LOOK_BACK_MAX ? search->purge - LOOK_BACK_MAX : 0;

	for (uint32_t i = search->from->next; i <= search->purge; i++) {
		uint64_t off = distance(lazy, wanted);

		if (i >= first && off <= nearest) {
			if (off < nearest)
				g_array_set_size(search->places, 0);
			if (off == nearest && !request_since)
				g_array_set_size(search->places, search->places->len - 1);
			g_array_append_val(search->places, i);
			nearest = off;
			request_since = false;
		}
		request_since |= is_request(timeline, i);
		lazy += timeline_at(timeline, i)->kind == MOMENT_FREE;
	}
	if (search->places->len > PLACES_MAX)
		g_array_remove_range(search->places, 0, search->places->len - PLACES_MAX);
}

/* The cost of @plan, from where @from stands to some requests behind the purge. */
static uint64_t try_plan(const struct search *search, const struct cursor *from,
			 const uint32_t *plan)
{
	struct cursor cursor = cursor_copy(from);
	const struct timeline *timeline = from->timeline;
	uint64_t cost = 0;
	unsigned after = 0;

	cursor_set_plan(&cursor, search->purge, plan);
	while (cursor.next < timeline->moments->len && after < REQUESTS_AFTER &&
	       cost < search->best) {
		struct verdict verdict;
		const struct moment *moment = timeline_at(timeline, cursor.next);

		after += moment->kind == MOMENT_REQUEST && cursor.next > search->purge;
		cursor_step(&cursor, &verdict);
		cost += verdict_cost(moment, &verdict);
	}
	cursor_clear(&cursor);
	return cost;
}

static void consider(struct search *search, const struct cursor *from, uint32_t detach,
		     uint32_t refill)
{
	g_autofree uint32_t *plan = g_new(uint32_t, search->steps);

	for (uint32_t i = 0; i < search->steps; i++)
		plan[i] = i < NODES_REFILL_STEP(search->nodes) ? detach : refill;
	uint64_t cost = try_plan(search, from, plan);

	if (cost < search->best) {
		search->best = cost;
		memcpy(search->plan, plan, search->steps * sizeof(*plan));
	}
}

/* All at once. */
static void try_at_once(struct search *search, struct cursor *base)
{
	for (unsigned i = search->places->len; i-- && search->best;)
		consider(search, base, g_array_index(search->places, uint32_t, i),
			 g_array_index(search->places, uint32_t, i));
}

/* Requests fall between. */
static void try_in_two(struct search *search, struct cursor *base)
{
	for (unsigned i = search->places->len; i-- && search->best;) {
		uint32_t detach = g_array_index(search->places, uint32_t, i);
		unsigned tried = 0;

		for (uint32_t refill = search->purge;
		     refill > detach && tried < PLACES_MAX && search->best; refill--) {
			if (refill != search->purge && !is_request(base->timeline, refill - 1))
				continue;
			tried++;
			consider(search, base, detach, refill);
		}
	}
}

/* Step by step. */
static void try_steps(struct search *search, struct cursor *base)
{
	uint64_t cost;
	g_autofree uint32_t *plan = placement_beam(base, search->purge, REQUESTS_AFTER, &cost);

	if (cost < search->best) {
		search->best = cost;
		memcpy(search->plan, plan, search->steps * sizeof(*plan));
	}
}

/* A little before the first place: the first steps of the purge may lie there, with requests that
 * only they explain. */
static struct cursor begin(const struct search *search)
{
	const struct timeline *timeline = search->from->timeline;
	uint32_t at = g_array_index(search->places, uint32_t, 0);
	struct cursor base = cursor_copy(search->from);
	struct verdict ignored;

	for (unsigned requests = 0; at > base.next && requests < REQUESTS_BEFORE; at--)
		requests += is_request(timeline, at - 1);
	while (base.next < at)
		cursor_step(&base, &ignored);
	return base;
}

uint32_t *placement_find(const struct cursor *cursor, uint32_t purge)
{
	uint32_t nodes = nodes_replay_nodes(cursor->model);
	struct search search = {
		.from = cursor,
		.purge = purge,
		.nodes = nodes,
		.steps = NODES_PURGE_STEPS(nodes),
		.places = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
		.best = UINT64_MAX,
		.plan = g_new0(uint32_t, NODES_PURGE_STEPS(nodes)),
	};
	struct cursor base;

	find_places(&search);
	base = begin(&search);
	try_at_once(&search, &base);
	try_in_two(&search, &base);
	if (search.best)
		try_steps(&search, &base);
	cursor_clear(&base);
	g_array_unref(search.places);
	return search.plan;
}
