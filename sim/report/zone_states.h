/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_REPORT_ZONE_STATES_H
#define KMSIM_REPORT_ZONE_STATES_H

/* Sampled states of zones, read back from a result and printed as the kernel would. */

#include "sim/base/json_util.h"

#include <stdbool.h>

enum zone_format {
	ZONES_BUDDYINFO,
	ZONES_PAGETYPEINFO,
	ZONES_EXTFRAG,	/* debugfs extfrag/extfrag_index */
	ZONES_UNUSABLE, /* debugfs extfrag/unusable_index */
};

/* The format called @name ("buddyinfo" …); false with the error set (KMSIM_ERROR_USAGE). */
bool zone_format_find(const char *name, enum zone_format *format, GError **error);

/*
 * The last state of @variant (an object of result.json of the directory @path) that was sampled
 * after at most @ops ops; *at_ops is then when. The text is to be freed. NULL with the error set:
 * KMSIM_ERROR_USAGE if the run has no zones, KMSIM_ERROR_INPUT, KMSIM_ERROR_IO.
 */
char *zone_state_text(const char *path, const json_t *variant, uint64_t ops,
		      enum zone_format format, uint64_t *at_ops, GError **error);

#endif
