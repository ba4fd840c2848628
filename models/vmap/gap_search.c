// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/vmap/gap_search.h"

#include "sim/base/units.h"

/* What is left of the gap before @node above its first aligned address. */
static uint64_t aligned_gap(const struct area *at, uint32_t node, uint64_t align)
{
	if (!at[node].prev)
		return 0;
	uint64_t end = at[at[node].prev].end, first = align_up(end, align);

	return first >= end && first < at[node].start ? at[node].start - first : 0;
}

/* The first area whose aligned end leaves no room for @size below @vend; NIL if there is none. */
static uint32_t first_too_high(const struct area_tree *tree, uint64_t size, uint64_t align,
			       uint64_t vend)
{
	const struct area *at = tree->pool->at;
	uint32_t found = NIL;

	for (uint32_t node = tree->root; node;) {
		uint64_t first = align_up(at[node].end, align);
		bool too_high = first < at[node].end || first > vend - size;

		if (too_high)
			found = node;
		node = at[node].child[too_high ? LEFT : RIGHT];
	}
	return found;
}

/* The first node of @subtree, in order, that fits; NIL if there is none. */
static uint32_t first_fit_below(const struct area *at, uint32_t subtree, uint64_t size,
				uint64_t align)
{
	if (!subtree || at[subtree].subtree_max < size)
		return NIL;
	uint32_t found = first_fit_below(at, at[subtree].child[LEFT], size, align);

	if (found)
		return found;
	if (aligned_gap(at, subtree, align) >= size)
		return subtree;
	return first_fit_below(at, at[subtree].child[RIGHT], size, align);
}

/* The first node at or after @from that fits; NIL if there is none. */
static uint32_t first_fit(const struct area_tree *tree, uint32_t from, uint64_t size,
			  uint64_t align)
{
	const struct area *at = tree->pool->at;

	for (uint32_t node = from; node;) {
		if (aligned_gap(at, node, align) >= size)
			return node;
		uint32_t found = first_fit_below(at, at[node].child[RIGHT], size, align);

		if (found)
			return found;
		/* up, past the parents to whose right this is */
		while (at[node].parent && at[at[node].parent].child[RIGHT] == node)
			node = at[node].parent;
		node = at[node].parent;
	}
	return NIL;
}

/* How many nodes come before @node; all of them for NIL. */
static uint64_t rank_of(const struct area_tree *tree, uint32_t node)
{
	const struct area *at = tree->pool->at;

	if (!node)
		return tree->n;
	uint64_t rank = at[at[node].child[LEFT]].count;

	for (; at[node].parent; node = at[node].parent) {
		uint32_t parent = at[node].parent;

		if (at[parent].child[RIGHT] == node)
			rank += at[at[parent].child[LEFT]].count + 1;
	}
	return rank;
}

struct range {
	uint64_t low, high; /* starts in [low, high) */
	uint64_t align;
};

/* Raise *largest to the largest aligned gap in the part of @subtree that lies in the range. */
static void raise_largest(const struct area *at, uint32_t subtree, const struct range *range,
			  uint64_t *largest)
{
	while (subtree && at[subtree].subtree_max > *largest) {
		if (at[subtree].start < range->low) {
			subtree = at[subtree].child[RIGHT];
			continue;
		}
		if (at[subtree].start < range->high) {
			*largest = MAX(*largest, aligned_gap(at, subtree, range->align));
			raise_largest(at, at[subtree].child[RIGHT], range, largest);
		}
		subtree = at[subtree].child[LEFT];
	}
}

struct gap_walk gap_walk(const struct area_tree *tree, uint32_t from, uint64_t size, uint64_t align,
			 uint64_t vend)
{
	const struct area *at = tree->pool->at;
	struct gap_walk walk = {.stop = first_fit(tree, from, size, align)};
	uint32_t high = first_too_high(tree, size, align, vend);

	/* the walk steps over that one still, and finds itself too high behind it */
	if (high) {
		uint32_t behind = at[high].start < at[from].start ? from : at[high].next;

		if (!walk.stop || (behind && at[behind].start < at[walk.stop].start))
			walk.stop = behind;
	}
	walk.hops = rank_of(tree, walk.stop) - rank_of(tree, from);
	if (walk.hops)
		raise_largest(at, tree->root,
			      &(struct range){at[from].start,
					      walk.stop ? at[walk.stop].start : UINT64_MAX, align},
			      &walk.largest);
	return walk;
}
