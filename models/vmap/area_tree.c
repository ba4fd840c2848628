// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/vmap/area_tree.h"

#define POOL_ROOM_MIN 64

void area_pool_init(struct area_pool *pool)
{
	*pool = (struct area_pool){.n = 1, .room = POOL_ROOM_MIN};
	pool->at = g_new0(struct area, pool->room); /* node 0 is NIL: black, subtree_max 0 */
}

void area_pool_clear(struct area_pool *pool)
{
	g_clear_pointer(&pool->at, g_free);
}

uint32_t area_new(struct area_pool *pool, uint64_t start, uint64_t end)
{
	uint32_t node = pool->unused;

	if (node) {
		pool->unused = pool->at[node].next;
	} else {
		if (pool->n == pool->room) {
			g_assert(pool->room <= UINT32_MAX / 2);
			pool->room *= 2;
			pool->at = g_renew(struct area, pool->at, pool->room);
		}
		node = pool->n++;
	}
	pool->at[node] = (struct area){.start = start, .end = end};
	return node;
}

void area_delete(struct area_pool *pool, uint32_t node)
{
	pool->at[node].next = pool->unused;
	pool->unused = node;
}

void area_tree_init(struct area_tree *tree, struct area_pool *pool, enum area_augment augment)
{
	*tree = (struct area_tree){.pool = pool, .augment = augment};
}

static uint64_t compute_max(const struct area_tree *tree, uint32_t node)
{
	const struct area *at = tree->pool->at;
	uint64_t max = tree->augment == AREA_MAX_SIZE ? area_size(&at[node]) : area_gap(at, node);

	max = MAX(max, at[at[node].child[LEFT]].subtree_max);
	return MAX(max, at[at[node].child[RIGHT]].subtree_max);
}

static uint32_t compute_count(const struct area_tree *tree, uint32_t node)
{
	const struct area *at = tree->pool->at;

	if (tree->augment != AREA_MAX_GAP)
		return 0;
	return 1u + at[at[node].child[LEFT]].count + at[at[node].child[RIGHT]].count;
}

/* Recompute what @node keeps; false if it was right. */
static bool update(struct area_tree *tree, uint32_t node)
{
	struct area *area = area_at(tree, node);
	uint64_t max = compute_max(tree, node);
	uint32_t count = compute_count(tree, node);

	if (area->subtree_max == max && area->count == count)
		return false;
	area->subtree_max = max;
	area->count = count & (UINT32_MAX >> 1);
	return true;
}

unsigned area_tree_propagate(struct area_tree *tree, uint32_t node)
{
	unsigned looked_at = 0;

	for (; node; node = area_at(tree, node)->parent) {
		looked_at++;
		if (!update(tree, node))
			break;
	}
	return looked_at;
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

/* Rotate at @top towards @side: the child on the other side comes up. */
static void rotate(struct area_tree *tree, uint32_t top, unsigned side)
{
	struct area *at = tree->pool->at;
	uint32_t up = at[top].child[!side], inner = at[up].child[side];

	replace_child(tree, at[top].parent, top, up);
	at[top].child[!side] = inner;
	if (inner)
		at[inner].parent = top;
	at[up].child[side] = top;
	at[top].parent = up;
	if (tree->augment) {
		at[up].subtree_max = at[top].subtree_max;
		at[up].count = at[top].count;
		update(tree, top);
	}
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
	at[node].parent = parent;
	at[node].red = 1;
	if (!parent)
		tree->root = node;
	else
		at[parent].child[below_next ? LEFT : RIGHT] = node;
	if (tree->augment) {
		at[node].subtree_max = 0;
		at[node].count = 0;
		area_tree_propagate(tree, node);
		if (tree->augment == AREA_MAX_GAP)
			area_tree_propagate(tree, next);
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

/* Recompute subtree_max from @node up; @at_least on that path must be recomputed whatever comes
 * before. */
static void repair_max(struct area_tree *tree, uint32_t node, uint32_t at_least)
{
	struct area *at = tree->pool->at;

	if (!tree->augment)
		return;
	for (; at_least && node; node = at[node].parent) {
		update(tree, node);
		if (node == at_least) {
			node = at[node].parent;
			break;
		}
	}
	area_tree_propagate(tree, node);
}

/* Take out @node, which has at most one child. */
static void erase_simple(struct area_tree *tree, uint32_t node)
{
	struct area *at = tree->pool->at;
	uint32_t child = at[node].child[at[node].child[LEFT] ? LEFT : RIGHT];
	uint32_t parent = at[node].parent;
	unsigned side = parent && at[parent].child[RIGHT] == node;

	replace_child(tree, parent, node, child);
	repair_max(tree, parent, NIL);
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
		if (child)
			at[child].parent = parent;
		at[successor].child[RIGHT] = at[node].child[RIGHT];
		at[at[node].child[RIGHT]].parent = successor;
	}
	at[successor].child[LEFT] = at[node].child[LEFT];
	at[at[node].child[LEFT]].parent = successor;
	at[successor].red = at[node].red;
	replace_child(tree, at[node].parent, node, successor);
	repair_max(tree, parent, successor);
	if (child)
		at[child].red = 0;
	else if (!was_red)
		rebalance_erase(tree, parent, side);
}

void area_tree_erase(struct area_tree *tree, uint32_t node)
{
	struct area *at = tree->pool->at;
	bool inner = at[node].child[LEFT] && at[node].child[RIGHT];

	if (inner)
		erase_inner(tree, node); /* needs next */
	else
		erase_simple(tree, node);
	uint32_t next = at[node].next;

	list_erase(tree, node);
	tree->n--;
	if (tree->augment == AREA_MAX_GAP)
		area_tree_propagate(tree, next);
}

uint32_t area_tree_at_or_below(const struct area_tree *tree, uint64_t addr)
{
	const struct area *at = tree->pool->at;
	uint32_t found = NIL;

	for (uint32_t node = tree->root; node;) {
		bool below = at[node].start <= addr;

		if (below)
			found = node;
		node = at[node].child[below ? RIGHT : LEFT];
	}
	return found;
}

struct checker {
	const struct area_tree *tree;
	const char *what;
	uint32_t last; /* in-order predecessor of the node to come */
	uint64_t n;
	char *message;
};

static void G_GNUC_PRINTF(3, 4)
	complain(struct checker *c, const struct area *area, const char *format, ...)
{
	va_list args;

	if (c->message)
		return;
	va_start(args, format);
	g_autofree char *cause = g_strdup_vprintf(format, args);
	va_end(args);
	c->message =
		g_strdup_printf("%s: area 0x%" G_GINT64_MODIFIER "x-0x%" G_GINT64_MODIFIER "x: %s",
				c->what, area->start, area->end, cause);
}

static void check_node(struct checker *c, uint32_t node)
{
	const struct area *at = c->tree->pool->at, *area = &at[node];

	if (area->start >= area->end)
		complain(c, area, "empty");
	if (c->last && at[c->last].end > area->start)
		complain(c, area, "overlaps its predecessor");
	if (area->prev != c->last || (c->last && at[c->last].next != node))
		complain(c, area, "the list disagrees with the tree");
	if (area->red && (at[area->child[LEFT]].red || at[area->child[RIGHT]].red))
		complain(c, area, "red with a red child");
	if (c->tree->augment && area->subtree_max != compute_max(c->tree, node))
		complain(c, area, "subtree_max_size is wrong");
	if (c->tree->augment && area->count != compute_count(c->tree, node))
		complain(c, area, "the count of the subtree is wrong");
}

/* Black height of the subtree. */
static unsigned check_subtree(struct checker *c, uint32_t node, uint32_t parent)
{
	const struct area *at = c->tree->pool->at;

	if (!node || c->message)
		return 0;
	if (at[node].parent != parent)
		complain(c, &at[node], "wrong parent");
	unsigned left = check_subtree(c, at[node].child[LEFT], node);

	check_node(c, node);
	c->last = node;
	c->n++;
	if (check_subtree(c, at[node].child[RIGHT], node) != left)
		complain(c, &at[node], "black heights differ");
	return left + !at[node].red;
}

char *area_tree_check(const struct area_tree *tree, const char *what)
{
	struct checker c = {.tree = tree, .what = what};

	check_subtree(&c, tree->root, NIL);
	if (!c.message && (c.last != tree->last || c.n != tree->n))
		c.message = g_strdup_printf("%s: list and tree do not end together", what);
	return c.message;
}
