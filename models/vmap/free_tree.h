/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_VMAP_FREE_TREE_H
#define KMSIM_MODELS_VMAP_FREE_TREE_H

/*
 * The free space of the augmented-tree allocators: free areas that never touch, in a
 * red-black tree whose nodes carry the largest free size below them. Linux v5.2,
 * commit 68ad4a330433 ("mm/vmalloc.c: keep track of free blocks for vmap
 * allocation"); v5.2 to v5.10 place identically. By v6.1 the search had become another one, with
 * the same tree; v6.9 and later have it still.
 */

#include "models/model.h"
#include "models/vmap/area_finger.h"
#include "models/vmap/area_tree.h"
#include "models/vmap/descent.h"
#include "models/vmap/free_space.h"
#include "models/vmap/vmap_range.h"

/* How a request was carved out of a free area: full, left edge, right edge, no edge. */
enum fit {
	FIT_FULL,
	FIT_LEFT,
	FIT_RIGHT,
	FIT_NONE
};

/* "FL", "LE", "RE", "NE". */
const char *fit_name(enum fit fit);

/* How the free area for a request is found. */
enum free_search_rule {
	SEARCH_V5_2,
	SEARCH_V6_1
};

struct free_tree {
	struct area_pool pool;
	struct area_tree tree;
	struct free_space space; /* in the default window */
	struct area_fingers fingers;
	enum free_search_rule rule;
	uint32_t searches; /* so far */
	struct descent released;
};

/* What a search did. */
struct free_search {
	uint64_t visited; /* nodes looked at: the descent, and each parent gone back to */
	uint64_t climbed; /* of these, gone back to */
	uint64_t lines;	  /* on the way down, not gone to by the last few searches */
	uint32_t number;  /* of the search, for that; 0: of no interest */
};

/* The whole address space [1, 2^64 − 1) is free. [vstart, vend) is what sampling looks at. */
void free_tree_init(struct free_tree *free, enum free_search_rule rule, uint64_t vstart,
		    uint64_t vend);
void free_tree_clear(struct free_tree *free);

/* Make @free, which holds nothing, the same tree as @from, shape included. */
void free_tree_copy(struct free_tree *free, const struct free_tree *from);

/*
 * Find the lowest free area that fits the request's size and align at or above its vstart, as the
 * kernel's search does (find_vmap_lowest_match): it looks for size + align − 1 bytes and finds
 * smaller fitting areas only where it happens to pass. Exact for align 1 (SEARCH_V5_2), or for what
 * a page's alignment is enough for (SEARCH_V6_1). NIL if there is none; the request's vend is not
 * looked at. @search is added to.
 */
uint32_t free_tree_find(const struct free_tree *free, const struct vmap_request *request,
			struct free_search *search);

/*
 * One attempt at a request: find, and take out of the free space. False if nothing fits, or if what
 * was found ends above vend.
 */
bool free_tree_alloc(struct free_tree *free, const struct vmap_request *request,
		     struct free_search *search, struct call *call, uint64_t *addr, enum fit *fit);

/*
 * Take [addr, addr + size), which lies within @node, out of the free space (v5.2
 * adjust_va_to_fit_type). Counts PROPAGATE, REBALANCE, DESC_ALLOC and DESC_FREE in @call.
 */
enum fit free_tree_carve(struct free_tree *free, uint32_t node, uint64_t addr, uint64_t size,
			 struct call *call);

/* Give [start, end) back and merge it with its neighbours (v5.2 merge_or_add_vmap_area). */
void free_tree_release(struct free_tree *free, uint64_t start, uint64_t end, struct call *call);

/* Replace the free space by the complement of @n busy ranges, ascending and disjoint. */
void free_tree_fill(struct free_tree *free, const struct vmap_range *busy, unsigned n);

/*
 * Base address for a percpu chunk: the highest at which all its areas fit between vstart and vend
 * (v5.2 pcpu_get_vm_areas). False if there is none. @visited is added to.
 */
bool free_tree_find_pcpu(const struct free_tree *free, const struct op_pcpu *pcpu, uint64_t vstart,
			 uint64_t vend, uint64_t *base, uint64_t *visited);

/*
 * DEBUG_AUGMENT_PROPAGATE_CHECK (v5.2, bb850f4dae4a): every stored subtree_max_size is the largest
 * size at or below its node. NULL or a message (to be freed).
 */
char *free_tree_check_propagate(const struct free_tree *free);

/*
 * DEBUG_AUGMENT_LOWEST_MATCH_CHECK (v5.2, a6cf4e0fe3e7): for @size, align 1 and @vstart the
 * search and a linear scan of the free list agree. NULL or a message (to be freed).
 */
char *free_tree_check_lowest(const struct free_tree *free, uint64_t size, uint64_t vstart);

/* Call @fn for every maximal range of [start, end) that is not free, ascending. */
void free_tree_busy_ranges(const struct free_tree *free, uint64_t start, uint64_t end,
			   busy_range_fn fn, void *ctx);

/* Largest gap within the window, in O(log n). */
uint64_t free_tree_largest(const struct free_tree *free);

/* Every invariant: the tree, and areas that neither overlap nor touch. NULL or a message. */
char *free_tree_check(const struct free_tree *free);

/* Bytes of all free areas' descriptors. */
uint64_t free_tree_footprint(const struct free_tree *free);

#endif
