/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_BASE_JSON_UTIL_H
#define KMSIM_BASE_JSON_UTIL_H

/*
 * JSON documents as this project writes and reads them: keys in the order they were
 * set, numbers exact, the same bytes for the same content.
 */

#include "sim/base/units.h"

#include <glib.h>
#include <jansson.h>

/* An integer; as traces have it, a decimal string where it exceeds 2^63 − 1. */
json_t *json_u64(uint64_t value);

/* An address: the string "0x…". */
json_t *json_address(uint64_t value);

/*
 * numerator / denominator with three decimals, rounded down; 0 where @denominator is 0. Exact in
 * the text that json_text() makes, up to 10^12.
 */
json_t *json_ratio(uint128 numerator, uint128 denominator);

/* @text, or the empty string for NULL. */
json_t *json_text_or_empty(const char *text);

/* A document as text, indented, with a newline at its end. To be freed. */
char *json_text(const json_t *root);

/* Read a document. NULL with the error set (KMSIM_ERROR_INPUT "PATH:LINE: cause", _IO). */
json_t *json_read(const char *path, GError **error);

/*
 * The first key of @object that is none of @known, which ends with NULL. NULL if there is none.
 * Borrowed from @object.
 */
const char *json_unknown_key(const json_t *object, const char *const *known);

/* What lies at "key/key/…" below @root; NULL if there is nothing. Borrowed. */
json_t *json_at(const json_t *root, const char *path);

/* The string or number there, or "" and 0 where there is none. */
const char *json_string_at(const json_t *root, const char *path);
double json_number_at(const json_t *root, const char *path);

#endif
