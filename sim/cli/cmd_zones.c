// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/commands.h"

#include "sim/base/units.h"
#include "sim/report/result.h"
#include "sim/report/zone_states.h"

#include <stdio.h>
#include <string.h>

/* The variant called @name; the first where that is NULL. NULL with the error set. */
static const json_t *find_variant(const json_t *result, const char *name, GError **error)
{
	json_t *variants = json_object_get(result, "variants"), *variant;
	g_autoptr(GString) names = g_string_new(NULL);
	size_t i;

	json_array_foreach (variants, i, variant) {
		if (!name || !strcmp(json_string_at(variant, "name"), name))
			return variant;
		g_string_append_printf(names, "\n  %s", json_string_at(variant, "name"));
	}
	set_usage_error(error, "--variant %s: there is no such variant; there are:%s", name,
			names->str);
	return NULL;
}

/* Is @path the folder of a variant, inside of a result? */
static bool is_variant_folder(const char *path, const char *above)
{
	g_autofree char *inside = g_build_filename(path, "result.json", NULL);
	g_autofree char *outside = g_build_filename(above, "result.json", NULL);

	return !g_file_test(inside, G_FILE_TEST_EXISTS) && g_file_test(path, G_FILE_TEST_IS_DIR) &&
	       g_file_test(outside, G_FILE_TEST_EXISTS);
}

static bool show(const char *path, const char *name, uint64_t ops, enum zone_format format,
		 GError **error)
{
	json_t *result = result_load(path, error);
	const json_t *variant = result ? find_variant(result, name, error) : NULL;
	uint64_t at_ops = 0;
	g_autofree char *text =
		variant ? zone_state_text(path, variant, ops, format, &at_ops, error) : NULL;

	if (text) {
		fputs(text, stdout);
		fprintf(stderr, "%s, after %" G_GUINT64_FORMAT " ops\n",
			json_string_at(variant, "name"), at_ops);
	}
	json_decref(result);
	return text != NULL;
}

static int run(const struct command *command, int argc, char **argv, GError **error)
{
	g_autofree char *variant = NULL, *at = NULL, *format_name = NULL;
	const GOptionEntry entries[] = {
		{"variant", 0, 0, G_OPTION_ARG_STRING, &variant,
		 "which variant (default: the first)", "NAME"},
		{"at", 0, 0, G_OPTION_ARG_STRING, &at,
		 "the last sample that is not after so many ops (default: the end)", "OPS"},
		{"format", 0, 0, G_OPTION_ARG_STRING, &format_name,
		 "buddyinfo (default), pagetypeinfo, extfrag, unusable", "FORMAT"},
		G_OPTION_ENTRY_NULL};
	enum zone_format format = ZONES_BUDDYINFO;
	uint64_t ops = UINT64_MAX;

	if (!cli_parse(command, entries, &argc, &argv, 1, 1, error) ||
	    (format_name && !zone_format_find(format_name, &format, error)))
		return EXIT_USAGE;
	if (at && !parse_u64(at, &ops)) {
		set_usage_error(error, "--at %s: expected a number of ops", at);
		return EXIT_USAGE;
	}
	g_autofree char *above = g_path_get_dirname(argv[1]);
	const char *path = argv[1];

	if (!variant && is_variant_folder(path, above)) {
		variant = g_path_get_basename(path);
		path = above;
	}
	return show(path, variant, ops, format, error) ? EXIT_DONE : EXIT_USAGE;
}

const struct command command_zones = {
	.name = "zones",
	.arguments = "RESULT | RESULT/VARIANT",
	.summary = "a sampled state of a machine's zones, as the kernel prints it",
	.run = run,
};
