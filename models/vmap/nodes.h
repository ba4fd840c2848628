/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_VMAP_NODES_H
#define KMSIM_MODELS_VMAP_NODES_H

/*
 * Inside of vmap-nodes. What it models, and what not: docs/model-vmap-nodes.md.
 *
 *   vmap_alloc │ prepare      no lock        choose the CPU's node
 *              │ pool         pool lock      its head, if it suits ──────────────┐
 *              │ search       free lock      find, carve ── overflow: purge all ┐│
 *              │ insert       busy lock      of the address's node <─────────────┘
 *              │ pages …      zone->lock     (work=vmalloc: vm_backing.h)
 *   vmap_free  │ unlink       busy lock      of the address's node
 *              │ lazy free    lazy lock      of the node that the area came from;
 *              │                             above the limit: wake the drain
 *   drain, …   │ begin        purge mutex    (all of what follows holds it)
 *              │ decay, rest  pool lock      a part of each pool is taken
 *              │ decayed      free lock      and given to the tree
 *              │ detach       lazy lock      (these three for each node)
 *              │ flush
 *              │ refill       pool lock      areas back into the pools they came from
 *              │ release      free lock      the others to the tree (these two for each node)
 *
 * A lock is let go between two stages that hold it by a stage that does not: the "next" ones, which
 * choose what comes now, and whose lock.
 */

#include "models/vmap/area_list.h"
#include "models/vmap/free_checks.h"
#include "models/vmap/free_tree.h"
#include "models/vmap/size_pools.h"
#include "models/vmap/vm_backing.h"
#include "models/vmap/vmap_blocks.h"
#include "sim/base/units.h"

#define NODES_MAX	128
#define NODE_ZONE_BYTES UINT64_C(65536)

/* Where an id's addresses are. */
enum object_kind {
	OBJECT_NONE,
	OBJECT_AREA,
	OBJECT_CHUNK, /* areas of a percpu chunk */
	OBJECT_PIECE  /* of a vmap block */
};

struct nodes_object {
	enum object_kind kind;
	uint32_t n; /* chunk: areas; piece: block; area: pages of its own behind it */
	union {
		struct node_area area;
		struct {
			struct node_area *areas; /* owned; size 0: freed already */
			uint64_t base;
		};
		struct {
			uint64_t addr;
			uint32_t pages;
		};
	};
};

struct vmap_node {
	struct size_pools pools;
	struct area_list lazy;	  /* in the order of their frees */
	struct area_list purging; /* detached, ascending */
	uint64_t busy;		  /* areas */
	struct descent descent, lazy_descent;
};

enum purge_kind {
	PURGE_IS_DRAIN,
	PURGE_IS_ALIASES,
	PURGE_IS_OVERFLOW,
	PURGE_IS_DETACH, /* the first half of one, as a recording has it */
	PURGE_IS_SHRINK	 /* full decay, no purge */
};

/* What a purge did; by node where it is an array. */
struct purge_report {
	enum purge_kind kind;
	uint64_t areas, pages, start, end, helpers;
	uint64_t decayed[NODES_MAX], to_pool[NODES_MAX], to_tree[NODES_MAX];
};

/* The purge that runs, of which there is one, since it holds the mutex. */
struct purge {
	struct purge_report report; /* of the last one, when none runs */
	struct vmap_node *node;	    /* that it is at */
	unsigned pages;		    /* decay: of the pool that it is at */
	struct pool_list rest;	    /* decay: of that pool, to be hung back */
	struct range_list decayed;  /* of one node */
	struct vmap_range unmapped; /* to be flushed in blocks that stay; start > end: nothing */
	GArray *retired;	    /* uint32_t, blocks to be freed */
	uint32_t next;		    /* of node->purging, or of retired */
	uint64_t node_pages;	    /* of node->purging */
	struct range_list to_tree;  /* ascending, of one node */
};

#define NODES_COUNTER_LIST(X)                                                                      \
	X(POOL_HITS, "pool_hits", "requests met from a pool")                                      \
	X(POOL_MISSES, "pool_misses", "requests that might have been, and went to the tree")       \
	X(POOL_MISALIGNED, "pool_misaligned", "of these, for the alignment of a pool's head")      \
	X(DRAINS, "drains", "purges by the drain, which frees above the limit wake")               \
	X(OVERFLOW_PURGES, "overflow_purges", "full purges by requests that found no place")       \
	X(EXPLICIT_PURGES, "explicit_purges", "purges asked for (vm_unmap_aliases)")               \
	X(SHRINKS, "shrinks", "runs of the shrinker")                                              \
	X(PURGED_AREAS, "purged_areas", "lazily freed areas that purges took")                     \
	X(REFILLED_AREAS, "refilled_areas", "of these, to a pool; the others to the tree")         \
	X(DECAYED_AREAS, "decayed_areas", "pooled areas given back to the tree")                   \
	X(HELPED_NODES, "helped_nodes", "nodes that the kernel would leave to helpers")            \
	X(BLOCKS_RETIRED, "blocks_retired", "idle vmap blocks that a purge took along")            \
	X(NR_POOLED_AREAS, "nr_pooled_areas", "now in the pools")                                  \
	X(NR_POOLED_PAGES, "nr_pooled_pages", "their pages")

enum nodes_counter {
#define X(id, name, what) COUNTER_##id,
	NODES_COUNTER_LIST(X)
#undef X
	NODES_COUNTERS
};

struct nodes {
	struct free_tree free;
	struct free_checks checks;
	struct vm_backing backing;
	struct footprint *footprint;
	uint64_t vstart, vend;
	uint64_t lazy_max_pages, lazy_pages;
	uint64_t busy_areas, lazy_areas;
	uint64_t purges; /* that took areas */
	uint32_t cpus, n_nodes;
	bool keeps_short_pools; /* newer than v6.12: a pool of less than 4 does not decay partially
				 */
	bool trace_drains;	/* drains are ops of the trace */
	bool detached;		/* a purge of the trace is half done */
	struct vmap_node *nodes;
	struct pool_store store;
	struct vmap_blocks blocks;
	struct purge purge;
	GArray *objects; /* struct nodes_object by slot */
	/* struct vmap_range: kept out of the tree by a replay (nodes_replay.h); NULL: none */
	GArray *withheld;
	GArray *seeds; /* not handed over yet; NULL: none */
	uint64_t counters[NODES_COUNTERS];
};

enum {
	LOCK_PURGE,
	LOCK_BLOCKS, /* per CPU */
	LOCK_BUSY,   /* these three per node */
	LOCK_LAZY,
	LOCK_POOL,
	LOCK_FREE,
	LOCK_ZONE,
	LOCK_COUNTER /* enum vm_counter */
};

enum nodes_stage {
	NODES_SEED,
	NODES_PREPARE,
	NODES_POOL,
	NODES_SEARCH,
	NODES_INSERT,
	NODES_NEXT_INSERT,
	NODES_MAP_RAM,
	NODES_ENQUEUE,
	NODES_TAKE_PAGES,
	NODES_COUNT_PAGES,
	NODES_COUNT_LAZY,
	NODES_REFILL_PAGES,
	NODES_UNMAP,
	NODES_GIVE_PAGES,
	NODES_DRAIN_PAGES,
	NODES_FREE,
	NODES_UNMAP_PIECE,
	NODES_UNLINK,
	NODES_LAZY_FREE,
	NODES_PURGE,
	NODES_PURGE_BEGIN,
	NODES_NEXT_RETIRED,
	NODES_RETIRE,
	NODES_RETIRE_LAZY,
	NODES_NEXT_POOL,
	NODES_DECAY,
	NODES_DECAY_REST,
	NODES_HANG_BACK,
	NODES_DECAYED,
	NODES_DETACH,
	NODES_NEXT_NODE,
	NODES_FLUSH,
	NODES_NEXT_REFILL,
	NODES_REFILL,
	NODES_RELEASE,
	NODES_RETRY,
	NODES_STAGES
};

/* How the stages use call->scratch. */
enum {
	SCRATCH_PURGED,			   /* a request: it has purged already */
	SCRATCH_BLOCK,			   /* the block that is being made or freed, + 1; 0: none */
	SCRATCH_NEXT_AREA,		   /* of a chunk */
	SCRATCH_PAGES = SCRATCH_NEXT_AREA, /* of one area: still to be had, or to be given back */
	SCRATCH_LAZY			   /* lazy_pages after the free that goes on */
};

/* Stages, by file. */
int nodes_stage_prepare(void *data, struct call *call); /* nodes_alloc.c */
int nodes_stage_pool(void *data, struct call *call);
int nodes_stage_search(void *data, struct call *call);
int nodes_stage_insert(void *data, struct call *call);
int nodes_stage_next_insert(void *data, struct call *call);
int nodes_stage_map_ram(void *data, struct call *call);
int nodes_stage_enqueue(void *data, struct call *call);
int nodes_stage_take_pages(void *data, struct call *call); /* nodes_work.c */
int nodes_stage_count_pages(void *data, struct call *call);
int nodes_stage_count_lazy(void *data, struct call *call);
int nodes_stage_refill_pages(void *data, struct call *call);
int nodes_stage_unmap(void *data, struct call *call);
int nodes_stage_give_pages(void *data, struct call *call);
int nodes_stage_drain_pages(void *data, struct call *call);
int nodes_stage_seed(void *data, struct call *call); /* nodes_seed.c */
int nodes_stage_free(void *data, struct call *call); /* nodes_free.c */
int nodes_stage_unmap_piece(void *data, struct call *call);
int nodes_stage_unlink(void *data, struct call *call);
int nodes_stage_lazy_free(void *data, struct call *call);
int nodes_stage_purge(void *data, struct call *call); /* nodes_purge.c */
int nodes_stage_purge_begin(void *data, struct call *call);
int nodes_stage_next_retired(void *data, struct call *call);
int nodes_stage_retire(void *data, struct call *call);
int nodes_stage_retire_lazy(void *data, struct call *call);
int nodes_stage_next_pool(void *data, struct call *call);
int nodes_stage_decay(void *data, struct call *call);
int nodes_stage_decay_rest(void *data, struct call *call);
int nodes_stage_hang_back(void *data, struct call *call);
int nodes_stage_decayed(void *data, struct call *call);
int nodes_stage_detach(void *data, struct call *call);
int nodes_stage_next_node(void *data, struct call *call);
int nodes_stage_flush(void *data, struct call *call);
int nodes_stage_next_refill(void *data, struct call *call);
int nodes_stage_refill(void *data, struct call *call);
int nodes_stage_release(void *data, struct call *call);

/* An area that lived before the first op. nodes_seed.c */
void nodes_seed_add(struct nodes *model, uint32_t slot, const struct node_area *area, bool lazy);

/* There are seeds: hand them over. nodes_seed.c */
void nodes_hand_over_seeds(struct nodes *model);

/* Whether a request is one that has to do with pools: it is for exactly the default window. */
bool nodes_may_pool(const struct nodes *model, const struct vmap_request *request);

/* The object of @slot; a new one is of no kind yet. */
struct nodes_object *nodes_object(struct nodes *model, uint32_t slot);
struct nodes_object *nodes_object_new(struct nodes *model, uint32_t slot);
void nodes_object_clear(struct nodes_object *object);

/*
 * An area goes out of its address's busy tree, and into the lazy tree of where it came from: those
 * of the nodes whose locks the call has.
 */
void nodes_unlink(struct nodes *model, struct call *call, const struct node_area *area);
void nodes_lazy_insert(struct nodes *model, struct call *call, const struct node_area *area,
		       uint64_t lazy_pages);

/* After a change of the free tree. @size as for free_checks_run(). */
void nodes_free_changed(struct nodes *model, struct call *call, uint64_t size);
void nodes_busy_changed(struct nodes *model);

/* Every invariant. NULL or a message (to be freed). nodes_check.c */
char *nodes_check(struct nodes *model);

/* Hand the seeds over, if that has not happened yet. */
static inline void nodes_settle(struct nodes *model)
{
	if (G_UNLIKELY(model->seeds))
		nodes_hand_over_seeds(model);
}

static inline uint32_t node_of_address(const struct nodes *model, uint64_t addr)
{
	return (uint32_t)(addr / NODE_ZONE_BYTES % model->n_nodes);
}

/* To which node an area is freed. */
static inline uint32_t node_of_area(const struct nodes *model, const struct node_area *area)
{
	return area->origin ? area->origin - 1 : node_of_address(model, area->start);
}

#endif
