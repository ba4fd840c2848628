/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_REPORT_TEXT_TABLE_H
#define KMSIM_REPORT_TEXT_TABLE_H

/* Tables of libsmartcols as plain text, the same on a terminal and in a pipe. */

#include <glib.h>
#include <libsmartcols.h>

#define TEXT_TABLE_WIDTH 80

/* An empty table of TEXT_TABLE_WIDTH characters, which text_table_end() frees. */
struct libscols_table *text_table_new(void);

/* Append @table to @out, no line with spaces at its end, and free it. */
void text_table_end(GString *out, struct libscols_table *table);

#endif
