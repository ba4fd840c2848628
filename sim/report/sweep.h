/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_REPORT_SWEEP_H
#define KMSIM_REPORT_SWEEP_H

/*
 * A matrix of variants as the scenario's question asks for it: one small table a figure, a row for
 * each point of the matrix, a column for each model, and what changes from the first
 * model to the others at the same point. Where a point has one variant a seed, a row for each
 * model with the median and range over the seeds, and at how many seeds it is better than the
 * first model.
 */

#include "sim/report/figures.h"

#include <jansson.h>
#include <stddef.h>

#include <glib.h>

/* Figures are named as comparison tables show them. */
struct sweep_figure {
	const struct figure *figure;
	char prefix[32]; /* of its path: "ops/KIND/", or empty for a figure of the run */
};

/*
 * The figure that @name means: "KIND LABEL" as in "vmap_alloc latency, p99", or the LABEL of a
 * figure of the whole run. False with the error set (KMSIM_ERROR_INPUT "no figure …", which lists
 * the known ones).
 */
bool sweep_figure_find(const char *name, struct sweep_figure *found, GError **error);

struct sweep {
	const char *axes;	 /* what the rows differ in: heads their column */
	const char *const *rows; /* of each variant */
	const char *const *columns;
	json_t *const *variants; /* objects of result.json */
	size_t n;
};

/* A table for each of @figures, which sweep_figure_find() has found good. To be freed. */
char *sweep_tables(const struct sweep *sweep, const char *const *figures);

#endif
