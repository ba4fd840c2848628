// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/fidelity/placement_beam.h"

#include <string.h>

#define WIDTH	    24		    /* hypotheses with the same number of steps done */
#define COST_NUMBER (8 * COST_MISS) /* not as many areas as the recording says */
#define SPARE_COST  (2 * COST_MISS) /* worse than the best by this much is given up */

struct hypothesis {
	struct cursor cursor;
	uint32_t *plan; /* by step: what was done so far */
	uint32_t done;	/* steps */
	uint64_t cost, digest;
};

struct beam {
	const struct timeline *timeline;
	uint32_t purge, steps;
	uint32_t refill; /* the step behind the last detach */
	uint64_t purged;
	GPtrArray *live; /* struct hypothesis, those with later steps first */
};

static void hypothesis_free(gpointer data)
{
	struct hypothesis *hypothesis = data;

	cursor_clear(&hypothesis->cursor);
	g_free(hypothesis->plan);
	g_free(hypothesis);
}

static struct hypothesis *hypothesis_copy(const struct beam *beam, const struct hypothesis *from)
{
	struct hypothesis *copy = g_memdup2(from, sizeof(*from));

	copy->cursor = cursor_copy(&from->cursor);
	copy->plan = g_memdup2(from->plan, beam->steps * sizeof(*from->plan));
	return copy;
}

/* Do the next step that there is. False: the purge has ended. */
static bool advance(const struct beam *beam, struct hypothesis *hypothesis)
{
	struct cursor *cursor = &hypothesis->cursor;
	uint32_t from = hypothesis->done;

	if (!cursor->begun) {
		nodes_replay_purge_begin(cursor->model,
					 timeline_at(beam->timeline, beam->purge)->full);
		cursor->begun = true;
		nodes_replay_purge_to(cursor->model, 1);
	} else {
		if (!nodes_replay_purging(cursor->model))
			return false;
		nodes_replay_purge_to(cursor->model, nodes_replay_purge_next(cursor->model) + 1);
	}
	hypothesis->done = nodes_replay_purging(cursor->model)
				   ? nodes_replay_purge_next(cursor->model)
				   : beam->steps;
	if (from < beam->refill && hypothesis->done >= beam->refill)
		hypothesis->cost += nodes_replay_counts(cursor->model).detached != beam->purged
					    ? COST_NUMBER
					    : 0;
	for (uint32_t i = from; i < hypothesis->done; i++)
		hypothesis->plan[i] = cursor->next;
	return true;
}

/* Of every hypothesis, those that are a number of steps further. */
static void expand(struct beam *beam)
{
	for (unsigned i = 0, n = beam->live->len; i < n; i++) {
		const struct hypothesis *from = beam->live->pdata[i];

		if (from->done == beam->steps)
			continue;
		for (;;) {
			struct hypothesis *next = hypothesis_copy(beam, from);

			if (!advance(beam, next)) {
				hypothesis_free(next);
				break;
			}
			g_ptr_array_add(beam->live, next);
			from = next;
		}
	}
}

static gint by_cost(gconstpointer a, gconstpointer b)
{
	const struct hypothesis *x = *(struct hypothesis *const *)a,
				*y = *(struct hypothesis *const *)b;

	return (x->cost > y->cost) - (x->cost < y->cost);
}

/* The best ones; of those that came to the same, one. */
static void prune(struct beam *beam)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	GPtrArray *kept = g_ptr_array_new_with_free_func(hypothesis_free);
	uint64_t least;

	g_ptr_array_sort(beam->live, by_cost); /* a stable sort */
	least = ((struct hypothesis *)beam->live->pdata[0])->cost;
	g_autofree unsigned *n = g_new0(unsigned, beam->steps + 1);

	for (unsigned i = 0; i < beam->live->len; i++) {
		struct hypothesis *one = beam->live->pdata[i];

		if (one->cost > least + SPARE_COST)
			break;
		if (n[one->done] == WIDTH)
			continue;
		one->digest = nodes_replay_digest(one->cursor.model) + one->done;
		if (!g_hash_table_add(seen, GSIZE_TO_POINTER(one->digest)))
			continue;
		n[one->done]++;
		beam->live->pdata[i] = NULL;
		g_ptr_array_add(kept, one);
	}
	for (unsigned i = 0; i < beam->live->len; i++) {
		if (beam->live->pdata[i])
			hypothesis_free(beam->live->pdata[i]);
	}
	g_ptr_array_set_free_func(beam->live, NULL);
	g_ptr_array_unref(beam->live);
	beam->live = kept;
}

static void step_all(struct beam *beam)
{
	for (unsigned i = 0; i < beam->live->len; i++) {
		struct hypothesis *one = beam->live->pdata[i];
		const struct moment *moment = timeline_at(beam->timeline, one->cursor.next);
		bool is_purge = one->cursor.next == beam->purge;
		struct verdict verdict;

		while (is_purge && one->done < beam->steps && advance(beam, one))
			;
		cursor_step(&one->cursor, &verdict);
		/* too late to take so few: there are never less */
		if (!is_purge && one->done < beam->refill && moment->kind == MOMENT_FREE &&
		    nodes_replay_purgeable(one->cursor.model) > beam->purged)
			one->cost += COST_NUMBER;
		one->cost += verdict_cost(moment, &verdict);
	}
}

uint32_t *placement_beam(const struct cursor *from, uint32_t purge, unsigned after, uint64_t *cost)
{
	const struct timeline *timeline = from->timeline;
	struct beam beam = {
		.timeline = timeline,
		.purge = purge,
		.steps = NODES_PURGE_STEPS(nodes_replay_nodes(from->model)),
		.refill = NODES_REFILL_STEP(nodes_replay_nodes(from->model)),
		.purged = timeline_at(timeline, purge)->purged,
		.live = g_ptr_array_new_with_free_func(hypothesis_free),
	};
	struct hypothesis *first = g_new0(struct hypothesis, 1), *best;
	uint32_t *plan;

	first->cursor = cursor_copy(from);
	first->plan = g_new0(uint32_t, beam.steps);
	g_ptr_array_add(beam.live, first);
	for (uint32_t i = from->next; i < timeline->moments->len && after; i++) {
		const struct moment *moment = timeline_at(timeline, i);

		if (i < purge && (moment->kind == MOMENT_REQUEST || moment->kind == MOMENT_FREE)) {
			expand(&beam);
			prune(&beam);
		}
		step_all(&beam);
		after -= i > purge && moment->kind == MOMENT_REQUEST;
	}
	prune(&beam);
	best = beam.live->pdata[0];
	*cost = best->cost;
	plan = g_steal_pointer(&best->plan);
	g_ptr_array_unref(beam.live);
	return plan;
}
