/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_FIDELITY_CURSOR_H
#define KMSIM_FIDELITY_CURSOR_H

/*
 * A model on its way along a timeline, one moment after the other. A purge that the timeline shows
 * at its end may have a plan: before which moments its steps are done.
 */

#include "sim/fidelity/timeline.h"

/* A head of a pool that was foretold, and that the machine did not give. */
struct doubt {
	uint64_t addr; /* 0: none */
	uint32_t times;
};

#define DOUBTS_MAX 8 /* the latest ones */

struct cursor {
	const struct timeline *timeline;
	struct nodes_replay *model; /* owned */
	bool corrects;		    /* after a miss the recorded address is the truth */
	uint32_t next;		    /* moment */
	/* the purge that comes next, if it has a plan */
	const uint32_t *plan; /* by step: the moment before which it is done; NULL: at its own */
	uint32_t purge;	      /* the moment of that purge */
	bool begun;
	struct doubt doubts[DOUBTS_MAX];
	uint32_t next_doubt; /* the one to be forgotten */
};

/* What the model said of a moment. */
struct verdict {
	bool exact; /* of a request: it foretold the address; of a failed attempt: that it fails */
	bool purging; /* the purge of a plan was half done */
	struct nodes_answer answer;
	struct nodes_place place; /* of a request, not exact: where the model had what was given */
	struct nodes_counts counts; /* before a shrink, after a free or a purge */
};

/* At the start, with the areas of the snapshot. NULL with the error set. */
bool cursor_init(struct cursor *cursor, const struct timeline *timeline, const char *version,
		 bool corrects, GError **error);

struct cursor cursor_copy(const struct cursor *from);
void cursor_clear(struct cursor *cursor);

/* The purge at moment @purge, which is to come, is done by @plan, which must outlive it. */
void cursor_set_plan(struct cursor *cursor, uint32_t purge, const uint32_t *plan);

/*
 * How much @verdict on @moment speaks against what was supposed: COST_MISS for an address that was
 * not foretold, COST_COUNTER for a counter of lazy pages that is off by so much that purged areas
 * must be the reason.
 */
#define COST_MISS    16
#define COST_COUNTER 1
uint64_t verdict_cost(const struct moment *moment, const struct verdict *verdict);

/* The next moment, what is due before it included. */
void cursor_step(struct cursor *cursor, struct verdict *verdict);

#endif
