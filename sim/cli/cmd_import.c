// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/commands.h"

#include "sim/base/param.h"
#include "sim/cli/interrupt.h"
#include "sim/trace/import/import.h"

#include <stdio.h>
#include <string.h>

static void import_file(const char *path, const struct import_options *options, const char *out,
			GError **error)
{
	struct import_account account;

	if (import_recording(path, options, out, &account, error)) {
		g_autofree char *text = import_account_text(&account);

		fputs(text, strcmp(out, "-") ? stdout : stderr);
	}
	import_account_clear(&account);
}

static int run(const struct command *command, int argc, char **argv, GError **error)
{
	struct import_options options = {.interrupted = interrupt_flag()};
	char *out = NULL, *vmallocinfo = NULL, *zoneinfo = NULL, *buddyinfo = NULL,
	     *pagetypeinfo = NULL, *seed = NULL;
	const GOptionEntry entries[] = {
		{"output", 'o', 0, G_OPTION_ARG_FILENAME, &out,
		 "the trace to write (.gz and .zst compress, - is standard output)", "TRACE"},
		{"vmallocinfo", 0, 0, G_OPTION_ARG_FILENAME, &vmallocinfo,
		 "snapshot of /proc/vmallocinfo taken before the recording", "FILE"},
		{"zoneinfo", 0, 0, G_OPTION_ARG_FILENAME, &zoneinfo,
		 "the same of /proc/zoneinfo: the zones", "FILE"},
		{"buddyinfo", 0, 0, G_OPTION_ARG_FILENAME, &buddyinfo,
		 "the same of /proc/buddyinfo: free pages by order", "FILE"},
		{"pagetypeinfo", 0, 0, G_OPTION_ARG_FILENAME, &pagetypeinfo,
		 "the same of /proc/pagetypeinfo: by order and migratetype", "FILE"},
		{"seed", 0, 0, G_OPTION_ARG_STRING, &seed,
		 "of the draw where the pages that they count lay (default 0)", "N"},
		G_OPTION_ENTRY_NULL};

	if (cli_parse(command, entries, &argc, &argv, 1, 1, error)) {
		options.vmallocinfo = vmallocinfo;
		options.zoneinfo = zoneinfo;
		options.buddyinfo = buddyinfo;
		options.pagetypeinfo = pagetypeinfo;
		if (seed && !parse_u64(seed, &options.seed))
			set_usage_error(error, "--seed %s: expected a number", seed);
		else if (!out)
			set_usage_error(error, "-o is missing: the trace to write");
		else
			import_file(argv[1], &options, out, error);
	}
	g_free(out);
	g_free(vmallocinfo);
	g_free(zoneinfo);
	g_free(buddyinfo);
	g_free(pagetypeinfo);
	g_free(seed);
	return EXIT_DONE;
}

const struct command command_import = {
	.name = "import",
	.arguments = "FILE -o TRACE",
	.summary = "turn a recording (ftrace, trace.dat, perf script) into a trace",
	.run = run,
};
