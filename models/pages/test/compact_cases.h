/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_PAGES_TEST_COMPACT_CASES_H
#define KMSIM_MODELS_PAGES_TEST_COMPACT_CASES_H

#include <jansson.h>

/*
 * Families of golden data on compaction: each plays one row and compares. NULL if all versions of
 * the row are as they should be, else the first that is not, to be freed.
 */
char *golden_isolate_around(const json_t *row);
char *golden_hole_fallback(const json_t *row);
char *golden_fast_isolate(const json_t *row);
char *golden_reset_skip(const json_t *row);
char *golden_compact_run(const json_t *row);

#endif
