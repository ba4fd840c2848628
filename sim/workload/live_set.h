/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_WORKLOAD_LIVE_SET_H
#define KMSIM_WORKLOAD_LIVE_SET_H

/*
 * Which of a range of numbers are in use, and in which order they came: what a generator
 * holds. All operations take constant time.
 *
 *   number: a permutation of base … base + room − 1, used as a ring
 *
 *      free │ oldest … newest │ free
 *             ^first           (n of them in use)
 */

#include "sim/base/rng.h"

#include <glib.h>
#include <stdbool.h>

struct live_set {
	uint32_t room, n, first;
	uint32_t *number;
};

/* Which one goes. */
enum victim {
	VICTIM_RANDOM,
	VICTIM_OLDEST,
	VICTIM_NEWEST
};

static inline void live_set_init(struct live_set *set, uint32_t base, uint32_t room)
{
	*set = (struct live_set){.room = room, .number = g_new(uint32_t, room)};
	for (uint32_t i = 0; i < room; i++)
		set->number[i] = base + i;
}

static inline void live_set_clear(struct live_set *set)
{
	g_free(set->number);
}

static inline bool live_set_full(const struct live_set *set)
{
	return set->n == set->room;
}

/* Index of the @i-th oldest; @i up to room. */
static inline uint32_t live_set_at(const struct live_set *set, uint32_t i)
{
	uint32_t at = set->first + i;

	return at < set->room ? at : at - set->room;
}

/* Take a number into use. The set must not be full. */
static inline uint32_t live_set_add(struct live_set *set)
{
	return set->number[live_set_at(set, set->n++)];
}

/* The newest goes. The set must not be empty. */
static inline uint32_t live_set_drop(struct live_set *set)
{
	return set->number[live_set_at(set, --set->n)];
}

/* Which is to go, the oldest being 0. The set must not be empty. */
static inline uint32_t live_set_choose(const struct live_set *set, enum victim victim,
				       struct rng *rng)
{
	if (victim == VICTIM_NEWEST)
		return set->n - 1;
	return victim == VICTIM_RANDOM ? (uint32_t)rng_below(rng, set->n) : 0;
}

/* The one that was chosen so, the @i-th oldest, goes. */
static inline uint32_t live_set_remove_chosen(struct live_set *set, enum victim victim, uint32_t i)
{
	if (victim == VICTIM_NEWEST)
		return live_set_drop(set);
	uint32_t *oldest = &set->number[set->first];
	uint32_t *chosen = &set->number[live_set_at(set, i)];
	uint32_t gone = *chosen;

	*chosen = *oldest;
	*oldest = gone;
	set->n--;
	set->first = live_set_at(set, 1);
	return gone;
}

/* One goes. The set must not be empty. */
static inline uint32_t live_set_remove(struct live_set *set, enum victim victim, struct rng *rng)
{
	return live_set_remove_chosen(set, victim, live_set_choose(set, victim, rng));
}

#endif
