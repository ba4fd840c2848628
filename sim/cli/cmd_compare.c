// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/commands.h"

#include "sim/report/result.h"
#include "sim/report/table.h"

#include <stdio.h>

static int run(const struct command *command, int argc, char **argv, GError **error)
{
	const GOptionEntry entries[] = {G_OPTION_ENTRY_NULL};
	int status = EXIT_USAGE;

	if (!cli_parse(command, entries, &argc, &argv, 1, 0, error))
		return status;
	g_autofree json_t **results = g_new0(json_t *, (size_t)argc);
	size_t n = 0;

	for (int i = 1; i < argc && (results[n] = result_load(argv[i], error)); i++)
		n++;
	if (n == (size_t)argc - 1) {
		g_autofree char *table = compare_results(results, n);

		fputs(table, stdout);
		status = EXIT_DONE;
	}
	for (size_t i = 0; i < n; i++)
		json_decref(results[i]);
	return status;
}

const struct command command_compare = {
	.name = "compare",
	.arguments = "RESULT…",
	.summary = "show the variants of results side by side, the first as the baseline",
	.run = run,
};
