/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_PAGES_PCP_H
#define KMSIM_MODELS_PAGES_PCP_H

/*
 * The list of single pages that one CPU keeps of one zone, so that most requests for a page need no
 * lock. Linux before 5.13, mm/page_alloc.c: rmqueue_pcplist, free_unref_page,
 * free_pcppages_bulk, zone_batchsize.
 */

#include "models/pages/zone.h"

#define PCP_TYPES 3 /* unmovable, movable, reclaimable */

/* Pages from head to tail in a ring: what is freed comes to the head, what is refilled to the tail.
 */
struct pcp_list {
	uint64_t *ring; /* pfn << 3 | type it will be freed to */
	unsigned room, first, n;
};

struct pcp {
	struct zone *zone;
	struct pcp_list list[PCP_TYPES];
	unsigned count, high, batch;
};

/* The kernel's sizes of the lists of a zone of @managed_pages. */
void pcp_sizes(uint64_t managed_pages, unsigned *high, unsigned *batch);

/* Empty lists of @zone: drained when they hold @high pages, filled and drained by @batch. */
void pcp_init(struct pcp *pcp, struct zone *zone, unsigned high, unsigned batch);

/* Forget the lists; the pages on them are not freed (pcp_drain() does). */
void pcp_clear(struct pcp *pcp);

/*
 * One page, which gets @use. An empty list is refilled first: *refilled is the number of pages that
 * took (0: no lock was needed). PFN_NONE if the zone has none. @trace may be NULL.
 */
uint64_t pcp_alloc(struct pcp *pcp, enum list_type type, bool nofrag, enum page_use use,
		   unsigned *refilled, struct alloc_trace *trace);

/* What a drain is told about each page, in order: mm_page_pcpu_drain. */
struct pcp_drain {
	void (*page)(void *data, uint64_t pfn, enum list_type type, unsigned merges);
	void *data;
};

/*
 * Free one page of the zone. It goes to the list of its pageblock's type (highatomic: movable), or
 * at once to the buddy lists if the block is isolated. At @high pages, a batch is drained. Pages
 * that went to the buddy lists: 0, no lock was needed. @drain may be NULL.
 */
unsigned pcp_free(struct pcp *pcp, uint64_t pfn, const struct pcp_drain *drain);

/* Page @i of a list, from the head, and the type it will be freed to; and one more at its tail. */
uint64_t pcp_page(const struct pcp *pcp, unsigned list, unsigned i, enum list_type *type);
void pcp_place(struct pcp *pcp, unsigned list, uint64_t pfn, enum list_type type);

/* Give @n pages back, oldest first and from the lists in turn; pcp->count for all of them. */
void pcp_drain(struct pcp *pcp, unsigned n, const struct pcp_drain *drain);

#endif
