// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/engine/event_queue.h"

#include "sim/base/units.h"

#include <glib.h>

#define ARITY 4

void event_queue_init(struct event_queue *queue)
{
	*queue = (struct event_queue){0};
}

void event_queue_clear(struct event_queue *queue)
{
	g_clear_pointer(&queue->heap, g_free);
	*queue = (struct event_queue){0};
}

/* One comparison without a branch that nobody could foretell. */
static inline bool before(const struct event *a, const struct event *b)
{
	return ((uint128)a->time << 64 | a->order) < ((uint128)b->time << 64 | b->order);
}

/* The first of the events from @first on, before @end: mostly four, which two rounds decide. */
static inline uint32_t earliest(const struct event *heap, uint32_t first, uint32_t end)
{
	uint32_t least = first;

	if (G_LIKELY(end - first == ARITY)) {
		uint32_t low = first + before(&heap[first + 1], &heap[first]);
		uint32_t high = first + 2 + before(&heap[first + 3], &heap[first + 2]);

		return before(&heap[high], &heap[low]) ? high : low;
	}
	for (uint32_t child = first + 1; child < end; child++)
		least = before(&heap[child], &heap[least]) ? child : least;
	return least;
}

/* Put @event at the root, or, where others come before it, in the place that they leave. */
static inline void sink(struct event_queue *queue, struct event event)
{
	struct event *heap = queue->heap;
	uint32_t at = 0;

	for (;;) {
		uint32_t first = at * ARITY + 1;

		if (first >= queue->n)
			break;
		uint32_t least = earliest(heap, first, MIN(first + ARITY, queue->n));

		if (!before(&heap[least], &event))
			break;
		heap[at] = heap[least];
		at = least;
	}
	heap[at] = event;
}

static void rise(struct event_queue *queue, struct event event)
{
	uint32_t at = queue->n++;

	if (queue->n > queue->room) {
		queue->room = MAX(queue->room * 2, 64);
		queue->heap = g_renew(struct event, queue->heap, queue->room);
	}
	while (at) {
		uint32_t parent = (at - 1) / ARITY;

		if (!before(&event, &queue->heap[parent]))
			break;
		queue->heap[at] = queue->heap[parent];
		at = parent;
	}
	queue->heap[at] = event;
}

void event_queue_push(struct event_queue *queue, uint64_t time, enum event_class class,
		      uint64_t sequence, uint32_t cpu)
{
	const struct event event = {time, (uint64_t) class << 56 | sequence, cpu};

	if (!queue->vacant) {
		rise(queue, event);
		return;
	}
	queue->vacant = false;
	sink(queue, event);
}

bool event_queue_pop(struct event_queue *queue, struct event *event)
{
	if (queue->vacant && --queue->n)
		sink(queue, queue->heap[queue->n]);
	queue->vacant = queue->n;
	if (!queue->n)
		return false;
	*event = queue->heap[0];
	return true;
}
