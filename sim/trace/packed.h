/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_PACKED_H
#define KMSIM_TRACE_PACKED_H

/*
 * Packed traces (.kmt): what a JSON Lines trace says, in some six bytes an op and without a
 *parser's work. docs/packed-traces.md has the format.
 *
 *	file    = magic version length checksum JSON-header block* end
 *	block   = magic ops length checksum payload         (65,536 ops at most)
 *	payload = records: the number of a shape, then what differs from op to op
 *
 * A shape is what ops have in common (kind, flags, CPU, order, migratetype …). A block begins with
 * none; a record with the next unused number defines one. Ids, times and addresses are
 * differences to those before, in zigzag and LEB128. A block can be read without the ones before
 * it, and has a checksum of its own; the end says how many ops there were.
 */

#include "sim/base/reader.h"
#include "sim/base/writer.h"
#include "sim/trace/source.h"

#define PACKED_MAGIC   "kmsimKMT"
#define PACKED_VERSION 1

/* True if a file that begins with @bytes is a packed trace. */
bool packed_recognise(const char *bytes, size_t length);

/*
 * A source that reads @reader (and closes it when destroyed, or at once on failure). The header
 * has been read when this returns; NULL with the error set where it is damaged, or of another
 * version. Errors of the source are KMSIM_ERROR_INPUT and begin "FILE: block N at byte B: ". A
 * damaged block ends the source, what was sound before it has been given out: the fault is
 * FAULT_SYNTAX, which lenient counts.
 */
struct op_source *packed_source_new(struct reader *reader, GError **error);

struct packed_writer;

/* Begin a trace in @out, which the caller commits after packed_writer_finish(). */
struct packed_writer *packed_writer_new(struct writer *out, const struct trace_header *header);
void packed_writer_put(struct packed_writer *writer, const struct op *op);

/* Write what is left, and the end. Frees @writer, not @out. */
void packed_writer_finish(struct packed_writer *writer);
void packed_writer_free(struct packed_writer *writer);

#endif
