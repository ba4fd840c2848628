/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_VMAP_SIZE_POOLS_H
#define KMSIM_MODELS_VMAP_SIZE_POOLS_H

/*
 * The pools of one vmap node: for each number of pages from 1 to POOL_PAGES_MAX a list of free
 * areas of exactly that size. Linux v6.9, commit 72210662c5a2 ("mm: vmalloc: offload
 * free_vmap_area_lock lock").
 *
 *   pages 1   head ─> area ─> area <─ tail      requests take the head, purges push it
 *         2   (empty)
 *         …                                     a head that does not suit goes to the tail
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define POOL_PAGES_MAX 256

/* Where the entries of all nodes' pools lie; index 0 is nobody. */
struct pool_store {
	struct pool_entry {
		uint64_t start;
		uint32_t next;
	} * at;
	uint32_t n, room;
	uint32_t unused; /* head of the list of entries given back */
};

struct pool_list {
	uint32_t head, tail, len;
};

struct size_pools {
	struct pool_list by_pages[POOL_PAGES_MAX + 1];
	uint64_t filled[POOL_PAGES_MAX / 64 + 1]; /* which lists are not empty, a bit each */
	uint64_t areas, pages;
};

void pool_store_init(struct pool_store *store);
void pool_store_clear(struct pool_store *store);

/* Make @store, which holds nothing, one with the same entries as @from. */
void pool_store_copy(struct pool_store *store, const struct pool_store *from);

/* Take the head if it is a multiple of @align. If it is not, it becomes the tail. */
bool size_pools_take(struct size_pools *pools, struct pool_store *store, unsigned pages,
		     uint64_t align, uint64_t *start);

/* The head becomes the tail. */
void size_pools_rotate(struct size_pools *pools, struct pool_store *store, unsigned pages);

/* @start, an area of @pages, becomes the tail of the pool of its size. */
void size_pools_push(struct size_pools *pools, struct pool_store *store, unsigned pages,
		     uint64_t start);

/* Put @start before the first entry that is lower: what one purge brought lies highest first. */
void size_pools_insert(struct size_pools *pools, struct pool_store *store, unsigned pages,
		       uint64_t start);

/* The smallest size from @pages on of which there are areas; 0 if there is none. */
unsigned size_pools_next(const struct size_pools *pools, unsigned pages);

/* Take a whole list out, and put one, that may have become shorter, in an empty one's place. */
struct pool_list size_pools_detach(struct size_pools *pools, unsigned pages);
void size_pools_attach(struct size_pools *pools, unsigned pages, struct pool_list list);

/* The head of a list that is not empty, taken off it. */
uint64_t pool_list_pop(struct pool_list *list, struct pool_store *store);

/* How many entries of a list stand before that of @start. False: it is not there. */
bool size_pools_find(const struct size_pools *pools, const struct pool_store *store, unsigned pages,
		     uint64_t start, uint32_t *depth);

/* Take the entry with @depth others before it out of a list. Returns its start. */
uint64_t size_pools_remove(struct size_pools *pools, struct pool_store *store, unsigned pages,
			   uint32_t depth);

/* The first entry that overlaps [@start, @end). False: there is none. */
bool size_pools_overlapping(const struct size_pools *pools, const struct pool_store *store,
			    uint64_t start, uint64_t end, unsigned *pages, uint32_t *depth);

static inline bool size_pools_has(const struct size_pools *pools, uint64_t pages)
{
	return pages <= POOL_PAGES_MAX && pools->filled[pages / 64] >> (pages % 64) & 1;
}

#endif
