/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_CLI_RUN_OPTIONS_H
#define KMSIM_CLI_RUN_OPTIONS_H

/* Options that several commands share. */

#include "sim/cli/session.h"

struct run_options {
	char *image, *image_out;
	char *out, *json, *ops, *events, *profile, *machine, *order, *seed;
	char **plugins;
	int jobs;
	gboolean force, lenient, no_charts, png, with_ops, breakdown;
};

#define BREAKDOWN_HELP "show where the cycles went, by kind of op and by section"

/* Entries for a table of GOptionEntry; @o is the name of a struct run_options. */
#define OUT_ENTRIES(o)                                                                             \
	{"output", 'o', 0, G_OPTION_ARG_FILENAME, &(o).out, "keep the result as directory DIR",    \
	 "DIR"},                                                                                   \
		{"force", 0, 0, G_OPTION_ARG_NONE, &(o).force, "replace an earlier result", NULL}, \
		{"json", 0, 0, G_OPTION_ARG_FILENAME, &(o).json, "write result.json as FILE",      \
		 "FILE"},                                                                          \
		{"no-charts", 0, 0, G_OPTION_ARG_NONE, &(o).no_charts, "draw no charts", NULL},    \
		{"png", 0, 0, G_OPTION_ARG_NONE, &(o).png, "draw the charts as PNG, too", NULL},   \
	{                                                                                          \
		"plugin", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &(o).plugins,                         \
			"load a model from a shared library (repeatable)", "FILE.so"               \
	}

/* Of commands that show what variants cost. */
#define BREAKDOWN_ENTRY(o)                                                                         \
	{                                                                                          \
		"breakdown", 0, 0, G_OPTION_ARG_NONE, &(o).breakdown, BREAKDOWN_HELP, NULL         \
	}

/* Of commands that run several variants. */
#define JOBS_ENTRY(o)                                                                              \
	{                                                                                          \
		"jobs", 'j', 0, G_OPTION_ARG_INT, &(o).jobs,                                       \
			"variants to run at once, each in a process (default: as many as CPUs)",   \
			"N"                                                                        \
	}

#define RUN_ENTRIES(o)                                                                              \
	{"profile",                                                                                 \
	 0,                                                                                         \
	 0,                                                                                         \
	 G_OPTION_ARG_STRING,                                                                       \
	 &(o).profile,                                                                              \
	 "CPU profile, by name or .json file (default generic-x86_64)",                             \
	 "CPU"},                                                                                    \
		{"machine",                                                                         \
		 0,                                                                                 \
		 0,                                                                                 \
		 G_OPTION_ARG_STRING,                                                               \
		 &(o).machine,                                                                      \
		 "memory of the machine, by name or .json file (default: the trace's)",             \
		 "NAME"},                                                                           \
		{"order",     0,                                                                    \
		 0,	      G_OPTION_ARG_STRING,                                                  \
		 &(o).order,  "time: at the time stamps (default); trace: one op at a time",        \
		 "time|trace"},                                                                     \
		{"seed", 0, 0, G_OPTION_ARG_STRING, &(o).seed, "seed of the run (default 1)", "N"}, \
	{                                                                                           \
		"lenient", 0, 0, G_OPTION_ARG_NONE, &(o).lenient, "count and skip bad ops", NULL    \
	}

/* Fill profile, machine, order, seed and lenient of @spec. False with the error set
 * (KMSIM_ERROR_USAGE). */
bool run_options_apply(const struct run_options *options, struct variant_spec *spec,
		       GError **error);

/* Fill what the options say of @session. */
void run_options_session(const struct run_options *options, struct session *session);

/* Every CPU, unless the user says otherwise: before the options are parsed. */
void run_options_init_jobs(struct run_options *options);

/* False with the error set (KMSIM_ERROR_USAGE) for a number that is none of jobs. */
bool run_options_check_jobs(const struct run_options *options, GError **error);

/* The command line of a command as manifests have it, argv[0] being its name. To be freed. */
char *run_command_text(int argc, char **argv);

void run_options_clear(struct run_options *options);

#endif
