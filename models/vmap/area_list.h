/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_VMAP_AREA_LIST_H
#define KMSIM_MODELS_VMAP_AREA_LIST_H

/*
 * Lists of areas and of ranges, each in one piece of memory, as GArray has them; but what is done
 * for every area that is freed is done in place. All zero is an empty list.
 */

#include "models/vmap/vmap_range.h"

#include <glib.h>
#include <stddef.h>

/* A range of addresses that was handed out, or is free again and not in the free tree. */
struct node_area {
	uint64_t start, size;
	uint32_t origin; /* the node that it came from + 1; 0: none */
};

struct area_list {
	struct node_area *at;
	uint32_t n, room;
};

struct range_list {
	struct vmap_range *at;
	uint32_t n, room;
};

/* Memory with what @at had in it and @room elements of @bytes, which becomes more than @n. */
void *list_grow(void *at, uint32_t *room, uint32_t n, size_t bytes);

static inline void *list_reserve(void *at, uint32_t *room, uint32_t n, size_t bytes)
{
	return G_LIKELY(n < *room) ? at : list_grow(at, room, n, bytes);
}

/* Take element @i out; those behind it move up. */
void area_list_remove(struct area_list *list, uint32_t i);
void range_list_remove(struct range_list *list, uint32_t i);

struct area_list area_list_copy(const struct area_list *from);
struct range_list range_list_copy(const struct range_list *from);

/* @n more elements, which are to be written: returns the first. */
static inline struct node_area *area_list_extend(struct area_list *list, uint32_t n)
{
	list->at = list_reserve(list->at, &list->room, list->n + n, sizeof(*list->at));
	list->n += n;
	return list->at + list->n - n;
}

static inline struct vmap_range *range_list_extend(struct range_list *list, uint32_t n)
{
	list->at = list_reserve(list->at, &list->room, list->n + n, sizeof(*list->at));
	list->n += n;
	return list->at + list->n - n;
}

#endif
