// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/vmap/vmap_blocks.h"

void vmap_blocks_init(struct vmap_blocks *blocks, uint32_t cpus)
{
	*blocks = (struct vmap_blocks){
		.blocks = g_array_new(FALSE, FALSE, sizeof(struct vmap_block)),
		.unused = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
		.queues = g_new(GArray *, cpus),
		.cpus = cpus,
	};
	for (uint32_t cpu = 0; cpu < cpus; cpu++)
		blocks->queues[cpu] = g_array_new(FALSE, FALSE, sizeof(uint32_t));
}

void vmap_blocks_clear(struct vmap_blocks *blocks)
{
	for (uint32_t cpu = 0; cpu < blocks->cpus; cpu++)
		g_array_unref(blocks->queues[cpu]);
	g_free(blocks->queues);
	g_array_unref(blocks->blocks);
	g_array_unref(blocks->unused);
}

struct vmap_block *vmap_blocks_at(const struct vmap_blocks *blocks, uint32_t block)
{
	return &g_array_index(blocks->blocks, struct vmap_block, block);
}

/* Pieces are handed out in powers of two. */
static uint32_t piece_pages(uint32_t pages)
{
	return UINT32_C(1) << fls64(pages - 1);
}

uint32_t vmap_blocks_new(struct vmap_blocks *blocks, const struct node_area *area, uint32_t pages)
{
	uint32_t block = blocks->blocks->len;

	if (blocks->unused->len) {
		block = g_array_index(blocks->unused, uint32_t, blocks->unused->len - 1);
		g_array_set_size(blocks->unused, blocks->unused->len - 1);
	} else {
		g_array_set_size(blocks->blocks, block + 1);
	}
	*vmap_blocks_at(blocks, block) =
		(struct vmap_block){.area = *area,
				    .free = VMAP_BLOCK_PAGES - piece_pages(pages),
				    .dirty_min = VMAP_BLOCK_PAGES};
	return block;
}

void vmap_blocks_enqueue(struct vmap_blocks *blocks, uint32_t block, uint32_t cpu)
{
	vmap_blocks_at(blocks, block)->cpu = cpu;
	if (vmap_blocks_at(blocks, block)->free)
		g_array_append_val(blocks->queues[cpu], block);
}

bool vmap_blocks_map(struct vmap_blocks *blocks, uint32_t cpu, uint32_t pages, uint32_t *block,
		     uint64_t *addr, uint64_t *looked_at)
{
	GArray *queue = blocks->queues[cpu];
	uint32_t piece = piece_pages(pages);

	for (unsigned i = 0; i < queue->len; i++) {
		*block = g_array_index(queue, uint32_t, i);
		struct vmap_block *found = vmap_blocks_at(blocks, *block);

		++*looked_at;
		if (found->free < piece)
			continue;
		*addr = found->area.start + (VMAP_BLOCK_PAGES - found->free) * PAGE_SIZE;
		found->free -= piece;
		if (!found->free)
			g_array_remove_index(queue, i);
		return true;
	}
	return false;
}

bool vmap_blocks_unmap(struct vmap_blocks *blocks, uint32_t block, uint64_t addr, uint32_t pages)
{
	struct vmap_block *found = vmap_blocks_at(blocks, block);
	uint32_t first = (uint32_t)((addr - found->area.start) / PAGE_SIZE);

	found->dirty_min = MIN(found->dirty_min, first);
	found->dirty_max = MAX(found->dirty_max, first + piece_pages(pages));
	found->dirty += piece_pages(pages);
	return found->dirty == VMAP_BLOCK_PAGES;
}

static void retire(struct vmap_blocks *blocks, uint32_t block, GArray *retired)
{
	vmap_blocks_at(blocks, block)->dirty_max = 0; /* flushed as a whole */
	g_array_append_val(retired, block);
}

void vmap_blocks_retire(struct vmap_blocks *blocks, uint32_t free_below, GArray *retired)
{
	for (uint32_t cpu = 0; cpu < blocks->cpus; cpu++) {
		GArray *queue = blocks->queues[cpu];
		unsigned kept = 0;

		for (unsigned i = 0; i < queue->len; i++) {
			uint32_t block = g_array_index(queue, uint32_t, i);
			const struct vmap_block *found = vmap_blocks_at(blocks, block);

			if (found->free + found->dirty == VMAP_BLOCK_PAGES &&
			    found->free < free_below)
				retire(blocks, block, retired);
			else
				g_array_index(queue, uint32_t, kept++) = block;
		}
		g_array_set_size(queue, kept);
	}
}

void vmap_blocks_flush(struct vmap_blocks *blocks, struct vmap_range *range)
{
	for (uint32_t i = 0; i < blocks->blocks->len; i++) {
		struct vmap_block *block = vmap_blocks_at(blocks, i);

		if (!block->area.size || !block->dirty_max || block->dirty == VMAP_BLOCK_PAGES)
			continue;
		range->start = MIN(range->start, block->area.start + block->dirty_min * PAGE_SIZE);
		range->end = MAX(range->end, block->area.start + block->dirty_max * PAGE_SIZE);
		block->dirty_min = VMAP_BLOCK_PAGES;
		block->dirty_max = 0;
	}
}

void vmap_blocks_delete(struct vmap_blocks *blocks, uint32_t block)
{
	vmap_blocks_at(blocks, block)->area.size = 0;
	g_array_append_val(blocks->unused, block);
}
