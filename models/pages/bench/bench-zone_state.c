// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The model alone on large zones: a full compaction of 64 GiB of which every second page is free;
 * samples of it; 1 TiB filled with blocks of all sizes and drained again, with what that takes of
 * memory. CPU time of this process; each in a process of its own, so that its peak is its own.
 */
#include "models/builtin.h"
#include "models/model_run.h"
#include "models/pages/memmap.h"
#include "sim/base/rng.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GIB_PAGES (UINT64_C(1) << 18)
#define START	  (UINT64_C(1) << 20)

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static double peak_gib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)usage.ru_maxrss / (1 << 20);
}

static void set_up(struct model_run *run, uint64_t pages)
{
	struct memory_map *memory = memory_map_new();
	struct param_value params[PARAM_MAX];
	GError *error = NULL;

	param_defaults(pages_model.params, params);
	memory_map_add_zone(memory, "Normal", START, START + pages);
	model_run_init(run, &pages_model,
		       (struct model_env){.cpus = 1, .memory = memory, .params = params}, &error);
	g_assert_no_error(error);
	memory_map_free(memory);
}

static int request(struct model_run *run, uint32_t slot, int8_t order)
{
	struct op op = {.kind = OP_PAGE_ALLOC, .slot = slot};

	op.page.order = order;
	op.page.mt = MT_MOVABLE;
	return model_run_op(run, &op);
}

static void give_back(struct model_run *run, uint32_t slot)
{
	const struct op op = {.kind = OP_PAGE_FREE, .slot = slot};

	model_run_op(run, &op);
}

static void compaction(void)
{
	const struct op compact = {.kind = OP_COMPACT, .page = {.order = -1, .mode = COMPACT_SYNC}};
	uint32_t n = (uint32_t)(64 * GIB_PAGES * 95 / 100);
	struct zone_sample sample;
	struct model_run run;

	set_up(&run, 64 * GIB_PAGES);
	double start = seconds();

	for (uint32_t slot = 0; slot < n; slot++)
		g_assert(request(&run, slot, 0) == CALL_DONE);
	for (uint32_t slot = 0; slot < n; slot += 2)
		give_back(&run, slot);
	printf("%-44s %8.2f s\n", "64 GiB: filled page by page, half freed", seconds() - start);
	start = seconds();
	g_assert(model_run_op(&run, &compact) == CALL_DONE);
	printf("%-44s %8.2f s, %.1f million pages moved; goal: 2 s\n", "  compacted",
	       seconds() - start, (double)run.work[STEP_PAGE_MIGRATED] / 1e6);
	start = seconds();
	for (unsigned i = 0; i < 1024; i++)
		pages_model.sample_zone(run.model, 0, &sample);
	printf("%-44s %8.2f s, %.2f of the free memory in blocks of 4 MiB\n", "  1024 samples",
	       seconds() - start,
	       (double)(sample.nr_free[LIST_MOVABLE][10] << 10) / (double)(64 * GIB_PAGES - n / 2));
	model_run_clear(&run);
}

/* Blocks of 1 to 1024 pages, the small ones as often as the large. */
static void tebibyte(void)
{
	uint64_t pages = 1024 * GIB_PAGES, taken = 0, ops = 0;
	struct model_run run;
	uint32_t n = 0;
	struct rng rng;

	rng_init(&rng, 1, "bench");
	double start = seconds();

	set_up(&run, pages);
	while (taken < pages * 9 / 10) {
		int8_t order = (int8_t)rng_below(&rng, MAX_ORDER_NR);

		if (request(&run, n, order) == CALL_DONE) {
			n++;
			taken += UINT64_C(1) << order;
		}
		ops++;
	}
	for (uint32_t slot = 0; slot < n; slot += 2)
		give_back(&run, slot);
	for (uint32_t slot = 1; slot < n; slot += 2)
		give_back(&run, slot);
	printf("%-44s %8.2f s, %.1f million ops\n", "1 TiB: filled and drained", seconds() - start,
	       (double)(ops + n) / 1e6);
	printf("%-44s %8.2f GiB, %.2f bytes a page; goal: 8 GiB\n", "  peak", peak_gib(),
	       peak_gib() * (1 << 30) / (double)pages);
	model_run_clear(&run);
}

static void in_a_child(void (*bench)(void))
{
	int status;

	fflush(stdout);
	pid_t child = fork();

	if (!child) {
		bench();
		fflush(stdout);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child || status)
		g_error("a benchmark failed");
}

int main(void)
{
	in_a_child(compaction);
	in_a_child(tebibyte);
	return 0;
}
