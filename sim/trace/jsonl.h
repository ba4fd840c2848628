/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_JSONL_H
#define KMSIM_TRACE_JSONL_H

/*
 * Traces as JSON Lines (docs/trace-format.md): one header object, then one
 * object an op. Read and written line by line, in memory that does not depend on
 * the length.
 */

#include "sim/base/reader.h"
#include "sim/trace/source.h"

/*
 * A source that reads @reader (and closes it when destroyed, or at once on failure). The
 * header has been read when this returns; NULL with the error set where there is none or it
 * is bad. Errors of the source are KMSIM_ERROR_INPUT, "FILE:LINE: cause". What lies behind the
 * first MiB of text is read by threads, where there are CPUs for them (jsonl_parallel.h); what
 * comes out does not depend on that.
 */
struct op_source *jsonl_source_new(struct reader *reader, GError **error);

/* How much of the reading is done by threads. */
struct jsonl_threads {
	unsigned parsers;   /* that decode; 0: no thread at all */
	size_t begin_bytes; /* of ops read before they start */
	size_t chunk_bytes; /* of text that one decodes at a time */
};

struct op_source *jsonl_source_new_threads(struct reader *reader,
					   const struct jsonl_threads *threads, GError **error);

/* True if the first line of a file, @text, looks like a header of a kmsim trace. */
gboolean jsonl_recognise(const char *text, size_t length);

struct jsonl_writer;

/*
 * Begin a trace named @path (compressed by its suffix, "-" is standard output) with
 * @header; settings that are not given there are left out. NULL with the error set if the
 * file cannot be made.
 */
struct jsonl_writer *jsonl_writer_open(const char *path, const struct trace_header *header,
				       GError **error);

/* Append one op. The op's seq and slot are not part of a trace. */
void jsonl_writer_put(struct jsonl_writer *writer, const struct op *op);

/* As writer_failed(). */
bool jsonl_writer_failed(const struct jsonl_writer *writer);

/* As writer_commit() and writer_abort(). */
gboolean jsonl_writer_commit(struct jsonl_writer *writer, GError **error);
void jsonl_writer_abort(struct jsonl_writer *writer);

#endif
