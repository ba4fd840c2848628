// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/commands.h"
#include "sim/cli/run_options.h"

static int replay(struct run_options *options, const char *trace, const char *model, int argc,
		  char **argv, GError **error)
{
	g_autofree char *command = run_command_text(argc, argv);
	struct variant_spec spec = {
		.name = g_strdup(model),
		.model = g_strdup(model),
		.source = g_strdup(trace),
		.shown_as = g_path_get_basename(trace),
	};
	struct session session = {.specs = &spec, .n = 1, .manifest = {.command = command}};
	int status = EXIT_USAGE;

	run_options_session(options, &session);
	if (run_options_apply(options, &spec, error))
		status = session_run(&session, error);
	variant_spec_clear(&spec);
	return status;
}

static int run(const struct command *command, int argc, char **argv, GError **error)
{
	g_auto(GStrv) original = g_strdupv(argv);
	struct run_options options = {0};
	char *model = NULL;
	const GOptionEntry entries[] = {
		{"model", 'm', 0, G_OPTION_ARG_STRING, &model, "the model and its parameters",
		 "NAME[,key=value…]"},
		RUN_ENTRIES(options),
		{"ops", 0, 0, G_OPTION_ARG_FILENAME, &options.ops, "write a line an op to FILE",
		 "FILE.csv"},
		{"events", 0, 0, G_OPTION_ARG_FILENAME, &options.events,
		 "write what the model tells as tracefs text to FILE", "FILE"},
		{"image", 0, 0, G_OPTION_ARG_FILENAME, &options.image,
		 "begin with the zone image in FILE", "FILE.json"},
		{"image-out", 0, 0, G_OPTION_ARG_FILENAME, &options.image_out,
		 "write the zones' state at the end to FILE", "FILE.json"},
		OUT_ENTRIES(options),
		BREAKDOWN_ENTRY(options),
		G_OPTION_ENTRY_NULL};
	int status = EXIT_USAGE, original_argc = argc;

	if (cli_parse(command, entries, &argc, &argv, 1, 1, error) &&
	    cli_load_plugins(options.plugins, error)) {
		if (model)
			status = replay(&options, argv[1], model, original_argc, original, error);
		else
			set_usage_error(error, "--model is missing; kmsim models lists them");
	}
	g_free(model);
	run_options_clear(&options);
	return status;
}

const struct command command_replay = {
	.name = "replay",
	.arguments = "TRACE",
	.summary = "replay a trace on one model",
	.run = run,
};
