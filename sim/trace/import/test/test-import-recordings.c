// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The importers on recordings of real kernels. The figures are those of
 * traces/recorded/README.md, which were counted without this program.
 */
#include "sim/trace/import/test/support.h"

#include <fcntl.h>
#include <unistd.h>

#define RECORDED "traces/recorded/"

/* What one recording holds, whatever its form. */
struct facts {
	const char *name;
	const char *files[3];
	uint64_t allocs, failed, frees, purges; /* events */
	uint64_t unknown, unknown_seeded;	/* frees with no matching allocation */
	uint64_t again;				/* allocations of an address still live */
	uint64_t lost_markers, lost_events;
	uint64_t seeds_busy, seeds_lazy; /* areas in the snapshot */
	uint64_t vstart, vend;
};

static const struct facts recordings[] = {
	{.name = "vmalloc-modules-6.12",
	 .files = {"trace.dat", "trace.txt.gz", "report.txt.zst"},
	 .allocs = 2789,
	 .frees = 2684,
	 .purges = 414,
	 .seeds_busy = 94,
	 .seeds_lazy = 16,
	 .vstart = UINT64_C(0xffffcde480000000),
	 .vend = UINT64_C(0xffffede47fffffff)},
	{.name = "vmalloc-exhaust",
	 .files = {"trace.dat.zst", "trace.txt.zst"},
	 .allocs = 3365,
	 .failed = 14,
	 .frees = 3380,
	 .purges = 717,
	 .unknown = 18,
	 .seeds_busy = 257,
	 .seeds_lazy = 422,
	 .vstart = VMALLOC_START_X86_64,
	 .vend = VMALLOC_END_X86_64},
	{.name = "vmalloc-fs",
	 .files = {"trace.dat.zst", "trace.txt.gz", "report.txt.gz"},
	 .allocs = 84,
	 .frees = 77,
	 .unknown = 2,
	 .unknown_seeded = 1,
	 .seeds_busy = 263,
	 .seeds_lazy = 11,
	 .vstart = VMALLOC_START_X86_64,
	 .vend = VMALLOC_END_X86_64},
	{.name = "vmalloc-pidfilter",
	 .files = {"trace.txt.zst"},
	 .allocs = 2728,
	 .frees = 142,
	 .again = 457,
	 .seeds_busy = 256,
	 .seeds_lazy = 741,
	 .vstart = VMALLOC_START_X86_64,
	 .vend = VMALLOC_END_X86_64},
	{.name = "record-instance-6.12",
	 .files = {"trace.dat", "report.txt.gz"},
	 .allocs = 343,
	 .frees = 339,
	 .unknown = 1,
	 .unknown_seeded = 1,
	 .seeds_busy = 96,
	 .seeds_lazy = 23,
	 .vstart = UINT64_C(0xffffcfd740000000),
	 .vend = UINT64_C(0xffffefd73fffffff)},
	{.name = "lossy-record-6.12",
	 .files = {"trace.dat", "report.txt.zst"},
	 .allocs = 268,
	 .frees = 238,
	 .unknown = 1,
	 .lost_markers = 2,
	 .lost_events = 145 + 144,
	 .seeds_busy = 94,
	 .seeds_lazy = 23,
	 .vstart = UINT64_C(0xffffd06840000000),
	 .vend = UINT64_C(0xfffff0683fffffff)},
	{.name = "lossy-pipe",
	 .files = {"trace_pipe.txt.gz"},
	 .allocs = 216,
	 .frees = 224,
	 .purges = 1,
	 .unknown = 25,
	 .unknown_seeded = 25,
	 .again = 9,
	 .lost_markers = 6,
	 .lost_events = 3131 + 1380 + 642 + 458 + 736 + 1288,
	 .seeds_busy = 251,
	 .seeds_lazy = 1601,
	 .vstart = VMALLOC_START_X86_64,
	 .vend = VMALLOC_END_X86_64},
	{.name = "perf-vmalloc",
	 .files = {"perf-script.txt.gz"},
	 .allocs = 1980,
	 .frees = 1966,
	 .purges = 1,
	 .unknown = 1,
	 .seeds_busy = 245,
	 .seeds_lazy = 139,
	 .vstart = VMALLOC_START_X86_64,
	 .vend = VMALLOC_END_X86_64},
	{.name = "perf-lossy",
	 .files = {"perf-script.txt.gz"},
	 .allocs = 66,
	 .frees = 60,
	 .lost_markers = 9,
	 .lost_events = 11 + 7 + 4 + 10 + 1 + 3 + 1 + 8 + 7,
	 .seeds_busy = 250,
	 .seeds_lazy = 130,
	 .vstart = VMALLOC_START_X86_64,
	 .vend = VMALLOC_END_X86_64},
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

static void check_facts(const struct facts *facts, const struct imported *imported, bool seeded)
{
	const struct import_account *account = &imported->account;
	uint64_t unknown = seeded ? facts->unknown_seeded : facts->unknown;

	g_assert_cmpuint(account->allocs + account->retries, ==, facts->allocs + facts->failed);
	/* every failed request of these recordings was tried twice */
	g_assert_cmpuint(account->retries, ==, facts->failed / 2);
	g_assert_cmpuint(account->requests_failed, ==, facts->failed / 2);
	g_assert_cmpuint(account->frees_unknown, ==, unknown);
	g_assert_cmpuint(account->frees - account->areas_freed_for_them, ==,
			 facts->frees - unknown);
	g_assert_cmpuint(account->purges, ==, facts->purges);
	g_assert_cmpuint(account->lost_markers, ==, facts->lost_markers);
	g_assert_cmpuint(account->lost_events, ==, facts->lost_events);
	g_assert_cmpuint(account->bad_events.count + account->bad_lines.count, ==, 0);
	g_assert_cmpuint(account->clock_back, ==, 0);
	g_assert_true(account->has_times);
	g_assert_cmpuint(account->cpus, ==, 2);
	assert_adds_up(account);
	if (!seeded)
		g_assert_cmpuint(account->allocs_of_live, ==, facts->again);
	g_assert_cmpuint(account->seeds_busy, ==, seeded ? facts->seeds_busy : 0);
	g_assert_cmpuint(account->seeds_lazy + account->seeds_stale, ==,
			 seeded ? facts->seeds_lazy : 0);
	g_assert_cmpuint(account->seeds_overlapping + account->seeds_bad_lines.count, ==, 0);

	g_assert_cmpuint(imported->header.vstart, ==, facts->vstart);
	g_assert_cmpuint(imported->header.vend, ==, facts->vend);
	g_assert_true(imported->header.lazy_max_pages_given);
	g_assert_cmpuint(imported->header.lazy_max_pages, ==, 16384);
	g_assert_cmpuint(imported->kinds[OP_VMAP_ALLOC], ==, account->allocs);
	g_assert_cmpuint(imported->kinds[OP_VMAP_FREE], ==, account->frees);
	g_assert_cmpuint(imported->kinds[OP_VMAP_PURGE], ==, account->purges);
	g_assert_cmpuint(imported->kinds[OP_VMAP_SEED], ==,
			 account->seeds_busy + account->seeds_lazy);
	g_assert_cmpuint(g_array_index(imported->t_ns, uint64_t, 0), ==, 0);
}

static void check_recording(const struct facts *facts, bool seeded)
{
	g_autofree char *snapshot =
		g_strdup_printf(RECORDED "%s/vmallocinfo.before.gz", facts->name);
	struct imported *first = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(facts->files) && facts->files[i]; i++) {
		if (!can_read(facts->files[i]))
			continue;
		g_autofree char *path =
			g_strdup_printf(RECORDED "%s/%s", facts->name, facts->files[i]);
		struct imported *imported = import_file(path, seeded ? snapshot : NULL);

		g_assert_no_error(imported->error);
		check_facts(facts, imported, seeded);
		if (!first) {
			first = imported;
			continue;
		}
		g_assert_cmpstr(imported->ops->str, ==, first->ops->str);
		check_same_times(imported->t_ns, first->t_ns);
		imported_free(imported);
	}
	if (first)
		imported_free(first);
}

static void test_recording(gconstpointer facts)
{
	check_recording(facts, false);
}

static void test_recording_seeded(gconstpointer facts)
{
	check_recording(facts, true);
}

/* Stale seeds: only where purges were filtered out of the recording. */
static void test_stale_seeds(void)
{
	struct imported *filtered = import_file(RECORDED "vmalloc-pidfilter/trace.txt.zst",
						RECORDED "vmalloc-pidfilter/vmallocinfo.before.gz");
	struct imported *whole = import_file(RECORDED "vmalloc-exhaust/trace.txt.zst",
					     RECORDED "vmalloc-exhaust/vmallocinfo.before.gz");

	g_assert_cmpuint(filtered->account.purges, ==, 0);
	g_assert_cmpuint(filtered->account.seeds_stale, ==, 98);
	g_assert_cmpuint(whole->account.seeds_stale, ==, 0);
	imported_free(filtered);
	imported_free(whole);
}

/* Without an allocation or a free of pages, compaction's events are counted only. */
static void test_other_kinds(void)
{
	struct imported *imported =
		import_file(RECORDED "record-instance-6.12/report.txt.gz", NULL);
	const struct import_account *account = &imported->account;

	g_assert_no_error(imported->error);
	g_assert_cmpuint(account->events, ==, 1102);
	g_assert_cmpuint(account->unused->len, ==, 0);
	g_assert_cmpuint(account->events_counted, ==, 2 + 2 + 73 + 201 + 71 + 6 + 56 + 9 - 2);
	g_assert_cmpuint(account->compactions, ==, 2);
	g_assert_cmpint(recorded_figure(imported, "extfrag"), ==, 9);
	imported_free(imported);
}

/* The same workload with one option or clock changed: alloc and free events, lines. */
static const struct {
	const char *name;
	uint64_t allocs, frees, events;
	bool has_times;
} variants[] = {
	{"default", 35, 32, 218, true},	       {"nohash-ptr", 34, 31, 243, true},
	{"noirq-info", 30, 29, 208, true},     {"record-tgid", 32, 31, 217, true},
	{"clock-counter", 28, 27, 205, false}, {"clock-uptime", 31, 30, 217, false},
	{"clock-x86-tsc", 29, 28, 212, false},
};

static void test_variants(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(variants); i++) {
		g_autofree char *path =
			g_strdup_printf(RECORDED "text-variants/%s.txt.gz", variants[i].name);
		struct imported *imported = import_file(path, NULL);
		const struct import_account *account = &imported->account;

		g_assert_no_error(imported->error);
		g_assert_cmpint(account->form, ==, IMPORT_TRACEFS);
		g_assert_cmpuint(account->events, ==, variants[i].events);
		g_assert_cmpuint(account->allocs, ==, variants[i].allocs);
		g_assert_cmpuint(account->frees + account->frees_unknown, ==, variants[i].frees);
		g_assert_cmpuint(account->bad_lines.count, ==, 0);
		g_assert_cmpint(account->has_times, ==, variants[i].has_times);
		g_assert_cmpuint(imported->t_ns->len, ==,
				 variants[i].has_times
					 ? account->allocs + account->frees + account->page_allocs +
						   account->page_frees
					 : 0);
		/* that there is no zoneinfo, and the clock */
		g_assert_cmpuint(account->warnings->len, ==, variants[i].has_times ? 1 : 2);
		imported_free(imported);
	}
}

static void test_refused_variants(void)
{
	static const struct {
		const char *name, *option;
	} refused[] = {
		{"fields", "option fields "},
		{"latency-format", "option latency-format "},
		{"nocontext-info", "option nocontext-info "},
		{"raw", "option raw "},
		{"verbose-latency", "option latency-format and verbose "},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autofree char *path =
			g_strdup_printf(RECORDED "text-variants/%s.txt.gz", refused[i].name);
		struct imported *imported = import_file(path, NULL);

		g_assert_error(imported->error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
		g_assert_true(g_str_has_prefix(imported->error->message, path));
		g_assert_nonnull(strstr(imported->error->message, refused[i].option));
		imported_free(imported);
	}
}

static void test_folder(void)
{
	struct imported *by_folder = import_file(RECORDED "vmalloc-modules-6.12", NULL);
	struct imported *by_file =
		import_file(RECORDED "vmalloc-modules-6.12/trace.txt.gz",
			    RECORDED "vmalloc-modules-6.12/vmallocinfo.before.gz");

#ifdef KMSIM_HAVE_TRACECMD
	g_assert_no_error(by_folder->error);
	g_assert_cmpint(by_folder->account.form, ==, IMPORT_DAT);
	g_assert_cmpstr(by_folder->ops->str, ==, by_file->ops->str);
#else
	g_assert_error(by_folder->error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
#endif
	imported_free(by_folder);
	imported_free(by_file);
}

/* What comes through a pipe is read twice, too; the test's file fits into the pipe. */
static void test_standard_input(void)
{
	g_autofree char *bytes = NULL;
	gsize length;
	int ends[2], saved = dup(STDIN_FILENO);

	g_assert_true(
		g_file_get_contents(RECORDED "vmalloc-fs/report.txt.gz", &bytes, &length, NULL));
	g_assert_cmpint(pipe(ends), ==, 0);
	g_assert_cmpint(write(ends[1], bytes, length), ==, (ssize_t)length);
	close(ends[1]);
	dup2(ends[0], STDIN_FILENO);
	close(ends[0]);
	struct imported *imported = import_file("-", NULL);
	struct imported *by_name = import_file(RECORDED "vmalloc-fs/report.txt.gz", NULL);

	dup2(saved, STDIN_FILENO);
	close(saved);
	g_assert_no_error(imported->error);
	g_assert_cmpint(imported->account.form, ==, IMPORT_REPORT);
	g_assert_cmpstr(imported->ops->str, ==, by_name->ops->str);
	imported_free(imported);
	imported_free(by_name);
}

#ifdef KMSIM_HAVE_TRACECMD
/* A file cut or spoilt anywhere is an error or imports in part; it never takes the program down. */
static void test_damaged_dat(void)
{
	g_autofree char *bytes = NULL, *path = in_folder("damaged.dat");
	gsize length;

	g_assert_true(g_file_get_contents(RECORDED "record-instance-6.12/trace.dat", &bytes,
					  &length, NULL));
	for (gsize cut = 16; cut < length; cut += length / 12) {
		g_assert_true(g_file_set_contents(path, bytes, (gssize)cut, NULL));
		struct imported *imported = import_file(path, NULL);

		g_assert_error(imported->error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
		g_assert_true(g_str_has_prefix(imported->error->message, path));
		imported_free(imported);
	}
	for (guint round = 0; round < 12; round++) {
		g_autofree char *spoilt = g_memdup2(bytes, length);

		for (gsize at = 10 + round * 37; at < length; at += 211)
			spoilt[at] = (char)(spoilt[at] + 1 + (char)round);
		g_assert_true(g_file_set_contents(path, spoilt, (gssize)length, NULL));
		struct imported *imported = import_file(path, NULL);

		if (imported->error)
			g_assert_error(imported->error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
		else
			assert_adds_up(&imported->account);
		imported_free(imported);
	}
}
#endif

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (size_t i = 0; i < G_N_ELEMENTS(recordings); i++) {
		g_autofree char *plain = g_strconcat("/import/", recordings[i].name, NULL);
		g_autofree char *seeded = g_strconcat(plain, "/seeded", NULL);

		g_test_add_data_func(plain, &recordings[i], test_recording);
		g_test_add_data_func(seeded, &recordings[i], test_recording_seeded);
	}
	g_test_add_func("/import/stale-seeds", test_stale_seeds);
	g_test_add_func("/import/other-kinds", test_other_kinds);
	g_test_add_func("/import/variants", test_variants);
	g_test_add_func("/import/variants/refused", test_refused_variants);
	g_test_add_func("/import/folder", test_folder);
	g_test_add_func("/import/standard-input", test_standard_input);
#ifdef KMSIM_HAVE_TRACECMD
	g_test_add_func("/import/damaged-dat", test_damaged_dat);
#endif
	return run_in_folder();
}
