// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/engine/event_queue.h"

#include "sim/base/units.h"

#include <glib.h>

/* When the event of a CPU without one is: after all others, and at no time that any other has. */
static uint64_t never(uint32_t cpu)
{
	return UINT64_MAX - cpu;
}

void event_queue_init(struct event_queue *queue, uint32_t cpus)
{
	*queue = (struct event_queue){
		.time = g_new(uint64_t, 2 * cpus),
		.first = g_new(uint32_t, 2 * cpus),
		.order = g_new0(uint64_t, cpus),
		.cpus = cpus,
		.vacant = cpus,
	};
	for (uint32_t node = 2 * cpus; --node;) {
		queue->first[node] = node < cpus ? queue->first[2 * node] : node - cpus;
		queue->time[node] = never(queue->first[node]);
	}
}

void event_queue_clear(struct event_queue *queue)
{
	g_free(queue->time);
	g_free(queue->first);
	g_free(queue->order);
	*queue = (struct event_queue){0};
}

static void set_winner(struct event_queue *queue, size_t node, uint32_t cpu, uint64_t time)
{
	queue->time[node] = time;
	queue->first[node] = cpu;
}

static void climb(struct event_queue *queue, size_t node, uint32_t cpu, uint64_t time);

/* The same from a node on whose neighbour has an event at the same time. */
static G_NO_INLINE void climb_from_tie(struct event_queue *queue, size_t node, uint32_t cpu,
				       uint64_t time)
{
	uint32_t other = queue->first[node ^ 1];

	queue->last_tie = MAX(queue->last_tie, time);
	if (queue->order[other] < queue->order[cpu])
		cpu = other;
	set_winner(queue, node / 2, cpu, time);
	climb(queue, node / 2, cpu, time);
}

/*
 * Who is first on the way up from @node, where @cpu is with its event at @time? Without a branch,
 * but where times are alike: which of two comes first nobody could foretell. Written so that no
 * compiler makes one of it.
 */
static void climb(struct event_queue *queue, size_t node, uint32_t cpu, uint64_t time)
{
	while (node > 1) {
		uint64_t his_time = queue->time[node ^ 1];
		uint32_t other = queue->first[node ^ 1];

		if (G_UNLIKELY(his_time == time)) {
			climb_from_tie(queue, node, cpu, time);
			return;
		}
		cpu ^= (cpu ^ other) & -(uint32_t)(his_time < time);
		time = MIN(his_time, time);
		node /= 2;
		set_winner(queue, node, cpu, time);
	}
}

/* @cpu's event is at @time now. */
static void play(struct event_queue *queue, uint32_t cpu, uint64_t time)
{
	size_t leaf = (size_t)queue->cpus + cpu;

	queue->time[leaf] = time;
	climb(queue, leaf, cpu, time);
}

void event_queue_push(struct event_queue *queue, uint64_t time, enum event_class class,
		      uint64_t sequence, uint32_t cpu)
{
	queue->order[cpu] = (uint64_t) class << 56 | sequence;
	queue->pending++;
	if (cpu == queue->vacant) {
		queue->again = time == queue->now;
		if (queue->again)
			return;
		queue->vacant = queue->cpus;
	}
	play(queue, cpu, time);
}

/* The way up of the CPU whose event was taken out last is played now. */
static void settle(struct event_queue *queue)
{
	uint32_t cpu = queue->vacant;

	queue->vacant = queue->cpus;
	play(queue, cpu, queue->again ? queue->now : never(cpu));
	queue->again = false;
}

bool event_queue_pop(struct event_queue *queue, struct event *event)
{
	if (event_queue_is_empty(queue))
		return false;
	if (event_queue_pop_again(queue)) {
		*event = (struct event){queue->now, queue->order[queue->vacant], queue->vacant};
		return true;
	}
	queue->pending--;
	if (queue->vacant < queue->cpus)
		settle(queue);
	uint32_t cpu = queue->first[1];

	*event = (struct event){queue->time[1], queue->order[cpu], cpu};
	queue->vacant = cpu;
	queue->now = event->time;
	return true;
}
