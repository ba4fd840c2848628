// SPDX-License-Identifier: GPL-2.0-or-later
/* Tracepoints: counted, kept as scans of compaction, and written as the kernel prints them. */
#include "sim/metrics/listener.h"

#include <glib/gstdio.h>
#include <string.h>

static const struct background_task tasks[] = {{"kcompactd0", 0}, {NULL, 0}};
static const struct model_ops ops = {.name = "machine", .background = tasks};

static struct listener *new_listener(const struct memory_map *map, struct writer *file)
{
	return listener_new(&(struct listener_config){.model_ops = &ops,
						      .memory = map,
						      .cpus = 2,
						      .clock_hz = 2000000000,
						      .events_file = file});
}

static void tell(struct listener *listener, uint32_t cpu, struct tracepoint tracepoint)
{
	const struct op op = {.seq = 4, .cpu = (uint16_t)cpu};
	const struct call call = {.op = &op, .task = cpu == 2};

	listener->now = (struct engine_now){
		.t_cycles = UINT64_C(1612846846000), .call = &call, .last_seq = 4};
	listener_emit(listener, &tracepoint);
}

static const struct {
	struct tracepoint tracepoint;
	const char *text;
} lines[] = {
	{{TRACEPOINT_MM_PAGE_ALLOC_EXTFRAG, {0xcd200, 3, 9, 0, 1, 1}},
	 "mm_page_alloc_extfrag: page=ffffea0003348000 pfn=0xcd200 alloc_order=3 fallback_order=9 "
	 "pageblock_order=9 alloc_migratetype=0 fallback_migratetype=1 fragmenting=0 "
	 "change_ownership=1"},
	{{TRACEPOINT_MM_PAGE_ALLOC_EXTFRAG, {1, 0, 8, 2, 0, 0}},
	 "mm_page_alloc_extfrag: page=ffffea0000000040 pfn=0x1 alloc_order=0 fallback_order=8 "
	 "pageblock_order=9 alloc_migratetype=2 fallback_migratetype=0 fragmenting=1 "
	 "change_ownership=0"},
	{{TRACEPOINT_COMPACTION_BEGIN, {1, 1, 0xe00, 0x1000, 1}},
	 "mm_compaction_begin: zone_start=0x1 migrate_pfn=0x1 free_pfn=0xe00 zone_end=0x1000, "
	 "mode=sync"},
	{{TRACEPOINT_ISOLATE_MIGRATEPAGES, {1, 0x200, 511, 0}},
	 "mm_compaction_isolate_migratepages: range=(0x1 ~ 0x200) nr_scanned=511 nr_taken=0"},
	{{TRACEPOINT_MIGRATEPAGES, {30, 2}},
	 "mm_compaction_migratepages: nr_migrated=30 nr_failed=2"},
	{{TRACEPOINT_COMPACTION_END, {1, 0xe00, 0xe00, 0x1000, 0, 5}},
	 "mm_compaction_end: zone_start=0x1 migrate_pfn=0xe00 free_pfn=0xe00 zone_end=0x1000, "
	 "mode=async status=complete"},
	{{TRACEPOINT_TRY_TO_COMPACT_PAGES, {(uint64_t)-1, 1}},
	 "mm_compaction_try_to_compact_pages: order=-1 gfp_mask=none priority=1"},
	{{TRACEPOINT_WAKEUP_KCOMPACTD, {0, 9, 1}},
	 "mm_compaction_wakeup_kcompactd: nid=0 order=9 classzone_idx=Normal  "},
	{{TRACEPOINT_KCOMPACTD_SLEEP, {0}}, "mm_compaction_kcompactd_sleep: nid=0"},
	{{TRACEPOINT_KSWAPD_WAKE, {0, 4}}, "mm_vmscan_kswapd_wake: nid=0 order=4"},
};

static char *written(struct writer *writer, const char *path)
{
	char *text = NULL;

	g_assert_true(writer_commit(writer, NULL));
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

static void test_text(void)
{
	g_autofree char *folder = g_dir_make_tmp("kmsim-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "trace", NULL);
	struct writer *writer = writer_open(path, NULL);
	struct memory_map *map = memory_map_new();

	memory_map_add_zone(map, "DMA", 1, 0x1000);
	memory_map_add_zone(map, "Normal", 0x100000, 0x200000);
	struct listener *listener = new_listener(map, writer);
	struct op alloc = {.kind = OP_PAGE_ALLOC, .page.order = 2, .page.gfp = 1 << 3 | 1};
	struct op end = {.kind = OP_PAGE_FREE};

	for (unsigned i = 0; i < G_N_ELEMENTS(lines); i++)
		tell(listener, i % 3, lines[i].tracepoint);
	listener_op(listener, &(struct op_record){.op = &alloc, .has_addr = true, .addr = 0x40});
	listener_op(listener, &(struct op_record){.op = &alloc, .status = STATUS_FAIL});
	listener_op(listener, &(struct op_record){.op = &end, .has_addr = true, .addr = 0x40});
	g_autofree char *text = written(writer, path);
	g_auto(GStrv) got = g_strsplit(text, "\n", -1);
	char **line = got;

	g_assert_cmpstr(*line, ==, "# tracer: nop");
	while (**line == '#')
		line++;
	for (unsigned i = 0; i < G_N_ELEMENTS(lines); i++, line++) {
		static const char *const who[] = {"        workload-1001    [000]",
						  "        workload-1002    [001]",
						  "      kcompactd0-51      [002]"};
		g_autofree char *expected =
			g_strdup_printf("%s .....   806.423423: %s", who[i % 3], lines[i].text);

		g_assert_cmpstr(*line, ==, expected);
	}
	g_assert_true(g_str_has_suffix(line[0],
				       "mm_page_alloc: page=ffffea0000001000 pfn=0x40 order=2 "
				       "migratetype=0 gfp_flags=__GFP_DMA|__GFP_MOVABLE"));
	g_assert_nonnull(strstr(line[1], "mm_page_alloc: page=0000000000000000 pfn=0x0 order=2 "));
	g_assert_true(
		g_str_has_suffix(line[2], "mm_page_free: page=ffffea0000001000 pfn=0x40 order=2"));
	listener_free(listener);
	memory_map_free(map);
	g_unlink(path);
	g_rmdir(folder);
}

static const struct compaction_entry *entry(const struct listener *listener, unsigned i)
{
	return &g_array_index(listener->compaction->entries, struct compaction_entry, i);
}

/* Two CPUs compact at the same time: each scan belongs to the run of its own. */
static void test_runs(void)
{
	struct listener *listener = new_listener(NULL, NULL);

	tell(listener, 0, (struct tracepoint){TRACEPOINT_COMPACTION_BEGIN, {0}});
	tell(listener, 1, (struct tracepoint){TRACEPOINT_COMPACTION_BEGIN, {0}});
	tell(listener, 0, (struct tracepoint){TRACEPOINT_ISOLATE_MIGRATEPAGES, {0, 512, 512, 3}});
	tell(listener, 1, (struct tracepoint){TRACEPOINT_ISOLATE_FREEPAGES, {512, 1024, 512, 9}});
	tell(listener, 0, (struct tracepoint){TRACEPOINT_STRAY, {2048, 1, 0}});
	tell(listener, 1, (struct tracepoint){TRACEPOINT_ISOLATE_FREEPAGES, {0, 512, 512, 9}});
	tell(listener, 0, (struct tracepoint){TRACEPOINT_ISOLATE_FREEPAGES, {1536, 2048, 512, 9}});
	tell(listener, 0, (struct tracepoint){TRACEPOINT_ISOLATE_FREEPAGES, {1536, 2049, 513, 9}});
	tell(listener, 0, (struct tracepoint){TRACEPOINT_COMPACTION_END, {0}});
	tell(listener, 0, (struct tracepoint){TRACEPOINT_ISOLATE_MIGRATEPAGES, {0, 512, 512, 3}});

	static const struct {
		uint32_t run;
		enum compaction_entry_kind kind;
		bool stray;
	} expected[] = {
		{1, ENTRY_MIGRATE, false}, {2, ENTRY_FREE, false}, {1, ENTRY_STRAY, true},
		{2, ENTRY_FREE, false},	   {1, ENTRY_FREE, true},  {1, ENTRY_FREE, true},
		{0, ENTRY_MIGRATE, false},
	};

	g_assert_cmpuint(listener->compaction->entries->len, ==, G_N_ELEMENTS(expected));
	for (unsigned i = 0; i < G_N_ELEMENTS(expected); i++) {
		g_assert_cmpuint(entry(listener, i)->run, ==, expected[i].run);
		g_assert_cmpint(entry(listener, i)->kind, ==, expected[i].kind);
		g_assert_cmpint(entry(listener, i)->stray, ==, expected[i].stray);
	}
	g_assert_cmpuint(listener->compaction->stray_scans, ==, 2);
	g_assert_cmpuint(listener->counts[TRACEPOINT_ISOLATE_FREEPAGES], ==, 4);
	listener_free(listener);
}

static void test_truncated(void)
{
	struct listener *listener = new_listener(NULL, NULL);

	for (unsigned i = 0; i < COMPACTION_LOG_MAX; i++)
		tell(listener, 0, (struct tracepoint){TRACEPOINT_ISOLATE_FREEPAGES, {i, i + 1}});
	g_assert_false(listener->compaction->truncated);
	tell(listener, 0, (struct tracepoint){TRACEPOINT_ISOLATE_FREEPAGES, {0, 1024}});
	g_assert_true(listener->compaction->truncated);
	g_assert_cmpuint(listener->compaction->entries->len, ==, COMPACTION_LOG_MAX);
	g_assert_cmpuint(listener->compaction->stray_scans, ==, 1); /* counted all the same */
	listener_free(listener);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/listener/text", test_text);
	g_test_add_func("/listener/runs", test_runs);
	g_test_add_func("/listener/truncated", test_truncated);
	return g_test_run();
}
