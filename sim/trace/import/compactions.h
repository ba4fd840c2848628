/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_IMPORT_COMPACTIONS_H
#define KMSIM_TRACE_IMPORT_COMPACTIONS_H

/*
 * Which tasks are compacting a zone now. A task, not its CPU: others may run on that CPU in
 * between, and the task may move to another.
 */

#include "sim/trace/import/event.h"

#include <limits.h>

#define COMPACTION_ORDER_UNKNOWN INT_MIN

struct compaction {
	uint64_t begin;	 /* the caller's number of its mm_compaction_begin */
	uint32_t run;	 /* 1, 2, … in the order of their begins */
	uint64_t losses; /* where it began */
	int order;	 /* −1: all of the zone; COMPACTION_ORDER_UNKNOWN: not told so far */
};

struct compactions;

struct compactions *compactions_new(void);
void compactions_free(struct compactions *compactions);

/* @event, a mm_compaction_begin, is the caller's @number. */
void compactions_begin(struct compactions *compactions, const struct event *event, uint64_t number);

/*
 * The compaction that the task of @event is in. NULL: in none, or its end may have been lost. Valid
 * until the next begin or end.
 */
struct compaction *compactions_of(struct compactions *compactions, const struct event *event);

/* How many began so far. */
uint32_t compactions_begun(const struct compactions *compactions);

/* @event, a mm_compaction_end, ends the one that its task is in, if it is in any. */
void compactions_end(struct compactions *compactions, const struct event *event);

#endif
