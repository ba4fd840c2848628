// SPDX-License-Identifier: GPL-2.0-or-later
/* The event queue beside a GSequence and a GTree used as one: take the first, put one back later.
 */
#include "sim/base/bench/bench.h"
#include "sim/base/rng.h"
#include "sim/engine/event_queue.h"

#include <glib.h>

#define EVENTS 20000000
#define RUNS   3
#define DELAYS 4096 /* drawn ahead, so that drawing is not measured */

struct load {
	uint32_t pending;
	uint64_t events;
};

static uint64_t *draw_delays(void)
{
	uint64_t *delays = g_new(uint64_t, DELAYS);
	struct rng rng;

	rng_init(&rng, 1, "events");
	for (unsigned i = 0; i < DELAYS; i++)
		delays[i] = 1 + rng_below(&rng, 1000);
	return delays;
}

static void run_heap(const void *arg, struct bench_result *result)
{
	const struct load *load = arg;
	g_autofree uint64_t *delays = draw_delays();
	struct event_queue queue;
	struct event event;

	event_queue_init(&queue, load->pending);
	for (uint32_t i = 0; i < load->pending; i++)
		event_queue_push(&queue, delays[i % DELAYS], EVENT_WORK, i, i);
	double start = bench_seconds();

	for (uint64_t i = 0; i < load->events; i++) {
		event_queue_pop(&queue, &event);
		result->check = result->check * 31 + event.cpu;
		event_queue_push(&queue, event.time + delays[i % DELAYS], EVENT_WORK,
				 load->pending + i, event.cpu);
	}
	result->seconds = bench_seconds() - start;
	result->ops = load->events;
	event_queue_clear(&queue);
}

static int compare(const void *a, const void *b, void *data G_GNUC_UNUSED)
{
	const struct event *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* Events are used again, so that what is measured is the sequence. */
static void run_sequence(const void *arg, struct bench_result *result)
{
	const struct load *load = arg;
	g_autofree uint64_t *delays = draw_delays();
	g_autofree struct event *events = g_new0(struct event, load->pending);
	GSequence *queue = g_sequence_new(NULL);

	for (uint32_t i = 0; i < load->pending; i++) {
		events[i] = (struct event){.time = delays[i % DELAYS], .order = i, .cpu = i};
		g_sequence_insert_sorted(queue, &events[i], compare, NULL);
	}
	double start = bench_seconds();

	for (uint64_t i = 0; i < load->events; i++) {
		GSequenceIter *first = g_sequence_get_begin_iter(queue);
		struct event *event = g_sequence_get(first);

		g_sequence_remove(first);
		result->check = result->check * 31 + event->cpu;
		event->time += delays[i % DELAYS];
		event->order = load->pending + i;
		g_sequence_insert_sorted(queue, event, compare, NULL);
	}
	result->seconds = bench_seconds() - start;
	result->ops = load->events;
	g_sequence_free(queue);
}

static void run_tree(const void *arg, struct bench_result *result)
{
	const struct load *load = arg;
	g_autofree uint64_t *delays = draw_delays();
	g_autofree struct event *events = g_new0(struct event, load->pending);
	GTree *queue = g_tree_new_full(compare, NULL, NULL, NULL);

	for (uint32_t i = 0; i < load->pending; i++) {
		events[i] = (struct event){.time = delays[i % DELAYS], .order = i, .cpu = i};
		g_tree_insert(queue, &events[i], NULL);
	}
	double start = bench_seconds();

	for (uint64_t i = 0; i < load->events; i++) {
		struct event *event = g_tree_node_key(g_tree_node_first(queue));

		g_tree_remove(queue, event);
		result->check = result->check * 31 + event->cpu;
		event->time += delays[i % DELAYS];
		event->order = load->pending + i;
		g_tree_insert(queue, event, NULL);
	}
	result->seconds = bench_seconds() - start;
	result->ops = load->events;
	g_tree_unref(queue);
}

static void rows(uint32_t pending)
{
	const struct load load = {pending, bench_ops(EVENTS)};
	const struct load less = {pending, bench_ops(EVENTS) / 10};
	struct bench_result heap = bench_measure(run_heap, &load, RUNS);
	struct bench_result sequence = bench_measure(run_sequence, &less, RUNS);
	struct bench_result tree = bench_measure(run_tree, &less, RUNS);
	struct bench_result same = bench_measure(run_heap, &less, 1);

	g_assert_true(same.check == sequence.check && same.check == tree.check);
	g_autofree char *name = g_strdup_printf("event queue, %u pending", pending);

	bench_row(name, &heap, &sequence, "GLib's GSequence");
	bench_row(name, &heap, &tree, "GLib's GTree");
}

int main(void)
{
	rows(4);
	rows(64);
	rows(1024);
	return 0;
}
