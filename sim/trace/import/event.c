// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/import/event.h"

#include "sim/trace/import/account.h"
#include "sim/trace/import/gfp.h"
#include "sim/trace/op_names.h"
#include "sim/trace/source.h"

#include <string.h>

/* Physical addresses have at most 52 bits. */
#define PFN_LIMIT (UINT64_C(1) << 40)

const char *const compaction_status_names[] = {
	"not_suitable_zone", "skipped",		"deferred",  "no_suitable_page", "continue",
	"complete",	     "partial_skipped", "contended", "success",		 NULL,
};
static const char *const mode_names[] = {"async", "sync", NULL};

static bool area_possible(const uint64_t value[])
{
	uint64_t size = value[ALLOC_SIZE], end;

	if (!size || size % PAGE_SIZE || !is_power_of_two(value[ALLOC_ALIGN]))
		return false;
	return value[ALLOC_FAILED] ||
	       (value[ALLOC_ADDR] && !__builtin_add_overflow(value[ALLOC_ADDR], size, &end));
}

static bool block_possible(uint64_t pfn, uint64_t order)
{
	return order < MAX_ORDER_DEFAULT && pfn < PFN_LIMIT &&
	       !(pfn & ((UINT64_C(1) << order) - 1));
}

/* Text says 0, the record of the event says −1 (no page of either pfn is ever allocated). */
bool page_alloc_failed(const uint64_t value[])
{
	return !value[PAGE_ALLOC_PFN] || value[PAGE_ALLOC_PFN] == UINT64_MAX;
}

static bool page_alloc_possible(const uint64_t value[])
{
	return block_possible(page_alloc_failed(value) ? 0 : value[PAGE_ALLOC_PFN],
			      value[PAGE_ALLOC_ORDER]) &&
	       value[PAGE_ALLOC_TYPE] < MIGRATETYPES;
}

static bool page_free_possible(const uint64_t value[])
{
	return block_possible(value[PAGE_FREE_PFN], value[PAGE_FREE_ORDER]);
}

static bool compaction_possible(const uint64_t value[])
{
	return value[COMPACTION_ZONE_START] < value[COMPACTION_ZONE_END] &&
	       value[COMPACTION_ZONE_END] <= PFN_LIMIT;
}

static bool shrinks_pools(const uint64_t value[])
{
	return value[SHRINK_IS_POOLS];
}

#define COMPACTION_FIELDS                                                                          \
	[COMPACTION_ZONE_START] = {"zone_start", "zone_start"},                                    \
	[COMPACTION_MIGRATE_PFN] = {"migrate_pfn", "migrate_pfn"},                                 \
	[COMPACTION_FREE_PFN] = {"free_pfn", "free_pfn"},                                          \
	[COMPACTION_ZONE_END] = {"zone_end", "zone_end"},                                          \
	[COMPACTION_SYNC] = {"mode", "sync", FIELD_MODE}
#define ISOLATE_FIELDS                                                                             \
	[ISOLATE_SCANNED] = {"nr_scanned", "nr_scanned"},                                          \
	[ISOLATE_TAKEN] = {"nr_taken", "nr_taken"},                                                \
	[ISOLATE_START] = {"range", "start_pfn", FIELD_RANGE_START},                               \
	[ISOLATE_END] = {"range", "end_pfn", FIELD_RANGE_END}

const struct event_kind event_kinds[EVENT_IDS] = {
	[EVENT_ALLOC_VMAP_AREA] = {"vmalloc",
				   "alloc_vmap_area",
				   {[ALLOC_ADDR] = {"va_start", "addr"},
				    [ALLOC_SIZE] = {"size", "size"},
				    [ALLOC_ALIGN] = {"align", "align"},
				    [ALLOC_VSTART] = {"vstart", "vstart"},
				    [ALLOC_VEND] = {"vend", "vend"},
				    [ALLOC_FAILED] = {"failed", "failed"}},
				   area_possible},
	[EVENT_FREE_VMAP_AREA_NOFLUSH] = {"vmalloc",
					  "free_vmap_area_noflush",
					  {[FREE_ADDR] = {"va_start", "va_start"},
					   [FREE_LAZY] = {"nr_lazy", "nr_lazy"},
					   [FREE_LAZY_MAX] = {"nr_lazy_max", "nr_lazy_max"}}},
	[EVENT_PURGE_VMAP_AREA_LAZY] = {"vmalloc",
					"purge_vmap_area_lazy",
					{[PURGE_START] = {"start", "start"},
					 [PURGE_END] = {"end", "end"},
					 [PURGE_N] = {"num_purged", "npurged"}}},
	[EVENT_PAGE_ALLOC] = {"kmem",
			      "mm_page_alloc",
			      {[PAGE_ALLOC_PFN] = {"pfn", "pfn"},
			       [PAGE_ALLOC_ORDER] = {"order", "order"},
			       [PAGE_ALLOC_TYPE] = {"migratetype", "migratetype"},
			       [PAGE_ALLOC_GFP] = {"gfp_flags", "gfp_flags", FIELD_GFP}},
			      page_alloc_possible},
	[EVENT_PAGE_FREE] =
		{"kmem",
		 "mm_page_free",
		 {[PAGE_FREE_PFN] = {"pfn", "pfn"}, [PAGE_FREE_ORDER] = {"order", "order"}},
		 page_free_possible},
	[EVENT_EXTFRAG] = {"kmem",
			   "mm_page_alloc_extfrag",
			   {[EXTFRAG_FALLBACK_ORDER] = {"fallback_order", "fallback_order"},
			    [EXTFRAG_CHANGE_OWNERSHIP] = {"change_ownership", "change_ownership"}}},
	[EVENT_COMPACTION_BEGIN] = {"compaction",
				    "mm_compaction_begin",
				    {COMPACTION_FIELDS},
				    compaction_possible},
	[EVENT_COMPACTION_END] = {"compaction",
				  "mm_compaction_end",
				  {COMPACTION_FIELDS, [COMPACTION_STATUS] = {"status", "status",
									     FIELD_STATUS}},
				  compaction_possible},
	[EVENT_COMPACTION_FINISHED] = {"compaction",
				       "mm_compaction_finished",
				       {[FINISHED_ORDER] = {"order", "order"}}},
	[EVENT_ISOLATE_MIGRATEPAGES] = {"compaction",
					"mm_compaction_isolate_migratepages",
					{ISOLATE_FIELDS}},
	[EVENT_ISOLATE_FREEPAGES] = {"compaction",
				     "mm_compaction_isolate_freepages",
				     {ISOLATE_FIELDS}},
	[EVENT_FAST_ISOLATE_FREEPAGES] = {"compaction",
					  "mm_compaction_fast_isolate_freepages",
					  {ISOLATE_FIELDS}},
	[EVENT_MIGRATEPAGES] = {"compaction",
				"mm_compaction_migratepages",
				{[MIGRATED] = {"nr_migrated", "nr_migrated"},
				 [MIGRATE_FAILED] = {"nr_failed", "nr_failed"}}},
	[EVENT_TRY_TO_COMPACT_PAGES] = {"compaction",
					"mm_compaction_try_to_compact_pages",
					{[TRY_TO_COMPACT_ORDER] = {"order", "order"}}},
	[EVENT_KCOMPACTD_WAKE] = {"compaction", "mm_compaction_kcompactd_wake"},
	[EVENT_KCOMPACTD_SLEEP] = {"compaction", "mm_compaction_kcompactd_sleep"},
	[EVENT_PERCPU_CREATE_CHUNK] = {"percpu",
				       "percpu_create_chunk",
				       {[CHUNK_BASE] = {"base_addr", "base_addr", FIELD_POINTER}}},
	[EVENT_PERCPU_DESTROY_CHUNK] = {"percpu",
					"percpu_destroy_chunk",
					{[CHUNK_BASE] = {"base_addr", "base_addr", FIELD_POINTER}}},
	[EVENT_SHRINK_POOLS] =
		{"vmscan",
		 "mm_shrink_slab_start",
		 {[SHRINK_IS_POOLS] = {"vmap_node_shrink_scan", "shrink", FIELD_SHRINKER},
		  [SHRINK_CACHE_ITEMS] = {"cache items", "cache_items", FIELD_PHRASE},
		  [SHRINK_TOTAL_SCAN] = {"total_scan", "total_scan", FIELD_PHRASE}},
		 .wanted = shrinks_pools},
};

/*
 * Pages freed in a batch have an mm_page_free each; drain and zone_locked move pages between the
 * lists of a CPU and those of a zone. The others say what compaction found when it looked whether
 * to begin.
 */
static const char *const not_needed[] = {
	"mm_page_free_batched",
	"mm_page_pcpu_drain",
	"mm_page_alloc_zone_locked",
	"mm_compaction_suitable",
	"mm_compaction_deferred",
	"mm_compaction_defer_compaction",
	"mm_compaction_defer_reset",
	"mm_compaction_wakeup_kcompactd",
	NULL,
};

bool event_not_needed(const char *name)
{
	return name_index(not_needed, name) >= 0;
}

bool event_word(enum field_type type, const char *word, size_t length, uint64_t *value)
{
	if (type == FIELD_GFP) {
		*value = gfp_parse(word, length);
		return length > 0;
	}
	const char *const *names = type == FIELD_MODE ? mode_names : compaction_status_names;
	g_autofree char *name = g_strndup(word, length);
	int index = name_index(names, name);

	/* trace-cmd report -R prints numbers */
	if (index < 0)
		return g_ascii_string_to_unsigned(name, 10, 0, UINT32_MAX, value, NULL);
	*value = (uint64_t)index;
	return true;
}

enum event_id event_find(const char *system, const char *name)
{
	for (enum event_id id = 0; id < EVENT_IDS; id++) {
		if (!strcmp(event_kinds[id].name, name))
			return system && strcmp(event_kinds[id].system, system) ? EVENT_NOT_IMPORTED
										: id;
	}
	return EVENT_NOT_IMPORTED;
}

void event_push(const struct event_sink *sink, const struct event *event)
{
	const struct event_kind *kind = &event_kinds[event->id];
	struct event counted = *event;

	if (event->cpu >= TRACE_CPUS_MAX || (kind->possible && !kind->possible(event->value))) {
		event_bad(sink, event->place);
		return;
	}
	if (kind->wanted && !kind->wanted(event->value)) {
		event_unused(sink, event->cpu, kind->name);
		return;
	}
	sink->account->events++;
	sink->account->has_pages |=
		!strcmp(kind->system, "kmem") || !strcmp(kind->system, "compaction");
	sink->account->has_areas |= !strcmp(kind->system, "vmalloc");
	account_cpus(sink->account, event->cpu + 1);
	counted.losses = sink->account->lost_markers;
	sink->take(sink->context, &counted);
}

void event_bad(const struct event_sink *sink, uint64_t place)
{
	sink->account->events++;
	account_place(&sink->account->bad_events, place);
}

void event_unused(const struct event_sink *sink, uint32_t cpu, const char *name)
{
	sink->account->events++;
	if (cpu < TRACE_CPUS_MAX)
		account_cpus(sink->account, cpu + 1);
	account_unused(sink->account, name);
}
