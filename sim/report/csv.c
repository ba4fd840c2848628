// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/csv.h"

#include "sim/base/error.h"
#include "sim/base/reader.h"

#include <stdbool.h>
#include <string.h>

static void free_row(gpointer row)
{
	g_strfreev(row);
}

static bool take_line(struct csv *csv, const struct reader *reader, const char *line, size_t length,
		      GError **error)
{
	g_autofree char *text = g_strndup(line, length);
	char **fields = g_strsplit(text, ",", -1);

	if (!csv->header) {
		csv->header = fields;
		return true;
	}
	if (g_strv_length(fields) != g_strv_length(csv->header)) {
		g_autofree char *where = reader_where(reader);

		set_input_error(error, "%s%u fields, the header has %u", where,
				g_strv_length(fields), g_strv_length(csv->header));
		g_strfreev(fields);
		return false;
	}
	g_ptr_array_add(csv->rows, fields);
	return true;
}

struct csv *csv_load(const char *path, GError **error)
{
	struct reader *reader = reader_open(path, error);
	const char *line;
	size_t length;
	int got;

	if (!reader)
		return NULL;
	struct csv *csv = g_new0(struct csv, 1);

	csv->path = g_strdup(path);
	csv->rows = g_ptr_array_new_with_free_func(free_row);
	while ((got = reader_line(reader, &line, &length, error)) > 0) {
		if (!take_line(csv, reader, line, length, error)) {
			got = -1;
			break;
		}
	}
	if (!got && !csv->header) {
		set_input_error(error, "%s:1: no header line", path);
		got = -1;
	}
	reader_close(reader);
	if (got < 0)
		g_clear_pointer(&csv, csv_free);
	return csv;
}

void csv_free(struct csv *csv)
{
	if (!csv)
		return;
	g_free(csv->path);
	g_strfreev(csv->header);
	g_ptr_array_unref(csv->rows);
	g_free(csv);
}

int csv_column(const struct csv *csv, const char *name, GError **error)
{
	for (int i = 0; csv->header[i]; i++) {
		if (!strcmp(csv->header[i], name))
			return i;
	}
	set_input_error(error, "%s:1: no column '%s'", csv->path, name);
	return -1;
}
