// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/commands.h"

#include "sim/base/param.h"
#include "sim/cli/interrupt.h"
#include "sim/trace/source.h"
#include "sim/workload/workload.h"

#include <stdio.h>

static void list_workloads(void)
{
	for (const struct workload_ops *const *w = workload_list(); *w; w++) {
		printf("%s\n    %s\n", (*w)->name, (*w)->summary);
		if ((*w)->preset)
			printf("    preset: %s\n", (*w)->preset);
		for (const struct param *param = (*w)->params; param->name; param++)
			printf("    %s%s%s: %s\n", param->name,
			       param->default_text ? ", default " : "",
			       param->default_text ? param->default_text : "", param->help);
		printf("\n");
	}
}

static bool synth(const char *spec, const char *seed_text, const char *out, GError **error)
{
	struct workload_env env = {.seed = 1};

	if (seed_text && !parse_u64(seed_text, &env.seed)) {
		set_usage_error(error, "--seed %s: expected a number", seed_text);
		return false;
	}
	struct op_source *source = workload_source_new(spec, &env, error);
	bool ok = source && workload_synth(source, out, interrupt_flag(), error);

	op_source_destroy(source);
	return ok;
}

static int run(const struct command *command, int argc, char **argv, GError **error)
{
	char *out = NULL, *seed = NULL;
	gboolean list = FALSE;
	const GOptionEntry entries[] = {
		{"output", 'o', 0, G_OPTION_ARG_FILENAME, &out,
		 "the trace to write (.gz and .zst compress, - is standard output)", "TRACE"},
		{"seed", 0, 0, G_OPTION_ARG_STRING, &seed, "seed of the generator (default 1)",
		 "N"},
		{"list", 0, 0, G_OPTION_ARG_NONE, &list, "list the workloads and their parameters",
		 NULL},
		G_OPTION_ENTRY_NULL};

	if (cli_parse(command, entries, &argc, &argv, 0, 1, error)) {
		if (list && argc == 1)
			list_workloads();
		else if (argc != 2 || !out)
			set_usage_error(error, "usage: kmsim synth NAME[,key=value…] -o TRACE; "
					       "kmsim synth --list lists them");
		else
			synth(argv[1], seed, out, error);
	}
	g_free(out);
	g_free(seed);
	return EXIT_DONE;
}

const struct command command_synth = {
	.name = "synth",
	.arguments = "NAME[,key=value…] -o TRACE",
	.summary = "write a generator's ops as a trace",
	.run = run,
};
