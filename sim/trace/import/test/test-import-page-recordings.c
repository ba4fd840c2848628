// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The importers on recordings of kmem and compaction events. The figures are those of
 * traces/recorded/README.md, which were counted without this program.
 */
#include "sim/trace/import/test/support.h"

#define RECORDED "traces/recorded/"

/* What one recording holds, whatever its form. */
struct facts {
	const char *name;
	const char *files[3];
	uint64_t events, allocs, frees; /* events */
	uint64_t failed;
	uint64_t live_before;	/* first seen as a free, outside of compaction */
	uint64_t in_compaction; /* freed there, not live */
	uint64_t migrated;	/* freed there, live */
	uint64_t unknown;	/* freed elsewhere, not live */
	uint64_t again;		/* allocations of a pfn still live */
	uint64_t asked_for;	/* compactions */
	int64_t migrate_scanned, free_scanned, isolated, moved, not_moved; /* sums over lines */
	int64_t extfrag;
	uint64_t end_pfn; /* of the highest zone */
};

static const struct facts recordings[] = {
	{.name = "mixed-6.1",
	 .files = {"trace.dat.zst", "trace.txt.zst", "report.txt.zst"},
	 .events = 25859,
	 .allocs = 5018,
	 .frees = 6718,
	 .live_before = 280,
	 .in_compaction = 1267,
	 .unknown = 254,
	 .asked_for = 2,
	 .migrate_scanned = 7011,
	 .free_scanned = 6737,
	 .isolated = 2803,
	 .moved = 1267,
	 .not_moved = 269,
	 .extfrag = -1,
	 .end_pfn = 131037},
	{.name = "perf-compaction",
	 .files = {"perf-script.txt.zst"},
	 .events = 16315,
	 .allocs = 3370,
	 .frees = 6430,
	 .live_before = 84,
	 .in_compaction = 3218,
	 .migrated = 8,
	 .asked_for = 3,
	 .migrate_scanned = 1504255,
	 .free_scanned = 269792,
	 .isolated = 9930,
	 .moved = 4860,
	 .not_moved = 209,
	 .extfrag = -1,
	 .end_pfn = 5144576},
	{.name = "compact-direct-6.12",
	 .files = {"trace.dat", "trace.txt.gz", "report.txt.gz"},
	 .events = 3294,
	 .allocs = 236,
	 .failed = 100,
	 .again = 3,
	 .asked_for = 2,
	 .migrate_scanned = 110429,
	 .free_scanned = 152522,
	 .isolated = 62306,
	 .moved = 31061,
	 .not_moved = 162,
	 .extfrag = 19,
	 .end_pfn = 163805},
};

static bool can_read(const char *file)
{
#ifdef KMSIM_HAVE_TRACECMD
	(void)file;
	return true;
#else
	return !g_str_has_prefix(file, "trace.dat");
#endif
}

static void check_facts(const struct facts *facts, const struct imported *imported)
{
	const struct import_account *account = &imported->account;
	const struct memory_map *memory = imported->header.memory;

	g_assert_cmpuint(account->events, ==, facts->events);
	assert_adds_up(account);
	g_assert_cmpuint(account->page_allocs, ==, facts->allocs);
	g_assert_cmpuint(account->page_requests_failed, ==, facts->failed);
	g_assert_cmpuint(account->page_seeds, ==, facts->live_before);
	g_assert_cmpuint(account->page_frees_in_compaction, ==, facts->in_compaction);
	g_assert_cmpuint(account->pages_migrated, ==, facts->migrated);
	g_assert_cmpuint(account->page_frees_unknown, ==, facts->unknown);
	g_assert_cmpuint(account->pages_freed_for_them, ==, facts->again);
	g_assert_cmpuint(account->page_frees - facts->failed - facts->again, ==,
			 facts->frees - facts->in_compaction - facts->migrated - facts->unknown);
	g_assert_cmpuint(account->compactions, ==, facts->asked_for);
	g_assert_cmpuint(account->bad_events.count + account->bad_lines.count, ==, 0);
	g_assert_cmpuint(account->page_frees_other_order + account->gfp_unknown, ==, 0);
	g_assert_cmpuint(imported->kinds[OP_PAGE_ALLOC], ==, account->page_allocs);
	g_assert_cmpuint(imported->kinds[OP_PAGE_FREE], ==, account->page_frees);
	g_assert_cmpuint(imported->kinds[OP_PAGE_SEED], ==, account->page_seeds);
	g_assert_cmpuint(imported->kinds[OP_COMPACT], ==, account->compactions);

	g_assert_cmpint(recorded_figure(imported, "compact_migrate_scanned"), ==,
			facts->migrate_scanned);
	g_assert_cmpint(recorded_figure(imported, "compact_free_scanned"), ==, facts->free_scanned);
	g_assert_cmpint(recorded_figure(imported, "compact_isolated"), ==, facts->isolated);
	g_assert_cmpint(recorded_figure(imported, "pgmigrate_success"), ==, facts->moved);
	g_assert_cmpint(recorded_figure(imported, "pgmigrate_fail"), ==, facts->not_moved);
	g_assert_cmpint(recorded_figure(imported, "extfrag"), ==, facts->extfrag);
	g_assert_cmpuint(memory_map_zone(memory, memory->zones->len - 1)->end_pfn, ==,
			 facts->end_pfn);
	g_assert_false(imported->header.vstart_given);
}

static void check_same(const struct imported *a, const struct imported *b)
{
	const GArray *x = a->header.recorded, *y = b->header.recorded;

	g_assert_cmpstr(a->ops->str, ==, b->ops->str);
	check_same_times(a->t_ns, b->t_ns);
	g_assert_cmpuint(x->len, ==, y->len);
	for (guint i = 0; i < x->len; i++) {
		const struct recorded_count *one = &g_array_index(x, struct recorded_count, i);
		const struct recorded_count *other = &g_array_index(y, struct recorded_count, i);

		g_assert_cmpstr(one->name, ==, other->name);
		g_assert_cmpuint(one->value, ==, other->value);
	}
}

/* Every form of a recording gives the same. */
static void test_recording(gconstpointer data)
{
	const struct facts *facts = data;
	struct imported *first = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(facts->files) && facts->files[i]; i++) {
		if (!can_read(facts->files[i]))
			continue;
		g_autofree char *path =
			g_strdup_printf(RECORDED "%s/%s", facts->name, facts->files[i]);
		struct imported *imported = import_file(path, NULL);

		g_assert_no_error(imported->error);
		check_facts(facts, imported);
		if (!first) {
			first = imported;
			continue;
		}
		check_same(imported, first);
		imported_free(imported);
	}
	g_assert_nonnull(first);
	imported_free(first);
}

/* Direct compaction of a machine short of huge pages. */
static void test_direct_compaction(void)
{
	struct imported *imported = import_file(RECORDED "compact-direct-6.12/trace.txt.gz", NULL);

	g_assert_no_error(imported->error);
	g_assert_cmpint(recorded_figure(imported, "alloc_order_9"), ==, 225);
	g_assert_cmpint(recorded_figure(imported, "alloc_failed_order_9"), ==, 100);
	g_assert_cmpint(recorded_figure(imported, "compact_stall"), ==,
			recorded_figure(imported, "compact_success") +
				recorded_figure(imported, "compact_fail"));
	/* 36 compactions, two of them asked for; a stall may go through several zones */
	g_assert_cmpint(recorded_figure(imported, "compact_stall"), >, 0);
	g_assert_cmpint(recorded_figure(imported, "compact_stall"), <=, 34);
	g_assert_cmpint(recorded_figure(imported, "extfrag_fragmenting"), ==, 0);
	g_assert_nonnull(strstr(imported->ops->str, " thp lru "));
	imported_free(imported);
}

/* The zones of a folder's zoneinfo are the trace's, and what was live before lies in them. */
static void test_folder(void)
{
	struct imported *imported = import_file(RECORDED "perf-compaction", NULL);
	struct imported *by_files = import_with(
		RECORDED "perf-compaction/perf-script.txt.zst",
		&(struct import_options){
			.zoneinfo = RECORDED "perf-compaction/state/zoneinfo.before.gz",
			.buddyinfo = RECORDED "perf-compaction/state/buddyinfo.before",
			.pagetypeinfo = RECORDED "perf-compaction/state/pagetypeinfo.before"});
	struct imported *other_seed =
		import_with(RECORDED "perf-compaction", &(struct import_options){.seed = 1});
	const struct memory_map *memory = imported->header.memory;
	const struct memory_zone *dma32 = memory_map_zone(memory, 1);

	g_assert_no_error(imported->error);
	check_same(imported, by_files);
	g_assert_cmpstr(other_seed->ops->str, !=, imported->ops->str);
	g_assert_cmpuint(other_seed->account.page_frees, ==, imported->account.page_frees);
	/* as the file says */
	g_assert_cmpuint(memory->zones->len, ==, 3);
	g_assert_cmpstr(dma32->name, ==, "DMA32");
	g_assert_cmpuint(dma32->start_pfn, ==, 4096);
	g_assert_cmpuint(dma32->end_pfn, ==, 4096 + 1044480);
	g_assert_cmpuint(memory_zone_present(dma32), ==, 782336);
	g_assert_cmpuint(imported->account.page_seeds - imported->account.page_seeds_drawn, ==, 84);
	g_assert_cmpuint(imported->account.page_seeds_drawn, >, 0);
	g_assert_cmpuint(imported->account.page_seeds_outside, ==, 0);
	g_assert_cmpuint(imported->account.warnings->len, ==, 0);
	imported_free(imported);
	imported_free(by_files);
	imported_free(other_seed);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(recordings); i++) {
		g_autofree char *name = g_strconcat("/import/", recordings[i].name, NULL);

		g_test_add_data_func(name, &recordings[i], test_recording);
	}
	g_test_add_func("/import/direct-compaction", test_direct_compaction);
	g_test_add_func("/import/page-folder", test_folder);
	return run_in_folder();
}
