/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MACHINE_LAYOUT_INTERNAL_H
#define KMSIM_MACHINE_LAYOUT_INTERNAL_H

/* What the parts of a layout share: a zone, half laid out. */

#include "sim/base/rng.h"
#include "sim/machine/chunk_map.h"
#include "sim/machine/layout.h"

#define TYPE_OPEN LIST_TYPES /* of a block: not decided yet */

struct zone_layout {
	struct chunk_map chunks;
	struct rng rng;
	unsigned top;	      /* largest order */
	unsigned block_order; /* of pageblocks; at most top */
	uint64_t n_blocks;    /* of chunks: the map's range may begin below the zone */
	uint8_t *block_type;  /* enum list_type or TYPE_OPEN */
	/* what is still to be placed: free chunks, and pageblocks */
	uint64_t need[LIST_TYPES][MAX_ORDER_DEFAULT];
	uint64_t quota[LIST_TYPES];
	uint64_t to_reserve;		   /* pages that boot keeps */
	GArray *reserved;		   /* struct pfn_range: those */
	uint64_t extra[MAX_ORDER_DEFAULT]; /* free chunks that the snapshot does not have */
};

/* Types in the order in which they choose: rare ones first, movable takes what is left. */
extern const enum list_type layout_turns[LIST_TYPES];

static inline uint64_t block_of_chunk(const struct zone_layout *z, unsigned order, uint64_t i)
{
	return order >= z->block_order ? i << (order - z->block_order)
				       : i >> (z->block_order - order);
}

/* Type of the block that a chunk begins in, which is the list that it is on after boot. */
static inline enum list_type chunk_type(const struct zone_layout *z, unsigned order, uint64_t i)
{
	return (enum list_type)z->block_type[block_of_chunk(z, order, i)];
}

/* Can the chunk become free without merging? */
static inline bool chunk_usable(const struct zone_layout *z, unsigned order, uint64_t i)
{
	return !chunk_busy(&z->chunks, order, i) &&
	       (order == z->top || !chunk_free(&z->chunks, order, i ^ 1));
}

/* Decide the type of a block that is open. */
void layout_set_block(struct zone_layout *z, uint64_t block, enum list_type type);

/* Blocks that the chunks of @type still to be placed will ask for. */
uint64_t layout_blocks_needed(const struct zone_layout *z, enum list_type type);

/*
 * Make the chunk free for @type, one chunk of whose need it is. Blocks that it covers and that are
 * open get types.
 */
void layout_place(struct zone_layout *z, unsigned order, uint64_t i, enum list_type type);

/* Steps 2 and 3 of the rule: block types and free chunks that known pages ask for. */
void layout_known_types(struct zone_layout *z, const struct known_page *known, size_t n);
void layout_known_free(struct zone_layout *z, const struct known_page *known, size_t n);

/* Step 4: pages that boot keeps, as far as they fill largest chunks at the zone's upper end. */
void layout_reserve_top(struct zone_layout *z);

/* Step 8: the rest of them, of what is left. Joins z->reserved. */
void layout_reserve(struct zone_layout *z);

/* Steps 5 to 7: all other free chunks and block types, drawn. */
void layout_draw(struct zone_layout *z);

/* Fill the figures of free pages, and of chunks and blocks against those that @want counts. */
void layout_compare(const struct zone_layout *z, const struct memory_map *map,
		    const struct memory_zone *zone, const struct zone_counts *want, bool has_types,
		    struct layout_figures *figures);

#endif
