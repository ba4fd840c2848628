// SPDX-License-Identifier: GPL-2.0-or-later
/* The first pass over kmem and compaction events. */
#include "sim/machine/memory_map.h"
#include "sim/trace/import/survey.h"
#include "sim/trace/op.h"

/* Requests for pages that were answered in one pageblock. */
struct type_votes {
	uint32_t n[MIGRATETYPES];
};

void survey_pages_init(struct survey_pages *pages)
{
	*pages = (struct survey_pages){
		.seen = pfn_set_new(),
		.known = g_array_new(FALSE, FALSE, sizeof(struct known_page)),
		.types = g_hash_table_new_full(NULL, NULL, NULL, g_free),
		.zones = g_array_new(FALSE, FALSE, sizeof(struct pfn_range)),
		.compactions = compactions_new(),
		.kcompactds = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL),
		.whole_zone = g_array_new(FALSE, FALSE, sizeof(struct whole_zone)),
		.recorded = recorded_new(),
	};
}

void survey_pages_clear(struct survey_pages *pages)
{
	pfn_set_free(pages->seen);
	g_array_unref(pages->known);
	g_hash_table_unref(pages->types);
	g_array_unref(pages->zones);
	compactions_free(pages->compactions);
	g_hash_table_unref(pages->kcompactds);
	g_array_unref(pages->whole_zone);
	recorded_free(pages->recorded);
}

/* The first event of a block of frames tells how it was before. */
static void learn(struct survey_pages *pages, uint64_t pfn, unsigned order, bool live)
{
	const struct known_page page = {pfn, order, live, LIST_TYPES};

	if (!pfn_set_has_any(pages->seen, pfn, order))
		g_array_append_val(pages->known, page);
}

static void see(struct survey_pages *pages, uint64_t pfn, unsigned order)
{
	pfn_set_add(pages->seen, pfn, order);
	pages->pfn_limit = MAX(pages->pfn_limit, pfn + (UINT64_C(1) << order));
}

static struct type_votes *votes_of(const struct survey_pages *pages, uint64_t pfn)
{
	return g_hash_table_lookup(pages->types, GSIZE_TO_POINTER(pfn >> PAGEBLOCK_ORDER_DEFAULT));
}

static void take_alloc(struct survey *survey, const struct event *event)
{
	struct survey_pages *pages = &survey->pages;
	uint64_t pfn = event->value[PAGE_ALLOC_PFN];

	pages->allocs++;
	pages->single_allocs += !event->value[PAGE_ALLOC_ORDER];
	if (page_alloc_failed(event->value))
		return;
	struct type_votes *votes = votes_of(pages, pfn);

	if (!votes) {
		votes = g_new0(struct type_votes, 1);
		g_hash_table_insert(pages->types, GSIZE_TO_POINTER(pfn >> PAGEBLOCK_ORDER_DEFAULT),
				    votes);
	}
	votes->n[event->value[PAGE_ALLOC_TYPE]]++;
	learn(pages, pfn, (unsigned)event->value[PAGE_ALLOC_ORDER], false);
	see(pages, pfn, (unsigned)event->value[PAGE_ALLOC_ORDER]);
}

/* Compaction also frees what it took as targets, which was not live before. */
static void take_free(struct survey *survey, const struct event *event)
{
	struct survey_pages *pages = &survey->pages;
	uint64_t pfn = event->value[PAGE_FREE_PFN];
	unsigned order = (unsigned)event->value[PAGE_FREE_ORDER];

	pages->frees++;
	if (!compactions_of(pages->compactions, event))
		learn(pages, pfn, order, true);
	see(pages, pfn, order);
}

static void note_zone(GArray *zones, struct pfn_range zone)
{
	unsigned i = 0;

	while (i < zones->len &&
	       g_array_index(zones, struct pfn_range, i).end_pfn <= zone.start_pfn)
		i++;
	if (i == zones->len || g_array_index(zones, struct pfn_range, i).start_pfn >= zone.end_pfn)
		g_array_insert_val(zones, i, zone);
}

static void take_begin(struct survey *survey, const struct event *event)
{
	note_zone(survey->pages.zones, (struct pfn_range){event->value[COMPACTION_ZONE_START],
							  event->value[COMPACTION_ZONE_END]});
	compactions_begin(survey->pages.compactions, event, survey->events);
}

static void take_end(struct survey *survey, const struct event *event)
{
	compactions_end(survey->pages.compactions, event);
}

static void take_finished(struct survey *survey, const struct event *event)
{
	struct compaction *compaction = compactions_of(survey->pages.compactions, event);
	int order = (int)(int32_t)event->value[FINISHED_ORDER];

	if (!compaction || compaction->order != COMPACTION_ORDER_UNKNOWN)
		return;
	compaction->order = order;
	if (order < 0) {
		const struct whole_zone this = {compaction->begin, event->pid};

		g_array_append_val(survey->pages.whole_zone, this);
	}
}

static void take_kcompactd(struct survey *survey, const struct event *event)
{
	GHashTable *pids = survey->pages.kcompactds;

	if (!g_hash_table_contains(pids, &event->pid))
		g_hash_table_add(pids, g_memdup2(&event->pid, sizeof(event->pid)));
}

static void (*const handlers[EVENT_IDS])(struct survey *, const struct event *) = {
	[EVENT_PAGE_ALLOC] = take_alloc,
	[EVENT_PAGE_FREE] = take_free,
	[EVENT_COMPACTION_BEGIN] = take_begin,
	[EVENT_COMPACTION_END] = take_end,
	[EVENT_COMPACTION_FINISHED] = take_finished,
	[EVENT_KCOMPACTD_WAKE] = take_kcompactd,
	[EVENT_KCOMPACTD_SLEEP] = take_kcompactd,
};

void survey_pages_take(struct survey *survey, const struct event *event)
{
	struct survey_pages *pages = &survey->pages;

	recorded_take(pages->recorded, event, compactions_of(pages->compactions, event));
	if (handlers[event->id])
		handlers[event->id](survey, event);
}

static gint by_number(gconstpointer a, gconstpointer b)
{
	uint64_t x = ((const struct whole_zone *)a)->number,
		 y = ((const struct whole_zone *)b)->number;

	return (x > y) - (x < y);
}

static gint by_pfn(gconstpointer a, gconstpointer b)
{
	uint64_t x = ((const struct known_page *)a)->pfn, y = ((const struct known_page *)b)->pfn;

	return (x > y) - (x < y);
}

/*
 * The type that pages of the pageblock of @pfn were asked for most often. Where none were, nothing
 * tells.
 */
static enum list_type type_of(const struct survey_pages *pages, uint64_t pfn)
{
	const struct type_votes *votes = votes_of(pages, pfn);
	unsigned most = MT_MOVABLE;

	for (unsigned type = 0; votes && type < MIGRATETYPES; type++) {
		if (votes->n[type] > votes->n[most])
			most = type;
	}
	return votes ? (enum list_type)most : LIST_TYPES; /* the first three are the same */
}

/* kcompactd compacts whole zones too, on its own account (compaction_proactiveness). */
static void keep_asked(struct survey_pages *pages)
{
	GArray *asked = g_array_new(FALSE, FALSE, sizeof(struct whole_zone));

	for (guint i = 0; i < pages->whole_zone->len; i++) {
		const struct whole_zone *one =
			&g_array_index(pages->whole_zone, struct whole_zone, i);

		if (!g_hash_table_contains(pages->kcompactds, &one->pid))
			g_array_append_val(asked, *one);
	}
	g_array_sort(asked, by_number);
	g_array_unref(pages->whole_zone);
	pages->whole_zone = asked;
}

void survey_pages_finish(struct survey_pages *pages)
{
	keep_asked(pages);
	g_array_sort(pages->known, by_pfn);
	for (guint i = 0; i < pages->known->len; i++) {
		struct known_page *page = &g_array_index(pages->known, struct known_page, i);

		page->type = type_of(pages, page->pfn);
	}
}
