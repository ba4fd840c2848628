/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_ENGINE_EVENT_QUEUE_H
#define KMSIM_ENGINE_EVENT_QUEUE_H

/*
 * Pending events, ordered by (time, class, sequence): the same order on every machine.
 * A 4-ary heap in one array (LaMarca and Ladner, "The Influence of Caches on the
 * Performance of Heaps", 1996): children of i are 4i + 1 … 4i + 4. What is taken out leaves its
 * place at the root to what is added next, since a CPU whose event is over mostly has another.
 */

#include <stdbool.h>
#include <stdint.h>

/* Lower classes come first at the same time. */
enum event_class {
	EVENT_WORK,  /* a stage is over, or a lock was handed over */
	EVENT_START, /* a CPU begins an op */
	EVENT_CLASSES
};

struct event {
	uint64_t time;	/* cycles */
	uint64_t order; /* class and sequence */
	uint32_t cpu;
};

struct event_queue {
	struct event *heap;
	uint32_t n, room;
	bool vacant; /* the root's event has been taken out; it is counted still */
};

/* Start with an empty queue; zero initialisation does the same. */
void event_queue_init(struct event_queue *queue);
void event_queue_clear(struct event_queue *queue);

/* Add an event. @sequence is below 2^56; events with all three alike come in no defined order. */
void event_queue_push(struct event_queue *queue, uint64_t time, enum event_class class,
		      uint64_t sequence, uint32_t cpu);

/* Take the first event out. False if there is none. */
bool event_queue_pop(struct event_queue *queue, struct event *event);

static inline enum event_class event_class_of(const struct event *event)
{
	return (enum event_class)(event->order >> 56);
}

#endif
