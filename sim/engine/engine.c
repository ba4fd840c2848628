// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/engine/cpus.h"

#include "sim/base/error.h"

/*
 * Ops of other CPUs are read ahead while one CPU waits for its next, at most this many. An
 * op that lies further on than that begins late; totals->late_lookahead counts them.
 */
#define LOOKAHEAD 65536

#define PROGRESS_OPS 65536

struct op_node {
	struct op op;
	uint32_t next; /* node + 1; 0: none */
};

struct lookahead {
	struct op_node *nodes;
	uint32_t n, room;
	uint32_t unused;   /* node + 1 */
	uint32_t pending;  /* ops read and not begun, those of idle CPUs among them */
	uint32_t hungry;   /* CPUs that are idle with no op read for them */
	uint64_t released; /* as the source had it when waiting CPUs were last looked after */
	bool end;
};

const char *op_status_name(enum op_status status)
{
	static const char *const names[OP_STATUSES] = {"ok", "fail", "skipped", "oops"};

	return names[status];
}

/* Earliest begin of @op on a CPU that has been free since @since. */
static uint64_t start_cycles(const struct engine *engine, const struct op *op, uint64_t since)
{
	uint64_t t;

	if (!(op->flags & (OP_HAS_T | OP_AFTER)))
		return since;
	t = mul_div(op->t_ns, cpu_profile_clock_hz(engine->config->profile), NS_PER_S);
	return op->flags & OP_AFTER ? since + t : MAX(since, t);
}

/* Note an interrupt and show progress, now and then. */
static inline void look_around(struct engine *engine)
{
	const struct engine_config *config = engine->config;

	if (config->interrupted && *config->interrupted) {
		engine->totals->end = END_INTERRUPTED;
		engine->stop = true;
	}
	if (engine->totals->ops % PROGRESS_OPS || !config->progress)
		return;
	struct op_source *source = op_stream_source(engine->stream);

	config->progress(config->progress_ctx, engine->totals->ops,
			 source->ops->progress ? source->ops->progress(source) : 0);
}

/* What was woken runs to its end, beside the next op: it delays nobody. */
static void run_background(struct engine *engine, uint64_t now)
{
	while (engine->woken && !engine->stop) {
		uint32_t i = (uint32_t)__builtin_ctz(engine->woken);
		struct sim_cpu *cpu = &engine->cpus[engine->config->cpus + i];
		task_begin(engine, i, now);
		task_complete(engine, cpu, cpu_run(engine, cpu, now));
	}
}

/* What is kept of an object that an op close by will end comes into the cache now. */
static inline void fetch_slot(const struct engine *engine, uint32_t slot)
{
	if (slot >= engine->n_slots)
		return;
	__builtin_prefetch(&engine->slot_state[slot]);
	if (engine->ops->coming)
		engine->ops->coming(engine->model, slot);
}

/* One op after another: nobody waits for anybody, so there is nothing to queue. */
static bool run_in_order(struct engine *engine, GError **error)
{
	struct sim_cpu *cpu = &engine->cpus[0];
	enum source_next next = SOURCE_OP;
	uint64_t now = 0;

	while (!engine->stop &&
	       (next = op_stream_next(engine->stream, ANY_CPU, &cpu->op, error)) == SOURCE_OP) {
		cpu->number = cpu->op.cpu;
		fetch_slot(engine, op_stream_coming(engine->stream));
		slot_expect(engine, &cpu->op);
		if (op_is_seed(&cpu->op)) {
			cpu_seed(engine, cpu);
			continue;
		}
		now = cpu_perform(engine, cpu, start_cycles(engine, &cpu->op, now));
		if (G_UNLIKELY(engine->woken))
			run_background(engine, now);
		look_around(engine);
	}
	cpu->number = 0;
	return next != SOURCE_ERROR;
}

static void append(struct lookahead *ahead, struct sim_cpu *cpu, const struct op *op)
{
	uint32_t link = ahead->unused;

	if (link) {
		ahead->unused = ahead->nodes[link - 1].next;
	} else {
		if (ahead->n == ahead->room) {
			ahead->room = MAX(ahead->room * 2, 64);
			ahead->nodes = g_renew(struct op_node, ahead->nodes, ahead->room);
		}
		link = ++ahead->n;
	}
	ahead->nodes[link - 1] = (struct op_node){.op = *op};
	if (cpu->first_pending)
		ahead->nodes[cpu->last_pending - 1].next = link;
	else
		cpu->first_pending = link;
	cpu->last_pending = link;
}

static struct op take_front(struct lookahead *ahead, struct sim_cpu *cpu)
{
	uint32_t link = cpu->first_pending;
	struct op_node *node = &ahead->nodes[link - 1];

	cpu->first_pending = node->next;
	node->next = ahead->unused;
	ahead->unused = link;
	return node->op;
}

/* @cpu, which is idle, is to begin the op that it has now. */
static inline G_ALWAYS_INLINE void schedule_start(struct engine *engine, struct sim_cpu *cpu,
						  uint64_t now)
{
	const struct op *op = &cpu->op;
	uint64_t earliest = start_cycles(engine, op, cpu->free_since);

	if (op_id_role(op->kind) == ID_ENDED)
		fetch_slot(engine, op->slot);
	engine->totals->late_lookahead += earliest < now;
	cpu->state = CPU_STARTING;
	event_queue_push(&engine->events, MAX(earliest, now), EVENT_START, op->seq, cpu->number);
}

static G_NO_INLINE void perform_seed(struct engine *engine, const struct op *op)
{
	struct sim_cpu seeder = {.number = op->cpu, .op = *op};

	cpu_seed(engine, &seeder);
}

/* Seeds come before anything else, and are nobody's work. */
static inline enum source_next read_past_seeds(struct engine *engine, uint32_t number,
					       struct op *op, GError **error)
{
	enum source_next next;

	while ((next = op_stream_next(engine->stream, number, op, error)) == SOURCE_OP) {
		fetch_slot(engine, op_stream_coming(engine->stream));
		slot_expect(engine, op);
		if (!op_is_seed(op))
			break;
		perform_seed(engine, op);
	}
	return next;
}

/* An op for an idle CPU is that CPU's at once, one for another is kept until it is its turn. */
static void hand_out(struct engine *engine, struct lookahead *ahead, const struct op *op,
		     uint64_t now)
{
	struct sim_cpu *cpu = &engine->cpus[op->cpu];

	ahead->pending++;
	if (cpu->state != CPU_IDLE) {
		append(ahead, cpu, op);
		return;
	}
	ahead->hungry--;
	cpu->op = *op;
	schedule_start(engine, cpu, now);
}

/* The next op in the order of the trace. */
static bool read_any(struct engine *engine, struct lookahead *ahead, uint64_t now, GError **error)
{
	struct op op;
	enum source_next next = read_past_seeds(engine, ANY_CPU, &op, error);

	if (next == SOURCE_OP)
		hand_out(engine, ahead, &op, now);
	else if (next == SOURCE_END)
		ahead->end = true;
	return next != SOURCE_ERROR;
}

/* The next op of @cpu, which is idle. */
static inline G_ALWAYS_INLINE bool read_own(struct engine *engine, struct lookahead *ahead,
					    struct sim_cpu *cpu, uint64_t now, GError **error)
{
	enum source_next next = read_past_seeds(engine, cpu->number, &cpu->op, error);

	if (next == SOURCE_OP) {
		g_assert(cpu->op.cpu == cpu->number);
		ahead->pending++;
		schedule_start(engine, cpu, now);
		return true;
	}
	cpu->op = (struct op){0}; /* whatever was left in it is not owned */
	if (next == SOURCE_WAIT)
		cpu->state = CPU_WAITING;
	return next != SOURCE_ERROR;
}

/* Read until every idle CPU has an op to begin with, or the lookahead is full. */
static bool feed(struct engine *engine, struct lookahead *ahead, uint64_t now, GError **error)
{
	while (ahead->hungry && !ahead->end && ahead->pending < LOOKAHEAD) {
		if (!read_any(engine, ahead, now, error))
			return false;
	}
	return true;
}

/* At the beginning every CPU is hungry. */
static bool feed_all(struct engine *engine, struct lookahead *ahead, GError **error)
{
	ahead->hungry = engine->config->cpus;
	if (!op_stream_source(engine->stream)->per_cpu)
		return feed(engine, ahead, 0, error);
	for (uint32_t i = 0; i < engine->config->cpus; i++) {
		if (!read_own(engine, ahead, &engine->cpus[i], 0, error))
			return false;
	}
	return true;
}

/* @cpu has nothing to do: give it its next op. */
static bool feed_idle(struct engine *engine, struct lookahead *ahead, struct sim_cpu *cpu,
		      uint64_t now, GError **error)
{
	if (op_stream_source(engine->stream)->per_cpu)
		return read_own(engine, ahead, cpu, now, error);
	if (cpu->first_pending) {
		cpu->op = take_front(ahead, cpu);
		schedule_start(engine, cpu, now);
	} else {
		ahead->hungry++;
	}
	return feed(engine, ahead, now, error);
}

/* The last op that others waited for is done: give each of them its next op. */
static G_NO_INLINE bool feed_released(struct engine *engine, struct lookahead *ahead, uint64_t now,
				      GError **error)
{
	const struct op_source *source = op_stream_source(engine->stream);

	while (ahead->released != source->released) {
		ahead->released = source->released;
		for (uint32_t i = 0; i < engine->config->cpus; i++) {
			struct sim_cpu *cpu = &engine->cpus[i];

			if (cpu->state != CPU_WAITING)
				continue;
			cpu->state = CPU_IDLE;
			cpu->free_since = now;
			if (!read_own(engine, ahead, cpu, now, error))
				return false;
		}
	}
	return true;
}

static inline bool feed_waiting(struct engine *engine, struct lookahead *ahead, uint64_t now,
				GError **error)
{
	if (G_LIKELY(ahead->released == op_stream_source(engine->stream)->released))
		return true;
	return feed_released(engine, ahead, now, error);
}

/* What @cpu's op names is still being made: wait for that. */
static bool blocked(struct engine *engine, struct sim_cpu *cpu)
{
	const struct op *op = &cpu->op;

	if (op_id_role(op->kind) != ID_ENDED || engine->slot_state[op->slot] != SLOT_PENDING)
		return false;
	cpu->state = CPU_BLOCKED;
	engine->slot_state[op->slot] = SLOT_PENDING + cpu->number + 1;
	return true;
}

static inline uint32_t to_wake(const struct engine *engine)
{
	return engine->woken & engine->idle_tasks;
}

/* Tasks that were woken and do not run already begin now; the others once they are done. */
static void start_background(struct engine *engine, uint64_t now)
{
	for (uint32_t wakes = to_wake(engine); wakes; wakes &= wakes - 1) {
		uint32_t i = (uint32_t)__builtin_ctz(wakes);
		struct sim_cpu *cpu = &engine->cpus[engine->config->cpus + i];

		task_begin(engine, i, now);
		event_queue_push(&engine->events, now, EVENT_WORK, engine->sequence++, cpu->number);
	}
}

static void push_work(struct engine *engine, const struct sim_cpu *cpu, uint64_t time)
{
	event_queue_push(&engine->events, time, EVENT_WORK, engine->sequence++, cpu->number);
}

/*
 * @cpu performs its next stage. As long as nobody else can come before the one after it, that need
 * not be queued: where nobody has an event, and after a stage that takes no time. Returns when the
 * op is over; NEVER: not yet.
 */
static inline uint64_t go_on(struct engine *engine, struct sim_cpu *cpu, uint64_t now)
{
	bool next;

	do {
		now = cpu_step(engine, cpu, now);
		if (now == NEVER)
			return NEVER;
		next = event_queue_is_next(&engine->events, now) && !to_wake(engine);
	} while (next && cpu->stage >= 0);
	if (next && !is_task(cpu))
		return now;
	push_work(engine, cpu, now);
	if (G_UNLIKELY(to_wake(engine)))
		start_background(engine, now);
	return NEVER;
}

/* One event of @cpu at @now. Returns when it is idle, and is to be fed; NEVER: it is not. */
static uint64_t handle(struct engine *engine, struct lookahead *ahead, struct sim_cpu *cpu,
		       enum event_class class, uint64_t now)
{
	if (class == EVENT_START) {
		if (blocked(engine, cpu))
			return NEVER;
		ahead->pending--;
		uint64_t begins = cpu_begin(engine, cpu, now);

		if (begins == NEVER)
			return now;
		if (begins != now) { /* its caller was busy first */
			push_work(engine, cpu, begins);
			return NEVER;
		}
	} else if (cpu->stage < 0 && is_task(cpu)) {
		task_complete(engine, cpu, now);
		start_background(engine, now);
		return NEVER;
	}
	if (cpu->stage >= 0)
		now = go_on(engine, cpu, now);
	if (now != NEVER)
		cpu_complete(engine, cpu, now);
	return now;
}

/* One event, and what its CPU begins at once after it. */
static inline bool perform(struct engine *engine, struct lookahead *ahead,
			   const struct event *event, GError **error)
{
	struct sim_cpu *cpu = &engine->cpus[event->cpu];
	enum event_class class = event_class_of(event);

	do {
		uint64_t idle = handle(engine, ahead, cpu, class, event->time);

		if (idle == NEVER)
			return true;
		look_around(engine);
		if (!feed_idle(engine, ahead, cpu, idle, error) ||
		    !feed_waiting(engine, ahead, idle, error))
			return false;
		class = EVENT_START;
	} while (!engine->stop && event_queue_pop_again(&engine->events));
	return true;
}

static bool run_events(struct engine *engine, struct lookahead *ahead, GError **error)
{
	struct event event;

	if (!feed_all(engine, ahead, error) || !feed_waiting(engine, ahead, 0, error))
		return false;
	while (!engine->stop && event_queue_pop(&engine->events, &event)) {
		if (!perform(engine, ahead, &event, error))
			return false;
	}
	return true;
}

static bool run_concurrently(struct engine *engine, GError **error)
{
	struct lookahead ahead = {0};
	bool ok = run_events(engine, &ahead, error);

	for (uint32_t i = 0; i < engine->config->cpus; i++) {
		while (engine->cpus[i].first_pending) {
			struct op op = take_front(&ahead, &engine->cpus[i]);

			op_clear(&op);
		}
	}
	g_free(ahead.nodes);
	return ok;
}

/* Whatever its ops answered: what they leave behind must hold together. */
static void check_state(const struct engine *engine)
{
	struct engine_totals *totals = engine->totals;

	if (totals->end != END_COMPLETE || !engine->ops->check)
		return;
	totals->end_message = engine->ops->check(engine->model);
	if (!totals->end_message)
		return;
	totals->end = END_BROKEN;
	totals->end_seq = engine->now->last_seq;
	totals->end_at_cycles = totals->end_cycles;
}

bool engine_run(const struct engine_config *config, struct op_stream *stream,
		struct engine_totals *totals, GError **error)
{
	struct engine_now unheard;
	struct engine engine = {
		.config = config,
		.ops = config->model_ops,
		.stream = stream,
		.totals = totals,
		.now = config->now ? config->now : &unheard,
	};
	bool alone = config->order == ORDER_TRACE || config->cpus == 1;

	*totals = (struct engine_totals){.end = END_COMPLETE};
	cpus_init(&engine);
	bool ok = alone ? run_in_order(&engine, error) : run_concurrently(&engine, error);

	if (ok)
		check_state(&engine);
	cpus_sum_up(&engine);
	cpus_clear(&engine);
	if (!ok)
		g_clear_pointer(&totals->end_message, g_free);
	return ok;
}
