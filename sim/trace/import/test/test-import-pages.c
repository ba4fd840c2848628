// SPDX-License-Identifier: GPL-2.0-or-later
/* The rules by which kmem and compaction events become ops, on recordings made up. */
#include "sim/trace/import/gfp.h"
#include "sim/trace/import/test/page_events.h"

static void assert_ops(struct imported *imported, const char *ops)
{
	g_assert_no_error(imported->error);
	g_assert_cmpstr(imported->ops->str, ==, ops);
	assert_adds_up(&imported->account);
}

static void test_requests(void)
{
	struct imported *imported = import_lines(LINES(
		ALLOC("0x12345", "0", "1", "GFP_HIGHUSER_MOVABLE|__GFP_ZERO|__GFP_COMP"),
		ALLOC("74600", "3", "0", "GFP_KERNEL|__GFP_NOWARN"), /* decimal: v5.14 and older */
		ALLOC("0x12400", "9", "1", "GFP_TRANSHUGE_LIGHT|__GFP_NORETRY"),
		ALLOC("0x12600", "9", "1", "GFP_HIGHUSER_MOVABLE|__GFP_COMP"),
		ALLOC("0x20", "0", "2", "GFP_DMA|__GFP_RECLAIMABLE"),
		ALLOC("0x2000", "1", "0", "GFP_DMA32|__GFP_NO_OBJ_EXT|0x8000000"),
		ALLOC("0x2003", "0", "0", "none"), FREE("0x12345", "0"), FREE("0x12400", "9")));

	assert_ops(imported,
		   "page_alloc 1 o0 m+HIGHMEM+MOVABLE+IO+FS+ZERO+DIRECT_RECLAIM+KSWAPD_RECLAIM"
		   "+COMP+HARDWALL lru @12345 cpu0\n"
		   "page_alloc 2 o3 u+IO+FS+DIRECT_RECLAIM+KSWAPD_RECLAIM+NOWARN @12368 cpu0\n"
		   "page_alloc 3 o9 m+HIGHMEM+MOVABLE+IO+FS+NOWARN+NORETRY+COMP+NOMEMALLOC+HARDWALL"
		   " thp lru @12400 cpu0\n"
		   "page_alloc 4 o9 m+HIGHMEM+MOVABLE+IO+FS+DIRECT_RECLAIM+KSWAPD_RECLAIM+COMP"
		   "+HARDWALL lru @12600 cpu0\n"
		   "page_alloc 5 o0 r zone0+DMA+RECLAIMABLE @20 cpu0\n"
		   "page_alloc 6 o1 u zone1+DMA32 @2000 cpu0\n"
		   "page_alloc 7 o0 u @2003 cpu0\n"
		   "page_free 1 cpu0\n"
		   "page_free 3 cpu0\n");
	g_assert_cmpuint(imported->account.gfp_unknown, ==, 1);
	g_assert_cmpuint(imported->account.page_allocs, ==, 7);
	g_assert_cmpuint(imported->account.page_frees, ==, 2);
	g_assert_false(imported->header.vstart_given || imported->header.vend_given ||
		       imported->header.lazy_max_pages_given);
	g_assert_cmpuint(g_array_index(imported->t_ns, uint64_t, 8), ==, 8000);
	imported_free(imported);
}

/* What nobody got is given back at once. */
static void test_failures(void)
{
	struct imported *imported =
		import_lines(LINES(ALLOC("0x0", "9", "1", "GFP_TRANSHUGE"),
				   ALLOC("0xffffffffffffffff", "9", "1", "GFP_TRANSHUGE"),
				   ALLOC("0x800", "4", "0", "GFP_NOWAIT")));

	assert_ops(imported,
		   "page_alloc 1 o9 m+HIGHMEM+MOVABLE+IO+FS+DIRECT_RECLAIM+NOWARN+COMP+NOMEMALLOC"
		   "+HARDWALL thp lru failed cpu0\n"
		   "page_free 1 cpu0\n"
		   "page_alloc 2 o9 m+HIGHMEM+MOVABLE+IO+FS+DIRECT_RECLAIM+NOWARN+COMP+NOMEMALLOC"
		   "+HARDWALL thp lru failed cpu0\n"
		   "page_free 2 cpu0\n"
		   "page_alloc 3 o4 u+KSWAPD_RECLAIM @800 cpu0\n");
	g_assert_cmpuint(imported->account.page_requests_failed, ==, 2);
	g_assert_cmpint(recorded_figure(imported, "alloc_order_9"), ==, 2);
	g_assert_cmpint(recorded_figure(imported, "alloc_failed_order_9"), ==, 2);
	g_assert_cmpint(recorded_figure(imported, "alloc_failed_order_4"), ==, 0);
	g_assert_cmpint(recorded_figure(imported, "alloc_order_0"), ==, -1);
	g_assert_cmpint(recorded_figure(imported, "extfrag"), ==, -1);
	g_assert_nonnull(strstr(imported->account.warnings->pdata[1], "no mm_page_free"));
	imported_free(imported);
}

/* A first event that is a free tells that the block was live; its neighbours tell its type. */
static void test_live_before(void)
{
	struct imported *imported = import_lines(LINES(
		FREE("0x5000", "0"), FREE("0x4000", "3"), ALLOC("0x4004", "0", "1", "GFP_KERNEL"),
		ALLOC("0x4008", "0", "0", "GFP_KERNEL"), ALLOC("0x4010", "0", "0", "GFP_KERNEL"),
		FREE("0x4008", "0"), FREE("0x4008", "0"), FREE("0x4000", "0")));

	assert_ops(imported, "page_seed 1 o3 u @4000\n"
			     "page_seed 2 o0 m lru @5000\n"
			     "page_free 2 cpu0\n"
			     "page_free 1 cpu0\n"
			     "page_alloc 3 o0 m+IO+FS+DIRECT_RECLAIM+KSWAPD_RECLAIM @4004 cpu0\n"
			     "page_alloc 4 o0 u+IO+FS+DIRECT_RECLAIM+KSWAPD_RECLAIM @4008 cpu0\n"
			     "page_alloc 5 o0 u+IO+FS+DIRECT_RECLAIM+KSWAPD_RECLAIM @4010 cpu0\n"
			     "page_free 4 cpu0\n");
	g_assert_cmpuint(imported->account.page_frees_unknown, ==, 2);
	g_assert_cmpuint(imported->account.page_seeds, ==, 2);
	imported_free(imported);
}

static void test_live_pfns(void)
{
	struct imported *imported = import_lines(
		LINES(ALLOC("0x4000", "0", "0", "none"), ALLOC("0x4001", "0", "0", "none"),
		      ALLOC("0x4000", "2", "0", "none"), /* holds both */
		      ALLOC("0x4003", "0", "0", "none"), /* lies in it */
		      FREE("0x4000", "2"), FREE("0x4003", "1")));

	/* 0x4003 is not aligned to order 1 */
	g_assert_cmpuint(imported->account.bad_events.count, ==, 1);
	assert_ops(imported, "page_alloc 1 o0 u @4000 cpu0\n"
			     "page_alloc 2 o0 u @4001 cpu0\n"
			     "page_free 1 cpu0\n"
			     "page_free 2 cpu0\n"
			     "page_alloc 3 o2 u @4000 cpu0\n"
			     "page_free 3 cpu0\n"
			     "page_alloc 4 o0 u @4003 cpu0\n");
	g_assert_cmpuint(imported->account.page_allocs_of_live, ==, 2);
	g_assert_cmpuint(imported->account.pages_freed_for_them, ==, 3);
	g_assert_cmpuint(imported->account.page_frees_unknown, ==, 1);
	imported_free(imported);
}

static void test_other_order(void)
{
	struct imported *imported = import_lines(
		LINES(ALLOC("0x4000", "2", "0", "none"), FREE("0x4000", "0"), FREE("0x4001", "0")));

	assert_ops(imported, "page_alloc 1 o2 u @4000 cpu0\n"
			     "page_free 1 cpu0\n");
	g_assert_cmpuint(imported->account.page_frees_other_order, ==, 1);
	g_assert_cmpuint(imported->account.page_frees_unknown, ==, 1);
	imported_free(imported);
}

/* Batches, drains and refills are no second frees and allocations. */
static void test_not_needed(void)
{
	struct imported *imported = import_lines(
		LINES(ALLOC("0x4000", "0", "0", "none"), FREE("0x4000", "0"),
		      "mm_page_free_batched: page=0000000020bb32c3 pfn=0x4000 order=0",
		      "mm_page_pcpu_drain: page=0000000020bb32c3 pfn=0x4000 order=0 migratetype=1",
		      "mm_page_alloc_zone_locked: page=0000000020bb32c3 pfn=0x4000 order=0 "
		      "migratetype=1 percpu_refill=1"));
	json_t *json = import_account_json(&imported->account);
	g_autofree char *words = import_account_text(&imported->account);

	assert_ops(imported, "page_alloc 1 o0 u @4000 cpu0\n"
			     "page_free 1 cpu0\n");
	g_assert_cmpuint(json_object_size(json_object_get(json, "not_needed")), ==, 3);
	g_assert_cmpuint(json_object_size(json_object_get(json, "unused")), ==, 0);
	g_assert_cmpint(json_integer_value(json_object_get(json, "page_frees")), ==, 1);
	g_assert_nonnull(strstr(words, "\n       1  not needed: mm_page_pcpu_drain\n"));
	g_assert_nonnull(strstr(words, "\n       0  page allocations that failed\n"));
	g_assert_null(strstr(words, "purges written"));
	json_decref(json);
	imported_free(imported);
}

/*
 * Task 1 compacts: pages that it frees moved, or were never given to anyone. What task 2 frees on
 * the same CPU meanwhile is none of it.
 */
static void test_migration(void)
{
	g_autoptr(GString) text = g_string_new(HEAD);

	event(text, 1, 0, 1, ALLOC("0x4000", "0", "1", "none"));
	event(text, 1, 0, 2, ALLOC("0x4001", "0", "1", "none"));
	event(text, 2, 1, 3, ALLOC("0x4002", "0", "1", "none"));
	event(text, 1, 0, 4, BEGIN);
	event(text, 1, 0, 5, FINISHED("9", "continue"));
	event(text, 1, 0, 6, FREE("0x4000", "0")); /* moved */
	event(text, 2, 0, 7, FREE("0x4002", "0")); /* freed */
	event(text, 1, 1, 8, FREE("0x4001", "0")); /* moved, seen from another CPU */
	event(text, 1, 0, 9, FREE("0x8000", "5")); /* a target left over */
	event(text, 1, 0, 10, END("success"));
	event(text, 1, 0, 11, FREE("0x8001", "0")); /* a target used: one of the two */
	event(text, 1, 0, 12, FREE("0x9000", "0")); /* live before */
	event(text, 1, 0, 13, FREE("0x8002", "1")); /* none of that order moved */
	g_autofree char *path = put_file("recording", text->str);
	struct imported *imported = import_file(path, NULL);

	assert_ops(imported, "page_seed 1 o0 m lru @9000\n"
			     "page_alloc 2 o0 m @4000 cpu0\n"
			     "page_alloc 3 o0 m @4001 cpu0\n"
			     "page_alloc 4 o0 m @4002 cpu1\n"
			     "page_free 4 cpu0\n"
			     "page_free 2 cpu0\n"
			     "page_free 1 cpu0\n");
	g_assert_cmpuint(imported->account.pages_migrated, ==, 2);
	g_assert_cmpuint(imported->account.migrated_freed, ==, 1);
	g_assert_cmpuint(imported->account.page_frees_in_compaction, ==, 1);
	g_assert_cmpuint(imported->account.page_frees_unknown, ==, 1);
	g_assert_cmpuint(imported->account.compactions, ==, 0);
	imported_free(imported);
}

/* Where events were lost, the end of a compaction may be among them. */
static void test_lost_end(void)
{
	g_autoptr(GString) text = g_string_new(HEAD);

	event(text, 1, 0, 1, ALLOC("0x4000", "0", "1", "none"));
	event(text, 1, 0, 2, BEGIN);
	g_string_append(text, "CPU:0 [LOST 3 EVENTS]\n");
	event(text, 1, 0, 3, FREE("0x4000", "0"));
	g_autofree char *path = put_file("recording", text->str);
	struct imported *imported = import_file(path, NULL);

	assert_ops(imported, "page_alloc 1 o0 m @4000 cpu0\n"
			     "page_free 1 cpu0\n");
	g_assert_cmpuint(imported->account.pages_migrated, ==, 0);
	imported_free(imported);
}

/* Only compactions of whole zones by others than kcompactd were asked for. */
static void test_asked_for(void)
{
	g_autoptr(GString) text = g_string_new(HEAD);

	event(text, 1, 0, 1, BEGIN);
	event(text, 1, 0, 2, FINISHED("-1", "continue"));
	event(text, 1, 0, 3, FINISHED("-1", "complete"));
	event(text, 1, 0, 4, END("complete"));
	event(text, 36, 0, 5, BEGIN); /* proactive: kcompactd shows later who it is */
	event(text, 36, 0, 6, FINISHED("-1", "continue"));
	event(text, 36, 0, 7, END("complete"));
	event(text, 36, 0, 8, "mm_compaction_kcompactd_sleep: nid=0");
	event(text, 1, 0, 9, BEGIN); /* direct */
	event(text, 1, 0, 10, FINISHED("9", "continue"));
	event(text, 1, 0, 11, END("partial_skipped"));
	event(text, 1, 0, 12, BEGIN); /* nothing tells */
	event(text, 1, 0, 13, END("complete"));
	event(text, 2, 1, 14, BEGIN);
	event(text, 2, 1, 15, FINISHED("-1", "continue"));
	g_autofree char *path = put_file("recording", text->str);
	struct imported *imported = import_file(path, NULL);

	assert_ops(imported, "compact o-1 m zone1 sync whole cpu0\n"
			     "compact o-1 m zone1 sync whole cpu1\n");
	g_assert_cmpuint(imported->account.compactions, ==, 2);
	g_assert_cmpuint(imported->account.events_counted, ==, 13);
	imported_free(imported);
}

/* Recorded with a filter on the order? Few events cannot tell. */
static void test_filtered(void)
{
	static const struct {
		unsigned singles, others;
		bool warned;
	} rows[] = {{16, 16, false}, {15, 17, true}, {0, 31, false}, {0, 32, true}};

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		const char *lines[33] = {NULL}; /* the last ends them */
		bool warned = false;

		for (unsigned k = 0; k < rows[i].singles + rows[i].others; k++)
			lines[k] = k < rows[i].singles ? ALLOC("0x4000", "0", "0", "none")
						       : ALLOC("0x4200", "9", "1", "none");
		struct imported *imported = import_lines(lines);

		g_assert_no_error(imported->error);
		for (guint k = 0; k < imported->account.warnings->len; k++)
			warned |= strstr(imported->account.warnings->pdata[k], "order 0") != NULL;
		g_assert_true(warned == rows[i].warned);
		imported_free(imported);
	}
}

static void test_both_families(void)
{
	struct imported *imported = import_lines(LINES(
		ALLOC("0x4000", "0", "0", "none"),
		"alloc_vmap_area: va_start: 18446683600570089472 size=8192 align=1 "
		"vstart=0xffffc90000000000 vend=0xffffe8ffffffffff failed=0",
		FREE("0x4000", "0"),
		"free_vmap_area_noflush: va_start=0xffffc90000010000 nr_lazy=5 nr_lazy_max=24576"));

	assert_ops(imported, "page_alloc 1 o0 u @4000 cpu0\n"
			     "vmap_alloc 2 8192/1 @ffffc90000010000 cpu0\n"
			     "page_free 1 cpu0\n"
			     "vmap_free 2 cpu0\n");
	g_assert_true(imported->header.vstart_given);
	imported_free(imported);
}

static void test_nothing_to_replay(void)
{
	struct imported *imported = import_lines(LINES("mm_compaction_kcompactd_sleep: nid=0"));

	g_assert_error(imported->error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
	g_assert_nonnull(strstr(imported->error->message, "by its own rules"));
	g_assert_nonnull(strstr(imported->error->message, "kmem:mm_page_alloc"));
	imported_free(imported);
}

static void test_gfp(void)
{
	static const struct {
		const char *names;
		uint64_t number; /* v5.2 */
	} flags[] = {
		{"GFP_TRANSHUGE", 0x1c24ca},
		{"GFP_ATOMIC", 0xa20},
		{"GFP_KERNEL_ACCOUNT|__GFP_ZERO", 0x400dc0},
		{"__GFP_DIRECT_RECLAIM|__GFP_KSWAPD_RECLAIM", 0xc00},
		{"none", 0},
		{"__GFP_ZERO|__GFP_ATOMIC", 0x300},
		{"__GFP_NORETRY|__GFP_NOWARN|__GFP_COMP|__GFP_NOMEMALLOC|__GFP_HARDWALL", 0x1d2000},
		{"GFP_NOFS|0x8", 0xc48},
		{"__GFP_THISNODE|__GFP_WRITE|__GFP_RETRY_MAYFAIL|__GFP_NOFAIL|__GFP_MEMALLOC",
		 0x22d000},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
		uint64_t mask = gfp_parse(flags[i].names, strlen(flags[i].names));

		g_assert_cmphex(mask, ==, gfp_from_number(flags[i].number));
		g_assert_cmphex(mask & GFP_UNKNOWN, ==, 0);
	}
	/* each name that ops have, as the kernel prints it, is one bit */
	for (unsigned bit = 0; gfp_names[bit]; bit++) {
		g_autofree char *name = g_strconcat("__GFP_", gfp_names[bit], NULL);

		g_assert_cmphex(gfp_parse(name, strlen(name)), ==, UINT64_C(1) << bit);
	}
	g_assert_cmphex(gfp_parse("__GFP_NO_OBJ_EXT", 16), ==, GFP_UNKNOWN);
	g_assert_cmphex(gfp_from_number(0x1000001), ==, GFP_UNKNOWN | 1);
	g_assert_true(gfp_is_transhuge(gfp_from_number(0x1c20ca)));
	g_assert_true(gfp_is_transhuge(gfp_from_number(0x3d24ca)));
	g_assert_false(gfp_is_transhuge(gfp_from_number(0x140cca)));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/import/pages/requests", test_requests);
	g_test_add_func("/import/pages/failures", test_failures);
	g_test_add_func("/import/pages/live-before", test_live_before);
	g_test_add_func("/import/pages/live-pfns", test_live_pfns);
	g_test_add_func("/import/pages/other-order", test_other_order);
	g_test_add_func("/import/pages/not-needed", test_not_needed);
	g_test_add_func("/import/pages/migration", test_migration);
	g_test_add_func("/import/pages/lost-end", test_lost_end);
	g_test_add_func("/import/pages/asked-for", test_asked_for);
	g_test_add_func("/import/pages/filtered", test_filtered);
	g_test_add_func("/import/pages/both-families", test_both_families);
	g_test_add_func("/import/pages/nothing-to-replay", test_nothing_to_replay);
	g_test_add_func("/import/pages/gfp", test_gfp);
	return run_in_folder();
}
