// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ops of the pages model through everything (judging, engine, price, histograms, samples) on a
 * machine of 64 GiB: single pages through the per-CPU lists, and all orders and types at random;
 * the null model on the same ops beside it. CPU time of this process, the best of three runs.
 */
#include "models/registry.h"
#include "sim/base/rng.h"
#include "sim/metrics/recorder.h"
#include "sim/trace/array_source.h"

#include <stdio.h>
#include <time.h>

#define OPS	  4000000
#define PAGES	  (UINT64_C(64) << 18)
#define LIVE_ONE  10000 /* single pages */
#define LIVE_MANY 40000 /* blocks, of 186 pages on the average */
#define RUNS	  3

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Each id lives until @live more have been made, then its slot in the ring is taken over. */
static void generate_single(struct op *ops)
{
	for (uint64_t i = 0; i < OPS; i++) {
		uint64_t nth = i / 2;
		bool frees = i % 2 && nth >= LIVE_ONE;

		ops[i] = (struct op){.kind = frees ? OP_PAGE_FREE : OP_PAGE_ALLOC, .id = i};
		ops[i].page.mt = MT_MOVABLE;
		if (frees)
			ops[i].id = 2 * (nth - LIVE_ONE);
	}
}

static void generate_random(struct op *ops)
{
	uint64_t *live = g_new(uint64_t, LIVE_MANY), n = 0;
	struct rng rng;

	rng_init(&rng, 1, "bench");
	for (uint64_t i = 0; i < OPS; i++) {
		if (!n || (n < LIVE_MANY && rng_below(&rng, 100) < 52)) {
			ops[i] = (struct op){.kind = OP_PAGE_ALLOC, .id = i};
			ops[i].page.order = (int8_t)rng_below(&rng, SAMPLE_ORDERS);
			ops[i].page.mt = (uint8_t)rng_below(&rng, MIGRATETYPES);
			live[n++] = i;
		} else {
			uint64_t victim = rng_below(&rng, n);

			ops[i] = (struct op){.kind = OP_PAGE_FREE, .id = live[victim]};
			live[victim] = live[--n];
		}
	}
	g_free(live);
}

static void replay_once(const struct model_ops *model_ops, const struct cpu_profile *profile,
			const struct memory_map *memory, const struct op *ops)
{
	const struct trace_header header = {.cpus = 1, .vend = UINT64_MAX};
	struct param_value params[PARAM_MAX];
	struct footprint footprint = {0};
	struct engine_totals totals;
	GError *error = NULL;

	param_defaults(model_ops->params, params);
	const struct model_env env = {.cpus = 1,
				      .vend = UINT64_MAX,
				      .memory = memory,
				      .seed = 1,
				      .params = params,
				      .footprint = &footprint};
	void *model = model_ops->create(&env, &error);

	g_assert_no_error(error);
	const struct recorder_config recorder_config = {
		.model_ops = model_ops, .model = model, .vend = UINT64_MAX, .memory = memory};
	struct recorder *recorder = recorder_new(&recorder_config);
	struct op_source *source = array_source_new(&header, ops, OPS);
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
	g_assert_cmpuint(totals.ops, ==, OPS);
	recorder_free(recorder);
	op_stream_free(stream);
	op_source_destroy(source);
	model_ops->destroy(model);
}

static double best_of(const char *model, const struct cpu_profile *profile,
		      const struct memory_map *memory, const struct op *ops)
{
	const struct model_ops *model_ops = model_find(model, NULL);
	double best = 1e9;

	for (unsigned i = 0; i < RUNS; i++) {
		double start = seconds();

		replay_once(model_ops, profile, memory, ops);
		best = MIN(best, seconds() - start);
	}
	return best;
}

static void bench(const char *what, const char *goal, void (*generate)(struct op *ops),
		  const struct cpu_profile *profile, const struct memory_map *memory,
		  struct op *ops)
{
	generate(ops);
	double pages = best_of("pages", profile, memory, ops);
	double null = best_of("null", profile, memory, ops);

	printf("%-44s %8.1f million ops/s; null %.1f; goal: %s\n", what, OPS / pages / 1e6,
	       OPS / null / 1e6, goal);
}

int main(void)
{
	struct cpu_profile *profile = cpu_profile_load("generic-x86_64", NULL);
	struct memory_map *memory = memory_map_new();
	struct op *ops = g_new(struct op, OPS);

	memory_map_add_zone(memory, "Normal", UINT64_C(1) << 20, (UINT64_C(1) << 20) + PAGES);
	bench("replay, order 0, per-CPU lists", "10", generate_single, profile, memory, ops);
	bench("replay, all orders and types, random", "3", generate_random, profile, memory, ops);
	cpu_profile_free(profile);
	memory_map_free(memory);
	g_free(ops);
	return 0;
}
