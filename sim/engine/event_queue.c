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

void event_queue_push(struct event_queue *queue, uint64_t time, enum event_class class,
		      uint64_t sequence, uint32_t cpu)
{
	queue->key[cpu] = (struct event_key){time, (uint64_t) class << 56 | sequence};
	queue->pending++;
	if (cpu == queue->vacant)
		queue->vacant = queue->cpus;
	play(queue, cpu);
}

bool event_queue_pop(struct event_queue *queue, struct event *event)
{
	if (event_queue_is_empty(queue))
		return false;
	if (queue->vacant < queue->cpus)
		play(queue, queue->vacant);
	uint32_t cpu = queue->first[1];

	*event = (struct event){queue->key[cpu].time, queue->key[cpu].order, cpu};
	queue->key[cpu] = none;
	queue->vacant = cpu;
	queue->pending--;
	return true;
}
