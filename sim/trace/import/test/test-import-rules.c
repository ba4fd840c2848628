// SPDX-License-Identifier: GPL-2.0-or-later
/* The rules by which events become ops, and the lines they are read from, on recordings made up. */
#include "sim/trace/import/test/support.h"

#define WINDOW "vstart=0xffffc90000000000 vend=0xffffe8ffffffffff"
#define OTHER  "vstart=0xffffffffc0000000 vend=0xffffffffff000000"

/* The line of an event, as tracefs prints it for task @pid on @cpu at 100 s and @us. */
static void event(GString *text, int pid, int cpu, int us, const char *format, ...)
	G_GNUC_PRINTF(5, 6);

static void event(GString *text, int pid, int cpu, int us, const char *format, ...)
{
	va_list args;

	g_string_append_printf(text, "%16s-%-7d [%03d] .....   100.%06d: ", "task", pid, cpu, us);
	va_start(args, format);
	g_string_append_vprintf(text, format, args);
	va_end(args);
	g_string_append_c(text, '\n');
}

static GString *tracefs(void)
{
	return g_string_new("# tracer: nop\n"
			    "#\n"
			    "# entries-in-buffer/entries-written: 90/100   #P:4\n");
}

static void alloc(GString *text, int pid, int cpu, int us, uint64_t addr, int pages)
{
	event(text, pid, cpu, us,
	      "alloc_vmap_area: va_start: %" G_GUINT64_FORMAT " size=%d align=1 " WINDOW
	      " failed=0",
	      addr, pages * 4096);
}

static void alloc_fails(GString *text, int pid, int cpu, int us, int pages, const char *window)
{
	event(text, pid, cpu, us,
	      "alloc_vmap_area: va_start: 18446744073709551582 size=%d align=1 %s failed=1",
	      pages * 4096, window);
}

static void free_area(GString *text, int pid, int cpu, int us, uint64_t addr)
{
	event(text, pid, cpu, us,
	      "free_vmap_area_noflush: va_start=0x%" G_GINT64_MODIFIER
	      "x nr_lazy=5 nr_lazy_max=24576",
	      addr);
}

static void purge(GString *text, int pid, int cpu, int us, uint64_t start, uint64_t end, int n)
{
	event(text, pid, cpu, us,
	      "purge_vmap_area_lazy: start=0x%" G_GINT64_MODIFIER "x end=0x%" G_GINT64_MODIFIER
	      "x num_purged=%d",
	      start, end, n);
}

static struct imported *import_text(GString *text, const char *vmallocinfo)
{
	g_autofree char *path = put_file("recording", text->str);
	g_autofree char *snapshot = vmallocinfo ? put_file("vmallocinfo", vmallocinfo) : NULL;
	struct imported *imported = import_file(path, snapshot);

	g_string_free(text, TRUE);
	return imported;
}

static void check_times(const struct imported *imported, const uint64_t *t_ns, guint n)
{
	g_assert_cmpuint(imported->t_ns->len, ==, n);
	for (guint i = 0; i < n; i++)
		g_assert_cmpuint(g_array_index(imported->t_ns, uint64_t, i), ==, t_ns[i]);
}

#define A UINT64_C(0xffffc90000010000)
#define B UINT64_C(0xffffc90000020000)

static void test_header(void)
{
	GString *text = tracefs();

	alloc_fails(text, 7, 0, 1, 1, OTHER);
	alloc_fails(text, 8, 0, 2, 1, OTHER);
	alloc(text, 1, 2, 3, A, 2);
	alloc(text, 1, 2, 4, B, 2);
	free_area(text, 1, 2, 5, B);
	struct imported *imported = import_text(text, NULL);

	g_assert_no_error(imported->error);
	/* two windows, two requests each: the lower one */
	g_assert_cmpuint(imported->header.vstart, ==, VMALLOC_START_X86_64);
	g_assert_cmpuint(imported->header.vend, ==, VMALLOC_END_X86_64);
	g_assert_cmpuint(imported->header.lazy_max_pages, ==, 24576);
	g_assert_cmpuint(imported->header.cpus, ==, 4);
	g_assert_cmpstr(imported->header.origin, ==, "ftrace: tracefs text");
	g_assert_cmpuint(imported->account.overwritten_events, ==, 10);
	g_assert_cmpuint(imported->account.warnings->len, ==, 1);
	g_assert_cmpstr(
		imported->ops->str, ==,
		"vmap_alloc 1 4096/1 from=ffffffffc0000000 to=ffffffffff000000 failed cpu0\n"
		"vmap_alloc 2 4096/1 from=ffffffffc0000000 to=ffffffffff000000 failed cpu0\n"
		"vmap_alloc 3 8192/1 @ffffc90000010000 cpu2\n"
		"vmap_alloc 4 8192/1 @ffffc90000020000 cpu2\n"
		"vmap_free 4 cpu2\n");
	imported_free(imported);
}

static void test_retries(void)
{
	GString *text = tracefs();

	/* 1 fails, is tried again on another CPU and gets an address */
	alloc_fails(text, 1, 0, 10, 3, WINDOW);
	purge(text, 1, 0, 11, A, B, 4);
	/* meanwhile 2 fails, and asks for something else next */
	alloc_fails(text, 2, 1, 12, 3, WINDOW);
	alloc(text, 1, 1, 13, A, 3);
	alloc_fails(text, 2, 1, 14, 2, WINDOW);
	/* the retry fails too; the third attempt is a request of its own, without a retry */
	alloc_fails(text, 2, 1, 15, 2, WINDOW);
	alloc_fails(text, 2, 1, 16, 2, WINDOW);
	struct imported *imported = import_text(text, NULL);
	const struct import_account *account = &imported->account;

	g_assert_no_error(imported->error);
	g_assert_cmpstr(imported->ops->str, ==,
			"vmap_purge n=4 why=1 cpu0\n"
			"vmap_alloc 1 12288/1 failed cpu1\n"
			"vmap_alloc 2 12288/1 @ffffc90000010000 cpu1\n"
			"vmap_alloc 3 8192/1 failed cpu1\n"
			"vmap_alloc 4 8192/1 failed cpu1\n");
	g_assert_cmpuint(account->retries, ==, 2);
	g_assert_cmpuint(account->requests_failed, ==, 3);
	g_assert_cmpuint(account->events_used, ==, 7);
	static const uint64_t t_ns[] = {0, 1000, 2000, 4000, 5000};

	check_times(imported, t_ns, G_N_ELEMENTS(t_ns));
	assert_adds_up(account);
	imported_free(imported);
}

static void test_live_addresses(void)
{
	GString *text = tracefs();

	free_area(text, 1, 0, 1, A);	      /* unknown */
	alloc(text, 1, 0, 2, A, 2);	      /* 1 */
	alloc(text, 1, 0, 3, A + 0x2000, 2);  /* 2 */
	alloc(text, 1, 1, 4, A, 1);	      /* same address: 1 is gone */
	alloc(text, 1, 1, 5, A - 0x1000, 16); /* overlaps 3 and 2 */
	free_area(text, 1, 0, 6, A + 0x2000); /* unknown by now */
	free_area(text, 1, 0, 7, A - 0x1000);
	struct imported *imported = import_text(text, NULL);
	const struct import_account *account = &imported->account;

	g_assert_no_error(imported->error);
	g_assert_cmpstr(imported->ops->str, ==,
			"vmap_alloc 1 8192/1 @ffffc90000010000 cpu0\n"
			"vmap_alloc 2 8192/1 @ffffc90000012000 cpu0\n"
			"vmap_free 1 cpu1\n"
			"vmap_alloc 3 4096/1 @ffffc90000010000 cpu1\n"
			"vmap_free 3 cpu1\n"
			"vmap_free 2 cpu1\n"
			"vmap_alloc 4 65536/1 @ffffc9000000f000 cpu1\n"
			"vmap_free 4 cpu0\n");
	g_assert_cmpuint(account->frees_unknown, ==, 2);
	g_assert_cmpuint(account->allocs_of_live, ==, 1);
	g_assert_cmpuint(account->allocs_over_live, ==, 1);
	g_assert_cmpuint(account->areas_freed_for_them, ==, 3);
	assert_adds_up(account);
	imported_free(imported);
}

static void test_seeds(void)
{
	GString *text = tracefs();

	free_area(text, 1, 0, 1, UINT64_C(0xffffc90000000000)); /* a live seed */
	alloc(text, 1, 0, 2, UINT64_C(0xffffc90000031000), 1);	/* over a lazy one: stale */
	purge(text, 1, 0, 3, UINT64_C(0xffffc90000040000), UINT64_C(0xffffc90000042000), 1);
	alloc(text, 1, 0, 4, UINT64_C(0xffffc90000040000), 2); /* purged in time */
	alloc(text, 1, 0, 5, UINT64_C(0xffffc90000010000), 1); /* a live seed, freed unseen */
	struct imported *imported = import_text(
		text, "0xffffc90000010000-0xffffc90000012000    8192 a+0x1/0x2 pages=1 vmalloc\n"
		      "0xffffc90000000000-0xffffc90000005000   20480 b+0x1/0x2 vmap\n"
		      "0xffffc90000004000-0xffffc90000006000    8192 overlaps+0x1/0x2 vmap\n"
		      "what is this\n"
		      "0xffffc90000030000-0xffffc90000032000    8192 unpurged vm_area\n"
		      "0xffffc90000040000-0xffffc90000042000    8192 unpurged vm_area\n");
	const struct import_account *account = &imported->account;

	g_assert_no_error(imported->error);
	g_assert_cmpstr(imported->ops->str, ==,
			"vmap_seed 1 8192 @ffffc90000010000\n"
			"vmap_seed 2 20480 @ffffc90000000000\n"
			"vmap_seed 3 8192 @ffffc90000040000 lazy\n"
			"vmap_free 2 cpu0\n"
			"vmap_alloc 4 4096/1 @ffffc90000031000 cpu0\n"
			"vmap_purge n=1 why=1 cpu0\n"
			"vmap_alloc 5 8192/1 @ffffc90000040000 cpu0\n"
			"vmap_free 1 cpu0\n"
			"vmap_alloc 6 4096/1 @ffffc90000010000 cpu0\n");
	g_assert_cmpuint(account->seeds_busy, ==, 2);
	g_assert_cmpuint(account->seeds_lazy, ==, 1);
	g_assert_cmpuint(account->seeds_stale, ==, 1);
	g_assert_cmpuint(account->seeds_overlapping, ==, 1);
	g_assert_cmpuint(account->seeds_bad_lines.count, ==, 1);
	g_assert_cmpuint(account->seeds_bad_lines.first[0], ==, 4);
	g_assert_cmpuint(account->allocs_of_live, ==, 1);
	assert_adds_up(account);
	imported_free(imported);
}

/* What it says of an area is lost where it is cut, and nothing else tells. */
static void test_cut_snapshot(void)
{
	static const char line[] =
		"0xffffc90000010000-0xffffc90000012000    8192 unpurged vm_area\n";

	for (unsigned cut = 0; cut < 2; cut++) {
		GString *text = tracefs();
		g_autofree char *snapshot = g_strndup(line, cut ? strlen(line) - 8 : strlen(line));

		alloc(text, 1, 0, 2, B, 2);
		struct imported *imported = import_text(text, snapshot);
		const GPtrArray *warnings = imported->account.warnings;
		bool warned = false;

		g_assert_no_error(imported->error);
		for (guint i = 0; i < warnings->len; i++)
			warned |= strstr(warnings->pdata[i], "cut short") != NULL;
		g_assert_true(warned == (cut != 0));
		imported_free(imported);
	}
}

static void test_masked_snapshots(void)
{
	static const char *const masked[] = {
		"0x00000000f67e7f09-0x0000000064c8ea65   20480 a+0x1/0x2 vmap\n",
		"0x0000000000000000-0x0000000000000000   20480 a+0x1/0x2 vmap\n",
		"(____ptrval____)-(____ptrval____)   20480 a+0x1/0x2 vmap\n",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(masked); i++) {
		GString *text = tracefs();

		alloc(text, 1, 0, 2, A, 2);
		struct imported *imported = import_text(text, masked[i]);

		g_assert_error(imported->error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
		g_assert_nonnull(strstr(imported->error->message, "kernel.kptr_restrict"));
		imported_free(imported);
	}
}

static void test_clocks(void)
{
	GString *text = tracefs();

	alloc(text, 1, 1, 50, A, 1);
	alloc(text, 1, 0, 40, A + 0x1000, 1); /* before the first: a clock behind */
	alloc(text, 1, 1, 70, A + 0x2000, 1);
	alloc(text, 1, 1, 60, A + 0x3000, 1); /* back */
	alloc(text, 1, 0, 55, A + 0x4000, 1); /* another CPU: fine */
	struct imported *imported = import_text(text, NULL);
	static const uint64_t t_ns[] = {0, 0, 20000, 20000, 5000};

	g_assert_no_error(imported->error);
	check_times(imported, t_ns, G_N_ELEMENTS(t_ns));
	g_assert_cmpuint(imported->account.clock_back, ==, 2);
	imported_free(imported);
}

#define FREE "free_vmap_area_noflush: va_start=0xffffc90000010000 nr_lazy=1 nr_lazy_max=16384"
#define ALLOC                                                                                      \
	"alloc_vmap_area: va_start: 18446683600570089472 size=8192 align=1 " WINDOW " failed=0"

/* Lines as they come, with the CPU and time that they say. */
static void test_lines(void)
{
	static const struct {
		const char *head;
		enum import_form form;
		unsigned cpu;
		bool has_times;
	} lines[] = {
		{"    web worker-7-10899   [001] .....   1.000001: ", IMPORT_TRACEFS, 1, true},
		{"   x [007] y-z-10911   [002] d..3.   1.000001: ", IMPORT_TRACEFS, 2, true},
		{"     colon: name-10915   [003] .Ns..   1.000001: ", IMPORT_TRACEFS, 3, true},
		{"  a-1 [009] 1.5: -12      [001] ....1   1.000001: ", IMPORT_TRACEFS, 1, true},
		{"           <...>-10911   [012] ..s.   1.000001: ", IMPORT_TRACEFS, 12, true},
		{"          <idle>-0     [1023] .....   1.000001: ", IMPORT_TRACEFS, 1023, true},
		{"          vmload-10960   (  10960) [001] .....  1.630355: ", IMPORT_TRACEFS, 1,
		 true},
		{"          vmload-10960   (-------) [001] .....  1.630355: ", IMPORT_TRACEFS, 1,
		 true},
		{"          vmload-11027   [001]   1638.041664: ", IMPORT_TRACEFS, 1, true},
		{"          vmload-11027   [001] .....     164114: ", IMPORT_TRACEFS, 1, false},
		{"cpus=2\n          vmload-274   [001] 10398901359: ", IMPORT_REPORT, 1, true},
		{"cpus=2\n          vmload-274     1..... 10398901359: ", IMPORT_REPORT, 1, true},
		{"cpus=2\npages:          vm-load-274   [001]    14.212350653: ", IMPORT_REPORT, 1,
		 true},
		{"    vm [1] load 15825 [001]  1949.421801:        vmalloc:", IMPORT_PERF, 1, true},
		{"  :15825 15825/15826 [001]  1949.421801123:   vmalloc:", IMPORT_PERF, 1, true},
		{"     vmload 15825 [001]  1949.421801:     1   vmalloc:", IMPORT_PERF, 1, true},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autofree char *text = g_strconcat(lines[i].head, ALLOC, "\n", NULL);
		g_autofree char *path = put_file("recording", text);
		g_autofree char *expected = g_strdup_printf(
			"vmap_alloc 1 8192/1 @ffffc90000010000 cpu%u\n", lines[i].cpu);
		struct imported *imported = import_file(path, NULL);

		g_assert_no_error(imported->error);
		g_assert_cmpint(imported->account.form, ==, lines[i].form);
		g_assert_cmpstr(imported->ops->str, ==, expected);
		g_assert_cmpint(imported->account.has_times, ==, lines[i].has_times);
		imported_free(imported);
	}
}

/* The text of another event may look like the head of one. */
static void test_text_like_an_event(void)
{
	GString *text = tracefs();

	alloc(text, 1, 0, 1, A, 2);
	event(text, 1, 0, 2,
	      "tracing_mark_write: a copy of           vmload-7 [003] .....   1.000001: " FREE);
	struct imported *imported = import_text(text, NULL);

	g_assert_no_error(imported->error);
	g_assert_cmpuint(unused_count(&imported->account, "tracing_mark_write"), ==, 1);
	g_assert_cmpuint(imported->account.frees, ==, 0);
	imported_free(imported);
}

static void test_bad_lines(void)
{
	GString *text = tracefs();

	alloc(text, 1, 0, 1, A, 2);
	g_string_append(text, "who wrote this\n");
	event(text, 1, 0, 2, "free_vmap_area_noflush: va_start=0xffffc90000010000 nr_lazy=1");
	event(text, 1, 0, 3,
	      "alloc_vmap_area: va_start: 18446683600570089472 size=8191 align=1 " WINDOW
	      " failed=0");
	event(text, 1, 0, 4,
	      "alloc_vmap_area: va_start: 18446683600570089472 size=8192 align=3 " WINDOW
	      " failed=0");
	event(text, 1, 0, 4,
	      "alloc_vmap_area: va_start: 99999999999999999999 size=8192 align=1 " WINDOW
	      " failed=0");
	g_string_append(text, "CPU:1 [LOST 17 EVENTS]\nCPU:0 [LOST EVENTS]\n");
	event(text, 1, 0, 5, "sys_enter: NR 1 (1, 2)");
	g_string_append(text, "CPU:1 [LOST MANY EVENTS]\n");
	struct imported *imported = import_text(text, NULL);
	const struct import_account *account = &imported->account;

	g_assert_no_error(imported->error);
	g_assert_cmpuint(account->events, ==, 6);
	g_assert_cmpuint(account->bad_events.count, ==, 4);
	g_assert_cmpuint(account->bad_events.first[0], ==, 6);
	g_assert_cmpuint(account->bad_lines.count, ==, 2);
	g_assert_cmpuint(account->bad_lines.first[0], ==, 5);
	g_assert_cmpuint(account->lost_markers, ==, 2);
	g_assert_cmpuint(account->lost_events, ==, 17);
	assert_adds_up(account);

	g_autofree char *words = import_account_text(account);
	json_t *json = import_account_json(account);

	g_assert_nonnull(strstr(words, "\n       2  lines not understood (lines 5, 13)\n"));
	g_assert_nonnull(strstr(words, "\n      17  events lost"));
	g_assert_nonnull(strstr(words, "\n       0  allocations that failed\n"));
	g_assert_cmpint(json_integer_value(json_object_get(json, "bad_events")), ==, 4);
	g_assert_cmpint(json_integer_value(json_object_get(json, "lost_events")), ==, 17);
	g_assert_cmpint(
		json_integer_value(json_object_get(json_object_get(json, "unused"), "sys_enter")),
		==, 1);
	g_assert_cmpint(json_integer_value(json_object_get(json, "seeds_stale")), ==, 0);
	g_assert_true(json_is_integer(json_object_get(json, "seeds_stale")));
	json_decref(json);
	imported_free(imported);
}

static void test_nothing_usable(void)
{
	static const char *const useless[] = {
		"# tracer: nop\n#\n",
		"            bash-10887   [001] .N...  1637.185144: sched_waking: comm=x\n",
		"            bash-10887   [001] .N...  1637.185144: " FREE "\n",
		"cpus=2\n",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(useless); i++) {
		g_autofree char *path = put_file("recording", useless[i]);
		struct imported *imported = import_file(path, NULL);

		g_assert_error(imported->error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
		g_assert_true(g_str_has_prefix(imported->error->message, path));
		g_assert_nonnull(strstr(imported->error->message, "no usable event"));
		imported_free(imported);
	}
}

static void test_not_a_recording(void)
{
	static const struct {
		const char *text;
		enum kmsim_error code;
		const char *words;
	} files[] = {
		{"", KMSIM_ERROR_INPUT, "empty"},
		{"#include <stdio.h>\nint main(void)\n{\n}\n", KMSIM_ERROR_INPUT,
		 "not a recording"},
		{"PERFILE2 and more", KMSIM_ERROR_INPUT, "perf script"},
		{"{\"kmsim_trace\": 1, \"page_size\": 4096, \"cpus\": 1}\n", KMSIM_ERROR_USAGE,
		 "kmsim trace already"},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = put_file("recording", files[i].text);
		struct imported *imported = import_file(path, NULL);

		g_assert_error(imported->error, KMSIM_ERROR, (gint)files[i].code);
		g_assert_nonnull(strstr(imported->error->message, files[i].words));
		imported_free(imported);
	}
	struct imported *missing = import_file("no/such/file", NULL);
	struct imported *empty_folder = import_file(folder, NULL);

	g_assert_error(missing->error, KMSIM_ERROR, KMSIM_ERROR_IO);
	g_assert_error(empty_folder->error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
	imported_free(missing);
	imported_free(empty_folder);
}

static void test_recognise(void)
{
	static const struct {
		const char *text;
		enum import_form form;
	} forms[] = {
		{"# tracer: nop\n", IMPORT_TRACEFS},
		{"CPU:1 [LOST 3131 EVENTS]\n", IMPORT_TRACEFS},
		{"   <...>-1842    [000] .....  1465.219733: mm_page_alloc: order=9\n",
		 IMPORT_TRACEFS},
		{"version = 7\ncpus=2\n", IMPORT_REPORT},
		{"    sh-273   [000] 10386548961: alloc_vmap_area:      va_start: 1\n",
		 IMPORT_REPORT},
		{"# captured on: today\n#\n perf 17102 [001]  1.45:   kmem:mm_page_alloc: pfn=1\n",
		 IMPORT_PERF},
		{"\x17\x08\x44tracing7", IMPORT_DAT},
		{"{\"kmsim_trace\": 1, \"page_size\": 4096, \"cpus\": 1}\n", IMPORT_KMSIM},
		{"0xffffc90000000000-0xffffc90000005000   20480 a+0x1/0x2 vmap\n", IMPORT_UNKNOWN},
		{"", IMPORT_UNKNOWN},
	};

	for (size_t i = 0; i < G_N_ELEMENTS(forms); i++)
		g_assert_cmpint(import_recognise(forms[i].text, strlen(forms[i].text)), ==,
				forms[i].form);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/import/header", test_header);
	g_test_add_func("/import/retries", test_retries);
	g_test_add_func("/import/live-addresses", test_live_addresses);
	g_test_add_func("/import/seeds", test_seeds);
	g_test_add_func("/import/seeds/cut", test_cut_snapshot);
	g_test_add_func("/import/seeds/masked", test_masked_snapshots);
	g_test_add_func("/import/clocks", test_clocks);
	g_test_add_func("/import/lines", test_lines);
	g_test_add_func("/import/lines/text-like-an-event", test_text_like_an_event);
	g_test_add_func("/import/lines/bad", test_bad_lines);
	g_test_add_func("/import/nothing-usable", test_nothing_usable);
	g_test_add_func("/import/not-a-recording", test_not_a_recording);
	g_test_add_func("/import/recognise", test_recognise);
	return run_in_folder();
}
