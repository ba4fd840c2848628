/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_OP_STREAM_H
#define KMSIM_TRACE_OP_STREAM_H

/*
 * A source whose ops have been judged: every op that comes out obeys the rules of
 * docs/trace-format.md ("Bad input"), in the order of the file, and its id has become a slot, a
 * small dense number that names the object from the op that makes it until the op that
 * ends it is done. Models and engine keep arrays by slot and never look an id up.
 *
 * An id costs one array access while ids stay below 2^20 plus four times the number of
 * ops so far; others go to a hash table.
 */

#include "sim/trace/source.h"

struct op_stream;

/*
 * Judge the ops of @source, which must outlive the stream. @cpus: ops on others are
 * bad. @lenient: leave bad ops out and count them instead of reporting an error.
 */
struct op_stream *op_stream_new(struct op_source *source, uint32_t cpus, bool lenient);

/*
 * The next op, as op_source_next(). Its slot and seq are set. The caller owns what the op owns:
 * op_clear().
 */
enum source_next op_stream_next(struct op_stream *stream, uint32_t cpu, struct op *op,
				GError **error);

/*
 * A hint, after op_stream_next(): the slot that an op a few further on will end, NO_SLOT_COMING if
 * it ends none or nothing is known of it. What is kept by slot can be fetched until then.
 */
#define NO_SLOT_COMING UINT32_MAX
uint32_t op_stream_coming(const struct op_stream *stream);

/* The op that ended the object in @slot is done: the number may be given out again. */
void op_stream_release(struct op_stream *stream, uint32_t slot);

/* Tell the source what became of @op (generators go by it). */
void op_stream_result(struct op_stream *stream, const struct op *op, bool ok, uint64_t addr);

/* One more than the largest slot given out so far. */
uint32_t op_stream_slots(const struct op_stream *stream);

/* Objects that live now, in the order of the file. */
uint64_t op_stream_live(const struct op_stream *stream);

/* Ops so far by kind: OP_KINDS counts. */
const uint64_t *op_stream_kinds(const struct op_stream *stream);

/*
 * Digest of the decoded ops so far, the same for every form of one trace: 16 hexadecimal digits,
 * to be freed. Not cryptographic.
 */
char *op_stream_digest(const struct op_stream *stream);

/*
 * Ops left out because of lenient, by enum op_fault: OP_FAULTS counts. A free of what a
 * bad op would have made counts under FAULT_ID.
 */
const uint64_t *op_stream_faults(const struct op_stream *stream);

struct op_source *op_stream_source(struct op_stream *stream);
void op_stream_free(struct op_stream *stream);

#endif
