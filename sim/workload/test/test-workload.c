// SPDX-License-Identifier: GPL-2.0-or-later
/* What holds for every workload: specs and their errors, determinism, ids, page arrays, synth. */
#include "sim/base/error.h"
#include "sim/trace/jsonl.h"
#include "sim/workload/settings.h"
#include "sim/workload/test/collect.h"

#include <glib/gstdio.h>

/* One short run of each, with refusals on the way. */
static const char *const specs[] = {
	"test_vmalloc,cpus=3,test_loop_count=20,full_fit_areas=50,long_busy_areas=50",
	"vmap_mix,cpus=3,ops=3000,live=100,pow2_align=50,module_share=20",
	"module_churn,cpus=3,steps=2000,live=100",
	"arm32_modules,cpus=3,steps=2000,live=100",
	"page_churn,cpus=3,memory=16,ops=3000",
	"page_fragmenter,memory=16",
	"stray_probe,memory=16,hole=0,rounds=2",
	"thp_stress,memory=16,writers=2,threads=3,files=50",
	"thpscale,memory=64,cpus=3,threads=5",
	"mixed_server,memory=16,cpus=3,ops=3000,probe_every=100",
};

/* By what the op asks for, so that it does not matter when; all large requests for pages. */
static bool refuse_some(const struct op *op)
{
	if (op->kind == OP_PAGE_ALLOC)
		return op->page.order < 3;
	return op->vmap.size / PAGE_SIZE % 7;
}

static void assert_spec_error(const char *spec, const char *part)
{
	struct workload_env env = {0};
	GError *error = NULL;
	struct op_source *source = workload_source_new(spec, &env, &error);

	g_assert_null(source);
	g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_USAGE);
	g_test_message("%s", error->message);
	g_assert_nonnull(strstr(error->message, part));
	g_error_free(error);
}

static void test_bad_specs(void)
{
	assert_spec_error("no_such", "known: test_vmalloc, vmap_mix, module_churn, arm32_modules");
	assert_spec_error("", "no name");
	assert_spec_error("vmap_mix,nonsense=1", "nonsense");
	assert_spec_error("vmap_mix,live", "key=value");
	assert_spec_error("arm32_modules,steps=x", "steps=x");
	assert_spec_error("vmap_mix,live=0", "out of range");
	assert_spec_error("vmap_mix,min_pages=3,max_pages=2", "larger than max_pages");
	assert_spec_error("vmap_mix,sizes=pow2,min_pages=5,max_pages=7", "no power of two");
	assert_spec_error("vmap_mix,page_align=60,stack_align=60", "exceed 100 %");
	assert_spec_error("vmap_mix,max_align=5000", "no power of two");
	assert_spec_error("vmap_mix,cpus=8,live=7", "less than one area a CPU");
	assert_spec_error("vmap_mix,vstart=0x2000,vend=0x1000", "is empty");
	assert_spec_error("vmap_mix,modules_vstart=0x2000,modules_vend=0x2000", "is empty");
	assert_spec_error("test_vmalloc,run_test_mask=256", "selects no test");
	assert_spec_error("test_vmalloc,mode=fast", "mode=fast");
	assert_spec_error("module_churn,module_share=90,buffer_share=9,ioremap_share=2", "100 %");
	assert_spec_error("page_churn,unmovable=60,pinned=41,reclaimable=0", "exceed 100 %");
	assert_spec_error("page_churn,machine=no-such", "no-such");
	assert_spec_error("page_fragmenter,hole_order=4,limit_order=3", "higher than limit_order");
	assert_spec_error("thp_stress,threads=8,cpus=7", "a CPU of its own");
	assert_spec_error("mixed_server,anon=80,slab=16", "exceeds 95 %");
}

static void test_list(void)
{
	const struct workload_ops *const *list = workload_list();
	guint n = 0;

	for (; list[n]; n++) {
		g_assert_true(workload_find(list[n]->name, NULL) == list[n]);
		g_assert_cmpstr(list[n]->params[WORKLOAD_CPUS].name, ==, "cpus");
		g_assert_cmpuint(strlen(list[n]->summary), >, 0);
		for (guint i = 0; list[n]->params[i].name; i++)
			g_assert_cmpuint(i, <, PARAM_MAX);
	}
	g_assert_cmpuint(n, ==, 10);
}

static void test_header(void)
{
	struct workload_env env = {.cpus = 5, .seed = 9};
	struct op_source *source =
		workload_source_new("vmap_mix,arch=arm64-39,cpus=2,lazy_max_pages=77", &env, NULL);

	g_assert_true(source->per_cpu);
	g_assert_cmpuint(source->header.cpus, ==, 5);
	g_assert_true(source->header.vstart_given && source->header.vend_given);
	g_assert_cmphex(source->header.vstart, ==, 0xffffff8008000000);
	g_assert_cmphex(source->header.vend, ==, 0xffffffbebfff0000);
	g_assert_true(source->header.lazy_max_pages_given);
	g_assert_cmpuint(source->header.lazy_max_pages, ==, 77);
	g_assert_nonnull(strstr(source->header.origin, "lazy_max_pages=77 --seed 9"));
	op_source_destroy(source);

	source = source_of("vmap_mix,vend=0xffffca0000000000,cpus=4", 1);
	g_assert_cmphex(source->header.vstart, ==, VMALLOC_START_X86_64);
	g_assert_cmphex(source->header.vend, ==, 0xffffca0000000000);
	g_assert_false(source->header.lazy_max_pages_given);
	g_assert_cmpuint(source->header.lazy_max_pages, ==, 24576);
	op_source_destroy(source);
}

static void test_same_seed_same_ops(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(specs); i++) {
		GArray *first = collect(specs[i], 1, refuse_some);
		GArray *again = collect(specs[i], 1, refuse_some);
		GArray *other = collect(specs[i], 2, refuse_some);

		g_assert_cmpuint(first->len, >, 100);
		g_assert_true(same_ops(first, again));
		g_assert_false(same_ops(first, other));
		g_array_unref(first);
		g_array_unref(again);
		g_array_unref(other);
	}
}

/* Each CPU's ops are the same whether CPUs take turns or one runs to its end before the next. */
static void test_interleaving_does_not_matter(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(specs); i++) {
		GArray *turns = collect(specs[i], 1, refuse_some);
		struct op_source *source = source_of(specs[i], 1);

		if (source->header
			    .memory) { /* CPUs may wait for each other: test-page_workloads.c */
			op_source_destroy(source);
			g_array_unref(turns);
			continue;
		}
		for (uint32_t cpu = source->header.cpus; cpu-- > 0;) {
			GArray *alone = collect_from(source, cpu, refuse_some);
			GArray *own = ops_of_cpu(turns, cpu);

			g_assert_cmpuint(own->len, >, 0);
			g_assert_true(same_ops(alone, own));
			g_array_unref(alone);
			g_array_unref(own);
		}
		op_source_destroy(source);
		g_array_unref(turns);
	}
}

static void test_ids_are_dense(void)
{
	GArray *ops = collect("vmap_mix,cpus=4,ops=100000,live=1000", 1, NULL);

	for (guint i = 0; i < ops->len; i++)
		g_assert_cmpuint(op_at(ops, i)->id, <=, 1000);
	g_array_unref(ops);
}

static const struct op *nth_alloc(const GArray *ops, guint n)
{
	for (guint i = 0;; i++) {
		if (op_at(ops, i)->kind == OP_VMAP_ALLOC && !n--)
			return op_at(ops, i);
	}
}

static bool refuse_arrays(const struct op *op)
{
	return op->vmap.size > 100 * PAGE_SIZE;
}

/* An array of 300000 pointers has 586 pages; pointers to those need two pages of their own. */
static void test_page_arrays(void)
{
	static const char spec[] =
		"test_vmalloc,run_test_mask=4,test_loop_count=1,long_busy_areas=300000";
	GArray *ops = collect(spec, 1, NULL);
	guint last = ops->len - 2; /* the mark is the last one */

	g_assert_cmpuint(nth_alloc(ops, 0)->vmap.size, ==, 587 * PAGE_SIZE);
	g_assert_cmpuint(nth_alloc(ops, 1)->vmap.size, ==, 3 * PAGE_SIZE);
	g_assert_cmpuint(nth_alloc(ops, 2)->vmap.size, ==, 2 * PAGE_SIZE);
	g_assert_cmpuint(op_at(ops, last - 1)->id, ==, nth_alloc(ops, 0)->id);
	g_assert_cmpuint(op_at(ops, last)->id, ==, nth_alloc(ops, 1)->id);
	g_assert_cmpuint(count_kind(ops, OP_VMAP_ALLOC), ==, count_kind(ops, OP_VMAP_FREE));
	g_array_unref(ops);

	/* the page array is refused: the area goes back, the test fails */
	ops = collect(spec, 1, refuse_arrays);
	g_assert_cmpuint(count_kind(ops, OP_VMAP_ALLOC), ==, 2);
	g_assert_cmpuint(count_kind(ops, OP_VMAP_FREE), ==, 1);
	g_assert_cmpuint(op_at(ops, 3)->id, ==, op_at(ops, 1)->id);
	g_assert_cmpuint(count_marks(ops, "test:long_busy_list:failed"), ==, 1);
	g_array_unref(ops);

	/* 32-bit pointers: 293 pages, no array of its own */
	g_autofree char *arm = g_strconcat(spec, ",arch=arm32", NULL);
	ops = collect(arm, 1, NULL);
	g_assert_cmpuint(nth_alloc(ops, 0)->vmap.size, ==, 294 * PAGE_SIZE);
	g_assert_cmpuint(nth_alloc(ops, 1)->vmap.size, ==, 2 * PAGE_SIZE);
	g_array_unref(ops);
}

/* Ops abandoned on the way leave nothing behind (the address sanitizer looks). */
static void test_abandoned(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(specs); i++) {
		struct op_source *source = source_of(specs[i], 1);
		struct op op;

		guint n = 0;

		for (; n < 100 && op_source_next(source, ANY_CPU, &op, NULL) == SOURCE_OP; n++) {
			source->ops->result(source, &op, n % 3 != 2, 0);
			op_clear(&op);
		}
		g_assert_cmpuint(n, >, 5);
		g_assert_cmpuint(source->ops->progress(source), <=, 1000);
		op_source_destroy(source);
	}
}

static GArray *synth_and_read(const char *spec)
{
	g_autofree char *dir = g_dir_make_tmp("kmsim-synth-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "trace.jsonl.gz", NULL);
	struct op_source *source = source_of(spec, 1);
	GError *error = NULL;

	workload_synth(source, path, NULL, &error);
	g_assert_no_error(error);
	struct reader *reader = reader_open(path, &error);

	g_assert_no_error(error);
	struct op_source *trace = jsonl_source_new(reader, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(trace->header.cpus, ==, source->header.cpus);
	g_assert_cmphex(trace->header.vstart, ==, source->header.vstart);
	g_assert_cmphex(trace->header.vend, ==, source->header.vend);
	g_assert_cmpstr(trace->header.origin, ==, source->header.origin);
	GArray *ops = collect_from(trace, ANY_CPU, NULL);

	op_source_destroy(source);
	op_source_destroy(trace);
	g_unlink(path);
	g_rmdir(dir);
	return ops;
}

static bool fits(const struct op *op)
{
	if (op->kind == OP_PAGE_ALLOC)
		return true;
	return op->vmap.align < UINT64_C(1) << 46;
}

static void test_synth(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(specs); i++) {
		GArray *written = synth_and_read(specs[i]), *ops = collect(specs[i], 1, fits);

		g_assert_true(same_ops(written, ops));
		g_array_unref(written);
		g_array_unref(ops);
	}
}

/* The first request of align_shift that an empty window refuses, in each repeat. */
static void test_synth_stops_where_an_empty_window_would(void)
{
	static const struct {
		const char *arch;
		guint refused;
	} cases[] = {{"x86_64", 46}, {"arm64-39", 38}, {"arm64-48", 47}, {"arm32", 29}};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *spec = g_strdup_printf(
			"test_vmalloc,run_test_mask=64,test_repeat_count=3,arch=%s", cases[i].arch);
		GArray *ops = synth_and_read(spec);

		g_assert_cmpuint(count_kind(ops, OP_VMAP_ALLOC), ==, 3 * (cases[i].refused + 1));
		g_assert_cmpuint(count_kind(ops, OP_VMAP_FREE), ==, 3 * cases[i].refused);
		g_assert_cmpuint(count_marks(ops, "test:align_shift:failed"), ==, 3);
		g_array_unref(ops);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/workload/bad-specs", test_bad_specs);
	g_test_add_func("/workload/list", test_list);
	g_test_add_func("/workload/header", test_header);
	g_test_add_func("/workload/same-seed-same-ops", test_same_seed_same_ops);
	g_test_add_func("/workload/interleaving", test_interleaving_does_not_matter);
	g_test_add_func("/workload/ids-are-dense", test_ids_are_dense);
	g_test_add_func("/workload/page-arrays", test_page_arrays);
	g_test_add_func("/workload/abandoned", test_abandoned);
	g_test_add_func("/workload/synth", test_synth);
	g_test_add_func("/workload/synth-empty-window",
			test_synth_stops_where_an_empty_window_would);
	return g_test_run();
}
