/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_ACCURACY_CELLS_READ_H
#define KMSIM_ACCURACY_CELLS_READ_H

/* Reading a file of cells: what its parts share. Errors are KMSIM_ERROR_INPUT, without the file. */

#include "sim/accuracy/cells.h"

/* In a file's words, by enum; CELL_USES and MEASURES of them. */
extern const char *const cell_use_names[];
extern const char *const cell_measure_names[];

/* -1 with the error set if there is no such cell so far. */
int cells_find(const struct cells *cells, const json_t *id, GError **error);

/* Which of @n @words stands at @key. False with the error set if it is none. */
bool cells_read_word(const json_t *object, const char *key, const char *const *words, unsigned n,
		     unsigned *index, GError **error);

/* False with the error set if @object is none, or has a key beside those of @known. */
bool cells_check_keys(const json_t *object, const char *const *known, GError **error);

/* False with the error set if there is a @key in @object that is no list. */
bool cells_check_list(const json_t *object, const char *key, GError **error);

/* The lists "orderings" and "fits" of the file, whose cells have been read. */
bool cells_read_orderings(struct cells *cells, const json_t *root, GError **error);
bool cells_read_fits(struct cells *cells, const json_t *root, GError **error);

#endif
