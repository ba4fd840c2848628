/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_VMAP_AREA_TREE_H
#define KMSIM_MODELS_VMAP_AREA_TREE_H

/*
 * Red-black trees of address areas, keyed by start, threaded by an ascending list.
 *
 * What the kernel's allocators return can depend on the shape of their trees, so
 * insertion and removal follow the textbook algorithms step for step (Cormen,
 * Leiserson, Rivest, Stein, "Introduction to Algorithms", chapter 13; bottom-up, as
 * lib/rbtree.c v5.2 does).
 *
 * Nodes lie in one dense array and name each other by 32-bit index, a cache line each; index
 * 0 is nobody. Several trees may share a pool. What a descent or a change asks of a node's
 * children, the largest value below each, is kept in the node: a level costs one cache line.
 *
 *            pool->at[]           tree A: root ──> 3       list: 2 <-> 3 <-> 5
 *      0   1   2   3   4   5                      / \
 *      -   B   A   A  free A                     2   5
 */

#include "sim/base/prefetch.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define NIL 0u

enum {
	LEFT,
	RIGHT
};

struct area {
	uint64_t start, end;   /* [start, end); end is 0 in a node that is not used */
	uint64_t value;	       /* what the tree is augmented with */
	uint64_t child_max[2]; /* largest value in each subtree; 0 for none */
	uint32_t child[2];
	uint32_t parent;
	uint32_t prev, next;	  /* neighbours by address; next also links unused nodes */
	uint32_t left_count : 31; /* nodes of the left subtree; but for AREA_MAX_GAP, the owner's */
	uint32_t red : 1;
};

G_STATIC_ASSERT(sizeof(struct area) == 64);

/* What a tree keeps the maximum of. */
enum area_augment {
	AREA_PLAIN,    /* nothing */
	AREA_MAX_SIZE, /* end − start (free areas) */
	AREA_MAX_GAP, /* start − end of the area before, 0 for the first (busy areas); and counts */
};

struct area_pool {
	struct area *at;
	uint32_t n, room;
	uint32_t unused; /* head of the list of nodes given back */
};

struct area_tree {
	struct area_pool *pool;
	uint32_t root;
	uint32_t first, last; /* ends of the list */
	uint64_t n;
	enum area_augment augment;
};

void area_pool_init(struct area_pool *pool);
void area_pool_clear(struct area_pool *pool);

/* Make @pool, which holds nothing, one with the same nodes as @from. */
void area_pool_copy(struct area_pool *pool, const struct area_pool *from);

/* A node for [start, end), in no tree. May move pool->at. */
uint32_t area_new(struct area_pool *pool, uint64_t start, uint64_t end);
void area_delete(struct area_pool *pool, uint32_t node);

void area_tree_init(struct area_tree *tree, struct area_pool *pool, enum area_augment augment);

/* Link @node in as the predecessor of @next (NIL: at the high end). */
void area_tree_insert_before(struct area_tree *tree, uint32_t node, uint32_t next);

/* Unlink @node. Its fields but start and end are void afterwards. */
void area_tree_erase(struct area_tree *tree, uint32_t node);

/*
 * Give @node, which keeps its place between its neighbours, other limits, and correct what is kept
 * of it from its parent upwards until nothing changes (v5.2 augment_tree_propagate_from). Returns
 * the number of nodes looked at, @node included. Not for AREA_MAX_GAP.
 */
unsigned area_tree_resize(struct area_tree *tree, uint32_t node, uint64_t start, uint64_t end);

/* The last node with start <= @addr; NIL if there is none. */
uint32_t area_tree_at_or_below(const struct area_tree *tree, uint64_t addr);

/*
 * The same for @n addresses at once, level by level, so that they wait for memory together: at most
 * AREA_TREE_MANY.
 */
#define AREA_TREE_MANY 32
void area_tree_at_or_below_many(const struct area_tree *tree, const uint64_t *addr, unsigned n,
				uint32_t *found);

/* The first node with start >= @addr; NIL if there is none. */
uint32_t area_tree_at_or_above(const struct area_tree *tree, uint64_t addr);

/* The largest value among nodes with @low <= start < @high; 0 if there are none. */
uint64_t area_tree_max_between(const struct area_tree *tree, uint64_t low, uint64_t high);

/* AREA_MAX_GAP: how many nodes come before @node; all of them for NIL. */
uint64_t area_tree_rank(const struct area_tree *tree, uint32_t node);

/* What a walk along the list passes over until it comes to a large value. */
struct area_pass {
	uint32_t stop;	  /* the node that has it; NIL: none has */
	uint64_t passed;  /* nodes before that */
	uint64_t largest; /* value of these; 0 if there are none */
};

/*
 * The walk from @from, a node, to the first whose value is @least or more. How many are passed is
 * known with AREA_MAX_GAP only.
 */
struct area_pass area_tree_pass(const struct area_tree *tree, uint32_t from, uint64_t least);

/* The first node from @node (NIL: none) on whose value is @least or more; NIL if there is none. */
static inline uint32_t area_tree_next_of(const struct area_tree *tree, uint32_t node,
					 uint64_t least)
{
	return node ? area_tree_pass(tree, node, least).stop : NIL;
}

/*
 * Check order, colours, black heights, the list and what is kept of subtrees. NULL or a message (to
 * be freed) about the first thing wrong. @what names the tree in it.
 */
char *area_tree_check(const struct area_tree *tree, const char *what);

static inline struct area *area_at(const struct area_tree *tree, uint32_t node)
{
	return &tree->pool->at[node];
}

/*
 * Bring what a change at @node looks at into the cache, in rounds of which each needs the one
 * before: the node; its neighbours and the node above; the nodes above that.
 */
#define AREA_PREFETCH_ROUNDS 5

static inline void area_prefetch(const struct area_tree *tree, uint32_t node, unsigned round)
{
	const struct area *at = tree->pool->at;

	if (!round) {
		prefetch(&at[node]);
		return;
	}
	if (round == 1) {
		prefetch(&at[at[node].prev]);
		prefetch(&at[at[node].next]);
	}
	while (round-- && node)
		node = at[node].parent;
	prefetch(&at[node]);
}

static inline uint64_t area_size(const struct area *area)
{
	return area->end - area->start;
}

/* The largest value in the subtree of @area. */
static inline uint64_t area_max(const struct area *area)
{
	return MAX(area->value, MAX(area->child_max[LEFT], area->child_max[RIGHT]));
}

#endif
