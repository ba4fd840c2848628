// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/result.h"

#include "sim/base/error.h"

#include <string.h>

/* Options that say where a result goes or how it is made, and nothing about what is in it. */
static const struct {
	const char *name;
	bool has_value;
} place_options[] = {{"-o", true},	 {"--output", true}, {"--ops", true},
		     {"--events", true}, {"--json", true},   {"--force", false},
		     {"--jobs", true},	 {"-j", true},	     {"--breakdown", false},
		     {"--answers", true}};

/* How many arguments the option at argv[0] takes up if it is one that says where; 0: it is not. */
static int place_option(char *const *argv)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(place_options); i++) {
		size_t length = strlen(place_options[i].name);

		if (strncmp(argv[0], place_options[i].name, length))
			continue;
		if (!argv[0][length])
			return place_options[i].has_value ? 2 : 1;
		/* --ops=FILE, -oFILE */
		if (place_options[i].has_value &&
		    (argv[0][length] == '=' || !g_str_has_prefix(argv[0], "--")))
			return 1;
	}
	return 0;
}

/* Leave out the folders of a path, also in "--option=path". */
static void append_argument(GString *text, const char *argument)
{
	const char *slash = strrchr(argument, '/');
	size_t keep = 0;

	if (slash) {
		const char *equals = g_strrstr_len(argument, slash - argument, "=");

		keep = equals ? (size_t)(equals + 1 - argument) : 0;
	}
	g_string_append_c(text, ' ');
	g_string_append_len(text, argument, (gssize)keep);
	g_string_append(text, slash ? slash + 1 : argument);
}

struct variant_result variant_result_of(const struct variant_run *run)
{
	const struct variant_spec *spec = run->spec;

	return (struct variant_result){
		.name = spec->name,
		.column = spec->column,
		.axes = (const char *const *)spec->axes,
		.values = (const char *const *)spec->values,
		.model_ops = run->model_ops,
		.params = run->params,
		.source = spec->shown_as ? spec->shown_as : spec->source,
		.ops_digest = run->ops_digest,
		.workload = run->workload,
		.seed = spec->seed,
		.order = spec->order,
		.cpus = run->cpus,
		.vstart = run->vstart,
		.vend = run->vend,
		.lazy_max_pages = run->lazy_max_pages,
		.memory = run->memory,
		.recorded = run->recorded,
		.machine_record = run->model_ops->replays ? spec->machine_record : NULL,
		.profile = run->profile_name,
		.profile_digest = run->profile_digest,
		.profile_rests_on = run->profile_rests_on,
		.clock_hz = run->clock_hz,
		.timer_hz = run->timer_hz,
		.totals = &run->totals,
		.figures = run->figures,
		.faults = run->faults,
		.warnings = run->warnings,
	};
}

char *result_command_text(int argc, char *const *argv)
{
	GString *text = g_string_new("kmsim");

	for (int i = 1; i < argc;) {
		int skip = place_option(&argv[i]);

		if (!skip)
			append_argument(text, argv[i++]);
		i += skip;
	}
	return g_string_free(text, FALSE);
}

json_t *result_json(const struct manifest *manifest, json_t *const *variants, size_t n_variants)
{
	json_t *array = json_array(), *figures = json_array();

	for (size_t i = 0; i < n_variants; i++)
		json_array_append(array, variants[i]);
	for (const char *const *figure = manifest->figures; figure && *figure; figure++)
		json_array_append_new(figures, json_string(*figure));
	return json_pack("{s:i, s:{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}, s:o}", "kmsim_result",
			 RESULT_VERSION, "manifest", "version", KMSIM_VERSION, "command",
			 json_text_or_empty(manifest->command), "scenario",
			 json_text_or_empty(manifest->scenario), "scenario_digest",
			 json_text_or_empty(manifest->scenario_digest), "question",
			 json_text_or_empty(manifest->question), "figures", figures, "imports",
			 manifest->imports ? json_incref(manifest->imports) : json_array(),
			 "failed", manifest->failed ? json_incref(manifest->failed) : json_array(),
			 "variants", array);
}

gboolean result_write_json(const struct result_dir *dir, const json_t *result, GError **error)
{
	g_autofree char *path = g_build_filename(result_dir_path(dir), "result.json", NULL);
	g_autofree char *text = json_text(result);

	return writer_put_file(path, text, error);
}

static bool check_result(const json_t *root, const char *path, GError **error)
{
	json_t *version = json_object_get(root, "kmsim_result");
	json_t *variants = json_object_get(root, "variants"), *variant;
	size_t i;

	if (!json_is_integer(version)) {
		set_input_error(error, "%s: not a kmsim result: no key 'kmsim_result'", path);
		return false;
	}
	if (json_integer_value(version) != RESULT_VERSION) {
		set_input_error(error,
				"%s: result version %" JSON_INTEGER_FORMAT
				", this program reads version %d",
				path, json_integer_value(version), RESULT_VERSION);
		return false;
	}
	if (!json_is_object(json_object_get(root, "manifest")) || !json_array_size(variants)) {
		set_input_error(error, "%s: no manifest or no variants", path);
		return false;
	}
	json_array_foreach (variants, i, variant) {
		if (!*json_string_at(variant, "name") || !*json_string_at(variant, "folder")) {
			set_input_error(error, "%s: variant %zu has no name or folder", path, i);
			return false;
		}
	}
	return true;
}

json_t *result_load(const char *path, GError **error)
{
	g_autofree char *file = g_build_filename(path, "result.json", NULL);
	json_t *root = json_read(file, error);

	if (root && !check_result(root, file, error))
		g_clear_pointer(&root, json_decref);
	return root;
}
