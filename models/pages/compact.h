/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_PAGES_COMPACT_H
#define KMSIM_MODELS_PAGES_COMPACT_H

/*
 * Memory compaction of one zone: movable pages go from its lower end into free pages taken at its
 * upper end. Linux v5.1/v5.2, mm/compaction.c; what differs by version is a value of struct
 * compact_rules.
 *
 *	zone start                                                         zone end
 *	   |== migrate scanner ==>        ...        <== free scanner ==|
 *	   sources: movable pages                    targets: free pages
 *
 * One run is one struct compact_control: fill in what is asked for, call compact_zone().
 * Functions of one run that meet a pfn without a struct page stop there: compact_fault_pfn().
 */

#include "models/pages/zone.h"
#include "sim/base/param.h"
#include "sim/trace/op.h"

/* How many sources are taken at a time, and how often scanners give their locks back (in pages). */
#define COMPACT_CLUSTER_MAX 32

#define COMPACT_MAX_DEFER_SHIFT 6

/* Which pages around a free chunk just found are searched for more: fast_isolate_around(). */
enum isolate_around {
	ISOLATE_AROUND_V5_1,
	ISOLATE_AROUND_V5_2_RC1,  /* 60fce36afa9c */
	ISOLATE_AROUND_V5_2,	  /* e577c8b64d58 */
	ISOLATE_AROUND_V5_12,	  /* 6e2b7044c199 */
	ISOLATE_AROUND_V6_1,	  /* be21b32afe47 */
	ISOLATE_AROUND_INCLUSIVE, /* v5.1 with an end one page too far; no kernel had this */
	ISOLATE_AROUND_RULES
};

/* How a zone's skip hints are reset: __reset_isolation_suitable(). */
enum skip_reset {
	SKIP_RESET_V4_19,
	SKIP_RESET_E332F741A8DD, /* v5.1-rc1 */
	SKIP_RESET_6B0868C820FF, /* v5.1 */
	SKIP_RESET_A2E9A5AFCE08, /* v5.4 */
	SKIP_RESET_RULES
};

/* How many list entries the fast free search looks at: min() as written, max() as meant (v5.14). */
enum scan_limit {
	SCAN_LIMIT_MIN,
	SCAN_LIMIT_MAX
};

/* For parameter tables: "v5.1", "v5.2-rc1" …; "v4.19", "e332f741a8dd" …; "min", "max". */
extern const struct param_word isolate_around_words[];
extern const struct param_word skip_reset_words[];
extern const struct param_word scan_limit_words[];

struct compact_rules {
	enum isolate_around isolate_around;
	enum skip_reset skip_reset;
	enum scan_limit scan_limit;
	unsigned extfrag_threshold; /* vm.extfrag_threshold, 500 by default */
	bool linear; /* the scanners of v4.19 and v5.0, no search of free lists; compared with
		      * nothing but the description */
};

/* In the kernel's order: of several zones' results the greatest counts. */
enum compact_result {
	COMPACT_NOT_SUITABLE_ZONE,
	COMPACT_SKIPPED,
	COMPACT_DEFERRED,
	COMPACT_NO_SUITABLE_PAGE,
	COMPACT_CONTINUE,
	COMPACT_COMPLETE,
	COMPACT_PARTIAL_SKIPPED,
	COMPACT_CONTENDED,
	COMPACT_SUCCESS,
	COMPACT_RESULTS
};

/* As the kernel's trace events print them. */
extern const char *const compact_result_names[COMPACT_RESULTS];

/* One scan of a range, as the kernel's trace events tell it. */
struct compact_scan {
	bool free;		    /* of the free scanner; else of the migrate scanner */
	uint64_t start, end;	    /* asked for */
	uint64_t reached;	    /* where it stopped */
	uint64_t scanned, isolated; /* pages */
};

/* Told of what a run does, as it does it; a function may be NULL. */
struct compact_observer {
	void *data;
	void (*examined)(void *data, uint64_t pfn); /* its struct page was looked at */
	void (*scanned)(void *data, const struct compact_scan *scan);
	void (*isolated)(void *data, uint64_t pfn, unsigned order); /* a free chunk, for targets */
	void (*migrated)(void *data, uint64_t from, uint64_t to);
	void (*skip_set)(void *data, uint64_t pfn);
	/* A page outside the block or zone asked for was looked at, and so many taken there. */
	void (*strayed)(void *data, uint64_t pfn, uint64_t pages, bool outside_zone);
};

/*
 * Where the pages go that a run frees: sources that were migrated, targets left over. These may be
 * another zone's, if the free scanner strayed. NULL functions: to the buddy lists at once.
 */
struct compact_env {
	void *data;
	void (*free_page)(void *data, uint64_t pfn);
	void (*drain)(void *data); /* this CPU's lists, to the buddy lists */
};

/*
 * What the free scanner did beyond the block or the zone that it was to look at. A chunk counts by
 * its first page: one that begins in the block and reaches beyond it is no stray.
 */
struct compact_strays {
	uint64_t examined_outside_block, examined_outside_zone; /* pages */
	uint64_t isolated_outside_block, isolated_outside_zone; /* pages */
	uint64_t targets_outside_block, targets_outside_zone;	/* pages moved there */
	uint64_t polluted_blocks; /* not movable ones that got movable pages so */
};

/* A chunk taken so, while targets are left of it. */
struct compact_stray {
	uint64_t pfn, pages;
	bool outside_block, outside_zone, used;
};

/* A page taken off the LRU, and what it was there. */
struct compact_source {
	uint64_t pfn;
	enum page_use use;
};

/* Work of a run. Pages unless stated. */
struct compact_counts {
	uint64_t migrate_scanned, free_scanned; /* as /proc/vmstat counts them */
	uint64_t list_entries;			/* looked at by both fast searches */
	uint64_t isolated_free, isolated_migrate;
	uint64_t migrated, failed;
	uint64_t batches;	/* of migration */
	uint64_t lock_sections; /* zone and LRU lock */
};

/* The chain of callers in which a missing struct page was touched. */
enum compact_site {
	COMPACT_AROUND,	      /* fast_isolate_around() */
	COMPACT_FREE_SCAN,    /* isolate_freepages() */
	COMPACT_MIGRATE_SCAN, /* isolate_migratepages() */
	COMPACT_SKIP_RESET,   /* __reset_isolation_suitable() */
	COMPACT_SITES
};

struct compact_control {
	/* Asked for. */
	struct zone *zone;
	struct zone *const *zones; /* by number, for scans that leave @zone; NULL: only @zone */
	unsigned n_zones;
	const struct compact_rules *rules;
	const struct compact_observer *observer; /* or NULL */
	const struct compact_env *env;		 /* or NULL */
	int order;				 /* -1: everything (vm.compact_memory) */
	enum compact_mode mode;
	enum list_type type; /* of the request */
	bool direct;	     /* in an allocation; else kcompactd or vm.compact_memory */
	bool ignore_skip, whole_zone, ignore_block_type;
	unsigned alloc_flags; /* of the request: enum alloc_flag */
	uint64_t reserve;     /* lowmem reserve of the request's class in this zone */
	bool captures;	      /* if direct: takes the chunk that merges while it frees */

	/* State. */
	uint64_t migrate_pfn, free_pfn;
	uint64_t fast_start_pfn; /* 0: none yet; PFN_NONE: used up */
	int search_order;
	unsigned fast_search_fail;
	bool rescan;
	bool contended; /* the caller met a lock taken: an asynchronous run ends with the block */
	uint64_t last_migrated;	 /* where the last batch was taken; 0: none, or drained since */
	bool update_cached;	 /* an asynchronous run in vain moves the sync position, too */
	struct capture captured; /* PFN_NONE: nothing */
	GArray *sources;	 /* struct compact_source, in the order they were taken */
	GArray *targets;	 /* uint64_t pfns; the last is used first */
	struct compact_counts counts;
	uint64_t asked_block; /* that the free scanner is to look at */
	struct compact_strays strays;
	GArray *stray_chunks; /* struct compact_stray */
	enum compact_site site;
	uint64_t fault_pfn; /* PFN_NONE: no fault */
};

/*
 * A control with nothing asked for; the caller fills in the first part. compact_clear() frees what
 * it holds, not @zone.
 */
void compact_init(struct compact_control *cc, struct zone *zone, const struct compact_rules *rules);
void compact_clear(struct compact_control *cc);

/* The same for another run, with the rules and the memory that @cc has. */
void compact_reuse(struct compact_control *cc, struct zone *zone);

/* Who asks for compaction. */
enum compact_caller {
	COMPACT_DIRECT_ASYNC, /* an allocation, at priority COMPACT_PRIO_ASYNC … */
	COMPACT_DIRECT_LIGHT, /* … COMPACT_PRIO_SYNC_LIGHT … */
	COMPACT_DIRECT_FULL,  /* … COMPACT_PRIO_SYNC_FULL */
	COMPACT_KCOMPACTD,
	COMPACT_MEMORY, /* vm.compact_memory; its order is -1 */
	COMPACT_CALLERS
};

/* Fill in mode, direct, ignore_skip, whole_zone and ignore_block_type. */
void compact_set_caller(struct compact_control *cc, enum compact_caller caller);

/*
 * One run over the zone (compact_zone), batch by batch, so that others can come in between:
 *
 *	compact_begin	 is it worth it, and from where
 *	compact_isolate	 has it ended; sources of one batch, taken off the LRU (lru_lock). There may
 *			 be none, then it is to be called again
 *	compact_migrate	 targets for them, and the moves (zone->lock, to take and to free pages)
 *	compact_end	 targets that are left go back
 *
 * Each but the last returns COMPACT_CONTINUE, or the run's result: then compact_end() is next.
 *
 * A source whose owner frees it between two of them is to be given USE_ISOLATED_FREED; the run
 * frees it. After a fault (cc->fault_pfn; the result is COMPACT_CONTENDED) the zone is as the crash
 * left it: pages taken for the run are still isolated. With cc->captures the chunk wanted may be in
 * cc->captured, whatever the result; it is the caller's then (USE_ISOLATED).
 */
enum compact_result compact_begin(struct compact_control *cc);
enum compact_result compact_isolate(struct compact_control *cc);
enum compact_result compact_migrate(struct compact_control *cc);
void compact_end(struct compact_control *cc);

/* All of it at once. */
enum compact_result compact_zone(struct compact_control *cc);

/*
 * Would a run for @order make sense? COMPACT_SUCCESS: the page is there already; COMPACT_SKIPPED:
 * too little memory is free, or fragmentation is not what is wrong; COMPACT_CONTINUE: yes.
 * (compaction_suitable)
 */
enum compact_result compact_suitable(const struct zone *zone, int order, uint64_t mark,
				     uint64_t reserve, unsigned flags, unsigned extfrag_threshold);

/* Functions on the stack where the run faulted, innermost first up to compact_zone(), NULL at the
 * end. */
const char *const *compact_fault_chain(enum compact_site site);

/*
 * Parts of a run, each to be called by itself in tests. Each may fault.
 *
 * isolate_around: more targets from the block of @pfn, where a chunk of @nr_isolated pages was just
 *	taken (0: none was). (fast_isolate_around)
 * fast_search_free: targets by a search of the free lists; returns the pfn it found, or where the
 *	scanner stands. (fast_isolate_freepages)
 */
void isolate_around(struct compact_control *cc, uint64_t pfn, uint64_t nr_isolated);
uint64_t fast_search_free(struct compact_control *cc);

/*
 * Clear the skip hints of blocks that look useful and let both scanners start there, if a full pass
 * has ended since the last time (zone->blockskip_flush). kswapd does this before it sleeps. Returns
 * PFN_NONE, or the pfn without a struct page that it touched. (__reset_isolation_suitable)
 */
uint64_t compact_reset_skip(struct zone *zone, enum skip_reset rule,
			    const struct compact_observer *observer);

/* Address of a page's struct page on x86_64 without address randomisation, as an oops prints it. */
static inline uint64_t struct_page_address(uint64_t pfn)
{
	return UINT64_C(0xffffea0000000000) + 64 * pfn;
}

/* Deferral: after a failure the next 2^shift - 1 attempts at that order are not made. */
void compact_defer(struct zone *zone, int order);
bool compact_deferred(struct zone *zone, int order); /* counts the attempt */
void compact_defer_reset(struct zone *zone, int order, bool allocated);

#endif
