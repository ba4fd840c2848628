/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_PAGES_PAGES_H
#define KMSIM_MODELS_PAGES_PAGES_H

/* Inside of the pages model: what its requests (pages.c) and compaction (pages_compact.c) share. */

#include "models/pages/compact.h"
#include "models/pages/machine.h"

enum {
	LOCK_ZONE
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

/* What an id names. Pages of a movable block of order > 0 may be scattered by compaction. */
struct page_object {
	uint64_t pfn;	     /* of the block; PFN_NONE: scattered, or none */
	uint32_t *scattered; /* pfn − map_start of each page; owned */
	uint8_t order;
};

struct pages {
	struct machine machine;
	struct compact_rules rules;
	unsigned compaction, on_oops;
	bool pcp, watermarks;
	GArray *objects; /* struct page_object by slot */
	GArray *seeds;	 /* struct page_seed; NULL once the first other op has come */
	GArray *unnamed; /* struct page_object that an image had and no id names, by slot &
			    ~SLOT_UNNAMED */
	bool restored;	 /* from an image: there is nothing to boot */
	uint32_t *owner; /* by pfn − map_start: slot + 1 of the movable page's object */
	uint64_t map_start;
	char *boot_message; /* what was wrong with a seed */
	/* the op being performed, for compaction's callbacks */
	struct call *call;
	uint32_t cpu;
};

#define SLOT_UNNAMED UINT32_C(0x80000000)

/* How the stages use call->scratch. */
enum {
	SCRATCH_MARK,
	SCRATCH_PRIORITY
};
enum {
	MARK_LOW,
	MARK_MIN
};
enum {
	PRIORITY_NONE,
	PRIORITY_ASYNC,
	PRIORITY_SYNC_LIGHT
};

enum pages_stage {
	STAGE_LIST,
	STAGE_BUDDY,
	STAGE_COMPACT,
	STAGE_FREE,
	STAGE_FREE_BUDDY,
	STAGE_SEED,
	STAGE_COMPACT_OP
};

/* The list of a request's type. */
enum list_type request_type(const struct op *op);

/* The highest zone that a request may use. */
unsigned highest_zone(const struct pages *model, const struct op *op);

/* The object in @slot; the array grows to hold it. */
struct page_object *object_at(struct pages *model, uint32_t slot);

/* Movable pages from @pfn on are of the object in slot @owner - 1; 0: of none. */
void set_owner(struct pages *model, uint64_t pfn, uint64_t n, uint32_t owner);

/* Bring the machine up with the seeds there are, unless it is up. */
void settle(struct pages *model);

/* Is the machine up? Bad seeds come up with the first op behind them: false, and call->message is
 * set. */
bool booted(struct pages *model, struct call *call);

/* Free one page as this CPU does, by its list or at once. @data is the model. */
void free_page(void *data, uint64_t pfn);

/* Hooks of pages_sample.c: see struct model_ops. */
void pages_sample_zone(void *data, unsigned zone, struct zone_sample *sample);
void pages_blocks(void *data, unsigned zone, block_fn fn, void *ctx);

/* Stages of pages_compact.c. */
int stage_compact(void *data, struct call *call);
int stage_compact_op(void *data, struct call *call);

#endif
