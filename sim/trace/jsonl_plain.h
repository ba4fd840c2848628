/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_JSONL_PLAIN_H
#define KMSIM_TRACE_JSONL_PLAIN_H

/*
 * Most lines of a trace are one flat object of whole numbers, true or false, and hexadecimal
 * addresses in strings. Such a line is read in one pass, without a JSON library's objects, at a
 * fraction of their cost. Anything else, and whatever might be a fault, is left to
 * jsonl_decode(), which knows all of JSON and all messages.
 */

#include "sim/trace/jsonl_decode.h"

/*
 * Decode @text to *op, as jsonl_decode() would. False: the line is not that plain, or may be
 * wrong; *op is void then and owns nothing.
 */
bool jsonl_plain(const struct jsonl_decoder *decoder, const char *text, size_t length,
		 struct op *op);

#endif
