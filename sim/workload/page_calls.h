/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_WORKLOAD_PAGE_CALLS_H
#define KMSIM_WORKLOAD_PAGE_CALLS_H

/*
 * What generators of page ops are written in: requests for pages, frees, compaction, marks and
 * barriers, one worker a CPU. This layer turns them into ops and gives them ids:
 *
 * - what a generator holds is a word of its own memory, 0 while it holds nothing. The word is the
 *   id; ids are used again after the free, but not after a refusal, since in a
 *   trace the id counts as made all the same;
 * - freeing what holds nothing does nothing;
 * - at a barrier a worker waits until all others are there too, or have ended.
 */

#include "sim/trace/source.h"

enum page_call_kind {
	PAGE_CALL_SEED, /* before anything else */
	PAGE_CALL_ALLOC,
	PAGE_CALL_FREE,
	PAGE_CALL_COMPACT,
	PAGE_CALL_MARK,
	PAGE_CALL_BARRIER
};

/* What kind of pages. */
struct page_want {
	int8_t order;	/* COMPACT: −1 the whole zone */
	uint8_t mt;	/* enum migratetype */
	uint8_t mode;	/* COMPACT: enum compact_mode */
	uint32_t flags; /* OP_LRU, OP_PINNED, OP_RECLAIMABLE, OP_THP, OP_HAS_GFP … */
	uint32_t gfp;	/* OP_HAS_GFP: bits by GFP() */
};

struct page_call {
	enum page_call_kind kind;
	struct page_want want; /* SEED, ALLOC, COMPACT */
	uint64_t pfn;	       /* SEED */
	uint32_t *held;	       /* SEED, ALLOC: gets the id, or 0; FREE: has it, gets 0 */
	char *mark;	       /* MARK: handed over */
	uint64_t after_ns;     /* ALLOC, FREE, COMPACT: work of its own that comes first */
};

/* What became of a worker's last call. */
struct page_answer {
	bool ok;	 /* true but for a request that was refused */
	uint64_t pfn;	 /* of a request that was granted */
	uint64_t now_ns; /* now; 0 where nothing tells */
};

struct page_generator {
	const char *name;
	/*
	 * The next call of @worker; false: it has none left, and is not asked again. *call is zero.
	 * The word at call->held must stay where it is until the worker's next call.
	 */
	bool (*next)(void *state, uint32_t worker, const struct page_answer *last,
		     struct page_call *call);
	/* Share done, 0 … 1000. NULL: unknown. */
	unsigned (*progress)(void *state);
	/* What it measured, as an object (op_source_ops.figures). NULL: nothing; no time is told.
	 */
	json_t *(*figures)(const void *state);
	void (*destroy)(void *state);
};

/*
 * A source of the ops of @generator; takes over @state and what @header owns. Worker w runs on
 * CPU w; @workers is at most header->cpus.
 */
struct op_source *page_source_new(const struct page_generator *generator, void *state,
				  const struct trace_header *header, uint32_t workers);

/* Fill in a mark with a text of the generator's own. Returns true, for `return page_mark(…)`. */
bool page_mark(struct page_call *call, const char *text);

/* Fill in a request, a free. True, as above. */
bool page_alloc(struct page_call *call, const struct page_want *want, uint32_t *held);
bool page_free(struct page_call *call, uint32_t *held);

/* Bits of page.gfp, in the order of gfp_names[]. */
enum page_gfp {
	PAGE_GFP_HIGHMEM = 1 << 1,
	PAGE_GFP_MOVABLE = 1 << 3,
	PAGE_GFP_HIGH = 1 << 5,
	PAGE_GFP_IO = 1 << 6,
	PAGE_GFP_FS = 1 << 7,
	PAGE_GFP_DIRECT_RECLAIM = 1 << 9,
	PAGE_GFP_KSWAPD_RECLAIM = 1 << 10,
	PAGE_GFP_NOWARN = 1 << 12,
	PAGE_GFP_NORETRY = 1 << 15,
	PAGE_GFP_COMP = 1 << 17,
	PAGE_GFP_NOMEMALLOC = 1 << 18,
	PAGE_GFP_HARDWALL = 1 << 19,
	PAGE_GFP_ATOMIC = 1 << 22,
	/* GFP_ATOMIC, and GFP_TRANSHUGE_LIGHT of v5.1 (include/linux/gfp.h) */
	PAGE_GFP_MASK_ATOMIC = PAGE_GFP_HIGH | PAGE_GFP_ATOMIC | PAGE_GFP_KSWAPD_RECLAIM,
	PAGE_GFP_MASK_THP_LIGHT = PAGE_GFP_HIGHMEM | PAGE_GFP_MOVABLE | PAGE_GFP_IO | PAGE_GFP_FS |
				  PAGE_GFP_HARDWALL | PAGE_GFP_COMP | PAGE_GFP_NOMEMALLOC |
				  PAGE_GFP_NOWARN,
};

#endif
