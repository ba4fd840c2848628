// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/charts.h"

#include "sim/report/labels.h"

#include "sim/base/error.h"
#include "sim/base/writer.h"
#include "sim/report/chart_draw.h"
#include "sim/report/chart_parts.h"

#include <errno.h>
#include <glib/gstdio.h>

#define PANEL_NAME_MAX 110 /* characters, with room for "run 10 of 20" */

/* @text as a string of gnuplot. */
static char *quoted(const char *text, char quote)
{
	g_autofree char *plain = g_strdelimit(g_strdup(text), "'\"\\\n", ' ');

	return g_strdup_printf("%c%s%c", quote, plain, quote);
}

char *chart_quoted(const char *text)
{
	return quoted(text, '"');
}

char *chart_panel_name(const char *text)
{
	if (g_utf8_strlen(text, -1) <= PANEL_NAME_MAX)
		return chart_quoted(text);
	g_autofree char *begin = g_utf8_substring(text, 0, PANEL_NAME_MAX - 1);
	g_autofree char *cut = g_strconcat(begin, "…", NULL);

	return chart_quoted(cut);
}

/* What the pictures are of, in one line below their titles. */
static char *what_text(const struct chart_input *input)
{
	const json_t *first = input->variants[0];
	g_autofree char *source = common_source(input->variants, input->n);

	return g_strdup_printf("%s, %s%s%s", source, input->n > 1 ? "" : input->labels[0],
			       input->n > 1 ? "" : ", ", json_string_at(first, "profile"));
}

/* Names of the maps in their order, with what they leave out, as words of gnuplot. */
static char *map_titles(const struct chart_input *input)
{
	GString *words = g_string_new(NULL);

	for (size_t i = 0; i < input->n; i++) {
		double outside = json_number_at(input->variants[i], "address_map/outside_bytes");
		g_autofree char *size =
			g_format_size_full((guint64)outside, G_FORMAT_SIZE_IEC_UNITS);
		g_autofree char *title = outside > 0
						 ? g_strdup_printf("%s (up to %s lie elsewhere)",
								   input->labels[i], size)
						 : g_strdup(input->labels[i]);
		g_autofree char *word = quoted(title, '"');

		if (chart_has_panel(input, i, chart_has_map))
			g_string_append_printf(words, "%s%s", words->len ? " " : "", word);
	}
	return g_string_free(words, FALSE);
}

static gboolean write_run(const char *folder, const struct chart_input *input, GError **error)
{
	g_autofree char *path = g_build_filename(folder, "run.gp", NULL);
	g_autofree char *what = what_text(input);
	g_autofree char *what_quoted = quoted(what, '\'');
	g_autofree char *titles = map_titles(input);
	g_autofree char *text =
		g_strdup_printf("# SPDX-License-Identifier: GPL-2.0-or-later\n"
				"# What differs from run to run; style.gp loads it.\n"
				"what = %s\n"
				"x_title = '%s'\n"
				"x_end = %.6g\n"
				"map_base = '0x%" G_GINT64_MODIFIER "x'\n"
				"map_mib = %.6g\n"
				"map_titles = '%s'\n",
				what_quoted, input->x_title, input->x_max / input->x_unit,
				input->map_low, (double)input->map_bytes / (1 << 20), titles);

	return writer_put_file(path, text, error);
}

/*
 * The block of one variant; one without data keeps its place, so that it has the same colour in
 * every chart. 1 if there is any data, 0 if not, −1 with the error set.
 */
static int put_block(GString *out, const struct chart *chart, const struct chart_input *input,
		     size_t variant, GError **error)
{
	g_autoptr(GString) body = g_string_new(NULL);
	int put = chart->put(input, variant, body, error);

	if (put < 0 || (!put && (chart->matrix || chart->panels)))
		return put;
	const char *note = !put ? " (nothing to show)"
			   : chart->of_machine && variant_is_machine(input->variants[variant])
				   ? chart->of_machine
				   : NULL;
	g_autofree char *name = g_strconcat(input->labels[variant], note, NULL);
	g_autofree char *label = chart->panels ? chart_panel_name(name) : chart_quoted(name);

	g_string_append_printf(out, "%s%s%s\n%s", out->len ? "\n\n" : "", chart->matrix ? "# " : "",
			       label, put ? body->str : "NaN NaN NaN NaN\n");
	return put;
}

/* The blocks of all variants. 1 if there is any data, 0 if not, −1 with the error set. */
static int put_blocks(GString *out, const struct chart *chart, const struct chart_input *input,
		      GError **error)
{
	int any = 0;

	for (size_t i = 0; i < input->n; i++) {
		int put = put_block(out, chart, input, i, error);

		if (put < 0)
			return -1;
		any |= put;
	}
	return any;
}

/* Write a chart's data: 1 if there is any, 0 if not, −1 with the error set. */
static int write_data(const char *folder, const struct chart *chart,
		      const struct chart_input *input, GError **error)
{
	g_autofree char *name = g_strconcat(chart->name, ".dat", NULL);
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_autoptr(GString) out = g_string_new(NULL);
	int put = chart->put_all ? chart->put_all(input, out, error)
				 : put_blocks(out, chart, input, error);

	if (put <= 0)
		return put;
	return writer_put_file(path, out->str, error) ? 1 : -1;
}

/* Some charts have a panel for each of the first few variants. */
static void tell_panels(const char *of, size_t variants, GPtrArray *messages)
{
	if (variants > PANELS_MAX)
		chart_tell(
			messages,
			g_strdup_printf("charts of %s: panels for the first %u of %" G_GSIZE_FORMAT
					" variants",
					of, PANELS_MAX, variants));
}

/* Data and scripts; the names of what there is to draw in @names. */
static gboolean write_charts(const char *folder, const struct chart_input *input, GPtrArray *names,
			     GPtrArray *messages, GError **error)
{
	size_t with_pages = 0; /* which leave out charts of an address space, as anybody expects */
	size_t with_space = 0;

	for (size_t i = 0; i < input->n; i++) {
		with_pages += chart_knows_pages(input->variants[i]);
		with_space += chart_knows_space(input->variants[i]);
	}
	tell_panels("pages", with_pages, messages);
	tell_panels("address spaces", with_space, messages);
	if (!write_run(folder, input, error) || !chart_write_script(folder, "style", error))
		return FALSE;
	for (const struct chart *chart = charts; chart->name; chart++) {
		int put = write_data(folder, chart, input, error);

		if (put < 0)
			return FALSE;
		if (!put && (chart->quiet || with_pages))
			continue;
		if (!put) {
			chart_tell(messages,
				   g_strdup_printf("%s: nothing to show, left out", chart->name));
			continue;
		}
		if (!chart_write_script(folder, chart->name, error))
			return FALSE;
		g_ptr_array_add(names, (char *)chart->name);
	}
	return TRUE;
}

gboolean charts_make(const char *path, gboolean png, GPtrArray *messages, GError **error)
{
	g_autofree char *folder = g_build_filename(path, "plots", NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	struct chart_input input;

	if (!chart_input_load(&input, path, error))
		return FALSE;
	gboolean done = FALSE;

	if (g_mkdir(folder, 0777) && errno != EEXIST)
		set_io_error(error, "%s: %s", folder, g_strerror(errno));
	else
		done = write_charts(folder, &input, names, messages, error);
	if (done)
		charts_draw(folder, names, png, messages);
	chart_input_clear(&input);
	return done;
}
