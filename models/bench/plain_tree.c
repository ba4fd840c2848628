// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/bench/plain_tree.h"

#include <glib.h>
#include <stdlib.h>

static void update(struct plain_area *area)
{
	uint64_t below = MAX(plain_max(area->child[0]), plain_max(area->child[1]));

	area->subtree_max = MAX(area->end - area->start, below);
}

void plain_propagate(struct plain_area *area)
{
	for (; area; area = area->parent) {
		uint64_t before = area->subtree_max;

		update(area);
		if (area->subtree_max == before)
			break;
	}
}

static void replace_child(struct plain_tree *tree, struct plain_area *parent,
			  struct plain_area *old, struct plain_area *area)
{
	if (!parent)
		tree->root = area;
	else
		parent->child[parent->child[1] == old] = area;
	if (area)
		area->parent = parent;
}

static void rotate(struct plain_tree *tree, struct plain_area *top, unsigned side)
{
	struct plain_area *up = top->child[!side], *inner = up->child[side];

	replace_child(tree, top->parent, top, up);
	top->child[!side] = inner;
	if (inner)
		inner->parent = top;
	up->child[side] = top;
	top->parent = up;
	up->subtree_max = top->subtree_max;
	update(top);
}

static bool is_red(const struct plain_area *area)
{
	return area && area->red;
}

static void rebalance_insert(struct plain_tree *tree, struct plain_area *area)
{
	while (is_red(area->parent)) {
		struct plain_area *parent = area->parent, *grandparent = parent->parent;
		unsigned side = grandparent->child[1] == parent;
		struct plain_area *uncle = grandparent->child[!side];

		if (is_red(uncle)) {
			parent->red = uncle->red = false;
			grandparent->red = true;
			area = grandparent;
			continue;
		}
		if (parent->child[!side] == area) {
			rotate(tree, parent, side);
			parent = area;
		}
		rotate(tree, grandparent, !side);
		parent->red = false;
		grandparent->red = true;
		break;
	}
	tree->root->red = false;
}

struct plain_area *plain_at_or_below(const struct plain_tree *tree, uint64_t addr)
{
	struct plain_area *found = NULL;

	for (struct plain_area *area = tree->root; area;) {
		bool below = area->start <= addr;

		if (below)
			found = area;
		area = area->child[below];
	}
	return found;
}

struct plain_area *plain_insert(struct plain_tree *tree, uint64_t start, uint64_t end,
				struct plain_area *next)
{
	struct plain_area *area = calloc(1, sizeof(*area));
	struct plain_area *prev = next ? next->prev : tree->last;
	bool below_next = next && !next->child[0];

	*area = (struct plain_area){.start = start, .end = end, .prev = prev, .next = next};
	*(prev ? &prev->next : &tree->first) = area;
	*(next ? &next->prev : &tree->last) = area;
	area->parent = below_next ? next : prev;
	area->red = true;
	if (!area->parent)
		tree->root = area;
	else
		area->parent->child[!below_next] = area;
	plain_propagate(area);
	rebalance_insert(tree, area);
	return area;
}

static void rebalance_erase(struct plain_tree *tree, struct plain_area *parent, unsigned side)
{
	for (;;) {
		struct plain_area *sibling = parent->child[!side];

		if (sibling->red) {
			rotate(tree, parent, side);
			sibling->red = false;
			parent->red = true;
			sibling = parent->child[!side];
		}
		struct plain_area *near = sibling->child[side], *far = sibling->child[!side];

		if (!is_red(near) && !is_red(far)) {
			sibling->red = true;
			if (parent->red || !parent->parent) {
				parent->red = false;
				return;
			}
			side = parent->parent->child[1] == parent;
			parent = parent->parent;
			continue;
		}
		if (!is_red(far)) {
			rotate(tree, sibling, !side);
			near->red = false;
			sibling->red = true;
			far = sibling;
			sibling = near;
		}
		rotate(tree, parent, side);
		sibling->red = parent->red;
		parent->red = false;
		far->red = false;
		return;
	}
}

/* Put the successor of @area, which has two children, into its place. */
static void move_successor(struct plain_tree *tree, struct plain_area *area,
			   struct plain_area **parent, unsigned *side)
{
	struct plain_area *successor = area->next, *child = successor->child[1];

	*parent = successor->parent;
	*side = 0;
	if (*parent == area) {
		*parent = successor;
		*side = 1;
	} else {
		(*parent)->child[0] = child;
		if (child)
			child->parent = *parent;
		successor->child[1] = area->child[1];
		area->child[1]->parent = successor;
	}
	successor->child[0] = area->child[0];
	area->child[0]->parent = successor;
	successor->red = area->red;
	replace_child(tree, area->parent, area, successor);
	for (struct plain_area *at = *parent; at; at = at->parent)
		update(at);
}

void plain_erase(struct plain_tree *tree, struct plain_area *area)
{
	struct plain_area *child = area->child[area->child[0] ? 0 : 1], *parent = area->parent;
	unsigned side = parent && parent->child[1] == area;
	bool was_red = area->red;

	if (area->child[0] && area->child[1]) {
		child = area->next->child[1];
		was_red = area->next->red;
		move_successor(tree, area, &parent, &side);
	} else {
		replace_child(tree, parent, area, child);
		plain_propagate(parent);
	}
	if (child)
		child->red = false;
	else if (parent && !was_red)
		rebalance_erase(tree, parent, side);
	*(area->prev ? &area->prev->next : &tree->first) = area->next;
	*(area->next ? &area->next->prev : &tree->last) = area->prev;
	free(area);
}
