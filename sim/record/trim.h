/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_RECORD_TRIM_H
#define KMSIM_RECORD_TRIM_H

/*
 * The text of an instance, cut to what belongs to the recording: from the mark before the first
 * snapshot to the mark before the last one, and no further than no event is missing.
 */

#include "sim/base/writer.h"
#include "sim/record/tracing.h"

/* What recording writes into the trace. A number follows: of the try. */
#define MARK_BEGIN    "kmsim: begin"	/* a snapshot is about to be taken */
#define MARK_SNAPSHOT "kmsim: snapshot" /* it has been taken */
#define MARK_END      "kmsim: end"	/* the last snapshot is about to be taken */

struct trim {
	unsigned begin, end;   /* tries of which the marks count; end 0: to the end of the text */
	const GArray *buffers; /* struct tracing_buffer, as they were when recording stopped */
};

/* A window that requests were for. */
struct trim_window {
	uint64_t vstart, vend, requests;
};

/* What was kept. */
struct trim_facts {
	uint64_t events;
	uint64_t by_family[3]; /* by enum family; in the order of its values */
	uint64_t cut;	       /* events left out at the end: behind the first that was lost */
	GArray *windows;       /* struct trim_window, the one most asked for first */
};

/* Copy @text to @out. False with the error set (KMSIM_ERROR_IO). trim_facts_clear() in either case.
 */
bool trim_text(FILE *text, const struct trim *trim, struct writer *out, struct trim_facts *facts,
	       GError **error);

void trim_facts_clear(struct trim_facts *facts);

/*
 * Whether nothing that matters to a snapshot happened, by the text so far: no event of the vmap
 * family between the marks @begin and @snapshot of the try @number, and, with @emptied, none
 * after the shrinker has emptied the pools for the last time.
 */
bool trim_is_quiet(FILE *text, unsigned number, bool emptied);

#endif
