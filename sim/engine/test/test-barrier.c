// SPDX-License-Identifier: GPL-2.0-or-later
/* Barriers of a generator: CPUs that are told to wait go on when the last one has come. */
#include "models/builtin.h"
#include "sim/base/json_util.h"
#include "sim/engine/engine.h"
#include "sim/workload/workload.h"

#include <string.h>

struct seen {
	uint64_t files, huge, seeds;
	uint64_t last_file_cycles, first_huge_cycles; /* end of the one, begin of the other */
	uint32_t cpus;				      /* that asked for huge pages, bits */
	json_t *workload;			      /* what the source measured */
};

static void note(void *ctx, const struct op_record *record)
{
	struct seen *seen = ctx;
	const struct op *op = record->op;

	if (op->kind == OP_PAGE_SEED)
		seen->seeds++;
	if (op->kind != OP_PAGE_ALLOC)
		return;
	if (op->flags & OP_RECLAIMABLE) {
		uint64_t end = record->t_start_cycles + record->latency_cycles;

		seen->files++;
		seen->last_file_cycles = MAX(seen->last_file_cycles, end);
	} else if (op->flags & OP_THP) {
		seen->first_huge_cycles =
			seen->huge++ ? MIN(seen->first_huge_cycles, record->t_start_cycles)
				     : record->t_start_cycles;
		seen->cpus |= UINT32_C(1) << op->cpu;
	}
}

static struct seen run(const char *spec, uint32_t cpus, enum run_order order)
{
	GError *error = NULL;
	struct cpu_profile *profile = cpu_profile_load("generic-x86_64", &error);
	const struct workload_env workload_env = {.seed = 1, .cpus = cpus};
	struct op_source *source = workload_source_new(spec, &workload_env, &error);
	struct param_value params[PARAM_MAX];
	struct footprint footprint = {0};
	struct engine_totals totals;
	struct seen seen = {0};

	g_assert_no_error(error);
	param_defaults(pages_model.params, params);
	const struct model_env model_env = {.cpus = cpus,
					    .memory = source->header.memory,
					    .params = params,
					    .footprint = &footprint};
	void *model = pages_model.create(&model_env, &error);

	g_assert_no_error(error);
	struct op_stream *stream = op_stream_new(source, cpus, false);
	const struct engine_config config = {
		.model_ops = &pages_model,
		.model = model,
		.footprint = &footprint,
		.profile = profile,
		.order = order,
		.cpus = cpus,
		.observe = note,
		.observer = &seen,
	};

	g_assert_true(engine_run(&config, stream, &totals, &error));
	g_assert_no_error(error);
	g_assert_cmpint(totals.end, ==, END_COMPLETE);
	g_assert_cmpuint(totals.late_lookahead, ==, 0);
	if (source->ops->figures)
		seen.workload = source->ops->figures(source);
	op_stream_free(stream);
	pages_model.destroy(model);
	op_source_destroy(source);
	cpu_profile_free(profile);
	return seen;
}

/* Three write, five fault: nobody faults before everything is written. */
static void test_phases(gconstpointer order)
{
	struct seen seen =
		run("thp_stress,memory=64,writers=3,threads=5,files=60,reads=0,slab_files=0", 8,
		    (enum run_order)GPOINTER_TO_UINT(order));

	g_assert_cmpuint(seen.files, ==, 16384 * 60 / 100 / 16 * 16);
	g_assert_cmpuint(seen.huge, ==, 24);
	g_assert_cmphex(seen.cpus, ==, 0xf8);
	g_assert_cmpuint(seen.first_huge_cycles, >=, seen.last_file_cycles);
	json_decref(seen.workload);
}

/*
 * A source that is told the time: faults of a thread follow one another, so with more threads than
 * CPUs each takes longer. 2 MiB take 180 us to be filled.
 */
static void test_time(void)
{
	double mean[2];

	for (unsigned i = 0; i < 2; i++) {
		struct seen seen = run(i ? "thpscale,memory=256,threads=8,used=n"
					 : "thpscale,memory=256,threads=2,used=n",
				       2, ORDER_TIME);

		mean[i] = json_number_at(seen.workload, "both/mean_ns");
		g_assert_cmpfloat(json_number_at(seen.workload, "both/count"), ==, i ? 48 : 50);
		json_decref(seen.workload);
	}
	g_assert_cmpfloat(mean[0], >, 170e3);
	g_assert_cmpfloat(mean[1], >, 1.5 * mean[0]);
}

/* Seeds of a generator are all there before the first CPU begins; the others have nothing to do. */
static void test_seeds(void)
{
	struct seen seen = run("stray_probe,memory=16,hole=0,rounds=1", 3, ORDER_TIME);

	g_assert_cmpuint(seen.seeds, >, 2000);
	g_assert_cmpuint(seen.huge, >, 0);
	json_decref(seen.workload);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/barrier/phases/time", GUINT_TO_POINTER(ORDER_TIME), test_phases);
	g_test_add_data_func("/barrier/phases/trace", GUINT_TO_POINTER(ORDER_TRACE), test_phases);
	g_test_add_func("/barrier/seeds", test_seeds);
	g_test_add_func("/barrier/time", test_time);
	return g_test_run();
}
