/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_JSONL_HEADER_H
#define KMSIM_TRACE_JSONL_HEADER_H

/* The header line of a trace, as JSON. */

#include "sim/base/reader.h"
#include "sim/trace/source.h"

/*
 * Read the first line of @reader into the header of @source, which trace_header_init() made, and
 * note unknown keys there. False with the error set (KMSIM_ERROR_INPUT, "FILE:1: cause") if it is
 * missing or bad.
 */
bool jsonl_header_read(struct reader *reader, struct op_source *source, GError **error);

/* The same for a text that was read already; the error names no place. */
bool jsonl_header_parse(const char *text, size_t length, struct op_source *source, GError **error);

/* The header as one line of JSON without a newline. To be freed with free(). */
char *jsonl_header_text(const struct trace_header *header);

#endif
