/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_REPORT_TABLE_H
#define KMSIM_REPORT_TABLE_H

/*
 * Variants side by side for a terminal of 80 columns: the first is the baseline, each
 * other is given with its change. More than three make several tables below each other, each
 * with the baseline.
 */

#include "sim/base/json_util.h"

/* A table of @n variants (objects of result.json). To be freed. */
char *comparison_table(json_t *const *variants, size_t n);

/* The same for all variants of @n loaded results (result_load()). To be freed. */
char *compare_results(json_t *const *results, size_t n);

#endif
