/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODEL_H
#define KMSIM_MODEL_H

/*
 * Second seam: the model, what is under test. It performs ops on data structures
 * of its own and counts the work it does. It never sees the event queue, the
 * trace format, a clock or a report; it prices nothing, prints nothing and never
 * exits. docs/writing-a-model.md is the guide, models/skeleton.c the start.
 *
 * An op is a short list of stages, rows of a table: a name, the locks the stage
 * runs under, and a function. The engine runs the function at the moment the
 * last of those locks is granted; the function does its part, counts its work and says
 * which stage comes next. Between two stages the engine prices the work, moves
 * the CPU's clock, releases the locks that the next stage does not hold and takes
 * those it does, in which the CPU may have to wait and others come in.
 *
 * A built-in model is one `const struct model_ops` and one line in models/builtin.h. A
 * shared library exports the same struct from a function named kmsim_model().
 */

#include "sim/base/param.h"
#include "sim/machine/memory_map.h"
#include "sim/machine/step.h"
#include "sim/trace/op.h"

#include <glib.h>

#define KMSIM_MODEL_MAGIC   UINT32_C(0x6b6d736d) /* "kmsm" */
#define KMSIM_MODEL_VERSION 6			 /* of this interface */

/* What a stage function returns: the index of the next stage, or one of these. */
enum stage_result {
	CALL_DONE = -1,
	CALL_FAIL = -2,	  /* the request cannot be met */
	CALL_OOPS = -3,	  /* the simulated kernel crashed: call->message says how */
	CALL_BROKEN = -4, /* an invariant of the model does not hold: call->message */
	CALL_INPUT = -5,  /* what the seeds say cannot be: call->message */
};

#define MODEL_LOCKS_MAX 8
#define LOCK_BIT(lock)	(UINT32_C(1) << (lock))

/* One op being performed. Filled by the engine, answered by the model. */
struct call {
	const struct op *op;
	uint64_t work[STEPS]; /* counts of this stage, by count(); the engine prices and clears them
			       */
	uint64_t worked;      /* which of them are not 0, a bit each */
	uint64_t addr;	      /* answer: address, percpu base or pfn; NO_ADDR until set */
	uint64_t steps;	      /* answer: search steps of the request, summed over its tries */
	uint64_t scratch[4];  /* the model's own, 0 when the op begins */
	const char *note_key, *note_value;	 /* answer: one key=value for ops.csv; NULL: none */
	char *message;				 /* of an oops or broken invariant; g_malloc'ed */
	uint32_t lock_instance[MODEL_LOCKS_MAX]; /* which lock of a class the next stage means */
	uint32_t wake; /* background tasks to wake, by bits of their index; the engine clears it */
	uint32_t task; /* 0: an op of the trace; else 1 + index of the background task that runs */
};

#define NO_ADDR UINT64_MAX

struct stage {
	const char *name;
	/*
	 * Locks (bits of model_ops.locks) held while run() works and until the next stage is
	 * known. Those not held yet are taken in ascending order, waiting where need be.
	 */
	uint32_t holds;
	/*
	 * Of those, the one to try only: if somebody has it, the op goes on with stage
	 * `busy` (or CALL_DONE) instead.
	 */
	uint32_t tries;
	int busy;
	/*
	 * Of those, the ones that are given to a waiter, if there is one, before this stage
	 * runs, although the op had them already (a loop with cond_resched_lock()).
	 */
	uint32_t yields;
	/* Of those, the ones that the op lets go and takes anew, if it has them already. */
	uint32_t retakes;
	/*
	 * Cache lines that move to the CPU that takes one of those locks, if another had it last:
	 * the lock's own and those of what is changed under it. 0: what the profile says of any
	 * lock.
	 */
	unsigned lines;
	int (*run)(void *model, struct call *call);
};

/*
 * A task of the simulated kernel's own (kswapd, a purge worker). It sleeps until a stage sets its
 * bit in call->wake, then runs stages of the same table, beginning with @entry, on a CPU of its
 * own; woken while it runs, it runs once more. Its call's op names no id and is not to be looked at
 * but for its cpu. CALL_FAIL is as good as CALL_DONE. Where ops run one at a time, it runs to its
 * end before the next op begins, and delays nobody.
 */
struct background_task {
	const char *name;
	int entry;
};

#define BACKGROUND_TASKS_MAX 32

/* A figure that the model counts from 0, as /proc/vmstat has them. */
struct model_counter {
	const char *name; /* one word */
	const char *what;
};

/*
 * What a model tells as it happens, as the kernel's trace events do: name, fields (their number
 * and order are fixed; those of the kernel's event of that name, if it has one).
 */
#define TRACEPOINT_LIST(X)                                                                          \
	X(MM_PAGE_ALLOC_EXTFRAG, "mm_page_alloc_extfrag",                                           \
	  "pfn alloc_order fallback_order alloc_migratetype fallback_migratetype change_ownership") \
	X(COMPACTION_BEGIN, "mm_compaction_begin",                                                  \
	  "zone_start migrate_pfn free_pfn zone_end sync")                                          \
	X(COMPACTION_END, "mm_compaction_end",                                                      \
	  "zone_start migrate_pfn free_pfn zone_end sync status")                                   \
	X(ISOLATE_MIGRATEPAGES, "mm_compaction_isolate_migratepages",                               \
	  "start_pfn end_pfn nr_scanned nr_taken")                                                  \
	X(ISOLATE_FREEPAGES, "mm_compaction_isolate_freepages",                                     \
	  "start_pfn end_pfn nr_scanned nr_taken")                                                  \
	X(MIGRATEPAGES, "mm_compaction_migratepages", "nr_migrated nr_failed")                      \
	X(TRY_TO_COMPACT_PAGES, "mm_compaction_try_to_compact_pages", "order priority")             \
	X(WAKEUP_KCOMPACTD, "mm_compaction_wakeup_kcompactd", "nid order highest_zoneidx")          \
	X(KCOMPACTD_WAKE, "mm_compaction_kcompactd_wake", "nid order highest_zoneidx")              \
	X(KCOMPACTD_SLEEP, "mm_compaction_kcompactd_sleep", "nid")                                  \
	X(KSWAPD_WAKE, "mm_vmscan_kswapd_wake", "nid order")                                        \
	X(KSWAPD_SLEEP, "mm_vmscan_kswapd_sleep", "nid")                                            \
	X(STRAY, "kmsim_stray", "pfn pages outside_zone")

enum tracepoint_id {
#define X(id, name, fields) TRACEPOINT_##id,
	TRACEPOINT_LIST(X)
#undef X
	TRACEPOINTS
};

#define TRACEPOINT_FIELDS_MAX 6

struct tracepoint {
	enum tracepoint_id id;
	uint64_t value[TRACEPOINT_FIELDS_MAX]; /* signed ones as int64_t */
};

/*
 * What a model is created with. Settings are resolved: option, scenario, header, default. A model
 * that has parameters named vstart, vend or lazy_max_pages finds what they were set to here.
 */
struct model_env {
	uint32_t cpus;
	uint64_t vstart, vend; /* default window, VMALLOC_START and VMALLOC_END */
	uint64_t lazy_max_pages;
	const struct memory_map *memory; /* NULL: nothing says what memory there is */
	uint64_t seed;
	/* Tells what happens, now, in a stage. NULL: nobody listens. */
	void (*emit)(void *ctx, const struct tracepoint *tracepoint);
	void *emit_ctx;
	const struct param_value *params; /* in the order of model_ops.params */
	struct footprint *footprint;	  /* lives as long as the model */
};

#define LAZY_NONE UINT64_MAX /* lazy_max_pages: only an explicit purge releases anything */

/*
 * Pooled areas are counted by classes of pages: 1, 2, 3 and 4, 5 to 8, …, 129 to 256. Class
 * number i ends with 2^i pages.
 */
#define POOL_CLASSES 9

/* State of an address space within the default window [vstart, vend). */
struct vmap_sample {
	uint64_t busy_areas;  /* whole address space, lazily freed ones included */
	uint64_t lazy_pages;  /* freed, not purged */
	uint64_t free_blocks; /* maximal gaps, lazily freed areas are not gaps */
	uint64_t largest_free_bytes, total_free_bytes;
	uint64_t tree_nodes; /* of the free tree, whole address space; 0 where there is none */
	uint64_t purges;     /* so far, those that took areas */
	bool has_pools; /* the model keeps pools of free areas by size, beside the free space: */
	uint64_t pooled_areas[POOL_CLASSES];
};

#define SAMPLE_ORDERS 11

/* State of a zone: what /proc/buddyinfo, pagetypeinfo and zoneinfo tell. */
struct zone_sample {
	uint64_t nr_free[LIST_TYPES][SAMPLE_ORDERS]; /* chunks on the free lists */
	uint64_t blocks[LIST_TYPES];		     /* pageblocks */
	uint64_t unmovable_blocks; /* pageblocks with at least one page allocated as unmovable or
				      reclaimable */
	uint64_t mixed_blocks;	   /* of these, such with movable pages beside */
	uint64_t pcp_pages;	   /* on per-CPU lists */
	uint64_t watermark_boost;
};

/* A pageblock of a zone. The rest of its pages are reserved, on per-CPU lists or isolated. */
struct block_sample {
	uint64_t pfn;
	enum list_type type;
	bool skip;	    /* compaction's hint */
	uint16_t present;   /* pages of the zone, holes not counted */
	uint16_t free;	    /* on the free lists */
	uint16_t movable;   /* allocated, movable */
	uint16_t unmovable; /* allocated, the others */
};

typedef void (*block_fn)(void *ctx, const struct block_sample *block);
typedef void (*busy_range_fn)(void *ctx, uint64_t start, uint64_t end);

struct model_ops {
	uint32_t magic;	     /* KMSIM_MODEL_MAGIC */
	uint32_t version;    /* KMSIM_MODEL_VERSION */
	uint32_t size;	     /* sizeof(struct model_ops) */
	const char *name;    /* Required */
	const char *summary; /* Required: one line, with the kernel version */
	/*
	 * It does over again what a recording says, with no work of its own: its ops have no
	 * latency, which is not a latency of 0.
	 */
	bool replays;
	uint32_t kinds; /* Required: OP_BIT() of the ops it performs */
	const struct param *params;
	const char *const *locks; /* names, NULL-terminated; NULL: takes none */
	/*
	 * Of those, the ones (bits) that are no locks but counts that all CPUs write atomically:
	 * they queue for its cache line, which moves once for each.
	 */
	uint32_t atomics;
	const struct stage *stages; /* Required */
	unsigned n_stages;
	/* Required: first stage of each kind it performs */
	int entry[OP_KINDS];

	/* Required. NULL with the error set where the environment does not suit the model. */
	void *(*create)(const struct model_env *env, GError **error);
	/* Required. */
	void (*destroy)(void *model);
	/* How many locks class @lock has. NULL: one each. */
	uint32_t (*lock_instances)(void *model, unsigned lock);
	/* A hint: an op that ends the object in @slot is near. NULL: does not want to know. */
	void (*coming)(void *model, uint32_t slot);
	/* State now; NULL: not an address-space model. */
	void (*sample_vmap)(void *model, struct vmap_sample *sample);
	/*
	 * Call @fn for every maximal busy range that meets [start, end), ascending. NULL:
	 * cannot tell.
	 */
	void (*busy_ranges)(void *model, uint64_t start, uint64_t end, busy_range_fn fn, void *ctx);
	/* Ends with a NULL name; NULL: none. */
	const struct background_task *background;
	/* Ends with a NULL name; NULL: none. */
	const struct model_counter *counters;
	/* Their values so far; NULL without counters. */
	void (*read_counters)(void *model, uint64_t *values);
	/* State of zone @zone of the memory map now; NULL: not a page allocator. */
	void (*sample_zone)(void *model, unsigned zone, struct zone_sample *sample);
	/* Call @fn for every pageblock of zone @zone, ascending. NULL as above. */
	void (*blocks)(void *model, unsigned zone, block_fn fn, void *ctx);
	/*
	 * The complete state as JSON text (docs/zone-image.md), to be freed; and a fresh model
	 * brought to such a state, before its first op. @name is what messages call the text. False
	 * with the error set (KMSIM_ERROR_INPUT). NULL: it has none.
	 */
	char *(*image)(void *model);
	bool (*restore)(void *model, const char *text, const char *name, GError **error);
	/*
	 * Check every invariant. NULL or a message (to be freed) that names the first broken one.
	 * Every run that completes ends with it.
	 */
	char *(*check)(void *model);
};

/* Count @n steps of one kind. */
static inline void count(struct call *call, enum step step, uint64_t n)
{
	call->work[step] += n;
	call->worked |= UINT64_C(1) << step;
}

/* What a shared library exports. */
#define KMSIM_MODEL_ENTRY "kmsim_model"
typedef const struct model_ops *(*kmsim_model_fn)(void);

#endif
