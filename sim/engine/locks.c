// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/engine/locks.h"

/* The first waiter from @link on of @cluster; *before is the link of the one before it. */
static uint32_t first_near(const struct engine *engine, uint32_t link, uint32_t cluster,
			   uint32_t *before)
{
	for (*before = NOBODY; link && engine->cpus[link - 1].cluster != cluster;
	     link = engine->cpus[link - 1].next_waiter)
		*before = link;
	return link;
}

/*
 * Who gets the lock next: the first of those that wait. If that takes it to another cluster, those
 * of that cluster who wait already come after him, before others.
 */
static uint32_t next_holder(const struct engine *engine, struct sim_lock *lock, uint32_t *before)
{
	uint32_t first = lock->first_waiter, other;

	*before = NOBODY;
	if (engine->lock_prices.clusters == 1)
		return first;
	if (lock->near_left) {
		lock->near_left--;
		return first_near(engine, first, lock->last_cluster, before);
	}
	for (uint32_t link = engine->cpus[first - 1].next_waiter;
	     (link = first_near(engine, link, engine->cpus[first - 1].cluster, &other));
	     link = engine->cpus[link - 1].next_waiter)
		lock->near_left++;
	return first;
}

G_NO_INLINE void lock_hand_over(struct engine *engine, struct sim_lock *lock, unsigned class,
				uint64_t now)
{
	uint32_t before, link = next_holder(engine, lock, &before);
	struct sim_cpu *waiter = &engine->cpus[link - 1];
	uint64_t go = now + move_cycles(engine, &engine->stages[waiter->stage], class,
					waiter->cluster == lock->last_cluster, true);

	if (before)
		engine->cpus[before - 1].next_waiter = waiter->next_waiter;
	else
		lock->first_waiter = waiter->next_waiter;
	if (lock->last_waiter == link)
		lock->last_waiter = before;
	waiter->next_waiter = NOBODY;
	set_holder(lock, waiter, class, now);
	lock->contended++;
	lock->wait_cycles += go - waiter->wait_since;
	waiter->wait_cycles += go - waiter->wait_since;
	waiter->account->wait_cycles[class] += go - waiter->wait_since;
	event_queue_push(&engine->events, go, EVENT_WORK, engine->sequence++, waiter->number);
}
