// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/vmap/size_pools.h"

#include "sim/base/units.h"

#define STORE_ROOM_MIN 256

void pool_store_init(struct pool_store *store)
{
	*store = (struct pool_store){.n = 1, .room = STORE_ROOM_MIN};
	store->at = g_new0(struct pool_entry, store->room);
}

void pool_store_clear(struct pool_store *store)
{
	g_clear_pointer(&store->at, g_free);
}

void pool_store_copy(struct pool_store *store, const struct pool_store *from)
{
	*store = *from;
	store->at = g_memdup2(from->at, from->room * sizeof(*from->at));
}

static uint32_t entry_new(struct pool_store *store)
{
	uint32_t entry = store->unused;

	if (entry) {
		store->unused = store->at[entry].next;
		return entry;
	}
	if (store->n == store->room) {
		g_assert(store->room <= UINT32_MAX / 2);
		store->room *= 2;
		store->at = g_renew(struct pool_entry, store->at, store->room);
	}
	return store->n++;
}

static void account(struct size_pools *pools, unsigned pages, uint64_t areas)
{
	uint64_t bit = UINT64_C(1) << (pages % 64);

	pools->areas += areas;
	pools->pages += areas * pages;
	if (pools->by_pages[pages].len)
		pools->filled[pages / 64] |= bit;
	else
		pools->filled[pages / 64] &= ~bit;
}

static void append(struct pool_list *list, struct pool_store *store, uint32_t entry)
{
	store->at[entry].next = 0;
	if (list->len++)
		store->at[list->tail].next = entry;
	else
		list->head = entry;
	list->tail = entry;
}

static uint32_t unlink_head(struct pool_list *list, const struct pool_store *store)
{
	uint32_t entry = list->head;

	list->head = store->at[entry].next;
	list->len--;
	return entry;
}

uint64_t pool_list_pop(struct pool_list *list, struct pool_store *store)
{
	uint32_t entry = unlink_head(list, store);

	store->at[entry].next = store->unused;
	store->unused = entry;
	return store->at[entry].start;
}

void size_pools_rotate(struct size_pools *pools, struct pool_store *store, unsigned pages)
{
	struct pool_list *list = &pools->by_pages[pages];

	append(list, store, unlink_head(list, store));
}

bool size_pools_take(struct size_pools *pools, struct pool_store *store, unsigned pages,
		     uint64_t align, uint64_t *start)
{
	struct pool_list *list = &pools->by_pages[pages];

	if (store->at[list->head].start & (align - 1)) {
		size_pools_rotate(pools, store, pages);
		return false;
	}
	*start = pool_list_pop(list, store);
	account(pools, pages, UINT64_MAX); /* one less */
	return true;
}

void size_pools_push(struct size_pools *pools, struct pool_store *store, unsigned pages,
		     uint64_t start)
{
	struct pool_list *list = &pools->by_pages[pages];
	uint32_t entry = entry_new(store);

	store->at[entry] = (struct pool_entry){.start = start, .next = list->head};
	list->head = entry;
	if (!list->len++)
		list->tail = entry;
	account(pools, pages, 1);
}

void size_pools_insert(struct size_pools *pools, struct pool_store *store, unsigned pages,
		       uint64_t start)
{
	struct pool_list *list = &pools->by_pages[pages];
	uint32_t before = list->head, entry;

	if (!list->len || store->at[before].start < start) {
		size_pools_push(pools, store, pages, start);
		return;
	}
	while (before != list->tail && store->at[store->at[before].next].start > start)
		before = store->at[before].next;
	entry = entry_new(store);
	store->at[entry] = (struct pool_entry){.start = start, .next = store->at[before].next};
	if (before == list->tail)
		list->tail = entry;
	store->at[before].next = entry;
	list->len++;
	account(pools, pages, 1);
}

unsigned size_pools_next(const struct size_pools *pools, unsigned pages)
{
	unsigned word = pages / 64;
	uint64_t bits = pools->filled[word] & (UINT64_MAX << (pages % 64));

	while (!bits && ++word < G_N_ELEMENTS(pools->filled))
		bits = pools->filled[word];
	return bits ? word * 64 + (unsigned)__builtin_ctzll(bits) : 0;
}

struct pool_list size_pools_detach(struct size_pools *pools, unsigned pages)
{
	struct pool_list list = pools->by_pages[pages];

	pools->by_pages[pages] = (struct pool_list){0};
	account(pools, pages, -(uint64_t)list.len);
	return list;
}

void size_pools_attach(struct size_pools *pools, unsigned pages, struct pool_list list)
{
	pools->by_pages[pages] = list;
	account(pools, pages, list.len);
}

bool size_pools_find(const struct size_pools *pools, const struct pool_store *store, unsigned pages,
		     uint64_t start, uint32_t *depth)
{
	const struct pool_list *list = &pools->by_pages[pages];
	uint32_t entry = list->head;

	for (*depth = 0; *depth < list->len; ++*depth, entry = store->at[entry].next) {
		if (store->at[entry].start == start)
			return true;
	}
	return false;
}

uint64_t size_pools_remove(struct size_pools *pools, struct pool_store *store, unsigned pages,
			   uint32_t depth)
{
	struct pool_list *list = &pools->by_pages[pages];
	uint32_t before = list->head, entry;
	uint64_t start;

	if (!depth) {
		start = pool_list_pop(list, store);
	} else {
		for (uint32_t i = 1; i < depth; i++)
			before = store->at[before].next;
		entry = store->at[before].next;
		start = store->at[entry].start;
		store->at[before].next = store->at[entry].next;
		if (list->tail == entry)
			list->tail = before;
		list->len--;
		store->at[entry].next = store->unused;
		store->unused = entry;
	}
	account(pools, pages, UINT64_MAX); /* one less */
	return start;
}

bool size_pools_overlapping(const struct size_pools *pools, const struct pool_store *store,
			    uint64_t start, uint64_t end, unsigned *pages, uint32_t *depth)
{
	for (*pages = 0; (*pages = size_pools_next(pools, *pages + 1));) {
		const struct pool_list *list = &pools->by_pages[*pages];
		uint32_t entry = list->head;

		for (*depth = 0; *depth < list->len; ++*depth, entry = store->at[entry].next) {
			uint64_t at = store->at[entry].start;

			if (at < end && at + *pages * PAGE_SIZE > start)
				return true;
		}
		if (*pages == POOL_PAGES_MAX)
			break;
	}
	return false;
}
