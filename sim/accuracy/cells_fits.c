// SPDX-License-Identifier: GPL-2.0-or-later
/* What a file of cells says of its cells: which is larger, and what may be fitted to them. */
#include "sim/accuracy/cells_read.h"

#include "sim/base/error.h"

#include <string.h>

static bool read_ordering(const struct cells *cells, const json_t *object,
			  struct ordering *ordering, GError **error)
{
	static const char *const by[] = {"median", "spread"};
	static const char *const keys[] = {"of", "by", NULL};
	json_t *of = json_object_get(object, "of");
	unsigned index = 0;

	if (!cells_check_keys(object, keys, error))
		return false;
	if (json_array_size(of) != 2) {
		set_input_error(error, "field 'of': expected two cells");
		return false;
	}
	for (unsigned i = 0; i < 2; i++) {
		int cell = cells_find(cells, json_array_get(of, i), error);

		if (cell < 0)
			return false;
		ordering->of[i] = (unsigned)cell;
		if (cells_cell(cells, ordering->of[i])->use == CELL_PART) {
			set_input_error(error, "'%s': nothing is published of a part",
					cells_cell(cells, ordering->of[i])->id);
			return false;
		}
	}
	if (json_object_get(object, "by") && !cells_read_word(object, "by", by, 2, &index, error))
		return false;
	ordering->by_spread = index;
	return true;
}

static bool read_paths(const json_t *list, struct fit *fit, GError **error)
{
	GPtrArray *paths = g_ptr_array_new();
	size_t i;
	json_t *path;

	json_array_foreach (list, i, path) {
		if (json_is_string(path))
			g_ptr_array_add(paths, g_strdup(json_string_value(path)));
	}
	bool ok = i && paths->len == i;

	g_ptr_array_add(paths, NULL);
	g_ptr_array_add(fit->parameters, g_ptr_array_free(paths, FALSE));
	if (!ok)
		set_input_error(error, "field 'parameters': expected lists of paths");
	return ok;
}

static bool may_be_fitted(const struct cells *cells, const struct cell *cell, const char *profile,
			  GError **error)
{
	bool of_profile = cell->measure != MEASURE_RATIO &&
			  !strcmp(cells_run(cells, cell->run)->profile, profile);

	if (cell->use != CELL_FIT || !cell->n_published)
		set_input_error(error, "'%s' is no fit cell", cell->id);
	else if (!of_profile)
		set_input_error(error, "'%s' is no figure of a run on that profile", cell->id);
	return cell->use == CELL_FIT && cell->n_published && of_profile;
}

static bool read_fit(const struct cells *cells, const char *profile, const json_t *object,
		     struct fit *fit, GError **error)
{
	static const char *const keys[] = {"cells", "parameters", NULL};
	size_t i;
	json_t *json;

	fit->profile = g_strdup(profile);
	fit->cells = g_array_new(FALSE, FALSE, sizeof(unsigned));
	fit->parameters = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
	if (!cells_check_keys(object, keys, error))
		return false;
	json_array_foreach (json_object_get(object, "cells"), i, json) {
		int cell = cells_find(cells, json, error);

		if (cell < 0)
			return false;
		if (!may_be_fitted(cells, cells_cell(cells, (unsigned)cell), profile, error))
			return false;
		g_array_append_vals(fit->cells, &(unsigned){(unsigned)cell}, 1);
	}
	json_array_foreach (json_object_get(object, "parameters"), i, json) {
		if (!read_paths(json, fit, error))
			return false;
	}
	if (!fit->cells->len || !fit->parameters->len)
		set_input_error(error, "expected 'cells' and 'parameters', neither of them empty");
	return fit->cells->len && fit->parameters->len;
}

bool cells_read_orderings(struct cells *cells, const json_t *root, GError **error)
{
	size_t i;
	json_t *json;

	if (!cells_check_list(root, "orderings", error))
		return false;
	json_array_foreach (json_object_get(root, "orderings"), i, json) {
		struct ordering ordering = {0};

		if (!read_ordering(cells, json, &ordering, error)) {
			g_prefix_error(error, "orderings[%zu]: ", i);
			return false;
		}
		g_array_append_val(cells->orderings, ordering);
	}
	return true;
}

bool cells_read_fits(struct cells *cells, const json_t *root, GError **error)
{
	json_t *fits = json_object_get(root, "fits"), *json;
	const char *key;

	if (fits && !json_is_object(fits)) {
		set_input_error(error, "field 'fits': expected an object");
		return false;
	}
	json_object_foreach (fits, key, json) {
		struct fit fit = {0};
		bool ok = read_fit(cells, key, json, &fit, error);

		g_array_append_val(cells->fits, fit);
		if (!ok) {
			g_prefix_error(error, "fits.%s: ", key);
			return false;
		}
	}
	return true;
}
