// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/test/sample_result.h"

#include "models/model_run.h"
#include "sim/base/rng.h"
#include "sim/base/units.h"

#include <glib/gstdio.h>

#define CLOCK_HZ UINT64_C(2000000000)

struct mix {
	struct rng rng;
	struct model_run run;
	struct recorder *recorder;
	GArray *live; /* struct op of allocations that were granted */
	uint64_t now_cycles;
	bool timed;
	struct engine_totals totals;
};

static uint64_t price(const struct mix *mix)
{
	uint64_t cycles = 200;

	for (unsigned step = 0; step < STEPS; step++)
		cycles += mix->run.work[step] * (step == STEP_TLB_FLUSH ? 3000 : 12);
	return cycles;
}

static void perform(struct mix *mix, struct op *op)
{
	int result = model_run_op(&mix->run, op);
	struct op_record record = {
		.op = op,
		.status = result == CALL_DONE ? STATUS_OK : STATUS_FAIL,
		.has_addr = result == CALL_DONE,
		.addr = mix->run.call.addr,
		.t_start_cycles = mix->now_cycles,
		.latency_cycles = price(mix),
		.steps = mix->run.call.steps,
		.note_key = mix->run.call.note_key,
		.note_value = mix->run.call.note_value,
	};

	recorder_op(mix->recorder, &record);
	mix->now_cycles += record.latency_cycles + (mix->timed ? 5000 : 0);
	mix->totals.busy_cycles += record.latency_cycles;
	mix->totals.ops++;
	for (unsigned step = 0; step < STEPS; step++)
		mix->totals.step_count[step] += mix->run.work[step];
	if (op->kind == OP_VMAP_ALLOC && result == CALL_DONE)
		g_array_append_val(mix->live, *op);
}

static void random_op(struct mix *mix, uint64_t i, unsigned n)
{
	uint64_t want = i < n / 3 ? 3 : 2; /* of 4: grow, then hold */
	bool alloc = !mix->live->len || rng_below(&mix->rng, 4) < want;
	struct op op = {.seq = i, .id = i, .flags = mix->timed ? OP_HAS_T : 0};

	op.slot = (uint32_t)i;
	if (alloc) {
		op.kind = OP_VMAP_ALLOC;
		op.vmap.size = (2 + rng_below(&mix->rng, 15)) * PAGE_SIZE;
		op.vmap.align = rng_below(&mix->rng, 8) ? 1 : 16 * PAGE_SIZE;
	} else {
		guint pick = (guint)rng_below(&mix->rng, mix->live->len);
		const struct op *made = &g_array_index(mix->live, struct op, pick);

		op.kind = OP_VMAP_FREE;
		op.id = made->id;
		op.slot = made->slot;
		g_array_remove_index_fast(mix->live, pick);
	}
	perform(mix, &op);
}

static void resolve(const struct sample_spec *spec, struct param_value *params)
{
	param_defaults(spec->model_ops->params, params);
	if (spec->parameter) {
		bool ok = param_set(spec->model_ops->params, params, spec->name, spec->parameter,
				    spec->value, NULL);

		g_assert_true(ok);
	}
}

static uint64_t lazy_max_pages(const struct sample_spec *spec)
{
	uint64_t pages = 512;

	if (!g_strcmp0(spec->parameter, "lazy_max_pages"))
		parse_u64(spec->value, &pages);
	return pages;
}

json_t *sample_variant(const struct result_dir *dir, const struct sample_spec *spec)
{
	struct param_value params[PARAM_MAX];
	static const uint64_t faults[OP_FAULTS];

	resolve(spec, params);
	struct model_env env = {.cpus = 1,
				.vstart = VMALLOC_START_X86_64,
				.vend = VMALLOC_END_X86_64,
				.lazy_max_pages = lazy_max_pages(spec),
				.params = params};
	struct mix mix = {.timed = spec->timed,
			  .live = g_array_new(FALSE, FALSE, sizeof(struct op))};

	rng_init(&mix.rng, spec->seed, "sample-result");
	bool ok = model_run_init(&mix.run, spec->model_ops, env, NULL);

	g_assert_true(ok);
	mix.recorder = recorder_new(&(struct recorder_config){.model_ops = spec->model_ops,
							      .model = mix.run.model,
							      .vstart = env.vstart,
							      .vend = env.vend});
	for (unsigned i = 0; i < spec->ops; i++)
		random_op(&mix, i, spec->ops);
	mix.totals.end_cycles = mix.now_cycles;

	struct variant_result variant = {
		.name = spec->name,
		.model_ops = spec->model_ops,
		.params = params,
		.source = "sample",
		.ops_digest = "0123456789abcdef",
		.seed = spec->seed,
		.cpus = 1,
		.vstart = env.vstart,
		.vend = env.vend,
		.lazy_max_pages = env.lazy_max_pages,
		.profile = "sample-cpu",
		.profile_digest = "00",
		.profile_rests_on = "nothing",
		.clock_hz = CLOCK_HZ,
		.timer_hz = CLOCK_HZ,
		.totals = &mix.totals,
		.figures = recorder_finish(mix.recorder, &mix.totals),
		.faults = faults,
	};
	json_t *object = variant_result_json(&variant);

	ok = variant_write_csv(dir, &variant, NULL);
	g_assert_true(ok);
	recorder_free(mix.recorder);
	model_run_clear(&mix.run);
	g_array_unref(mix.live);
	return object;
}

char *sample_result(const struct sample_spec *specs, unsigned n)
{
	g_autofree char *parent = g_dir_make_tmp("kmsim-XXXXXX", NULL);
	char *path = g_build_filename(parent, "result", NULL);
	struct result_dir *dir = result_dir_begin(path, FALSE, NULL);
	g_autofree json_t **variants = g_new(json_t *, n);

	for (unsigned i = 0; i < n; i++)
		variants[i] = sample_variant(dir, &specs[i]);
	json_t *result = result_json(&(struct manifest){.command = "kmsim sample"}, variants, n);
	gboolean ok = result_write_json(dir, result, NULL) && result_dir_commit(dir, NULL);

	g_assert_true(ok);
	json_decref(result);
	for (unsigned i = 0; i < n; i++)
		json_decref(variants[i]);
	return path;
}

void sample_remove(const char *path)
{
	GDir *dir = g_dir_open(path, 0, NULL);

	for (const char *name; dir && (name = g_dir_read_name(dir));) {
		g_autofree char *child = g_build_filename(path, name, NULL);

		sample_remove(child);
	}
	if (dir)
		g_dir_close(dir);
	g_remove(path);
}
