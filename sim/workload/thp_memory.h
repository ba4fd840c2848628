/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_WORKLOAD_THP_MEMORY_H
#define KMSIM_WORKLOAD_THP_MEMORY_H

/*
 * What workloads of threads that fault huge pages have in common: their memory in pieces of 2 MiB,
 * the pages that they ask for, and the time that a CPU works on what it got.
 */

#include "sim/base/rng.h"
#include "sim/workload/page_calls.h"

#define HUGE_ORDER 9
#define HUGE_PAGES (1u << HUGE_ORDER)

/* 2 MiB of a thread's memory: ids of page_calls.h, 0 where there is nothing. */
struct thp_slot {
	uint32_t huge, table;
	uint32_t *base; /* HUGE_PAGES of them in place of a huge page; NULL: none */
};

void thp_slots_free(struct thp_slot *slots, uint32_t n);

/* Pages of the page cache, of memory that was faulted, of page tables: order 0. */
extern const struct page_want cache_page, anon_page, table_page;

/* What a CPU has asked for last, and the work that it has to do before its next call. */
struct thp_work {
	struct page_want asked; /* order -1: no request */
	uint64_t owed_ns;
};

/*
 * The CPU works on the chunk that it was granted, if that is memory of programs or files: @disk_ns
 * a page of a file, else @fill_ns, half as long to half as long again as @rng draws.
 */
void thp_work_granted(struct thp_work *work, struct rng *rng, uint64_t disk_ns, uint64_t fill_ns);

/* No request so far. */
void thp_work_reset(struct thp_work *work);

/* The CPU is to make @call: note what it asks for, and let it do all its work first. */
void thp_work_before(struct thp_work *work, struct page_call *call);

#endif
