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
	z->n_blocks = z->chunks.n_top << (z->top - z->block_order);
	z->block_type = g_malloc(z->n_blocks);
	memset(z->block_type, TYPE_OPEN, z->n_blocks);
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
 * the zone, or with one before. Live ones become busy.
 */
static GArray *take_known(struct zone_layout *z, const struct memory_zone *zone,
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
		if (page->live)
			chunk_map_set_busy(&z->chunks, page->pfn, end);
		*(page->live ? &figures->known_live_pages : &figures->known_free_pages) += pages;
	}
	return taken;
}

/* --- reserved pages -------------------------------------------------------------------- */

static int by_start(const void *a, const void *b)
{
	const struct pfn_range *x = a, *y = b;

	return x->start_pfn < y->start_pfn ? -1 : x->start_pfn > y->start_pfn;
}

/* Sorted, neighbours joined. */
static void tidy_ranges(GArray *ranges)
{
	struct pfn_range *range = (struct pfn_range *)(void *)ranges->data;
	unsigned n = 0;

	if (!ranges->len)
		return;
	qsort(range, ranges->len, sizeof(*range), by_start);
	for (unsigned i = 1; i < ranges->len; i++) {
		if (range[i].start_pfn == range[n].end_pfn)
			range[n].end_pfn = range[i].end_pfn;
		else
			range[++n] = range[i];
	}
	g_array_set_size(ranges, n + 1);
}

/*
 * Take @pages of those that are neither free nor known for boot, as large chunks as there are, from
 * the top of the zone downwards. Boot took them while all blocks were movable.
 */
static void reserve(struct zone_layout *z, struct memory_zone *zone, uint64_t pages)
{
	for (unsigned order = z->block_order + 1; order-- && pages;) {
		uint64_t size = UINT64_C(1) << order, n = z->chunks.n_top << (z->top - order);

		for (unsigned movable = 2; movable--;) {
			for (uint64_t i = n; i-- && pages >= size;) {
				uint64_t start = chunk_pfn(&z->chunks, order, i);
				struct pfn_range range = {start, start + size};

				if (chunk_busy(&z->chunks, order, i) ||
				    (movable && chunk_type(z, order, i) != LIST_MOVABLE))
					continue;
				chunk_set_busy(&z->chunks, order, i);
				g_array_append_val(zone->reserved, range);
				pages -= size;
			}
		}
	}
	tidy_ranges(zone->reserved);
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

/* --- deviations ------------------------------------------------------------------------ */

static void count_free(const struct zone_layout *z, struct zone_counts *counts)
{
	for (unsigned order = 0; order <= z->top; order++) {
		for (uint64_t i = 0; i < z->chunks.n_top << (z->top - order); i++) {
			if (!chunk_free(&z->chunks, order, i))
				continue;
			counts->nr_free[order]++;
			counts->by_type[chunk_type(z, order, i)][order]++;
		}
	}
}

/* As the kernel counts: a sample a block, from the zone's start on, where there is a struct page.
 */
static void count_blocks(const struct zone_layout *z, const struct memory_map *map,
			 const struct memory_zone *zone, struct zone_counts *counts)
{
	for (uint64_t pfn = zone->start_pfn; pfn < zone->end_pfn;
	     pfn += UINT64_C(1) << z->block_order) {
		if (memory_map_section_populated(map, pfn))
			counts->blocks[z->block_type[chunk_index(&z->chunks, z->block_order,
								 pfn)]]++;
	}
}

static uint64_t above(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static void compare_counts(const struct zone_counts *want, const struct zone_counts *have,
			   bool has_types, struct layout_figures *figures)
{
	for (unsigned order = 0; order < MAX_ORDER_DEFAULT; order++) {
		uint64_t missing = above(want->nr_free[order], have->nr_free[order]), by_type = 0;

		for (unsigned type = 0; type < LIST_TYPES; type++)
			by_type += above(want->by_type[type][order], have->by_type[type][order]);
		figures->free_pages += have->nr_free[order] << order;
		figures->chunks_wanted += want->nr_free[order];
		figures->chunks_missing += missing;
		figures->chunks_extra += above(have->nr_free[order], want->nr_free[order]);
		figures->chunks_other_type += has_types ? above(by_type, missing) : 0;
	}
	for (unsigned type = 0; has_types && type < LIST_TYPES; type++)
		figures->blocks_other_type += above(want->blocks[type], have->blocks[type]);
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

static void lay_out_counted(struct layout_job *job, struct zone_layout *z, struct memory_zone *zone,
			    const struct zone_counts *want, const GArray *known,
			    struct layout_figures *figures)
{
	const struct known_page *pages = (const struct known_page *)(const void *)known->data;
	bool has_types = job->snapshot->has_types;
	uint64_t present = memory_zone_present(zone), kept = 0;
	struct zone_counts have = {0};
	GArray *live = job->layout->live;
	unsigned first = live->len;

	set_wanted(z, want, has_types);
	layout_known_types(z, pages, known->len);
	layout_known_free(z, pages, known->len);
	layout_draw(z);
	count_free(z, &have);
	count_blocks(z, job->map, zone, &have);
	compare_counts(want, &have, has_types, figures);
	if (zone->managed_pages)
		reserve(z, zone, present - zone->managed_pages);
	for (unsigned i = 0; i < zone->reserved->len; i++) {
		const struct pfn_range *range = &g_array_index(zone->reserved, struct pfn_range, i);

		kept += range->end_pfn - range->start_pfn;
	}
	figures->reserved_pages = kept;
	zone->managed_pages = present - kept;
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
		lay_out_counted(job, &z, zone, want, known, &figures);
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

struct layout_figures layout_total(const struct layout *layout)
{
	struct layout_figures total = {0};

	for (unsigned i = 0; i < layout->figures->len; i++) {
		const struct layout_figures *zone =
			&g_array_index(layout->figures, struct layout_figures, i);

#define X(name, what) total.name += zone->name;
		LAYOUT_FIGURES(X)
#undef X
	}
	return total;
}

bool layout_figures_exact(const struct layout_figures *figures)
{
	return !figures->chunks_missing && !figures->chunks_extra && !figures->chunks_other_type &&
	       !figures->blocks_other_type;
}
