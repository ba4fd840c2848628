/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_IMPORT_GFP_H
#define KMSIM_TRACE_IMPORT_GFP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Set in a mask if it had flags that ops have no name for. */
#define GFP_UNKNOWN (UINT64_C(1) << 63)

/*
 * The flags in @text, as events print them: names joined by "|", the composite ones with the flags
 * that v5.2 gives them, numbers (of v5.1 and later) for what had no name. A mask of gfp_names[]
 * (op_names.h), perhaps with GFP_UNKNOWN.
 */
uint64_t gfp_parse(const char *text, size_t length);

/* The same for a number as v5.1 to v6.18 have it. */
uint64_t gfp_from_number(uint64_t number);

/* Whether @mask, of gfp_parse(), is that of a huge page fault: GFP_TRANSHUGE or its light form. */
bool gfp_is_transhuge(uint64_t mask);

#endif
