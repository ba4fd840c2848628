// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What an op costs, everything on (judging, engine, price, histograms, series, address map), and
 * how fast JSON Lines are read beside jansson alone on the same lines. CPU time of this
 * process, wall time where there are threads; the best of three runs each, all in one process.
 */
#include "models/registry.h"
#include "sim/metrics/recorder.h"
#include "sim/trace/array_source.h"
#include "sim/trace/jsonl.h"
#include "sim/workload/workload.h"

#include <glib/gstdio.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define OPS	 2000000
#define WORKLOAD "vmap_mix,live=50000,ops=2000000"
#define LINES	 500000
#define RUNS	 3

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* The ops of the workload, answered as if all requests were met; marks are left out. */
static struct op *generate(struct trace_header *header, uint64_t *n)
{
	const struct workload_env env = {.seed = 1};
	GError *error = NULL;
	struct op_source *source = workload_source_new(WORKLOAD, &env, &error);
	struct op *ops = g_new(struct op, OPS);
	struct op op;

	g_assert_no_error(error);
	for (*n = 0; *n < OPS && op_source_next(source, ANY_CPU, &op, &error) == SOURCE_OP;) {
		source->ops->result(source, &op, true, 0);
		if (op.kind == OP_MARK)
			op_clear(&op);
		else
			ops[(*n)++] = op;
	}
	*header = source->header;
	header->origin = NULL;
	op_source_destroy(source);
	return ops;
}

static void replay_once(const struct model_ops *model_ops, const struct cpu_profile *profile,
			const struct trace_header *header, const struct op *ops, uint64_t n)
{
	struct param_value params[PARAM_MAX];
	struct footprint footprint = {0};
	struct engine_totals totals;
	GError *error = NULL;

	param_defaults(model_ops->params, params);
	const struct model_env env = {
		.cpus = 1,
		.vstart = header->vstart,
		.vend = header->vend,
		.lazy_max_pages = header->lazy_max_pages,
		.seed = 1,
		.params = params,
		.footprint = &footprint,
	};
	void *model = model_ops->create(&env, &error);
	const struct recorder_config recorder_config = {
		.model_ops = model_ops, .model = model, .vstart = env.vstart, .vend = env.vend};
	struct recorder *recorder = recorder_new(&recorder_config);
	struct op_source *source = array_source_new(header, ops, n);
	struct op_stream *stream = op_stream_new(source, 1, false);
	const struct engine_config config = {
		.model_ops = model_ops,
		.model = model,
		.footprint = &footprint,
		.profile = profile,
		.cpus = 1,
		.observe = recorder_op,
		.observer = recorder,
	};

	if (!engine_run(&config, stream, &totals, &error))
		g_error("%s", error->message);
	recorder_finish(recorder, &totals);
	g_assert_cmpuint(totals.ops, ==, n);
	recorder_free(recorder);
	op_stream_free(stream);
	op_source_destroy(source);
	model_ops->destroy(model);
}

static void row(const char *what, uint64_t n, double best, const char *note)
{
	printf("%-34s %9" G_GUINT64_FORMAT " %10.0f %8.1f  %s\n", what, n, (double)n / best,
	       best * 1e9 / (double)n, note);
}

static void bench_model(const char *name, const char *target, const struct cpu_profile *profile,
			const struct trace_header *header, const struct op *ops, uint64_t n)
{
	g_autofree char *what = g_strdup_printf("replay, 50,000 live, %s", name);
	const struct model_ops *model_ops = model_find(name, NULL);
	double best = 1e9;

	for (unsigned i = 0; i < RUNS; i++) {
		double start = seconds();

		replay_once(model_ops, profile, header, ops, n);
		best = MIN(best, seconds() - start);
	}
	row(what, n, best, target);
}

static double parse_with_jansson(const char *text, size_t length)
{
	double start = seconds();

	for (const char *line = text, *end = text + length; line < end;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		json_t *object = json_loadb(line, (size_t)(newline - line), 0, NULL);

		g_assert_nonnull(object);
		json_decref(object);
		line = newline + 1;
	}
	return seconds() - start;
}

static void read_as_trace(const char *path, unsigned parsers)
{
	const struct jsonl_threads threads = {.parsers = parsers, .chunk_bytes = 1 << 16};
	struct op_source *source =
		jsonl_source_new_threads(reader_open(path, NULL), &threads, NULL);
	struct op op;

	while (op_source_next(source, ANY_CPU, &op, NULL) == SOURCE_OP)
		op_clear(&op);
	op_source_destroy(source);
}

static double read_on_one_core(const char *path)
{
	double start = seconds();

	read_as_trace(path, 0);
	return seconds() - start;
}

/* As long as the rest of the machine leaves two cores alone. */
static double read_on_two_cores(const char *path)
{
	gint64 start_us = g_get_monotonic_time();

	read_as_trace(path, 2);
	return (double)(g_get_monotonic_time() - start_us) * 1e-6;
}

static void bench_reader(const struct trace_header *header, const struct op *ops)
{
	g_autofree char *path = g_build_filename(g_get_tmp_dir(), "kmsim-bench.XXXXXX", NULL);
	g_autofree char *text = NULL;
	double jansson = 1e9, reader = 1e9, threads = 1e9;
	size_t length;

	g_close(g_mkstemp(path), NULL);
	struct jsonl_writer *writer = jsonl_writer_open(path, header, NULL);

	for (uint64_t i = 0; i < LINES; i++)
		jsonl_writer_put(writer, &ops[i]);
	g_assert_true(jsonl_writer_commit(writer, NULL));
	g_assert_true(g_file_get_contents(path, &text, &length, NULL));
	for (unsigned i = 0; i < RUNS; i++) {
		jansson = MIN(jansson, parse_with_jansson(text, length));
		reader = MIN(reader, read_on_one_core(path));
		threads = MIN(threads, read_on_two_cores(path));
	}
	g_unlink(path);
	g_autofree char *note =
		g_strdup_printf("%.0f %% of jansson's speed; goal: 80 %%", jansson / reader * 100);

	row("JSON Lines, jansson alone", LINES, jansson, "");
	row("JSON Lines, kmsim's reader", LINES, reader, note);
	g_autofree char *threads_note = g_strdup_printf("%.0f %% of jansson's speed; goal: 150 %%",
							jansson / threads * 100);

	row("JSON Lines, the same, two cores", LINES, threads, threads_note);
}

int main(void)
{
	struct cpu_profile *profile = cpu_profile_load("generic-x86_64", NULL);
	struct trace_header header;
	uint64_t n;
	struct op *ops = generate(&header, &n);

	printf("%-34s %9s %10s %8s\n", "workload", "ops", "ops/s", "ns/op");
	bench_model("null", "goal: 100 ns", profile, &header, ops, n);
	bench_model("vmap-augtree", "goal: 1000 ns", profile, &header, ops, n);
	bench_reader(&header, ops);
	cpu_profile_free(profile);
	g_free(ops);
	return 0;
}
