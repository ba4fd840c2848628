// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/commands.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/run_options.h"

#include "models/registry.h"
#include "sim/fidelity/kernel_version.h"
#include "sim/fidelity/machine_state.h"
#include "sim/scenario/recordings.h"

#include <stdio.h>
#include <string.h>

/* "A,k=v,B,…": a token with '=' belongs to the model before it. NULL with the error set. */
static char **split_models(const char *text, GError **error)
{
	g_auto(GStrv) tokens = g_strsplit(text, ",", -1);
	GPtrArray *models = g_ptr_array_new_with_free_func(g_free);

	for (unsigned i = 0; tokens[i]; i++) {
		bool pair = strchr(tokens[i], '=') != NULL;

		if (!*tokens[i] || (pair && !models->len)) {
			g_ptr_array_set_size(models, 0);
			break;
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
	if (!models->len) {
		set_usage_error(error, "--models %s: expected A,key=value,B,…", text);
		g_ptr_array_unref(models);
		return NULL;
	}
	g_ptr_array_add(models, NULL);
	return (char **)g_ptr_array_free(models, FALSE);
}

/* Every recording as a trace, NULL-terminated, borrowed; @out gets the accounts. NULL with the
 * error set. */
static const char **prepare(struct recordings *recordings, char **paths, const char *vmallocinfo,
			    FILE *out, GError **error)
{
	g_autofree const char **traces = g_new0(const char *, g_strv_length(paths) + 1);

	for (unsigned i = 0; paths[i]; i++) {
		g_autofree char *account = NULL;

		traces[i] = recordings_add(recordings, paths[i], vmallocinfo, &account, error);
		if (!traces[i])
			return NULL;
		if (account)
			fprintf(out, "%s\n", account);
	}
	return g_steal_pointer(&traces);
}

/* What is asked, and the recordings made ready for it. */
struct question {
	const struct run_options *options;
	const char *command; /* as the manifest has it */
	char **paths;
	const char **traces; /* of these, in their order */
	char **models;
	const struct recordings *recordings;
};

static void clear_spec(void *spec)
{
	variant_spec_clear(spec);
}

static struct variant_spec spec_of(const struct question *question, unsigned path,
				   const char *model)
{
	char *const *paths = question->paths;
	const char *trace = question->traces[path];
	g_autofree char *shown_as = g_path_get_basename(paths[path]);

	return (struct variant_spec){
		.name = paths[1] ? g_strdup_printf("%u-%s,%s", path + 1, shown_as, model)
				 : g_strdup(model),
		.model = g_strdup(model),
		.source = g_strdup(trace),
		.named = g_strdup(paths[path]),
		.shown_as = g_strdup(shown_as),
		.is_recording = true,
		.machine_record = recordings_record(question->recordings, trace),
	};
}

/* Every recording with every model. */
static GArray *make_specs(const struct question *question, GError **error)
{
	GArray *specs = g_array_new(FALSE, TRUE, sizeof(struct variant_spec));

	g_array_set_clear_func(specs, clear_spec);
	for (unsigned i = 0; question->paths[i]; i++) {
		for (char **model = question->models; *model; model++) {
			struct variant_spec spec = spec_of(question, i, *model);
			bool ok = run_options_apply(question->options, &spec, error);

			g_array_append_val(specs, spec);
			if (!ok) {
				g_array_unref(specs);
				return NULL;
			}
		}
	}
	return specs;
}

static char *default_out(const char *path)
{
	g_autofree char *name = g_path_get_basename(path);
	/* "trace.dat.zst" is a trace, but the name of a folder has no such ending */
	size_t stem = g_file_test(path, G_FILE_TEST_IS_DIR) ? strlen(name) : strcspn(name, ".");

	return g_strdup_printf("whatif-%.*s", stem ? (int)stem : (int)strlen(name),
			       strcmp(name, "-") ? name : "stdin");
}

static int whatif(const struct question *question, GError **error)
{
	GArray *specs = make_specs(question, error);

	if (!specs)
		return EXIT_USAGE;
	g_autofree char *out_name = default_out(question->paths[0]);
	struct session session = {
		.specs = (const struct variant_spec *)(void *)specs->data,
		.n = specs->len,
		.manifest = {.command = question->command,
			     .imports = recordings_accounts(question->recordings)},
		.out_name = out_name,
	};

	run_options_session(question->options, &session);
	int status = session_run(&session, error);

	g_array_unref(specs);
	return status;
}

/* Does one of them show what the recorded machine did? */
static bool any_replays(char *const *models)
{
	for (; *models; models++) {
		g_autofree char *name = g_strndup(*models, strcspn(*models, ","));
		const struct model_ops *ops = model_find(name, NULL);

		if (ops && ops->replays)
			return true;
	}
	return false;
}

/* Before the recordings are imported, which may take long. */
static bool check_models(const struct run_options *options, char **models, GError **error)
{
	for (char **model = models; *model; model++) {
		struct variant_spec spec = {.model = g_strdup(*model), .is_recording = true};
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

/* The version that the model @name has where none is asked for; NULL: it has none. */
static const char *default_version(const char *name)
{
	const struct model_ops *ops = model_find(name, NULL);

	for (const struct param *param = ops ? ops->params : NULL; param && param->name; param++) {
		if (!strcmp(param->name, "version"))
			return param->default_text;
	}
	return NULL;
}

/* A model of the recorded kernel's own allocator that was left at the rules of another kernel. */
static void tell_version(const char *path, char *const *models)
{
	static const char nodes[] = "vmap-nodes";
	g_autofree char *release = machine_release(path), *name = g_path_get_basename(path);
	const char *own = release ? kernel_version_of(release) : NULL;
	const char *usual = default_version(nodes);

	if (own && strcmp(own, usual) && g_strv_contains((const char *const *)models, nodes))
		fprintf(stderr,
			"note: %s: recorded on Linux %s; %s has the rules of %s, and "
			"%s,version=%s those of that kernel\n",
			name, release, nodes, usual, nodes, own);
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
		BREAKDOWN_ENTRY(options),
		JOBS_ENTRY(options),
		G_OPTION_ENTRY_NULL};
	struct recordings *recordings = recordings_new(interrupt_flag());
	g_autofree const char **traces = NULL;
	char **models = NULL;
	int status = EXIT_USAGE;

	run_options_init_jobs(&options);
	if (cli_parse(command, entries, &argc, &argv, 1, ANY_NUMBER, error) &&
	    run_options_check_jobs(&options, error) && cli_load_plugins(options.plugins, error) &&
	    (models = split_models(models_text ? models_text : "vmap-busylist,vmap-augtree",
				   error)) &&
	    check_models(&options, models, error)) {
		if (any_replays(models))
			recordings_want_records(recordings);
		traces = prepare(recordings, argv + 1, vmallocinfo,
				 g_strcmp0(options.json, "-") ? stdout : stderr, error);
	}
	for (char **path = argv + 1; traces && *path; path++)
		tell_version(*path, models);
	if (traces)
		status = whatif(
			&(struct question){&options, text, argv + 1, traces, models, recordings},
			error);
	recordings_free(recordings);
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
