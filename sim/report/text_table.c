// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/text_table.h"

#include <stdlib.h>

struct libscols_table *text_table_new(void)
{
	struct libscols_table *table = scols_new_table();

	scols_table_set_termforce(table, SCOLS_TERMFORCE_NEVER);
	scols_table_set_termwidth(table, TEXT_TABLE_WIDTH);
	scols_table_enable_colors(table, 0);
	scols_table_enable_noencoding(table, 1);
	return table;
}

void text_table_end(GString *out, struct libscols_table *table)
{
	char *text = NULL;

	if (scols_print_table_to_string(table, &text))
		g_error("out of memory");
	g_auto(GStrv) lines = g_strsplit(g_strchomp(text), "\n", -1);

	for (char **line = lines; *line; line++)
		g_string_append_printf(out, "%s\n", g_strchomp(*line));
	free(text);
	scols_unref_table(table);
}
