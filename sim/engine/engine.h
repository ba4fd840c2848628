/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_ENGINE_ENGINE_H
#define KMSIM_ENGINE_ENGINE_H

/*
 * The run loop: takes ops from a stream, performs them on a model with simulated CPUs
 * and locks, prices the work with a CPU profile, and hands one record an op to an
 * observer. docs/architecture.md, "Time and concurrency", has the rules.
 *
 * Time is an integer count of cycles of the profile's clock.
 */

#include "models/model.h"
#include "sim/machine/cpu_profile.h"
#include "sim/trace/op_stream.h"

#include <signal.h>

enum run_order {
	ORDER_TIME,  /* at its time stamp, or as soon as its CPU is free */
	ORDER_TRACE, /* one at a time, in the order of the trace, whatever the CPU */
};

enum op_status {
	STATUS_OK,
	STATUS_FAIL,
	STATUS_SKIPPED,
	STATUS_OOPS,
	OP_STATUSES
};

/* "ok", "fail", "skipped", "oops". */
const char *op_status_name(enum op_status status);

/*
 * Where the cycles of one CPU went, in ops of one kind. Latencies of these ops: work_cycles and
 * wait_cycles less before_cycles, exactly. The parts of work_cycles, steps, lock_cycles and
 * slowed_cycles, add up to it but for the rounding of each stage to whole cycles, by half a
 * cycle at most.
 */
struct work_account {
	struct {
		uint64_t count, price; /* price: cycles << PRICE_SHIFT */
	} step[STEPS];
	uint64_t work_cycles;		       /* all work, waiting not included */
	uint64_t before_cycles;		       /* of that, their caller's before the ops */
	uint64_t lock_cycles;		       /* taking locks, waiting not included */
	uint64_t slowed_cycles;		       /* more, because of others: a sibling, waiters */
	uint64_t wait_cycles[MODEL_LOCKS_MAX]; /* by class of lock */
};

/* What became of one op. Valid during the observer's call. */
struct op_record {
	const struct op *op;
	enum op_status status;
	bool has_addr; /* addr is the answer, or on a free the address freed */
	uint64_t addr;
	uint64_t t_start_cycles;	     /* when its CPU began it */
	uint64_t latency_cycles;	     /* from begin to end, waiting included */
	uint64_t wait_cycles;		     /* of that, waiting for locks */
	uint64_t steps;			     /* search steps, summed over the tries of a request */
	const char *note_key, *note_value;   /* NULL: none */
	const struct work_account *accounts; /* of its CPU so far: OP_KINDS of them */
};

typedef void (*op_observer)(void *ctx, const struct op_record *record);

/* Add @account to @sum; take it away from it. */
void work_account_add(struct work_account *sum, const struct work_account *account);
void work_account_subtract(struct work_account *sum, const struct work_account *account);

struct lock_totals {
	const char *name;     /* class of locks */
	uint64_t takes;	      /* times taken */
	uint64_t contended;   /* of these, after waiting */
	uint64_t wait_cycles; /* waited for it, all CPUs */
	uint64_t held_cycles; /* held, all CPUs */
};

/* Where the cycles of a run went. */
struct engine_totals {
	uint64_t end_cycles;  /* when the last op was done */
	uint64_t busy_cycles; /* spent in ops by all CPUs, waiting not included */
	uint64_t ops;	      /* records given to the observer */
	uint64_t performed;   /* of these, done by the model */
	uint64_t foreign;     /* of these, skipped: the model does not have their kind */
	struct background_totals {
		const char *name;
		uint64_t runs, busy_cycles, wait_cycles;
	} background[BACKGROUND_TASKS_MAX]; /* not part of the figures above */
	unsigned n_background;
	uint64_t late_lookahead; /* ops that might have begun earlier but lay too far on in the
				    trace */
	struct work_account kinds[OP_KINDS]; /* by kind of op, all CPUs */
	struct work_account tasks;	     /* all background tasks */
	uint64_t step_count[STEPS];	     /* sums over both */
	uint64_t step_cycles[STEPS];
	unsigned n_locks;
	struct lock_totals locks[MODEL_LOCKS_MAX];
	enum {
		END_COMPLETE,
		END_OOPS,
		END_BROKEN,
		END_INPUT,
		END_INTERRUPTED
	} end;
	uint64_t end_seq; /* op in which an oops or broken invariant came up; of a background task:
			     the last one done before */
	uint64_t end_at_cycles; /* when */
	char *end_message;	/* what it was; to be freed */
};

/* What runs, noted at the beginning of every stage: no more than it takes to say it when asked. */
struct engine_now {
	uint64_t t_cycles;
	const struct call *call;
	uint64_t last_seq; /* the last op done */
};

/* Which stage runs, for those who hear what the model tells meanwhile (model_env.emit). */
struct engine_moment {
	uint64_t t_cycles; /* when it began */
	uint64_t seq;	   /* of the op; of a background task: the last one done before */
	uint32_t cpu;	   /* of a background task: engine_config.cpus + its index */
	uint32_t task;	   /* as in struct call: 0 for an op */
};

struct engine_config {
	const struct model_ops *model_ops;
	void *model;
	const struct footprint *footprint; /* of the model */
	const struct cpu_profile *profile;
	enum run_order order;
	uint32_t cpus; /* simulated; every op's cpu is below it */
	op_observer observe;
	void *observer;
	void (*begins)(void *observer); /* seeds are done, ops begin; NULL: does not want to know */
	struct engine_now *now;		/* kept up to date; NULL: not wanted */
	const volatile sig_atomic_t *interrupted;		      /* NULL: never */
	void (*progress)(void *ctx, uint64_t ops, unsigned permille); /* NULL: none */
	void *progress_ctx;
};

/* Which stage it is that runs @now, on a machine of @cpus CPUs. */
static inline struct engine_moment engine_moment_of(const struct engine_now *now, uint32_t cpus)
{
	const struct call *call = now->call;

	return (struct engine_moment){
		.t_cycles = now->t_cycles,
		.seq = call->task ? now->last_seq : call->op->seq,
		.cpu = call->task ? cpus + call->task - 1 : call->op->cpu,
		.task = call->task,
	};
}

/*
 * Run @stream to its end, and then let the model check itself. False with the error set for bad
 * input (as the stream reports it). An oops, a broken invariant and an interrupt end the run early
 * and are no error: totals->end says which.
 */
bool engine_run(const struct engine_config *config, struct op_stream *stream,
		struct engine_totals *totals, GError **error);

#endif
