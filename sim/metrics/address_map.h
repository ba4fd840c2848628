/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_METRICS_ADDRESS_MAP_H
#define KMSIM_METRICS_ADDRESS_MAP_H

/*
 * Where areas lie, over time: the busy ranges of a window at up to
 * ADDRESS_MAP_COLUMNS times, from which a grid of occupancies is made at the end, when it is
 * known which part of the window was used.
 */

#include "models/model.h"

#define ADDRESS_MAP_COLUMNS 128	 /* times; decimated like a series */
#define ADDRESS_MAP_ROWS    256	 /* of the grid */
#define ADDRESS_MAP_RUNS    4096 /* of one column; the smallest gaps close beyond that */

struct address_map;

/* A map of [vstart, vend). */
struct address_map *address_map_new(uint64_t vstart, uint64_t vend);
void address_map_free(struct address_map *map);

/*
 * Take a column: the busy ranges of @model after op number @ops. Returns the number of ops after
 * which the next one is due. As a column costs a visit of every busy range, they are taken so
 * rarely that all of them visit no more than two million ranges plus one an op.
 */
uint64_t address_map_add(struct address_map *map, uint64_t ops, uint64_t t_cycles,
			 const struct model_ops *model_ops, void *model);

/*
 * The grid. The window is cut where nothing was ever busy over more than 1 GiB and four times
 * the busy bytes at their peak; of the parts, the grid shows the one with the most busy
 * bytes, from the lowest to the highest byte that was ever busy in it.
 */
struct address_grid {
	uint64_t low;		/* address of row 0; a page boundary */
	uint64_t row_bytes;	/* a multiple of the page size */
	uint64_t outside_bytes; /* busy in the window but not shown, at their peak */
	unsigned n_rows, n_columns;
	struct address_grid_column {
		uint64_t ops, t_cycles;
		/* busy share of each row, rounded up, so that 0 means nothing at all */
		uint16_t permille[ADDRESS_MAP_ROWS];
	} columns[ADDRESS_MAP_COLUMNS];
};

/* To be freed with g_free(). No rows if nothing was ever busy. */
struct address_grid *address_map_grid(const struct address_map *map);

#endif
