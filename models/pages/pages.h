/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_PAGES_PAGES_H
#define KMSIM_MODELS_PAGES_PAGES_H

/*
 * Inside of the pages model: what its parts share.
 *
 *	pages.c		 parameters, table of stages, life of the model
 *	page_objects.c	 what ids name; giving their pages back
 *	page_alloc.c	 requests: per-CPU lists, free lists; frees
 *	slow_path.c	 a request that found nothing: in which order what is tried
 *	pages_compact.c	 compaction as stages, for whoever asks
 *	reclaim.c	 the reclaim model
 *	kswapd.c, kcompactd.c	the background tasks
 *	highatomic.c	 blocks in reserve for urgent requests
 *	pages_trace.c	 tracepoints, counters, oopses
 */

#include "models/pages/compact.h"
#include "models/pages/kswapd.h"
#include "models/pages/machine.h"
#include "models/pages/pages_trace.h"
#include "models/pages/reclaim.h"
#include "models/pages/slow_path.h"

enum {
	LOCK_ZONE,
	LOCK_LRU
};
enum {
	COMPACTION_NONE,
	COMPACTION_LINEAR,
	COMPACTION_FAST
};
enum {
	OOPS_STOP,
	OOPS_COUNT
};

/* The model's background tasks, by their bit in call->wake. */
enum {
	TASK_KSWAPD,
	TASK_KCOMPACTD,
	PAGES_TASKS
};

/* What an id names. Pages of a movable block of order > 0 may be scattered by compaction. */
struct page_object {
	uint64_t pfn;		 /* of the block; PFN_NONE: scattered, or none */
	uint32_t *scattered;	 /* pfn − map_start of each page; owned */
	uint32_t older, younger; /* on the zone's list of reclaimable objects: slot + 1 */
	uint8_t order, zone;	 /* zone: of that list */
	bool reclaimable : 1;	 /* on it */
	bool reclaimed : 1;	 /* its pages are gone already */
	bool owns : 1;		 /* set_owner() was told */
	bool half_unmapped : 1;	 /* a huge page, and on the list of those to split */
};

/* Compaction asked for, zone after zone; one a CPU or task. (pages_compact.c) */
struct compact_run {
	struct compact_control cc;
	struct compact_request {
		enum compact_entry entry;
		int order;
		enum compact_mode mode;
		enum list_type type;
		bool direct, whole_zone, ignore_skip, ignore_block_type, captures;
		unsigned alloc_flags;
		unsigned highest; /* zone that the request may use */
	} request;
	int back;		       /* the stage that a zone's run ends in */
	uint64_t scanned_unlocked;     /* pages looked at without the lru_lock, to be paid for */
	int after_scan;		       /* the stage behind that */
	unsigned zone;		       /* that is being compacted */
	enum compact_result result;    /* of the last zone */
	enum compact_result greatest;  /* of all so far */
	struct compact_counts counted; /* of cc.counts, priced already */
	struct compact_strays told;
};

/* What goes on on a CPU, or in a background task, between two stages. */
struct pages_context {
	struct compact_run run;
	struct attempt attempt;
};

struct pages {
	struct machine machine;
	struct compact_rules rules;
	unsigned compaction, on_oops;
	bool pcp, watermarks, reclaim, kswapd_on, kcompactd_on, capture;
	uint64_t boost_factor, min_free_kbytes; /* 0: as the kernel computes it */
	uint64_t mm_cpus; /* that each flush their TLB for a page that is moved */
	GArray *objects;  /* struct page_object by slot */
	GArray *seeds;	  /* struct page_seed; NULL once the first other op has come */
	GArray *unnamed;  /* struct page_object that an image has and no id names yet */
	bool restored;	  /* from an image: there is nothing to boot */
	uint32_t *owner;  /* by pfn − map_start: set_owner() */
	uint64_t map_start;
	char *boot_message; /* what was wrong with a seed */

	struct gfp_zones zones;		  /* which zones a request may use */
	uint64_t *reserve;		  /* lowmem reserve: [zone * n_zones + highest allowed] */
	struct reclaim_list *reclaimable; /* by zone */
	struct reclaim_list *splittable;  /* by zone: huge pages of which a half is unmapped */
	struct kswapd kswapd;
	struct kcompactd kcompactd;
	struct pages_context *contexts; /* by CPU, then by background task */
	uint64_t sources_out; /* pages that runs have isolated as sources and not moved yet */

	uint64_t counters[COUNTERS];
	void (*emit)(void *ctx, const struct tracepoint *tracepoint);
	void *emit_ctx;
	/* the op being performed, for callbacks: enter() */
	struct call *call;
	uint32_t cpu;
};

/* Slots of objects without an id: with this bit, an index of pages->unnamed. */
#define SLOT_UNNAMED UINT32_C(0x80000000)

/* How the stages use call->scratch: the pass over the zones that a request is in. */
enum {
	SCRATCH_PASS
};
enum {
	PASS_FIRST, /* above the low watermark, and without mixing blocks if so asked */
	PASS_MIXING,
	PASS_SLOW, /* as the context's attempt says */
};

enum pages_stage {
	STAGE_LIST,
	STAGE_BUDDY,
	STAGE_SLOW,
	STAGE_RECLAIM,
	STAGE_COMPACT,
	STAGE_ISOLATE_TRY,
	STAGE_ISOLATE_BUSY,
	STAGE_ISOLATE,
	STAGE_SCANNED,
	STAGE_MIGRATE,
	STAGE_FREE,
	STAGE_FREE_BUDDY,
	STAGE_SEED,
	STAGE_COMPACT_OP,
	STAGE_COMPACT_OP_ZONE,
	STAGE_KSWAPD,
	STAGE_KSWAPD_RECLAIM,
	STAGE_KSWAPD_SLEEP,
	STAGE_KCOMPACTD,
	STAGE_KCOMPACTD_ZONE,
};

/* What happens from here on is this call's doing; its context. */
static inline struct pages_context *enter(struct pages *model, struct call *call)
{
	uint32_t task = call->task;

	model->call = call;
	model->cpu = call->op->cpu;
	return &model->contexts[task ? model->machine.cpus + task - 1 : call->op->cpu];
}

/* Pages of @zone that a request allowed up to zone @highest leaves to others. */
static inline uint64_t reserve_of(const struct pages *model, const struct zone *zone,
				  unsigned highest)
{
	return model->reserve[zone->number * model->machine.n_zones + highest];
}

/* The list of a request's type. */
enum list_type request_type(const struct op *op);

/* pages.c: watermarks, boost and reserves, once the machine is up. */
void limits_init(struct pages *model);

/* --- page_objects.c --------------------------------------------------------------------- */

/* The object in @slot; the array grows to hold it. */
struct page_object *object_at(struct pages *model, uint32_t slot);

/* Where page @i of the object is. */
uint64_t object_page(const struct pages *model, const struct page_object *object, uint32_t i);

/*
 * Whose is a movable page? Compaction moves it. Told by the first page of a block, and by every
 * page of one that is scattered. @owner: slot + 1, 0: nobody's.
 */
void set_owner(struct pages *model, uint64_t pfn, uint32_t owner);
uint32_t owner_of(struct pages *model, uint64_t pfn);

/* What the pages of a request are to compaction. */
enum page_use request_use(const struct op *op);

/* A seed is kept until the machine comes up. */
int stage_seed(void *data, struct call *call);

/* Bring the machine up with the seeds there are, unless it is up. */
void settle(struct pages *model);

/* Is the machine up? Bad seeds come up with the first op behind them: false, and call->message is
 * set. */
bool booted(struct pages *model, struct call *call);

/* Is a page of it isolated, as a source of migration? */
bool object_isolated(const struct pages *model, const struct page_object *object);

/* Give its pages back as this CPU does. */
void object_free(struct pages *model, struct page_object *object);

/* Free one page as this CPU does, by its list or at once. @data is the model. */
void free_page(void *data, uint64_t pfn);

/* Give the pages on the lists back that this CPU (all CPUs) keep of @zone. */
void drain_cpu(struct pages *model, const struct zone *zone);
void drain_all(struct pages *model, const struct zone *zone);

/* --- page_alloc.c ----------------------------------------------------------------------- */

/* Stages of a request and of a free: from or to the CPU's list, then the zone's free lists. */
int stage_list(void *data, struct call *call);
int stage_buddy(void *data, struct call *call);
int stage_free(void *data, struct call *call);
int stage_free_buddy(void *data, struct call *call);

/* The request is met with the block at @pfn. Returns CALL_DONE. */
int request_met(struct pages *model, struct call *call, uint64_t pfn);

/* --- pages_compact.c -------------------------------------------------------------------- */

/* Begin with @request; the stage @back gets on with its zones. */
void run_start(struct pages *model, struct compact_run *run, const struct compact_request *request,
	       int back);

/*
 * Begin with zone @zone of the run. Returns the next stage: run->back, with run->result set, where
 * there is nothing to do.
 */
int run_zone(struct pages *model, struct call *call, struct compact_run *run, unsigned zone);

/*
 * Stages: direct compaction, zone by zone; sources are isolated under the lru_lock, what was looked
 * at without it is paid for, asynchronous compaction found it taken; migration; an op that asks for
 * compaction, and its zones.
 */
int stage_compact(void *data, struct call *call);
int stage_isolate(void *data, struct call *call);
int stage_scanned(void *data, struct call *call);
int stage_isolate_busy(void *data, struct call *call);
int stage_migrate(void *data, struct call *call);
int stage_compact_op(void *data, struct call *call);
int stage_compact_op_zone(void *data, struct call *call);

/* --- highatomic.c ----------------------------------------------------------------------- */

/* After a request of order ≥ 1 that may go below the watermark: keep its block for such. */
void highatomic_reserve(struct zone *zone, uint64_t pfn);

/*
 * Under pressure: give a block of the zones up to @highest that has free pages to @type. Unless
 * @force one block stays. True: there was one. (unreserve_highatomic_pageblock)
 */
bool highatomic_unreserve(struct zone *zones, unsigned highest, enum list_type type, bool force);

/* --- pages_sample.c: see struct model_ops ----------------------------------------------- */

void pages_sample_zone(void *data, unsigned zone, struct zone_sample *sample);
void pages_blocks(void *data, unsigned zone, block_fn fn, void *ctx);

#endif
