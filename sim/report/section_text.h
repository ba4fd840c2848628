/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_REPORT_SECTION_TEXT_H
#define KMSIM_REPORT_SECTION_TEXT_H

/* The sections of a variant (sim/metrics/sections.h), an object of result.json, as text. */

#include "sim/base/json_util.h"

enum section_format {
	SECTIONS_TABLE,
	SECTIONS_CSV,
	SECTIONS_MODULE, /* as the module test_vmalloc reports */
};

/* The format called @name ("table" …); false with the error set (KMSIM_ERROR_USAGE). */
bool section_format_find(const char *name, enum section_format *format, GError **error);

/* A table for people, a line a section and CPU. "" where there are none. To be freed. */
char *sections_table(const json_t *variant);

/* The columns of sections.csv. To be freed. */
char *sections_csv(const json_t *variant);

/*
 * What the module test_vmalloc prints at its end (v5.1): a line "Summary: …" a CPU and test, in
 * the order of its table, and "All test took CPU…" after each CPU's. Tests that have not ended once
 * are left out. Microseconds by integer division, as there; cycles are those of
 * the profile's timer. NULL if @variant is no run of that
 * workload. To be freed.
 */
char *sections_module_text(const json_t *variant);

/* Any of them; NULL with the error set (KMSIM_ERROR_USAGE) where there is none. */
char *sections_text(const json_t *variant, enum section_format format, GError **error);

#endif
