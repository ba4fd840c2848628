/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_IMPORT_AREA_MAP_H
#define KMSIM_TRACE_IMPORT_AREA_MAP_H

/* Disjoint areas of the address space, ordered by address. Every call costs O(log n). */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct area {
	uint64_t start, end; /* [start, end), not empty */
	uint64_t id;
};

struct area_map;

struct area_map *area_map_new(void);
void area_map_free(struct area_map *map);

/* Add @area, which must not overlap any other. */
void area_map_add(struct area_map *map, struct area area);

/* The area that begins at @start, or NULL. Valid until it is removed. */
const struct area *area_map_find(struct area_map *map, uint64_t start);

/* The lowest area that overlaps [@start, @end), or NULL. */
const struct area *area_map_overlap(struct area_map *map, uint64_t start, uint64_t end);

/* The lowest area that begins in [@start, @end), or NULL. */
const struct area *area_map_begins_in(struct area_map *map, uint64_t start, uint64_t end);

/* Remove @area, which is in the map. */
void area_map_remove(struct area_map *map, const struct area *area);

#endif
