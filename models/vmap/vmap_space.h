/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_VMAP_VMAP_SPACE_H
#define KMSIM_MODELS_VMAP_VMAP_SPACE_H

/*
 * What the busy-list allocator (v5.1) and the augmented tree (v5.2) have in common: one
 * spinlock (vmap_area_lock), descriptors allocated before it is taken, lazily freed areas that
 * are purged, most recently freed first, under a mutex (vmap_purge_lock), and one
 * purge and retry when a request does not fit.
 *
 *   vmap_alloc │ prepare        no lock         allocate a descriptor
 *              │ search         vmap_area_lock  find a place, take it ─ overflow ─┐
 *              │ collect        vmap_purge_lock take the lazy list, flush the TLB <┘
 *              │ release        both            give the areas back, one at a time
 *              │ retry          no lock         back to search, once
 *   vmap_free  │ look up        vmap_area_lock  find the area (eager: release it)
 *              │ lazy free      no lock         push; above the limit try a purge
 *   vmap_purge │ collect …
 *
 * The allocator behind it is a struct vmap_allocator.
 */

#include "models/model.h"
#include "models/vmap/vmap_range.h"

/* A busy area as its allocator knows it. */
struct vmap_ref {
	uint64_t start, size;
	uint32_t handle; /* the allocator's own */
	uint32_t joined; /* areas that a purge has made a part of this one */
};

enum attempt {
	ATTEMPT_OK,
	ATTEMPT_OVERFLOW,
	ATTEMPT_OOPS /* call->message is set */
};

struct vmap_space;

struct vmap_allocator {
	/* One try at a request, under vmap_area_lock. Adds to call->steps and call->work. */
	enum attempt (*attempt)(struct vmap_space *space, struct call *call,
				const struct vmap_request *request, struct vmap_ref *ref);
	/* One try at a percpu chunk: @refs gets one entry an area. */
	enum attempt (*attempt_pcpu)(struct vmap_space *space, struct call *call,
				     const struct op_pcpu *pcpu, struct vmap_ref *refs);
	/* Give a busy area back, under vmap_area_lock. */
	void (*release)(struct vmap_space *space, struct call *call, const struct vmap_ref *ref);
	/*
	 * @ref is to be released soon: bring its node into the cache, or, when it is next, what the
	 * node leads to.
	 */
	void (*expect)(const struct vmap_space *space, const struct vmap_ref *ref, bool next);
	/* The areas that are busy at the start, ascending; called once, first of all. Sets handles.
	 */
	void (*seed)(struct vmap_space *space, struct vmap_ref **refs, unsigned n);
	/* v5.2: a purge lets others in only while fewer than twice lazy_max_pages are outstanding.
	 */
	bool purge_keeps_lock;
	/* v5.11: a purge releases in ascending order, areas that touch as one. */
	bool purge_joins;
};

/* The first member of each model of this family. */
struct vmap_space {
	const struct vmap_allocator *allocator;
	struct footprint *footprint;
	uint64_t vstart, vend;
	uint64_t lazy_max_pages; /* 0: frees take effect at once */
	uint64_t lazy_pages;
	uint64_t busy_areas; /* lazily freed ones included */
	GArray *objects;     /* struct vmap_object by slot */
	GArray *lazy;	     /* struct vmap_ref, the most recently freed last */
	GArray *purging;     /* detached by the purge that runs */
	GArray *seeds;	     /* struct vmap_seed; NULL once the first other op has come */
	uint32_t cpus;
};

enum {
	LOCK_VMAP_PURGE,
	LOCK_VMAP_AREA
};

/* Shared by the models' tables. */
extern const char *const vmap_lock_names[];
extern const struct stage vmap_stages[];

enum vmap_stage {
	STAGE_PREPARE,
	STAGE_SEARCH,
	STAGE_COLLECT,
	STAGE_RELEASE,
	STAGE_RELEASE_YIELDING,
	STAGE_RETRY,
	STAGE_LOOK_UP,
	STAGE_LAZY_FREE,
	STAGE_TRY_COLLECT,
	STAGE_EXPLICIT_PURGE,
	STAGE_SEED,
	VMAP_STAGES
};

#define VMAP_KINDS                                                                                 \
	(OP_BIT(OP_VMAP_ALLOC) | OP_BIT(OP_VMAP_FREE) | OP_BIT(OP_VMAP_PURGE) |                    \
	 OP_BIT(OP_PCPU_ALLOC) | OP_BIT(OP_PCPU_FREE) | OP_BIT(OP_VMAP_SEED))

#define VMAP_ENTRY                                                                                 \
	{                                                                                          \
		[OP_VMAP_ALLOC] = STAGE_PREPARE, [OP_PCPU_ALLOC] = STAGE_PREPARE,                  \
		[OP_VMAP_FREE] = STAGE_LOOK_UP, [OP_PCPU_FREE] = STAGE_LOOK_UP,                    \
		[OP_VMAP_PURGE] = STAGE_EXPLICIT_PURGE, [OP_VMAP_SEED] = STAGE_SEED                \
	}

/* Parameters that every model of this family has; the engine's caller resolves them into model_env.
 */
#define VMAP_PARAMS                                                                                 \
	{.name = "lazy_max_pages",                                                                  \
	 .type = PARAM_UINT,                                                                        \
	 .unit = "pages",                                                                           \
	 .words = vmap_lazy_words,                                                                  \
	 .help = "lazily freed pages before a purge; 0: free at once; none: explicit purges only"}, \
		{.name = "vstart",                                                                  \
		 .type = PARAM_ADDRESS,                                                             \
		 .unit = "address",                                                                 \
		 .help = "start of the default window (VMALLOC_START)"},                            \
	{                                                                                           \
		.name = "vend", .type = PARAM_ADDRESS, .unit = "address",                           \
		.help = "end of the default window (VMALLOC_END)"                                   \
	}

extern const struct param_word vmap_lazy_words[];

void vmap_space_init(struct vmap_space *space, const struct vmap_allocator *allocator,
		     const struct model_env *env);
void vmap_space_clear(struct vmap_space *space);

/* Hand the seeds to the allocator, if that has not happened yet. */
void vmap_space_settle(struct vmap_space *space);

#endif
