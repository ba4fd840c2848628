// SPDX-License-Identifier: GPL-2.0-or-later
/* What a recording tells of the machine itself, beside the ops, on recordings made up. */
#include "sim/trace/import/test/page_events.h"
#include "sim/trace/machine_record.h"

static void test_what_the_machine_did(void)
{
	static const char extfrag[] =
		"mm_page_alloc_extfrag: page=0x27600 pfn=0x27600 alloc_order=%u fallback_order=%u "
		"pageblock_order=9 alloc_migratetype=1 fallback_migratetype=0 fragmenting=%u "
		"change_ownership=%u";
	g_autoptr(GString) text = g_string_new(HEAD);
	g_autofree char *whole = g_strdup_printf(extfrag, 9, 9, 10, 1); /* as trace-cmd prints */
	g_autofree char *part = g_strdup_printf(extfrag, 0, 4, 1, 0);
	static const char try[] = "mm_compaction_try_to_compact_pages: order=9 "
				  "gfp_mask=GFP_TRANSHUGE priority=1";

	event(text, 1, 0, 1, whole);
	event(text, 1, 0, 2, part);
	event(text, 1, 0, 3, try);
	event(text, 1, 0, 4, BEGIN);
	event(text, 1, 0, 5, FINISHED("9", "continue"));
	event(text, 1, 0, 6,
	      "mm_compaction_isolate_migratepages: range=(0x1000 ~ 0x1200) nr_scanned=512 "
	      "nr_taken=7");
	event(text, 1, 0, 7,
	      "mm_compaction_fast_isolate_freepages: range=(0x1000 ~ 0x1200) nr_scanned=3 "
	      "nr_taken=1");
	event(text, 1, 0, 8,
	      "mm_compaction_isolate_freepages: range=(0x1000 ~ 0x1200) nr_scanned=20 nr_taken=6");
	event(text, 1, 0, 9, "mm_compaction_migratepages: nr_migrated=5 nr_failed=2");
	event(text, 1, 0, 10, END("success"));
	event(text, 1, 0, 11, try); /* passed over: no stall */
	event(text, 1, 0, 12, try);
	event(text, 1, 0, 13, BEGIN);
	event(text, 1, 0, 14, END("partial_skipped"));
	event(text, 1, 0, 15, BEGIN); /* asked for: no stall either */
	event(text, 1, 0, 16, FINISHED("-1", "continue"));
	event(text, 1, 0, 17, END("complete"));
	event(text, 36, 0, 18,
	      "mm_compaction_kcompactd_wake: nid=0 order=9 classzone_idx=DMA32   ");
	g_autofree char *path = put_file("recording", text->str);
	struct imported *imported = import_file(path, NULL);
	static const struct {
		const char *name;
		int64_t value;
	} figures[] = {
		{"extfrag", 2},
		{"extfrag_fragmenting", 1},
		{"extfrag_change_ownership", 1},
		{"compact_stall", 2},
		{"compact_success", 1},
		{"compact_fail", 1},
		{"compact_daemon_wake", 1},
		{"compact_migrate_scanned", 512},
		{"compact_free_scanned", 23},
		{"compact_isolated", 14},
		{"pgmigrate_success", 5},
		{"pgmigrate_fail", 2},
		{"alloc_order_0", -1},
	};

	g_assert_no_error(imported->error);
	for (size_t i = 0; i < G_N_ELEMENTS(figures); i++)
		g_assert_cmpint(recorded_figure(imported, figures[i].name), ==, figures[i].value);
	imported_free(imported);
}

/* Import @path and hand over the record of it, too. */
static struct machine_record *import_record(const char *path, struct imported **imported)
{
	struct machine_record *record = NULL;

	*imported = import_with(path, &(struct import_options){.record = &record});
	return record;
}

static void assert_block(const GArray *blocks, guint i, struct machine_block expected)
{
	const struct machine_block *block = &g_array_index(blocks, struct machine_block, i);

	g_assert_cmpuint(i, <, blocks->len);
	g_assert_cmphex(block->pfn, ==, expected.pfn);
	g_assert_cmpuint(block->free, ==, expected.free);
	g_assert_cmpuint(block->movable, ==, expected.movable);
	g_assert_cmpuint(block->unmovable, ==, expected.unmovable);
	g_assert_cmpuint(block->in_use, ==, expected.in_use);
}

/* The first event of a frame tells how it was, the last how it is. */
static void test_frames(void)
{
	g_autoptr(GString) text = g_string_new(HEAD);
	struct imported *imported;

	event(text, 1, 0, 1, ALLOC("0x4000", "3", "1", "none"));
	event(text, 1, 0, 2, ALLOC("0x4008", "1", "0", "none"));
	event(text, 1, 0, 3, ALLOC("0x400a", "0", "2", "none"));
	event(text, 1, 0, 4, FREE("0x4400", "2")); /* live before, as what nobody says */
	event(text, 1, 0, 5, ALLOC("0x4401", "0", "1", "none"));
	event(text, 1, 0, 6, ALLOC("0x0", "9", "1", "none")); /* failed: no frame */
	event(text, 1, 0, 7, BEGIN);
	event(text, 1, 0, 8, FREE("0x4000", "3")); /* moved to where nobody says */
	event(text, 1, 0, 9, FREE("0x8000", "5")); /* a target left over, or moved */
	event(text, 1, 0, 10, END("success"));
	event(text, 1, 0, 11, ALLOC("0x8800", "10", "1", "none")); /* two pageblocks */
	g_autofree char *path = put_file("recording", text->str);
	struct machine_record *record = import_record(path, &imported);

	g_assert_no_error(imported->error);
	g_assert_cmpuint(record->blocks_start->len, ==, 4);
	assert_block(record->blocks_start, 0, (struct machine_block){0x4000, 11, 0, 0, 0});
	assert_block(record->blocks_start, 1, (struct machine_block){0x4400, 0, 0, 0, 4});
	assert_block(record->blocks_start, 2, (struct machine_block){0x8800, 512, 0, 0, 0});
	assert_block(record->blocks_start, 3, (struct machine_block){0x8a00, 512, 0, 0, 0});
	g_assert_cmpuint(record->blocks_end->len, ==, 5);
	assert_block(record->blocks_end, 0, (struct machine_block){0x4000, 8, 0, 3, 0});
	assert_block(record->blocks_end, 1, (struct machine_block){0x4400, 3, 1, 0, 0});
	assert_block(record->blocks_end, 2, (struct machine_block){0x8000, 32, 0, 0, 0});
	assert_block(record->blocks_end, 3, (struct machine_block){0x8800, 0, 512, 0, 0});
	g_assert_true(record->has_compaction);
	g_assert_cmpuint(record->runs, ==, 1);
	g_assert_null(record->before);
	g_assert_null(record->after);
	machine_record_free(record);
	imported_free(imported);
}

/* Two tasks compact at the same time; a scan whose place is not told is one. */
static void test_scans(void)
{
	static const struct machine_scan expected[] = {
		{0, 0, 1, false, 0x1000, 0x1200, 512, 7},
		{2000, 1, 2, false, 0x100000, 0x100200, 100, 0},
		{3000, 1, 1, true, 0xffe00, 0x100000, 20, 6},
		{4000, 1, 0, true, 0, 0, 9, 1},
	};
	g_autoptr(GString) text = g_string_new(HEAD);
	struct imported *imported;

	event(text, 1, 0, 1, BEGIN);
	event(text, 2, 1, 2, BEGIN);
	event(text, 1, 0, 3,
	      "mm_compaction_isolate_migratepages: range=(0x1000 ~ 0x1200) nr_scanned=512 "
	      "nr_taken=7");
	event(text, 1, 0, 4, ALLOC("0x4000", "0", "0", "none"));
	event(text, 2, 1, 6,
	      "mm_compaction_isolate_migratepages: start_pfn=0x100000 end_pfn=0x100200 "
	      "nr_scanned=100 nr_taken=0");
	event(text, 1, 0, 7,
	      "mm_compaction_isolate_freepages: range=(0xffe00 ~ 0x100000) nr_scanned=20 "
	      "nr_taken=6");
	event(text, 3, 0, 8, "mm_compaction_isolate_freepages: nr_scanned=9 nr_taken=1");
	g_autofree char *path = put_file("recording", text->str);
	struct machine_record *record = import_record(path, &imported);

	g_assert_no_error(imported->error);
	g_assert_cmpuint(record->runs, ==, 2);
	g_assert_cmpuint(record->scans->len, ==, G_N_ELEMENTS(expected));
	for (guint i = 0; i < record->scans->len; i++) {
		const struct machine_scan *scan =
			&g_array_index(record->scans, struct machine_scan, i);

		g_assert_cmpuint(scan->t_ns, ==, expected[i].t_ns);
		g_assert_cmpuint(scan->seq, ==, expected[i].seq);
		g_assert_cmpuint(scan->run, ==, expected[i].run);
		g_assert_true(scan->of_free == expected[i].of_free);
		g_assert_cmphex(scan->start_pfn, ==, expected[i].start_pfn);
		g_assert_cmphex(scan->end_pfn, ==, expected[i].end_pfn);
		g_assert_cmpuint(scan->scanned, ==, expected[i].scanned);
		g_assert_cmpuint(scan->taken, ==, expected[i].taken);
	}
	g_assert_false(record->scans_cut);
	machine_record_free(record);
	imported_free(imported);
}

/* Nothing of pages in it: nothing is known, rather than 0. Where all was on, 0 is. */
static void test_what_was_on(void)
{
	static const char vmap[] =
		"alloc_vmap_area: va_start: 18446683600570089472 size=8192 align=1 "
		"vstart=0xffffc90000000000 vend=0xffffe8ffffffffff failed=0";
	g_autoptr(GString) text = g_string_new(HEAD);
	g_autofree char *recording = in_folder("whole");
	g_autofree char *path = g_build_filename(recording, "trace.txt", NULL);
	g_autofree char *said = g_build_filename(recording, "recording.json", NULL);
	struct imported *imported;

	event(text, 1, 0, 1, vmap);
	g_assert_cmpint(g_mkdir(recording, 0777), ==, 0);
	g_assert_true(g_file_set_contents(path, text->str, -1, NULL));
	struct machine_record *record = import_record(recording, &imported);

	g_assert_null(record->blocks_start);
	g_assert_false(record->has_compaction);
	g_assert_cmpint(recorded_figure(imported, "extfrag"), ==, -1);
	machine_record_free(record);
	imported_free(imported);
	g_assert_true(g_file_set_contents(said, "{\"families\": {\"compaction\": 0}}", -1, NULL));
	record = import_record(recording, &imported);
	g_assert_null(record->blocks_start);
	g_assert_true(record->has_compaction);
	g_assert_cmpint(recorded_figure(imported, "extfrag"), ==, -1);
	g_assert_cmpint(recorded_figure(imported, "compact_stall"), ==, 0);
	g_assert_cmpint(recorded_figure(imported, "pgmigrate_fail"), ==, 0);
	machine_record_free(record);
	imported_free(imported);
	g_unlink(path);
	g_unlink(said);
	g_rmdir(recording);
}

/* Zones: the bounds of those that were compacted, else the limits of the architecture. */
static void test_zones(void)
{
	struct imported *low =
		import_lines(LINES(ALLOC("0x4000", "0", "0", "none"), FREE("0x4000", "0")));
	struct imported *high =
		import_lines(LINES(ALLOC("0x123456", "0", "0", "none"), "mm_page_alloc: pfn=1",
				   FREE("0x0", "0"), FREE("0x123456", "0")));
	struct imported *compacted =
		import_lines(LINES("mm_compaction_begin: zone_start=0x100000 migrate_pfn=0x1000 "
				   "free_pfn=0xffe00 zone_end=0x12345f, mode=async",
				   ALLOC("0x4000", "0", "0", "none")));
	const struct memory_zone *normal = memory_map_zone(high->header.memory, 2);

	g_assert_cmpuint(low->header.memory->zones->len, ==, 2);
	g_assert_cmpuint(memory_map_zone(low->header.memory, 0)->start_pfn, ==, 1);
	g_assert_cmpuint(memory_map_zone(low->header.memory, 1)->end_pfn, ==, 0x8000);
	g_assert_nonnull(strstr(low->account.warnings->pdata[0], "no snapshot of zoneinfo"));
	g_assert_cmpstr(normal->name, ==, "Normal");
	g_assert_cmpuint(normal->start_pfn, ==, 0x100000);
	g_assert_cmpuint(normal->end_pfn, ==, 0x128000);
	g_assert_cmpuint(high->account.bad_events.count, ==, 1);
	g_assert_cmpuint(high->account.page_seeds_outside, ==, 1); /* pfn 0 */
	normal = memory_map_zone(compacted->header.memory, 2);
	g_assert_cmpuint(normal->end_pfn, ==, 0x12345f);
	imported_free(low);
	imported_free(high);
	imported_free(compacted);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/import/machine/what-the-machine-did", test_what_the_machine_did);
	g_test_add_func("/import/machine/frames", test_frames);
	g_test_add_func("/import/machine/scans", test_scans);
	g_test_add_func("/import/machine/what-was-on", test_what_was_on);
	g_test_add_func("/import/machine/zones", test_zones);
	return run_in_folder();
}
