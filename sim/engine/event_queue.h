/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_ENGINE_EVENT_QUEUE_H
#define KMSIM_ENGINE_EVENT_QUEUE_H

/*
 * Pending events, at most one a CPU, ordered by (time, class, sequence): the same order on every
 * machine. A tree of winners (Knuth, "The Art of Computer Programming", vol. 3, 5.4.1): a node
 * names the CPU whose event is the first of those below it and says when that is, and a change is
 * played again from its CPU's leaf to the root, the same few steps whatever the outcome. A CPU
 * whose event was taken out mostly has another at once: until then its way up waits. If that one is
 * at the same time, it mostly is the next, and is not put in at all.
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
	/* By node, from 1, the children of i being 2i and 2i + 1; leaves from cpus. */
	uint64_t *time;
	uint32_t *first; /* CPU */
	uint64_t *order; /* by CPU: what decides between events at one time */
	uint32_t cpus;
	uint32_t vacant;   /* a CPU whose event was taken out, not played yet; cpus: none */
	bool again;	   /* it has another, at `now` */
	uint64_t now;	   /* of the event taken out last */
	uint64_t last_tie; /* latest time at which two events met in a node */
	uint32_t pending;  /* events */
};

/* Start with an empty queue for @cpus CPUs, at least one. */
void event_queue_init(struct event_queue *queue, uint32_t cpus);
void event_queue_clear(struct event_queue *queue);

/*
 * Add an event of @cpu, which has none, not before the one taken out last. @sequence is below 2^56;
 * events with all three alike come in no defined order.
 */
void event_queue_push(struct event_queue *queue, uint64_t time, enum event_class class,
		      uint64_t sequence, uint32_t cpu);

/* Take the first event out. False if there is none. */
bool event_queue_pop(struct event_queue *queue, struct event *event);

static inline bool event_queue_is_empty(const struct event_queue *queue)
{
	return !queue->pending;
}

/*
 * Would an event at @time of the CPU whose event was taken out last, and which has none yet,
 * certainly be the first? Another event at the time of that one would have met it in the tree, or
 * another at that time. @time is not before it.
 */
static inline bool event_queue_is_next(const struct event_queue *queue, uint64_t time)
{
	return !queue->pending || (time == queue->now && time > queue->last_tie);
}

/*
 * Take the next event out, if it is one of the CPU whose event was taken out last, at the same
 * time, and certainly the first.
 */
static inline bool event_queue_pop_again(struct event_queue *queue)
{
	if (!queue->again || queue->now <= queue->last_tie)
		return false;
	queue->again = false;
	queue->pending--;
	return true;
}

static inline enum event_class event_class_of(const struct event *event)
{
	return (enum event_class)(event->order >> 56);
}

#endif
