// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/accuracy/accuracy.h"
#include "sim/base/writer.h"
#include "sim/cli/cell_jobs.h"
#include "sim/cli/commands.h"
#include "sim/cli/run_options.h"
#include "sim/report/result.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

#define LAYOUTS	      11
#define LAYOUTS_QUICK 3
#define LAYOUTS_MAX   1000
#define NOT_GIVEN     G_MININT

struct accuracy_options {
	struct run_options run; /* out, json, force, jobs, charts */
	char *cells_name, *machine, *cell, *answers;
	char **profiles; /* NAME=FILE */
	gboolean quick;
	int layouts;
};

/* What is to be done. */
struct accuracy_run {
	const struct accuracy_options *options;
	struct cells *cells;
	GHashTable *profiles; /* NAME -> FILE */
	bool *selected;	      /* by cell */
	bool *needed;	      /* by run */
	char **why;	      /* by run: why it cannot be made */
	struct cell_answers *answers;
	struct result_dir *dir; /* NULL: none */
};

static bool read_profiles(struct accuracy_run *r, GError **error)
{
	r->profiles = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	for (char **pair = r->options->profiles; pair && *pair; pair++) {
		const char *equals = strchr(*pair, '=');

		if (!equals || equals == *pair || !equals[1]) {
			set_usage_error(error, "--profile %s: expected NAME=FILE", *pair);
			return false;
		}
		g_hash_table_insert(r->profiles, g_strndup(*pair, (size_t)(equals - *pair)),
				    g_strdup(equals + 1));
	}
	return true;
}

/* Which cells, and so which runs? */
static bool select_cells(struct accuracy_run *r, GError **error)
{
	const struct accuracy_options *options = r->options;
	bool any = false;

	r->selected = g_new0(bool, r->cells->cells->len);
	r->needed = g_new0(bool, r->cells->runs->len);
	for (unsigned i = 0; i < r->cells->cells->len; i++) {
		const struct cell *cell = cells_cell(r->cells, i);

		r->selected[i] =
			cell->use != CELL_PART &&
			(!options->cell || g_pattern_match_simple(options->cell, cell->id)) &&
			(!options->machine ||
			 !strcmp(cell_first_run(r->cells, cell)->machine, options->machine));
		if (r->selected[i])
			cells_need(r->cells, i, r->needed);
		any |= r->selected[i];
	}
	if (!any)
		set_usage_error(error, "%s has no cell%s%s%s%s", r->cells->name,
				options->cell ? " " : "", options->cell ? options->cell : "",
				options->machine ? " of the machine " : "",
				options->machine ? options->machine : "");
	return any;
}

/* A profile that stands in for another has to have something to stand in for. */
static bool check_profiles(const struct accuracy_run *r, GError **error)
{
	for (char **pair = r->options->profiles; pair && *pair; pair++) {
		size_t length = (size_t)(strchr(*pair, '=') - *pair);
		bool used = false;

		for (unsigned i = 0; i < r->cells->runs->len; i++) {
			const char *profile = cells_run(r->cells, i)->profile;

			used |= r->needed[i] && strlen(profile) == length &&
				!strncmp(profile, *pair, length);
		}
		if (!used) {
			set_usage_error(error, "--profile %s: none of the runs is on %.*s", *pair,
					(int)length, *pair);
			return false;
		}
	}
	return true;
}

/*
 * Can each run be made? Of the cells that ship, those of a machine without a profile are told as
 * not run; in a file of the user's own that is a mistake.
 */
static bool check_runs(struct accuracy_run *r, GError **error)
{
	r->why = g_new0(char *, r->cells->runs->len);
	for (unsigned i = 0; i < r->cells->runs->len; i++) {
		const struct cell_run *run = cells_run(r->cells, i);
		const char *other = g_hash_table_lookup(r->profiles, run->profile);
		const struct cell_task task = {
			.run = i, .seed = 1, .profile = other ? other : run->profile};
		g_autoptr(GError) cause = NULL;

		if (!r->needed[i])
			continue;
		struct variant_spec spec = cell_task_spec(r->cells, &task);
		bool ok = variant_check(&spec, &cause);

		variant_spec_clear(&spec);
		if (ok)
			continue;
		if (r->options->cells_name || other) {
			g_propagate_prefixed_error(error, g_steal_pointer(&cause),
						   "%s: runs.%s: ", r->cells->name, run->id);
			return false;
		}
		r->why[i] = g_strndup(cause->message, strcspn(cause->message, "("));
		g_strchomp(r->why[i]);
		r->needed[i] = false;
	}
	return true;
}

static bool check_options(const struct accuracy_options *options, GError **error)
{
	if (!run_options_check_jobs(&options->run, error))
		return false;
	if (options->layouts == NOT_GIVEN ||
	    (options->layouts >= 1 && options->layouts <= LAYOUTS_MAX))
		return true;
	set_usage_error(error, "--layouts %d: expected 1 to %d", options->layouts, LAYOUTS_MAX);
	return false;
}

/* --- results ----------------------------------------------------------------------------- */

static bool put_in_dir(const struct accuracy_run *r, const char *name, const char *text,
		       GError **error)
{
	g_autofree char *path = g_build_filename(result_dir_path(r->dir), name, NULL);

	return writer_put_file(path, text, error);
}

static bool draw(const struct accuracy_run *r, const json_t *accuracy, GError **error)
{
	g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
	bool ok =
		r->options->run.no_charts || accuracy_charts(result_dir_path(r->dir), accuracy,
							     r->options->run.png, messages, error);

	for (unsigned i = 0; i < messages->len; i++)
		fprintf(stderr, "note: %s\n", (char *)g_ptr_array_index(messages, i));
	return ok;
}

/* The directory, whole or as a part; then the file. */
static bool keep(struct accuracy_run *r, const json_t *accuracy, bool interrupted, GError **error)
{
	const struct run_options *options = &r->options->run;
	g_autofree char *json = json_text(accuracy), *markdown = accuracy_markdown(accuracy);

	if (r->dir && !(put_in_dir(r, "accuracy.json", json, error) &&
			put_in_dir(r, "accuracy.md", markdown, error) && draw(r, accuracy, error)))
		return false;
	if (!interrupted && options->json && !writer_put_file(options->json, json, error))
		return false;
	if (!r->dir)
		return true;
	struct result_dir *dir = g_steal_pointer(&r->dir);
	bool ok = interrupted ? result_dir_keep_partial(dir, error) : result_dir_commit(dir, error);

	if (!ok && options->json && strcmp(options->json, "-"))
		(void)remove(options->json);
	return ok;
}

static void show(const struct accuracy_run *r, const json_t *accuracy, bool interrupted)
{
	const struct run_options *options = &r->options->run;
	g_autofree char *text = accuracy_text(accuracy);

	if (g_strcmp0(options->json, "-"))
		fputs(text, stdout);
	if (options->out && interrupted)
		fprintf(stderr, "interrupted: what was done so far is in %s.partial\n",
			options->out);
}

static int run_cells(struct accuracy_run *r, const char *command, GError **error)
{
	const struct accuracy_options *options = r->options;
	const struct cell_effort effort = {
		.quick = options->quick,
		.layouts = options->layouts != NOT_GIVEN ? (unsigned)options->layouts
			   : options->quick		 ? LAYOUTS_QUICK
							 : LAYOUTS,
	};
	GError *cause = NULL;

	if (options->answers && g_mkdir_with_parents(options->answers, 0777)) {
		set_io_error(error, "%s: %s", options->answers, g_strerror(errno));
		return EXIT_USAGE;
	}
	if (options->run.out &&
	    !(r->dir = result_dir_begin(options->run.out, options->run.force, error)))
		return EXIT_USAGE;
	r->answers = cell_answers_new(r->cells, &effort, r->needed, r->profiles);
	bool ok = cell_jobs_run(r->answers, (unsigned)options->run.jobs, options->answers, &cause);
	bool interrupted = g_error_matches(cause, KMSIM_ERROR, KMSIM_ERROR_INTERRUPTED);

	if (!ok && !interrupted) {
		g_propagate_error(error, cause);
		return EXIT_RUN_TIME;
	}
	g_clear_error(&cause);
	const struct accuracy_manifest manifest = {
		.command = command,
		.why = (const char *const *)r->why,
		.selected = r->selected,
		.interrupted = interrupted,
	};
	json_t *accuracy = accuracy_json(r->answers, &manifest);

	if (keep(r, accuracy, interrupted, error))
		show(r, accuracy, interrupted);
	json_decref(accuracy);
	return interrupted ? EXIT_INTERRUPTED : EXIT_DONE;
}

static void clear(struct accuracy_run *r)
{
	for (unsigned i = 0; r->why && i < r->cells->runs->len; i++)
		g_free(r->why[i]);
	g_free(r->why);
	g_free(r->selected);
	g_free(r->needed);
	cell_answers_free(r->answers);
	result_dir_abort(r->dir);
	g_clear_pointer(&r->profiles, g_hash_table_unref);
	cells_free(r->cells);
}

static int run(const struct command *command, int argc, char **argv, GError **error)
{
	g_autofree char *text = NULL;
	struct accuracy_options o = {.layouts = NOT_GIVEN};
	const GOptionEntry entries[] = {
		{"quick", 0, 0, G_OPTION_ARG_NONE, &o.quick,
		 "short runs and 3 boot layouts, extended to the published length", NULL},
		{"layouts", 0, 0, G_OPTION_ARG_INT, &o.layouts,
		 "boot layouts of each run (default 11; with --quick 3)", "N"},
		{"machine", 0, 0, G_OPTION_ARG_STRING, &o.machine, "cells of this machine only",
		 "NAME"},
		{"cell", 0, 0, G_OPTION_ARG_STRING, &o.cell,
		 "this cell only; * and ? stand for any text and character", "ID"},
		{"cells", 0, 0, G_OPTION_ARG_FILENAME, &o.cells_name,
		 "cells of your own (default: the published ones that ship)", "FILE"},
		{"profile", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o.profiles,
		 "run on this file in place of the profile NAME (repeatable)", "NAME=FILE"},
		{"answers", 0, 0, G_OPTION_ARG_FILENAME, &o.answers,
		 "keep what each run says in this folder, and take what is there", "DIR"},
		OUT_ENTRIES(o.run),
		{"jobs", 'j', 0, G_OPTION_ARG_INT, &o.run.jobs,
		 "runs at once, each in a process (default: as many as CPUs)", "N"},
		G_OPTION_ENTRY_NULL};
	struct accuracy_run r = {.options = &o};
	int status = EXIT_USAGE;

	run_options_init_jobs(&o.run);
	text = run_command_text(argc, argv);
	if (cli_parse(command, entries, &argc, &argv, 0, 0, error) && check_options(&o, error) &&
	    cli_load_plugins(o.run.plugins, error) && read_profiles(&r, error) &&
	    (r.cells = cells_load(o.cells_name ? o.cells_name : CELLS_SHIPPED, error)) &&
	    select_cells(&r, error) && check_profiles(&r, error) && check_runs(&r, error) &&
	    (!o.run.json || writer_check(o.run.json, error)))
		status = run_cells(&r, text, error);
	clear(&r);
	run_options_clear(&o.run);
	g_free(o.cells_name);
	g_free(o.machine);
	g_free(o.cell);
	g_free(o.answers);
	g_strfreev(o.profiles);
	return status;
}

const struct command command_accuracy = {
	.name = "accuracy",
	.arguments = "",
	.summary = "published measurements against what the simulator makes of them",
	.run = run,
};
