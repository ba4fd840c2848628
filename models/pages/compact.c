// SPDX-License-Identifier: GPL-2.0-or-later
/* A run of compaction: where it starts, how it goes on, when it has ended. */
#include "models/pages/compact_internal.h"

const char *const compact_result_names[COMPACT_RESULTS] = {
	[COMPACT_NOT_SUITABLE_ZONE] = "not_suitable_zone",
	[COMPACT_SKIPPED] = "skipped",
	[COMPACT_DEFERRED] = "deferred",
	[COMPACT_NO_SUITABLE_PAGE] = "no_suitable_page",
	[COMPACT_CONTINUE] = "continue",
	[COMPACT_COMPLETE] = "complete",
	[COMPACT_PARTIAL_SKIPPED] = "partial_skipped",
	[COMPACT_CONTENDED] = "contended",
	[COMPACT_SUCCESS] = "success",
};

const struct param_word scan_limit_words[] = {
	{"min", SCAN_LIMIT_MIN}, {"max", SCAN_LIMIT_MAX}, {NULL, 0}};

void compact_init(struct compact_control *cc, struct zone *zone, const struct compact_rules *rules)
{
	*cc = (struct compact_control){
		.zone = zone,
		.rules = rules,
		.sources = g_array_new(FALSE, FALSE, sizeof(struct compact_source)),
		.targets = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
		.stray_chunks = g_array_new(FALSE, FALSE, sizeof(struct compact_stray)),
		.fault_pfn = PFN_NONE,
	};
}

void compact_reuse(struct compact_control *cc, struct zone *zone)
{
	struct compact_control fresh = {
		.zone = zone,
		.rules = cc->rules,
		.sources = cc->sources,
		.targets = cc->targets,
		.stray_chunks = cc->stray_chunks,
		.fault_pfn = PFN_NONE,
	};

	g_array_set_size(cc->sources, 0);
	g_array_set_size(cc->targets, 0);
	g_array_set_size(cc->stray_chunks, 0);
	*cc = fresh;
}

void compact_clear(struct compact_control *cc)
{
	g_array_unref(cc->sources);
	g_array_unref(cc->targets);
	g_array_unref(cc->stray_chunks);
}

void compact_set_caller(struct compact_control *cc, enum compact_caller caller)
{
	static const struct {
		enum compact_mode mode;
		bool direct, ignore_skip, whole_zone, ignore_block_type;
	} callers[COMPACT_CALLERS] = {
		[COMPACT_DIRECT_ASYNC] = {COMPACT_ASYNC, true, false, false, false},
		[COMPACT_DIRECT_LIGHT] = {COMPACT_SYNC_LIGHT, true, false, false, false},
		[COMPACT_DIRECT_FULL] = {COMPACT_SYNC_LIGHT, true, true, true, true},
		[COMPACT_KCOMPACTD] = {COMPACT_SYNC_LIGHT, false, false, false, false},
		[COMPACT_MEMORY] = {COMPACT_SYNC, false, true, true, false},
	};

	cc->mode = callers[caller].mode;
	cc->direct = callers[caller].direct;
	cc->ignore_skip = callers[caller].ignore_skip;
	cc->whole_zone = callers[caller].whole_zone;
	cc->ignore_block_type = callers[caller].ignore_block_type;
}

struct zone *zone_of(const struct compact_control *cc, uint64_t pfn)
{
	unsigned number = memmap_zone(map_of(cc), pfn);

	if (number == cc->zone->number || !cc->zones || number >= cc->n_zones)
		return cc->zone;
	return cc->zones[number];
}

static bool in_zone(const struct compact_control *cc, uint64_t pfn)
{
	return memmap_valid(map_of(cc), pfn) && memmap_zone(map_of(cc), pfn) == cc->zone->number;
}

bool range_in_zone(const struct compact_control *cc, uint64_t start, uint64_t end)
{
	return in_zone(cc, start) && in_zone(cc, end - 1);
}

unsigned list_scan_limit(const struct compact_control *cc)
{
	return (COMPACT_CLUSTER_MAX >> MIN(31u, cc->fast_search_fail)) + 1u;
}

const char *const *compact_fault_chain(enum compact_site site)
{
	static const char *const chains[COMPACT_SITES][9] = {
		[COMPACT_AROUND] = {"isolate_freepages_block", "fast_isolate_around",
				    "fast_isolate_freepages", "isolate_freepages",
				    "compaction_alloc", "unmap_and_move", "migrate_pages",
				    "compact_zone", NULL},
		[COMPACT_FREE_SCAN] = {"isolate_freepages_block", "isolate_freepages",
				       "compaction_alloc", "unmap_and_move", "migrate_pages",
				       "compact_zone", NULL},
		[COMPACT_MIGRATE_SCAN] = {"isolate_migratepages_block", "isolate_migratepages",
					  "compact_zone", NULL},
		[COMPACT_SKIP_RESET] = {"__reset_isolation_pfn", "__reset_isolation_suitable",
					NULL},
	};

	return chains[site];
}

static bool is_sync(const struct compact_control *cc)
{
	return cc->mode != COMPACT_ASYNC;
}

/* --- where it starts -------------------------------------------------------------------------- */

/* Deferred as often as possible, and now tried again: look everywhere. */
static bool restarts_after_deferral(const struct zone *zone, int order)
{
	return order >= (int)zone->order_failed && zone->defer_shift == COMPACT_MAX_DEFER_SHIFT &&
	       zone->considered >= 1U << COMPACT_MAX_DEFER_SHIFT;
}

static void set_start(struct compact_control *cc)
{
	struct zone *zone = cc->zone;
	uint64_t last_block = block_start(zone->end_pfn - 1);

	if (cc->whole_zone) {
		cc->migrate_pfn = zone->start_pfn;
		cc->free_pfn = last_block;
		return;
	}
	cc->migrate_pfn = zone->cached_migrate[is_sync(cc)];
	cc->free_pfn = zone->cached_free;
	if (cc->free_pfn < zone->start_pfn || cc->free_pfn >= zone->end_pfn)
		cc->free_pfn = zone->cached_free = last_block;
	if (cc->migrate_pfn < zone->start_pfn || cc->migrate_pfn >= zone->end_pfn)
		cc->migrate_pfn = zone->cached_migrate[0] = zone->cached_migrate[1] =
			zone->start_pfn;
	if (cc->migrate_pfn <= (cc->rules->linear ? zone->start_pfn : zone->init_migrate))
		cc->whole_zone = true;
}

/* --- has it ended --------------------------------------------------------------------------- */

static bool scanners_met(const struct compact_control *cc)
{
	return cc->free_pfn >> PAGEBLOCK_ORDER <= cc->migrate_pfn >> PAGEBLOCK_ORDER;
}

/* Would the request take a chunk of another type's, and its block with it? */
static bool could_steal(const struct compact_control *cc, int order)
{
	static const enum list_type types[] = {LIST_UNMOVABLE, LIST_MOVABLE, LIST_RECLAIMABLE};

	if (order < PAGEBLOCK_ORDER / 2 && cc->type == LIST_MOVABLE)
		return false;
	for (unsigned i = 0; i < G_N_ELEMENTS(types); i++)
		if (types[i] != cc->type && cc->zone->area[order].list[types[i]].head != PFN_NONE)
			return true;
	return false;
}

/* Only v4.19 asks amid a block: one that is stolen from for good should be emptied first. */
static bool may_steal_now(const struct compact_control *cc)
{
	return cc->type == LIST_MOVABLE || !is_sync(cc) || block_aligned(cc->migrate_pfn);
}

static bool page_is_free(const struct compact_control *cc)
{
	for (int order = cc->order; order < MAX_ORDER_NR; order++) {
		if (cc->zone->area[order].list[cc->type].head != PFN_NONE)
			return true;
		if (could_steal(cc, order))
			return may_steal_now(cc);
	}
	return false;
}

static enum compact_result finished(struct compact_control *cc)
{
	if (scanners_met(cc)) {
		reset_cached_positions(cc->zone);
		if (cc->direct)
			cc->zone->blockskip_flush = true;
		return cc->whole_zone ? COMPACT_COMPLETE : COMPACT_PARTIAL_SKIPPED;
	}
	/* A block begun is finished first, so that later requests need not break another. */
	if (cc->order < 0 || (!cc->rules->linear && !block_aligned(cc->migrate_pfn)))
		return COMPACT_CONTINUE;
	if (page_is_free(cc))
		return COMPACT_SUCCESS;
	return cc->contended ? COMPACT_CONTENDED : COMPACT_CONTINUE;
}

/* --- the run -------------------------------------------------------------------------------- */

void release_page(const struct compact_control *cc, uint64_t pfn)
{
	if (cc->env && cc->env->free_page)
		cc->env->free_page(cc->env->data, pfn);
	else
		zone_free(zone_of(cc, pfn), pfn, 0, block_type(map_of(cc), pfn));
}

/* The next target, PFN_NONE if there is none any more. (compaction_alloc) */
static uint64_t next_target(struct compact_control *cc)
{
	uint64_t pfn;

	if (!nr_targets(cc)) {
		g_array_set_size(cc->stray_chunks, 0);
		isolate_targets(cc);
	}
	if (!nr_targets(cc) || faulted(cc))
		return PFN_NONE;
	pfn = g_array_index(cc->targets, uint64_t, cc->targets->len - 1);
	g_array_set_size(cc->targets, cc->targets->len - 1);
	return pfn;
}

static void move_page(struct compact_control *cc, const struct compact_source *source,
		      uint64_t target)
{
	page_set_use(map_of(cc), target, 1, source->use);
	note_target(cc, target);
	cc->counts.migrated++;
	if (cc->observer && cc->observer->migrated)
		cc->observer->migrated(cc->observer->data, source->pfn, target);
	release_page(cc, source->pfn);
}

struct batch_result {
	bool failed;	/* at least one page has not moved */
	bool no_target; /* for want of a target; the rest was not tried */
};

/*
 * Move all sources, last taken first. How many targets are wanted depends on how many sources the
 * batch had, so they are forgotten only at its end.
 */
static struct batch_result migrate_sources(struct compact_control *cc)
{
	struct batch_result result = {false, false};

	cc->counts.batches++;
	for (unsigned left = cc->sources->len; left > 0; left--) {
		struct compact_source source =
			g_array_index(cc->sources, struct compact_source, left - 1);

		if (page_use(map_of(cc), source.pfn) == USE_ISOLATED_FREED) {
			release_page(cc, source.pfn);
			continue;
		}
		uint64_t target = next_target(cc);

		if (faulted(cc))
			return result;
		if (target == PFN_NONE) {
			cc->counts.failed += left;
			put_back_sources(cc, left);
			result = (struct batch_result){true, true};
			break;
		}
		if (source.use == USE_LRU_FAILING) {
			cc->counts.failed++;
			g_array_append_val(cc->targets, target);
			page_set_use(map_of(cc), source.pfn, 1, source.use);
			result.failed = true;
			continue;
		}
		move_page(cc, &source, target);
	}
	g_array_set_size(cc->sources, 0);
	return result;
}

/* Targets left over go back; the free scanner should not miss them next time. */
static void release_targets(struct compact_control *cc)
{
	uint64_t high = 0;

	if (!nr_targets(cc))
		return;
	for (unsigned i = cc->targets->len; i-- > 0;) {
		uint64_t pfn = g_array_index(cc->targets, uint64_t, i);

		high = MAX(high, pfn);
		release_page(cc, pfn);
	}
	g_array_set_size(cc->targets, 0);
	cc->zone->cached_free = MAX(cc->zone->cached_free, block_start(high));
}

/*
 * Has the scanner left the aligned chunk that pages were last moved out of? Then those go from the
 * per-CPU lists to where they can merge. last_migrated is 0 if nothing was moved since.
 */
static void drain_behind(struct compact_control *cc)
{
	if (cc->order <= 0 || !cc->last_migrated ||
	    cc->last_migrated >= order_start(cc->migrate_pfn, cc->order))
		return;
	if (cc->env && cc->env->drain)
		cc->env->drain(cc->env->data);
	cc->last_migrated = 0;
}

/* What this run frees from here on may be captured; not what others free meanwhile. */
static void capture_on(struct compact_control *cc)
{
	if (cc->captures && cc->direct && cc->order > 0 && !cc->rules->linear &&
	    cc->captured.pfn == PFN_NONE)
		cc->zone->capture = &cc->captured;
}

static enum compact_result capture_off(struct compact_control *cc, enum compact_result result)
{
	cc->zone->capture = NULL;
	return result == COMPACT_CONTINUE && cc->captured.pfn != PFN_NONE ? COMPACT_SUCCESS
									  : result;
}

enum compact_result compact_begin(struct compact_control *cc)
{
	struct zone *zone = cc->zone;
	enum compact_result result;

	cc->search_order = cc->order;
	cc->fast_search_fail = 0;
	cc->last_migrated = 0;
	cc->captured = (struct capture){.order = (unsigned)cc->order, .pfn = PFN_NONE};
	result = compact_suitable(zone, cc->order, zone->watermark_min + zone->watermark_boost,
				  cc->reserve, cc->alloc_flags, cc->rules->extfrag_threshold);
	if (result != COMPACT_CONTINUE)
		return result;
	if (restarts_after_deferral(zone, cc->order)) {
		cc->site = COMPACT_SKIP_RESET;
		zone->blockskip_flush |= cc->rules->skip_reset == SKIP_RESET_V4_19;
		cc->fault_pfn = compact_reset_skip(zone, cc->rules->skip_reset, cc->observer);
		if (faulted(cc))
			return COMPACT_CONTENDED;
	}
	set_start(cc);
	cc->update_cached = !cc->rules->linear && !is_sync(cc) &&
			    zone->cached_migrate[0] == zone->cached_migrate[1];
	return COMPACT_CONTINUE;
}

enum compact_result compact_isolate(struct compact_control *cc)
{
	enum compact_result result = finished(cc);
	uint64_t start = cc->migrate_pfn;

	if (result != COMPACT_CONTINUE)
		return result;
	cc->rescan = !cc->rules->linear && block_start(cc->last_migrated) == block_start(start);
	isolate_sources(cc);
	if (faulted(cc))
		return COMPACT_CONTENDED;
	if (cc->sources->len) {
		cc->update_cached = false;
		if (!cc->rules->linear)
			cc->last_migrated = start;
		else if (!cc->last_migrated)
			cc->last_migrated =
				g_array_index(cc->sources, struct compact_source, 0).pfn;
		return COMPACT_CONTINUE;
	}
	if (cc->update_cached)
		cc->zone->cached_migrate[1] = cc->zone->cached_migrate[0];
	capture_on(cc);
	drain_behind(cc);
	return capture_off(cc, COMPACT_CONTINUE);
}

enum compact_result compact_migrate(struct compact_control *cc)
{
	if (!cc->sources->len)
		return COMPACT_CONTINUE;
	capture_on(cc);
	struct batch_result result = migrate_sources(cc);

	if (faulted(cc) || (result.no_target && !scanners_met(cc)))
		return capture_off(cc, COMPACT_CONTENDED);
	if (result.failed && wants_one_chunk(cc)) {
		cc->migrate_pfn = order_end(cc->migrate_pfn - 1, cc->order);
		cc->last_migrated = 0;
	}
	drain_behind(cc);
	return capture_off(cc, COMPACT_CONTINUE);
}

void compact_end(struct compact_control *cc)
{
	if (faulted(cc))
		return;
	capture_on(cc);
	release_targets(cc);
	capture_off(cc, COMPACT_SUCCESS);
}

enum compact_result compact_zone(struct compact_control *cc)
{
	enum compact_result result = compact_begin(cc);

	while (result == COMPACT_CONTINUE) {
		result = compact_isolate(cc);
		if (result == COMPACT_CONTINUE)
			result = compact_migrate(cc);
	}
	compact_end(cc);
	return result;
}
