// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/commands.h"

#include "sim/report/breakdown.h"
#include "sim/report/result.h"
#include "sim/report/section_text.h"

#include <stdio.h>
#include <string.h>

/* Where the cycles of each section went. NULL with the error set where there is none. */
static char *breakdown_text(const json_t *variant, GError **error)
{
	char *text = breakdown_sections_table(variant);

	if (*text)
		return text;
	g_free(text);
	set_usage_error(error, "%s: no section of it took any time",
			json_string_at(variant, "name"));
	return NULL;
}

/* Each variant called @name (NULL: all), with its name above where there are several. */
static char *text_of(const json_t *result, const char *name, enum section_format format,
		     bool breakdown, GError **error)
{
	json_t *variants = json_object_get(result, "variants"), *variant;
	bool headed = !name && json_array_size(variants) > 1;
	g_autoptr(GString) out = g_string_new(NULL);
	bool found = false;
	size_t i;

	json_array_foreach (variants, i, variant) {
		const char *called = json_string_at(variant, "name");

		if (name && strcmp(called, name))
			continue;
		g_autofree char *text = breakdown ? breakdown_text(variant, error)
						  : sections_text(variant, format, error);

		if (!text)
			return NULL;
		if (headed)
			g_string_append_printf(out, "%s# %s\n", found ? "\n" : "", called);
		g_string_append(out, text);
		found = true;
	}
	if (found)
		return g_string_free(g_steal_pointer(&out), FALSE);
	set_usage_error(error, "--variant %s: there is no such variant", name ? name : "");
	return NULL;
}

static int run(const struct command *command, int argc, char **argv, GError **error)
{
	g_autofree char *variant = NULL, *format_name = NULL;
	gboolean breakdown = FALSE;
	const GOptionEntry entries[] = {{"variant", 0, 0, G_OPTION_ARG_STRING, &variant,
					 "which variant (default: all)", "NAME"},
					{"format", 0, 0, G_OPTION_ARG_STRING, &format_name,
					 "table (default), csv, module (as test_vmalloc reports)",
					 "FORMAT"},
					{"breakdown", 0, 0, G_OPTION_ARG_NONE, &breakdown,
					 "where the time of an op goes, section by section", NULL},
					G_OPTION_ENTRY_NULL};
	enum section_format format = SECTIONS_TABLE;

	if (!cli_parse(command, entries, &argc, &argv, 1, 1, error) ||
	    (format_name && !section_format_find(format_name, &format, error)))
		return EXIT_USAGE;
	if (breakdown && format_name) {
		set_usage_error(error, "--breakdown has a format of its own: no --format");
		return EXIT_USAGE;
	}
	json_t *result = result_load(argv[1], error);
	g_autofree char *text = result ? text_of(result, variant, format, breakdown, error) : NULL;

	if (text)
		fputs(text, stdout);
	json_decref(result);
	return text ? EXIT_DONE : EXIT_USAGE;
}

const struct command command_sections = {
	.name = "sections",
	.arguments = "RESULT",
	.summary = "what ran between marks, and how long: a table, CSV, or as test_vmalloc reports",
	.run = run,
};
