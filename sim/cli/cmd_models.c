// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/commands.h"

#include "models/registry.h"

#include <stdio.h>

static char *range_text(const struct param *param)
{
	static const char *const types[] = {"number", "address", "", "text"};
	GString *text = g_string_new(NULL);

	g_string_append(text, types[param->type]);
	for (const struct param_word *word = param->words; word && word->name; word++)
		g_string_append_printf(text, "%s%s", text->len ? "|" : "", word->name);
	if (param->unit && param->type == PARAM_UINT)
		g_string_append_printf(text, " (%s)", param->unit);
	return g_string_free(text, FALSE);
}

static void print_params(const struct param *params)
{
	for (; params && params->name; params++) {
		g_autofree char *range = range_text(params);
		const char *otherwise =
			params->default_note ? params->default_note : "from the trace";

		printf("    %s=%s, default %s\n        %s\n", params->name, range,
		       params->default_text ? params->default_text : otherwise, params->help);
	}
}

static int run(const struct command *command, int argc, char **argv, GError **error)
{
	char **plugins = NULL;
	const GOptionEntry entries[] = {{"plugin", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &plugins,
					 "load a model from a shared library (repeatable)",
					 "FILE.so"},
					G_OPTION_ENTRY_NULL};
	int status = EXIT_USAGE;

	if (cli_parse(command, entries, &argc, &argv, 0, 1, error) &&
	    cli_load_plugins(plugins, error)) {
		const struct model_ops *only = argc > 1 ? model_find(argv[1], error) : NULL;
		bool wanted = argc == 1 || only;

		for (const struct model_ops *const *model = model_list(); wanted && *model;
		     model++) {
			if (only && *model != only)
				continue;
			printf("%s\n    %s\n", (*model)->name, (*model)->summary);
			print_params((*model)->params);
			printf("\n");
		}
		status = EXIT_DONE;
	}
	g_strfreev(plugins);
	return status;
}

const struct command command_models = {
	.name = "models",
	.arguments = "[NAME]",
	.summary = "list the models, their parameters, defaults and units",
	.run = run,
};
