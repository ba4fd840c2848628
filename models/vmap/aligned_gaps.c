// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/vmap/aligned_gaps.h"

#include "sim/base/units.h"

/* A change to a tree costs about as much as this many steps of a search without one. */
#define CHANGE_STEPS 2
#define AREAS_MIN    1024 /* a tree for fewer areas is judged as if there were that many */

void gap_index_init(struct gap_index *index, const struct area_tree *busy)
{
	*index = (struct gap_index){.busy = busy};
}

static void drop(struct gap_index *index, unsigned shift)
{
	area_pool_clear(&index->by_alignment[shift].pool);
	area_fingers_clear(&index->by_alignment[shift].fingers);
	index->by_alignment[shift] = (struct aligned_gaps){.since = index->changes};
	index->kept &= ~(UINT64_C(1) << shift);
}

void gap_index_clear(struct gap_index *index)
{
	while (index->kept)
		drop(index, (unsigned)__builtin_ctzll(index->kept));
}

/* What [start, end) is worth; false: nothing. */
static bool piece_of(uint64_t *start, uint64_t end, uint64_t align)
{
	uint64_t first = align_up(*start, align);
	bool worth = first >= *start && first < end;

	*start = first;
	return worth;
}

static void insert(struct aligned_gaps *gaps, uint64_t first, uint64_t end)
{
	uint32_t below = area_fingers_at_or_below(&gaps->fingers, &gaps->tree, first);
	uint32_t next = below ? area_at(&gaps->tree, below)->next : gaps->tree.first;
	uint32_t node = area_new(&gaps->pool, first, end);

	area_tree_insert_before(&gaps->tree, node, next);
	area_fingers_point(&gaps->fingers, &gaps->tree, first, node);
}

static void erase(struct aligned_gaps *gaps, uint32_t node)
{
	area_tree_erase(&gaps->tree, node);
	area_delete(&gaps->pool, node);
}

/* The piece that begins at @first. */
static uint32_t find(struct aligned_gaps *gaps, uint64_t first)
{
	uint32_t node = area_fingers_at_or_below(&gaps->fingers, &gaps->tree, first);

	area_fingers_point(&gaps->fingers, &gaps->tree, first, node);
	return node;
}

static uint64_t areas(const struct gap_index *index)
{
	return MAX(index->busy->n, AREAS_MIN);
}

static void count_change(struct gap_index *index, unsigned shift)
{
	struct aligned_gaps *gaps = &index->by_alignment[shift];

	gaps->cost += CHANGE_STEPS;
	if (gaps->cost > CHANGE_STEPS * areas(index))
		drop(index, shift);
}

void gap_index_note(struct gap_index *index, uint64_t start, uint64_t end, bool appears)
{
	for (uint64_t kept = index->kept; kept; kept &= kept - 1) {
		unsigned shift = (unsigned)__builtin_ctzll(kept);
		struct aligned_gaps *gaps = &index->by_alignment[shift];
		uint64_t first = start;

		if (!piece_of(&first, end, UINT64_C(1) << shift))
			continue;
		if (appears)
			insert(gaps, first, end);
		else
			erase(gaps, find(gaps, first));
		count_change(index, shift);
	}
}

/* The pieces of one alignment in a gap, when it is whole and when a part of it is used. */
struct pieces {
	uint64_t whole, high, end; /* [whole, end) becomes [whole, used) and [high, end) */
	bool has_low, has_high;
};

/* False: the use makes no difference. */
static bool find_pieces(struct pieces *pieces, uint64_t start, uint64_t used, uint64_t used_end,
			uint64_t end, uint64_t align)
{
	*pieces = (struct pieces){.whole = start, .high = used_end, .end = end};
	if (!piece_of(&pieces->whole, end, align))
		return false;
	pieces->has_low = pieces->whole < used;
	pieces->has_high = piece_of(&pieces->high, end, align);
	return pieces->has_low || !pieces->has_high || pieces->high != pieces->whole;
}

void gap_index_split(struct gap_index *index, uint64_t start, uint64_t used, uint64_t used_end,
		     uint64_t end)
{
	index->changes++;
	for (uint64_t kept = index->kept; kept; kept &= kept - 1) {
		unsigned shift = (unsigned)__builtin_ctzll(kept);
		struct aligned_gaps *gaps = &index->by_alignment[shift];
		struct pieces pieces;

		if (!find_pieces(&pieces, start, used, used_end, end, UINT64_C(1) << shift))
			continue;
		uint32_t node = find(gaps, pieces.whole);

		if (pieces.has_low)
			area_tree_resize(&gaps->tree, node, pieces.whole, used);
		else if (pieces.has_high)
			area_tree_resize(&gaps->tree, node, pieces.high, end);
		else
			erase(gaps, node);
		if (pieces.has_low && pieces.has_high)
			insert(gaps, pieces.high, end);
		count_change(index, shift);
	}
}

void gap_index_join(struct gap_index *index, uint64_t start, uint64_t used, uint64_t used_end,
		    uint64_t end)
{
	index->changes++;
	for (uint64_t kept = index->kept; kept; kept &= kept - 1) {
		unsigned shift = (unsigned)__builtin_ctzll(kept);
		struct aligned_gaps *gaps = &index->by_alignment[shift];
		struct pieces pieces;

		if (!find_pieces(&pieces, start, used, used_end, end, UINT64_C(1) << shift))
			continue;
		if (!pieces.has_low && !pieces.has_high) {
			insert(gaps, pieces.whole, end);
		} else {
			uint32_t node = find(gaps, pieces.has_low ? pieces.whole : pieces.high);

			if (pieces.has_low && pieces.has_high)
				erase(gaps, area_at(&gaps->tree, node)->next);
			area_tree_resize(&gaps->tree, node, pieces.whole, end);
		}
		count_change(index, shift);
	}
}

const struct area_tree *gap_index_use(struct gap_index *index, uint64_t align)
{
	unsigned shift = fls64(align) - 1;

	if (!(index->kept >> shift & 1))
		return NULL;
	struct aligned_gaps *gaps = &index->by_alignment[shift];

	gaps->cost -= MIN(gaps->cost, gaps->worth);
	return &gaps->tree;
}

static void fill(const struct gap_index *index, struct aligned_gaps *gaps, uint64_t align)
{
	const struct area *at = index->busy->pool->at;

	area_pool_init(&gaps->pool);
	area_tree_init(&gaps->tree, &gaps->pool, AREA_MAX_SIZE);
	for (uint32_t node = area_tree_next_of(index->busy, index->busy->first, 1); node;
	     node = area_tree_next_of(index->busy, at[node].next, 1)) {
		uint64_t first = at[node].start - at[node].value, end = at[node].start;

		if (piece_of(&first, end, align))
			area_tree_insert_before(&gaps->tree, area_new(&gaps->pool, first, end),
						NIL);
	}
}

void gap_index_missed(struct gap_index *index, uint64_t align, uint64_t steps)
{
	struct aligned_gaps *gaps = &index->by_alignment[fls64(align) - 1];

	uint64_t changes = index->changes - gaps->since, n = areas(index);

	gaps->steps += steps;
	gaps->searches++;
	if (gaps->steps >= n && gaps->steps >= CHANGE_STEPS * changes) {
		fill(index, gaps, align);
		gaps->worth = gaps->steps / gaps->searches;
		gaps->cost = 0;
		index->kept |= align;
	} else if (changes > n) {
		gaps->steps = gaps->searches = 0;
		gaps->since = index->changes;
	}
}

static char *check_pieces(const struct area_tree *kept, const struct area_tree *made)
{
	uint32_t a = kept->first, b = made->first;

	while (a && b && area_at(kept, a)->start == area_at(made, b)->start &&
	       area_at(kept, a)->end == area_at(made, b)->end) {
		a = area_at(kept, a)->next;
		b = area_at(made, b)->next;
	}
	return a || b ? g_strdup("aligned gaps: a piece is missing, wrong or too many") : NULL;
}

char *gap_index_check(const struct gap_index *index)
{
	char *message = NULL;

	for (uint64_t kept = index->kept; kept && !message; kept &= kept - 1) {
		unsigned shift = (unsigned)__builtin_ctzll(kept);
		struct aligned_gaps made;

		fill(index, &made, UINT64_C(1) << shift);
		message = area_tree_check(&index->by_alignment[shift].tree, "aligned gaps");
		if (!message)
			message = check_pieces(&index->by_alignment[shift].tree, &made.tree);
		area_pool_clear(&made.pool);
	}
	return message;
}
