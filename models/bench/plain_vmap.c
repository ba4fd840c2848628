// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/bench/plain_vmap.h"

#include "models/bench/plain_tree.h"
#include "sim/base/units.h"

#include <glib.h>

struct plain_vmap {
	struct plain_tree free, busy;
	uint64_t vstart, vend, lazy_max_pages, lazy_pages;
	uint64_t *by_slot;	  /* address of the area */
	struct plain_area **lazy; /* the most recently freed last */
	uint32_t n_lazy;
	struct plain_area *cached; /* busy list: where the next search begins */
	uint64_t hole;		   /* largest hole before it */
};

static struct plain_vmap *new_vmap(uint64_t vstart, uint64_t vend, uint64_t lazy_max_pages,
				   uint32_t slots)
{
	struct plain_vmap *vmap = g_new0(struct plain_vmap, 1);

	vmap->vstart = vstart;
	vmap->vend = vend;
	vmap->lazy_max_pages = lazy_max_pages;
	vmap->by_slot = g_new(uint64_t, slots);
	vmap->lazy = g_new(struct plain_area *, lazy_max_pages + 2);
	return vmap;
}

/* The area of @slot is looked up by address, as the kernel does, and becomes lazy. True: purge. */
static bool free_lazily(struct plain_vmap *vmap, uint32_t slot)
{
	struct plain_area *area = plain_at_or_below(&vmap->busy, vmap->by_slot[slot]);

	vmap->lazy[vmap->n_lazy++] = area;
	vmap->lazy_pages += (area->end - area->start) / PAGE_SIZE;
	return vmap->lazy_pages > vmap->lazy_max_pages;
}

static struct plain_area *insert_busy(struct plain_vmap *vmap, uint64_t start, uint64_t end)
{
	struct plain_area *below = plain_at_or_below(&vmap->busy, start);

	return plain_insert(&vmap->busy, start, end, below ? below->next : vmap->busy.first);
}

struct plain_vmap *plain_augtree_new(uint64_t vstart, uint64_t vend, uint64_t lazy_max_pages,
				     uint32_t slots)
{
	struct plain_vmap *vmap = new_vmap(vstart, vend, lazy_max_pages, slots);

	plain_insert(&vmap->free, 1, UINT64_MAX, NULL);
	return vmap;
}

static bool fits(const struct plain_area *area, uint64_t size, uint64_t vstart)
{
	uint64_t addr = MAX(area->start, vstart);

	return addr + size >= addr && addr + size <= area->end;
}

static struct plain_area *lowest_match(const struct plain_tree *tree, uint64_t size,
				       uint64_t vstart)
{
	struct plain_area *area = tree->root;

	while (area) {
		if (vstart < area->start && plain_max(area->child[0]) >= size) {
			area = area->child[0];
			continue;
		}
		if (fits(area, size, vstart))
			return area;
		if (plain_max(area->child[1]) >= size) {
			area = area->child[1];
			continue;
		}
		while ((area = area->parent)) {
			if (fits(area, size, vstart))
				return area;
			if (plain_max(area->child[1]) >= size && vstart <= area->start) {
				area = area->child[1];
				break;
			}
		}
	}
	return NULL;
}

uint64_t plain_augtree_alloc(struct plain_vmap *vmap, uint32_t slot, uint64_t size)
{
	struct plain_area *area = lowest_match(&vmap->free, size, vmap->vstart);
	uint64_t addr = MAX(area->start, vmap->vstart), start = area->start;

	if (area->start == addr && area->end == addr + size) {
		plain_erase(&vmap->free, area);
	} else {
		area->start = addr + size;
		plain_propagate(area);
		if (start < addr)
			plain_insert(&vmap->free, start, addr, area);
	}
	insert_busy(vmap, addr, addr + size);
	vmap->by_slot[slot] = addr;
	return addr;
}

static void release_to_tree(struct plain_vmap *vmap, struct plain_area *area)
{
	uint64_t start = area->start, end = area->end;
	struct plain_area *prev = plain_at_or_below(&vmap->free, start);
	struct plain_area *next = prev ? prev->next : vmap->free.first;
	bool meets_prev = prev && prev->end == start, meets_next = next && next->start == end;

	plain_erase(&vmap->busy, area);
	if (meets_prev && meets_next) {
		end = next->end;
		plain_erase(&vmap->free, next);
	}
	if (meets_prev) {
		prev->end = end;
		plain_propagate(prev);
	} else if (meets_next) {
		next->start = start;
		plain_propagate(next);
	} else {
		plain_insert(&vmap->free, start, end, next);
	}
}

static void purge(struct plain_vmap *vmap,
		  void (*release)(struct plain_vmap *vmap, struct plain_area *area))
{
	while (vmap->n_lazy)
		release(vmap, vmap->lazy[--vmap->n_lazy]);
	vmap->lazy_pages = 0;
}

void plain_augtree_free(struct plain_vmap *vmap, uint32_t slot)
{
	if (free_lazily(vmap, slot))
		purge(vmap, release_to_tree);
}

struct plain_vmap *plain_busylist_new(uint64_t vstart, uint64_t vend, uint64_t lazy_max_pages,
				      uint32_t slots)
{
	return new_vmap(vstart, vend, lazy_max_pages, slots);
}

uint64_t plain_busylist_alloc(struct plain_vmap *vmap, uint32_t slot, uint64_t size)
{
	struct plain_area *next = vmap->busy.first;
	uint64_t addr = vmap->vstart;

	if (!vmap->cached || size < vmap->hole)
		vmap->hole = 0;
	else {
		addr = vmap->cached->end;
		next = vmap->cached;
	}
	while (next && addr + size > next->start) {
		if (addr + vmap->hole < next->start)
			vmap->hole = next->start - addr;
		addr = next->end;
		next = next->next;
	}
	vmap->cached = plain_insert(&vmap->busy, addr, addr + size, next);
	vmap->by_slot[slot] = addr;
	return addr;
}

static void release_to_list(struct plain_vmap *vmap, struct plain_area *area)
{
	if (vmap->cached && area->start <= vmap->cached->start)
		vmap->cached = area->prev;
	plain_erase(&vmap->busy, area);
}

void plain_busylist_free(struct plain_vmap *vmap, uint32_t slot)
{
	if (free_lazily(vmap, slot))
		purge(vmap, release_to_list);
}
