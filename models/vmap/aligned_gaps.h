/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_VMAP_ALIGNED_GAPS_H
#define KMSIM_MODELS_VMAP_ALIGNED_GAPS_H

/*
 * The gaps between busy areas as a request with a large alignment sees them: a gap is worth
 * what is left of it from its first aligned address, and nothing if it holds none.
 *
 *	busy areas       ▐████▌      ▐███▌  ▐██████▌        ▐███▌
 *	aligned addresses     |   |   |   |   |   |   |   |   |
 *	worth                     ═══                 ══════
 *
 * For an alignment whose searches are long, these pieces are kept in a tree of their own, so that
 *the first one that is large enough and the largest one are found in O(log n). The tree is made
 *when searching without it has cost more than making it and keeping it would have, and dropped when
 * keeping it has cost more than it saved.
 */

#include "models/vmap/area_finger.h"

struct aligned_gaps {
	struct area_pool pool;
	struct area_tree tree; /* pieces [first aligned address, end of the gap) */
	struct area_fingers fingers;
	/* not kept: steps taken, and searches that took them, since that many changes */
	uint64_t steps, searches, since;
	/* kept: steps that a use saves; changes less what was saved */
	uint64_t worth, cost;
};

struct gap_index {
	const struct area_tree *busy;	      /* AREA_MAX_GAP */
	struct aligned_gaps by_alignment[64]; /* by log2 */
	uint64_t kept;			      /* bits of those that have a tree */
	uint64_t changes;		      /* gaps split or joined so far */
};

void gap_index_init(struct gap_index *index, const struct area_tree *busy);
void gap_index_clear(struct gap_index *index);

/* The gap [start, end) between two areas is there now, or is no more. May be empty. */
void gap_index_note(struct gap_index *index, uint64_t start, uint64_t end, bool appears);

/*
 * Between two areas, in the gap [start, end): [used, used_end) is used now, or no more.
 */
void gap_index_split(struct gap_index *index, uint64_t start, uint64_t used, uint64_t used_end,
		     uint64_t end);
void gap_index_join(struct gap_index *index, uint64_t start, uint64_t used, uint64_t used_end,
		    uint64_t end);

/* The tree for @align, above a page, to be used now; NULL: none is kept. */
const struct area_tree *gap_index_use(struct gap_index *index, uint64_t align);

/* NULL, or a message (to be freed) about a piece that is missing, wrong or too many. */
char *gap_index_check(const struct gap_index *index);

/* A search for @align took @steps for want of a tree: one may be made now. */
void gap_index_missed(struct gap_index *index, uint64_t align, uint64_t steps);

#endif
