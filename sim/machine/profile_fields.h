/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MACHINE_PROFILE_FIELDS_H
#define KMSIM_MACHINE_PROFILE_FIELDS_H

/*
 * Fields of a CPU profile as its file has them (docs/cost-profiles.md). @where names the object in
 * messages. All return false with the error set (KMSIM_ERROR_INPUT).
 */

#include "sim/machine/load_latency.h"

#include <glib.h>
#include <jansson.h>

#define PROFILE_CYCLES_MAX UINT64_C(1000000000)

/* A whole number from @min to @max, which must be there. */
bool profile_number(json_t *object, const char *where, const char *key, uint64_t min, uint64_t max,
		    uint64_t *value, GError **error);

/* The same, but *value stays as it is where there is no @key. */
bool profile_number_if_there(json_t *object, const char *where, const char *key, uint64_t min,
			     uint64_t max, uint64_t *value, GError **error);

/* What its figures rest on must be said. */
bool profile_source(json_t *object, const char *where, GError **error);

/* No key but those of @known, which ends with NULL: one that is misspelt would be one left out. */
bool profile_keys(json_t *object, const char *where, const char *const *known, GError **error);

/* "latency", both curves, and "tlb", into @caches. */
bool profile_latency(json_t *object, struct caches *caches, GError **error);
bool profile_tlb(json_t *object, struct caches *caches, GError **error);

#endif
