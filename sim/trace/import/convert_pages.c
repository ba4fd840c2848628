// SPDX-License-Identifier: GPL-2.0-or-later
/* The second pass over kmem and compaction events. */
#include "sim/trace/import/convert_state.h"
#include "sim/trace/import/gfp.h"
#include "sim/trace/machine_record.h"

#include <string.h>

#define HUGE_ORDER 9

/* __GFP_DMA and so on, of v5.1 and later */
#define NUMBER_DMA	0x1
#define NUMBER_DMA32	0x4
#define NUMBER_HARDWALL 0x100000

void convert_pages_init(struct convert_pages *pages)
{
	pages->live = block_map_new();
	pages->seen = pfn_set_new();
	pages->compactions = compactions_new();
	for (unsigned order = 0; order < MAX_ORDER_DEFAULT; order++)
		g_queue_init(&pages->moved[order]);
}

void convert_pages_clear(struct convert_pages *pages)
{
	block_map_free(pages->live);
	pfn_set_free(pages->seen);
	compactions_free(pages->compactions);
	for (unsigned order = 0; order < MAX_ORDER_DEFAULT; order++)
		g_queue_clear(&pages->moved[order]);
}

void convert_page_seeds(struct convert *convert, const GArray *live)
{
	for (guint i = 0; i < live->len; i++) {
		const struct live_chunk *chunk = &g_array_index(live, struct live_chunk, i);
		const struct block block = {chunk->pfn, chunk->order, ++convert->last_id};
		struct op op = {.kind = OP_PAGE_SEED,
				.id = block.id,
				.addr = block.pfn,
				.page = {.order = (int8_t)block.order, .mt = (uint8_t)chunk->type},
				.flags = OP_HAS_ADDR};

		if (chunk->type == LIST_MOVABLE)
			op.flags |= OP_LRU;
		convert_write(convert, &op);
		convert->account->page_seeds++;
		/* events tell nothing of what lies where a draw has put it */
		if (chunk->known)
			block_map_add(convert->pages.live, block);
		else
			convert->account->page_seeds_drawn++;
	}
}

/* ---- what the machine did, beside the ops -------------------------------------------------- */

static void tell_frames(struct convert *convert, uint64_t pfn, unsigned order,
			enum frame_state before, enum frame_state after)
{
	if (convert->frames)
		frame_log_tell(convert->frames, pfn, order, before, after);
}

/* Since the first op; what lies before it is as if at it. */
static uint64_t moment_of(const struct convert *convert, const struct event *event)
{
	return convert->begun && event->t_ns > convert->t_begin_ns
		       ? event->t_ns - convert->t_begin_ns
		       : 0;
}

static void take_scan(struct convert *convert, const struct event *event)
{
	const struct compaction *compaction = compactions_of(convert->pages.compactions, event);
	const struct machine_scan scan = {
		.t_ns = moment_of(convert, event),
		.seq = convert->ops,
		.run = compaction ? compaction->run : 0,
		.of_free = event->id == EVENT_ISOLATE_FREEPAGES,
		.start_pfn = event->value[ISOLATE_START],
		.end_pfn = event->value[ISOLATE_END],
		.scanned = event->value[ISOLATE_SCANNED],
		.taken = event->value[ISOLATE_TAKEN],
	};

	convert->account->events_counted++;
	if (convert->record)
		machine_record_scan(convert->record, &scan);
}

void convert_finish(struct convert *convert)
{
	const struct survey_pages *pages = &convert->survey->pages;

	if (!convert->record)
		return;
	convert->record->runs = compactions_begun(convert->pages.compactions);
	convert->record->has_compaction |= convert->record->runs || convert->record->scans->len;
	if (!pages->allocs && !pages->frees)
		return;
	convert->record->blocks_start = frame_log_start(convert->frames);
	convert->record->blocks_end = frame_log_end(convert->frames);
}

/* ---- page frames ----------------------------------------------------------------------------- */

static void put_free(struct convert *convert, const struct event *event, uint64_t id)
{
	convert_put(convert, event, (struct op){.kind = OP_PAGE_FREE, .id = id});
	convert->account->page_frees++;
}

/* Blocks with a frame of these must have been freed unseen. */
static void free_overlapped(struct convert *convert, const struct event *event, uint64_t pfn,
			    unsigned order)
{
	struct import_account *account = convert->account;
	uint64_t before = account->pages_freed_for_them;
	struct block block;

	while (block_map_overlap(convert->pages.live, pfn, order, &block)) {
		block_map_remove(convert->pages.live, &block);
		put_free(convert, event, block.id);
		account->pages_freed_for_them++;
	}
	account->page_allocs_of_live += account->pages_freed_for_them > before;
}

/* Where in the header the zone of this name is; false: it has none. */
static bool find_zone(const struct convert *convert, const char *name, uint16_t *zone)
{
	const struct memory_map *memory = convert->header->memory;

	for (unsigned i = 0; i < memory->zones->len; i++) {
		if (!strcmp(memory_map_zone(memory, i)->name, name)) {
			*zone = (uint16_t)i;
			return true;
		}
	}
	return false;
}

static struct op request(struct convert *convert, const struct event *event)
{
	uint64_t gfp = event->value[PAGE_ALLOC_GFP];
	struct op op = {.kind = OP_PAGE_ALLOC,
			.id = ++convert->last_id,
			.page = {.gfp = (uint32_t)gfp,
				 .order = (int8_t)event->value[PAGE_ALLOC_ORDER],
				 .mt = (uint8_t)event->value[PAGE_ALLOC_TYPE]},
			.flags = OP_HAS_GFP};

	if ((gfp & gfp_from_number(NUMBER_DMA) && find_zone(convert, "DMA", &op.page.zone)) ||
	    (gfp & gfp_from_number(NUMBER_DMA32) && find_zone(convert, "DMA32", &op.page.zone)))
		op.flags |= OP_HAS_ZONE;
	if (op.page.order == HUGE_ORDER && gfp_is_transhuge(gfp))
		op.flags |= OP_THP;
	/* movable pages of drivers are not on the LRU lists, but not for user space either */
	if (op.page.mt == MT_MOVABLE && gfp & gfp_from_number(NUMBER_HARDWALL))
		op.flags |= OP_LRU;
	convert->account->gfp_unknown += (gfp & GFP_UNKNOWN) != 0;
	return op;
}

/* Nobody has a block that was refused: a model that grants it gets it back at once. */
static void put_failed(struct convert *convert, const struct event *event, struct op op)
{
	op.flags |= OP_FAILED;
	convert->account->page_requests_failed++;
	convert_put(convert, event, op);
	put_free(convert, event, op.id);
}

static void take_alloc(struct convert *convert, const struct event *event)
{
	uint64_t pfn = event->value[PAGE_ALLOC_PFN];
	unsigned order = (unsigned)event->value[PAGE_ALLOC_ORDER];
	bool failed = page_alloc_failed(event->value);

	if (!failed)
		free_overlapped(convert, event, pfn, order);
	struct op op = request(convert, event);

	convert->account->events_used++;
	convert->account->page_allocs++;
	if (failed) {
		put_failed(convert, event, op);
		return;
	}
	op.flags |= OP_HAS_ADDR;
	op.addr = pfn;
	convert_put(convert, event, op);
	block_map_add(convert->pages.live, (struct block){pfn, order, op.id});
	tell_frames(convert, pfn, order, FRAME_FREE,
		    op.page.mt == MT_MOVABLE ? FRAME_MOVABLE : FRAME_UNMOVABLE);
	pfn_set_add(convert->pages.seen, pfn, order);
}

/* Within a compaction: the source of a migration, or a target that was not needed. */
static void take_free_in_compaction(struct convert *convert, const struct block *block)
{
	if (!block->id) {
		convert->account->page_frees_in_compaction++;
		return;
	}
	block_map_remove(convert->pages.live, block);
	g_queue_push_tail(&convert->pages.moved[block->order], GSIZE_TO_POINTER(block->id));
	convert->account->pages_migrated++;
}

/*
 * A block that was seen free and is freed without having been allocated was the target of a
 * migration: it is one of those that moved.
 */
static void take_free_unknown(struct convert *convert, const struct event *event, uint64_t pfn,
			      unsigned order)
{
	GQueue *moved = &convert->pages.moved[order];

	if (g_queue_is_empty(moved) || !pfn_set_has_all(convert->pages.seen, pfn, order)) {
		convert->account->page_frees_unknown++;
		return;
	}
	convert->account->events_used++;
	convert->account->migrated_freed++;
	put_free(convert, event, GPOINTER_TO_SIZE(g_queue_pop_head(moved)));
}

static void take_free(struct convert *convert, const struct event *event)
{
	uint64_t pfn = event->value[PAGE_FREE_PFN];
	unsigned order = (unsigned)event->value[PAGE_FREE_ORDER];
	struct block block = {0};
	bool known = block_map_find(convert->pages.live, pfn, &block);

	bool compacting = compactions_of(convert->pages.compactions, event);

	/* what a compaction frees was in use, or a target that was free before */
	tell_frames(convert, pfn, order, compacting ? FRAME_UNTOLD : FRAME_IN_USE, FRAME_FREE);
	if (compacting) {
		take_free_in_compaction(convert, &block);
	} else if (!known) {
		take_free_unknown(convert, event, pfn, order);
	} else {
		convert->account->events_used++;
		convert->account->page_frees_other_order += block.order != order;
		block_map_remove(convert->pages.live, &block);
		put_free(convert, event, block.id);
	}
	pfn_set_add(convert->pages.seen, pfn, order);
}

/* Whether this compaction, which begins, was asked for from outside. */
static bool is_asked(struct convert *convert)
{
	const GArray *asked = convert->survey->pages.whole_zone;
	guint next = convert->pages.next_asked;

	if (next == asked->len ||
	    g_array_index(asked, struct whole_zone, next).number != convert->event)
		return false;
	convert->pages.next_asked++;
	return true;
}

static bool zone_at(const struct convert *convert, uint64_t pfn, uint16_t *zone)
{
	const struct memory_map *memory = convert->header->memory;

	for (unsigned i = 0; i < memory->zones->len; i++) {
		if (pfn >= memory_map_zone(memory, i)->start_pfn &&
		    pfn < memory_map_zone(memory, i)->end_pfn) {
			*zone = (uint16_t)i;
			return true;
		}
	}
	return false;
}

static void take_begin(struct convert *convert, const struct event *event)
{
	struct op op = {.kind = OP_COMPACT,
			.page = {.order = -1, .mt = MT_MOVABLE, .mode = COMPACT_SYNC},
			.flags = OP_HAS_ZONE | OP_WHOLE_ZONE | OP_IGNORE_SKIP};

	compactions_begin(convert->pages.compactions, event, convert->event);
	if (!is_asked(convert) ||
	    !zone_at(convert, event->value[COMPACTION_ZONE_START], &op.page.zone)) {
		convert->account->events_counted++;
		return;
	}
	convert->account->events_used++;
	convert->account->compactions++;
	convert_put(convert, event, op);
}

static void take_end(struct convert *convert, const struct event *event)
{
	convert->account->events_counted++;
	compactions_end(convert->pages.compactions, event);
}

static void (*const handlers[EVENT_IDS])(struct convert *, const struct event *) = {
	[EVENT_PAGE_ALLOC] = take_alloc,	  [EVENT_PAGE_FREE] = take_free,
	[EVENT_COMPACTION_BEGIN] = take_begin,	  [EVENT_COMPACTION_END] = take_end,
	[EVENT_ISOLATE_MIGRATEPAGES] = take_scan, [EVENT_ISOLATE_FREEPAGES] = take_scan,
};

void convert_pages_take(struct convert *convert, const struct event *event)
{
	if (handlers[event->id])
		handlers[event->id](convert, event);
	else
		convert->account->events_counted++;
}
