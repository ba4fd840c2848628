// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/vmap/gap_search.h"

#include "sim/base/units.h"

/* What is left of the gap before @node above its first aligned address. */
static uint64_t aligned_gap(const struct area *at, uint32_t node, uint64_t align)
{
	uint64_t gap = at[node].value, end = at[node].start - gap, first = align_up(end, align);

	return first >= end && first < at[node].start ? at[node].start - first : 0;
}

/* The first node at or after @from that fits; NIL if there is none. */
static uint32_t first_fit(const struct area_tree *tree, uint32_t from, uint64_t size,
			  uint64_t align)
{
	const struct area *at = tree->pool->at;
	uint32_t node = area_tree_next_of(tree, from, size);

	while (node && aligned_gap(at, node, align) < size)
		node = area_tree_next_of(tree, at[node].next, size);
	return node;
}

struct range {
	uint64_t low, high; /* starts in [low, high) */
	uint64_t align;
};

/*
 * Raise *largest to the largest aligned gap in the part of @subtree that lies in the range, the
 * side with the larger gaps first.
 */
static void raise_largest(const struct area *at, uint32_t subtree, const struct range *range,
			  uint64_t *largest)
{
	const struct area *area = &at[subtree];
	bool not_low = area->start >= range->low, not_high = area->start < range->high;
	unsigned first = area->child_max[RIGHT] > area->child_max[LEFT];

	if (not_low && not_high && area->value > *largest)
		*largest = MAX(*largest, aligned_gap(at, subtree, range->align));
	for (unsigned i = 0; i < 2; i++) {
		unsigned side = first ^ i;
		bool meets = side == LEFT ? not_low : not_high;

		if (meets && area->child_max[side] > *largest)
			raise_largest(at, area->child[side], range, largest);
	}
}

/*
 * The largest aligned gap in the range, or @hole if that is larger. An alignment costs a gap less
 * than @align, so nothing below the largest gap less that can win: branch and bound begins there.
 */
static uint64_t largest_gap(const struct area_tree *tree, const struct range *range, uint64_t hole)
{
	uint64_t gap = area_tree_max_between(tree, range->low, range->high);

	if (gap >= range->align)
		hole = MAX(hole, gap - (range->align - 1));
	if (hole < gap)
		raise_largest(tree->pool->at, tree->root, range, &hole);
	return hole;
}

/* Does a walk that stands behind @node find itself too high? */
static bool too_high(const struct area *at, uint32_t node, uint64_t size, uint64_t align,
		     uint64_t vend)
{
	uint64_t first = align_up(at[node].end, align);

	return first < at[node].end || first > vend - size;
}

/* The first area whose aligned end leaves no room for @size below @vend; NIL if there is none. */
static uint32_t first_too_high(const struct area_tree *tree, uint64_t size, uint64_t align,
			       uint64_t vend)
{
	const struct area *at = tree->pool->at;
	uint32_t found = NIL;

	for (uint32_t node = tree->root; node;) {
		bool high = too_high(at, node, size, align, vend);

		if (high)
			found = node;
		node = at[node].child[high ? LEFT : RIGHT];
	}
	return found;
}

/* Where the walk ends: before the first that fits, or behind the first that is too high. */
static uint32_t find_stop(const struct area_tree *tree, uint32_t from, uint64_t size,
			  uint64_t align, uint64_t vend)
{
	const struct area *at = tree->pool->at;
	uint32_t stop = first_fit(tree, from, size, align);
	uint32_t last = stop ? at[stop].prev : tree->last;

	if (stop == from || !last || !too_high(at, last, size, align, vend))
		return stop;
	uint32_t high = first_too_high(tree, size, align, vend);

	/* the walk steps over that one still */
	return at[high].start < at[from].start ? from : at[high].next;
}

struct gap_walk gap_walk(const struct area_tree *tree, uint32_t from, uint64_t size, uint64_t align,
			 uint64_t vend, uint64_t hole)
{
	const struct area *at = tree->pool->at;
	struct gap_walk walk = {.stop = find_stop(tree, from, size, align, vend), .hole = hole};

	if (walk.stop == from)
		return walk;
	walk.hops = area_tree_rank(tree, walk.stop) - area_tree_rank(tree, from);
	const struct range range = {at[from].start, walk.stop ? at[walk.stop].start : UINT64_MAX,
				    align};

	walk.hole = largest_gap(tree, &range, hole);
	return walk;
}
