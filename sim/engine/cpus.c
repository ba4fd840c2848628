// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/engine/cpus.h"

#include "sim/engine/locks.h"

#include <string.h>

static const enum footprint_set step_set[STEPS] = {
#define X(step, name, set, pattern, what) [STEP_##step] = set,
	STEP_LIST(X)
#undef X
};

static G_NO_INLINE void grow_slots(struct engine *engine, uint32_t slot)
{
	uint32_t n = MAX(slot + 1, engine->n_slots * 2);

	n = MAX(n, 1024);
	engine->slot_state = g_renew(uint32_t, engine->slot_state, n);
	engine->n_slots = n;
}

void slot_expect(struct engine *engine, const struct op *op)
{
	if (op_id_role(op->kind) != ID_MADE)
		return;
	if (op->slot >= engine->n_slots)
		grow_slots(engine, op->slot);
	engine->slot_state[op->slot] = SLOT_PENDING;
}

/* Cycles for the counted work, which is cleared. */
static inline uint64_t price_work(struct engine *engine, struct sim_cpu *cpu)
{
	struct call *call = &cpu->call;
	struct work_account *account = cpu->account;
	const uint32_t *bucket = engine->bucket;
	const price_table *prices = cpu->prices;
	uint64_t total = 0;

	for (uint64_t worked = call->worked; worked; worked &= worked - 1) {
		enum step step = (enum step)__builtin_ctzll(worked);
		uint64_t n = call->work[step];
		uint64_t price = n * (*prices)[bucket[step_set[step]]][step];

		account->step[step].count += n;
		account->step[step].price += price;
		total += price;
		call->work[step] = 0;
	}
	call->worked = 0;
	return (total + (1u << (PRICE_SHIFT - 1))) >> PRICE_SHIFT;
}

static bool is_watched(const struct sim_cpu *cpu)
{
	for (uint32_t held = cpu->held; held; held &= held - 1) {
		if (cpu->held_lock[__builtin_ctz(held)]->first_waiter)
			return true;
	}
	return false;
}

/* What @cycles of work take longer because of what other CPUs do. */
static inline uint64_t slowed(struct engine *engine, struct sim_cpu *cpu, uint64_t cycles)
{
	uint64_t more;

	if (!engine->slows)
		return 0;
	more = cycles * engine->sibling_permille[*cpu->sibling] / 1000;
	if (engine->watched_permille && is_watched(cpu))
		more += cycles * engine->watched_permille / 1000;
	cpu->account->slowed_cycles += more;
	return more;
}

/* @stage does its part, which takes so many cycles. */
static inline uint64_t work(struct engine *engine, struct sim_cpu *cpu, const struct stage *stage,
			    uint64_t now)
{
	struct work_account *account = cpu->account;

	engine->now->t_cycles = now;
	engine->now->call = &cpu->call;
	cpu->stage = stage->run(engine->model, &cpu->call);
	uint64_t cycles = price_work(engine, cpu) + cpu->lock_cycles;

	cycles += slowed(engine, cpu, cycles);
	account->lock_cycles += cpu->lock_cycles;
	account->work_cycles += cycles;
	cpu->lock_cycles = 0;
	engine->woken |= cpu->call.wake;
	cpu->call.wake = 0;
	return cycles;
}

/*
 * Perform @cpu's next stage at @now: when it is over. NEVER: the CPU waits for a lock. Where a
 * stage only tries for one that somebody has, another stage is the next.
 */
static inline G_ALWAYS_INLINE uint64_t step(struct engine *engine, struct sim_cpu *cpu,
					    uint64_t now)
{
	while (cpu->stage >= 0) {
		const struct stage *stage = &engine->stages[cpu->stage];

		/* a CPU that yielded and has had to wait does not yield again */
		if (cpu->held && cpu->state != CPU_SPINNING)
			release_for(engine, cpu, stage, now);
		cpu->state = CPU_WORKING;
		enum take take = take_locks(engine, cpu, stage, now);

		if (take == TAKE_ALL)
			return now + work(engine, cpu, stage, now);
		if (take == TAKE_WAIT) {
			cpu->state = CPU_SPINNING;
			return NEVER;
		}
		cpu->stage = stage->busy;
	}
	return now;
}

static void observe(struct engine *engine, struct sim_cpu *cpu, enum op_status status, uint64_t now)
{
	const struct call *call = &cpu->call;
	bool answered = status == STATUS_OK && call->addr != NO_ADDR;
	const struct op_record record = {
		.op = &cpu->op,
		.status = status,
		.has_addr = answered,
		.addr = answered ? call->addr : 0,
		.t_start_cycles = cpu->t_start,
		.latency_cycles = now - cpu->t_start,
		.wait_cycles = cpu->wait_cycles,
		.steps = call->steps,
		.note_key = call->note_key,
		.note_value = call->note_value,
		.accounts = &engine->accounts[(uint64_t)cpu->number * OP_KINDS],
	};

	engine->totals->ops++;
	engine->now->last_seq = cpu->op.seq;
	engine->totals->end_cycles = MAX(engine->totals->end_cycles, now);
	if (engine->config->observe)
		engine->config->observe(engine->config->observer, &record);
	struct op_source *source = op_stream_source(engine->stream);

	if (source->timed)
		source->now_ns =
			mul_div(now, NS_PER_S, cpu_profile_clock_hz(engine->config->profile));
	op_stream_result(engine->stream, &cpu->op, status == STATUS_OK, record.addr);
}

static G_NO_INLINE void wake_waiter(struct engine *engine, uint32_t waiter, uint64_t now)
{
	engine->cpus[waiter - 1].state = CPU_STARTING;
	event_queue_push(&engine->events, now, EVENT_START, engine->sequence++, waiter - 1);
}

static inline void object_made(struct engine *engine, uint32_t slot, bool ok, uint64_t now)
{
	uint32_t waiter = engine->slot_state[slot] - SLOT_PENDING;

	engine->slot_state[slot] = ok ? SLOT_LIVE : SLOT_FAILED;
	if (G_UNLIKELY(waiter))
		wake_waiter(engine, waiter, now);
}

static inline G_ALWAYS_INLINE void finish(struct engine *engine, struct sim_cpu *cpu,
					  enum op_status status, uint64_t now)
{
	enum op_id_role role = op_id_role(cpu->op.kind);

	observe(engine, cpu, status, now);
	if (role == ID_MADE)
		object_made(engine, cpu->op.slot, status == STATUS_OK, now);
	else if (role == ID_ENDED)
		op_stream_release(engine->stream, cpu->op.slot);
	op_clear(&cpu->op);
	cpu->state = CPU_IDLE;
	cpu->free_since = now;
}

/* The run is over, by what @cpu did in op @seq. */
static G_NO_INLINE void end_run(struct engine *engine, struct sim_cpu *cpu, uint64_t seq,
				uint64_t now)
{
	struct engine_totals *totals = engine->totals;

	totals->end = cpu->stage == CALL_OOPS	  ? END_OOPS
		      : cpu->stage == CALL_BROKEN ? END_BROKEN
						  : END_INPUT;
	totals->end_seq = seq;
	totals->end_at_cycles = now;
	totals->end_message = g_steal_pointer(&cpu->call.message);
	engine->stop = true;
}

static inline G_ALWAYS_INLINE void complete(struct engine *engine, struct sim_cpu *cpu,
					    uint64_t now)
{
	if (cpu->held)
		release(engine, cpu, cpu->held, now);
	if (cpu->stage <= CALL_OOPS)
		end_run(engine, cpu, cpu->op.seq, now);
	static const enum op_status statuses[] = {
		[-CALL_DONE] = STATUS_OK,    [-CALL_FAIL] = STATUS_FAIL,
		[-CALL_OOPS] = STATUS_OOPS,  [-CALL_BROKEN] = STATUS_OOPS,
		[-CALL_INPUT] = STATUS_OOPS,
	};

	finish(engine, cpu, statuses[-cpu->stage], now);
}

/* Everything but work, which is cleared when it is priced. */
static void begin_call(struct sim_cpu *cpu, uint64_t now)
{
	struct call *call = &cpu->call;

	call->op = &cpu->op;
	call->addr = NO_ADDR;
	call->steps = 0;
	call->note_key = NULL;
	memset(call->scratch, 0, sizeof(call->scratch));
	memset(call->lock_instance, 0, sizeof(call->lock_instance));
	cpu->state = CPU_WORKING;
	cpu->t_start = now;
	cpu->wait_cycles = 0;
}

static void open_account(struct engine *engine, struct sim_cpu *cpu)
{
	cpu->account = &engine->accounts[(uint64_t)cpu->number * OP_KINDS + cpu->op.kind];
	cpu->prices = engine->prices[cpu->number];
}

static G_NO_INLINE void note_beginning(struct engine *engine)
{
	engine->began = true;
	if (engine->config->begins)
		engine->config->begins(engine->config->observer);
}

/* What the caller does before the op, which is no part of it: in cycles. */
static G_NO_INLINE uint64_t work_before(struct engine *engine, struct sim_cpu *cpu)
{
	count(&cpu->call, STEP_RANDOM_BYTES, 1);
	uint64_t cycles = price_work(engine, cpu);

	cycles += slowed(engine, cpu, cycles);
	cpu->account->work_cycles += cycles;
	cpu->account->before_cycles += cycles;
	return cycles;
}

/* There is nothing to do for the op of @cpu. */
static G_NO_INLINE void skip(struct engine *engine, struct sim_cpu *cpu, bool known, uint64_t now)
{
	bool mark = cpu->op.kind == OP_MARK;

	engine->totals->foreign += !mark && !known;
	finish(engine, cpu, mark ? STATUS_OK : STATUS_SKIPPED, now);
}

static inline G_ALWAYS_INLINE uint64_t begin(struct engine *engine, struct sim_cpu *cpu,
					     uint64_t now)
{
	const struct op *op = &cpu->op;
	bool missing =
		op_id_role(op->kind) == ID_ENDED && engine->slot_state[op->slot] == SLOT_FAILED;
	bool known = engine->ops->kinds & OP_BIT(op->kind);

	if (G_UNLIKELY(!engine->began) && !op_is_seed(op))
		note_beginning(engine);
	begin_call(cpu, now);
	open_account(engine, cpu);
	if (G_UNLIKELY(op->kind == OP_MARK || missing || !known)) {
		skip(engine, cpu, known, now);
		return NEVER;
	}
	engine->totals->performed++;
	if (op->flags & OP_DRAWN)
		cpu->t_start = now += work_before(engine, cpu);
	cpu->stage = engine->ops->entry[op->kind];
	return now;
}

void task_begin(struct engine *engine, uint32_t i, uint64_t now)
{
	struct sim_cpu *cpu = &engine->cpus[engine->config->cpus + i];

	engine->woken &= ~(UINT32_C(1) << i);
	engine->idle_tasks &= ~(UINT32_C(1) << i);
	cpu->op = (struct op){.kind = OP_MARK};
	begin_call(cpu, now);
	cpu->account = &engine->accounts[(uint64_t)engine->config->cpus * OP_KINDS + i];
	cpu->stage = engine->ops->background[i].entry;
}

void task_complete(struct engine *engine, struct sim_cpu *cpu, uint64_t now)
{
	struct background_totals *totals = &engine->totals->background[cpu->call.task - 1];

	release(engine, cpu, cpu->held, now);
	if (cpu->stage <= CALL_OOPS)
		end_run(engine, cpu, engine->now->last_seq, now);
	engine->idle_tasks |= UINT32_C(1) << (cpu->call.task - 1);
	totals->runs++;
	totals->wait_cycles += cpu->wait_cycles;
	cpu->state = CPU_IDLE;
}

void cpu_seed(struct engine *engine, struct sim_cpu *cpu)
{
	if (begin(engine, cpu, 0) == NEVER)
		return;
	while (cpu->stage >= 0)
		cpu->stage = engine->stages[cpu->stage].run(engine->model, &cpu->call);
	cpu->call.wake = 0;
	memset(cpu->call.work, 0, sizeof(cpu->call.work));
	cpu->call.worked = 0;
	complete(engine, cpu, 0);
}

/* The parts of an op, for CPUs that work side by side. */

uint64_t cpu_begin(struct engine *engine, struct sim_cpu *cpu, uint64_t now)
{
	return begin(engine, cpu, now);
}

uint64_t cpu_step(struct engine *engine, struct sim_cpu *cpu, uint64_t now)
{
	return step(engine, cpu, now);
}

void cpu_complete(struct engine *engine, struct sim_cpu *cpu, uint64_t now)
{
	complete(engine, cpu, now);
}

/* All of them at once. */

uint64_t cpu_run(struct engine *engine, struct sim_cpu *cpu, uint64_t now)
{
	while (cpu->stage >= 0)
		now = step(engine, cpu, now);
	return now;
}

uint64_t cpu_perform(struct engine *engine, struct sim_cpu *cpu, uint64_t now)
{
	uint64_t begins = begin(engine, cpu, now);

	if (begins == NEVER)
		return now;
	now = cpu_run(engine, cpu, begins);
	complete(engine, cpu, now);
	return now;
}
