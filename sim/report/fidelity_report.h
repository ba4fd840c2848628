/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_REPORT_FIDELITY_REPORT_H
#define KMSIM_REPORT_FIDELITY_REPORT_H

/* What `kmsim fidelity` shows: a table, JSON, CSV files, a chart. docs/fidelity.md says what each
 * figure means. */

#include "sim/fidelity/fidelity.h"

/* For people, 80 columns wide. To be freed. */
char *fidelity_text(const struct fidelity *fidelity);

/* Every figure; every key is always there. @source: what the user named. The caller owns it. */
json_t *fidelity_json(const struct fidelity *fidelity, const char *source);

/* misses.csv and purges.csv in @folder. False with the error set (KMSIM_ERROR_IO). */
bool fidelity_csv(const struct fidelity *fidelity, const char *folder, GError **error);

/*
 * The chart of the run in @folder/plots: data, script, SVG, and a PNG if @png. @messages as
 * charts_make(). False with the error set (KMSIM_ERROR_IO).
 */
bool fidelity_chart(const struct fidelity *fidelity, const char *folder, bool png,
		    GPtrArray *messages, GError **error);

#endif
