// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/commands.h"

#include "sim/report/charts.h"

#include <stdio.h>

static int run(const struct command *command, int argc, char **argv, GError **error)
{
	g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
	gboolean png = FALSE;
	const GOptionEntry entries[] = {
		{"png", 0, 0, G_OPTION_ARG_NONE, &png, "draw the charts as PNG, too", NULL},
		G_OPTION_ENTRY_NULL};

	if (!cli_parse(command, entries, &argc, &argv, 1, 1, error) ||
	    !charts_make(argv[1], png, messages, error))
		return EXIT_USAGE;
	for (unsigned i = 0; i < messages->len; i++)
		fprintf(stderr, "note: %s\n", (char *)g_ptr_array_index(messages, i));
	printf("charts: %s/plots/\n", argv[1]);
	return EXIT_DONE;
}

const struct command command_plot = {
	.name = "plot",
	.arguments = "RESULT",
	.summary = "draw the charts of a result again",
	.run = run,
};
