// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/vmap/area_walk.h"

#define BUNCH	   1023 /* nodes fetched together, at most */
#define SUBTREE	   256	/* nodes below each leaf of a bunch at the top, about */
#define NOT_WITHIN UINT16_MAX

struct walk {
	const struct area *at;
	uint64_t low, high, least;
	area_fn fn;
	void *ctx;
};

/* The upper part of a subtree, level by level. */
struct bunch {
	struct bunch_node {
		uint32_t node;
		uint16_t child[2]; /* 0: not wanted; NOT_WITHIN: wanted, but in no place here */
	} at[BUNCH];
	unsigned n, room;
	uint64_t below; /* nodes expected below each of the lowest */
};

static void walk_subtree(const struct walk *walk, uint32_t root, uint64_t expected);

static bool wanted(const struct walk *walk, const struct area *area, unsigned side)
{
	return area->child_max[side] >= walk->least &&
	       (side == LEFT ? area->start > walk->low : area->start < walk->high);
}

static void fetch(const struct walk *walk, struct bunch *bunch)
{
	for (unsigned i = 0; i < bunch->n; i++) {
		const struct area *area = &walk->at[bunch->at[i].node];

		for (unsigned side = LEFT; side <= RIGHT; side++) {
			uint32_t child = area->child[side];

			bunch->at[i].child[side] = 0;
			if (!wanted(walk, area, side))
				continue;
			__builtin_prefetch(&walk->at[child]);
			bunch->at[i].child[side] = NOT_WITHIN;
			if (bunch->n == bunch->room)
				continue;
			bunch->at[bunch->n].node = child;
			bunch->at[i].child[side] = (uint16_t)bunch->n++;
		}
	}
}

static void visit(const struct walk *walk, const struct bunch *bunch, unsigned i);

static void visit_child(const struct walk *walk, const struct bunch *bunch, unsigned i,
			unsigned side)
{
	unsigned child = bunch->at[i].child[side];

	if (child == NOT_WITHIN)
		walk_subtree(walk, walk->at[bunch->at[i].node].child[side], bunch->below);
	else if (child)
		visit(walk, bunch, child);
}

static void visit(const struct walk *walk, const struct bunch *bunch, unsigned i)
{
	const struct area *area = &walk->at[bunch->at[i].node];

	visit_child(walk, bunch, i, LEFT);
	if (area->value >= walk->least && area->start >= walk->low && area->start < walk->high)
		walk->fn(walk->ctx, area);
	visit_child(walk, bunch, i, RIGHT);
}

/*
 * A bunch takes the whole subtree where that is small; else so much of its upper part that each of
 * the subtrees below is well worth a bunch of its own.
 */
static void walk_subtree(const struct walk *walk, uint32_t root, uint64_t expected)
{
	struct bunch bunch;

	bunch.room = BUNCH;
	if (expected > BUNCH / 2)
		bunch.room = (unsigned)CLAMP(expected / SUBTREE, 1, BUNCH);
	bunch.below = expected / (bunch.room + 1);
	bunch.n = 1;
	bunch.at[0].node = root;
	fetch(walk, &bunch);
	visit(walk, &bunch, 0);
}

void area_tree_walk(const struct area_tree *tree, uint64_t low, uint64_t high, uint64_t least,
		    area_fn fn, void *ctx)
{
	const struct walk walk = {tree->pool->at, low, high, least, fn, ctx};

	g_assert(least);
	if (tree->root)
		walk_subtree(&walk, tree->root, tree->n);
}

#define TOUCHED	    256	 /* nodes, about: their lines fit the first-level cache */
#define TOUCHED_MAX 1024 /* of a subtree that is larger than was expected */

/* A walk along the list, which is at @node. */
struct list_walk {
	const struct area *at;
	uint32_t node;
	uint64_t low, high;
};

/* Fetch a subtree level by level. */
static void touch(const struct area *at, uint32_t root)
{
	uint32_t node[TOUCHED_MAX + 2];

	node[0] = root;
	for (unsigned i = 0, n = 1; i < n && n < TOUCHED_MAX; i++) {
		for (unsigned side = LEFT; side <= RIGHT; side++) {
			node[n] = at[node[i]].child[side];
			prefetch(&at[node[n]]);
			n += node[n] != NIL;
		}
	}
}

/* From where the walk is over what comes of the subtree of @root (NIL: nothing), up to @end. */
static void walk_list(struct list_walk *walk, uint32_t root, uint64_t expected, uint32_t end,
		      area_fn fn, void *ctx)
{
	const struct area *at = walk->at, *area = &at[root];
	uint32_t node = walk->node;

	if (root && expected > TOUCHED) {
		bool below = area->start < walk->high;

		if (area->start >= walk->low)
			walk_list(walk, area->child[LEFT], expected / 2, below ? root : end, fn,
				  ctx);
		if (below)
			walk_list(walk, area->child[RIGHT], expected / 2, end, fn, ctx);
		return;
	}
	touch(at, root);
	while (node != end) {
		area = &at[node];
		node = area->next;
		fn(ctx, area);
	}
	walk->node = node;
}

void area_list_walk(const struct area_tree *tree, uint64_t low, uint64_t high, area_fn fn,
		    void *ctx)
{
	struct list_walk walk = {tree->pool->at, NIL, low, high};

	if (low >= high)
		return;
	walk.node = area_tree_at_or_above(tree, low);
	walk_list(&walk, tree->root, tree->n, area_tree_at_or_above(tree, high), fn, ctx);
}
