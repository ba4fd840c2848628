/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_VMAP_VM_BACKING_H
#define KMSIM_MODELS_VMAP_VM_BACKING_H

/*
 * The rest of vmalloc() and vfree(), which is most of their time: pages behind an area, and the
 * page tables that map them. Which pages is not modelled, only the work: mm/vmalloc.c,
 * __vmalloc_area_node() and __vunmap() of v5.1, where each page is a call of alloc_page() of its
 * own; since v5.13 they are asked for in bulk (343ab8178f31, "mm/vmalloc: use batched page requests
 * in bulk-allocator").
 *
 * Pages come from lists per CPU, which go to the zone, under its lock, for a batch at a time
 * (mm/page_alloc.c: rmqueue_pcplist(), free_unref_page(); batch 63 and high 6 * 63 on a machine of
 * more than 1 GiB, d8a759b57035, v4.20).
 *
 * A model that prices the area allocator alone (work=area) has none of this.
 */

#include "models/model.h"

struct vm_backing {
	bool on;	/* work=vmalloc */
	bool bulk;	/* v5.13 and later */
	uint32_t *list; /* by CPU: pages on its list */
	struct footprint *footprint;
	/* cache lines of page-table entries filled since the last purge, and between the last two
	 */
	uint64_t lines, lines_before, last_line;
	uint64_t **tables; /* which parts of the address space have a page table */
	/*
	 * Who wrote a line of page-table entries last, of those gone to lately: 8 entries lie in a
	 * line, so neighbours that belong to different CPUs pass it to and fro.
	 */
	struct vm_line {
		uint64_t line;
		uint32_t cpu;
	} * owners;
	uint32_t lazy_cpu; /* the same of the count of lazily freed pages, + 1 */
};

/*
 * Counts that all CPUs write, outside of any lock, at each vmalloc and vfree: pages in all areas
 * (since v5.3) and pages lazily freed. Each write has to fetch the line, so CPUs queue for it as
 * they do for a lock. A class of locks for models: an instance each, one line.
 */
enum vm_counter {
	VM_COUNTER_PAGES,
	VM_COUNTER_LAZY,
	VM_COUNTERS
};

#define VM_COUNTER_NAME "vmalloc_counters"

enum vm_work {
	WORK_AREA,
	WORK_VMALLOC
};

extern const struct param_word vm_work_words[];

#define VM_WORK_PARAM                                                                              \
	{                                                                                          \
		.name = "work", .type = PARAM_WORD, .default_text = "area",                        \
		.words = vm_work_words,                                                            \
		.help = "what is priced: the area allocator alone, or all of vmalloc and vfree"    \
	}

void vm_backing_init(struct vm_backing *backing, enum vm_work work, bool bulk,
		     const struct model_env *env);
void vm_backing_clear(struct vm_backing *backing);

/* Pages behind the area that @op asks for: one less than it has, the guard page. 0: none. */
uint64_t vm_backing_pages(const struct vm_backing *backing, const struct op *op);

/* The call itself, and the descriptors that it has beside that of the area. */
void vm_backing_begin(const struct vm_backing *backing, struct call *call);
void vm_backing_end(const struct vm_backing *backing, struct call *call);

/*
 * Take @pages from the list of the call's CPU, as many as it has, or put them there. Returns how
 * many are left, for which the zone is to be gone to.
 */
uint64_t vm_backing_take(struct vm_backing *backing, struct call *call, uint64_t pages);
uint64_t vm_backing_put(struct vm_backing *backing, struct call *call, uint64_t pages);

/* Move a batch between the zone and that list, under the zone's lock. */
void vm_backing_refill(struct vm_backing *backing, struct call *call);
void vm_backing_drain(struct vm_backing *backing, struct call *call);

/* Map @pages at @start, unmap them. */
void vm_backing_map(struct vm_backing *backing, struct call *call, uint64_t start, uint64_t pages);
void vm_backing_unmap(struct vm_backing *backing, struct call *call, uint64_t start,
		      uint64_t pages);

/*
 * Stages of vmalloc() and vfree(). Take the *left pages that the area of call->op still wants, and
 * map all of them at call->addr when it has the last; give back *left pages, and with the last of
 * them free the descriptors. False, with *left, where the zone is to be gone to first.
 */
bool vm_backing_stage_take(struct vm_backing *backing, struct call *call, uint64_t *left);
bool vm_backing_stage_give(struct vm_backing *backing, struct call *call, uint64_t *left);

/* The count of lazily freed pages, which all CPUs write, is added to. */
void vm_backing_lazy(struct vm_backing *backing, struct call *call);

/* A purge begins: addresses, and with them page-table entries, are used anew. */
void vm_backing_purge(struct vm_backing *backing);

#endif
