/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_JSONL_PARALLEL_H
#define KMSIM_TRACE_JSONL_PARALLEL_H

/*
 * JSON Lines on several cores: one thread cuts the text into chunks of whole lines, some threads
 * decode a chunk each, and the caller takes the ops in the order of the file.
 *
 *     reader ──> [chunk n+2] ──> parser ──> [chunk n+1] ──> caller, op by op: chunk n
 *       ^                        parser                        │
 *       └──────────────── ring of chunks, emptied <────────────┘
 *
 * The ring is all the memory there is: whoever is ahead waits. What a line becomes depends on that
 * line and the header alone, so that the ops, and every error, are those of one thread.
 */

#include "sim/base/reader.h"
#include "sim/trace/jsonl_decode.h"

struct jsonl_pipeline;

/* What the caller gets of a line besides its op. */
struct jsonl_line {
	uint64_t number;
	enum op_fault fault; /* of SOURCE_BAD_OP */
	uint32_t unknown_keys;
	const char *unknown_key; /* the first of the chunk, at the first line that has any, or NULL;
				    valid until the next call */
};

/*
 * Read on from where @reader stands, with @parsers threads that decode as @decoder does, a copy of
 * which each of them gets; in chunks of about @chunk_bytes. Until it is freed, @reader belongs to
 * the pipeline.
 */
struct jsonl_pipeline *jsonl_pipeline_new(struct reader *reader,
					  const struct jsonl_decoder *decoder, unsigned parsers,
					  size_t chunk_bytes);

/*
 * The next line, as op_source_next(); a signal while there is nothing to take ends the wait with
 * KMSIM_ERROR_INTERRUPTED. *line is filled for SOURCE_OP and SOURCE_BAD_OP.
 */
enum source_next jsonl_pipeline_next(struct jsonl_pipeline *pipeline, struct op *op,
				     struct jsonl_line *line, GError **error);

/* As reader_progress(), of what the caller has come to. */
unsigned jsonl_pipeline_progress(const struct jsonl_pipeline *pipeline);

/* At any time, also while the reader waits for a pipe. NULL is fine. */
void jsonl_pipeline_free(struct jsonl_pipeline *pipeline);

#endif
