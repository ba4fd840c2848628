// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the machine does to work: kinds of core, siblings that share one, clusters that a contended
 * lock goes round in, locks taken anew between two stages, what the caller does before an op.
 */
#include "sim/engine/engine.h"

#include <glib/gstdio.h>
#include <jansson.h>

#define OPS	 60 /* a CPU */
#define CPUS_MAX 8

enum {
	STAGE_LOCKED,
	STAGE_AGAIN,
	STAGES
};

static int locked(void *model G_GNUC_UNUSED, struct call *call)
{
	count(call, STEP_DESC_ALLOC, 100);
	return call->op->kind == OP_VMAP_PURGE ? STAGE_AGAIN : CALL_DONE;
}

static int again(void *model G_GNUC_UNUSED, struct call *call)
{
	count(call, STEP_DESC_FREE, 10);
	return CALL_DONE;
}

static int alone(void *model G_GNUC_UNUSED, struct call *call)
{
	count(call, STEP_DESC_ALLOC, 100);
	return CALL_DONE;
}

static const char *const locks[] = {"lock", NULL};
static const struct stage locked_stages[STAGES] = {
	[STAGE_LOCKED] = {.name = "locked", .holds = LOCK_BIT(0), .run = locked},
	[STAGE_AGAIN] = {.name = "again",
			 .holds = LOCK_BIT(0),
			 .retakes = LOCK_BIT(0),
			 .run = again},
};
static const struct stage alone_stages[STAGES] = {
	[STAGE_LOCKED] = {.name = "alone", .run = alone},
};

static const struct model_ops locked_model = {
	.name = "locked",
	.kinds = OP_BIT(OP_VMAP_PURGE) | OP_BIT(OP_SHRINK),
	.locks = locks,
	.stages = locked_stages,
	.n_stages = STAGES,
	.entry = {[OP_VMAP_PURGE] = STAGE_LOCKED, [OP_SHRINK] = STAGE_LOCKED},
};

/* The same, where three cache lines move with the lock; and where it is a count. */
static const struct stage lines_stages[STAGES] = {
	[STAGE_LOCKED] = {.name = "lines", .holds = LOCK_BIT(0), .lines = 3, .run = locked},
};
static const struct model_ops lines_model = {
	.name = "lines",
	.kinds = OP_BIT(OP_SHRINK),
	.locks = locks,
	.stages = lines_stages,
	.n_stages = STAGES,
	.entry = {[OP_SHRINK] = STAGE_LOCKED},
};
static const struct model_ops count_model = {
	.name = "count",
	.kinds = OP_BIT(OP_SHRINK),
	.locks = locks,
	.atomics = LOCK_BIT(0),
	.stages = lines_stages,
	.n_stages = STAGES,
	.entry = {[OP_SHRINK] = STAGE_LOCKED},
};
static const struct model_ops alone_model = {
	.name = "alone",
	.kinds = OP_BIT(OP_SHRINK),
	.stages = alone_stages,
	.n_stages = STAGES,
	.entry = {[OP_SHRINK] = STAGE_LOCKED},
};

/* Every CPU makes OPS ops, one after the other. */
struct busy_cpus {
	struct op_source base;
	uint32_t cpus, made[CPUS_MAX];
	enum op_kind kind;
	uint32_t flags;
};

static enum source_next next(struct op_source *base, uint32_t cpu, struct op *op, GError **error)
{
	struct busy_cpus *source = (struct busy_cpus *)base;

	(void)error;
	for (uint32_t i = 0; cpu == ANY_CPU && i < source->cpus; i++) {
		if (source->made[i] < OPS)
			cpu = i;
	}
	if (cpu >= source->cpus || source->made[cpu] == OPS)
		return SOURCE_END;
	source->made[cpu]++;
	*op = (struct op){
		.kind = (uint8_t)source->kind, .cpu = (uint16_t)cpu, .flags = source->flags};
	return SOURCE_OP;
}

static void destroy(struct op_source *source G_GNUC_UNUSED)
{
}

static const struct op_source_ops busy_cpus_ops = {
	.name = "busy CPUs", .next = next, .destroy = destroy};

/* The profile of unit tests (every step a cycle, locks too) with @extra in it, as JSON. */
static struct cpu_profile *profile_with(const char *extra)
{
	GError *error = NULL;
	json_t *json = json_load_file("sim/engine/test/data/unit.json", 0, NULL);
	json_t *more = json_loads(extra, 0, NULL);
	g_autofree char *path =
		g_build_filename(g_get_tmp_dir(), "kmsim-physics-XXXXXX.json", NULL);

	g_assert_nonnull(json);
	g_assert_nonnull(more);
	json_object_update_recursive(json, more);
	g_close(g_mkstemp(path), NULL);
	g_assert_cmpint(json_dump_file(json, path, 0), ==, 0);
	struct cpu_profile *profile = cpu_profile_load(path, &error);

	g_assert_no_error(error);
	g_unlink(path);
	json_decref(more);
	json_decref(json);
	return profile;
}

struct outcome {
	struct engine_totals totals;
	uint64_t last_of[CPUS_MAX]; /* cycles of the last op of each CPU */
	uint32_t near, far;	    /* ops that followed one of the same cluster of 4, or not */
	uint32_t last_cpu;
};

static void observe(void *ctx, const struct op_record *record)
{
	struct outcome *outcome = ctx;
	uint32_t cpu = record->op->cpu;

	outcome->last_of[cpu] = record->latency_cycles;
	if (cpu % 4 == outcome->last_cpu % 4)
		outcome->near++;
	else
		outcome->far++;
	outcome->last_cpu = cpu;
}

static struct outcome run(const struct model_ops *ops, uint32_t cpus, enum op_kind kind,
			  uint32_t flags, const char *extra)
{
	struct busy_cpus source = {.base = {.ops = &busy_cpus_ops, .per_cpu = true},
				   .cpus = cpus,
				   .kind = kind,
				   .flags = flags};
	struct cpu_profile *profile = profile_with(extra);
	struct footprint footprint = {0};
	struct outcome outcome = {0};
	GError *error = NULL;

	trace_header_init(&source.base.header);
	const struct engine_config config = {
		.model_ops = ops,
		.footprint = &footprint,
		.profile = profile,
		.cpus = cpus,
		.observe = observe,
		.observer = &outcome,
	};
	struct op_stream *stream = op_stream_new(&source.base, cpus, false);

	g_assert_true(engine_run(&config, stream, &outcome.totals, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(outcome.totals.ops, ==, cpus * OPS);
	op_stream_free(stream);
	trace_header_clear(&source.base.header);
	cpu_profile_free(profile);
	return outcome;
}

/* A core of half the clock takes twice as many cycles of the profile's. */
static void test_kinds_of_core(void)
{
	struct outcome o = run(&alone_model, 4, OP_SHRINK, 0,
			       "{\"cores\": [{\"name\": \"little\", \"cpus\": [1, 3], "
			       "\"clock_hz\": 500000000}]}");

	for (uint32_t cpu = 0; cpu < 4; cpu++)
		g_assert_cmpuint(o.last_of[cpu], ==, cpu % 2 ? 200 : 100);
}

/* Both threads of a core at work: each is slower; a sibling that has nothing to do costs nothing.
 */
static void test_siblings(void)
{
	const char *smt = "{\"smt\": {\"sibling_xor\": 1, \"slowdown_permille\": 1500, "
			  "\"source\": \"made up for tests\"}}";
	struct outcome both = run(&alone_model, 2, OP_SHRINK, 0, smt);
	struct outcome one = run(&alone_model, 1, OP_SHRINK, 0, smt);

	g_assert_cmpuint(one.totals.busy_cycles, ==, OPS * 100);
	g_assert_cmpuint(both.totals.kinds[OP_SHRINK].slowed_cycles, >, OPS * 40);
	g_assert_cmpuint(both.totals.busy_cycles, ==,
			 2 * OPS * 100 + both.totals.kinds[OP_SHRINK].slowed_cycles);
}

/*
 * 8 CPUs of 4 clusters want one lock all the time: it goes from one CPU of a cluster to the other
 * before it goes on, so that every other hand-over is a near one; nobody is passed over twice.
 */
static void test_clusters(void)
{
	const char *clusters = "{\"lock\": {\"clusters\": 4, \"handover_cycles\": 1000, "
			       "\"handover_near_cycles\": 10, \"bounce_cycles\": 1000, "
			       "\"bounce_near_cycles\": 10}}";
	struct outcome o = run(&locked_model, 8, OP_SHRINK, 0, clusters);

	g_assert_cmpuint(o.near, >=, 8 * OPS / 2 - 16);
	g_assert_cmpuint(o.far, >=, 8 * OPS / 2 - 16);
	struct outcome far =
		run(&locked_model, 8, OP_SHRINK, 0, "{\"lock\": {\"handover_cycles\": 1000}}");

	g_assert_cmpuint(o.totals.end_cycles, <, far.totals.end_cycles * 6 / 10);
	g_assert_cmpuint(o.totals.end_cycles, >, far.totals.end_cycles * 4 / 10);
}

/*
 * Two CPUs that always want the lock hand it over: its line twice and those of what it protects
 * once. A count's line moves once. In a cluster, near lines do. The profile's figures for locks of
 * which nothing is known are not asked.
 */
static void test_lines(void)
{
	const char *far = "{\"lock\": {\"line_cycles\": 1000, \"bounce_cycles\": 7, "
			  "\"handover_cycles\": 7}}";
	const char *near = "{\"lock\": {\"line_cycles\": 1000, \"line_near_cycles\": 100}}";
	const struct {
		const struct model_ops *model;
		const char *profile;
		uint64_t handover;
	} cases[] = {{&lines_model, far, 4000},
		     {&lines_model, near, 400},
		     {&count_model, far, 1000},
		     {&count_model, near, 100},
		     {&locked_model, far, 7}};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct outcome o = run(cases[i].model, 2, OP_SHRINK, 0, cases[i].profile);
		const struct lock_totals *lock = &o.totals.locks[0];

		g_assert_cmpuint(lock->contended, >=, 2 * OPS - 4);
		uint64_t turn = lock->contended * (cases[i].handover + 100);

		g_assert_cmpuint(o.totals.end_cycles, >=, turn);
		g_assert_cmpuint(o.totals.end_cycles, <=, turn + turn / 10);
	}
}

/* A stage that retakes a lock lets it go first: somebody who waits comes in between. */
static void test_retakes(void)
{
	struct outcome one = run(&locked_model, 1, OP_VMAP_PURGE, 0, "{}");
	struct outcome two = run(&locked_model, 2, OP_VMAP_PURGE, 0, "{}");

	g_assert_cmpuint(one.totals.locks[0].takes, ==, 2 * OPS);
	g_assert_cmpuint(one.totals.locks[0].contended, ==, 0);
	g_assert_cmpuint(two.totals.locks[0].takes, ==, 4 * OPS);
	g_assert_cmpuint(two.totals.locks[0].contended, >=, 3 * OPS);
}

/* The holder of a lock that others wait for is slower. */
static void test_watched(void)
{
	struct outcome o =
		run(&locked_model, 2, OP_SHRINK, 0, "{\"lock\": {\"watched_permille\": 500}}");

	g_assert_cmpuint(o.totals.kinds[OP_SHRINK].slowed_cycles, >=, (2 * OPS - 4) * 50);
}

/* What the caller does first takes time, and is no part of the op. */
static void test_work_before(void)
{
	const char *price = "{\"steps\": {\"random_bytes\": {\"cycles\": 70}}}";
	struct outcome o = run(&alone_model, 1, OP_SHRINK, OP_DRAWN, price);

	g_assert_cmpuint(o.last_of[0], ==, 100);
	g_assert_cmpuint(o.totals.end_cycles, ==, OPS * 170);
	g_assert_cmpuint(o.totals.busy_cycles, ==, OPS * 170);
	g_assert_cmpuint(o.totals.step_count[STEP_RANDOM_BYTES], ==, OPS);
	struct outcome four = run(&alone_model, 4, OP_SHRINK, OP_DRAWN, price);

	for (uint32_t cpu = 0; cpu < 4; cpu++)
		g_assert_cmpuint(four.last_of[cpu], ==, 100);
	g_assert_cmpuint(four.totals.end_cycles, ==, OPS * 170);
}

/* Every cycle is in an account: work, locks and what others cost. */
static void test_accounts(void)
{
	struct outcome o = run(&locked_model, 4, OP_VMAP_PURGE, OP_DRAWN,
			       "{\"lock\": {\"take_cycles\": 7, \"bounce_cycles\": 11}, "
			       "\"smt\": {\"sibling_xor\": 1, \"slowdown_permille\": 1300, "
			       "\"source\": \"made up for tests\"}}");
	const struct work_account *account = &o.totals.kinds[OP_VMAP_PURGE];
	uint64_t cycles = account->lock_cycles + account->slowed_cycles, price = 0, waits = 0;

	for (unsigned step = 0; step < STEPS; step++)
		price += account->step[step].price;
	for (unsigned class = 0; class < MODEL_LOCKS_MAX; class ++)
		waits += account->wait_cycles[class];
	g_assert_cmpuint(cycles + (price >> PRICE_SHIFT), ==, o.totals.busy_cycles);
	g_assert_cmpuint(waits, ==, o.totals.locks[0].wait_cycles);
	g_assert_cmpuint(waits, >, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/machine-physics/kinds-of-core", test_kinds_of_core);
	g_test_add_func("/machine-physics/siblings", test_siblings);
	g_test_add_func("/machine-physics/clusters", test_clusters);
	g_test_add_func("/machine-physics/retakes", test_retakes);
	g_test_add_func("/machine-physics/lines", test_lines);
	g_test_add_func("/machine-physics/watched", test_watched);
	g_test_add_func("/machine-physics/work-before", test_work_before);
	g_test_add_func("/machine-physics/accounts", test_accounts);
	return g_test_run();
}
