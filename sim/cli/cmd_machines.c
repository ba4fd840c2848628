// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/commands.h"

#include "sim/base/json_util.h"
#include "sim/machine/machine_file.h"

#include <stdio.h>

static bool list(GError **error)
{
	g_auto(GStrv) names = machine_names();

	for (char **name = names; *name; name++) {
		struct memory_map *map = memory_map_load(*name, error);

		if (!map)
			return false;
		printf("%-20s %s\n", map->name, map->summary ? map->summary : "");
		memory_map_free(map);
	}
	return true;
}

static bool show(const char *name, GError **error)
{
	struct memory_map *map = memory_map_load(name, error);

	if (!map)
		return false;
	json_t *json = memory_map_to_machine_json(map);
	g_autofree char *text = json_text(json);

	fputs(text, stdout);
	json_decref(json);
	memory_map_free(map);
	return true;
}

static int run(const struct command *command, int argc, char **argv, GError **error)
{
	const GOptionEntry entries[] = {G_OPTION_ENTRY_NULL};
	bool ok = cli_parse(command, entries, &argc, &argv, 0, 1, error) &&
		  (argc > 1 ? show(argv[1], error) : list(error));

	return ok ? EXIT_DONE : EXIT_USAGE;
}

const struct command command_machines = {
	.name = "machines",
	.arguments = "[NAME|FILE]",
	.summary = "list the machines that ship, or show one as JSON",
	.run = run,
};
