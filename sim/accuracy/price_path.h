/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_ACCURACY_PRICE_PATH_H
#define KMSIM_ACCURACY_PRICE_PATH_H

/*
 * Figures of a CPU profile by where they stand in its file: "steps.call.cycles",
 * "latency.random.points[8][1]", "lock.handover_cycles".
 */

#include "sim/base/json_util.h"

#include <stdbool.h>

/* False with the error set (KMSIM_ERROR_INPUT) if no whole number of 0 or more stands there. */
bool price_path_get(const json_t *profile, const char *path, uint64_t *value, GError **error);

/* Put @value there; price_path_get() has found it good. */
void price_path_set(json_t *profile, const char *path, uint64_t value);

/*
 * Say in the "source" of the figures that @path belongs to that it was fitted to @cells. Of a
 * step, whose cycles are its only figure, that replaces an estimate or an earlier fit; beside other
 * figures it is added, or replaces what was added before. Remarks behind a "; " are kept.
 */
void price_path_note(json_t *profile, const char *path, const char *cells);

/* The profile as the files in models/cpu have it: a line a group of figures. To be freed. */
char *price_profile_text(const json_t *profile);

#endif
