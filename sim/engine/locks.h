/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_ENGINE_LOCKS_H
#define KMSIM_ENGINE_LOCKS_H

/*
 * Inside of the engine: locks that CPUs hold and queue for, first come, first served. In line, but
 * for a lock that others wait for, as every stage goes through it.
 */

#include "sim/engine/cpus.h"

/* Which lock of @class the next stage of @cpu means. */
static inline struct sim_lock *find_lock(const struct engine *engine, const struct sim_cpu *cpu,
					 unsigned class)
{
	return &engine->class_locks[class][cpu->call.lock_instance[class]];
}

static inline void set_holder(struct sim_lock *lock, struct sim_cpu *cpu, unsigned class,
			      uint64_t now)
{
	lock->holder = cpu->number + 1;
	lock->held_since = now;
	lock->takes++;
	cpu->held |= LOCK_BIT(class);
	cpu->held_lock[class] = lock;
}

/*
 * Until a lock that @stage takes, and what is changed under it, are with its CPU, where another had
 * it before. Who @spun on it has read its line before he comes to own it: one move more.
 */
static inline uint64_t move_cycles(const struct engine *engine, const struct stage *stage,
				   unsigned class, bool near, bool spun)
{
	const struct lock_prices *prices = &engine->lock_prices;
	uint64_t line = near ? prices->line_near_cycles : prices->line_cycles;

	if (engine->ops->atomics & LOCK_BIT(class))
		return line;
	if (stage->lines)
		return (stage->lines + spun) * line;
	if (spun)
		return near ? prices->handover_near_cycles : prices->handover_cycles;
	return near ? prices->bounce_near_cycles : prices->bounce_cycles;
}

/* @lock of @class, which nobody has any more at @now, goes to one of those that wait for it. */
void lock_hand_over(struct engine *engine, struct sim_lock *lock, unsigned class, uint64_t now);

/* @cpu releases what it holds of @class. */
static inline void release_one(struct engine *engine, struct sim_cpu *cpu, unsigned class,
			       uint64_t now)
{
	struct sim_lock *lock = cpu->held_lock[class];

	lock->held_cycles += now - lock->held_since;
	lock->last_holder = lock->holder;
	lock->last_cluster = cpu->cluster;
	lock->holder = NOBODY;
	if (lock->first_waiter)
		lock_hand_over(engine, lock, class, now);
}

/* Release those of @classes that @cpu holds. */
static inline void release(struct engine *engine, struct sim_cpu *cpu, uint32_t classes,
			   uint64_t now)
{
	classes &= cpu->held;
	cpu->held ^= classes;
	for (; classes; classes &= classes - 1)
		release_one(engine, cpu, (unsigned)__builtin_ctz(classes), now);
}

static inline void enqueue(struct engine *engine, struct sim_lock *lock, struct sim_cpu *cpu,
			   uint64_t now)
{
	uint32_t link = cpu->number + 1;

	cpu->wait_since = now;
	if (lock->first_waiter)
		engine->cpus[lock->last_waiter - 1].next_waiter = link;
	else
		lock->first_waiter = link;
	lock->last_waiter = link;
}

enum take {
	TAKE_ALL,
	TAKE_WAIT,
	TAKE_BUSY
};

/*
 * @cpu takes the locks of @stage that it does not hold. TAKE_WAIT: somebody has one, and @cpu
 * stands in its queue; TAKE_BUSY: somebody has one that @stage only tries.
 */
static inline enum take take_locks(struct engine *engine, struct sim_cpu *cpu,
				   const struct stage *stage, uint64_t now)
{
	for (uint32_t need = stage->holds & ~cpu->held; need; need &= need - 1) {
		unsigned class = (unsigned)__builtin_ctz(need);
		struct sim_lock *lock = find_lock(engine, cpu, class);

		if (lock->holder) {
			if (stage->tries & LOCK_BIT(class))
				return TAKE_BUSY;
			enqueue(engine, lock, cpu, now);
			return TAKE_WAIT;
		}
		set_holder(lock, cpu, class, now);
		cpu->lock_cycles += engine->lock_prices.take_cycles;
		if (lock->last_holder && lock->last_holder != cpu->number + 1)
			cpu->lock_cycles += move_cycles(engine, stage, class,
							cpu->cluster == lock->last_cluster, false);
	}
	return TAKE_ALL;
}

/* @cpu goes on to hold a lock of @class, but @stage means another one, or gives it to a waiter. */
static inline bool changes_hands(const struct engine *engine, const struct sim_cpu *cpu,
				 const struct stage *stage, unsigned class)
{
	const struct sim_lock *lock = cpu->held_lock[class];

	return lock != find_lock(engine, cpu, class) ||
	       (stage->yields & LOCK_BIT(class) && lock->first_waiter);
}

/* Before @stage, @cpu releases what that does not hold, or takes anew. */
static inline void release_for(struct engine *engine, struct sim_cpu *cpu,
			       const struct stage *stage, uint64_t now)
{
	release(engine, cpu, ~stage->holds | stage->retakes, now);
	for (uint32_t kept = cpu->held; kept; kept &= kept - 1) {
		unsigned class = (unsigned)__builtin_ctz(kept);

		if (G_UNLIKELY(changes_hands(engine, cpu, stage, class)))
			release(engine, cpu, LOCK_BIT(class), now);
	}
}

#endif
