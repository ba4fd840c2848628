// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stages that hold one lock of a class after another. Background tasks: a stage wakes one, it runs
 * on a CPU of its own, and delays nobody where ops run one at a time; woken while it runs, it runs
 * once more.
 */
#include "sim/engine/engine.h"
#include "sim/trace/array_source.h"

#define REQUESTS 10
#define TURNS	 1000

enum {
	STAGE_REQUEST,
	STAGE_WORK,
	STAGES
};

struct state {
	uint64_t turns;
	bool oops;
};

static int request(void *model G_GNUC_UNUSED, struct call *call)
{
	g_assert_cmpuint(call->task, ==, 0);
	count(call, STEP_DESC_ALLOC, 1);
	call->wake = 1;
	return CALL_DONE;
}

static int work(void *model, struct call *call)
{
	struct state *state = model;

	g_assert_cmpuint(call->task, ==, 1);
	count(call, STEP_DESC_FREE, 1);
	state->turns++;
	if (state->oops)
		return CALL_OOPS;
	return ++call->scratch[0] < TURNS ? STAGE_WORK : CALL_DONE;
}

static const char *const locks[] = {"lock", NULL};
static const struct stage stages[STAGES] = {
	[STAGE_REQUEST] = {.name = "request", .run = request},
	[STAGE_WORK] = {.name = "work", .holds = LOCK_BIT(0), .run = work},
};
static const struct background_task tasks[] = {{"worker", STAGE_WORK}, {NULL, 0}};

static const struct model_ops waking = {
	.name = "waking",
	.kinds = OP_BIT(OP_SHRINK),
	.locks = locks,
	.stages = stages,
	.n_stages = STAGES,
	.background = tasks,
	.entry = {[OP_SHRINK] = STAGE_REQUEST},
};

static void run_model(const struct model_ops *model_ops, enum run_order order, uint32_t cpus,
		      struct state *state, struct engine_totals *totals)
{
	GError *error = NULL;
	struct cpu_profile *profile = cpu_profile_load("generic-x86_64", &error);
	struct trace_header header;
	struct op ops[REQUESTS];

	g_assert_no_error(error);
	trace_header_init(&header);
	header.cpus = cpus;
	for (unsigned i = 0; i < REQUESTS; i++)
		ops[i] = (struct op){.kind = OP_SHRINK, .cpu = (uint16_t)(i % cpus)};
	struct op_source *source = array_source_new(&header, ops, REQUESTS);
	struct op_stream *stream = op_stream_new(source, cpus, false);
	const struct footprint footprint = {0};
	const struct engine_config config = {
		.model_ops = model_ops,
		.model = state,
		.footprint = &footprint,
		.profile = profile,
		.order = order,
		.cpus = cpus,
	};

	g_assert_true(engine_run(&config, stream, totals, &error));
	g_assert_no_error(error);
	op_stream_free(stream);
	op_source_destroy(source);
	trace_header_clear(&header);
	cpu_profile_free(profile);
}

static void run(enum run_order order, uint32_t cpus, struct state *state,
		struct engine_totals *totals)
{
	run_model(&waking, order, cpus, state, totals);
}

static void test_one_at_a_time(void)
{
	struct engine_totals totals;
	struct state state = {0};

	run(ORDER_TRACE, 2, &state, &totals);
	g_assert_cmpuint(state.turns, ==, REQUESTS * TURNS);
	g_assert_cmpuint(totals.n_background, ==, 1);
	g_assert_cmpstr(totals.background[0].name, ==, "worker");
	g_assert_cmpuint(totals.background[0].runs, ==, REQUESTS);
	g_assert_cmpuint(totals.background[0].busy_cycles, >, 100 * totals.busy_cycles);
	g_assert_cmpuint(totals.end_cycles, ==, totals.busy_cycles);
}

/* All requests are over before the first run of the task is: they make it run once more. */
static void test_beside(void)
{
	struct engine_totals totals;
	struct state state = {0};

	run(ORDER_TIME, 2, &state, &totals);
	g_assert_cmpuint(totals.background[0].runs, ==, 2);
	g_assert_cmpuint(state.turns, ==, 2 * TURNS);
	g_assert_cmpuint(totals.ops, ==, REQUESTS);
}

static void test_oops(gconstpointer order)
{
	struct engine_totals totals;
	struct state state = {.oops = true};

	run((enum run_order)GPOINTER_TO_UINT(order), 2, &state, &totals);
	g_assert_cmpint(totals.end, ==, END_OOPS);
	g_assert_cmpuint(state.turns, ==, 1);
	g_assert_cmpuint(totals.ops, <, REQUESTS);
}

/* --- one lock of a class after another -------------------------------------------------------- */

#define INSTANCES 3

static int next_instance(void *model G_GNUC_UNUSED, struct call *call)
{
	count(call, STEP_DESC_ALLOC, 1);
	return ++call->lock_instance[0] < INSTANCES ? 0 : CALL_DONE;
}

static uint32_t instances(void *model G_GNUC_UNUSED, unsigned lock G_GNUC_UNUSED)
{
	return INSTANCES;
}

static const struct stage walking_stages[] = {
	{.name = "one of them", .holds = LOCK_BIT(0), .run = next_instance}};

static const struct model_ops walking = {
	.name = "walking",
	.kinds = OP_BIT(OP_SHRINK),
	.locks = locks,
	.lock_instances = instances,
	.stages = walking_stages,
	.n_stages = 1,
	.entry = {[OP_SHRINK] = 0},
};

static void test_instances(gconstpointer order)
{
	struct engine_totals totals;
	struct state state = {0};

	run_model(&walking, (enum run_order)GPOINTER_TO_UINT(order), 2, &state, &totals);
	g_assert_cmpuint(totals.locks[0].takes, ==, REQUESTS * INSTANCES);
	g_assert_cmpuint(totals.end_cycles, >, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/background/one-at-a-time", test_one_at_a_time);
	g_test_add_func("/background/beside", test_beside);
	g_test_add_data_func("/background/oops/trace", GUINT_TO_POINTER(ORDER_TRACE), test_oops);
	g_test_add_data_func("/background/oops/time", GUINT_TO_POINTER(ORDER_TIME), test_oops);
	g_test_add_data_func("/instances/trace", GUINT_TO_POINTER(ORDER_TRACE), test_instances);
	g_test_add_data_func("/instances/time", GUINT_TO_POINTER(ORDER_TIME), test_instances);
	return g_test_run();
}
