// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/commands.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/run_options.h"
#include "sim/report/sweep.h"
#include "sim/scenario/recordings.h"
#include "sim/scenario/scenario.h"

#include <stdio.h>

/* Recordings among the sources become traces. */
static bool import_sources(const struct scenario *scenario, struct recordings *recordings,
			   FILE *out, GError **error)
{
	for (unsigned i = 0; i < scenario->variants->len; i++) {
		struct variant_spec *spec =
			&g_array_index(scenario->variants, struct variant_spec, i);
		g_autofree char *account = NULL;

		if (spec->workload)
			continue;
		const char *trace = recordings_add(recordings, spec->source, NULL, &account, error);

		if (!trace)
			return false;
		g_free(spec->named);
		spec->named = spec->source;
		spec->source = g_strdup(trace);
		if (account)
			fprintf(out, "%s\n", account);
	}
	return true;
}

static int run_scenario(struct run_options *options, const struct scenario *scenario, int argc,
			char **argv, GError **error)
{
	g_autofree char *command = run_command_text(argc, argv);
	struct recordings *recordings = recordings_new(interrupt_flag());
	int status = EXIT_USAGE;
	g_autofree char *out_name = g_strdup_printf("result-%s", scenario->name);
	struct session session = {
		.specs = (const struct variant_spec *)(void *)scenario->variants->data,
		.n = scenario->variants->len,
		.manifest = {.command = command,
			     .scenario = scenario->name,
			     .scenario_digest = scenario->digest,
			     .question = scenario->question,
			     .figures = (const char *const *)scenario->figures,
			     .imports = recordings_accounts(recordings)},
		.out_name = out_name,
		.figures = (const char *const *)scenario->figures,
		.axes = scenario->axes,
		.breakdown = scenario->breakdown,
	};

	run_options_session(options, &session);
	fprintf(session.quiet ? stderr : stdout, "%s\n\n", scenario->question);
	session.manifest.imports = recordings_accounts(recordings);
	if (import_sources(scenario, recordings, session.quiet ? stderr : stdout, error))
		status = session_run(&session, error);
	recordings_free(recordings);
	return status;
}

static bool check_figures(const char *path, char *const *figures, GError **error)
{
	struct sweep_figure found;

	for (; figures && *figures; figures++) {
		if (!sweep_figure_find(*figures, &found, error)) {
			g_prefix_error(error, "%s: figures: ", path);
			return false;
		}
	}
	return true;
}

static bool check_variants(const struct scenario *scenario, GError **error)
{
	for (unsigned i = 0; i < scenario->variants->len; i++) {
		if (!variant_check(&g_array_index(scenario->variants, struct variant_spec, i),
				   error))
			return false;
	}
	return true;
}

static int run(const struct command *command, int argc, char **argv, GError **error)
{
	g_auto(GStrv) original = g_strdupv(argv);
	struct run_options options = {0};
	gboolean dry_run = FALSE;
	const GOptionEntry entries[] = {{"dry-run", 0, 0, G_OPTION_ARG_NONE, &dry_run,
					 "print the resolved plan and stop", NULL},
					{"with-ops", 0, 0, G_OPTION_ARG_NONE, &options.with_ops,
					 "keep an ops.csv of every variant", NULL},
					OUT_ENTRIES(options),
					BREAKDOWN_ENTRY(options),
					JOBS_ENTRY(options),
					G_OPTION_ENTRY_NULL};
	int status = EXIT_USAGE, original_argc = argc;
	struct scenario *scenario = NULL;

	run_options_init_jobs(&options);
	if (cli_parse(command, entries, &argc, &argv, 1, 1, error) &&
	    run_options_check_jobs(&options, error) && cli_load_plugins(options.plugins, error) &&
	    (scenario = scenario_load(argv[1], error)) &&
	    check_figures(argv[1], scenario->figures, error) && check_variants(scenario, error)) {
		if (dry_run) {
			g_autofree char *plan = scenario_plan(scenario);

			fputs(plan, stdout);
			status = EXIT_DONE;
		} else {
			status = run_scenario(&options, scenario, original_argc, original, error);
		}
	}
	scenario_free(scenario);
	run_options_clear(&options);
	return status;
}

const struct command command_run = {
	.name = "run",
	.arguments = "SCENARIO.json",
	.summary = "run every variant of a scenario",
	.run = run,
};
