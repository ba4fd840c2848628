// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/vmap/area_tree.h"

#include "sim/base/big_array.h"

#include <string.h>

#define POOL_ROOM_MIN 64

static size_t bytes_of(uint32_t nodes)
{
	return nodes * sizeof(struct area);
}

void area_pool_init(struct area_pool *pool)
{
	*pool = (struct area_pool){.n = 1, .room = POOL_ROOM_MIN};
	pool->at = big_array_grow(NULL, 0, bytes_of(pool->room)); /* node 0 is NIL: black */
}

void area_pool_clear(struct area_pool *pool)
{
	if (pool->at)
		big_array_free(pool->at, bytes_of(pool->room));
	pool->at = NULL;
}

void area_pool_copy(struct area_pool *pool, const struct area_pool *from)
{
	*pool = *from;
	pool->at = big_array_grow(NULL, 0, bytes_of(pool->room));
	memcpy(pool->at, from->at, bytes_of(pool->n));
}

uint32_t area_new(struct area_pool *pool, uint64_t start, uint64_t end)
{
	uint32_t node = pool->unused;

	if (node) {
		pool->unused = pool->at[node].next;
	} else {
		if (pool->n == pool->room) {
			g_assert(pool->room <= UINT32_MAX / 2);
			pool->at = big_array_grow(pool->at, bytes_of(pool->room),
						  bytes_of(2 * pool->room));
			pool->room *= 2;
		}
		node = pool->n++;
	}
	pool->at[node] = (struct area){.start = start, .end = end};
	return node;
}

void area_delete(struct area_pool *pool, uint32_t node)
{
	pool->at[node].end = 0;
	pool->at[node].next = pool->unused;
	pool->unused = node;
}

void area_tree_init(struct area_tree *tree, struct area_pool *pool, enum area_augment augment)
{
	*tree = (struct area_tree){.pool = pool, .augment = augment};
}

/* Correct what is kept of @node's subtree from its parent upwards, until nothing changes. */
static unsigned propagate(struct area *at, uint32_t node)
{
	unsigned looked_at = node != NIL;

	for (const struct area *area = &at[node]; area->parent; looked_at++) {
		struct area *parent = &at[area->parent];
		uint64_t max = area_max(area);
		uint64_t *kept = &parent->child_max[parent->child[RIGHT] == node];

		if (*kept == max)
			break;
		*kept = max;
		node = area->parent;
		area = parent;
	}
	return looked_at;
}

unsigned area_tree_resize(struct area_tree *tree, uint32_t node, uint64_t start, uint64_t end)
{
	struct area *area = area_at(tree, node);

	area->start = start;
	area->end = end;
	if (!tree->augment)
		return 1;
	area->value = end - start;
	return propagate(tree->pool->at, node);
}

/* The area before @node is another one, or none: so is the gap between them. */
static void update_gap(struct area_tree *tree, uint32_t node)
{
	struct area *at = tree->pool->at;
	uint32_t prev = at[node].prev;
	uint64_t gap = prev ? at[node].start - at[prev].end : 0;

	if (at[node].value == gap)
		return;
	at[node].value = gap;
	propagate(at, node);
}

static void set_count(struct area *area, uint32_t n)
{
	area->left_count = n & (UINT32_MAX >> 1);
}

/*
 * The left subtrees that @node lies in have one node more (or, by −1, less). Without a branch:
 * nobody could foretell from which side the way up comes.
 */
static void add_count(struct area *at, uint32_t node, uint32_t n)
{
	for (uint32_t parent; (parent = at[node].parent); node = parent) {
		uint32_t is_left = at[parent].child[LEFT] == node;

		set_count(&at[parent], (uint32_t)at[parent].left_count + is_left * n);
	}
}

/* Put @node in @old's place below @old's parent. */
static void replace_child(struct area_tree *tree, uint32_t parent, uint32_t old, uint32_t node)
{
	struct area *at = tree->pool->at;

	if (!parent)
		tree->root = node;
	else
		at[parent].child[at[parent].child[RIGHT] == old] = node;
	if (node)
		at[node].parent = parent;
}

/*
 * Rotate at @top towards @side: the child on the other side comes up. What is kept of the two in
 * the node above them stays right.
 */
static void rotate(struct area_tree *tree, uint32_t top, unsigned side)
{
	struct area *at = tree->pool->at;
	uint32_t up = at[top].child[!side], inner = at[up].child[side];

	replace_child(tree, at[top].parent, top, up);
	at[top].child[!side] = inner;
	at[top].child_max[!side] = at[up].child_max[side];
	if (inner)
		at[inner].parent = top;
	at[up].child[side] = top;
	at[up].child_max[side] = area_max(&at[top]);
	at[top].parent = up;
	if (tree->augment != AREA_MAX_GAP)
		return;
	if (side == LEFT)
		set_count(&at[up], (uint32_t)at[up].left_count + at[top].left_count + 1);
	else
		set_count(&at[top], (uint32_t)at[top].left_count - at[up].left_count - 1);
}

static void rebalance_insert(struct area_tree *tree, uint32_t node)
{
	struct area *at = tree->pool->at;
	uint32_t parent;

	while ((parent = at[node].parent) && at[parent].red) {
		uint32_t grandparent = at[parent].parent;
		unsigned side = at[grandparent].child[RIGHT] == parent;
		uint32_t uncle = at[grandparent].child[!side];

		if (at[uncle].red) {
			at[parent].red = at[uncle].red = 0;
			at[grandparent].red = 1;
			node = grandparent;
			continue;
		}
		if (at[parent].child[!side] == node) { /* an inner grandchild */
			rotate(tree, parent, side);
			parent = node;
		}
		rotate(tree, grandparent, !side);
		at[parent].red = 0;
		at[grandparent].red = 1;
		break;
	}
	at[tree->root].red = 0;
}

static void list_insert_before(struct area_tree *tree, uint32_t node, uint32_t next)
{
	struct area *at = tree->pool->at;
	uint32_t prev = next ? at[next].prev : tree->last;

	at[node].prev = prev;
	at[node].next = next;
	if (prev)
		at[prev].next = node;
	else
		tree->first = node;
	if (next)
		at[next].prev = node;
	else
		tree->last = node;
}

void area_tree_insert_before(struct area_tree *tree, uint32_t node, uint32_t next)
{
	struct area *at = tree->pool->at;

	list_insert_before(tree, node, next);
	tree->n++;
	/*
	 * The one empty link for the key is the left one of the successor, or, if that has a left
	 * subtree, the right one of the predecessor, which is that subtree's last node.
	 */
	uint32_t prev = at[node].prev;
	bool below_next = next && !at[next].child[LEFT];
	uint32_t parent = below_next ? next : prev;

	at[node].child[LEFT] = at[node].child[RIGHT] = NIL;
	at[node].child_max[LEFT] = at[node].child_max[RIGHT] = 0;
	at[node].left_count = 0;
	at[node].value = 0;
	at[node].parent = parent;
	at[node].red = 1;
	if (!parent)
		tree->root = node;
	else
		at[parent].child[below_next ? LEFT : RIGHT] = node;
	if (tree->augment == AREA_MAX_SIZE) {
		at[node].value = area_size(&at[node]);
		propagate(at, node);
	} else if (tree->augment == AREA_MAX_GAP) {
		add_count(at, node, 1);
		update_gap(tree, node);
		if (next)
			update_gap(tree, next);
	}
	rebalance_insert(tree, node);
}

/* @parent's subtree on @side has one black node too few. */
static void rebalance_erase(struct area_tree *tree, uint32_t parent, unsigned side)
{
	struct area *at = tree->pool->at;

	for (;;) {
		uint32_t sibling = at[parent].child[!side];

		if (at[sibling].red) {
			rotate(tree, parent, side);
			at[sibling].red = 0;
			at[parent].red = 1;
			sibling = at[parent].child[!side];
		}
		uint32_t near = at[sibling].child[side], far = at[sibling].child[!side];

		if (!at[near].red && !at[far].red) {
			at[sibling].red = 1;
			if (at[parent].red || !at[parent].parent) {
				at[parent].red = 0;
				return;
			}
			uint32_t up = at[parent].parent;

			side = at[up].child[RIGHT] == parent;
			parent = up;
			continue;
		}
		if (!at[far].red) {
			rotate(tree, sibling, !side);
			at[near].red = 0;
			at[sibling].red = 1;
			far = sibling;
			sibling = near;
		}
		rotate(tree, parent, side);
		at[sibling].red = at[parent].red;
		at[parent].red = 0;
		at[far].red = 0;
		return;
	}
}

static void list_erase(struct area_tree *tree, uint32_t node)
{
	struct area *at = tree->pool->at;
	uint32_t prev = at[node].prev, next = at[node].next;

	if (prev)
		at[prev].next = next;
	else
		tree->first = next;
	if (next)
		at[next].prev = prev;
	else
		tree->last = prev;
}

/* Take out @node, which has at most one child. */
static void erase_simple(struct area_tree *tree, uint32_t node)
{
	struct area *at = tree->pool->at;
	unsigned child_side = at[node].child[LEFT] ? LEFT : RIGHT;
	uint32_t child = at[node].child[child_side];
	uint32_t parent = at[node].parent;
	unsigned side = parent && at[parent].child[RIGHT] == node;

	if (parent)
		at[parent].child_max[side] = at[node].child_max[child_side];
	replace_child(tree, parent, node, child);
	propagate(at, parent);
	if (child)
		at[child].red = 0;
	else if (parent && !at[node].red)
		rebalance_erase(tree, parent, side);
}

/* Take out @node, which has two children: its successor moves into its place. */
static void erase_inner(struct area_tree *tree, uint32_t node)
{
	struct area *at = tree->pool->at;
	uint32_t successor = at[node].next, child = at[successor].child[RIGHT];
	uint32_t parent = at[successor].parent; /* whose subtree gets lower */
	unsigned side = LEFT;
	bool was_red = at[successor].red;

	if (parent == node) {
		parent = successor;
		side = RIGHT;
	} else {
		at[parent].child[LEFT] = child;
		at[parent].child_max[LEFT] = at[successor].child_max[RIGHT];
		if (child)
			at[child].parent = parent;
		at[successor].child[RIGHT] = at[node].child[RIGHT];
		at[successor].child_max[RIGHT] = at[node].child_max[RIGHT];
		at[at[node].child[RIGHT]].parent = successor;
	}
	at[successor].child[LEFT] = at[node].child[LEFT];
	at[successor].child_max[LEFT] = at[node].child_max[LEFT];
	at[successor].left_count = at[node].left_count;
	at[at[node].child[LEFT]].parent = successor;
	at[successor].red = at[node].red;
	replace_child(tree, at[node].parent, node, successor);
	propagate(at, parent);
	propagate(at, successor);
	if (child)
		at[child].red = 0;
	else if (!was_red)
		rebalance_erase(tree, parent, side);
}

void area_tree_erase(struct area_tree *tree, uint32_t node)
{
	struct area *at = tree->pool->at;
	bool inner = at[node].child[LEFT] && at[node].child[RIGHT];

	/* what becomes lower by one: above the node, or above the successor that leaves its place
	 */
	if (tree->augment == AREA_MAX_GAP)
		add_count(at, inner ? at[node].next : node, UINT32_MAX);
	if (inner)
		erase_inner(tree, node); /* needs next */
	else
		erase_simple(tree, node);
	uint32_t next = at[node].next;

	list_erase(tree, node);
	tree->n--;
	if (next && tree->augment == AREA_MAX_GAP)
		update_gap(tree, next);
}
