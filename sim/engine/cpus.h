/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_ENGINE_CPUS_H
#define KMSIM_ENGINE_CPUS_H

/*
 * Inside of the engine: simulated CPUs that perform the stages of an op, locks they queue for,
 * and the price of their work. engine.c decides who runs when.
 */

#include "sim/base/big_array.h"
#include "sim/engine/engine.h"
#include "sim/engine/event_queue.h"

#define NOBODY 0u /* CPUs in links are numbers + 1 */

struct sim_lock {
	uint32_t holder, last_holder;
	uint32_t first_waiter, last_waiter; /* FIFO, linked by next_waiter */
	uint32_t near_left;    /* waiters of the holder's cluster that come before others */
	uint32_t last_cluster; /* of the last holder */
	uint64_t held_since;
	uint64_t takes, contended, wait_cycles, held_cycles; /* as in struct lock_totals */
};

G_STATIC_ASSERT(sizeof(struct sim_lock) == CACHE_LINE_BYTES);

enum cpu_state {
	CPU_IDLE,
	CPU_WAITING,  /* idle until the source lets it past a barrier */
	CPU_STARTING, /* an EVENT_START is pending */
	CPU_BLOCKED,  /* its op names an object that is still being made */
	CPU_WORKING,  /* in an op */
	CPU_SPINNING, /* the same, waiting for a lock of the next stage, or just granted it */
	CPU_STATES
};

struct sim_cpu {
	_Alignas(CACHE_LINE_BYTES) uint32_t number;
	uint32_t cluster;
	enum cpu_state state;
	int stage;     /* the next one; below 0 the op is over, with enum stage_result */
	uint32_t held; /* lock classes */
	uint32_t next_waiter;
	const enum cpu_state *sibling; /* of the one that shares its core, or of nobody */
	uint64_t lock_cycles;	       /* taking locks for the next stage */
	struct work_account *account;  /* where its work is written down */
	const price_table *prices;     /* of its kind of core */
	struct sim_lock *held_lock[MODEL_LOCKS_MAX]; /* of each class held */
	uint64_t t_start, wait_cycles, wait_since;
	uint64_t free_since;
	uint32_t first_pending, last_pending; /* ops read ahead, by op_node */
	struct call call;
	struct op op;
};

enum slot_state {
	SLOT_PENDING,
	SLOT_LIVE,
	SLOT_FAILED
};

struct engine {
	const struct engine_config *config;
	const struct model_ops *ops;
	void *model;
	const struct stage *stages; /* of the model */
	const uint32_t *bucket;	    /* of its footprint */
	struct op_stream *stream;
	struct engine_totals *totals;
	struct event_queue events;
	uint64_t sequence; /* of EVENT_WORK */
	struct engine_now *now;
	struct sim_cpu *cpus;
	struct lock_prices lock_prices;
	uint64_t sibling_permille[CPU_STATES]; /* more work, by what the sibling does */
	uint64_t watched_permille;  /* more work while others wait for a lock that it has */
	bool slows;		    /* either is not 0 */
	const price_table **prices; /* of each CPU's kind of core */
	struct sim_lock *locks, *locks_end;
	struct sim_lock *class_locks[MODEL_LOCKS_MAX]; /* first lock of each class in locks[] */
	struct work_account *accounts;		       /* OP_KINDS a CPU, then one a task */
	uint32_t *slot_state;			       /* by slot */
	uint32_t n_slots;
	uint32_t n_tasks;    /* background: cpus[config->cpus + i] is the CPU of task i */
	uint32_t woken;	     /* by a stage, not begun; bits */
	uint32_t idle_tasks; /* bits */
	bool began;	     /* the first op that is no seed */
	bool stop;	     /* an oops, a broken invariant or an interrupt */
};

/* Set up @config->cpus CPUs and the model's locks. */
void cpus_init(struct engine *engine);
void cpus_clear(struct engine *engine);

/* Sum up the accounts of all CPUs in the totals. */
void cpus_sum_up(struct engine *engine);

#define NEVER UINT64_MAX

/*
 * Begin @cpu's op at @now: when its first stage begins, which is later if its caller does something
 * before; go on with cpu_step(). NEVER: it was over at once and has been recorded.
 */
uint64_t cpu_begin(struct engine *engine, struct sim_cpu *cpu, uint64_t now);

/*
 * Perform the next stage at @now: when it is over. NEVER: the CPU waits for a lock; an EVENT_WORK
 * comes when it has it.
 */
uint64_t cpu_step(struct engine *engine, struct sim_cpu *cpu, uint64_t now);

/* Perform all stages that are left, while nobody else has any lock: when the last is over. */
uint64_t cpu_run(struct engine *engine, struct sim_cpu *cpu, uint64_t now);

/* The same with the op's beginning and completion: when it is over. */
uint64_t cpu_perform(struct engine *engine, struct sim_cpu *cpu, uint64_t now);

/* The op is over: release locks, record it, tell the source. Wakes the CPU blocked on it, if any.
 */
void cpu_complete(struct engine *engine, struct sim_cpu *cpu, uint64_t now);

/* Begin the background task @i, which was woken. */
void task_begin(struct engine *engine, uint32_t i, uint64_t now);

/* It is over: release locks, and count it. */
void task_complete(struct engine *engine, struct sim_cpu *cpu, uint64_t now);

static inline bool is_task(const struct sim_cpu *cpu)
{
	return cpu->call.task;
}

/* Give a seed to the model: it costs nothing and takes no time. */
void cpu_seed(struct engine *engine, struct sim_cpu *cpu);

/* Note that the object of @op, which was just read, is to be made. */
void slot_expect(struct engine *engine, const struct op *op);

#endif
