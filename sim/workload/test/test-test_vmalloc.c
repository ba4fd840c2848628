// SPDX-License-Identifier: GPL-2.0-or-later
/* test_vmalloc against recorded op sequences of the tests, and what the driver's rules say. */
#include "sim/base/reader.h"
#include "sim/base/error.h"
#include "sim/workload/test/collect.h"
#include "sim/workload/vmalloc_tests.h"

#include <jansson.h>

#define OWN  "sim/workload/test/data/"
#define VMAP "models/test/data/vmap/" /* shared with the tests of the models */

/* An op of which only the order, the sizes and the pairing are compared. */
struct recorded_op {
	bool is_free;
	uint64_t request; /* 0-based: the request itself, or the one whose area is freed */
	uint64_t size, align;
};

static bool granted_up_to_46(const struct op *op)
{
	return op->vmap.align < UINT64_C(1) << 46;
}

static void read_recorded_op(GArray *ops, const char *line, size_t length)
{
	json_t *object = json_loadb(line, length, 0, NULL);
	const char *kind = json_string_value(json_object_get(object, "op"));
	struct recorded_op op = {
		.request = (uint64_t)json_integer_value(json_object_get(object, "id")) - 1,
		.size = (uint64_t)json_integer_value(json_object_get(object, "size")),
		.align = (uint64_t)json_integer_value(json_object_get(object, "align")),
	};

	g_assert_nonnull(object);
	op.is_free = kind && !strcmp(kind, "free");
	if (op.is_free || (kind && !strcmp(kind, "alloc")))
		g_array_append_val(ops, op);
	json_decref(object);
}

static GArray *read_recorded(const char *path)
{
	GError *error = NULL;
	struct reader *reader = reader_open(path, &error);
	GArray *ops = g_array_new(FALSE, FALSE, sizeof(struct recorded_op));
	const char *line;
	size_t length;

	g_assert_no_error(error);
	while (reader_line(reader, &line, &length, &error) == 1)
		read_recorded_op(ops, line, length);
	g_assert_no_error(error);
	reader_close(reader);
	return ops;
}

/* The generated ops, with requests numbered in order instead of ids. */
static GArray *number_requests(const GArray *ops)
{
	GArray *numbered = g_array_new(FALSE, FALSE, sizeof(struct recorded_op));
	GHashTable *request_of = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, NULL);
	uint64_t requests = 0;

	for (guint i = 0; i < ops->len; i++) {
		const struct op *op = op_at(ops, i);
		struct recorded_op entry = {.is_free = op->kind == OP_VMAP_FREE};

		if (op->kind == OP_MARK)
			continue;
		if (entry.is_free) {
			entry.request = GPOINTER_TO_SIZE(g_hash_table_lookup(request_of, &op->id));
		} else {
			entry.request = requests++;
			entry.size = op->vmap.size;
			entry.align = op->vmap.align;
			g_hash_table_replace(request_of, (void *)&op->id,
					     GSIZE_TO_POINTER(entry.request));
		}
		g_array_append_val(numbered, entry);
	}
	g_hash_table_unref(request_of);
	return numbered;
}

static void assert_as_recorded(const char *file, const char *params, grant_fn grant)
{
	g_autofree char *spec = g_strconcat("test_vmalloc,", params, NULL);
	GArray *recorded = read_recorded(file), *ops = collect(spec, 1, grant);
	GArray *numbered = number_requests(ops);

	g_test_message("%s", file);
	g_assert_cmpuint(recorded->len, >, 0);
	g_assert_cmpuint(numbered->len, ==, recorded->len);
	for (guint i = 0; i < recorded->len; i++) {
		const struct recorded_op *is = &g_array_index(numbered, struct recorded_op, i);
		const struct recorded_op *should = &g_array_index(recorded, struct recorded_op, i);

		g_assert_cmpint(is->is_free, ==, should->is_free);
		g_assert_cmpuint(is->request, ==, should->request);
		g_assert_cmpuint(is->size, ==, should->size);
		g_assert_cmpuint(is->align, ==, should->align);
	}
	g_array_unref(recorded);
	g_array_unref(numbered);
	g_array_unref(ops);
}

static void test_recorded_sequences(void)
{
	static const struct {
		const char *file, *params;
		grant_fn grant;
	} cases[] = {
		{VMAP "tv1-fix-size.augtree.jsonl.gz", "run_test_mask=1,test_loop_count=1000",
		 NULL},
		{OWN "tv1-fix-size-b.augtree.jsonl.gz",
		 "run_test_mask=1,test_loop_count=600,arch=arm64-39", NULL},
		{VMAP "tv2-full-fit-lazy.augtree.jsonl.gz",
		 "run_test_mask=2,test_loop_count=600,full_fit_areas=800", NULL},
		{OWN "tv3-long-busy-1500.augtree.jsonl.gz",
		 "run_test_mask=4,test_loop_count=300,long_busy_areas=1500", NULL},
		{OWN "tv5-fix-align.augtree.jsonl.gz", "run_test_mask=16,test_loop_count=1000",
		 NULL},
		{OWN "tv5-fix-align-arm64.augtree.jsonl.gz",
		 "run_test_mask=16,test_loop_count=900,arch=arm64-39", NULL},
		{VMAP "tv7-align-shift-as-run.augtree.jsonl.gz", "run_test_mask=64",
		 granted_up_to_46},
		{OWN "tv8-pcpu-array.augtree.jsonl.gz", "run_test_mask=128", NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		assert_as_recorded(cases[i].file, cases[i].params, cases[i].grant);
}

static void test_default_arrays(void)
{
	GArray *ops = collect("test_vmalloc,run_test_mask=6,test_loop_count=1,cpus=4,"
			      "sequential_test_order=y,single_cpu_test=y",
			      1, NULL);
	/* 2 arrays, 2 * 24576 areas, 1; then 1 array, 15000 areas, 2 */
	guint first = 2 + 2 * 24576 + 1, second = 1 + 15000 + 2;

	g_assert_cmpuint(count_kind(ops, OP_VMAP_ALLOC), ==, first + second);
	g_assert_cmpuint(count_kind(ops, OP_VMAP_FREE), ==, first + second);
	/* 24576 pointers are 48 pages, 15000 are 30; and the guard page */
	g_assert_cmpuint(op_at(ops, 1)->vmap.size, ==, 49 * PAGE_SIZE);
	g_assert_cmpuint(op_at(ops, 2)->vmap.size, ==, 49 * PAGE_SIZE);
	g_assert_cmpuint(op_at(ops, 1 + 2 * first + 1 + 1)->vmap.size, ==, 31 * PAGE_SIZE);
	g_array_unref(ops);
}

static void test_random_sizes(void)
{
	GArray *ops = collect("test_vmalloc,run_test_mask=8,test_loop_count=5000", 7, NULL);
	bool seen[102] = {false};

	for (guint i = 0; i < ops->len; i++) {
		const struct op *op = op_at(ops, i);

		if (op->kind != OP_VMAP_ALLOC)
			continue;
		g_assert_cmpuint(op->vmap.align, ==, 1);
		g_assert_cmpuint(op->vmap.size >> PAGE_SHIFT, <=, 101);
		seen[op->vmap.size >> PAGE_SHIFT] = true;
	}
	for (guint pages = 2; pages <= 101; pages++)
		g_assert_true(seen[pages]);
	g_assert_false(seen[0] || seen[1]);
	g_array_unref(ops);
}

static void test_random_sizes_and_alignments(void)
{
	GArray *ops = collect("test_vmalloc,run_test_mask=32,test_loop_count=5000", 7, NULL);
	bool seen[23][10] = {{false}};
	guint pairs = 0;

	for (guint i = 0; i < ops->len; i++) {
		const struct op *op = op_at(ops, i);

		if (op->kind != OP_VMAP_ALLOC)
			continue;
		unsigned exponent = fls64(op->vmap.align) - 1;
		uint64_t pages = op->vmap.size / PAGE_SIZE - 1;

		g_assert_cmpuint(exponent, <, 23);
		g_assert_cmpuint(pages - 1, <, 10);
		pairs += !seen[exponent][pages - 1];
		seen[exponent][pages - 1] = true;
	}
	g_assert_cmpuint(pairs, ==, 230); /* 23 and 10 have no common factor: every pair comes */
	g_array_unref(ops);
}

static bool refuse_all(const struct op *op)
{
	(void)op;
	return false;
}

static bool grant_small(const struct op *op)
{
	return op->vmap.size < 101 * PAGE_SIZE;
}

static bool grant_not_one_page(const struct op *op)
{
	return op->vmap.size != 2 * PAGE_SIZE;
}

static void test_failures(void)
{
	GArray *ops = collect("test_vmalloc,mode=smoke,test_repeat_count=2", 1, refuse_all);

	/* one request a run, two in none: nothing is freed, every run fails */
	g_assert_cmpuint(count_kind(ops, OP_VMAP_ALLOC), ==, 16);
	g_assert_cmpuint(count_kind(ops, OP_VMAP_FREE), ==, 0);
	g_assert_cmpuint(count_marks(ops, "test:full_fit:failed"), ==, 2);
	g_assert_cmpuint(count_marks(ops, "test:pcpu:failed"), ==, 2);
	g_array_unref(ops);

	/* the 100 pages are refused: what was held is freed, the array last */
	ops = collect("test_vmalloc,run_test_mask=4,test_loop_count=9,long_busy_areas=20", 1,
		      grant_small);
	g_assert_cmpuint(count_kind(ops, OP_VMAP_ALLOC), ==, 1 + 20 + 1);
	g_assert_cmpuint(count_kind(ops, OP_VMAP_FREE), ==, 20 + 1);
	g_assert_cmpuint(op_at(ops, ops->len - 2)->id, ==, op_at(ops, 1)->id);
	g_assert_cmpstr(op_at(ops, ops->len - 1)->mark, ==, "test:long_busy_list:failed");
	g_array_unref(ops);

	/* bulk requests are not checked, those of the loop are; the areas of 100 pages go back */
	ops = collect("test_vmalloc,run_test_mask=4,test_loop_count=9,long_busy_areas=5000", 1,
		      grant_not_one_page);
	g_assert_cmpuint(count_kind(ops, OP_VMAP_ALLOC), ==, 1 + 5000 + 2);
	g_assert_cmpuint(count_kind(ops, OP_VMAP_FREE), ==, 2);
	g_assert_cmpuint(count_marks(ops, "test:long_busy_list:failed"), ==, 1);
	g_array_unref(ops);
}

/* Parameters of later versions of the module. */
static void test_pages_and_threads(void)
{
	GArray *ops = collect("test_vmalloc,run_test_mask=1,test_loop_count=7,nr_pages=5,cpus=8,"
			      "nr_threads=3",
			      1, NULL);
	bool used[8] = {false};

	g_assert_cmpuint(count_kind(ops, OP_VMAP_ALLOC), ==, 3 * 7);
	for (guint i = 0; i < ops->len; i++) {
		used[op_at(ops, i)->cpu] = true;
		if (op_at(ops, i)->kind == OP_VMAP_ALLOC)
			g_assert_cmpuint(op_at(ops, i)->vmap.size, ==, 6 * PAGE_SIZE);
	}
	g_assert_true(used[0] && used[1] && used[2] && !used[3]);
	g_array_unref(ops);

	const struct workload_env env = {.seed = 1};
	g_autoptr(GError) error = NULL;

	g_assert_null(workload_source_new("test_vmalloc,cpus=2,nr_threads=3", &env, &error));
	g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_USAGE);
	g_assert_nonnull(strstr(error->message, "the machine has 2 CPUs"));
}

static void test_align_shift_on_two_windows(void)
{
	/* as each repeat and worker sees it: 47 requests, the last one refused */
	GArray *ops = collect("test_vmalloc,run_test_mask=64,test_repeat_count=3,cpus=2", 1,
			      granted_up_to_46);

	g_assert_cmpuint(count_kind(ops, OP_VMAP_ALLOC), ==, 6 * 47);
	g_assert_cmpuint(count_kind(ops, OP_VMAP_FREE), ==, 6 * 46);
	g_assert_cmpuint(count_marks(ops, "test:align_shift:failed"), ==, 6);
	g_assert_cmpuint(count_marks(ops, "test:align_shift:passed"), ==, 0);
	g_array_unref(ops);
	ops = collect("test_vmalloc,run_test_mask=64", 1, NULL);
	g_assert_cmpuint(count_kind(ops, OP_VMAP_ALLOC), ==, 64);
	g_assert_cmpuint(count_marks(ops, "test:align_shift:passed"), ==, 1);
	g_array_unref(ops);
}

/* The order in which @cpu starts tests, as one string. */
static char *test_order(const GArray *ops, uint32_t cpu)
{
	GString *order = g_string_new(NULL);

	for (guint i = 0; i < ops->len; i++) {
		const struct op *op = op_at(ops, i);

		if (op->kind == OP_MARK && op->cpu == cpu && g_str_has_suffix(op->mark, ":start"))
			g_string_append_printf(order, "%s ", op->mark);
	}
	return g_string_free(order, FALSE);
}

#define QUICK "test_loop_count=1,full_fit_areas=1,long_busy_areas=1"

static void test_order_of_tests(void)
{
	GArray *sequential = collect("test_vmalloc,sequential_test_order=y,cpus=2," QUICK, 1, NULL);
	GArray *shuffled = collect("test_vmalloc,cpus=2," QUICK, 1, NULL);
	g_autofree char *plain = test_order(sequential, 0), *same = test_order(sequential, 1);
	g_autofree char *mixed = test_order(shuffled, 0), *other = test_order(shuffled, 1);

	g_assert_cmpstr(plain, ==,
			"test:fix_size:start test:full_fit:start test:long_busy_list:start "
			"test:random_size:start test:fix_align:start test:random_size_align:start "
			"test:align_shift:start test:pcpu:start ");
	g_assert_cmpstr(plain, ==, same);
	g_assert_cmpstr(mixed, !=, plain);
	g_assert_cmpstr(mixed, !=, other);
	g_array_unref(sequential);
	g_array_unref(shuffled);
}

/* Drawn below i, the shuffle is one cycle of all eight: no test ever keeps its place. */
static void test_shuffle_moves_every_test(void)
{
	static const char *const names[] = {
		"test:fix_size:start",	  "test:full_fit:start",  "test:long_busy_list:start",
		"test:random_size:start", "test:fix_align:start", "test:random_size_align:start",
		"test:align_shift:start", "test:pcpu:start"};

	for (uint64_t seed = 0; seed < 50; seed++) {
		GArray *ops = collect("test_vmalloc," QUICK, seed, NULL);
		g_autofree char *order = test_order(ops, 0);
		g_auto(GStrv) started = g_strsplit(order, " ", -1);

		g_assert_cmpuint(g_strv_length(started), ==, 9); /* the last one is empty */
		for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
			g_assert_true(g_strv_contains((const char *const *)started, names[i]));
			g_assert_cmpstr(started[i], !=, names[i]);
		}
		g_array_unref(ops);
	}
}

/* What each mode of the script sets, and what it leaves to the module. */
static void test_mode_settings(void)
{
	static const struct {
		const char *mode;
		guint workers, repeats;
		bool sequential;
		uint64_t loops;
	} modes[] = {
		{"module", 3, 1, false, 1000000},
		{"performance", 1, 3, true, 1000000},
		{"smoke", 1, 10, false, 10000},
		{"stress", 3, 20, false, 1000000},
	};

	for (guint i = 0; i < G_N_ELEMENTS(modes); i++) {
		g_autofree char *spec = g_strdup_printf("test_vmalloc,mode=%s", modes[i].mode);
		g_autofree char *quick = g_strdup_printf("%s,cpus=3," QUICK, spec);
		GArray *ops = collect(quick, 1, NULL);
		GString *plain = g_string_new(NULL);

		g_assert_cmpuint(test_vmalloc_loops(spec), ==, modes[i].loops);
		for (guint cpu = 0; cpu < 3; cpu++) {
			g_autofree char *order = test_order(ops, cpu);

			g_assert_cmpint(*order != '\0', ==, cpu < modes[i].workers);
			if (!cpu)
				g_string_assign(plain, order);
		}
		g_assert_cmpuint(count_marks(ops, "test:pcpu:passed"), ==,
				 modes[i].workers * modes[i].repeats);
		/* repeats are back to back, so the first test of the table leads where it is in
		 * order */
		g_assert_cmpint(g_str_has_prefix(plain->str, "test:fix_size:start "), ==,
				modes[i].sequential);
		g_string_free(plain, TRUE);
		g_array_unref(ops);
	}
	g_assert_cmpuint(test_vmalloc_loops("test_vmalloc,mode=smoke,test_loop_count=0"), ==, 1);
	g_assert_cmpuint(test_vmalloc_loops("vmap_mix"), ==, 0);
	g_assert_cmpuint(test_vmalloc_loops("trace.jsonl"), ==, 0);
	g_assert_cmpuint(test_vmalloc_loops(NULL), ==, 0);
}

/* Masks choose tests by the place in the table; thresholds follow the CPUs of the machine. */
static void test_masks_and_thresholds(void)
{
	static const struct {
		uint32_t cpus;
		uint64_t pages;
	} limits[] = {{1, 8192},   {2, 16384},	{3, 16384},  {4, 24576},  {7, 24576},
		      {8, 32768},  {15, 32768}, {16, 40960}, {31, 40960}, {32, 49152},
		      {63, 49152}, {64, 57344}, {127, 57344}};

	for (unsigned bit = 0; bit < VMALLOC_TESTS; bit++) {
		g_autofree char *spec = g_strdup_printf(
			"test_vmalloc,mode=performance,run_test_mask=%u," QUICK, 1U << bit);
		g_autofree char *start = g_strdup_printf("test:%s:start", vmalloc_tests[bit].name);
		GArray *ops = collect(spec, 1, NULL);

		g_assert_cmpstr(op_at(ops, 0)->mark, ==, start);
		g_assert_cmpuint(count_marks(ops, start), ==, 3);
		g_assert_cmpuint(count_kind(ops, OP_MARK), ==, 6);
		g_array_unref(ops);
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(limits); i++) {
		struct workload_env env = {.cpus = limits[i].cpus, .seed = 1};
		struct op_source *source = workload_source_new("test_vmalloc", &env, NULL);

		g_assert_cmpuint(source->header.lazy_max_pages, ==, limits[i].pages);
		op_source_destroy(source);
	}
}

static void test_modes(void)
{
	GArray *smoke = collect("test_vmalloc,mode=smoke,run_test_mask=1,cpus=2", 1, NULL);
	GArray *wins = collect("test_vmalloc,mode=smoke,run_test_mask=1,test_repeat_count=3,"
			       "test_loop_count=5,single_cpu_test=n,cpus=2",
			       1, NULL);

	g_assert_cmpuint(count_marks(smoke, "test:fix_size:passed"), ==, 10);
	g_assert_cmpuint(count_kind(smoke, OP_VMAP_ALLOC), ==, 10 * 10000);
	g_assert_cmpuint(count_marks(wins, "test:fix_size:passed"), ==, 2 * 3);
	g_assert_cmpuint(count_kind(wins, OP_VMAP_ALLOC), ==, 2 * 3 * 5);
	g_array_unref(smoke);
	g_array_unref(wins);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/test_vmalloc/mode-settings", test_mode_settings);
	g_test_add_func("/test_vmalloc/masks-and-thresholds", test_masks_and_thresholds);
	g_test_add_func("/test_vmalloc/recorded-sequences", test_recorded_sequences);
	g_test_add_func("/test_vmalloc/default-arrays", test_default_arrays);
	g_test_add_func("/test_vmalloc/random-sizes", test_random_sizes);
	g_test_add_func("/test_vmalloc/random-sizes-and-alignments",
			test_random_sizes_and_alignments);
	g_test_add_func("/test_vmalloc/failures", test_failures);
	g_test_add_func("/test_vmalloc/pages-and-threads", test_pages_and_threads);
	g_test_add_func("/test_vmalloc/align-shift", test_align_shift_on_two_windows);
	g_test_add_func("/test_vmalloc/order-of-tests", test_order_of_tests);
	g_test_add_func("/test_vmalloc/shuffle-moves-every-test", test_shuffle_moves_every_test);
	g_test_add_func("/test_vmalloc/modes", test_modes);
	return g_test_run();
}
