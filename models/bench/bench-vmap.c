// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The vmap models alone, without an engine, beside plain C versions of the same allocators: a
 * random mix of 1 to 100 pages at several numbers of live areas. Both give the same addresses, or
 * this ends.
 */
#include "models/bench/plain_vmap.h"
#include "models/builtin.h"
#include "models/model_run.h"
#include "sim/base/bench/bench.h"
#include "sim/trace/op_stream.h"
#include "sim/workload/workload.h"

#define RUNS 2

struct small_op {
	uint32_t slot;
	uint32_t pages; /* 0: a free */
};

struct mix {
	struct small_op *ops;
	uint64_t n, skipped; /* the first @skipped are not timed: growing */
	uint32_t slots;
	uint64_t vstart, vend, lazy_max_pages;
};

static struct mix mix_new(uint64_t live, uint64_t ops)
{
	g_autofree char *spec = g_strdup_printf(
		"vmap_mix,live=%" G_GUINT64_FORMAT ",ops=%" G_GUINT64_FORMAT, live, live + ops);
	const struct workload_env env = {.seed = 1};
	struct op_source *source = workload_source_new(spec, &env, NULL);
	struct op_stream *stream = op_stream_new(source, 1, false);
	struct mix mix = {.ops = g_new(struct small_op, live + ops),
			  .skipped = live,
			  .vstart = source->header.vstart,
			  .vend = source->header.vend,
			  .lazy_max_pages = source->header.lazy_max_pages};
	struct op op;

	while (op_stream_next(stream, ANY_CPU, &op, NULL) == SOURCE_OP) {
		if (op.kind == OP_VMAP_ALLOC)
			mix.ops[mix.n++] =
				(struct small_op){op.slot, (uint32_t)(op.vmap.size / PAGE_SIZE)};
		else if (op.kind == OP_VMAP_FREE)
			mix.ops[mix.n++] = (struct small_op){op.slot, 0};
		op_stream_result(stream, &op, true, 0);
		if (op.kind == OP_VMAP_FREE)
			op_stream_release(stream, op.slot);
		op_clear(&op);
	}
	mix.slots = op_stream_slots(stream);
	op_stream_free(stream);
	op_source_destroy(source);
	return mix;
}

struct job {
	const struct mix *mix;
	const struct model_ops *model;
	const char *search; /* busy list */
	struct plain_vmap *(*plain_new)(uint64_t vstart, uint64_t vend, uint64_t lazy_max_pages,
					uint32_t slots);
	uint64_t (*plain_alloc)(struct plain_vmap *vmap, uint32_t slot, uint64_t size);
	void (*plain_free)(struct plain_vmap *vmap, uint32_t slot);
};

static void finish(const struct mix *mix, double start, uint64_t rss, struct bench_result *result)
{
	result->seconds = bench_seconds() - start;
	result->ops = mix->n - mix->skipped;
	result->objects = mix->slots;
	result->object_bytes = bench_rss() - rss;
}

static void run_model(const void *arg, struct bench_result *result)
{
	const struct job *job = arg;
	const struct mix *mix = job->mix;
	struct param_value params[PARAM_MAX];
	uint64_t rss = bench_rss();
	struct model_run run;
	double start = 0;

	param_defaults(job->model->params, params);
	if (job->search)
		param_set(job->model->params, params, "", "search", job->search, NULL);
	model_run_init(&run, job->model,
		       (struct model_env){.cpus = 1,
					  .vstart = mix->vstart,
					  .vend = mix->vend,
					  .lazy_max_pages = mix->lazy_max_pages,
					  .params = params},
		       NULL);
	for (uint64_t i = 0; i < mix->n; i++) {
		const struct small_op *small = &mix->ops[i];
		struct op op = {.kind = small->pages ? OP_VMAP_ALLOC : OP_VMAP_FREE,
				.slot = small->slot};

		if (i == mix->skipped)
			start = bench_seconds();
		if (small->pages) {
			op.vmap.size = small->pages * PAGE_SIZE;
			op.vmap.align = 1;
		}
		model_run_op(&run, &op);
		if (small->pages)
			result->check = result->check * 31 + run.call.addr;
	}
	finish(mix, start, rss, result);
	model_run_clear(&run);
}

static void run_plain(const void *arg, struct bench_result *result)
{
	const struct job *job = arg;
	const struct mix *mix = job->mix;
	uint64_t rss = bench_rss();
	struct plain_vmap *vmap =
		job->plain_new(mix->vstart, mix->vend, mix->lazy_max_pages, mix->slots);
	double start = 0;

	for (uint64_t i = 0; i < mix->n; i++) {
		const struct small_op *small = &mix->ops[i];

		if (i == mix->skipped)
			start = bench_seconds();
		if (!small->pages)
			job->plain_free(vmap, small->slot);
		else
			result->check =
				result->check * 31 +
				job->plain_alloc(vmap, small->slot, small->pages * PAGE_SIZE);
	}
	finish(mix, start, rss, result);
}

static void row(const char *what, uint64_t live, const struct job *job, const struct job *reference,
		const char *reference_name)
{
	g_autofree char *name =
		g_strdup_printf("%s, model alone, %" G_GUINT64_FORMAT " live", what, live);
	struct bench_result result = bench_measure(run_model, job, RUNS);

	if (!reference) {
		bench_row(name, &result, NULL, NULL);
		return;
	}
	struct bench_result plain = bench_measure(run_plain, reference, RUNS);

	if (plain.check != result.check)
		g_error("%s: the plain version gives other addresses", name);
	bench_row(name, &result, &plain, reference_name);
}

static void rows(uint64_t live, uint64_t ops)
{
	struct mix mix = mix_new(live, bench_ops(ops));
	const struct job augtree = {.mix = &mix, .model = &vmap_augtree};
	const struct job busylist = {.mix = &mix, .model = &vmap_busylist, .search = "tree"};
	const struct job plain_tree = {
		&mix, NULL, NULL, plain_augtree_new, plain_augtree_alloc, plain_augtree_free};

	row("vmap-augtree", live, &augtree, &plain_tree, "plain C, pointers and malloc");
	row("vmap-busylist", live, &busylist, NULL, NULL);
	g_free(mix.ops);
}

/* The walking list is slow: fewer ops, the same for all. */
static void walking_rows(uint64_t live, uint64_t ops)
{
	struct mix mix = mix_new(live, bench_ops(ops));
	const struct job tree = {.mix = &mix, .model = &vmap_busylist, .search = "tree"};
	const struct job walk = {.mix = &mix, .model = &vmap_busylist, .search = "walk"};
	const struct job plain = {
		&mix, NULL, NULL, plain_busylist_new, plain_busylist_alloc, plain_busylist_free};

	row("vmap-busylist search=tree", live, &tree, &plain, "plain C, walking the list");
	row("vmap-busylist search=walk", live, &walk, &plain, "plain C, walking the list");
	g_free(mix.ops);
}

int main(void)
{
	walking_rows(50000, 100000);
	rows(50000, 2000000);
	rows(500000, 2000000);
	rows(5000000, 2000000);
	return 0;
}
