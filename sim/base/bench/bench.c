// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/bench/bench.h"

#include <glib.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

double bench_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

uint64_t bench_rss(void)
{
	g_autofree char *text = NULL;
	unsigned long long size = 0, resident = 0;

	if (!g_file_get_contents("/proc/self/statm", &text, NULL, NULL) ||
	    sscanf(text, "%llu %llu", &size, &resident) != 2)
		return 0;
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t bench_ops(uint64_t ops)
{
	const char *cap = g_getenv("BENCH_OPS");
	uint64_t most = cap ? g_ascii_strtoull(cap, NULL, 10) : 0;

	return most ? MIN(ops, most) : ops;
}

/* In a child: do the work, and write what came out to @fd. */
G_NORETURN static void work(bench_fn fn, const void *arg, int fd)
{
	struct bench_result result = {0};

	fn(arg, &result);
	_exit(write(fd, &result, sizeof(result)) == sizeof(result) ? 0 : 1);
}

static struct bench_result measure_once(bench_fn fn, const void *arg)
{
	struct bench_result result;
	struct rusage usage;
	int ends[2], status;

	fflush(NULL);
	if (pipe(ends))
		g_error("no pipe");
	pid_t child = fork();

	if (child < 0)
		g_error("no process");
	if (!child)
		work(fn, arg, ends[1]);
	close(ends[1]);
	bool ok = read(ends[0], &result, sizeof(result)) == sizeof(result);

	close(ends[0]);
	if (wait4(child, &status, 0, &usage) != child || !ok || status)
		g_error("a measurement failed");
	result.peak_rss = (uint64_t)usage.ru_maxrss * 1024;
	return result;
}

struct bench_result bench_measure(bench_fn fn, const void *arg, unsigned runs)
{
	struct bench_result best = {0};

	for (unsigned i = 0; i < runs; i++) {
		struct bench_result result = measure_once(fn, arg);

		g_assert_true(!i || result.check == best.check);
		if (!i || result.seconds < best.seconds)
			best = result;
	}
	return best;
}

/* "model name" of the first CPU, and how many there are. */
static char *machine_name(void)
{
	g_autofree char *text = NULL;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	const char *name;

	if (!g_file_get_contents("/proc/cpuinfo", &text, NULL, NULL) ||
	    !(name = strstr(text, "model name")) || !(name = strchr(name, ':')))
		return g_strdup_printf("%ld cores", cores);
	return g_strdup_printf("%.*s, %ld cores", (int)strcspn(name + 2, "\n"), name + 2, cores);
}

static double speed(const struct bench_result *result)
{
	return (double)result->ops / MAX(result->seconds, 1e-9);
}

static void keep(const char *path, const char *workload, const struct bench_result *result,
		 const struct bench_result *reference, const char *reference_name)
{
	FILE *file = fopen(path, "a");
	g_autofree char *machine = machine_name();

	if (!file)
		g_error("cannot write %s", path);
	json_t *row = json_pack("{ss ss sI sf sI sI sI}", "workload", workload, "machine", machine,
				"ops", (json_int_t)result->ops, "cpu_seconds", result->seconds,
				"objects", (json_int_t)result->objects, "object_bytes",
				(json_int_t)result->object_bytes, "peak_rss_bytes",
				(json_int_t)result->peak_rss);

	if (reference) {
		json_object_set_new(row, "reference", json_string(reference_name));
		json_object_set_new(row, "times_reference",
				    json_real(speed(result) / speed(reference)));
	}
	json_dumpf(row, file, JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(6));
	fputc('\n', file);
	fclose(file);
	json_decref(row);
}

static void heading(void)
{
	static bool done;

	if (!done && !g_getenv("BENCH_CONTINUED")) {
		g_autofree char *machine = machine_name();

		printf("%s\n\n%-46s %11s %9s %8s %7s %9s  %s\n", machine, "workload", "ops",
		       "Mops/s", "ns/op", "B/live", "peak RSS", "speed beside a reference");
	}
	done = true;
}

void bench_row(const char *workload, const struct bench_result *result,
	       const struct bench_result *reference, const char *reference_name)
{
	const char *json = g_getenv("BENCH_JSON");
	char each[32] = "";

	heading();
	if (result->objects)
		g_snprintf(each, sizeof(each), "%.1f",
			   (double)result->object_bytes / (double)result->objects);
	printf("%-46s %11" G_GUINT64_FORMAT " %9.3f %8.1f %7s %5.0f MiB", workload, result->ops,
	       speed(result) / 1e6, 1e9 / speed(result), each,
	       (double)result->peak_rss / (1 << 20));
	if (reference)
		printf("  %.2f x %s", speed(result) / speed(reference), reference_name);
	putchar('\n');
	fflush(stdout);
	if (json && *json)
		keep(json, workload, result, reference, reference_name);
}
