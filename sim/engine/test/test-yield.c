// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A stage that lets waiters in gives the lock away once a turn, and comes back to it after those
 * who waited by then: a purge of TURNS areas beside a busy neighbour takes TURNS turns, however
 * long the neighbour goes on.
 */
#include "sim/engine/engine.h"

#define TURNS	 10
#define REQUESTS 1000

enum {
	STAGE_REQUEST,
	STAGE_PURGE,
	STAGES
};

static int request(void *model G_GNUC_UNUSED, struct call *call)
{
	count(call, STEP_DESC_ALLOC, 1);
	call->addr = 0;
	return CALL_DONE;
}

static int purge(void *model G_GNUC_UNUSED, struct call *call)
{
	count(call, STEP_DESC_FREE, 1);
	return ++call->scratch[0] < TURNS ? STAGE_PURGE : CALL_DONE;
}

static const char *const locks[] = {"lock", NULL};
static const struct stage stages[STAGES] = {
	[STAGE_REQUEST] = {.name = "request", .holds = LOCK_BIT(0), .run = request},
	[STAGE_PURGE] = {.name = "purge",
			 .holds = LOCK_BIT(0),
			 .yields = LOCK_BIT(0),
			 .run = purge},
};

static const struct model_ops yielding = {
	.name = "yielding",
	.kinds = OP_BIT(OP_VMAP_ALLOC) | OP_BIT(OP_VMAP_PURGE),
	.locks = locks,
	.stages = stages,
	.n_stages = STAGES,
	.entry = {[OP_VMAP_ALLOC] = STAGE_REQUEST, [OP_VMAP_PURGE] = STAGE_PURGE},
};

/* CPU 0 purges once, CPU 1 makes one request after the other. */
struct two_cpus {
	struct op_source base;
	bool purged;
	uint64_t requests;
};

static enum source_next next(struct op_source *base, uint32_t cpu, struct op *op, GError **error)
{
	struct two_cpus *source = (struct two_cpus *)base;

	(void)error;
	*op = (struct op){.kind = OP_VMAP_PURGE, .cpu = 0};
	if (cpu != 1 && !source->purged) {
		source->purged = true;
		return SOURCE_OP;
	}
	if (cpu == 0 || source->requests == REQUESTS)
		return SOURCE_END;
	*op = (struct op){
		.kind = OP_VMAP_ALLOC, .cpu = 1, .id = source->requests++, .vmap = {4096, 1, 0, 0}};
	return SOURCE_OP;
}

static void destroy(struct op_source *source G_GNUC_UNUSED)
{
}

static const struct op_source_ops two_cpus_ops = {
	.name = "two CPUs", .next = next, .destroy = destroy};

static void keep_purge(void *ctx, const struct op_record *record)
{
	if (record->op->kind == OP_VMAP_PURGE)
		*(uint64_t *)ctx = record->latency_cycles;
}

static void test_yields_once_a_turn(void)
{
	struct two_cpus source = {.base = {.ops = &two_cpus_ops, .per_cpu = true}};
	GError *error = NULL;
	struct cpu_profile *profile = cpu_profile_load("generic-x86_64", &error);
	struct footprint footprint = {0};
	struct engine_totals totals;
	uint64_t purge_cycles = 0;

	g_assert_no_error(error);
	trace_header_init(&source.base.header);
	const struct engine_config config = {
		.model_ops = &yielding,
		.footprint = &footprint,
		.profile = profile,
		.cpus = 2,
		.observe = keep_purge,
		.observer = &purge_cycles,
	};
	struct op_stream *stream = op_stream_new(&source.base, 2, false);

	g_assert_true(engine_run(&config, stream, &totals, &error));
	g_assert_no_error(error);
	g_assert_cmpuint(totals.ops, ==, REQUESTS + 1);
	g_assert_cmpuint(totals.locks[0].takes, ==, REQUESTS + TURNS);
	/* while it lasts every turn lets one request in, of REQUESTS */
	g_assert_cmpuint(purge_cycles, >, 0);
	g_assert_cmpuint(purge_cycles, <, totals.end_cycles / 10);
	op_stream_free(stream);
	trace_header_clear(&source.base.header);
	cpu_profile_free(profile);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/engine/yields-once-a-turn", test_yields_once_a_turn);
	return g_test_run();
}
