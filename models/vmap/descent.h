/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_VMAP_DESCENT_H
#define KMSIM_MODELS_VMAP_DESCENT_H

/*
 * How much of a descent is new. Two descents to areas that are d apart in their order share all but
 * the lowest log2(d) levels or so of their paths, and what they share is still in the first-level
 * cache, its branches predicted. Trees that a model does not keep node by node are told of by
 * addresses alone: how far apart areas lie on the average follows from those gone to since the last
 * purge.
 */

#include "models/model.h"
#include "sim/base/units.h"

struct descent {
	uint64_t last;	    /* address */
	uint64_t low, high; /* of those since the last purge, and how many */
	uint64_t n;
	uint64_t pitch; /* of the round before, bytes */
};

#define DESCENT_ROUND_MIN 64 /* addresses that say something of the distance between areas */

static inline uint64_t descent_pitch(const struct descent *descent)
{
	if (descent->n < DESCENT_ROUND_MIN && descent->pitch)
		return descent->pitch;
	return descent->n ? (descent->high - descent->low) / descent->n | 1 : 1;
}

/* A purge begins: addresses are used anew. */
static inline void descent_round(struct descent *descent)
{
	descent->pitch = descent_pitch(descent);
	descent->n = 0;
}

/* Levels that a descent to @addr has not in common with the last one, in a tree of @depth. */
static inline uint64_t descent_levels(struct descent *descent, uint64_t addr, uint64_t depth)
{
	uint64_t apart = addr > descent->last ? addr - descent->last : descent->last - addr;
	uint64_t areas = apart / descent_pitch(descent);
	/* a sweep goes to each node once: as many new ones as it passes over */
	uint64_t levels = apart ? MAX(1, MIN(areas, fls64(areas) + 1)) : 0;

	descent->low = descent->n ? MIN(descent->low, addr) : addr;
	descent->high = descent->n ? MAX(descent->high, addr) : addr;
	descent->n += apart != 0;
	descent->last = addr;
	return MIN(levels, depth);
}

/* The same, in a tree of @nodes. */
static inline uint64_t descent_new_levels(struct descent *descent, uint64_t addr, uint64_t nodes)
{
	return descent_levels(descent, addr, fls64(nodes));
}

/* Count a descent to @addr in the tree of busy areas, of which there are @nodes. */
static inline void count_busy_descent(struct call *call, struct descent *descent, uint64_t addr,
				      uint64_t nodes)
{
	uint64_t depth = fls64(nodes);

	count(call, STEP_BUSY_VISIT, depth);
	count(call, STEP_BUSY_LINE, descent_levels(descent, addr, depth));
}

#endif
