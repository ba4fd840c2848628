// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/commands.h"

#include "sim/base/json_util.h"
#include "sim/base/writer.h"
#include "sim/cli/interrupt.h"
#include "sim/report/fidelity_report.h"
#include "sim/report/result_dir.h"
#include "sim/trace/source.h"

#include <stdio.h>
#include <string.h>

#define CPUS_OF_RECORDING G_MININT

struct options {
	char *version, *vmallocinfo, *json, *out;
	gint cpus;
	gboolean force, png;
};

static bool write_json(const struct fidelity *fidelity, const char *source, const char *path,
		       GError **error)
{
	json_t *json = fidelity_json(fidelity, source);
	g_autofree char *text = json_text(json);

	json_decref(json);
	return writer_put_file(path, text, error);
}

static bool fill_dir(const struct fidelity *fidelity, const char *source, const char *path,
		     bool png, GPtrArray *messages, GError **error)
{
	g_autofree char *json = g_build_filename(path, "result.json", NULL);

	return write_json(fidelity, source, json, error) && fidelity_csv(fidelity, path, error) &&
	       fidelity_chart(fidelity, path, png, messages, error);
}

/* @dir ends its life here. */
static bool write_dir(const struct fidelity *fidelity, const char *source,
		      const struct options *options, struct result_dir *dir, FILE *out,
		      GError **error)
{
	g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);

	if (!fill_dir(fidelity, source, result_dir_path(dir), options->png, messages, error)) {
		result_dir_abort(dir);
		return false;
	}
	if (!result_dir_commit(dir, error))
		return false;
	for (unsigned i = 0; i < messages->len; i++)
		fprintf(stderr, "%s\n", (const char *)messages->pdata[i]);
	fprintf(out,
		"\nfigures: %s/result.json, misses: %s/misses.csv, chart: "
		"%s/plots/fidelity.svg\n",
		options->out, options->out, options->out);
	return true;
}

/* @dir: NULL for none; it ends its life here. */
static void report(const struct fidelity *fidelity, const char *source,
		   const struct options *options, struct result_dir *dir, GError **error)
{
	FILE *out = g_strcmp0(options->json, "-") ? stdout : stderr;
	g_autofree char *text = fidelity_text(fidelity);

	fputs(text, out);
	if (options->json && !write_json(fidelity, source, options->json, error))
		result_dir_abort(dir);
	else if (dir && !write_dir(fidelity, source, options, dir, out, error) && options->json &&
		 strcmp(options->json, "-"))
		(void)remove(options->json);
}

static void measure(const char *path, const struct options *options, GError **error)
{
	const struct timeline_options reading = {
		.vmallocinfo = options->vmallocinfo,
		.cpus = options->cpus == CPUS_OF_RECORDING ? 0 : (uint32_t)options->cpus,
		.interrupted = interrupt_flag(),
	};
	const struct fidelity_options measuring = {
		.version = options->version,
		.interrupted = interrupt_flag(),
	};
	struct result_dir *dir = NULL;

	if ((options->json && !writer_check(options->json, error)) ||
	    (options->out && !(dir = result_dir_begin(options->out, options->force, error))))
		return;
	struct timeline *timeline = timeline_read(path, &reading, error);
	struct fidelity *fidelity = timeline ? fidelity_measure(timeline, &measuring, error) : NULL;

	if (fidelity)
		report(fidelity, path, options, dir, error);
	else
		result_dir_abort(dir);
	fidelity_free(fidelity);
	timeline_free(timeline);
}

static int run(const struct command *command, int argc, char **argv, GError **error)
{
	struct options options = {.cpus = CPUS_OF_RECORDING};
	const GOptionEntry entries[] = {
		{"output", 'o', 0, G_OPTION_ARG_FILENAME, &options.out,
		 "also write figures, misses and a chart there", "DIR"},
		{"force", 0, 0, G_OPTION_ARG_NONE, &options.force, "replace an earlier result",
		 NULL},
		{"png", 0, 0, G_OPTION_ARG_NONE, &options.png, "the chart as PNG, too", NULL},
		{"json", 0, 0, G_OPTION_ARG_FILENAME, &options.json,
		 "the figures as JSON (- is standard output)", "FILE"},
		{"kernel", 0, 0, G_OPTION_ARG_STRING, &options.version,
		 "whose rules: v6.9, v6.12, v6.18 (default: the recording's kernel)", "v6.12"},
		{"cpus", 0, 0, G_OPTION_ARG_INT, &options.cpus,
		 "possible CPUs of the machine (default: as the recording says)", "N"},
		{"vmallocinfo", 0, 0, G_OPTION_ARG_FILENAME, &options.vmallocinfo,
		 "snapshot of /proc/vmallocinfo taken before the recording", "FILE"},
		G_OPTION_ENTRY_NULL};

	if (cli_parse(command, entries, &argc, &argv, 1, 1, error)) {
		if (options.cpus != CPUS_OF_RECORDING &&
		    (options.cpus < 1 || options.cpus > TRACE_CPUS_MAX))
			set_usage_error(error, "--cpus %d: expected 1 … %d", options.cpus,
					TRACE_CPUS_MAX);
		else
			measure(argv[1], &options, error);
	}
	g_free(options.version);
	g_free(options.vmallocinfo);
	g_free(options.json);
	g_free(options.out);
	return EXIT_DONE;
}

const struct command command_fidelity = {
	.name = "fidelity",
	.arguments = "RECORDING",
	.summary = "how well vmap-nodes foretells the addresses of a recording",
	.run = run,
};
