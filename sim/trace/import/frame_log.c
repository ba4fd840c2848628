// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/import/frame_log.h"

#include "sim/machine/memory_map.h"
#include "sim/trace/machine_record.h"

#define BLOCK_FRAMES (1u << PAGEBLOCK_ORDER_DEFAULT)

/* Of a pageblock: enum frame_state by frame. */
struct frames {
	uint8_t first[BLOCK_FRAMES], last[BLOCK_FRAMES];
	bool named[BLOCK_FRAMES];
};

struct frame_log {
	GHashTable *blocks; /* pfn >> PAGEBLOCK_ORDER_DEFAULT -> struct frames */
};

struct frame_log *frame_log_new(void)
{
	struct frame_log *log = g_new(struct frame_log, 1);

	log->blocks = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	return log;
}

void frame_log_free(struct frame_log *log)
{
	if (!log)
		return;
	g_hash_table_unref(log->blocks);
	g_free(log);
}

static struct frames *frames_of(struct frame_log *log, uint64_t pfn)
{
	gpointer number = GSIZE_TO_POINTER(pfn >> PAGEBLOCK_ORDER_DEFAULT);
	struct frames *frames = g_hash_table_lookup(log->blocks, number);

	if (!frames) {
		frames = g_new0(struct frames, 1);
		g_hash_table_insert(log->blocks, number, frames);
	}
	return frames;
}

void frame_log_tell(struct frame_log *log, uint64_t pfn, unsigned order, enum frame_state before,
		    enum frame_state after)
{
	struct frames *frames = frames_of(log, pfn);

	for (uint64_t end = pfn + (UINT64_C(1) << order); pfn < end; pfn++) {
		uint64_t at = pfn & (BLOCK_FRAMES - 1);

		if (!at)
			frames = frames_of(log, pfn);
		if (!frames->named[at])
			frames->first[at] = (uint8_t)before;
		frames->named[at] = true;
		frames->last[at] = (uint8_t)after;
	}
}

static struct machine_block count_block(uint64_t number, const uint8_t *states)
{
	unsigned n[FRAME_IN_USE + 1] = {0};

	for (unsigned i = 0; i < BLOCK_FRAMES; i++)
		n[states[i]]++;
	return (struct machine_block){
		.pfn = number << PAGEBLOCK_ORDER_DEFAULT,
		.free = (uint16_t)n[FRAME_FREE],
		.movable = (uint16_t)n[FRAME_MOVABLE],
		.unmovable = (uint16_t)n[FRAME_UNMOVABLE],
		.in_use = (uint16_t)n[FRAME_IN_USE],
	};
}

static gint by_pfn(gconstpointer a, gconstpointer b)
{
	uint64_t x = ((const struct machine_block *)a)->pfn,
		 y = ((const struct machine_block *)b)->pfn;

	return (x > y) - (x < y);
}

static GArray *count_blocks(const struct frame_log *log, bool at_end)
{
	GArray *blocks = g_array_new(FALSE, FALSE, sizeof(struct machine_block));
	GHashTableIter iter;
	gpointer number, value;

	g_hash_table_iter_init(&iter, log->blocks);
	while (g_hash_table_iter_next(&iter, &number, &value)) {
		const struct frames *frames = value;
		const struct machine_block block = count_block(
			GPOINTER_TO_SIZE(number), at_end ? frames->last : frames->first);

		if (block.free + block.movable + block.unmovable + block.in_use)
			g_array_append_val(blocks, block);
	}
	g_array_sort(blocks, by_pfn);
	return blocks;
}

GArray *frame_log_start(const struct frame_log *log)
{
	return count_blocks(log, false);
}

GArray *frame_log_end(const struct frame_log *log)
{
	return count_blocks(log, true);
}
