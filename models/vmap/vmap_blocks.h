/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_VMAP_VMAP_BLOCKS_H
#define KMSIM_MODELS_VMAP_VMAP_BLOCKS_H

/*
 * vmap blocks: 4 MiB areas that vm_map_ram() cuts into pieces of up to 64 pages, upwards and never
 * twice; a block whose pieces have all been unmapped is freed (v6.12 mm/vmalloc.c, vb_alloc()).
 */

#include "models/vmap/area_list.h"
#include "models/vmap/vmap_range.h"
#include "sim/base/units.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define VMAP_BLOCK_PAGES     1024 /* for NR_CPUS up to 2048 */
#define VMAP_BLOCK_BYTES     (VMAP_BLOCK_PAGES * PAGE_SIZE)
#define VMAP_BLOCK_PIECE_MAX 64 /* pages */

struct vmap_block {
	struct node_area area;	       /* size 0: not used */
	uint32_t free, dirty;	       /* pages: not handed out yet, unmapped */
	uint32_t dirty_min, dirty_max; /* what was unmapped since the last flush, in pages */
	uint32_t cpu;		       /* whose queue it is in, or was */
};

struct vmap_blocks {
	GArray *blocks;	 /* struct vmap_block */
	GArray *unused;	 /* uint32_t, indexes into blocks */
	GArray **queues; /* by CPU: uint32_t, blocks with free pages, the oldest first */
	uint32_t cpus;
};

void vmap_blocks_init(struct vmap_blocks *blocks, uint32_t cpus);
void vmap_blocks_clear(struct vmap_blocks *blocks);

/* A block made of @area, of which the first piece is handed out, in no queue. Returns its index. */
uint32_t vmap_blocks_new(struct vmap_blocks *blocks, const struct node_area *area, uint32_t pages);

/* Append it to the queue of @cpu, if it has free pages. */
void vmap_blocks_enqueue(struct vmap_blocks *blocks, uint32_t block, uint32_t cpu);

/*
 * A piece from the first block in the queue of @cpu with enough free pages, and how many of its
 * blocks were looked at. False if there is none.
 */
bool vmap_blocks_map(struct vmap_blocks *blocks, uint32_t cpu, uint32_t pages, uint32_t *block,
		     uint64_t *addr, uint64_t *looked_at);

/* A piece is unmapped. True if no piece of the block is or will be in use: it is to be freed. */
bool vmap_blocks_unmap(struct vmap_blocks *blocks, uint32_t block, uint64_t addr, uint32_t pages);

/*
 * Take the blocks of which no piece is in use, and less than @free_below pages are free, out of
 * their queues, and append their indexes to @retired.
 */
void vmap_blocks_retire(struct vmap_blocks *blocks, uint32_t free_below, GArray *retired);

/* Widen @range to what was unmapped since the last flush, which is now, in blocks in use. */
void vmap_blocks_flush(struct vmap_blocks *blocks, struct vmap_range *range);

/* The area of a block has been freed. */
void vmap_blocks_delete(struct vmap_blocks *blocks, uint32_t block);

/* The block of that index, in use or not. Valid until a block is added. */
struct vmap_block *vmap_blocks_at(const struct vmap_blocks *blocks, uint32_t block);

#endif
