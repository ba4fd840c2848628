/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_JSONL_DECODE_H
#define KMSIM_TRACE_JSONL_DECODE_H

/* One line of a trace in JSON to an op. */

#include "sim/trace/jsonl_fields.h"
#include "sim/trace/source.h"

#include <jansson.h>

#define KEY_SLOTS 128 /* power of two, well above FIELDS */

/*
 * What decoding needs to know, and the line at hand. A copy is independent: threads that decode
 * have one each.
 */
struct jsonl_decoder {
	const char *path; /* of the trace, for messages; borrowed */
	/* that of its header, which a run may replace before the first op; borrowed; NULL: none */
	struct memory_map *const *memory;
	void (*unknown)(void *ctx, const char *key);
	void *ctx;
	uint8_t key_slot[KEY_SLOTS]; /* field + 1 by the key's hash, open addressing */

	uint64_t line;	       /* number of the line; set by the caller */
	enum op_fault fault;   /* of the last line that was none */
	json_t *value[FIELDS]; /* of the line */
	GError **error;
};

/* For the trace @path. @unknown is called with @ctx for each key that nothing knows. */
void jsonl_decoder_init(struct jsonl_decoder *decoder, const char *path,
			struct memory_map *const *memory,
			void (*unknown)(void *ctx, const char *key), void *ctx);

/*
 * Decode @text, line number decoder->line, to *op. False with the error set (KMSIM_ERROR_INPUT,
 * "FILE:LINE: cause"), and decoder->fault, if it is no op; *op then owns nothing.
 */
bool jsonl_decode(struct jsonl_decoder *decoder, const char *text, size_t length, struct op *op,
		  GError **error);

/* The same by way of a JSON library, whatever the line looks like. */
bool jsonl_decode_any(struct jsonl_decoder *decoder, const char *text, size_t length, struct op *op,
		      GError **error);

/* FIELDS if @key is none. */
enum field jsonl_find_field(const struct jsonl_decoder *decoder, const char *key, size_t length);

#endif
