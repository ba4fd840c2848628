// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/engine/event_queue.h"

#include "sim/base/units.h"

#include <glib.h>

/* What a CPU without an event has: it comes after all others. */
static const struct event_key none = {UINT64_MAX, UINT64_MAX};

void event_queue_init(struct event_queue *queue, uint32_t cpus)
{
	*queue = (struct event_queue){
		.key = g_new(struct event_key, cpus),
		.first = g_new(uint32_t, 2 * cpus),
		.cpus = cpus,
		.vacant = cpus,
	};
	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		queue->key[cpu] = none;
		queue->first[cpus + cpu] = cpu;
	}
	for (uint32_t node = cpus; --node;)
		queue->first[node] = queue->first[2 * node];
}

void event_queue_clear(struct event_queue *queue)
{
	g_free(queue->key);
	g_free(queue->first);
	*queue = (struct event_queue){0};
}

/* @cpu's event has changed: who is first on the way up? Without a branch nobody could foretell. */
static inline void play(struct event_queue *queue, uint32_t cpu)
{
	struct event_key key = queue->key[cpu];

	for (uint32_t node = queue->cpus + cpu; node > 1;) {
		uint32_t other = queue->first[node ^ 1];
		struct event_key his = queue->key[other];
		bool before = ((uint128)his.time << 64 | his.order) <
			      ((uint128)key.time << 64 | key.order);

		key.time = before ? his.time : key.time;
		key.order = before ? his.order : key.order;
		cpu = before ? other : cpu;
		node /= 2;
		queue->first[node] = cpu;
	}
}

/* When the first event of all CPUs but @cpu comes: such stand beside its way up. */
static inline uint64_t first_of_others(const struct event_queue *queue, uint32_t cpu)
{
	uint64_t first = UINT64_MAX;

	for (uint32_t node = queue->cpus + cpu; node > 1; node /= 2)
		first = MIN(first, queue->key[queue->first[node ^ 1]].time);
	return first;
}

static G_GNUC_NO_INLINE void put(struct event_queue *queue, struct event_key key, uint32_t cpu)
{
	queue->key[cpu] = key;
	queue->others_known = false;
	if (cpu == queue->vacant)
		queue->vacant = queue->cpus;
	play(queue, cpu);
}

void event_queue_push(struct event_queue *queue, uint64_t time, enum event_class class,
		      uint64_t sequence, uint32_t cpu)
{
	struct event_key key = {time, (uint64_t) class << 56 | sequence};

	if (queue->has_next) {
		queue->has_next = false;
		put(queue, queue->next, queue->vacant);
	}
	/* a CPU's next op mostly begins when its last one ends: nothing comes between */
	if (cpu == queue->vacant && time == queue->now && !queue->others_known) {
		queue->others_known = true;
		queue->others_from = first_of_others(queue, cpu);
	}
	if (cpu == queue->vacant && queue->others_known && time < queue->others_from) {
		queue->has_next = true;
		queue->next = key;
	} else {
		put(queue, key, cpu);
	}
}

bool event_queue_pop(struct event_queue *queue, struct event *event)
{
	if (queue->has_next) {
		queue->has_next = false;
		queue->now = queue->next.time;
		*event = (struct event){queue->next.time, queue->next.order, queue->vacant};
		return true;
	}
	queue->others_known = false;
	if (queue->vacant < queue->cpus)
		play(queue, queue->vacant);
	uint32_t cpu = queue->first[1];
	struct event_key key = queue->key[cpu];

	if (key.order == none.order)
		return false;
	*event = (struct event){key.time, key.order, cpu};
	queue->key[cpu] = none;
	queue->vacant = cpu;
	queue->now = key.time;
	return true;
}
