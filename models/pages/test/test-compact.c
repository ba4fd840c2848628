// SPDX-License-Identifier: GPL-2.0-or-later
/* Compaction beyond golden data: faults, strays, deferral, and what must hold for any run. */
#include "models/pages/compact_internal.h"
#include "sim/base/rng.h"

#include <string.h>

static const struct compact_rules rules_v5_1 = {
	.isolate_around = ISOLATE_AROUND_V5_1,
	.skip_reset = SKIP_RESET_6B0868C820FF,
	.extfrag_threshold = 500,
};

/* --- the published oops ----------------------------------------------------------------------- */

/*
 * A machine with memory below 3 GiB and above 4 GiB: zone DMA32 spans the hole between, which has
 * no struct pages. 32 movable pages where the migrate scanner stands, small free chunks that are
 * not movable, so that compaction makes sense and the search of the lists finds nothing.
 */
static uint64_t fault_of(enum isolate_around rule, uint64_t *free_pfn)
{
	struct compact_rules rules = rules_v5_1;
	struct compact_control cc;
	struct memmap *map = memmap_new(0x1000, 0x100000);
	struct zone zone;
	uint64_t fault;

	memmap_punch(map, 0xc0000, 0x100000);
	zone_init(&zone, map, 1, "DMA32", 0x1000, 0x100000);
	page_set_use(map, 0x1000, 0xc0000 - 0x1000, USE_UNMOVABLE);
	page_set_use(map, 0x9a600, COMPACT_CLUSTER_MAX, USE_LRU);
	for (uint64_t pfn = 0x20000; pfn < 0x30000; pfn += 16)
		zone_place(&zone, pfn, 3, LIST_UNMOVABLE, true);
	zone.watermark_min = 1000;
	zone.watermark_low = 1250;
	zone.cached_migrate[0] = zone.cached_migrate[1] = 0x9a600;

	rules.isolate_around = rule;
	compact_init(&cc, &zone, &rules);
	cc.order = 9;
	cc.type = LIST_MOVABLE;
	compact_set_caller(&cc, COMPACT_DIRECT_LIGHT);
	compact_zone(&cc);
	fault = cc.fault_pfn;
	*free_pfn = cc.free_pfn;
	if (fault != PFN_NONE) {
		const char *const *chain = compact_fault_chain(cc.site);

		g_assert_cmpstr(chain[0], ==, "isolate_freepages_block");
		g_assert_cmpstr(chain[1], ==, "fast_isolate_around");
		g_assert_cmpstr(chain[g_strv_length((char **)(void *)chain) - 1], ==,
				"compact_zone");
	}
	compact_clear(&cc);
	zone_clear(&zone);
	memmap_free(map);
	return fault;
}

static void test_published_oops(void)
{
	static const enum isolate_around faulty[] = {ISOLATE_AROUND_V5_1, ISOLATE_AROUND_V5_2_RC1,
						     ISOLATE_AROUND_INCLUSIVE};
	static const enum isolate_around sound[] = {ISOLATE_AROUND_V5_2, ISOLATE_AROUND_V5_12,
						    ISOLATE_AROUND_V6_1};
	uint64_t free_pfn;

	for (unsigned i = 0; i < G_N_ELEMENTS(faulty); i++) {
		g_assert_cmphex(fault_of(faulty[i], &free_pfn), ==, 0xcd200);
		g_assert_cmphex(free_pfn, ==, 0xcd200);
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(sound); i++)
		g_assert_cmphex(fault_of(sound[i], &free_pfn), ==, PFN_NONE);
	g_assert_cmphex(struct_page_address(0xcd200), ==, 0xffffea0003348000);
}

/* --- strays ----------------------------------------------------------------------------------- */

/* One free page in a movable block, more in the next, unmovable one; 8 are wanted. */
static struct compact_strays strays_of(enum isolate_around rule, uint64_t zone_end)
{
	struct compact_rules rules = rules_v5_1;
	struct memmap *map = memmap_new(0, 0x1000);
	struct zone other, zone, *zones[] = {&other, &zone};
	struct compact_control cc;
	struct compact_strays strays;

	rules.isolate_around = rule;
	zone_init(&other, map, 0, "other", 0, 0x1000);
	zone_init(&zone, map, 1, "zone", 0x400, zone_end);
	page_set_use(map, 0, 0x1000, USE_UNMOVABLE);
	block_set_type(map, 0x800, LIST_UNMOVABLE);
	zone_place(&zone, 0x700, 0, LIST_MOVABLE, true);
	zone_place(zone_end > 0x800 ? &zone : &other, 0x800, 1, LIST_UNMOVABLE, true);
	for (uint64_t pfn = 0; pfn < 0x80; pfn += 4)
		zone_place(&other, pfn, 1, LIST_MOVABLE, true);
	for (uint64_t pfn = 0x400; pfn < 0x480; pfn += 4)
		zone_place(&zone, pfn, 1, LIST_UNMOVABLE, true);

	compact_init(&cc, &zone, &rules);
	cc.zones = zones;
	cc.n_zones = G_N_ELEMENTS(zones);
	cc.mode = COMPACT_SYNC_LIGHT;
	g_array_set_size(cc.sources, 8);
	isolate_around(&cc, 0x700, 0);
	g_assert_cmpuint(cc.targets->len, ==, 1 + cc.strays.isolated_outside_block);
	strays = cc.strays;
	g_assert_cmpuint(zone.free_pages + other.free_pages + cc.targets->len, ==, 1 + 2 + 64 + 64);
	compact_clear(&cc);
	zone_clear(&zone);
	zone_clear(&other);
	memmap_free(map);
	return strays;
}

static void test_strays(void)
{
	struct compact_strays strays = strays_of(ISOLATE_AROUND_INCLUSIVE, 0xc00);

	/* Into the next block: one page looked at, the chunk that it is part of taken. */
	g_assert_cmpuint(strays.examined_outside_block, ==, 1);
	g_assert_cmpuint(strays.isolated_outside_block, ==, 2);
	g_assert_cmpuint(strays.examined_outside_zone, ==, 0);

	/* Into the next zone, whose pages they are. */
	strays = strays_of(ISOLATE_AROUND_INCLUSIVE, 0x800);
	g_assert_cmpuint(strays.examined_outside_zone, ==, 1);
	g_assert_cmpuint(strays.isolated_outside_zone, ==, 2);

	for (int rule = 0; rule < ISOLATE_AROUND_INCLUSIVE; rule++) {
		strays = strays_of((enum isolate_around)rule, 0xc00);
		g_assert_cmpuint(strays.examined_outside_block, ==, 0);
		g_assert_cmpuint(strays.isolated_outside_block, ==, 0);
	}
}

/* --- deferral --------------------------------------------------------------------------------- */

static unsigned attempts_skipped(struct zone *zone, int order)
{
	unsigned skipped = 0;

	while (compact_deferred(zone, order))
		skipped++;
	return skipped;
}

static void test_deferral(void)
{
	static const unsigned expected[] = {1, 3, 7, 15, 31, 63, 63};
	struct zone zone = {.order_failed = 11};

	g_assert_false(compact_deferred(&zone, 9));
	for (unsigned i = 0; i < G_N_ELEMENTS(expected); i++) {
		compact_defer(&zone, 9);
		g_assert_cmpuint(attempts_skipped(&zone, 9), ==, expected[i]);
	}
	/* Smaller orders are not held back; success at 9 lets 9 pass, and an allocation all. */
	compact_defer(&zone, 9);
	g_assert_false(compact_deferred(&zone, 8));
	compact_defer_reset(&zone, 9, false);
	g_assert_false(compact_deferred(&zone, 9));
	g_assert_true(compact_deferred(&zone, 10));
	compact_defer_reset(&zone, 10, true);
	g_assert_cmpuint(zone.defer_shift, ==, 0);
	g_assert_false(compact_deferred(&zone, 10));
}

/* --- any run ---------------------------------------------------------------------------------- */

struct census {
	uint64_t uses[PAGE_USES];
	uint64_t pinned_at; /* a hash of where the pages are that must not move */
};

static struct census count_pages(const struct memmap *map, uint64_t start, uint64_t end)
{
	struct census census = {0};

	for (uint64_t pfn = start; pfn < end;) {
		enum page_use use = page_use(map, pfn);

		if (page_is_buddy(map, pfn)) {
			pfn += UINT64_C(1) << page_order(map, pfn);
			continue;
		}
		census.uses[use]++;
		if (use != USE_LRU)
			census.pinned_at = census.pinned_at * 31 + pfn * PAGE_USES + use;
		pfn++;
	}
	return census;
}

/* All allocated as order 0, then of some blocks much is freed, of others little. */
static void fragment(struct zone *zone, struct rng *rng)
{
	static const enum page_use uses[] = {USE_LRU, USE_LRU,	      USE_LRU,
					     USE_LRU, USE_UNMOVABLE,  USE_LRU_PINNED,
					     USE_LRU, USE_LRU_FAILING};

	zone_free_boot(zone, zone->start_pfn, zone->end_pfn);
	for (uint64_t pfn = zone->start_pfn; pfn < zone->end_pfn; pfn++)
		zone_alloc(zone, 0, LIST_MOVABLE, false, USE_LRU, NULL);
	for (uint64_t pfn = zone->start_pfn, kept = 1; pfn < zone->end_pfn; pfn++) {
		if (pfn == block_start(pfn))
			kept = rng_below(rng, 2) ? 1 : 30;
		if (rng_below(rng, 32) > kept)
			zone_free(zone, pfn, 0, LIST_MOVABLE);
		else
			page_set_use(zone->map, pfn, 1, uses[rng_below(rng, 8)]);
	}
}

static struct compact_strays run_random(struct rng *rng, const struct compact_rules *rules)
{
	uint64_t start = rng_below(rng, 1024), end = 16384 - rng_below(rng, 1024);
	struct memmap *map = memmap_new(0, 20480);
	struct census before, after;
	struct compact_control cc;
	enum compact_result result;
	uint64_t free_pages;
	struct zone zone;

	zone_init(&zone, map, 1, "zone", start, end);
	zone.watermark_min = 100;
	zone.watermark_low = 125;
	fragment(&zone, rng);
	before = count_pages(map, start, end);
	free_pages = zone.free_pages;
	compact_init(&cc, &zone, rules);
	cc.order = rng_below(rng, 4) ? 9 : -1;
	cc.type = LIST_MOVABLE;
	compact_set_caller(&cc, cc.order < 0 ? COMPACT_MEMORY
					     : (enum compact_caller)rng_below(rng, COMPACT_MEMORY));
	result = compact_zone(&cc);

	g_assert_cmphex(cc.fault_pfn, ==, PFN_NONE);
	g_assert_cmpuint(result, >, COMPACT_CONTINUE);
	/* Direct async compaction gives up a block for one page that stays. */
	if (!cc.direct || cc.mode != COMPACT_ASYNC)
		g_assert_cmpuint(cc.counts.migrated, >, 0);
	g_assert_cmpint(cc.counts.list_entries > 0, ==, !rules->linear && cc.order > 0);
	g_assert_null(zone_check(&zone));
	g_assert_cmpuint(zone.free_pages, ==, free_pages);
	after = count_pages(map, start, end);
	for (unsigned use = 0; use < PAGE_USES; use++)
		g_assert_cmpuint(before.uses[use], ==, after.uses[use]);
	g_assert_cmpuint(before.pinned_at, ==, after.pinned_at);
	g_assert_cmpuint(after.uses[USE_ISOLATED], ==, 0);

	compact_clear(&cc);
	zone_clear(&zone);
	memmap_free(map);
	return cc.strays;
}

static void test_any_run(void)
{
	uint64_t targets_outside = 0;
	struct rng rng;

	rng_init(&rng, 7, "compact");
	for (unsigned i = 0; i < 96; i++) {
		struct compact_rules rules = {
			.isolate_around = (enum isolate_around)(i % ISOLATE_AROUND_RULES),
			.skip_reset = SKIP_RESET_A2E9A5AFCE08,
			.scan_limit = i & 1 ? SCAN_LIMIT_MAX : SCAN_LIMIT_MIN,
			.extfrag_threshold = 500,
			.linear = i % 8 == 7,
		};
		struct compact_strays strays = run_random(&rng, &rules);

		if (rules.isolate_around != ISOLATE_AROUND_INCLUSIVE)
			g_assert_cmpuint(strays.examined_outside_block, ==, 0);
		targets_outside += strays.targets_outside_block;
	}
	g_assert_cmpuint(targets_outside, >, 0);
}

/* --- arithmetic at the edges ------------------------------------------------------------------ */

/* The migrate scanner may pass the free one within a batch: then there is no limit to go on from.
 */
static void test_scanners_crossed(void)
{
	struct compact_control cc;
	struct memmap *map = memmap_new(0, 0x2000);
	struct zone zone;

	zone_init(&zone, map, 0, "Normal", 0x200, 0x2000);
	page_set_use(map, 0x200, 0x1e00, USE_LRU);
	compact_init(&cc, &zone, &rules_v5_1);
	cc.order = 9;
	cc.type = LIST_MOVABLE;
	compact_set_caller(&cc, COMPACT_DIRECT_LIGHT);
	g_array_set_size(cc.sources, 1); /* wants one target */
	cc.migrate_pfn = 0x1600;
	cc.free_pfn = 0x1200;
	fast_search_free(&cc);
	g_assert_cmphex(cc.free_pfn, ==, 0x1200);
	g_assert_cmphex(cc.fault_pfn, ==, PFN_NONE);
	/* as they should be: on half way between */
	cc.free_pfn = 0x1e00;
	fast_search_free(&cc);
	g_assert_cmphex(cc.free_pfn, ==, 0x1a00);
	g_array_set_size(cc.sources, 0);
	compact_clear(&cc);
	zone_clear(&zone);
	memmap_free(map);
}

/* A zone inside the first block of memory: the reset comes to an end, and names pages of it. */
static void test_reset_of_first_block(void)
{
	static const enum skip_reset sampled[] = {SKIP_RESET_E332F741A8DD, SKIP_RESET_6B0868C820FF,
						  SKIP_RESET_A2E9A5AFCE08};

	for (unsigned i = 0; i < G_N_ELEMENTS(sampled); i++) {
		struct memmap *map = memmap_new(0, 0x800);
		struct zone zone;

		zone_init(&zone, map, 0, "DMA", 1, 4);
		page_set_use(map, 1, 3, USE_UNMOVABLE);
		zone.blockskip_flush = true;
		g_assert_cmphex(compact_reset_skip(&zone, sampled[i], NULL), ==, PFN_NONE);
		g_assert_false(zone.blockskip_flush);
		g_assert_cmpuint(zone.cached_free, <, 4);
		zone_clear(&zone);
		memmap_free(map);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/compact/published-oops", test_published_oops);
	g_test_add_func("/compact/strays", test_strays);
	g_test_add_func("/compact/deferral", test_deferral);
	g_test_add_func("/compact/any-run", test_any_run);
	g_test_add_func("/compact/scanners-crossed", test_scanners_crossed);
	g_test_add_func("/compact/reset-of-first-block", test_reset_of_first_block);
	return g_test_run();
}
