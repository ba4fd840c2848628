// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/commands.h"

#include "sim/report/result.h"
#include "sim/report/table.h"

#include <stdio.h>

static int run(const struct command *command, int argc, char **argv, GError **error)
{
	const GOptionEntry entries[] = {G_OPTION_ENTRY_NULL};

	if (!cli_parse(command, entries, &argc, &argv, 1, ANY_NUMBER, error))
		return EXIT_USAGE;
	g_autofree json_t **results = g_new0(json_t *, (size_t)argc);
	unsigned n = 0;

	while (argv[n + 1] && (results[n] = result_load(argv[n + 1], error)))
		n++;
	if (!argv[n + 1]) {
		g_autofree char *table = compare_results(results, n);

		fputs(table, stdout);
	}
	for (unsigned i = 0; i < n; i++)
		json_decref(results[i]);
	return EXIT_DONE;
}

const struct command command_compare = {
	.name = "compare",
	.arguments = "RESULT…",
	.summary = "variants of one or more results side by side; the first is the baseline",
	.run = run,
};
