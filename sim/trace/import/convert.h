/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_IMPORT_CONVERT_H
#define KMSIM_TRACE_IMPORT_CONVERT_H

/*
 * Second pass over a recording: its events become ops, by the rules of docs/importing.md.
 */

#include "sim/trace/import/survey.h"
#include "sim/trace/jsonl.h"
#include "sim/trace/machine_record.h"

struct convert;

/*
 * Ops go to @writer, what happens is counted in @account. @survey and @header (what the trace
 * says of itself) must outlive it. @record (NULL: not wanted) gets what the events tell of the
 * machine itself.
 */
struct convert *convert_new(const struct survey *survey, const struct trace_header *header,
			    struct jsonl_writer *writer, struct import_account *account,
			    struct machine_record *record);

/* Write the areas that were live before; first of all. */
void convert_seeds(struct convert *convert, const GArray *seeds);

/* The same for blocks of page frames: struct live_chunk. */
void convert_page_seeds(struct convert *convert, const GArray *live);

/* event_sink.take; @context is the convert. */
void convert_take(void *context, const struct event *event);

/* Every event has been taken: the record is complete. */
void convert_finish(struct convert *convert);

void convert_free(struct convert *convert);

#endif
