/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_TRACE_FILE_H
#define KMSIM_TRACE_TRACE_FILE_H

/* Traces in any form: JSON Lines (jsonl.h) or packed (packed.h). */

#include "sim/base/reader.h"
#include "sim/trace/source.h"

/* True if a file that begins with @bytes is a kmsim trace. */
bool trace_recognise(const char *bytes, size_t length);

/*
 * A source that reads @reader, its form told by content (what is not packed is read as JSON Lines),
 * and closes it. NULL with the error set, as jsonl_source_new().
 */
struct op_source *trace_source_new(struct reader *reader, GError **error);

struct trace_writer;

/*
 * Begin a trace named @path with @header: packed if the name ends in .kmt (or .kmt.gz, .kmt.zst),
 * else JSON Lines, compressed by its suffix; "-" is standard output, JSON Lines. NULL with the
 * error set if the file cannot be made.
 */
struct trace_writer *trace_writer_open(const char *path, const struct trace_header *header,
				       GError **error);
void trace_writer_put(struct trace_writer *writer, const struct op *op);

/* As writer_failed(), writer_commit() and writer_abort(). */
bool trace_writer_failed(const struct trace_writer *writer);
gboolean trace_writer_commit(struct trace_writer *writer, GError **error);
void trace_writer_abort(struct trace_writer *writer);

#endif
