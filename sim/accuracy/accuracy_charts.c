// SPDX-License-Identifier: GPL-2.0-or-later
/* Charts: published against predicted, and what contention costs. */
#include "sim/accuracy/accuracy.h"

#include "sim/base/error.h"
#include "sim/base/writer.h"
#include "sim/report/chart_draw.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

static json_t *cells_of(const json_t *accuracy)
{
	return json_object_get(accuracy, "cells");
}

/* Ticks of the timer behind a second, of the run of @cell. */
static double timer_hz(const json_t *accuracy, const json_t *cell)
{
	const char *id = json_string_at(cell, "run");
	json_t *run;
	size_t i;

	json_array_foreach (json_object_get(accuracy, "runs"), i, run) {
		if (!strcmp(json_string_at(run, "id"), id))
			return json_number_at(run, "timer_hz");
	}
	return 0;
}

/* What makes seconds of a cell's figures; 0: it is no time. */
static double seconds_of(const json_t *accuracy, const json_t *cell)
{
	const char *unit = json_string_at(cell, "unit");

	if (!strcmp(unit, "us"))
		return 1e-6;
	if (!strcmp(unit, "s"))
		return 1;
	double hz = strcmp(unit, "ticks") ? 0 : timer_hz(accuracy, cell);

	return hz > 0 ? 1 / hz : 0;
}

/* --- published against predicted --------------------------------------------------------- */

struct points {
	const char *name;
	const char *use; /* of its cells; NULL: those of which a bound is published */
};

static const struct points kinds[] = {
	{"check cells", "check"},
	{"fit cells", "fit"},
	{"published as a lower bound", NULL},
};

static bool is_in(const struct points *one, const json_t *cell)
{
	bool bound = json_is_number(json_object_get(cell, "above"));

	if (!json_is_object(json_object_get(cell, "simulated")))
		return false;
	return one->use ? !bound && !strcmp(json_string_at(cell, "use"), one->use) : bound;
}

static unsigned put_points(GString *out, const json_t *accuracy, const struct points *one,
			   bool times)
{
	unsigned n = 0;
	json_t *cell;
	size_t i;

	json_array_foreach (cells_of(accuracy), i, cell) {
		double seconds = seconds_of(accuracy, cell);
		bool ratio = !*json_string_at(cell, "unit");
		double by = times ? seconds : 1;
		json_t *published = json_object_get(cell, "published");
		size_t boots = json_array_size(published);

		if (!is_in(one, cell) || (times ? seconds <= 0 : !ratio))
			continue;
		double bound = json_number_at(cell, "above");
		double median = boots ? json_number_at(cell, "published_median") : bound;
		double low = boots ? json_number_value(json_array_get(published, 0)) : bound;
		double high =
			boots ? json_number_value(json_array_get(published, boots - 1)) : bound;

		g_string_append_printf(
			out, "%.6g %.6g %.6g %.6g %.6g %.6g \"%s\"\n", median * by, low * by,
			high * by, json_number_at(cell, "simulated/median") * by,
			json_number_at(cell, "simulated/min") * by,
			json_number_at(cell, "simulated/max") * by, json_string_at(cell, "id"));
		n++;
	}
	return n;
}

/* Blocks of times, then of ratios. False if there is nothing to show. */
static bool put_against(GString *out, const json_t *accuracy)
{
	unsigned n = 0;

	for (unsigned i = 0; i < 2 * G_N_ELEMENTS(kinds); i++) {
		const struct points *one = &kinds[i % G_N_ELEMENTS(kinds)];

		g_string_append_printf(out, "%s\"%s\"\n", i ? "\n\n" : "", one->name);
		unsigned points = put_points(out, accuracy, one, i < G_N_ELEMENTS(kinds));

		if (!points)
			g_string_append(out, "NaN NaN NaN NaN NaN NaN \"\"\n");
		n += points;
	}
	return n;
}

/* --- contention -------------------------------------------------------------------------- */

static size_t group_length(const json_t *cell)
{
	const char *id = json_string_at(cell, "id"), *slash = strrchr(id, '/');

	return slash ? (size_t)(slash - id) : strlen(id);
}

static bool same_curve(const json_t *a, const json_t *b)
{
	size_t length = group_length(a);

	return length == group_length(b) &&
	       !strncmp(json_string_at(a, "id"), json_string_at(b, "id"), length);
}

static bool is_on_curve(const json_t *cell)
{
	return json_number_at(cell, "jobs") > 0 &&
	       json_is_object(json_object_get(cell, "simulated"));
}

/* Jobs, million loops a second as published, simulated (median, lowest, highest), waiting. */
static void put_curve(GString *out, const json_t *accuracy, const json_t *first)
{
	json_t *cell;
	size_t i;

	g_string_append_printf(out, "%s\"%.*s (%s)\"\n", out->len ? "\n\n" : "",
			       (int)group_length(first), json_string_at(first, "id"),
			       json_string_at(first, "model"));
	json_array_foreach (cells_of(accuracy), i, cell) {
		double jobs = json_number_at(cell, "jobs");

		if (!is_on_curve(cell) || !same_curve(cell, first))
			continue;
		g_string_append_printf(out, "%g %.6g %.6g %.6g %.6g %.6g\n", jobs,
				       jobs / json_number_at(cell, "published_median"),
				       jobs / json_number_at(cell, "simulated/median"),
				       jobs / json_number_at(cell, "simulated/max"),
				       jobs / json_number_at(cell, "simulated/min"),
				       json_number_at(cell, "waiting_percent"));
	}
}

static bool put_contention(GString *out, const json_t *accuracy)
{
	json_t *cells = cells_of(accuracy), *cell;
	size_t i;

	json_array_foreach (cells, i, cell) {
		bool first = is_on_curve(cell);

		for (size_t k = 0; first && k < i; k++)
			first = !is_on_curve(json_array_get(cells, k)) ||
				!same_curve(json_array_get(cells, k), cell);
		if (first)
			put_curve(out, accuracy, cell);
	}
	return out->len;
}

/* ---------------------------------------------------------------------------------------------- */

static bool put_file(const char *folder, const char *name, const char *text, GError **error)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);

	return writer_put_file(path, text, error);
}

/* What style.gp loads. */
static bool write_run(const char *folder, const json_t *accuracy, GError **error)
{
	bool quick = json_is_true(json_at(accuracy, "effort/quick"));
	unsigned layouts = (unsigned)json_number_at(accuracy, "effort/layouts");
	g_autofree char *text = g_strdup_printf(
		"# SPDX-License-Identifier: GPL-2.0-or-later\n"
		"# What differs from run to run; style.gp loads it.\n"
		"what = 'median and range over %u boot layout%s%s'\n",
		layouts, layouts == 1 ? "" : "s", quick ? ", quick: extended from short runs" : "");

	return put_file(folder, "run.gp", text, error);
}

static const struct {
	const char *name;
	bool (*put)(GString *out, const json_t *accuracy);
} charts[] = {
	{"published-against-predicted", put_against},
	{"contention", put_contention},
};

/* The names of what there is to draw are added to @names. */
static bool write_charts(const char *folder, const json_t *accuracy, GPtrArray *names,
			 GError **error)
{
	if (!write_run(folder, accuracy, error) || !chart_write_script(folder, "style", error))
		return false;
	for (unsigned i = 0; i < G_N_ELEMENTS(charts); i++) {
		g_autoptr(GString) data = g_string_new(NULL);
		g_autofree char *file = g_strconcat(charts[i].name, ".dat", NULL);

		if (!charts[i].put(data, accuracy))
			continue;
		if (!put_file(folder, file, data->str, error) ||
		    !chart_write_script(folder, charts[i].name, error))
			return false;
		g_ptr_array_add(names, (char *)charts[i].name);
	}
	return true;
}

bool accuracy_charts(const char *path, const json_t *accuracy, bool png, GPtrArray *messages,
		     GError **error)
{
	g_autofree char *folder = g_build_filename(path, "plots", NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	if (g_mkdir(folder, 0777) && errno != EEXIST) {
		set_io_error(error, "%s: %s", folder, g_strerror(errno));
		return false;
	}
	if (!write_charts(folder, accuracy, names, error))
		return false;
	charts_draw(folder, names, png, messages);
	return true;
}
