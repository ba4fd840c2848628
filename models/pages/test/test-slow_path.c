// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What happens to a request that finds nothing: reserves, watermarks, reclaim, compaction, failure;
 * the background tasks; capture, the highatomic reserve, the boost; what is told and counted.
 */
#include "models/builtin.h"
#include "models/model_run.h"
#include "models/pages/pages.h"
#include "sim/trace/op_names.h"

#include <string.h>

#define DMA32  0x10000
#define NORMAL 0x14000
#define END    0x18000
#define PAGES  0x4000 /* 64 MiB each */

struct subject {
	struct model_run run;
	uint64_t told[TRACEPOINTS];
	struct tracepoint last[TRACEPOINTS];
	uint32_t slots;
};

static void on_tracepoint(void *ctx, const struct tracepoint *tracepoint)
{
	struct subject *machine = ctx;

	machine->told[tracepoint->id]++;
	machine->last[tracepoint->id] = *tracepoint;
}

/* @settings: "key=value …" */
static void set_up(struct subject *machine, bool two_zones, const char *settings)
{
	g_auto(GStrv) words = g_strsplit(settings, " ", -1);
	struct memory_map *memory = memory_map_new();
	struct param_value params[PARAM_MAX];
	GError *error = NULL;

	*machine = (struct subject){0};
	param_defaults(pages_model.params, params);
	for (char **word = words; *word && **word; word++) {
		g_auto(GStrv) parts = g_strsplit(*word, "=", 2);

		param_set(pages_model.params, params, "", parts[0], parts[1], &error);
		g_assert_no_error(error);
	}
	if (two_zones)
		memory_map_add_zone(memory, "DMA32", DMA32, NORMAL);
	memory_map_add_zone(memory, "Normal", NORMAL, END);
	model_run_init(&machine->run, &pages_model,
		       (struct model_env){.cpus = 1,
					  .memory = memory,
					  .params = params,
					  .emit = on_tracepoint,
					  .emit_ctx = machine},
		       &error);
	g_assert_no_error(error);
	memory_map_free(memory);
}

static void tear_down(struct subject *machine)
{
	g_autofree char *message = pages_model.check(machine->run.model);

	g_assert_cmpstr(message, ==, NULL);
	model_run_clear(&machine->run);
}

/* The reset of skip hints is that of the scanners' own kernel, unless it is said otherwise. */
static void test_skip_reset_by_scanner(void)
{
	static const struct {
		const char *settings;
		enum skip_reset rule;
	} cases[] = {
		{"", SKIP_RESET_6B0868C820FF},
		{"compaction=linear", SKIP_RESET_V4_19},
		{"compaction=linear skip_reset=a2e9a5afce08", SKIP_RESET_A2E9A5AFCE08},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct subject machine;

		set_up(&machine, false, cases[i].settings);
		g_assert_cmpuint(((struct pages *)machine.run.model)->rules.skip_reset, ==,
				 cases[i].rule);
		tear_down(&machine);
	}
}

static uint64_t counter(struct subject *machine, const char *name)
{
	uint64_t values[64];
	unsigned i = 0;

	while (strcmp(pages_model.counters[i].name, name))
		i++;
	pages_model.read_counters(machine->run.model, values);
	return values[i];
}

static uint32_t gfp(const char *names)
{
	g_auto(GStrv) words = g_strsplit(names, " ", -1);
	uint32_t mask = 0;

	for (char **word = words; *word && **word; word++)
		mask |= 1u << name_index(gfp_names, *word);
	return mask;
}

#define KERNEL "IO FS DIRECT_RECLAIM KSWAPD_RECLAIM"
#define ATOMIC "HIGH ATOMIC KSWAPD_RECLAIM"
#define NOWAIT "KSWAPD_RECLAIM"

/* @names: gfp flags, NULL: none given. The pfn, or NO_ADDR. */
static uint64_t alloc(struct subject *machine, int order, enum migratetype mt, uint32_t flags,
		      const char *names)
{
	struct op op = {.kind = OP_PAGE_ALLOC, .slot = machine->slots, .flags = flags};

	op.page.order = (int8_t)order;
	op.page.mt = (uint8_t)mt;
	if (names) {
		op.flags |= OP_HAS_GFP;
		op.page.gfp = gfp(names);
	}
	int result = model_run_op(&machine->run, &op);

	g_assert_true(result == CALL_DONE || result == CALL_FAIL);
	machine->slots += result == CALL_DONE;
	return result == CALL_DONE ? machine->run.call.addr : NO_ADDR;
}

static const char *free_slot(struct subject *machine, uint32_t slot)
{
	const struct op op = {.kind = OP_PAGE_FREE, .slot = slot};

	g_assert_cmpint(model_run_op(&machine->run, &op), ==, CALL_DONE);
	return machine->run.call.note_key;
}

static uint64_t free_in(struct subject *machine, unsigned zone)
{
	struct zone_sample sample;
	uint64_t pages = 0;

	pages_model.sample_zone(machine->run.model, zone, &sample);
	for (unsigned type = 0; type < LIST_TYPES; type++) {
		for (unsigned order = 0; order < SAMPLE_ORDERS; order++)
			pages += sample.nr_free[type][order] << order;
	}
	return pages;
}

/* Fill the memory with single pages until a request fails; how many there were. */
static uint32_t fill(struct subject *machine, enum migratetype mt, uint32_t flags,
		     const char *names)
{
	uint32_t before = machine->slots;

	while (alloc(machine, 0, mt, flags, names) != NO_ADDR)
		;
	return machine->slots - before;
}

/* --- watermarks and zones ----------------------------------------------------------------- */

/* The min watermark of 64 MiB is isqrt(16 · 65536) KiB, 256 pages. */
static void test_watermarks(void)
{
	struct subject machine;
	uint64_t kept, kept_atomic, kept_high;

	set_up(&machine, false, "kswapd=off pcp=off");
	fill(&machine, MT_UNMOVABLE, 0, NULL);
	kept = free_in(&machine, 0);
	g_assert_cmpuint(kept, ==, 256);
	fill(&machine, MT_UNMOVABLE, 0, "HIGH KSWAPD_RECLAIM");
	kept_high = free_in(&machine, 0);
	g_assert_cmpuint(kept_high, ==, kept - kept / 2);
	fill(&machine, MT_UNMOVABLE, 0, ATOMIC);
	kept_atomic = free_in(&machine, 0);
	g_assert_cmpuint(kept_atomic, ==, kept_high - kept_high / 4);
	tear_down(&machine);

	set_up(&machine, false, "kswapd=off pcp=off min_free_kbytes=4096");
	fill(&machine, MT_UNMOVABLE, 0, NULL);
	g_assert_cmpuint(free_in(&machine, 0), ==, 1024);
	tear_down(&machine);
}

/* Requests that could have used Normal leave 1/256 of it to others in DMA32. */
static void test_lowmem_reserve(void)
{
	struct subject machine;
	uint64_t kept;

	set_up(&machine, true, "kswapd=off pcp=off reclaim=off");
	fill(&machine, MT_UNMOVABLE, 0, NULL);
	kept = free_in(&machine, 0);
	g_assert_cmpuint(kept, ==, free_in(&machine, 1) + PAGES / 256);
	g_assert_cmpuint(fill(&machine, MT_UNMOVABLE, 0, KERNEL " DMA32"), ==, PAGES / 256);
	g_assert_cmphex(alloc(&machine, 0, MT_UNMOVABLE, 0, KERNEL), ==, NO_ADDR);
	tear_down(&machine);
}

/* Rather than break a movable block of Normal, an unmovable request goes to DMA32. */
static void test_nofragment(void)
{
	struct subject machine;
	uint64_t pfn;

	set_up(&machine, true, "kswapd=off pcp=off");
	/* half of each block of Normal is free, and no whole one */
	while (alloc(&machine, 8, MT_MOVABLE, 0, NULL) >= NORMAL)
		;
	alloc(&machine, 0, MT_MOVABLE, 0, NULL);
	for (uint32_t slot = 0; slot < PAGES / 256 - 4; slot += 2)
		free_slot(&machine, slot);
	g_assert_cmpuint(free_in(&machine, 1), >, PAGES / 3);
	pfn = alloc(&machine, 3, MT_UNMOVABLE, 0, NULL);
	g_assert_cmphex(pfn, <, NORMAL);
	g_assert_cmpuint(counter(&machine, "watermark_boosts"), ==, 0);
	tear_down(&machine);
}

/* --- reclaim ------------------------------------------------------------------------------ */

/*
 * A huge page of which a half is unmapped keeps both until reclaim splits it: then the first is
 * free, the second small pages that stay, and the id still frees.
 */
static void test_half_unmapped(void)
{
	struct subject machine;

	set_up(&machine, false, "kswapd=off");
	const struct memmap *map = ((struct pages *)machine.run.model)->machine.map;
	uint64_t pfn = alloc(&machine, 9, MT_MOVABLE, OP_THP | OP_LRU | OP_HALF_UNMAPPED, NULL);

	g_assert_cmpint(page_use(map, pfn), ==, USE_COMPOUND_LRU);
	uint32_t files = fill(&machine, MT_MOVABLE, OP_LRU | OP_RECLAIMABLE, "KSWAPD_RECLAIM");

	g_assert_cmpint(page_use(map, pfn), ==, USE_COMPOUND_LRU);
	g_assert_cmphex(alloc(&machine, 0, MT_UNMOVABLE, 0, KERNEL), !=, NO_ADDR);
	/* a batch of the page cache as well */
	g_assert_cmpuint(counter(&machine, "pgsteal_direct"), ==, 32);
	g_assert_cmpuint(files, >, 32);
	g_assert_cmpint(page_use(map, pfn + 256), ==, USE_LRU);
	g_assert_cmpint(page_use(map, pfn + 511), ==, USE_LRU);
	uint64_t before = free_in(&machine, 0);

	g_assert_null(free_slot(&machine, 0));
	g_assert_cmpuint(free_in(&machine, 0), ==, before + 256);
	tear_down(&machine);
}

static void test_direct_reclaim(void)
{
	struct subject machine;
	uint32_t n = 0;

	set_up(&machine, false, "kswapd=off pcp=off");
	while (!counter(&machine, "allocstall")) {
		g_assert_cmphex(alloc(&machine, 0, MT_MOVABLE, OP_RECLAIMABLE, NULL), !=, NO_ADDR);
		n++;
	}
	g_assert_cmpuint(counter(&machine, "pgsteal_direct"), ==, 32);
	g_assert_cmpuint(machine.run.work[STEP_PAGE_RECLAIMED], ==, 32);
	/* the oldest are gone, once each, and nobody else */
	g_assert_cmpstr(free_slot(&machine, 0), ==, "reclaimed");
	g_assert_cmpstr(free_slot(&machine, 31), ==, "reclaimed");
	g_assert_cmpstr(free_slot(&machine, 32), ==, NULL);
	/* who may not reclaim, or finds nothing to, fails */
	fill(&machine, MT_MOVABLE, 0, NOWAIT);
	g_assert_cmpuint(counter(&machine, "allocstall"), ==, 1);
	fill(&machine, MT_MOVABLE, 0, NULL);
	g_assert_cmpuint(counter(&machine, "pgsteal_direct"), ==, n - 1);
	g_assert_cmphex(alloc(&machine, 0, MT_MOVABLE, 0, NULL), ==, NO_ADDR);
	tear_down(&machine);
}

/* kswapd is woken where the low watermark is met, and goes on to the high one. */
static void test_kswapd(void)
{
	struct subject machine;

	set_up(&machine, false, "pcp=off");
	while (!counter(&machine, "kswapd_wake"))
		g_assert_cmphex(alloc(&machine, 0, MT_MOVABLE, OP_RECLAIMABLE, NULL), !=, NO_ADDR);
	/* min 256, low 320, high 384 */
	g_assert_cmpuint(free_in(&machine, 0), >, 384);
	g_assert_cmpuint(free_in(&machine, 0), <=, 384 + 32);
	g_assert_cmpuint(counter(&machine, "pgsteal_kswapd") % 32, ==, 0);
	g_assert_cmpuint(counter(&machine, "allocstall"), ==, 0);
	g_assert_cmpuint(machine.told[TRACEPOINT_KSWAPD_WAKE], ==, 1);
	g_assert_cmpuint(machine.told[TRACEPOINT_KSWAPD_SLEEP], ==, 1);
	/* it keeps up with any number of such requests */
	for (unsigned i = 0; i < PAGES; i++)
		g_assert_cmphex(alloc(&machine, 0, MT_MOVABLE, OP_RECLAIMABLE, NULL), !=, NO_ADDR);
	g_assert_cmpuint(counter(&machine, "allocstall"), ==, 0);
	g_assert_cmpuint(counter(&machine, "kswapd_wake"), >, 100);
	tear_down(&machine);
}

/* With nothing to reclaim it gives up, and is left alone until reclaim works again. */
static void test_hopeless(void)
{
	struct subject machine;

	set_up(&machine, false, "pcp=off");
	fill(&machine, MT_UNMOVABLE, 0, NULL);
	g_assert_cmpuint(counter(&machine, "kswapd_wake"), ==, 1);
	g_assert_cmpuint(counter(&machine, "pgsteal_kswapd"), ==, 0);
	tear_down(&machine);
}

/* --- compaction --------------------------------------------------------------------------- */

/* Every other page of the zone is free, the others are movable; a few blocks' worth on top. */
static void fragment(struct subject *machine)
{
	uint32_t n = fill(machine, MT_MOVABLE, 0, NOWAIT);

	for (uint32_t slot = 0; slot < n; slot += 2)
		free_slot(machine, slot);
}

/* A block that was captured is the requester's, like any other: what it asked for. */
static void test_captured_use(gconstpointer data)
{
	bool pinned = GPOINTER_TO_INT(data);
	struct subject machine;

	set_up(&machine, false, "kswapd=off kcompactd=off");
	fragment(&machine);
	uint64_t pfn = alloc(&machine, 9, MT_MOVABLE, pinned ? OP_PINNED : 0, KERNEL);
	const struct pages *model = machine.run.model;

	g_assert_cmphex(pfn, !=, NO_ADDR);
	g_assert_cmpuint(counter(&machine, "compact_captured"), ==, 1);
	for (unsigned i = 0; i < 512; i++)
		g_assert_cmpint(page_use(model->machine.map, pfn + i), ==,
				pinned ? USE_LRU_PINNED : USE_LRU);
	tear_down(&machine);
}

static void test_direct_compaction(gconstpointer data)
{
	bool captures = GPOINTER_TO_INT(data);
	struct subject machine;

	set_up(&machine, false,
	       captures ? "kswapd=off kcompactd=off" : "kswapd=off kcompactd=off capture=off");
	fragment(&machine);
	g_assert_cmphex(alloc(&machine, 9, MT_MOVABLE, OP_THP, KERNEL), !=, NO_ADDR);
	g_assert_cmpuint(counter(&machine, "compact_stall"), >=, 1);
	g_assert_cmpuint(counter(&machine, "compact_success"), ==, 1);
	g_assert_cmpuint(counter(&machine, "compact_stall"), ==,
			 1 + counter(&machine, "compact_fail"));
	g_assert_cmpuint(counter(&machine, "thp_fault_alloc"), ==, 1);
	g_assert_cmpuint(counter(&machine, "compact_captured"), ==, captures);
	g_assert_cmpuint(counter(&machine, "pgmigrate_success"), >, 100);
	/* what is told agrees with what is counted */
	g_assert_cmpuint(machine.told[TRACEPOINT_TRY_TO_COMPACT_PAGES], ==,
			 counter(&machine, "compact_stall"));
	g_assert_cmpuint(machine.told[TRACEPOINT_COMPACTION_BEGIN], ==,
			 machine.told[TRACEPOINT_COMPACTION_END]);
	g_assert_cmpuint(machine.last[TRACEPOINT_COMPACTION_END].value[5], ==, 8 /* success */);
	g_assert_cmpuint(machine.told[TRACEPOINT_MIGRATEPAGES], >=, 2);
	g_assert_cmpuint(machine.told[TRACEPOINT_ISOLATE_MIGRATEPAGES], >, 3);
	tear_down(&machine);
}

/* GFP_TRANSHUGE_LIGHT does not wait, no IO means no compaction. */
static void test_no_compaction(void)
{
	static const char *const names[] = {"IO FS KSWAPD_RECLAIM", "DIRECT_RECLAIM"};

	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		struct subject machine;

		set_up(&machine, false, "kswapd=off kcompactd=off");
		fragment(&machine);
		g_assert_cmphex(alloc(&machine, 9, MT_MOVABLE, OP_THP, names[i]), ==, NO_ADDR);
		g_assert_cmpuint(counter(&machine, "pgmigrate_success"), ==, 0);
		g_assert_cmpuint(counter(&machine, "thp_fault_fallback"), ==, 1);
		tear_down(&machine);
	}
}

/* A request that may not wait: kswapd has nothing to do, as much is free, but kcompactd has. */
static void test_kcompactd(void)
{
	struct subject machine;

	set_up(&machine, false, "");
	fragment(&machine);
	g_assert_cmphex(alloc(&machine, 9, MT_MOVABLE, OP_THP, "IO FS KSWAPD_RECLAIM"), ==,
			NO_ADDR);
	g_assert_cmpuint(counter(&machine, "compact_daemon_wake"), >=, 1);
	g_assert_cmpuint(counter(&machine, "compact_daemon_migrate_scanned"), >, 0);
	g_assert_cmpuint(counter(&machine, "compact_daemon_migrate_scanned"), ==,
			 counter(&machine, "compact_migrate_scanned"));
	g_assert_cmpuint(counter(&machine, "compact_stall"), ==, 0);
	g_assert_cmpuint(machine.told[TRACEPOINT_WAKEUP_KCOMPACTD], >=, 1);
	g_assert_cmpuint(machine.told[TRACEPOINT_KCOMPACTD_WAKE], ==,
			 machine.told[TRACEPOINT_KCOMPACTD_SLEEP]);
	g_assert_cmphex(alloc(&machine, 9, MT_MOVABLE, OP_THP, "IO FS KSWAPD_RECLAIM"), !=,
			NO_ADDR);
	tear_down(&machine);
}

/* A costly request tries no harder than sync-light, unless __GFP_RETRY_MAYFAIL says so. */
static void test_priorities(void)
{
	struct subject machine;

	set_up(&machine, false, "kswapd=off kcompactd=off watermarks=off");
	/* a pinned page in each chunk of 32 KiB: nothing of order 3 can be made */
	fill(&machine, MT_MOVABLE, OP_PINNED, NOWAIT);
	for (uint32_t slot = 0; slot < machine.slots; slot++) {
		if (slot % 8)
			free_slot(&machine, slot);
	}
	g_assert_cmphex(alloc(&machine, 5, MT_MOVABLE, 0, KERNEL), ==, NO_ADDR);
	g_assert_cmpuint(counter(&machine, "compact_stall"), ==, 2);
	g_assert_cmpuint(machine.last[TRACEPOINT_TRY_TO_COMPACT_PAGES].value[1], ==,
			 1 /* sync-light */);
	g_assert_cmphex(alloc(&machine, 5, MT_MOVABLE, 0, KERNEL " NORETRY"), ==, NO_ADDR);
	g_assert_cmpuint(machine.last[TRACEPOINT_TRY_TO_COMPACT_PAGES].value[1], ==, 2 /* async */);
	tear_down(&machine);
}

/* --- reserves and boost ------------------------------------------------------------------- */

static struct zone_sample sample_of(struct subject *machine, unsigned zone)
{
	struct zone_sample sample;

	pages_model.sample_zone(machine->run.model, zone, &sample);
	return sample;
}

static void test_highatomic(void)
{
	struct subject machine;

	set_up(&machine, false, "kswapd=off kcompactd=off pcp=off");
	while (free_in(&machine, 0) > 320) /* low */
		alloc(&machine, 0, MT_MOVABLE, OP_RECLAIMABLE, NOWAIT);
	g_assert_cmphex(alloc(&machine, 1, MT_UNMOVABLE, 0, KERNEL), !=, NO_ADDR);
	g_assert_cmpuint(counter(&machine, "highatomic_blocks"), ==, 0);
	g_assert_cmphex(alloc(&machine, 1, MT_UNMOVABLE, 0, ATOMIC), !=, NO_ADDR);
	g_assert_cmpuint(counter(&machine, "highatomic_blocks"), ==, 1);
	g_assert_cmpuint(sample_of(&machine, 0).blocks[LIST_HIGHATOMIC], ==, 1);
	/* the next come from that block, as long as it has any */
	g_assert_cmphex(alloc(&machine, 1, MT_UNMOVABLE, 0, ATOMIC), !=, NO_ADDR);
	g_assert_cmpuint(counter(&machine, "highatomic_blocks"), ==, 1);
	tear_down(&machine);
}

/* One percent of the zone and a block, at most; one is kept unless the need is great. */
static void test_highatomic_unreserve(void)
{
	struct memmap *map = memmap_new(0, PAGES);
	struct zone zone;

	zone_init(&zone, map, 0, "Normal", 0, PAGES);
	zone_free_boot(&zone, 0, PAGES);
	for (unsigned i = 0; i < 3; i++)
		highatomic_reserve(&zone, i * 2 * PAGEBLOCK_PAGES);
	g_assert_cmpuint(zone.nr_reserved_highatomic, ==, 2 * PAGEBLOCK_PAGES);
	g_assert_cmpint(block_type(map, 0), ==, LIST_HIGHATOMIC);
	g_assert_cmpint(block_type(map, 4 * PAGEBLOCK_PAGES), ==, LIST_MOVABLE);
	g_assert_true(highatomic_unreserve(&zone, 0, LIST_UNMOVABLE, false));
	g_assert_false(highatomic_unreserve(&zone, 0, LIST_UNMOVABLE, false));
	g_assert_cmpuint(zone.nr_reserved_highatomic, ==, PAGEBLOCK_PAGES);
	g_assert_true(highatomic_unreserve(&zone, 0, LIST_UNMOVABLE, true));
	g_assert_cmpuint(zone.nr_reserved_highatomic, ==, 0);
	g_assert_null(zone_check(&zone));
	zone_clear(&zone);
	memmap_free(map);
}

/* Of every block half is free, half is movable and can be reclaimed. */
static void half_full(struct subject *machine)
{
	const uint32_t n = PAGES / 256 - 1; /* the other half of the last block stays free */

	for (uint32_t slot = 0; slot < n; slot++)
		g_assert_cmphex(alloc(machine, 8, MT_MOVABLE, OP_RECLAIMABLE, NULL), !=, NO_ADDR);
	for (uint32_t slot = 1; slot < n; slot += 2)
		free_slot(machine, slot);
}

/* A fallback that mixes a block raises the watermark; kswapd reclaims as much, takes the boost back
 * and wakes kcompactd. */
static void test_boost(void)
{
	struct subject machine;

	set_up(&machine, false, "kswapd=off pcp=off min_free_kbytes=256");
	half_full(&machine);
	g_assert_cmphex(alloc(&machine, 0, MT_UNMOVABLE, 0, NULL), !=, NO_ADDR);
	g_assert_cmpuint(counter(&machine, "watermark_boosts"), ==, 1);
	g_assert_cmpuint(sample_of(&machine, 0).watermark_boost, ==, 512);
	g_assert_cmpuint(counter(&machine, "extfrag"), ==, 1);
	g_assert_cmpuint(machine.told[TRACEPOINT_MM_PAGE_ALLOC_EXTFRAG], ==, 1);
	tear_down(&machine);

	set_up(&machine, false, "pcp=off min_free_kbytes=256");
	half_full(&machine);
	g_assert_cmphex(alloc(&machine, 0, MT_UNMOVABLE, 0, NULL), !=, NO_ADDR);
	g_assert_cmpuint(counter(&machine, "watermark_boosts"), ==, 1);
	g_assert_cmpuint(counter(&machine, "kswapd_wake"), ==, 1);
	g_assert_cmpuint(counter(&machine, "pgsteal_kswapd"), ==, 512);
	g_assert_cmpuint(sample_of(&machine, 0).watermark_boost, ==, 0);
	tear_down(&machine);

	set_up(&machine, false, "boost_factor=0 pcp=off min_free_kbytes=256");
	half_full(&machine);
	g_assert_cmphex(alloc(&machine, 0, MT_UNMOVABLE, 0, NULL), !=, NO_ADDR);
	g_assert_cmpuint(counter(&machine, "extfrag"), ==, 1);
	g_assert_cmpuint(counter(&machine, "watermark_boosts"), ==, 0);
	tear_down(&machine);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/slow_path/skip-reset", test_skip_reset_by_scanner);
	g_test_add_func("/slow-path/watermarks", test_watermarks);
	g_test_add_func("/slow-path/lowmem-reserve", test_lowmem_reserve);
	g_test_add_func("/slow-path/nofragment", test_nofragment);
	g_test_add_func("/slow-path/half-unmapped", test_half_unmapped);
	g_test_add_func("/slow-path/direct-reclaim", test_direct_reclaim);
	g_test_add_func("/slow-path/kswapd", test_kswapd);
	g_test_add_func("/slow-path/hopeless", test_hopeless);
	g_test_add_data_func("/slow-path/compaction/captured-use", GINT_TO_POINTER(0),
			     test_captured_use);
	g_test_add_data_func("/slow-path/compaction/captured-pinned", GINT_TO_POINTER(1),
			     test_captured_use);
	g_test_add_data_func("/slow-path/compaction/capture", GINT_TO_POINTER(1),
			     test_direct_compaction);
	g_test_add_data_func("/slow-path/compaction/no-capture", GINT_TO_POINTER(0),
			     test_direct_compaction);
	g_test_add_func("/slow-path/no-compaction", test_no_compaction);
	g_test_add_func("/slow-path/kcompactd", test_kcompactd);
	g_test_add_func("/slow-path/priorities", test_priorities);
	g_test_add_func("/slow-path/highatomic", test_highatomic);
	g_test_add_func("/slow-path/highatomic-unreserve", test_highatomic_unreserve);
	g_test_add_func("/slow-path/boost", test_boost);
	return g_test_run();
}
