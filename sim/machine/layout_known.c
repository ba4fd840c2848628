// SPDX-License-Identifier: GPL-2.0-or-later
/* What the pages that a trace knows of ask of a layout: types of blocks, and free chunks. */
#include "sim/machine/layout_internal.h"

/* --- block types ----------------------------------------------------------------------- */

/* How many known pages of a type a block has. */
struct vote {
	uint64_t block;
	uint64_t pages[LIST_TYPES];
	enum list_type type; /* that has most */
};

static GArray *count_votes(const struct zone_layout *z, const struct known_page *known, size_t n)
{
	GArray *votes = g_array_new(FALSE, FALSE, sizeof(struct vote));
	struct vote *vote = NULL;

	for (size_t k = 0; k < n; k++) {
		uint64_t block = chunk_index(&z->chunks, z->block_order, known[k].pfn);

		if (known[k].type >= LIST_TYPES)
			continue;
		if (!vote || vote->block != block) {
			const struct vote fresh = {.block = block};

			g_array_append_val(votes, fresh);
			vote = &g_array_index(votes, struct vote, votes->len - 1);
		}
		vote->pages[known[k].type] += UINT64_C(1) << known[k].order;
		if (vote->pages[known[k].type] > vote->pages[vote->type])
			vote->type = known[k].type;
	}
	return votes;
}

static int most_votes_first(const void *a, const void *b)
{
	const struct vote *x = a, *y = b;
	uint64_t n = x->pages[x->type], m = y->pages[y->type];

	if (n != m)
		return n > m ? -1 : 1;
	return x->block < y->block ? -1 : x->block > y->block;
}

void layout_known_types(struct zone_layout *z, const struct known_page *known, size_t n)
{
	g_autoptr(GArray) votes = count_votes(z, known, n);

	g_array_sort(votes, most_votes_first);
	for (unsigned i = 0; i < votes->len; i++) {
		const struct vote *vote = &g_array_index(votes, struct vote, i);
		uint64_t whole = 0; /* blocks that free chunks of the type will take whole */

		for (unsigned order = z->block_order; order <= z->top; order++)
			whole += z->need[vote->type][order];
		if (z->block_type[vote->block] == TYPE_OPEN && z->quota[vote->type] > whole)
			layout_set_block(z, vote->block, vote->type);
	}
}

/* --- free chunks ----------------------------------------------------------------------- */

struct known_chunk {
	unsigned order;
	uint64_t i;
};

/* The known free pages as maximal chunks. */
static GArray *merge_known(const struct zone_layout *z, const struct known_page *known, size_t n)
{
	GArray *merged = g_array_new(FALSE, FALSE, sizeof(struct known_chunk));

	for (size_t k = 0; k < n; k++) {
		struct known_chunk chunk = {known[k].order,
					    chunk_index(&z->chunks, known[k].order, known[k].pfn)};

		if (known[k].live)
			continue;
		/* in ascending order a chunk is complete when its last page comes */
		while (chunk.order < z->top && merged->len && chunk.i & 1) {
			const struct known_chunk *last =
				&g_array_index(merged, struct known_chunk, merged->len - 1);

			if (last->order != chunk.order || last->i != (chunk.i ^ 1))
				break;
			g_array_set_size(merged, merged->len - 1);
			chunk = (struct known_chunk){chunk.order + 1, chunk.i / 2};
		}
		g_array_append_val(merged, chunk);
	}
	return merged;
}

static int largest_first(const void *a, const void *b)
{
	const struct known_chunk *x = a, *y = b;

	if (x->order != y->order)
		return x->order > y->order ? -1 : 1;
	return x->i < y->i ? -1 : x->i > y->i;
}

/* The type for which a chunk could be free: that of its block, or where that is open any. */
static bool find_type(const struct zone_layout *z, unsigned order, uint64_t i, bool strict,
		      enum list_type *type)
{
	enum list_type block = chunk_type(z, order, i);
	static const enum list_type choice[] = {LIST_MOVABLE, LIST_UNMOVABLE, LIST_RECLAIMABLE,
						LIST_HIGHATOMIC, LIST_ISOLATE};

	for (unsigned k = 0; k < LIST_TYPES; k++) {
		*type = choice[k];
		if (z->need[*type][order] && (!strict || block == TYPE_OPEN || block == *type))
			return true;
	}
	return false;
}

/*
 * Cover a known free chunk with the largest free chunk that the snapshot still has to give: most
 * free pages are in large chunks. @strict: it must be of the type of its block.
 */
static bool cover(struct zone_layout *z, const struct known_chunk *chunk, bool strict)
{
	for (unsigned order = z->top + 1; order-- > chunk->order;) {
		uint64_t i = chunk->i >> (order - chunk->order);
		enum list_type type;

		if (!chunk_usable(z, order, i) || !find_type(z, order, i, strict, &type))
			continue;
		layout_place(z, order, i, type);
		return true;
	}
	return false;
}

/*
 * Free beyond the snapshot's counts. What it merges with is the snapshot's to give once more,
 * unless that was beyond the counts as well.
 */
static void place_extra(struct zone_layout *z, const struct known_chunk *chunk)
{
	enum list_type type = chunk_type(z, chunk->order, chunk->i);
	unsigned order = chunk_set_free(&z->chunks, chunk->order, chunk->i);

	type = type == TYPE_OPEN ? LIST_MOVABLE : type;
	for (unsigned merged = chunk->order; merged < order; merged++) {
		if (z->extra[merged])
			z->extra[merged]--;
		else
			z->need[type][merged]++;
	}
	if (order > chunk->order && z->need[type][order])
		z->need[type][order]--;
	else
		z->extra[order]++;
}

void layout_known_free(struct zone_layout *z, const struct known_page *known, size_t n)
{
	g_autoptr(GArray) chunks = merge_known(z, known, n);

	g_array_sort(chunks, largest_first);
	for (unsigned k = 0; k < chunks->len; k++) {
		const struct known_chunk *chunk = &g_array_index(chunks, struct known_chunk, k);

		/* busy: a larger chunk covers it already */
		if (!chunk_busy(&z->chunks, chunk->order, chunk->i) && !cover(z, chunk, true) &&
		    !cover(z, chunk, false))
			place_extra(z, chunk);
	}
}
