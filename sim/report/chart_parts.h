/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_REPORT_CHART_PARTS_H
#define KMSIM_REPORT_CHART_PARTS_H

/* Inside of the charts' data: what several of them use, and those that have files of their own. */

#include "sim/report/chart_data.h"
#include "sim/report/csv.h"
#include "sim/report/figures.h"

#define PANELS_MAX 6 /* of charts with a panel a variant */

/* The CSV file @name of a variant. NULL with the error set. */
struct csv *chart_load(const struct chart_input *input, size_t variant, const char *name,
		       GError **error);

/* @text in double quotes, as a string of a data file. To be freed. */
char *chart_quoted(const char *text);

/* The same for a name over a panel: cut where it would not fit into the picture. */
char *chart_panel_name(const char *text);

/* Find the columns @names, NULL-terminated. False with the error set. */
bool chart_columns(const struct csv *csv, const char *const *names, int *columns, GError **error);

/* Of the clock that the variant's cycles are counted in. */
double chart_ns_per_cycle(const struct chart_input *input, size_t variant);

/* Where a line lies on the axis of the run's course, in ns or ops. */
double chart_x(const struct chart_input *input, size_t variant, const struct csv *csv, guint row,
	       const int *ops_and_t);

/*
 * What a variant must have for a panel: anything of page frames, an address space, a map of two
 * rows or more.
 */
bool chart_knows_pages(const json_t *variant);
bool chart_knows_space(const json_t *variant);
bool chart_has_map(const json_t *variant);

/* Is @variant one of the first PANELS_MAX of those that have it? */
bool chart_has_panel(const struct chart_input *input, size_t variant,
		     bool (*has)(const json_t *variant));

/*
 * The data of charts (docs/results.md), of one variant or of all, appended to @out. Each returns 1;
 * 0 where there is nothing to show; −1 with the error set.
 */
int put_lazy_pages(const struct chart_input *input, size_t variant, GString *out, GError **error);
int put_pools(const struct chart_input *input, size_t variant, GString *out, GError **error);
int put_buddy_orders(const struct chart_input *input, size_t variant, GString *out, GError **error);
int put_unusable_index(const struct chart_input *input, size_t variant, GString *out,
		       GError **error);
int put_scanners(const struct chart_input *input, size_t variant, GString *out, GError **error);
int put_block_map(const struct chart_input *input, GString *out, GError **error);
int put_figures_over_axis(const struct chart_input *input, GString *out, GError **error);
int put_breakdown(const struct chart_input *input, GString *out, GError **error);
int put_against_baseline(const struct chart_input *input, GString *out, GError **error);

#endif
