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
 * Nodes lie in one dense array and name each other by 32-bit index, 48 bytes a
 * node; index 0 is nobody. Several trees may share a pool.
 *
 *            pool->at[]           tree A: root ──> 3       list: 2 <-> 3 <-> 5
 *      0   1   2   3   4   5                      / \
 *      -   B   A   A  free A                     2   5
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define NIL 0u

enum {
	LEFT,
	RIGHT
};

struct area {
	uint64_t start, end;  /* [start, end) */
	uint64_t subtree_max; /* largest of what the tree is augmented with, in the subtree */
	uint32_t child[2];
	uint32_t parent;
	uint32_t prev, next; /* neighbours by address; next also links unused nodes */
	uint32_t red : 1;
	uint32_t count : 31; /* AREA_MAX_GAP: nodes of the subtree */
};

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

/* A node for [start, end), in no tree. May move pool->at. */
uint32_t area_new(struct area_pool *pool, uint64_t start, uint64_t end);
void area_delete(struct area_pool *pool, uint32_t node);

void area_tree_init(struct area_tree *tree, struct area_pool *pool, enum area_augment augment);

/* Link @node in as the predecessor of @next (NIL: at the high end). */
void area_tree_insert_before(struct area_tree *tree, uint32_t node, uint32_t next);

/* Unlink @node. Its fields but start and end are void afterwards. */
void area_tree_erase(struct area_tree *tree, uint32_t node);

/*
 * Recompute subtree_max from @node upwards until it does not change (v5.2
 * augment_tree_propagate_from). Returns the number of nodes looked at.
 */
unsigned area_tree_propagate(struct area_tree *tree, uint32_t node);

/* The last node with start <= @addr; NIL if there is none. */
uint32_t area_tree_at_or_below(const struct area_tree *tree, uint64_t addr);

/*
 * Check order, colours, black heights, the list and subtree_max. NULL or a message (to be
 * freed) about the first thing wrong. @what names the tree in it.
 */
char *area_tree_check(const struct area_tree *tree, const char *what);

static inline struct area *area_at(const struct area_tree *tree, uint32_t node)
{
	return &tree->pool->at[node];
}

static inline uint64_t area_size(const struct area *area)
{
	return area->end - area->start;
}

/* Free bytes before @node, since the area before it; 0 for the first. */
static inline uint64_t area_gap(const struct area *at, uint32_t node)
{
	return at[node].prev ? at[node].start - at[at[node].prev].end : 0;
}

/* The largest below and including @node; 0 for NIL, whose subtree_max is always 0. */
static inline uint64_t area_subtree_max(const struct area_tree *tree, uint32_t node)
{
	return tree->pool->at[node].subtree_max;
}

#endif
