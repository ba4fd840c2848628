// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * JSON Lines read as a trace beside jansson alone on the same lines: on one core by CPU time, on
 * two by the clock on the wall, as far as the rest of the machine leaves two alone. And packed
 * traces.
 */
#include "sim/base/bench/bench.h"
#include "sim/trace/jsonl.h"
#include "sim/trace/trace_file.h"
#include "sim/workload/workload.h"

#include <glib/gstdio.h>
#include <jansson.h>
#include <string.h>

#define LINES 1000000
#define RUNS  3

struct file {
	char *path;
	uint64_t lines;
	unsigned parsers;
};

static void make(const void *arg, struct bench_result *result)
{
	const struct file *file = arg;
	const struct workload_env env = {.seed = 1};
	g_autofree char *spec =
		g_strdup_printf("vmap_mix,live=50000,ops=%" G_GUINT64_FORMAT, file->lines);
	struct op_source *source = workload_source_new(spec, &env, NULL);

	g_assert_true(workload_synth(source, file->path, NULL, NULL));
	op_source_destroy(source);
	result->ops = file->lines;
}

static struct file file_new(const char *suffix)
{
	g_autofree char *pattern = g_strconcat("kmsim-bench.XXXXXX", suffix, NULL);
	struct file file = {.path = g_build_filename(g_get_tmp_dir(), pattern, NULL),
			    .lines = bench_ops(LINES)};

	g_close(g_mkstemp(file.path), NULL);
	bench_measure(make, &file, 1);
	return file;
}

static void file_end(struct file *file)
{
	g_unlink(file->path);
	g_free(file->path);
}

static void parse_with_jansson(const void *arg, struct bench_result *result)
{
	const struct file *file = arg;
	g_autofree char *text = NULL;
	size_t length;

	g_assert_true(g_file_get_contents(file->path, &text, &length, NULL));
	double start = bench_seconds();

	for (const char *line = text, *end = text + length; line < end; result->ops++) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		json_t *object = json_loadb(line, (size_t)(newline - line), 0, NULL);

		g_assert_nonnull(object);
		json_decref(object);
		line = newline + 1;
	}
	result->seconds = bench_seconds() - start;
}

static void drain(struct op_source *source, struct bench_result *result)
{
	struct op op;

	for (; op_source_next(source, ANY_CPU, &op, NULL) == SOURCE_OP; result->ops++)
		op_clear(&op);
	op_source_destroy(source);
}

static void read_jsonl(const void *arg, struct bench_result *result)
{
	const struct file *file = arg;
	const struct jsonl_threads threads = {.parsers = file->parsers, .chunk_bytes = 1 << 16};
	double start = file->parsers ? (double)g_get_monotonic_time() * 1e-6 : bench_seconds();

	drain(jsonl_source_new_threads(reader_open(file->path, NULL), &threads, NULL), result);
	result->seconds =
		(file->parsers ? (double)g_get_monotonic_time() * 1e-6 : bench_seconds()) - start;
}

static void read_packed(const void *arg, struct bench_result *result)
{
	const struct file *file = arg;
	double start = bench_seconds();

	drain(trace_source_new(reader_open(file->path, NULL), NULL), result);
	result->seconds = bench_seconds() - start;
}

int main(void)
{
	struct file file = file_new(".jsonl"), packed = file_new(".kmt");
	struct bench_result jansson = bench_measure(parse_with_jansson, &file, RUNS);
	struct bench_result one = bench_measure(read_jsonl, &file, RUNS);

	file.parsers = 2;
	struct bench_result two = bench_measure(read_jsonl, &file, RUNS);
	struct bench_result binary = bench_measure(read_packed, &packed, RUNS);

	bench_row("reading, jansson alone", &jansson, NULL, NULL);
	bench_row("reading JSON Lines, one core", &one, &jansson, "jansson alone");
	bench_row("reading JSON Lines, two cores, wall clock", &two, &jansson, "jansson alone");
	bench_row("reading a packed trace", &binary, &jansson, "jansson alone");
	file_end(&file);
	file_end(&packed);
	return 0;
}
