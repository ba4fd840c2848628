// SPDX-License-Identifier: GPL-2.0-or-later
/* Is a tree of areas what it ought to be? */
#include "models/vmap/area_tree.h"

struct checker {
	const struct area_tree *tree;
	const char *what;
	uint32_t last; /* in-order predecessor of the node to come */
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

/* What a subtree comes to: of it the node above keeps something. */
struct subtree {
	uint64_t max;
	uint64_t n;
	unsigned black_height;
};

static void check_node(struct checker *c, uint32_t node, const struct subtree *left,
		       const struct subtree *right)
{
	const struct area *at = c->tree->pool->at, *area = &at[node];
	const uint64_t values[] = {
		[AREA_PLAIN] = 0,
		[AREA_MAX_SIZE] = area_size(area),
		[AREA_MAX_GAP] = c->last ? area->start - at[c->last].end : 0,
	};

	if (area->start >= area->end)
		complain(c, area, "empty");
	if (c->last && at[c->last].end > area->start)
		complain(c, area, "overlaps its predecessor");
	if (area->prev != c->last || (c->last && at[c->last].next != node))
		complain(c, area, "the list disagrees with the tree");
	if (area->red && (at[area->child[LEFT]].red || at[area->child[RIGHT]].red))
		complain(c, area, "red with a red child");
	if (left->black_height != right->black_height)
		complain(c, area, "black heights differ");
	if (area->value != values[c->tree->augment])
		complain(c, area, "its value is wrong");
	if (area->child_max[LEFT] != left->max || area->child_max[RIGHT] != right->max)
		complain(c, area, "subtree_max_size is wrong");
	if (c->tree->augment == AREA_MAX_GAP && area->left_count != left->n)
		complain(c, area, "the count of the subtree is wrong");
}

static struct subtree check_subtree(struct checker *c, uint32_t node, uint32_t parent)
{
	const struct area *at = c->tree->pool->at;

	if (!node || c->message)
		return (struct subtree){0};
	if (at[node].parent != parent)
		complain(c, &at[node], "wrong parent");
	struct subtree left = check_subtree(c, at[node].child[LEFT], node);
	uint32_t before = c->last;

	c->last = node;
	struct subtree right = check_subtree(c, at[node].child[RIGHT], node);
	uint32_t last = c->last;

	c->last = before;
	check_node(c, node, &left, &right);
	c->last = last;
	return (struct subtree){
		.max = MAX(at[node].value, MAX(left.max, right.max)),
		.n = left.n + 1 + right.n,
		.black_height = left.black_height + !at[node].red,
	};
}

char *area_tree_check(const struct area_tree *tree, const char *what)
{
	struct checker c = {.tree = tree, .what = what};

	struct subtree all = check_subtree(&c, tree->root, NIL);

	if (!c.message && (c.last != tree->last || all.n != tree->n))
		c.message = g_strdup_printf("%s: list and tree do not end together", what);
	return c.message;
}
