// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/vmap/gap_search.h"

#include "sim/base/units.h"

/*
 * The next area behind @node whose gap is @least or more and ends at or above @addr.
 */
static uint32_t next_reaching(const struct area_tree *tree, uint32_t node, uint64_t addr,
			      uint64_t least)
{
	node = area_at(tree, node)->next;
	if (node && area_at(tree, node)->start < addr)
		node = area_tree_at_or_above(tree, addr);
	return area_tree_next_of(tree, node, least);
}

struct gap_search {
	const struct area_tree *busy;
	const struct area_tree *pieces; /* NULL: none is kept for this alignment */
	uint64_t size, align;
	uint64_t steps; /* gaps tried for want of pieces */
};

/* From which address on the piece of the gap before @node lies, and all those after it. */
static uint64_t pieces_from(const struct gap_search *search, uint32_t node)
{
	return node ? area_at(search->busy, node)->start - area_at(search->busy, node)->value
		    : UINT64_MAX;
}

/*
 * The first node at or after @from that fits; NIL if there is none. A gap that is large enough may
 * hold no aligned address, or one too far up; the next that can fit reaches beyond the next
 * aligned address, so those between are passed over.
 */
static uint32_t try_gaps(struct gap_search *search, uint32_t from)
{
	const struct area *at = search->busy->pool->at;
	uint64_t size = search->size, align = search->align;
	uint32_t node = area_tree_next_of(search->busy, from, size);

	for (; node; search->steps++) {
		uint64_t start = at[node].start - at[node].value, end = at[node].start;
		uint64_t first = align_up(start, align);

		if (first < start)
			return NIL;
		if (first <= end && end - first >= size)
			return node;
		uint64_t next = first < end ? first + align : first;

		if (next < first || next + size < next)
			return NIL;
		node = next_reaching(search->busy, node, next + size, size);
	}
	return NIL;
}

/*
 * The first piece at or after the gap before @from that is large enough, and the largest until
 * then.
 */
static struct area_pass pass_pieces(const struct gap_search *search, uint32_t from)
{
	uint32_t piece = area_tree_at_or_above(search->pieces, pieces_from(search, from));

	return piece ? area_tree_pass(search->pieces, piece, search->size)
		     : (struct area_pass){.stop = NIL};
}

static uint32_t behind_piece(const struct gap_search *search, uint32_t piece)
{
	return piece ? area_tree_at_or_above(search->busy, area_at(search->pieces, piece)->end)
		     : NIL;
}

static uint32_t first_fit(struct gap_search *search, uint32_t from)
{
	return search->pieces ? behind_piece(search, pass_pieces(search, from).stop)
			      : try_gaps(search, from);
}

/*
 * The largest gap from its first aligned address in the areas [from, stop), or @hole if that is
 * larger. An alignment costs a gap less than @align, so nothing below the largest gap less that
 * can win.
 */
static uint64_t try_larger_gaps(struct gap_search *search, uint32_t from, uint32_t stop,
				uint64_t hole)
{
	const struct area *at = search->busy->pool->at;
	uint64_t high = stop ? at[stop].start : UINT64_MAX, align = search->align;
	uint64_t gap = area_tree_max_between(search->busy, at[from].start, high);

	if (gap >= align)
		hole = MAX(hole, gap - (align - 1));
	if (hole >= gap)
		return hole;
	uint32_t node = area_tree_next_of(search->busy, from, hole + 1);

	for (; node && at[node].start < high && hole < gap; search->steps++) {
		uint64_t start = at[node].start - at[node].value, end = at[node].start;
		uint64_t first = align_up(start, align), next = first < end ? first + align : first;

		if (first >= start && first < end)
			hole = MAX(hole, end - first);
		if (first < start || next < first || next + hole + 1 < next)
			break;
		node = next_reaching(search->busy, node, next + hole + 1, hole + 1);
	}
	return hole;
}

static uint64_t largest_gap(struct gap_search *search, uint32_t from, uint32_t stop, uint64_t hole)
{
	if (!search->pieces)
		return try_larger_gaps(search, from, stop, hole);
	return MAX(hole, area_tree_max_between(search->pieces, pieces_from(search, from),
					       pieces_from(search, stop)));
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
static uint32_t find_stop(struct gap_search *search, uint32_t from, uint64_t vend)
{
	const struct area_tree *tree = search->busy;
	const struct area *at = tree->pool->at;
	uint32_t stop = first_fit(search, from);
	uint32_t last = stop ? at[stop].prev : tree->last;

	if (stop == from || !last || !too_high(at, last, search->size, search->align, vend))
		return stop;
	uint32_t high = first_too_high(tree, search->size, search->align, vend);

	/* the walk steps over that one still */
	return at[high].start < at[from].start ? from : at[high].next;
}

static uint64_t hops(const struct gap_search *search, uint32_t from, uint32_t stop)
{
	return area_tree_rank(search->busy, stop) - area_tree_rank(search->busy, from);
}

/*
 * The walk where gaps need not be tried one by one: each is worth all of it, or there are pieces.
 * False: it must be done otherwise, or it ends before, for being too high.
 */
static bool walk_at_once(const struct gap_search *search, uint32_t from, uint64_t vend,
			 struct gap_walk *walk)
{
	const struct area_tree *busy = search->busy;
	struct area_pass pass;

	if (search->pieces) {
		pass = pass_pieces(search, from);
		pass.stop = behind_piece(search, pass.stop);
	} else if (search->align == 1) {
		pass = area_tree_pass(busy, from, search->size);
	} else {
		return false;
	}
	uint32_t last = pass.stop ? area_at(busy, pass.stop)->prev : busy->last;

	if (pass.stop != from && too_high(busy->pool->at, last, search->size, search->align, vend))
		return false;
	walk->stop = pass.stop;
	walk->hops = search->pieces ? hops(search, from, pass.stop) : pass.passed;
	walk->hole = MAX(walk->hole, pass.largest);
	return true;
}

struct gap_walk gap_walk(struct gap_index *index, uint32_t from, uint64_t size, uint64_t align,
			 uint64_t vend, uint64_t hole)
{
	struct gap_search search = {
		.busy = index->busy,
		.pieces = align > PAGE_SIZE ? gap_index_use(index, align) : NULL,
		.size = size,
		.align = align,
	};
	struct gap_walk walk = {.hole = hole};

	if (walk_at_once(&search, from, vend, &walk))
		return walk;
	walk.stop = find_stop(&search, from, vend);
	if (walk.stop != from) {
		walk.hops = hops(&search, from, walk.stop);
		walk.hole = largest_gap(&search, from, walk.stop, hole);
	}
	if (search.steps && align > PAGE_SIZE)
		gap_index_missed(index, align, search.steps);
	return walk;
}
