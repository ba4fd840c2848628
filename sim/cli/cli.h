/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_CLI_CLI_H
#define KMSIM_CLI_CLI_H

/*
 * Commands. Each is one file with one struct command; main.c lists them. A command prints for
 * people on standard output and leaves everything else, errors included, to main().
 */

#include "sim/base/error.h"

#include <stdbool.h>

enum exit_status {
	EXIT_DONE = 0,
	EXIT_RUN_TIME = 1,
	EXIT_USAGE = 2,
	EXIT_OOPS = 3,
	EXIT_INTERRUPTED = 130
};

struct command {
	const char *name;
	const char *arguments; /* as --help shows them */
	const char *summary;   /* one line */
	const char *notes;     /* behind the options of --help; NULL: none */
	/*
	 * Run with argv[0] the command's name. Returns an exit status; where @error is set, that
	 * decides the status instead.
	 */
	int (*run)(const struct command *command, int argc, char **argv, GError **error);
};

/*
 * Parse options of @command by GLib's rules, --help included; what is left in *argv are the
 * arguments. False with the error set for bad options, or for fewer than @min or more than @max
 * arguments (ANY_NUMBER: no limit).
 */
#define ANY_NUMBER (-1)

bool cli_parse(const struct command *command, const GOptionEntry *entries, int *argc, char ***argv,
	       int min, int max, GError **error);

/* --plugin, which several commands have: load what was named. */
bool cli_load_plugins(char **paths, GError **error);

#endif
