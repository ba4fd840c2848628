// SPDX-License-Identifier: GPL-2.0-or-later
/* Questions to a tree of areas that change nothing. */
#include "models/vmap/area_tree.h"

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

void area_tree_at_or_below_many(const struct area_tree *tree, const uint64_t *addr, unsigned n,
				uint32_t *found)
{
	const struct area *at = tree->pool->at;

	for (unsigned i = 0; i < n; i++)
		found[i] = tree->root;
	/* down to where the address would be linked in */
	for (uint32_t left = tree->root; left;) {
		left = NIL;
		for (unsigned i = 0; i < n; i++) {
			const struct area *area = &at[found[i]];
			uint32_t child = area->child[area->start <= addr[i] ? RIGHT : LEFT];

			found[i] = child ? child : found[i];
			prefetch(&at[found[i]]);
			left |= child;
		}
	}
	for (unsigned i = 0; i < n; i++) {
		const struct area *area = &at[found[i]];

		found[i] = area->start <= addr[i] ? found[i] : area->prev;
	}
}

uint32_t area_tree_at_or_above(const struct area_tree *tree, uint64_t addr)
{
	const struct area *at = tree->pool->at;
	uint32_t found = NIL;

	for (uint32_t node = tree->root; node;) {
		bool above = at[node].start >= addr;

		if (above)
			found = node;
		node = at[node].child[above ? LEFT : RIGHT];
	}
	return found;
}

uint64_t area_tree_max_between(const struct area_tree *tree, uint64_t low, uint64_t high)
{
	const struct area *at = tree->pool->at;
	uint32_t node = tree->root;
	uint64_t largest;

	while (node && (at[node].start < low || at[node].start >= high))
		node = at[node].child[at[node].start < low ? RIGHT : LEFT];
	if (!node)
		return 0;
	largest = at[node].value;
	/* left of the split all is below high, right of it all is at or above low */
	for (uint32_t below = at[node].child[LEFT]; below;) {
		const struct area *area = &at[below];
		bool in = area->start >= low;

		if (in)
			largest = MAX(largest, MAX(area->value, area->child_max[RIGHT]));
		below = area->child[in ? LEFT : RIGHT];
	}
	for (uint32_t above = at[node].child[RIGHT]; above;) {
		const struct area *area = &at[above];
		bool in = area->start < high;

		if (in)
			largest = MAX(largest, MAX(area->value, area->child_max[LEFT]));
		above = area->child[in ? RIGHT : LEFT];
	}
	return largest;
}

uint64_t area_tree_rank(const struct area_tree *tree, uint32_t node)
{
	const struct area *at = tree->pool->at;

	if (!node)
		return tree->n;
	uint64_t rank = at[node].left_count;

	for (uint32_t parent; (parent = at[node].parent); node = parent) {
		bool is_right = at[parent].child[RIGHT] == node;

		rank += is_right * (at[parent].left_count + 1u);
	}
	return rank;
}

/* Down from @node, below which there is one, and in whose subtree @pass->passed come before it. */
static void pass_down(const struct area *at, uint32_t node, uint64_t least, struct area_pass *pass)
{
	for (;;) {
		const struct area *area = &at[node];

		if (area->child_max[LEFT] >= least) {
			node = area->child[LEFT];
			continue;
		}
		pass->largest = MAX(pass->largest, area->child_max[LEFT]);
		pass->passed += area->left_count;
		if (area->value >= least)
			break;
		pass->largest = MAX(pass->largest, area->value);
		pass->passed++;
		node = area->child[RIGHT];
	}
	pass->stop = node;
}

struct area_pass area_tree_pass(const struct area_tree *tree, uint32_t from, uint64_t least)
{
	const struct area *at = tree->pool->at, *area = &at[from];
	struct area_pass pass = {.stop = from};
	uint64_t rank = area->left_count; /* of @from, in the subtree that it has come up to */

	while (area->value < least) {
		pass.largest = MAX(pass.largest, area->value);
		if (area->child_max[RIGHT] >= least) {
			pass.passed = area->left_count + 1u - rank;
			pass_down(at, area->child[RIGHT], least, &pass);
			return pass;
		}
		pass.largest = MAX(pass.largest, area->child_max[RIGHT]);
		for (; area->parent && &at[at[area->parent].child[RIGHT]] == area;
		     area = &at[area->parent])
			rank += at[area->parent].left_count + 1u;
		if (!area->parent) {
			pass.stop = NIL;
			pass.passed = tree->n - rank;
			return pass;
		}
		pass.stop = area->parent;
		area = &at[area->parent];
	}
	pass.passed = area->left_count - rank;
	return pass;
}
