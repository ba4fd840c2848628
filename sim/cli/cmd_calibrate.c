// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/accuracy/calibrate.h"
#include "sim/accuracy/price_path.h"
#include "sim/base/resource.h"
#include "sim/base/writer.h"
#include "sim/cli/cell_jobs.h"
#include "sim/cli/commands.h"
#include "sim/cli/run_options.h"
#include "sim/machine/cpu_profile.h"
#include "sim/report/spread.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LAYOUTS	    3
#define LAYOUTS_MAX 1000

struct calibrate_options {
	char *cells_name, *as, *out;
	gboolean quick;
	int layouts, jobs;
};

/* The runs of a fit, again and again with other prices. */
struct bench {
	const struct calibrate_options *options;
	const struct cells *cells;
	const struct fit *fit;
	bool *needed; /* by run */
	char *path;   /* of the profile as it is tried */
	unsigned runs;
};

static double median(const struct cell_answers *answers, unsigned cell, bool *known)
{
	unsigned n = cell_layouts(answers, cell);
	g_autofree double *values = g_new0(double, n);

	for (unsigned i = 0; i < n; i++)
		*known &= cell_value(answers, cell, i, &values[i]);
	return spread_of(values, n).median;
}

static bool take_values(const struct bench *bench, const struct cell_answers *answers,
			double *values, GError **error)
{
	for (unsigned k = 0; k < bench->fit->cells->len; k++) {
		unsigned cell = g_array_index(bench->fit->cells, unsigned, k);
		bool known = true;

		values[k] = median(answers, cell, &known);
		if (!known) {
			set_input_error(error, "%s: its run has no such figure",
					cells_cell(bench->cells, cell)->id);
			return false;
		}
	}
	return true;
}

/* Not all prices make a profile: latencies must ascend. The file is none that the user knows. */
static bool check_profile(const char *path, GError **error)
{
	GError *cause = NULL;
	struct cpu_profile *profile = cpu_profile_load(path, &cause);
	size_t length = strlen(path) + strlen(": ");

	if (cause) {
		bool input = g_error_matches(cause, KMSIM_ERROR, KMSIM_ERROR_INPUT);

		set_input_error(error, "prices that the fit would try make no profile: %s",
				cause->message + (input ? length : 0));
		g_error_free(cause);
	}
	cpu_profile_free(profile);
	return profile != NULL;
}

static bool run_profile(void *ctx, const json_t *profile, double *values, GError **error)
{
	struct bench *bench = ctx;
	const struct calibrate_options *options = bench->options;
	const struct cell_effort effort = {
		.quick = options->quick, .one_pass = true, .layouts = (unsigned)options->layouts};
	g_autofree char *text = price_profile_text(profile);
	g_autoptr(GHashTable) profiles = g_hash_table_new(g_str_hash, g_str_equal);

	if (!writer_put_file(bench->path, text, error) || !check_profile(bench->path, error))
		return false;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[Ksimulation %u\n", ++bench->runs);
	g_hash_table_insert(profiles, bench->fit->profile, bench->path);
	struct cell_answers *answers =
		cell_answers_new(bench->cells, &effort, bench->needed, profiles);
	bool ok = cell_jobs_run(answers, (unsigned)options->jobs, NULL, error) &&
		  take_values(bench, answers, values, error);

	cell_answers_free(answers);
	return ok;
}

static bool finish(const struct calibrate_options *options, const char *name,
		   const struct calibration *calibration, GError **error)
{
	g_autofree char *text = calibration_text(calibration);
	json_t *profile = calibration_profile(calibration, name);
	g_autofree char *file = price_profile_text(profile);
	bool to_stdout = !g_strcmp0(options->out, "-");

	json_decref(profile);
	if (options->out && !writer_put_file(options->out, file, error))
		return false;
	fputs(text, to_stdout ? stderr : stdout);
	if (options->out && !to_stdout)
		printf("written: %s\n", options->out);
	return true;
}

static int fit_profile(struct bench *bench, const char *name, json_t *profile, GError **error)
{
	GError *cause = NULL;
	g_autofree char *folder = g_dir_make_tmp("kmsim-XXXXXX", &cause);

	if (!folder) {
		set_io_error(error, "%s", cause->message);
		g_error_free(cause);
		return EXIT_RUN_TIME;
	}
	bench->path = g_build_filename(folder, "profile.json", NULL);
	struct calibration *calibration =
		calibrate(bench->cells, bench->fit, profile, run_profile, bench, error);

	(void)g_remove(bench->path);
	(void)g_rmdir(folder);
	g_free(bench->path);
	if (calibration)
		finish(bench->options, name, calibration, error);
	else
		g_prefix_error(error, "%s: ", bench->cells->name);
	calibration_free(calibration);
	return EXIT_DONE; /* or as the error says */
}

/* The profile as a document; that it is one is checked first. NULL with the error set. */
static json_t *load_profile(const char *name, GError **error)
{
	struct cpu_profile *profile = cpu_profile_load(name, error);

	if (!profile)
		return NULL;
	cpu_profile_free(profile);
	return resource_json("/kmsim/models/cpu/", "CPU profile", name, NULL, error);
}

static int run_calibration(const struct calibrate_options *options, const struct cells *cells,
			   json_t *profile, GError **error)
{
	const char *name = options->as ? options->as : json_string_at(profile, "name");
	struct bench bench = {.options = options, .cells = cells, .fit = cells_fit(cells, name)};

	if (!bench.fit) {
		set_usage_error(error, "%s: has no fit for the profile '%s'", cells->name, name);
		return EXIT_USAGE;
	}
	bench.needed = g_new0(bool, cells->runs->len);
	for (unsigned k = 0; k < bench.fit->cells->len; k++)
		cells_need(cells, g_array_index(bench.fit->cells, unsigned, k), bench.needed);
	int status = fit_profile(&bench, name, profile, error);

	g_free(bench.needed);
	return status;
}

static bool check_options(const struct calibrate_options *options, GError **error)
{
	const struct run_options run = {.jobs = options->jobs};

	if (!run_options_check_jobs(&run, error))
		return false;
	if (options->layouts >= 1 && options->layouts <= LAYOUTS_MAX)
		return true;
	set_usage_error(error, "--layouts %d: expected 1 to %d", options->layouts, LAYOUTS_MAX);
	return false;
}

static int run(const struct command *command, int argc, char **argv, GError **error)
{
	struct calibrate_options o = {.layouts = LAYOUTS, .jobs = (int)g_get_num_processors()};
	const GOptionEntry entries[] = {
		{"fit", 0, 0, G_OPTION_ARG_FILENAME, &o.cells_name,
		 "cells, and which prices to fit to which (default: those that ship)",
		 "CELLS.json"},
		{"as", 0, 0, G_OPTION_ARG_STRING, &o.as,
		 "fit what the cells have for this profile, and call the new one so", "NAME"},
		{"output", 'o', 0, G_OPTION_ARG_FILENAME, &o.out, "write the new profile",
		 "NEW.json"},
		{"quick", 0, 0, G_OPTION_ARG_NONE, &o.quick,
		 "short runs, extended to the published length", NULL},
		{"layouts", 0, 0, G_OPTION_ARG_INT, &o.layouts,
		 "boot layouts of each run (default 3)", "N"},
		{"jobs", 'j', 0, G_OPTION_ARG_INT, &o.jobs,
		 "runs at once, each in a process (default: as many as CPUs)", "N"},
		G_OPTION_ENTRY_NULL};
	struct cells *cells = NULL;
	json_t *profile = NULL;
	int status = EXIT_USAGE;

	if (cli_parse(command, entries, &argc, &argv, 1, 1, error) && check_options(&o, error) &&
	    (cells = cells_load(o.cells_name ? o.cells_name : CELLS_SHIPPED, error)) &&
	    (profile = load_profile(argv[1], error)) && (!o.out || writer_check(o.out, error)))
		status = run_calibration(&o, cells, profile, error);
	json_decref(profile);
	cells_free(cells);
	g_free(o.cells_name);
	g_free(o.as);
	g_free(o.out);
	return status;
}

const struct command command_calibrate = {
	.name = "calibrate",
	.arguments = "PROFILE",
	.summary = "fit prices of a CPU profile to published measurements",
	.run = run,
};
