/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_VMAP_FREE_SPACE_H
#define KMSIM_MODELS_VMAP_FREE_SPACE_H

/* How much of a window is free, and in how many blocks: kept as blocks come and go. */

#include <glib.h>
#include <stdint.h>

struct free_space {
	uint64_t vstart, vend; /* the window */
	uint64_t blocks, total_bytes;
};

/* What of [start, end) lies in the window. */
static inline uint64_t free_space_bytes(const struct free_space *space, uint64_t start,
					uint64_t end)
{
	uint64_t low = MAX(start, space->vstart), high = MIN(end, space->vend);

	return low < high ? high - low : 0;
}

static inline void free_space_appears(struct free_space *space, uint64_t start, uint64_t end)
{
	uint64_t bytes = free_space_bytes(space, start, end);

	space->total_bytes += bytes;
	space->blocks += bytes != 0;
}

static inline void free_space_goes(struct free_space *space, uint64_t start, uint64_t end)
{
	uint64_t bytes = free_space_bytes(space, start, end);

	space->total_bytes -= bytes;
	space->blocks -= bytes != 0;
}

#endif
