/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_VMAP_AREA_FINGER_H
#define KMSIM_MODELS_VMAP_AREA_FINGER_H

/*
 * Fingers into a tree of areas: for each stretch of addresses, a node that was seen there. Where
 * an area belongs is found from the nearest finger, a step or two along the list, instead of by a
 * descent; a finger that is out of date costs a descent, never a wrong answer. The tree must be the
 * only one in its pool.
 */

#include "models/vmap/area_tree.h"

struct area_fingers {
	uint32_t *node; /* by stretch; NIL: none */
	uint32_t n;	/* a power of two, or 0 */
	unsigned shift; /* log2 of the bytes of a stretch */
};

void area_fingers_clear(struct area_fingers *fingers);

/* As area_tree_at_or_below(). */
uint32_t area_fingers_at_or_below(const struct area_fingers *fingers, const struct area_tree *tree,
				  uint64_t addr);

/* The finger for @addr, which need not be right; NIL: none. */
static inline uint32_t area_finger(const struct area_fingers *fingers, uint64_t addr)
{
	return fingers->n ? fingers->node[(addr >> fingers->shift) & (fingers->n - 1)] : NIL;
}

/* @node of @tree is one that lies around @addr. */
void area_fingers_point(struct area_fingers *fingers, const struct area_tree *tree, uint64_t addr,
			uint32_t node);

/*
 * Areas at these @n addresses, at most AREA_TREE_MANY, are to be looked for next: point fingers
 * that are out of date to where they belong. What lies there is in the cache then.
 */
void area_fingers_expect(struct area_fingers *fingers, const struct area_tree *tree,
			 const uint64_t *addr, unsigned n);

#endif
