/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_VMAP_NODES_REPLAY_H
#define KMSIM_MODELS_VMAP_NODES_REPLAY_H

/*
 * vmap-nodes in the hands of somebody who knows from elsewhere what a machine did: requests are
 * foretold before they are made, an answer can be put right, purges are done a step at a time, and
 * all of it can be tried on a copy. What is tried runs the same stages as every op.
 */

#include "models/model.h"

struct nodes_replay;

struct nodes_replay_setup {
	const char *version; /* "v6.12", as the model's parameter has it */
	uint32_t cpus;	     /* possible ones */
	uint64_t vstart, vend;
	uint64_t lazy_max_pages;
};

/* One free block, nothing else. NULL with the error set for a version that the model does not know.
 */
struct nodes_replay *nodes_replay_new(const struct nodes_replay_setup *setup, GError **error);

/* The same state, half a purge included, that goes its own way from now on. */
struct nodes_replay *nodes_replay_copy(const struct nodes_replay *replay);
void nodes_replay_free(struct nodes_replay *replay);

/* How many nodes there are; the one that an area freed at @addr goes to. */
uint32_t nodes_replay_nodes(const struct nodes_replay *replay);
uint32_t nodes_replay_node_of(const struct nodes_replay *replay, uint64_t addr);

/*
 * An area that is there before the first request. @origin: the node that it came from + 1, 0: none.
 * A lazy one is in the lazy list of its origin, or of its address's node if it has none.
 */
void nodes_replay_seed(struct nodes_replay *replay, uint32_t slot, uint64_t start, uint64_t size,
		       uint32_t origin, bool lazy);

/* A request of one CPU; a percpu area if @percpu, which takes no vstart and vend. */
struct nodes_request {
	uint64_t size, align, vstart, vend;
	uint32_t cpu;
	bool percpu;
};

struct nodes_answer {
	bool found;
	bool certain; /* from a hole in the tree that the search meets whatever the tree's shape */
	bool pooled;  /* from the pool of the CPU's node */
	bool misaligned; /* that pool's head does not suit the alignment, so it will become the tail
			  */
	uint64_t addr;
};

/* What the model would answer now, at the first attempt; nothing changes. */
struct nodes_answer nodes_replay_foretell(const struct nodes_replay *replay,
					  const struct nodes_request *request);

/* Make the request, which must be one that is met, for @slot, as an op. Returns the address. */
uint64_t nodes_replay_alloc(struct nodes_replay *replay, const struct nodes_request *request,
			    uint32_t slot);

/* As the part of a failing request that changes something: a pool's misaligned head moves. */
void nodes_replay_fail(struct nodes_replay *replay, const struct nodes_request *request);

/* Where the model has the addresses of an area. */
enum nodes_where {
	NODES_IN_TREE,
	NODES_IN_POOL,	/* one entry of just this area */
	NODES_IN_LAZY,	/* freed and not purged, just this area */
	NODES_IN_PURGE, /* in the hands of the purge that is half done */
	NODES_WITHHELD, /* at least a part of it is not anywhere: nodes_replay_withhold() */
	NODES_IN_USE,	/* at least a part of it is busy */
	NODES_IN_PARTS	/* none of these: parts of it, or of it and more, here and there */
};

struct nodes_place {
	enum nodes_where where;
	uint32_t node;	/* pool, lazy */
	uint32_t depth; /* pool: entries before it */
};

/* Where the model has [@start, @start + @size). */
struct nodes_place nodes_replay_where(const struct nodes_replay *replay, uint64_t start,
				      uint64_t size);

/*
 * Put the model right: the request was answered with @addr. The area is taken out of wherever the
 * model has it; what else an entry covers goes to the tree, a busy area that is in the way ends.
 */
void nodes_replay_grant(struct nodes_replay *replay, const struct nodes_request *request,
			uint32_t slot, uint64_t addr);

/*
 * Put the shape of the tree right: the search for @request did not find the hole at @addr, though
 * it may fit. A hole shorter than what the search looks for is found only where it lies on the way
 * to a longer one, so it is hung back as a leaf. False: that cannot be why.
 */
bool nodes_replay_pass_over(struct nodes_replay *replay, const struct nodes_request *request,
			    uint64_t addr);

/*
 * Put the free space right: the model answers @request with the hole at @addr, and the machine, had
 * it been in its tree, would have. So it is in a pool that the model does not know, or in use. It,
 * up to @limit, is taken out of the tree and is nowhere, until it is granted, or withheld holes are
 * given back. False: the search may have passed it over for the shape of the tree (answer.certain).
 */
bool nodes_replay_withhold(struct nodes_replay *replay, const struct nodes_request *request,
			   uint64_t addr, uint64_t limit);

/* All pools are empty now, whatever they had: withheld holes are in the tree. */
void nodes_replay_give_back(struct nodes_replay *replay);

/*
 * Put the order of a pool right: what the machine took from the pool of the request's size on @node
 * had @depth entries before it, which it cannot have had. They go to the tail, as a head that does
 * not suit does.
 */
void nodes_replay_rotate_pool(struct nodes_replay *replay, const struct nodes_request *request,
			      uint32_t node, uint32_t depth);

/*
 * Put a pool right: the head of the pool of the request's size on @node is not there.
 *
 * nodes_replay_other_pool(): what node it came from was a guess, so it is in the pool of another.
 * Of two nodes that is the other one, where it goes behind what is known to be there; of more it is
 * any, and withheld. nodes_replay_unpool(): it came from that node, and nothing tells where it is.
 * It is withheld.
 */
void nodes_replay_other_pool(struct nodes_replay *replay, const struct nodes_request *request,
			     uint32_t node);
void nodes_replay_unpool(struct nodes_replay *replay, const struct nodes_request *request,
			 uint32_t node);

/*
 * Put the node of an area right that lies in a pool or is lazy, whatever the model thought: it came
 * from @node. In a pool it lies where its address is in turn. Nothing if it is anywhere else.
 */
void nodes_replay_move(struct nodes_replay *replay, uint64_t start, uint64_t size, uint32_t node);

/* Free what @slot has, lazily. Nothing if it has nothing. */
void nodes_replay_release(struct nodes_replay *replay, uint32_t slot);

/* Does @slot have an area? */
bool nodes_replay_has(const struct nodes_replay *replay, uint32_t slot);

/*
 * A purge, a step at a time. With N nodes the steps are numbered: 3 n, the pools of node n decay,
 * + 1, these areas go to the tree, + 2, its lazy areas are detached; 3 N + 2 n, what goes into the
 * pools of node n does, + 1, the rest of node n to the tree. Steps that find nothing to do are not
 * stopped at.
 */
#define NODES_PURGE_STEPS(nodes) (5 * (nodes))
#define NODES_REFILL_STEP(nodes) (3 * (nodes)) /* the first one after all is detached */

/* Begin one; a full one empties the pools. */
void nodes_replay_purge_begin(struct nodes_replay *replay, bool full);
bool nodes_replay_purging(const struct nodes_replay *replay);

/* The step that comes next of the purge that is half done. */
uint32_t nodes_replay_purge_next(const struct nodes_replay *replay);

/* Do the steps before @step. NODES_PURGE_STEPS() ends the purge. */
void nodes_replay_purge_to(struct nodes_replay *replay, uint32_t step);

/*
 * The lazy areas that the purge that comes or is half done would take if it took, now, those of
 * all nodes that it has not been at; what it has taken included.
 */
uint64_t nodes_replay_purgeable(const struct nodes_replay *replay);

/*
 * A number that two states of one timeline share if they differ in nothing but, maybe, the order of
 * pools and the shape of the tree.
 */
uint64_t nodes_replay_digest(const struct nodes_replay *replay);

/* All pools to the tree; not while a purge is half done. */
void nodes_replay_shrink(struct nodes_replay *replay);

struct nodes_counts {
	uint64_t busy, lazy; /* areas; those that a purge has detached are lazy */
	uint64_t detached;   /* of them */
	uint64_t lazy_pages; /* the kernel's counter */
	uint64_t pooled;     /* areas */
	uint64_t pooled_pages;
	uint64_t last_purged; /* areas that the last purge, or this one so far, took */
};

/* As they are now. */
struct nodes_counts nodes_replay_counts(const struct nodes_replay *replay);

/* Areas in the pools of each size (pages, POOL_PAGES_MAX at most), all nodes: n[pages]. */
void nodes_replay_pools(const struct nodes_replay *replay, uint64_t *n, unsigned pages_max);

typedef void (*nodes_area_fn)(void *ctx, uint64_t start, uint64_t size, bool lazy);

/* Every busy and every lazy area, in no order. */
void nodes_replay_areas(const struct nodes_replay *replay, nodes_area_fn fn, void *ctx);

/* Every invariant; not while a purge is half done. NULL or a message, to be freed. */
char *nodes_replay_check(const struct nodes_replay *replay);

#endif
