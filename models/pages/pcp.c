// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/pages/pcp.h"

#define BATCH_PAGES_MAX 256 /* 1 MiB, before it is quartered */
#define HIGH_BATCHES	6

void pcp_sizes(uint64_t managed_pages, unsigned *high, unsigned *batch)
{
	unsigned size = (unsigned)MIN(managed_pages / 1024, BATCH_PAGES_MAX) / 4;
	unsigned power = 1;

	size = MAX(size, 1);
	while (power * 2 <= size + size / 2)
		power *= 2;
	*high = HIGH_BATCHES * (power - 1);
	*batch = MAX(power - 1, 1);
}

void pcp_init(struct pcp *pcp, struct zone *zone, unsigned high, unsigned batch)
{
	*pcp = (struct pcp){.zone = zone, .high = high, .batch = batch};
}

void pcp_clear(struct pcp *pcp)
{
	for (unsigned type = 0; type < PCP_TYPES; type++)
		g_free(pcp->list[type].ring);
	*pcp = (struct pcp){0};
}

/* --- the ring: room is a power of two -------------------------------------------------- */

static uint64_t *ring_at(const struct pcp_list *list, unsigned i)
{
	return &list->ring[(list->first + i) & (list->room - 1)];
}

static void ring_reserve(struct pcp_list *list)
{
	unsigned room = MAX(2 * list->room, 64);
	uint64_t *ring;

	if (list->n < list->room)
		return;
	ring = g_new(uint64_t, room);
	for (unsigned i = 0; i < list->n; i++)
		ring[i] = *ring_at(list, i);
	g_free(list->ring);
	list->ring = ring;
	list->room = room;
	list->first = 0;
}

static void push_head(struct pcp_list *list, uint64_t entry)
{
	ring_reserve(list);
	list->first--;
	list->n++;
	*ring_at(list, 0) = entry;
}

static void push_tail(struct pcp_list *list, uint64_t entry)
{
	ring_reserve(list);
	*ring_at(list, list->n++) = entry;
}

static uint64_t pop_head(struct pcp_list *list)
{
	uint64_t entry = *ring_at(list, 0);

	list->first++;
	list->n--;
	return entry;
}

static uint64_t pop_tail(struct pcp_list *list)
{
	return *ring_at(list, --list->n);
}

static uint64_t entry_of(uint64_t pfn, enum list_type type)
{
	return pfn << 3 | type;
}

uint64_t pcp_page(const struct pcp *pcp, unsigned list, unsigned i, enum list_type *type)
{
	uint64_t entry = *ring_at(&pcp->list[list], i);

	*type = (enum list_type)(entry & 7);
	return entry >> 3;
}

void pcp_place(struct pcp *pcp, unsigned list, uint64_t pfn, enum list_type type)
{
	page_set_use(pcp->zone->map, pfn, 1, USE_PCP);
	push_tail(&pcp->list[list], entry_of(pfn, type));
	pcp->count++;
}

/* --- allocating and freeing ------------------------------------------------------------ */

static unsigned refill(struct pcp *pcp, enum list_type type, bool nofrag, struct alloc_trace *trace)
{
	unsigned n = 0;

	while (n < pcp->batch) {
		uint64_t pfn = zone_alloc(pcp->zone, 0, type, nofrag, USE_PCP, trace);

		if (pfn == PFN_NONE)
			break;
		push_tail(&pcp->list[type], entry_of(pfn, type));
		n++;
	}
	pcp->count += n;
	return n;
}

uint64_t pcp_alloc(struct pcp *pcp, enum list_type type, bool nofrag, enum page_use use,
		   unsigned *refilled, struct alloc_trace *trace)
{
	struct pcp_list *list = &pcp->list[type];

	g_assert(type < PCP_TYPES);
	*refilled = list->n ? 0 : refill(pcp, type, nofrag, trace);
	if (!list->n)
		return PFN_NONE;
	uint64_t pfn = pop_head(list) >> 3;

	pcp->count--;
	page_set_use(pcp->zone->map, pfn, 1, use);
	return pfn;
}

static void free_to_zone(struct pcp *pcp, uint64_t pfn, enum list_type type,
			 const struct pcp_drain *drain)
{
	unsigned merges = zone_free(pcp->zone, pfn, 0, type);

	if (drain)
		drain->page(drain->data, pfn, type, merges);
}

unsigned pcp_free(struct pcp *pcp, uint64_t pfn, const struct pcp_drain *drain)
{
	enum list_type type = block_type(pcp->zone->map, pfn);

	if (type == LIST_ISOLATE) {
		zone_free(pcp->zone, pfn, 0, type);
		return 1;
	}
	page_set_use(pcp->zone->map, pfn, 1, USE_PCP);
	push_head(&pcp->list[type < PCP_TYPES ? type : LIST_MOVABLE], entry_of(pfn, type));
	if (++pcp->count < pcp->high)
		return 0;
	unsigned n = MIN(pcp->batch, pcp->count);

	pcp_drain(pcp, n, drain);
	return n;
}

/*
 * The lists are visited in turn, starting with the second. A visit takes as many pages as lists
 * were looked at since the last page, so that the longer lists give more; what a list that ran dry
 * left over counts for the next.
 */
void pcp_drain(struct pcp *pcp, unsigned n, const struct pcp_drain *drain)
{
	unsigned type = 0, quota = 0;

	g_assert(n <= pcp->count);
	pcp->count -= n;
	while (n) {
		do {
			quota++;
			type = (type + 1) % PCP_TYPES;
		} while (!pcp->list[type].n);
		if (quota == PCP_TYPES)
			quota = n;
		do {
			uint64_t entry = pop_tail(&pcp->list[type]);

			free_to_zone(pcp, entry >> 3, (enum list_type)(entry & 7), drain);
		} while (--n && --quota && pcp->list[type].n);
	}
}
