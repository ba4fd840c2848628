/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_OP_NAMES_H
#define KMSIM_TRACE_OP_NAMES_H

/* The words of traces, in the order of their enums; each table ends with NULL. */

extern const char *const purge_why_names[];    /* enum purge_why */
extern const char *const migratetype_names[];  /* enum migratetype */
extern const char *const compact_mode_names[]; /* enum compact_mode */
extern const char *const gfp_names[];	       /* bit i of page.gfp */

/* Index of @word in @names, or −1. */
int name_index(const char *const *names, const char *word);

#endif
