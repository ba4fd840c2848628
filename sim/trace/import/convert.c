// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/import/convert_state.h"

#include <inttypes.h>

struct convert *convert_new(const struct survey *survey, const struct trace_header *header,
			    struct jsonl_writer *writer, struct import_account *account,
			    struct machine_record *record)
{
	struct convert *convert = g_new0(struct convert, 1);

	convert->survey = survey;
	convert->header = header;
	convert->writer = writer;
	convert->account = account;
	convert->record = record;
	convert->frames = record ? frame_log_new() : NULL;
	convert->live = area_map_new();
	convert->last_t_ns = g_new0(uint64_t, header->cpus);
	convert_pages_init(&convert->pages);
	return convert;
}

void convert_free(struct convert *convert)
{
	if (!convert)
		return;
	area_map_free(convert->live);
	frame_log_free(convert->frames);
	convert_pages_clear(&convert->pages);
	g_free(convert->last_t_ns);
	g_free(convert);
}

void convert_write(struct convert *convert, const struct op *op)
{
	jsonl_writer_put(convert->writer, op);
	convert->ops++;
}

void convert_seeds(struct convert *convert, const GArray *seeds)
{
	for (guint i = 0; i < seeds->len; i++) {
		const struct seed *seed = &g_array_index(seeds, struct seed, i);

		if (seed->stale) {
			convert->account->seeds_stale++;
			continue;
		}
		struct op op = {.kind = OP_VMAP_SEED,
				.id = ++convert->last_id,
				.addr = seed->start,
				.vmap.size = seed->end - seed->start,
				.flags = OP_HAS_ADDR};

		if (seed->lazy) {
			op.flags |= OP_LAZY;
			convert->account->seeds_lazy++;
		} else {
			area_map_add(convert->live, (struct area){seed->start, seed->end, op.id});
			convert->account->seeds_busy++;
		}
		convert_write(convert, &op);
	}
}

/* Time since the first op, never back on a CPU. */
static uint64_t time_of(struct convert *convert, const struct event *event)
{
	uint64_t *last = &convert->last_t_ns[event->cpu];

	if (!convert->begun)
		convert->t_begin_ns = event->t_ns;
	convert->begun = true;
	if (event->t_ns < convert->t_begin_ns + *last)
		convert->account->clock_back++;
	else
		*last = event->t_ns - convert->t_begin_ns;
	return *last;
}

void convert_put(struct convert *convert, const struct event *event, struct op op)
{
	op.cpu = (uint16_t)event->cpu;
	if (convert->account->has_times) {
		op.flags |= OP_HAS_T;
		op.t_ns = time_of(convert, event);
	}
	convert_write(convert, &op);
}

static void put_free(struct convert *convert, const struct event *event, const struct area *area)
{
	convert_put(convert, event, (struct op){.kind = OP_VMAP_FREE, .id = area->id});
	convert->account->frees++;
	area_map_remove(convert->live, area);
}

/* Areas in [start, end) must have been freed unseen. */
static void free_overlapped(struct convert *convert, const struct event *event, uint64_t start,
			    uint64_t end)
{
	struct import_account *account = convert->account;
	const struct area *area = area_map_overlap(convert->live, start, end);

	if (!area)
		return;
	if (area_map_find(convert->live, start))
		account->allocs_of_live++;
	else
		account->allocs_over_live++;
	for (; area; area = area_map_overlap(convert->live, start, end)) {
		put_free(convert, event, area);
		account->areas_freed_for_them++;
	}
}

/* Whether this event is a failed attempt that a later one stands for. */
static bool is_retried(struct convert *convert)
{
	const GArray *retried = convert->survey->retried;

	if (convert->next_retried == retried->len ||
	    g_array_index(retried, uint64_t, convert->next_retried) != convert->event)
		return false;
	convert->next_retried++;
	convert->account->retries++;
	return true;
}

static void take_alloc(struct convert *convert, const struct event *event)
{
	const uint64_t *value = event->value;
	struct op op = {.kind = OP_VMAP_ALLOC,
			.vmap = {value[ALLOC_SIZE], value[ALLOC_ALIGN], value[ALLOC_VSTART],
				 value[ALLOC_VEND]}};

	convert->account->events_used++;
	if (is_retried(convert))
		return;
	if (op.vmap.vstart != convert->header->vstart)
		op.flags |= OP_HAS_VSTART;
	if (op.vmap.vend != convert->header->vend)
		op.flags |= OP_HAS_VEND;
	convert->account->allocs++;
	if (value[ALLOC_FAILED]) {
		op.flags |= OP_FAILED;
		convert->account->requests_failed++;
	} else {
		op.flags |= OP_HAS_ADDR;
		op.addr = value[ALLOC_ADDR];
		free_overlapped(convert, event, op.addr, op.addr + op.vmap.size);
	}
	op.id = ++convert->last_id;
	convert_put(convert, event, op);
	if (!value[ALLOC_FAILED])
		area_map_add(convert->live, (struct area){op.addr, op.addr + op.vmap.size, op.id});
}

static void take_free(struct convert *convert, const struct event *event)
{
	const struct area *area = area_map_find(convert->live, event->value[FREE_ADDR]);

	if (!area) {
		convert->account->frees_unknown++;
		return;
	}
	convert->account->events_used++;
	put_free(convert, event, area);
}

static void take_purge(struct convert *convert, const struct event *event)
{
	convert->account->events_used++;
	convert->account->purges++;
	convert_put(convert, event,
		    (struct op){.kind = OP_VMAP_PURGE,
				.purge = {.n = event->value[PURGE_N], .why = PURGE_DRAIN},
				.flags = OP_HAS_N});
}

/* Pools go to the tree; a machine without pools has no such shrinker. */
static void take_shrink(struct convert *convert, const struct event *event)
{
	convert->account->events_used++;
	convert_put(convert, event, (struct op){.kind = OP_SHRINK});
}

/* Its addresses are in no event of their own (docs/importing.md). */
static void take_chunk(struct convert *convert, const struct event *event G_GNUC_UNUSED)
{
	convert->account->events_counted++;
}

/* Of the events that have to do with areas. */
static void (*const handlers[EVENT_IDS])(struct convert *, const struct event *) = {
	[EVENT_ALLOC_VMAP_AREA] = take_alloc,	   [EVENT_FREE_VMAP_AREA_NOFLUSH] = take_free,
	[EVENT_PURGE_VMAP_AREA_LAZY] = take_purge, [EVENT_PERCPU_CREATE_CHUNK] = take_chunk,
	[EVENT_PERCPU_DESTROY_CHUNK] = take_chunk, [EVENT_SHRINK_POOLS] = take_shrink,
};

void convert_take(void *context, const struct event *event)
{
	struct convert *convert = context;

	if (handlers[event->id])
		handlers[event->id](convert, event);
	else
		convert_pages_take(convert, event);
	convert->event++;
}
