// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whole runs, everything on (reading, judging, engine, price, histograms, series, address map):
 * packed traces into the models, how that grows with the number of live areas, many CPUs, a long
 * trace, and the kernel's own benchmark at full length.
 */
#include "sim/base/bench/bench.h"
#include "sim/scenario/variant.h"
#include "sim/workload/workload.h"

#include <glib/gstdio.h>
#include <sys/resource.h>

#define OPS	     10000000
#define SCALE_OPS    5000000 /* beyond those that make the live areas */
#define STREAM_OPS   100000000
#define MANY_CPU_OPS 5000000
#define WALK_OPS     200000
#define CHAIN_OPS    20000000

struct job {
	const char *model;
	char *source;
	bool workload;
	uint64_t live; /* areas; 0: not counted */
};

/* Most that this process has had resident. */
static uint64_t peak_rss(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)usage.ru_maxrss * 1024;
}

static void run(const void *arg, struct bench_result *result)
{
	const struct job *job = arg;
	const struct variant_hooks hooks = {0};
	const struct variant_spec spec = {
		.name = (char *)"bench",
		.source = job->source,
		.workload = job->workload,
		.model = (char *)job->model,
		.profile = (char *)"generic-x86_64",
		.seed = 1,
	};
	struct variant_run variant;
	GError *error = NULL;
	uint64_t rss = peak_rss();
	double start = bench_seconds();

	if (!variant_execute(&spec, &hooks, &variant, &error))
		g_error("%s", error->message);
	result->seconds = bench_seconds() - start;
	result->ops = variant.totals.ops;
	result->check = variant.totals.end_cycles;
	result->objects = job->live;
	result->object_bytes = job->live ? peak_rss() - rss : 0;
	variant_run_clear(&variant);
}

/* --- traces ----------------------------------------------------------------------------------- */

struct synth {
	char *spec, *path;
};

static void make(const void *arg, struct bench_result *result)
{
	const struct synth *synth = arg;
	const struct workload_env env = {.seed = 1};
	struct op_source *source = workload_source_new(synth->spec, &env, NULL);

	g_assert_true(workload_synth(source, synth->path, NULL, NULL));
	op_source_destroy(source);
	result->ops = 1;
}

/* A packed trace in a temporary file, made by a process of its own. */
static char *packed(uint64_t live, uint64_t ops)
{
	struct synth synth = {
		.spec = g_strdup_printf(
			"vmap_mix,live=%" G_GUINT64_FORMAT ",ops=%" G_GUINT64_FORMAT, live, ops),
		.path = g_build_filename(g_get_tmp_dir(), "kmsim-bench.XXXXXX.kmt", NULL),
	};

	g_close(g_mkstemp(synth.path), NULL);
	bench_measure(make, &synth, 1);
	g_free(synth.spec);
	return synth.path;
}

static void end(char *path)
{
	g_unlink(path);
	g_free(path);
}

/* --- rows ------------------------------------------------------------------------------------- */

static void replay_rows(void)
{
	char *path = packed(50000, bench_ops(OPS)), *less = packed(50000, bench_ops(WALK_OPS));
	struct job job = {.model = "null", .source = path};
	struct bench_result result = bench_measure(run, &job, 3), walk;

	bench_row("replay, 50000 live, null", &result, NULL, NULL);
	job.model = "vmap-augtree";
	result = bench_measure(run, &job, 2);
	bench_row("replay, 50000 live, vmap-augtree", &result, NULL, NULL);
	job.model = "vmap-busylist";
	result = bench_measure(run, &job, 2);
	bench_row("replay, 50000 live, vmap-busylist", &result, NULL, NULL);
	job.source = less;
	result = bench_measure(run, &job, 2);
	job.model = "vmap-busylist,search=walk";
	walk = bench_measure(run, &job, 1);
	g_assert_true(walk.check == result.check);
	bench_row("replay, the first of these, vmap-busylist", &result, &walk, "search=walk");
	end(path);
	end(less);
}

static void scale_rows(uint64_t live)
{
	char *path = packed(live, live + bench_ops(SCALE_OPS));
	struct job job = {.source = path, .live = live};
	const char *const models[] = {"vmap-augtree", "vmap-busylist"};

	for (unsigned i = 0; i < G_N_ELEMENTS(models); i++) {
		g_autofree char *name =
			g_strdup_printf("replay, %" G_GUINT64_FORMAT " live, %s", live, models[i]);

		job.model = models[i];
		struct bench_result result = bench_measure(run, &job, 1);

		bench_row(name, &result, NULL, NULL);
	}
	end(path);
}

static void stream_row(void)
{
	char *path = packed(1000, bench_ops(STREAM_OPS));
	const struct job job = {.model = "null", .source = path};
	struct bench_result result = bench_measure(run, &job, 1);

	bench_row("replay, streamed, null", &result, NULL, NULL);
	end(path);
}

static void workload_row(const char *name, const char *model, char *spec, unsigned runs)
{
	const struct job job = {.model = model, .source = spec, .workload = true};
	struct bench_result result = bench_measure(run, &job, runs);

	bench_row(name, &result, NULL, NULL);
	g_free(spec);
}

#define CHAINED 16

/* Nothing but waiting for the result before. */
static void chain(const void *arg G_GNUC_UNUSED, struct bench_result *result)
{
	double start = bench_seconds();
	uint64_t x = 1;

	result->ops = bench_ops(CHAIN_OPS);
	for (uint64_t i = 0; i < result->ops * CHAINED; i++)
		x = x * UINT64_C(6364136223846793005) + 1;
	result->check = x;
	result->seconds = bench_seconds() - start;
}

/* How fast the machine's clock is now: 64 cycles, where a multiplication takes 3. */
static void clock_row(void)
{
	struct bench_result result = bench_measure(chain, NULL, 3);

	bench_row("16 multiplications, each after an addition", &result, NULL, NULL);
}

static char *test_vmalloc(const char *mode)
{
	/* about 14 ops a loop and CPU */
	return g_strdup_printf("test_vmalloc,cpus=4,mode=%s,test_loop_count=%" G_GUINT64_FORMAT,
			       mode, bench_ops(UINT64_C(14000000)) / 14);
}

int main(void)
{
	const uint64_t scales[] = {500000, 5000000, 10000000};

	replay_rows();
	for (unsigned i = 0; i < G_N_ELEMENTS(scales); i++)
		scale_rows(scales[i]);
	stream_row();
	clock_row();
	workload_row("256 CPUs, 50000 live, vmap-augtree", "vmap-augtree",
		     g_strdup_printf("vmap_mix,cpus=256,live=50000,ops=%" G_GUINT64_FORMAT,
				     bench_ops(MANY_CPU_OPS)),
		     2);
	workload_row("16 CPUs, 50000 live, vmap-nodes", "vmap-nodes",
		     g_strdup_printf("vmap_mix,cpus=16,live=50000,ops=%" G_GUINT64_FORMAT,
				     bench_ops(MANY_CPU_OPS)),
		     2);
	workload_row("test_vmalloc, performance, 3 passes, busylist", "vmap-busylist",
		     test_vmalloc("performance"), 1);
	workload_row("test_vmalloc, all of 4 CPUs, 1 pass, busylist", "vmap-busylist",
		     test_vmalloc("module"), 1);
	return 0;
}
