// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/machine/layout_internal.h"

#include <string.h>

#define TYPE_LETTERS "UMRHI" /* enum list_type */

/* --- begin and end of a zone ----------------------------------------------------------- */

static void set_ranges_busy(struct zone_layout *z, const GArray *ranges, uint64_t low,
			    uint64_t high)
{
	for (unsigned i = 0; i < ranges->len; i++) {
		const struct pfn_range *range = &g_array_index(ranges, struct pfn_range, i);
		uint64_t start = MAX(range->start_pfn, low), end = MIN(range->end_pfn, high);

		if (start < end)
			chunk_map_set_busy(&z->chunks, start, end);
	}
}

/* Only blocks of the zone that have struct pages take part. */
static void open_blocks(struct zone_layout *z, const struct memory_map *map,
			const struct memory_zone *zone)
{
	z->n_blocks = z->chunks.n_top << (z->top - z->block_order);
	z->block_type = g_malloc(z->n_blocks);
	for (uint64_t block = 0; block < z->n_blocks; block++) {
		uint64_t start = chunk_pfn(&z->chunks, z->block_order, block);
		uint64_t end = chunk_pfn(&z->chunks, z->block_order, block + 1);
		bool open = end > zone->start_pfn && start < zone->end_pfn &&
			    memory_map_section_populated(map, start);

		z->block_type[block] = open ? TYPE_OPEN : LIST_MOVABLE;
	}
}

/* All that is present is to be had; nothing is placed. */
static void zone_begin(struct zone_layout *z, const struct memory_map *map,
		       const struct memory_zone *zone, uint64_t seed)
{
	g_autofree char *stream = g_strdup_printf("layout/%u/%s", zone->node, zone->name);

	*z = (struct zone_layout){0};
	z->top = (map->max_order ? map->max_order : MAX_ORDER_DEFAULT) - 1;
	z->block_order =
		MIN(map->pageblock_order ? map->pageblock_order : PAGEBLOCK_ORDER_DEFAULT, z->top);
	chunk_map_init(&z->chunks, zone->start_pfn, zone->end_pfn, z->top);
	open_blocks(z, map, zone);
	z->reserved = g_array_new(FALSE, FALSE, sizeof(struct pfn_range));
	rng_init(&z->rng, seed, stream);
	chunk_map_set_busy(&z->chunks, z->chunks.base, zone->start_pfn);
	chunk_map_set_busy(&z->chunks, zone->end_pfn,
			   chunk_pfn(&z->chunks, z->top, z->chunks.n_top));
	set_ranges_busy(z, zone->holes, zone->start_pfn, zone->end_pfn);
	set_ranges_busy(z, map->unpopulated, zone->start_pfn, zone->end_pfn);
}

static void zone_end(struct zone_layout *z)
{
	chunk_map_clear(&z->chunks);
	g_free(z->block_type);
	g_array_unref(z->reserved);
}

/* Without types all is movable: nothing says what is not. */
static void set_wanted(struct zone_layout *z, const struct zone_counts *counts, bool has_types)
{
	for (unsigned order = 0; order <= z->top; order++) {
		if (!has_types)
			z->need[LIST_MOVABLE][order] = counts->nr_free[order];
		for (unsigned type = 0; has_types && type < LIST_TYPES; type++)
			z->need[type][order] = counts->by_type[type][order];
	}
	memcpy(z->quota, counts->blocks, sizeof(z->quota));
	if (!has_types)
		z->quota[LIST_MOVABLE] = z->n_blocks;
}

/* --- known pages ----------------------------------------------------------------------- */

/*
 * Of the @n known chunks those that begin in the zone, from *next on, without what is at odds with
 * the zone, or with one before.
 */
static GArray *take_known(const struct zone_layout *z, const struct memory_zone *zone,
			  const struct known_page *known, size_t n, size_t *next,
			  struct layout_figures *figures)
{
	GArray *taken = g_array_new(FALSE, FALSE, sizeof(struct known_page));
	uint64_t end = zone->start_pfn;

	for (; *next < n && known[*next].pfn < zone->end_pfn; ++*next) {
		const struct known_page *page = &known[*next];
		uint64_t pages = UINT64_C(1) << page->order;

		if (page->pfn < end || page->order > z->top || page->pfn % pages ||
		    page->pfn + pages > zone->end_pfn ||
		    chunk_busy(&z->chunks, page->order,
			       chunk_index(&z->chunks, page->order, page->pfn))) {
			figures->known_left_out++;
			continue;
		}
		g_array_append_val(taken, *page);
		end = page->pfn + pages;
		*(page->live ? &figures->known_live_pages : &figures->known_free_pages) += pages;
	}
	return taken;
}

/* --- what came of it ------------------------------------------------------------------- */

/* The type of request that lives in a block of a type. */
static enum list_type request_type(enum list_type block)
{
	static const enum list_type types[LIST_TYPES] = {
		[LIST_UNMOVABLE] = LIST_UNMOVABLE,     [LIST_MOVABLE] = LIST_MOVABLE,
		[LIST_RECLAIMABLE] = LIST_RECLAIMABLE, [LIST_HIGHATOMIC] = LIST_UNMOVABLE,
		[LIST_ISOLATE] = LIST_MOVABLE,
	};

	return types[block];
}

/* Is the chunk in blocks of one type of request? */
static bool one_type(const struct zone_layout *z, unsigned order, uint64_t i)
{
	uint64_t block = block_of_chunk(z, order, i);
	uint64_t n = order > z->block_order ? UINT64_C(1) << (order - z->block_order) : 1;

	for (uint64_t k = 1; k < n; k++) {
		if (request_type(z->block_type[block + k]) != request_type(z->block_type[block]))
			return false;
	}
	return true;
}

/* Pages that are neither free nor known nor reserved, in maximal chunks. */
static void append_drawn(const struct zone_layout *z, unsigned order, uint64_t i, GArray *live)
{
	if (!chunk_busy(&z->chunks, order, i) && one_type(z, order, i)) {
		const struct live_chunk chunk = {
			.pfn = chunk_pfn(&z->chunks, order, i),
			.order = order,
			.type = request_type(chunk_type(z, order, i)),
		};

		g_array_append_val(live, chunk);
	} else if (order && !chunk_all_busy(&z->chunks, order, i)) {
		append_drawn(z, order - 1, 2 * i, live);
		append_drawn(z, order - 1, 2 * i + 1, live);
	}
}

static void append_known(const struct zone_layout *z, const GArray *known, GArray *live)
{
	for (unsigned i = 0; i < known->len; i++) {
		const struct known_page *page = &g_array_index(known, struct known_page, i);
		uint64_t block = chunk_index(&z->chunks, z->block_order, page->pfn);
		const struct live_chunk chunk = {
			.pfn = page->pfn,
			.order = page->order,
			.type = request_type(page->type < LIST_TYPES
						     ? page->type
						     : (enum list_type)z->block_type[block]),
			.known = true,
		};

		if (page->live)
			g_array_append_val(live, chunk);
	}
}

/* "60M4U" of the blocks that the zone spans. To be freed. */
static char *block_types_text(const struct zone_layout *z, const struct memory_zone *zone)
{
	uint64_t block = chunk_index(&z->chunks, z->block_order, zone->start_pfn);
	uint64_t end = chunk_index(&z->chunks, z->block_order, zone->end_pfn - 1) + 1;
	GString *text = g_string_new(NULL);

	while (block < end) {
		uint8_t type = z->block_type[block];
		uint64_t first = block;

		while (block < end && z->block_type[block] == type)
			block++;
		g_string_append_printf(text, "%" G_GUINT64_FORMAT "%c", block - first,
				       TYPE_LETTERS[type]);
	}
	return g_string_free(text, FALSE);
}

/* --- a zone, and all of them ----------------------------------------------------------- */

struct layout_job {
	struct memory_map *map;
	const struct snapshot *snapshot;
	const struct known_page *known;
	size_t n_known, next;
	uint64_t seed;
	struct layout *layout;
};

static const struct zone_counts *counts_of(const struct snapshot *snapshot,
					   const struct memory_zone *zone)
{
	for (unsigned i = 0; snapshot->has_counts && i < snapshot->counts->len; i++) {
		const struct zone_counts *counts =
			&g_array_index(snapshot->counts, struct zone_counts, i);

		if (counts->node == zone->node && !strcmp(counts->name, zone->name))
			return counts;
	}
	return NULL;
}

/* A zone that begins inside a block has it in common with the zone below, which came first. */
static void share_block(struct zone_layout *z, const struct memory_map *map, unsigned number)
{
	const struct memory_zone *zone = memory_map_zone(map, number);
	const struct memory_zone *below = number ? memory_map_zone(map, number - 1) : NULL;

	if (!below || !below->block_types ||
	    (below->end_pfn - 1) >> z->block_order != zone->start_pfn >> z->block_order)
		return;
	char last = below->block_types[strlen(below->block_types) - 1];

	layout_set_block(z, chunk_index(&z->chunks, z->block_order, zone->start_pfn),
			 (enum list_type)(strchr(TYPE_LETTERS, last) - TYPE_LETTERS));
}

/* Place everything. @top_first: what boot keeps is at the zone's upper end, as far as it can be. */
static void attempt(const struct layout_job *job, unsigned number, const struct zone_counts *want,
		    const GArray *known, bool top_first, struct zone_layout *z,
		    struct layout_figures *figures)
{
	const struct memory_zone *zone = memory_map_zone(job->map, number);
	const struct known_page *pages = (const struct known_page *)(const void *)known->data;
	bool has_types = job->snapshot->has_types;

	zone_begin(z, job->map, zone, job->seed);
	for (unsigned i = 0; i < known->len; i++) {
		if (pages[i].live)
			chunk_map_set_busy(&z->chunks, pages[i].pfn,
					   pages[i].pfn + (UINT64_C(1) << pages[i].order));
	}
	set_wanted(z, want, has_types);
	z->to_reserve = zone->managed_pages ? memory_zone_present(zone) - zone->managed_pages : 0;
	share_block(z, job->map, number);
	layout_known_types(z, pages, known->len);
	layout_known_free(z, pages, known->len);
	if (top_first)
		layout_reserve_top(z);
	layout_draw(z);
	layout_reserve(z);
	layout_compare(z, job->map, zone, want, has_types, figures);
}

/* Chunks that are not as the snapshot has them. */
static uint64_t deviation(const struct layout_figures *figures)
{
	return figures->chunks_missing + figures->chunks_extra + figures->chunks_other_type;
}

/* If the counts do not come out with what boot keeps at the upper end, it may be anywhere. */
static void place_all(const struct layout_job *job, unsigned number, const struct zone_counts *want,
		      const GArray *known, struct zone_layout *z, struct layout_figures *figures)
{
	struct layout_figures other_figures = *figures;
	struct zone_layout other;

	zone_end(z);
	attempt(job, number, want, known, true, z, figures);
	if (!deviation(figures))
		return;
	attempt(job, number, want, known, false, &other, &other_figures);
	if (deviation(&other_figures) >= deviation(figures)) {
		zone_end(&other);
		return;
	}
	zone_end(z);
	*z = other;
	*figures = other_figures;
}

static void lay_out_counted(struct layout_job *job, struct zone_layout *z, unsigned number,
			    const struct zone_counts *want, const GArray *known,
			    struct layout_figures *figures)
{
	struct memory_zone *zone = g_ptr_array_index(job->map->zones, number);
	GArray *live = job->layout->live;
	unsigned first = live->len;

	place_all(job, number, want, known, z, figures);
	for (unsigned i = 0; i < z->reserved->len; i++) {
		const struct pfn_range *range = &g_array_index(z->reserved, struct pfn_range, i);

		figures->reserved_pages += range->end_pfn - range->start_pfn;
	}
	g_array_append_vals(zone->reserved, z->reserved->data, z->reserved->len);
	zone->managed_pages = memory_zone_present(zone) - figures->reserved_pages;
	for (uint64_t i = 0; i < z->chunks.n_top; i++)
		append_drawn(z, z->top, i, live);
	for (unsigned i = first; i < live->len; i++)
		figures->drawn_live_pages += UINT64_C(1)
					     << g_array_index(live, struct live_chunk, i).order;
	figures->drawn_live_chunks = live->len - first;
	g_free(zone->block_types);
	zone->block_types = block_types_text(z, zone);
}

static void lay_out_zone(struct layout_job *job, unsigned number)
{
	struct memory_zone *zone = g_ptr_array_index(job->map->zones, number);
	const struct zone_counts *want = counts_of(job->snapshot, zone);
	struct layout_figures figures = {0};
	struct zone_layout z;

	g_array_set_size(zone->reserved, 0);
	zone_begin(&z, job->map, zone, job->seed);
	/* such as lie between the zones */
	for (; job->next < job->n_known && job->known[job->next].pfn < zone->start_pfn; job->next++)
		figures.known_left_out++;
	g_autoptr(GArray) known =
		take_known(&z, zone, job->known, job->n_known, &job->next, &figures);

	if (want)
		lay_out_counted(job, &z, number, want, known, &figures);
	else
		memset(z.block_type, LIST_MOVABLE, z.n_blocks);
	append_known(&z, known, job->layout->live);
	g_array_append_val(job->layout->figures, figures);
	zone_end(&z);
}

static int by_pfn(const void *a, const void *b)
{
	const struct live_chunk *x = a, *y = b;

	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

struct layout *layout_make(struct memory_map *map, const struct snapshot *snapshot,
			   const struct known_page *known, size_t n, uint64_t seed)
{
	struct layout *layout = g_new0(struct layout, 1);
	struct layout_job job = {map, snapshot, known, n, 0, seed, layout};

	layout->live = g_array_new(FALSE, FALSE, sizeof(struct live_chunk));
	layout->figures = g_array_new(FALSE, FALSE, sizeof(struct layout_figures));
	for (unsigned i = 0; i < map->zones->len; i++)
		lay_out_zone(&job, i);
	if (layout->figures->len)
		g_array_index(layout->figures, struct layout_figures, layout->figures->len - 1)
			.known_left_out += n - job.next;
	g_array_sort(layout->live, by_pfn);
	return layout;
}

void layout_free(struct layout *layout)
{
	if (!layout)
		return;
	g_array_unref(layout->live);
	g_array_unref(layout->figures);
	g_free(layout);
}
