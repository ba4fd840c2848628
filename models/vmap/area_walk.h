/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_VMAP_AREA_WALK_H
#define KMSIM_MODELS_VMAP_AREA_WALK_H

/*
 * A walk over a tree of areas in ascending order. The list that threads the tree leads from one
 * cache line to the next, and so waits for each. Here a subtree is fetched level by level
 * first, in which nothing waits for the node before it, and then visited in order.
 */

#include "models/vmap/area_tree.h"

typedef void (*area_fn)(void *ctx, const struct area *area);

/*
 * Call @fn for the areas with @low <= start < @high whose value is @least (not 0) or more,
 * ascending. Subtrees without one are not looked at. @fn must not change the tree.
 */
void area_tree_walk(const struct area_tree *tree, uint64_t low, uint64_t high, uint64_t least,
		    area_fn fn, void *ctx);

/*
 * The same for all areas with @low <= start < @high, whatever their value: once a subtree has been
 * fetched, the list is the shortest way through it.
 */
void area_list_walk(const struct area_tree *tree, uint64_t low, uint64_t high, area_fn fn,
		    void *ctx);

#endif
