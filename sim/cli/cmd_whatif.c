// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/commands.h"
#include "sim/cli/run_options.h"

#include "sim/base/reader.h"
#include "sim/trace/import/import.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

/* The recordings as traces that can be read once a model. */
struct inputs {
	char *folder; /* temporary, for what had to be imported */
	GPtrArray *paths, *names;
	json_t *accounts; /* of the imports */
};

/* "A,k=v,B,…": a token with '=' belongs to the model before it. NULL with the error set. */
static char **split_models(const char *text, GError **error)
{
	g_auto(GStrv) tokens = g_strsplit(text, ",", -1);
	GPtrArray *models = g_ptr_array_new_with_free_func(g_free);

	for (unsigned i = 0; tokens[i]; i++) {
		bool pair = strchr(tokens[i], '=') != NULL;

		if (!*tokens[i] || (pair && !models->len)) {
			set_usage_error(error, "--models %s: expected A,key=value,B,…", text);
			g_ptr_array_unref(models);
			return NULL;
		}
		if (!pair) {
			g_ptr_array_add(models, g_strdup(tokens[i]));
			continue;
		}
		char **last = (char **)&g_ptr_array_index(models, models->len - 1);
		char *longer = g_strdup_printf("%s,%s", *last, tokens[i]);

		g_free(*last);
		*last = longer;
	}
	g_ptr_array_add(models, NULL);
	return (char **)g_ptr_array_free(models, FALSE);
}

static bool is_trace(const char *path, bool *trace, GError **error)
{
	*trace = false;
	if (g_file_test(path, G_FILE_TEST_IS_DIR))
		return true; /* the importer knows them */
	struct reader *reader = reader_open(path, error);
	size_t length;
	const char *text = reader ? reader_peek(reader, &length, error) : NULL;

	if (text)
		*trace = import_recognise(text, length) == IMPORT_KMSIM;
	reader_close(reader);
	return text != NULL;
}

/* A pipe can be read once only: keep what it gives. NULL with the error set. To be freed. */
static char *spool(struct inputs *inputs, const char *path, GError **error)
{
	char *copy = g_strdup_printf("%s/pipe-%u", inputs->folder, inputs->paths->len);
	FILE *in = strcmp(path, "-") ? g_fopen(path, "rb") : stdin, *out = g_fopen(copy, "wb");
	char buffer[65536];
	size_t got;

	while (in && out && (got = fread(buffer, 1, sizeof(buffer), in)) > 0)
		fwrite(buffer, 1, got, out);
	bool failed = !in || !out || ferror(in) || ferror(out);

	failed |= out && fclose(out);
	if (in && in != stdin)
		fclose(in);
	if (failed) {
		set_io_error(error, "%s: cannot be read: %s", path, g_strerror(errno));
		g_clear_pointer(&copy, g_free);
	}
	return copy;
}

static bool import_one(struct inputs *inputs, const char *path, const char *vmallocinfo,
		       GError **error)
{
	char *trace = g_strdup_printf("%s/%u.jsonl", inputs->folder, inputs->paths->len);
	struct import_options options = {.vmallocinfo = vmallocinfo};
	struct import_account account;

	g_ptr_array_add(inputs->paths, trace);
	bool ok = import_recording(path, &options, trace, &account, error);

	if (ok) {
		g_autofree char *text = import_account_text(&account);
		json_t *json = import_account_json(&account);

		json_object_set_new(
			json, "source",
			json_string(g_ptr_array_index(inputs->names, inputs->names->len - 1)));
		json_array_append_new(inputs->accounts, json);
		printf("%s\n", text);
	}
	import_account_clear(&account);
	return ok;
}

static bool prepare(struct inputs *inputs, char **paths, const char *vmallocinfo, GError **error)
{
	GError *cause = NULL;

	inputs->paths = g_ptr_array_new_with_free_func(g_free);
	inputs->names = g_ptr_array_new_with_free_func(g_free);
	inputs->accounts = json_array();
	inputs->folder = g_dir_make_tmp("kmsim-XXXXXX", &cause);
	if (!inputs->folder) {
		set_io_error(error, "%s", cause->message);
		g_error_free(cause);
		return false;
	}
	for (; *paths; paths++) {
		bool pipe = !strcmp(*paths, "-") || (g_file_test(*paths, G_FILE_TEST_EXISTS) &&
						     !g_file_test(*paths, G_FILE_TEST_IS_REGULAR) &&
						     !g_file_test(*paths, G_FILE_TEST_IS_DIR));
		g_autofree char *path = pipe ? spool(inputs, *paths, error) : g_strdup(*paths);
		bool trace;

		g_ptr_array_add(inputs->names, g_path_get_basename(*paths));
		if (!path || !is_trace(path, &trace, error))
			return false;
		if (trace)
			g_ptr_array_add(inputs->paths, g_strdup(path));
		else if (!import_one(inputs, path, vmallocinfo, error))
			return false;
	}
	return true;
}

static void clean_up(struct inputs *inputs)
{
	g_autoptr(GDir) folder = inputs->folder ? g_dir_open(inputs->folder, 0, NULL) : NULL;
	const char *name;

	while (folder && (name = g_dir_read_name(folder))) {
		g_autofree char *path = g_build_filename(inputs->folder, name, NULL);

		g_unlink(path);
	}
	if (inputs->folder)
		g_rmdir(inputs->folder);
	g_free(inputs->folder);
	g_clear_pointer(&inputs->paths, g_ptr_array_unref);
	g_clear_pointer(&inputs->names, g_ptr_array_unref);
	json_decref(inputs->accounts);
}

static void clear_spec(void *spec)
{
	variant_spec_clear(spec);
}

/* Every recording with every model. */
static GArray *make_specs(const struct run_options *options, const struct inputs *inputs,
			  char **models, GError **error)
{
	GArray *specs = g_array_new(FALSE, TRUE, sizeof(struct variant_spec));

	g_array_set_clear_func(specs, clear_spec);
	for (unsigned i = 0; i < inputs->paths->len; i++) {
		const char *shown_as = g_ptr_array_index(inputs->names, i);

		for (char **model = models; *model; model++) {
			struct variant_spec spec = {
				.name = inputs->paths->len > 1 ? g_strdup_printf("%u-%s,%s", i + 1,
										 shown_as, *model)
							       : g_strdup(*model),
				.model = g_strdup(*model),
				.source = g_strdup(g_ptr_array_index(inputs->paths, i)),
				.shown_as = g_strdup(shown_as),
			};
			bool ok = run_options_apply(options, &spec, error);

			g_array_append_val(specs, spec);
			if (!ok) {
				g_array_unref(specs);
				return NULL;
			}
		}
	}
	return specs;
}

static char *default_out(const struct inputs *inputs)
{
	const char *name = g_ptr_array_index(inputs->names, 0);
	size_t stem = strcspn(name, ".");

	return g_strdup_printf("whatif-%.*s", stem ? (int)stem : (int)strlen(name),
			       strcmp(name, "-") ? name : "stdin");
}

static int whatif(const struct run_options *options, const struct inputs *inputs, char **models,
		  const char *command, GError **error)
{
	GArray *specs = make_specs(options, inputs, models, error);

	if (!specs)
		return EXIT_USAGE;
	g_autofree char *out_name = default_out(inputs);
	struct session session = {
		.specs = (const struct variant_spec *)(void *)specs->data,
		.n = specs->len,
		.manifest = {.command = command, .imports = inputs->accounts},
		.out_name = out_name,
	};

	run_options_session(options, &session);
	int status = session_run(&session, error);

	g_array_unref(specs);
	return status;
}

/* Before the recordings are imported, which may take long. */
static bool check_models(const struct run_options *options, char **models, GError **error)
{
	for (char **model = models; *model; model++) {
		struct variant_spec spec = {.model = g_strdup(*model)};
		bool ok = run_options_apply(options, &spec, error) && variant_check(&spec, error);

		variant_spec_clear(&spec);
		if (!ok)
			return false;
		for (char **other = models; other != model; other++) {
			if (!strcmp(*other, *model)) {
				set_usage_error(error, "--models: '%s' is there twice", *model);
				return false;
			}
		}
	}
	return true;
}

static int run(const struct command *command, int argc, char **argv, GError **error)
{
	g_autofree char *text = run_command_text(argc, argv);
	struct run_options options = {0};
	char *models_text = NULL, *vmallocinfo = NULL;
	const GOptionEntry entries[] = {
		{"models", 'm', 0, G_OPTION_ARG_STRING, &models_text,
		 "the models; the first is the baseline (default vmap-busylist,vmap-augtree)",
		 "A,k=v,B,…"},
		{"vmallocinfo", 0, 0, G_OPTION_ARG_FILENAME, &vmallocinfo,
		 "snapshot of /proc/vmallocinfo taken before the recording", "FILE"},
		RUN_ENTRIES(options),
		{"with-ops", 0, 0, G_OPTION_ARG_NONE, &options.with_ops,
		 "keep an ops.csv of every variant", NULL},
		OUT_ENTRIES(options),
		G_OPTION_ENTRY_NULL};
	struct inputs inputs = {0};
	char **models = NULL;
	int status = EXIT_USAGE;

	if (cli_parse(command, entries, &argc, &argv, 1, 0, error) &&
	    cli_load_plugins(options.plugins, error) &&
	    (models = split_models(models_text ? models_text : "vmap-busylist,vmap-augtree",
				   error)) &&
	    check_models(&options, models, error) && prepare(&inputs, argv + 1, vmallocinfo, error))
		status = whatif(&options, &inputs, models, text, error);
	clean_up(&inputs);
	g_strfreev(models);
	g_free(models_text);
	g_free(vmallocinfo);
	run_options_clear(&options);
	return status;
}

const struct command command_whatif = {
	.name = "whatif",
	.arguments = "RECORDING…",
	.summary = "several models on one recording: table and charts",
	.run = run,
};
