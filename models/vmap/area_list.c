// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/vmap/area_list.h"

#include <string.h>

#define LIST_ROOM_MIN 16

void *list_grow(void *at, uint32_t *room, uint32_t n, size_t bytes)
{
	g_assert(n <= UINT32_MAX / 2);
	*room = MAX(*room, LIST_ROOM_MIN);
	while (*room <= n)
		*room *= 2;
	return g_realloc_n(at, *room, bytes);
}

void area_list_remove(struct area_list *list, uint32_t i)
{
	list->n--;
	memmove(list->at + i, list->at + i + 1, (list->n - i) * sizeof(*list->at));
}

void range_list_remove(struct range_list *list, uint32_t i)
{
	list->n--;
	memmove(list->at + i, list->at + i + 1, (list->n - i) * sizeof(*list->at));
}

struct area_list area_list_copy(const struct area_list *from)
{
	return (struct area_list){
		.at = g_memdup2(from->at, from->n * sizeof(*from->at)),
		.n = from->n,
		.room = from->n,
	};
}

struct range_list range_list_copy(const struct range_list *from)
{
	return (struct range_list){
		.at = g_memdup2(from->at, from->n * sizeof(*from->at)),
		.n = from->n,
		.room = from->n,
	};
}
