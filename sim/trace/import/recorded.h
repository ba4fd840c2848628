/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_IMPORT_RECORDED_H
#define KMSIM_TRACE_IMPORT_RECORDED_H

/*
 * What the recorded machine did by its own rules, in the names of /proc/vmstat where it has one.
 * A figure is there only if the event that it is counted from was in the recording: what was not
 * recorded is not zero.
 */

#include "sim/trace/import/compactions.h"

struct recorded;

struct recorded *recorded_new(void);
void recorded_free(struct recorded *recorded);

/* Count @event. @compaction is the one that its task is in, with its end, too; NULL: none. */
void recorded_take(struct recorded *recorded, const struct event *event,
		   const struct compaction *compaction);

/*
 * The recording says that the events of pages, of compaction were all on: what none of them tells
 * of did not happen, rather than that it is not known.
 */
void recorded_asked(struct recorded *recorded, bool pages, bool compaction);

/* The figures for trace_header.recorded, the caller's; NULL: none. */
GArray *recorded_counts(struct recorded *recorded);

#endif
