/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_METRICS_BLOCK_MAPS_H
#define KMSIM_METRICS_BLOCK_MAPS_H

/*
 * Every pageblock of the machine at a few moments of a run: its start, its marks, its end. On a
 * large machine that is much, so marks are taken only while they fit into BLOCK_MAPS_LINES.
 */

#include "models/model.h"

#define BLOCK_MAPS_MARKS 16
#define BLOCK_MAPS_LINES (UINT64_C(1) << 20) /* of all moments: 24 MiB */

struct block_maps {
	GPtrArray *moments; /* struct block_moment */
	unsigned marks;	    /* taken */
	uint64_t lines;	    /* of all moments */
	uint64_t left_out;  /* marks for which there was no room */
};

struct block_moment {
	char *name; /* "start", the mark's, "end" */
	uint64_t ops, t_cycles;
	GArray *blocks; /* struct block_line */
};

struct block_line {
	struct block_sample block;
	unsigned zone;
};

struct block_maps *block_maps_new(void);
void block_maps_free(struct block_maps *maps);

/* Take all blocks of @n_zones zones of @model, which has a hook `blocks`. */
void block_maps_add(struct block_maps *maps, const char *name, uint64_t ops, uint64_t t_cycles,
		    const struct model_ops *model_ops, void *model, unsigned n_zones);

/* The same at a mark, if there is room; else it is counted as left out. */
void block_maps_mark(struct block_maps *maps, const char *name, uint64_t ops, uint64_t t_cycles,
		     const struct model_ops *model_ops, void *model, unsigned n_zones);

#endif
