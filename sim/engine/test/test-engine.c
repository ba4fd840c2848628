// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The engine against times worked out by hand. In the profile "unit" a step is a cycle and a
 * cycle is a nanosecond; taking a lock is 10, 5 more after another CPU, handing it over 20.
 *
 * The model under it: vmap_alloc works `size / 4096` steps under one lock; vmap_purge works
 * three stages of 100 steps under the lock and lets others in between; shrink tries the lock and
 * does 7 steps without it if it is taken; vmap_free takes 3 steps without a lock.
 */
#include "sim/engine/engine.h"
#include "sim/base/rng.h"
#include "sim/trace/array_source.h"

#include <string.h>

#define OPS_MAX 16

enum {
	STAGE_HOLD,
	STAGE_LOOP,
	STAGE_LOOP_AGAIN,
	STAGE_TRY,
	STAGE_AWAY,
	STAGE_FREE,
	STAGE_CRASH
};

static int run_hold(void *model G_GNUC_UNUSED, struct call *call)
{
	count(call, STEP_LIST_HOP, call->op->vmap.size / PAGE_SIZE);
	call->addr = call->op->vmap.size;
	return call->op->vmap.align == 2 ? CALL_FAIL : CALL_DONE;
}

static int run_loop(void *model G_GNUC_UNUSED, struct call *call)
{
	count(call, STEP_LIST_HOP, 100);
	return ++call->scratch[0] == 3 ? CALL_DONE : STAGE_LOOP_AGAIN;
}

static int run_try(void *model G_GNUC_UNUSED, struct call *call)
{
	count(call, STEP_LIST_HOP, 1);
	return CALL_DONE;
}

static int run_away(void *model G_GNUC_UNUSED, struct call *call)
{
	count(call, STEP_LIST_HOP, 7);
	return CALL_DONE;
}

static int run_free(void *model G_GNUC_UNUSED, struct call *call)
{
	count(call, STEP_LIST_HOP, 3);
	return CALL_DONE;
}

static int run_crash(void *model G_GNUC_UNUSED, struct call *call)
{
	call->message = g_strdup("crash");
	return CALL_OOPS;
}

static const struct stage stages[] = {
	[STAGE_HOLD] = {.name = "hold", .holds = 1, .run = run_hold},
	[STAGE_LOOP] = {.name = "loop", .holds = 1, .run = run_loop},
	[STAGE_LOOP_AGAIN] = {.name = "again", .holds = 1, .yields = 1, .run = run_loop},
	[STAGE_TRY] = {.name = "try", .holds = 1, .tries = 1, .busy = STAGE_AWAY, .run = run_try},
	[STAGE_AWAY] = {.name = "away", .run = run_away},
	[STAGE_FREE] = {.name = "free", .run = run_free},
	[STAGE_CRASH] = {.name = "crash", .run = run_crash},
};

static const char *const locks[] = {"the lock", NULL};

static char *check(void *model G_GNUC_UNUSED)
{
	return g_strdup("broken");
}

static const struct model_ops test_model = {
	.magic = KMSIM_MODEL_MAGIC,
	.version = KMSIM_MODEL_VERSION,
	.size = sizeof(struct model_ops),
	.name = "test",
	.kinds = OP_BIT(OP_VMAP_ALLOC) | OP_BIT(OP_VMAP_FREE) | OP_BIT(OP_VMAP_PURGE) |
		 OP_BIT(OP_SHRINK) | OP_BIT(OP_COMPACT),
	.locks = locks,
	.stages = stages,
	.n_stages = G_N_ELEMENTS(stages),
	.entry = {[OP_VMAP_ALLOC] = STAGE_HOLD,
		  [OP_VMAP_FREE] = STAGE_FREE,
		  [OP_VMAP_PURGE] = STAGE_LOOP,
		  [OP_SHRINK] = STAGE_TRY,
		  [OP_COMPACT] = STAGE_CRASH},
};

struct fixture {
	const struct model_ops *model; /* NULL: test_model */
	const char *profile;	       /* NULL: "unit" */
	struct op ops[OPS_MAX];
	unsigned n;
	struct op_record records[OPS_MAX]; /* by seq */
	uint64_t completion[OPS_MAX];	   /* seqs in the order of completion */
	unsigned n_records;
	struct engine_totals totals;
};

static struct op *add(struct fixture *f, enum op_kind kind, uint16_t cpu, uint64_t id)
{
	struct op *op = &f->ops[f->n++];

	*op = (struct op){.kind = (uint8_t)kind, .cpu = cpu, .id = id};
	return op;
}

static void add_alloc(struct fixture *f, uint16_t cpu, uint64_t id, uint64_t steps)
{
	struct op *op = add(f, OP_VMAP_ALLOC, cpu, id);

	op->vmap.size = steps * PAGE_SIZE;
	op->vmap.align = 1;
}

static void at(struct fixture *f, uint64_t t_ns)
{
	f->ops[f->n - 1].flags |= OP_HAS_T;
	f->ops[f->n - 1].t_ns = t_ns;
}

static void after(struct fixture *f, uint64_t t_ns)
{
	f->ops[f->n - 1].flags |= OP_AFTER;
	f->ops[f->n - 1].t_ns = t_ns;
}

static void observe(void *ctx, const struct op_record *record)
{
	struct fixture *f = ctx;

	f->records[record->op->seq] = *record;
	f->completion[f->n_records++] = record->op->seq;
}

static void run(struct fixture *f, uint32_t cpus, enum run_order order)
{
	struct trace_header header;
	struct footprint footprint = {0};
	GError *error = NULL;
	struct cpu_profile *profile = cpu_profile_load(
		f->profile ? f->profile : "sim/engine/test/data/unit.json", &error);

	g_assert_no_error(error);
	/* between two points of a curve: no whole cycles */
	footprint_note(&footprint, SET_BUSY, 1000000);
	trace_header_init(&header);
	header.cpus = cpus;
	struct op_source *source = array_source_new(&header, f->ops, f->n);
	struct op_stream *stream = op_stream_new(source, cpus, false);
	const struct engine_config config = {
		.model_ops = f->model ? f->model : &test_model,
		.footprint = &footprint,
		.profile = profile,
		.order = order,
		.cpus = cpus,
		.observe = observe,
		.observer = f,
	};

	engine_run(&config, stream, &f->totals, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(f->n_records, ==, f->totals.ops);
	op_stream_free(stream);
	op_source_destroy(source);
	cpu_profile_free(profile);
}

static void expect(struct fixture *f, unsigned seq, uint64_t start, uint64_t latency, uint64_t wait)
{
	g_assert_cmpuint(f->records[seq].t_start_cycles, ==, start);
	g_assert_cmpuint(f->records[seq].latency_cycles, ==, latency);
	g_assert_cmpuint(f->records[seq].wait_cycles, ==, wait);
}

/* One CPU: 10 for the lock and the steps, one after another. */
static void test_alone(void)
{
	struct fixture f = {0};

	add_alloc(&f, 0, 1, 30);
	add(&f, OP_VMAP_FREE, 0, 1);
	add_alloc(&f, 0, 1, 5);
	run(&f, 1, ORDER_TIME);
	expect(&f, 0, 0, 40, 0);
	expect(&f, 1, 40, 3, 0);
	expect(&f, 2, 43, 15, 0);
	g_assert_cmpuint(f.totals.end_cycles, ==, 58);
	g_assert_cmpuint(f.totals.busy_cycles, ==, 58);
	g_assert_cmpuint(f.totals.step_count[STEP_LIST_HOP], ==, 38);
	g_assert_cmpuint(f.totals.step_cycles[STEP_LIST_HOP], ==, 38);
	g_assert_cmpuint(f.totals.locks[0].takes, ==, 2);
	g_assert_cmpuint(f.totals.locks[0].held_cycles, ==, 55);
}

/* What a CPU does for itself comes between the end of one op and the begin of the next. */
static void test_after(enum run_order order, uint32_t cpus)
{
	struct fixture f = {0};

	add_alloc(&f, 0, 1, 30);
	after(&f, 7);
	add(&f, OP_VMAP_FREE, 0, 1);
	after(&f, 100);
	add_alloc(&f, 0, 1, 5);
	run(&f, cpus, order);
	expect(&f, 0, 7, 40, 0);
	expect(&f, 1, 147, 3, 0);
	expect(&f, 2, 150, 15, 0);
	g_assert_cmpuint(f.totals.busy_cycles, ==, 58);
	g_assert_cmpuint(f.totals.late_lookahead, ==, 0);
}

static void test_after_all(void)
{
	test_after(ORDER_TIME, 1);
	test_after(ORDER_TIME, 2);
	test_after(ORDER_TRACE, 2);
}

/* Three CPUs want the lock at 0: first come, first served, 20 to hand it over. */
static void test_fifo(void)
{
	struct fixture f = {0};

	add_alloc(&f, 0, 1, 100);
	add_alloc(&f, 2, 2, 10);
	add_alloc(&f, 1, 3, 10);
	run(&f, 3, ORDER_TIME);
	expect(&f, 0, 0, 110, 0);
	expect(&f, 1, 0, 110 + 20 + 10, 130);
	expect(&f, 2, 0, 140 + 20 + 10, 160);
	g_assert_cmpuint(f.totals.locks[0].contended, ==, 2);
	g_assert_cmpuint(f.totals.locks[0].wait_cycles, ==, 130 + 160);
	/* held from the hand-over on */
	g_assert_cmpuint(f.totals.locks[0].held_cycles, ==, 110 + 30 + 30);
	g_assert_cmpuint(f.totals.busy_cycles, ==, 110 + 10 + 10);
}

/* A lock that another CPU had before is dearer. */
static void test_bounce(void)
{
	struct fixture f = {0};

	add_alloc(&f, 0, 1, 10);
	at(&f, 0);
	add_alloc(&f, 1, 2, 10);
	at(&f, 1000);
	add_alloc(&f, 1, 3, 10);
	at(&f, 2000);
	run(&f, 2, ORDER_TIME);
	expect(&f, 0, 0, 20, 0);
	expect(&f, 1, 1000, 25, 0);
	expect(&f, 2, 2000, 20, 0);
}

/* The loop of 3 × 100 lets the waiter in after the first turn and queues behind it. */
static void test_yield(void)
{
	struct fixture f = {0};

	add(&f, OP_VMAP_PURGE, 0, 0);
	add_alloc(&f, 1, 1, 10);
	run(&f, 2, ORDER_TIME);
	/* 0-110 purge; 110-130 hand over; 130-140 alloc; -160 hand over; 160-360 two turns, no
	 * waiter */
	expect(&f, 1, 0, 140, 130);
	expect(&f, 0, 0, 360, 50);
	g_assert_cmpuint(f.completion[0], ==, 1);
}

/* A lock that is only tried is gone round. */
static void test_try(void)
{
	struct fixture f = {0};

	add_alloc(&f, 0, 1, 100);
	add(&f, OP_SHRINK, 1, 0);
	add(&f, OP_SHRINK, 0, 0);
	run(&f, 2, ORDER_TIME);
	expect(&f, 1, 0, 7, 0);
	expect(&f, 2, 110, 11, 0);
}

/* Open loop: at the time stamp, or when the CPU is free. */
static void test_open_loop(void)
{
	struct fixture f = {0};

	add_alloc(&f, 0, 1, 90);
	at(&f, 50);
	add(&f, OP_VMAP_FREE, 0, 1);
	at(&f, 60);
	add(&f, OP_SHRINK, 0, 0);
	at(&f, 500);
	run(&f, 1, ORDER_TIME);
	expect(&f, 0, 50, 100, 0);
	expect(&f, 1, 150, 3, 0);
	expect(&f, 2, 500, 11, 0);
}

/* CPU 1 frees what CPU 0 still makes: it begins when that is done. */
static void test_maker(void)
{
	struct fixture f = {0};

	add_alloc(&f, 0, 1, 200);
	add(&f, OP_VMAP_FREE, 1, 1);
	add(&f, OP_SHRINK, 1, 0);
	run(&f, 2, ORDER_TIME);
	expect(&f, 1, 210, 3, 0);
	expect(&f, 2, 213, 10 + 5 + 1, 0);
	g_assert_cmpuint(f.completion[0], ==, 0);
}

/* The free of what could not be made is skipped, and its slot used again. */
static void test_failed(void)
{
	struct fixture f = {0};

	add_alloc(&f, 0, 1, 10);
	f.ops[0].vmap.align = 2;
	add(&f, OP_VMAP_FREE, 0, 1);
	add_alloc(&f, 0, 1, 10);
	add(&f, OP_VMAP_FREE, 0, 1);
	run(&f, 1, ORDER_TIME);
	g_assert_cmpint(f.records[0].status, ==, STATUS_FAIL);
	g_assert_cmpint(f.records[1].status, ==, STATUS_SKIPPED);
	g_assert_cmpint(f.records[2].status, ==, STATUS_OK);
	g_assert_cmpint(f.records[3].status, ==, STATUS_OK);
	g_assert_true(f.records[2].has_addr);
	g_assert_false(f.records[0].has_addr);
	expect(&f, 1, 20, 0, 0);
}

/* In the order of the trace: one at a time, on whatever CPU. */
static void test_trace_order(void)
{
	struct fixture f = {0};

	add_alloc(&f, 0, 1, 100);
	at(&f, 10);
	add_alloc(&f, 1, 2, 10);
	at(&f, 0);
	add_alloc(&f, 1, 3, 10);
	at(&f, 1000);
	run(&f, 2, ORDER_TRACE);
	expect(&f, 0, 10, 110, 0);
	expect(&f, 1, 120, 25, 0);
	expect(&f, 2, 1000, 20, 0);
}

/* CPU 1's ops all stand behind CPU 0's, and begin at 0 all the same. */
static void test_lookahead(void)
{
	struct fixture f = {0};

	for (unsigned i = 0; i < 10; i++)
		add(&f, OP_SHRINK, 0, 0);
	add(&f, OP_SHRINK, 1, 0);
	run(&f, 2, ORDER_TIME);
	expect(&f, 10, 0, 7, 0); /* CPU 0 has the lock */
	g_assert_cmpuint(f.totals.late_lookahead, ==, 0);
}

/* What the model does not have is skipped and counted; marks take no time. */
static void test_foreign(void)
{
	struct fixture f = {0};

	add(&f, OP_PAGE_ALLOC, 0, 1);
	add(&f, OP_MARK, 0, 0)->mark = (char *)"a mark";
	add(&f, OP_PAGE_FREE, 0, 1);
	add(&f, OP_SHRINK, 0, 0);
	run(&f, 1, ORDER_TIME);
	g_assert_cmpint(f.records[0].status, ==, STATUS_SKIPPED);
	g_assert_cmpint(f.records[1].status, ==, STATUS_OK);
	g_assert_cmpint(f.records[2].status, ==, STATUS_SKIPPED);
	g_assert_cmpuint(f.totals.foreign, ==, 2); /* its free, too */
	g_assert_cmpuint(f.totals.performed, ==, 1);
	expect(&f, 3, 0, 11, 0);
}

static void test_oops(void)
{
	struct fixture f = {0};

	add(&f, OP_SHRINK, 0, 0);
	add(&f, OP_COMPACT, 0, 0);
	add(&f, OP_SHRINK, 0, 0);
	run(&f, 1, ORDER_TIME);
	g_assert_cmpint(f.totals.end, ==, END_OOPS);
	g_assert_cmpuint(f.totals.end_seq, ==, 1);
	g_assert_cmpstr(f.totals.end_message, ==, "crash");
	g_assert_cmpuint(f.n_records, ==, 2);
	g_assert_cmpint(f.records[1].status, ==, STATUS_OOPS);
	g_free(f.totals.end_message);
}

/* A run that went well ends with the model's own check; not one that crashed. */
static void test_check(void)
{
	const enum op_kind last[] = {OP_SHRINK, OP_COMPACT};
	struct model_ops broken = test_model;

	broken.check = check;
	for (unsigned i = 0; i < G_N_ELEMENTS(last); i++) {
		struct fixture f = {.model = &broken};

		add(&f, OP_SHRINK, 0, 0);
		add(&f, last[i], 0, 0);
		run(&f, 1, ORDER_TIME);
		g_assert_cmpint(f.totals.end, ==, i ? END_OOPS : END_BROKEN);
		g_assert_cmpstr(f.totals.end_message, ==, i ? "crash" : "broken");
		g_assert_cmpuint(f.totals.end_seq, ==, 1);
		g_assert_cmpuint(f.n_records, ==, 2);
		g_free(f.totals.end_message);
	}
}

/* Ops of all kinds at random, which end at all. */
static void add_mix(struct fixture *f, struct rng *rng)
{
	static const enum op_kind kinds[] = {OP_VMAP_ALLOC, OP_VMAP_FREE, OP_VMAP_PURGE, OP_SHRINK};
	uint64_t live = 0;

	for (unsigned i = 0; i < OPS_MAX; i++) {
		enum op_kind kind = kinds[rng_below(rng, G_N_ELEMENTS(kinds))];
		uint16_t cpu = (uint16_t)rng_below(rng, 3);

		if (kind == OP_VMAP_ALLOC || (kind == OP_VMAP_FREE && !live))
			add_alloc(f, cpu, ++live, 1 + rng_below(rng, 99));
		else
			add(f, kind, cpu, kind == OP_VMAP_FREE ? live-- : 0);
		f->ops[i].flags |= rng_below(rng, 2) ? OP_DRAWN : 0;
	}
}

/* What the accounts say of a kind's ops is their latencies, to the cycle. */
static void check_accounts(const struct fixture *f, bool even)
{
	uint64_t latency[OP_KINDS] = {0}, wait[OP_KINDS] = {0}, rounded[OP_KINDS] = {0};
	uint64_t in_locks = 0;

	for (unsigned i = 0; i < f->n; i++) {
		latency[f->ops[i].kind] += f->records[i].latency_cycles;
		wait[f->ops[i].kind] += f->records[i].wait_cycles;
		/* and the caller's part */
		rounded[f->ops[i].kind] += f->ops[i].kind == OP_VMAP_PURGE ? 4 : 2;
	}
	for (unsigned kind = 0; kind < OP_KINDS; kind++) {
		const struct work_account *account = &f->totals.kinds[kind];
		uint64_t parts = account->lock_cycles + account->slowed_cycles, price = 0;

		for (unsigned step = 0; step < STEPS; step++)
			price += account->step[step].price;
		parts += price >> PRICE_SHIFT;
		in_locks += account->lock_cycles;
		g_assert_cmpuint(account->work_cycles - account->before_cycles +
					 account->wait_cycles[0],
				 ==, latency[kind]);
		g_assert_cmpuint(account->wait_cycles[0], ==, wait[kind]);
		g_assert_cmpuint(parts, <=, account->work_cycles + rounded[kind] / 2);
		g_assert_cmpuint(account->work_cycles, <=, parts + 1 + rounded[kind] / 2);
		if (even)
			g_assert_cmpuint(parts, ==, account->work_cycles);
	}
	g_assert_cmpuint(in_locks, >, 0);
}

static void test_accounts(void)
{
	bool waited = false, before = false;
	struct rng rng;

	rng_init(&rng, 1, "test-engine");
	for (unsigned i = 0; i < 400; i++) {
		struct fixture f = {.profile = i % 2 ? "i5-3320m" : NULL};

		add_mix(&f, &rng);
		run(&f, i % 4 < 3 ? 3 : 4, i % 5 ? ORDER_TIME : ORDER_TRACE);
		check_accounts(&f, !f.profile);
		waited |= f.totals.kinds[OP_VMAP_ALLOC].wait_cycles[0] > 0;
		before |= f.totals.kinds[OP_VMAP_ALLOC].before_cycles > 0;
	}
	g_assert_true(waited && before);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/engine/alone", test_alone);
	g_test_add_func("/engine/after", test_after_all);
	g_test_add_func("/engine/fifo", test_fifo);
	g_test_add_func("/engine/bounce", test_bounce);
	g_test_add_func("/engine/yield", test_yield);
	g_test_add_func("/engine/try", test_try);
	g_test_add_func("/engine/open-loop", test_open_loop);
	g_test_add_func("/engine/maker", test_maker);
	g_test_add_func("/engine/failed", test_failed);
	g_test_add_func("/engine/trace-order", test_trace_order);
	g_test_add_func("/engine/lookahead", test_lookahead);
	g_test_add_func("/engine/foreign", test_foreign);
	g_test_add_func("/engine/oops", test_oops);
	g_test_add_func("/engine/check", test_check);
	g_test_add_func("/engine/accounts", test_accounts);
	return g_test_run();
}
