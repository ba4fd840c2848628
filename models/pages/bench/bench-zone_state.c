// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The model alone on large zones: a full compaction of 64 GiB of which every second page is free;
 * samples of it; 1 TiB filled with blocks of all sizes and drained again, with what that takes of
 * memory.
 */
#include "models/builtin.h"
#include "models/model_run.h"
#include "models/pages/memmap.h"
#include "sim/base/bench/bench.h"
#include "sim/base/rng.h"

#define GIB_PAGES (UINT64_C(1) << 18)
#define START	  (UINT64_C(1) << 20)

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

/* Every second page of 95 % of 64 GiB is free. */
static uint32_t half_free(struct model_run *run)
{
	uint32_t n = (uint32_t)(64 * GIB_PAGES * 95 / 100);

	set_up(run, 64 * GIB_PAGES);
	for (uint32_t slot = 0; slot < n; slot++)
		g_assert(request(run, slot, 0) == CALL_DONE);
	for (uint32_t slot = 0; slot < n; slot += 2)
		give_back(run, slot);
	return n + n / 2;
}

static void run_half_free(const void *arg G_GNUC_UNUSED, struct bench_result *result)
{
	struct model_run run;
	double start = bench_seconds();

	result->ops = half_free(&run);
	result->seconds = bench_seconds() - start;
	model_run_clear(&run);
}

/* An op here is a page moved. */
static void run_compaction(const void *arg G_GNUC_UNUSED, struct bench_result *result)
{
	const struct op compact = {.kind = OP_COMPACT, .page = {.order = -1, .mode = COMPACT_SYNC}};
	struct model_run run;

	half_free(&run);
	double start = bench_seconds();

	g_assert(model_run_op(&run, &compact) == CALL_DONE);
	result->seconds = bench_seconds() - start;
	result->ops = run.work[STEP_PAGE_MIGRATED];
	model_run_clear(&run);
}

static void run_samples(const void *arg G_GNUC_UNUSED, struct bench_result *result)
{
	struct zone_sample sample;
	struct model_run run;

	half_free(&run);
	double start = bench_seconds();

	for (result->ops = 0; result->ops < 1024; result->ops++)
		pages_model.sample_zone(run.model, 0, &sample);
	result->seconds = bench_seconds() - start;
	model_run_clear(&run);
}

/* 1 TiB in blocks of 1 to 1024 pages, the small ones as often as the large. */
static void run_tebibyte(const void *arg G_GNUC_UNUSED, struct bench_result *result)
{
	uint64_t pages = 1024 * GIB_PAGES, taken = 0, before = bench_rss();
	struct model_run run;
	uint32_t n = 0;
	struct rng rng;

	rng_init(&rng, 1, "bench");
	double start = bench_seconds();

	set_up(&run, pages);
	for (; taken < pages * 9 / 10; result->ops++) {
		int8_t order = (int8_t)rng_below(&rng, MAX_ORDER_NR);

		if (request(&run, n, order) == CALL_DONE) {
			n++;
			taken += UINT64_C(1) << order;
		}
	}
	result->objects = pages;
	result->object_bytes = bench_rss() - before;
	for (uint32_t slot = 0; slot < n; slot += 2)
		give_back(&run, slot);
	for (uint32_t slot = 1; slot < n; slot += 2)
		give_back(&run, slot);
	result->ops += n;
	result->seconds = bench_seconds() - start;
	model_run_clear(&run);
}

int main(void)
{
	static const struct {
		const char *name;
		bench_fn run;
	} rows[] = {
		{"pages, 64 GiB filled by the page, half freed", run_half_free},
		{"pages, 64 GiB compacted, pages moved", run_compaction},
		{"pages, 64 GiB, samples", run_samples},
		{"pages, 1 TiB filled and drained", run_tebibyte},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct bench_result result = bench_measure(rows[i].run, NULL, 1);

		bench_row(rows[i].name, &result, NULL, NULL);
	}
	return 0;
}
