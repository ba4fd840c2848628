// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/import/survey.h"

#include <string.h>

/* A failed attempt: its number and what was asked for. */
struct attempt {
	uint64_t number;
	uint64_t size, align, vstart, vend;
};

void survey_init(struct survey *survey, GArray *seeds)
{
	*survey = (struct survey){
		.windows = g_array_new(FALSE, FALSE, sizeof(struct window)),
		.retried = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
		.attempts = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free),
		.seeds = seeds,
		.unpurged = area_map_new(),
	};
	survey_pages_init(&survey->pages);
	for (guint i = 0; seeds && i < seeds->len; i++) {
		const struct seed *seed = &g_array_index(seeds, struct seed, i);

		if (seed->lazy)
			area_map_add(survey->unpurged,
				     (struct area){seed->start, seed->end, .id = i});
	}
}

void survey_clear(struct survey *survey)
{
	g_array_unref(survey->windows);
	g_array_unref(survey->retried);
	g_hash_table_unref(survey->attempts);
	area_map_free(survey->unpurged);
	survey_pages_clear(&survey->pages);
}

static int window_order(const struct window *a, const struct window *b)
{
	if (a->vstart != b->vstart)
		return a->vstart < b->vstart ? -1 : 1;
	return (a->vend > b->vend) - (a->vend < b->vend);
}

static void count_window(GArray *windows, struct window window)
{
	guint low = 0, high = windows->len;

	while (low < high) {
		guint middle = (low + high) / 2;
		struct window *other = &g_array_index(windows, struct window, middle);
		int order = window_order(&window, other);

		if (!order) {
			other->count++;
			return;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	g_array_insert_val(windows, low, window);
}

/*
 * A request that finds no room fails once, purges, and tries again (alloc_vmap_area()): the
 * next attempt of the same task that asks for the same is that retry, and the last one.
 */
static void pair_attempts(struct survey *survey, const struct event *event)
{
	struct attempt this = {survey->events, event->value[ALLOC_SIZE], event->value[ALLOC_ALIGN],
			       event->value[ALLOC_VSTART], event->value[ALLOC_VEND]};
	struct attempt *failed = g_hash_table_lookup(survey->attempts, &event->pid);
	bool is_retry = failed && failed->size == this.size && failed->align == this.align &&
			failed->vstart == this.vstart && failed->vend == this.vend;

	if (is_retry)
		g_array_append_val(survey->retried, failed->number);
	if (failed)
		g_hash_table_remove(survey->attempts, &event->pid);
	if (event->value[ALLOC_FAILED] && !is_retry)
		g_hash_table_insert(survey->attempts, g_memdup2(&event->pid, sizeof(event->pid)),
				    g_memdup2(&this, sizeof(this)));
}

/* An address is not given out again before a purge: that of this seed was not recorded. */
static void find_stale_seeds(struct survey *survey, uint64_t start, uint64_t end)
{
	const struct area *area;

	while ((area = area_map_overlap(survey->unpurged, start, end))) {
		g_array_index(survey->seeds, struct seed, area->id).stale = true;
		area_map_remove(survey->unpurged, area);
	}
}

static void take_alloc(struct survey *survey, const struct event *event)
{
	const uint64_t *value = event->value;

	count_window(survey->windows,
		     (struct window){value[ALLOC_VSTART], value[ALLOC_VEND], .count = 1});
	pair_attempts(survey, event);
	if (!value[ALLOC_FAILED])
		find_stale_seeds(survey, value[ALLOC_ADDR], value[ALLOC_ADDR] + value[ALLOC_SIZE]);
}

static void take_free(struct survey *survey, const struct event *event)
{
	if (!survey->lazy_max_pages)
		survey->lazy_max_pages = event->value[FREE_LAZY_MAX];
}

static void take_purge(struct survey *survey, const struct event *event)
{
	const struct area *area;

	while ((area = area_map_begins_in(survey->unpurged, event->value[PURGE_START],
					  event->value[PURGE_END])))
		area_map_remove(survey->unpurged, area);
}

static void take_nothing(struct survey *survey G_GNUC_UNUSED,
			 const struct event *event G_GNUC_UNUSED)
{
}

/* Of the events that have to do with areas. */
static void (*const handlers[EVENT_IDS])(struct survey *, const struct event *) = {
	[EVENT_ALLOC_VMAP_AREA] = take_alloc,	     [EVENT_FREE_VMAP_AREA_NOFLUSH] = take_free,
	[EVENT_PURGE_VMAP_AREA_LAZY] = take_purge,   [EVENT_PERCPU_CREATE_CHUNK] = take_nothing,
	[EVENT_PERCPU_DESTROY_CHUNK] = take_nothing, [EVENT_SHRINK_POOLS] = take_nothing,
};

void survey_take(void *context, const struct event *event)
{
	struct survey *survey = context;

	if (handlers[event->id])
		handlers[event->id](survey, event);
	else
		survey_pages_take(survey, event);
	survey->some_without_time |= !event->has_t;
	survey->events++;
}

static gint by_number(gconstpointer a, gconstpointer b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

void survey_finish(struct survey *survey)
{
	g_array_sort(survey->retried, by_number);
	survey_pages_finish(&survey->pages);
}

const struct window *survey_window(const struct survey *survey)
{
	const struct window *most = NULL;

	for (guint i = 0; i < survey->windows->len; i++) {
		const struct window *window = &g_array_index(survey->windows, struct window, i);

		if (!most || window->count > most->count)
			most = window;
	}
	return most;
}
