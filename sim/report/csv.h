/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_REPORT_CSV_H
#define KMSIM_REPORT_CSV_H

#include <glib.h>
#include <stdint.h>

/* The CSV files of a result, read back: a header line, fields without quotes or commas. */
struct csv {
	char *path;
	char **header;
	GPtrArray *rows; /* of char **, as many fields as the header has */
};

/* NULL with the error set: KMSIM_ERROR_IO; KMSIM_ERROR_INPUT for a line of another length. */
struct csv *csv_load(const char *path, GError **error);
void csv_free(struct csv *csv);

/* Index of the column @name; −1 with the error set (KMSIM_ERROR_INPUT) if there is none. */
int csv_column(const struct csv *csv, const char *name, GError **error);

static inline const char *csv_text(const struct csv *csv, guint row, int column)
{
	return ((char **)csv->rows->pdata[row])[column];
}

static inline uint64_t csv_u64(const struct csv *csv, guint row, int column)
{
	return g_ascii_strtoull(csv_text(csv, row, column), NULL, 0);
}

#endif
