// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/engine/event_queue.h"

#include "sim/base/rng.h"

#include <glib.h>
#include <stdlib.h>

static int by_order(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* Events come out as a sort of all that are pending would have them, pushes and pops mixed. */
static void test_random(void)
{
	enum {
		ROUNDS = 20000
	};
	struct event_queue queue;
	struct event *pending = g_new(struct event, ROUNDS), event;
	uint64_t now = 0;
	uint32_t n = 0;
	struct rng rng;

	rng_init(&rng, 1, "event_queue");
	event_queue_init(&queue, ROUNDS);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		if (rng_below(&rng, 5) < 3) {
			enum event_class class = rng_below(&rng, EVENT_CLASSES);
			uint64_t time = now + rng_below(&rng, 50);

			event_queue_push(&queue, time, class, i, i);
			pending[n++] = (struct event){time, (uint64_t) class << 56 | i, i};
			continue;
		}
		qsort(pending, n, sizeof(*pending), by_order);
		g_assert_true(event_queue_is_empty(&queue) == !n);
		g_assert_cmpint(event_queue_pop(&queue, &event), ==, n != 0);
		if (!n)
			continue;
		g_assert_cmpint(by_order(&event, &pending[0]), ==, 0);
		g_assert_cmpuint(event.cpu, ==, pending[0].cpu);
		now = event.time;
		pending[0] = pending[--n];
	}
	event_queue_clear(&queue);
	g_free(pending);
}

/*
 * The first event. Where it may be taken out as one of the CPU of the last, *event, it is; *again
 * counts those.
 */
static void take_first(struct event_queue *queue, struct event *pending, uint32_t *n,
		       struct event *event, uint32_t *again)
{
	qsort(pending, *n, sizeof(*pending), by_order);
	if (event_queue_pop_again(queue)) {
		g_assert_cmpuint(pending[0].time, ==, event->time);
		g_assert_cmpuint(pending[0].cpu, ==, event->cpu);
		g_assert_true(*n == 1 || pending[1].time > event->time);
		*event = pending[0];
		++*again;
	} else {
		g_assert_true(event_queue_pop(queue, event));
	}
	g_assert_cmpint(by_order(event, &pending[0]), ==, 0);
	g_assert_cmpuint(event->cpu, ==, pending[0].cpu);
	pending[0] = pending[--*n];
}

static void add(struct event_queue *queue, struct event *pending, uint32_t *n,
		const struct event *event)
{
	event_queue_push(queue, event->time, event_class_of(event),
			 event->order & (UINT64_MAX >> 8), event->cpu);
	pending[(*n)++] = *event;
}

/* Nobody has an event up to @now. */
static unsigned check_next(const struct event *pending, uint32_t n, uint64_t now)
{
	for (uint32_t i = 0; i < n; i++)
		g_assert_cmpuint(pending[i].time, >, now);
	return 1;
}

/*
 * As CPUs do: whose event was taken out mostly has another at once, or wakes others, before or
 * after that, who have none.
 */
static void test_cpus(uint32_t cpus, uint64_t apart)
{
	struct event_queue queue;
	struct event *pending = g_new(struct event, cpus), event;
	bool *asleep = g_new0(bool, cpus);
	uint32_t n = 0, again = 0, known = 0;
	struct rng rng;

	rng_init(&rng, cpus, "event_queue");
	event_queue_init(&queue, cpus);
	for (uint32_t i = 0; i < cpus; i++)
		add(&queue, pending, &n, &(struct event){i, i, i});
	for (uint64_t sequence = cpus; sequence < 20000;) {
		take_first(&queue, pending, &n, &event, &again);
		uint32_t self = event.cpu, other = (uint32_t)rng_below(&rng, cpus);
		uint64_t now = event.time, own_turn = rng_below(&rng, 2);
		bool sleeps = n && !rng_below(&rng, 4), wakes = asleep[other], has = false;

		for (unsigned turn = 0; turn < 2; turn++) {
			bool own = turn == own_turn;

			if (!has && event_queue_is_next(&queue, now))
				known += check_next(pending, n, now);
			if (!has) /* no time but that of the last is looked into */
				g_assert_true(event_queue_is_next(&queue, now + 1) == !n);
			if (own ? sleeps : !wakes)
				continue;
			uint64_t later = rng_below(&rng, 3) ? rng_below(&rng, apart) : 0;

			event = (struct event){now + later,
					       rng_below(&rng, EVENT_CLASSES) << 56 | ++sequence,
					       own ? self : other};
			add(&queue, pending, &n, &event);
			has |= own;
		}
		event.time = now;
		event.cpu = self;
		asleep[other] &= !wakes;
		asleep[self] = sleeps;
	}
	if (apart > 100) {
		g_assert_cmpuint(again, >, 0);
		g_assert_cmpuint(known, >, 0);
	}
	event_queue_clear(&queue);
	g_free(pending);
	g_free(asleep);
}

static void test_few(void)
{
	for (uint32_t cpus = 1; cpus < 20; cpus++) {
		test_cpus(cpus, 4);
		test_cpus(cpus, 1000);
	}
}

/* At one time: class first, then sequence. */
static void test_ties(void)
{
	struct event_queue queue;
	struct event event;

	event_queue_init(&queue, 14);
	event_queue_push(&queue, 7, EVENT_START, 0, 10);
	event_queue_push(&queue, 7, EVENT_WORK, 2, 11);
	event_queue_push(&queue, 7, EVENT_WORK, 1, 12);
	event_queue_push(&queue, 6, EVENT_START, 9, 13);
	for (const uint32_t *cpu = (const uint32_t[]){13, 12, 11, 10, 0}; *cpu; cpu++) {
		g_assert_true(event_queue_pop(&queue, &event));
		g_assert_cmpuint(event.cpu, ==, *cpu);
	}
	g_assert_false(event_queue_pop(&queue, &event));
	event_queue_clear(&queue);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/event_queue/random", test_random);
	g_test_add_func("/event_queue/few", test_few);
	g_test_add_func("/event_queue/ties", test_ties);
	return g_test_run();
}
