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
 * With work=vmalloc there is more of both (vm_backing.h; v5.1 and v5.2 take the lock once more in
 * vmalloc(), three times in vfree()):
 *
 *   vmap_alloc │ attach         vmap_area_lock  the area gets its struct vm_struct
 *              │ take pages     no lock         from the CPU's list, and map them
 *              │ refill         zone->lock      the list, as often as it is empty
 *   vmap_free  │ look up again  vmap_area_lock  in remove_vm_area(), and
 *              │ detach         vmap_area_lock  once more for the flags
 *              │ unmap          no lock
 *              │ give pages     no lock         after the lazy free
 *              │ drain          zone->lock
 *
 * Since v5.5 the free tree has a lock of its own, since v5.4 areas leave the busy tree when they
 * are freed, and since v5.18 a worker purges (splits_locks; locks as v6.3 has them):
 *
 *   vmap_alloc │ search free    free_vmap_area_lock   find and take a place
 *              │ insert         vmap_area_lock        into the busy tree
 *   vmap_free  │ unlink         vmap_area_lock        out of it
 *              │ lazy insert    purge_vmap_area_lock  joined with what it touches
 *   drain      │ detach         purge_vmap_area_lock  (holding vmap_purge_lock)
 *              │ release free   free_vmap_area_lock
 *
 * The allocator behind it is a struct vmap_allocator.
 */

#include "models/model.h"
#include "models/vmap/area_finger.h"
#include "models/vmap/descent.h"
#include "models/vmap/vm_backing.h"
#include "models/vmap/vmap_range.h"

/* A busy area as its allocator knows it. */
struct vmap_ref {
	uint64_t start, size;
	uint32_t handle; /* the allocator's own */
};

enum attempt {
	ATTEMPT_OK,
	ATTEMPT_OVERFLOW,
	ATTEMPT_OOPS /* call->message is set */
};

struct vmap_space;

#define EXPECTED_MAX AREA_TREE_MANY

struct vmap_allocator {
	/* One try at a request, under vmap_area_lock. Adds to call->steps and call->work. */
	enum attempt (*attempt)(struct vmap_space *space, struct call *call,
				const struct vmap_request *request, struct vmap_ref *ref);
	/* One try at a percpu chunk: @refs gets one entry an area. */
	enum attempt (*attempt_pcpu)(struct vmap_space *space, struct call *call,
				     const struct op_pcpu *pcpu, struct vmap_ref *refs);
	/* Give a busy area back, under vmap_area_lock. */
	void (*release)(struct vmap_space *space, struct call *call, const struct vmap_ref *ref);
	/* These, at most EXPECTED_MAX, are to be released next: fetch what that looks at. */
	void (*expect)(struct vmap_space *space, const struct vmap_ref *refs, unsigned n);
	/* The areas that are busy at the start, ascending; called once, first of all. Sets handles.
	 */
	void (*seed)(struct vmap_space *space, struct vmap_ref **refs, unsigned n);
	/* v5.2: a purge lets others in only while fewer than twice lazy_max_pages are outstanding.
	 */
	bool purge_keeps_lock;
	/*
	 * v5.11 and later: a purge releases in ascending order, areas that touch as one; and with
	 * the locks of v6.3.
	 */
	bool splits_locks;
};

/* The first member of each model of this family. */
struct vmap_space {
	const struct vmap_allocator *allocator;
	struct footprint *footprint;
	uint64_t vstart, vend;
	uint64_t lazy_max_pages; /* 0: frees take effect at once */
	uint64_t lazy_pages;
	uint64_t busy_areas; /* lazily freed ones included */
	uint64_t purges;     /* that took areas */
	GArray *objects;     /* struct vmap_object by slot */
	GArray *lazy;	     /* struct vmap_ref, the most recently freed last */
	GArray *purging;     /* detached by the purge that runs */
	GArray *seeds;	     /* struct vmap_seed; NULL once the first other op has come */
	uint32_t cpus;
	struct vm_backing backing;
	struct descent descent;	      /* of the busy tree */
	uint64_t *gone_to;	      /* by CPU: where its last one led */
	struct descent purge_descent; /* of the same, when areas are released */
	/* splits_locks: lazily freed areas, joined where they touch; how many there are of them */
	struct area_pool lazy_pool;
	struct area_tree lazy_tree, purging_tree;
	uint64_t lazy_areas; /* that lazy_tree is made of */
};

enum {
	LOCK_VMAP_PURGE,
	LOCK_VMAP_AREA,
	LOCK_VMAP_FREE, /* these two with splits_locks */
	LOCK_VMAP_LAZY,
	LOCK_VMAP_ZONE,
	LOCK_VMAP_COUNTER /* with splits_locks: enum vm_counter */
};

/* Shared by the models' tables. */
extern const char *const vmap_lock_names[];
uint32_t vmap_lock_instances(void *model, unsigned lock);
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
	STAGE_SEARCH_FREE,
	STAGE_INSERT,
	STAGE_ATTACH,
	STAGE_TAKE_PAGES,
	STAGE_COUNT_PAGES,
	STAGE_COUNT_LAZY,
	STAGE_REFILL,
	STAGE_LOOK_UP_AGAIN,
	STAGE_DETACH,
	STAGE_UNMAP,
	STAGE_GIVE_PAGES,
	STAGE_DRAIN_PAGES,
	STAGE_LAZY_INSERT,
	STAGE_COLLECT_JOINED,
	STAGE_FLUSH_JOINED,
	STAGE_RELEASE_JOINED,
	STAGE_RELEASE_JOINED_YIELDING,
	VMAP_STAGES
};

#define VMAP_KINDS                                                                                 \
	(OP_BIT(OP_VMAP_ALLOC) | OP_BIT(OP_VMAP_FREE) | OP_BIT(OP_VMAP_PURGE) |                    \
	 OP_BIT(OP_PCPU_ALLOC) | OP_BIT(OP_PCPU_FREE) | OP_BIT(OP_VMAP_SEED))

/* The worker that purges with splits_locks. */
extern const struct background_task vmap_background[];

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

/*
 * Levels of a descent to @addr in a busy tree of @nodes that this CPU did not go to last time: what
 * it has in its first-level cache is its own path, whatever others did meanwhile.
 */
uint64_t vmap_new_levels(struct vmap_space *space, const struct call *call, uint64_t addr,
			 uint64_t nodes);

/* Count such a descent. */
void vmap_count_descent(struct vmap_space *space, struct call *call, uint64_t addr, uint64_t nodes);

/* @work: enum vm_work; @bulk: pages are asked for in bulk (v5.13). */
void vmap_space_init(struct vmap_space *space, const struct vmap_allocator *allocator,
		     const struct model_env *env, enum vm_work work, bool bulk);
void vmap_space_clear(struct vmap_space *space);

/* model_ops.coming */
void vmap_space_coming(void *model, uint32_t slot);

/* Hand the seeds to the allocator, if that has not happened yet. */
void vmap_space_settle(struct vmap_space *space);

#endif
