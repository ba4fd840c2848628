// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/fidelity/timeline.h"

#include "sim/base/error.h"
#include "sim/base/units.h"
#include "sim/fidelity/machine_state.h"
#include "sim/trace/import/account.h"
#include "sim/trace/import/area_map.h"
#include "sim/trace/import/recording.h"
#include "sim/trace/import/survey.h"

/* percpu chunks of one machine are all of one size; this is that of a small one */
#define CHUNK_ALIGN UINT64_C(0x200000)

/* --- first pass: events as they are --- */

struct reading {
	struct timeline *timeline;
	struct survey survey; /* for the window */
	GArray *events;	      /* struct event */
};

static void take_event(void *context, const struct event *event)
{
	struct reading *reading = context;

	switch (event->id) {
	case EVENT_ALLOC_VMAP_AREA:
	case EVENT_FREE_VMAP_AREA_NOFLUSH:
		survey_take(&reading->survey, event);
		break;
	case EVENT_PURGE_VMAP_AREA_LAZY:
	case EVENT_PERCPU_CREATE_CHUNK:
	case EVENT_SHRINK_POOLS:
		break;
	default:
		return;
	}
	g_array_append_vals(reading->events, event, 1);
}

/* --- second pass: what became of it --- */

struct making {
	struct timeline *timeline;
	const GArray *events;
	struct area_map *live; /* id: slot */
	GArray *slots;	       /* uint32_t: given back */
	GHashTable *last;      /* pid → index of its last moment + 1 */
	GHashTable *failed;    /* set of pids whose last moment is a failed attempt */
	uint32_t last_purge;   /* index behind it */
	uint64_t chunk_size;
	GArray *chunks; /* uint64_t, descending: where percpu chunks may be that are not live */
};

static uint32_t slot_new(struct making *making)
{
	uint32_t slot;

	if (!making->slots->len)
		return making->timeline->slots++;
	slot = g_array_index(making->slots, uint32_t, making->slots->len - 1);
	g_array_set_size(making->slots, making->slots->len - 1);
	return slot;
}

static struct moment *moment_new(struct making *making, const struct event *event,
				 enum moment_kind kind)
{
	GArray *moments = making->timeline->moments;
	const struct moment moment = {.kind = kind, .place = event->place, .pid = event->pid};

	g_array_append_val(moments, moment);
	g_hash_table_insert(making->last, GSIZE_TO_POINTER((gsize)event->pid),
			    GUINT_TO_POINTER(moments->len));
	if (kind == MOMENT_FAIL)
		g_hash_table_add(making->failed, GSIZE_TO_POINTER((gsize)event->pid));
	else if (kind != MOMENT_PURGE)
		g_hash_table_remove(making->failed, GSIZE_TO_POINTER((gsize)event->pid));
	return &g_array_index(moments, struct moment, moments->len - 1);
}

static void end_area(struct making *making, const struct event *event, const struct area *area,
		     struct moment **moment)
{
	uint32_t slot = (uint32_t)area->id;

	*moment = moment_new(making, event, MOMENT_FREE);
	(*moment)->slot = slot;
	area_map_remove(making->live, area);
	g_array_append_val(making->slots, slot);
}

/* Areas in [start, end) must have been freed unseen. */
static void end_overlapped(struct making *making, const struct event *event, uint64_t start,
			   uint64_t end)
{
	const struct area *area;
	struct moment *moment;

	while ((area = area_map_overlap(making->live, start, end))) {
		making->timeline->lost_frees++;
		end_area(making, event, area, &moment);
	}
}

static void begin_area(struct making *making, const struct event *event,
		       const struct nodes_request *request, uint64_t addr)
{
	struct moment *moment;

	end_overlapped(making, event, addr, addr + request->size);
	moment = moment_new(making, event, MOMENT_REQUEST);
	moment->request = *request;
	moment->addr = addr;
	moment->slot = slot_new(making);
	area_map_add(making->live, (struct area){addr, addr + request->size, moment->slot});
}

static void take_alloc(struct making *making, const struct event *event)
{
	const uint64_t *value = event->value;
	const struct nodes_request request = {
		.size = value[ALLOC_SIZE],
		.align = value[ALLOC_ALIGN],
		.vstart = value[ALLOC_VSTART],
		.vend = value[ALLOC_VEND],
		.cpu = event->cpu,
	};

	if (value[ALLOC_FAILED]) {
		moment_new(making, event, MOMENT_FAIL)->request = request;
		/* since v6.13 or so it is −errno, before it is the end of the window */
		making->timeline->convention =
			value[ALLOC_ADDR] == value[ALLOC_VEND] ? "v6.12" : "v6.18";
		return;
	}
	making->timeline->requests++;
	begin_area(making, event, &request, value[ALLOC_ADDR]);
}

static void take_free(struct making *making, const struct event *event)
{
	const struct area *area = area_map_find(making->live, event->value[FREE_ADDR]);
	struct moment *moment;

	if (!area) {
		making->timeline->unknown_frees++;
		return;
	}
	end_area(making, event, area, &moment);
	moment->counted = true;
	moment->lazy_pages = event->value[FREE_LAZY];
}

static void take_purge(struct making *making, const struct event *event)
{
	gpointer pid = GSIZE_TO_POINTER((gsize)event->pid);
	uint32_t own = GPOINTER_TO_UINT(g_hash_table_lookup(making->last, pid));
	bool full = g_hash_table_contains(making->failed, pid);
	struct moment *moment = moment_new(making, event, MOMENT_PURGE);

	moment->purged = event->value[PURGE_N];
	moment->full = full;
	/* the task did nothing else while it purged, and one purge runs at a time */
	moment->earliest = MAX(own, making->last_purge);
	making->last_purge = making->timeline->moments->len;
}

/* The highest place that is not taken, which is where the kernel looks first. */
static void take_chunk(struct making *making, const struct event *event)
{
	const struct nodes_request request = {
		.size = making->chunk_size,
		.align = CHUNK_ALIGN,
		.cpu = event->cpu,
		.percpu = true,
	};
	uint64_t base = event->value[CHUNK_BASE];

	for (unsigned i = 0; !base && i < making->chunks->len; i++) {
		uint64_t at = g_array_index(making->chunks, uint64_t, i);

		if (!area_map_overlap(making->live, at, at + request.size))
			base = at;
	}
	if (base && request.size)
		begin_area(making, event, &request, base);
}

static void take_shrink(struct making *making, const struct event *event)
{
	struct moment *moment = moment_new(making, event, MOMENT_SHRINK);

	moment->pooled = event->value[SHRINK_CACHE_ITEMS];
	/* do_shrink_slab(): batches of 128, or what there is if it is less */
	moment->runs = event->value[SHRINK_TOTAL_SCAN] >= 128 ||
		       event->value[SHRINK_TOTAL_SCAN] >= moment->pooled;
}

static void (*const handlers[EVENT_IDS])(struct making *, const struct event *) = {
	[EVENT_ALLOC_VMAP_AREA] = take_alloc,	   [EVENT_FREE_VMAP_AREA_NOFLUSH] = take_free,
	[EVENT_PURGE_VMAP_AREA_LAZY] = take_purge, [EVENT_PERCPU_CREATE_CHUNK] = take_chunk,
	[EVENT_SHRINK_POOLS] = take_shrink,
};

static gint descending(gconstpointer a, gconstpointer b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x < y) - (x > y);
}

/* Where percpu chunks were at the end, and where areas were freed of which nothing else is known.
 */
static void find_chunks(struct making *making)
{
	const struct timeline *timeline = making->timeline;
	const GArray *const snapshots[] = {timeline->before, timeline->after};
	g_autoptr(GHashTable) requested = g_hash_table_new(NULL, NULL);

	for (unsigned i = 0; i < G_N_ELEMENTS(snapshots); i++) {
		for (unsigned j = 0; snapshots[i] && j < snapshots[i]->len; j++) {
			const struct timeline_area *area =
				&g_array_index(snapshots[i], struct timeline_area, j);

			if (!area->percpu)
				continue;
			making->chunk_size = area->size;
			g_array_append_val(making->chunks, area->start);
		}
	}
	for (unsigned i = 0; i < making->events->len; i++) {
		const struct event *event = &g_array_index(making->events, struct event, i);
		gpointer at = GSIZE_TO_POINTER(event->value[0]); /* ALLOC_ADDR, FREE_ADDR */

		if (event->id == EVENT_ALLOC_VMAP_AREA)
			g_hash_table_add(requested, at);
		else if (event->id == EVENT_FREE_VMAP_AREA_NOFLUSH &&
			 !(event->value[FREE_ADDR] & (CHUNK_ALIGN - 1)) &&
			 !g_hash_table_contains(requested, at))
			g_array_append_val(making->chunks, event->value[FREE_ADDR]);
	}
	g_array_sort(making->chunks, descending);
}

/* When the origins that are guessed are told, at the latest. */
static void date_guesses(struct timeline *timeline)
{
	for (unsigned i = 0; i < timeline->before->len; i++) {
		const struct timeline_area *area =
			&g_array_index(timeline->before, struct timeline_area, i);

		if (area->guessed)
			g_hash_table_insert(timeline->guessed, GSIZE_TO_POINTER(area->start),
					    GUINT_TO_POINTER(G_MAXUINT));
	}
	for (unsigned i = timeline->moments->len; i--;) {
		const struct moment *moment = timeline_at(timeline, i);
		gpointer start = GSIZE_TO_POINTER(moment->addr);

		if (moment->kind == MOMENT_REQUEST &&
		    g_hash_table_contains(timeline->guessed, start))
			g_hash_table_insert(timeline->guessed, start, GUINT_TO_POINTER(i + 1));
	}
}

bool timeline_is_guess(const struct timeline *timeline, uint64_t addr, uint32_t i)
{
	guint told =
		GPOINTER_TO_UINT(g_hash_table_lookup(timeline->guessed, GSIZE_TO_POINTER(addr)));

	return i < told;
}

static void make_moments(struct timeline *timeline, const GArray *events)
{
	struct making making = {
		.timeline = timeline,
		.events = events,
		.live = area_map_new(),
		.slots = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
		.last = g_hash_table_new(NULL, NULL),
		.failed = g_hash_table_new(NULL, NULL),
		.chunks = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
	};

	for (unsigned i = 0; i < timeline->before->len; i++) {
		struct timeline_area *area =
			&g_array_index(timeline->before, struct timeline_area, i);

		if (area->lazy)
			continue;
		area->slot = timeline->slots++;
		area_map_add(making.live,
			     (struct area){area->start, area->start + area->size, area->slot});
	}
	find_chunks(&making);
	for (unsigned i = 0; i < events->len; i++) {
		const struct event *event = &g_array_index(events, struct event, i);

		handlers[event->id](&making, event);
	}
	area_map_free(making.live);
	g_array_unref(making.slots);
	g_hash_table_unref(making.last);
	g_hash_table_unref(making.failed);
	g_array_unref(making.chunks);
}

static bool read_events(struct timeline *timeline, const struct recording *recording,
			const struct timeline_options *options, GArray *events, GError **error)
{
	struct reading reading = {.timeline = timeline, .events = events};
	const struct event_sink sink = {take_event, &reading, &timeline->account,
					options->interrupted};
	const struct window *window;

	survey_init(&reading.survey, NULL);
	bool ok = recording_read(recording, &sink, error);

	if (event_sink_interrupted(&sink)) {
		g_clear_error(error);
		set_interrupted_error(error);
		ok = false;
	}
	window = survey_window(&reading.survey);
	if (ok && !window) {
		set_input_error(error,
				"%s: no vmalloc:alloc_vmap_area in this %s of %" G_GUINT64_FORMAT
				" events (Linux 6.2 and later have it)",
				recording->name, import_form_name(recording->form),
				timeline->account.events);
		ok = false;
	}
	if (ok) {
		timeline->vstart = window->vstart;
		timeline->vend = window->vend;
		timeline->lazy_max_pages = reading.survey.lazy_max_pages;
	}
	survey_clear(&reading.survey);
	return ok;
}

/* Whether the first request got the very first address of its window. */
static bool begins_at_boot(const GArray *events)
{
	for (unsigned i = 0; i < events->len; i++) {
		const struct event *event = &g_array_index(events, struct event, i);

		if (event->id == EVENT_ALLOC_VMAP_AREA)
			return event->value[ALLOC_ADDR] == event->value[ALLOC_VSTART];
	}
	return false;
}

static bool read_all(struct timeline *timeline, const struct recording *recording, const char *path,
		     const struct timeline_options *options, GError **error)
{
	g_autoptr(GArray) events = g_array_new(FALSE, FALSE, sizeof(struct event));

	if (!read_events(timeline, recording, options, events, error) ||
	    !machine_state_read(timeline, recording, path, options, error))
		return false;
	timeline->from_boot = !timeline->has_before && begins_at_boot(events);
	make_moments(timeline, events);
	date_guesses(timeline);
	return true;
}

struct timeline *timeline_read(const char *path, const struct timeline_options *options,
			       GError **error)
{
	struct timeline *timeline = g_new0(struct timeline, 1);
	struct recording recording;

	import_account_init(&timeline->account);
	timeline->moments = g_array_new(FALSE, TRUE, sizeof(struct moment));
	timeline->before = g_array_new(FALSE, TRUE, sizeof(struct timeline_area));
	timeline->guessed = g_hash_table_new(NULL, NULL);
	bool ok = recording_open(&recording, path, NULL, error);

	timeline->name = g_strdup(recording.name);
	timeline->account.form = recording.form;
	ok = ok && read_all(timeline, &recording, path, options, error);
	recording_close(&recording);
	if (!ok)
		timeline_free(timeline);
	return ok ? timeline : NULL;
}

void timeline_free(struct timeline *timeline)
{
	if (!timeline)
		return;
	import_account_clear(&timeline->account);
	g_array_unref(timeline->moments);
	g_array_unref(timeline->before);
	g_hash_table_unref(timeline->guessed);
	if (timeline->after)
		g_array_unref(timeline->after);
	g_free(timeline->release);
	g_free(timeline->name);
	g_free(timeline);
}
