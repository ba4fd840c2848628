// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/run_options.h"

#include <string.h>

bool run_options_apply(const struct run_options *options, struct variant_spec *spec, GError **error)
{
	const char *order = options->order ? options->order : "time";

	spec->profile = g_strdup(options->profile ? options->profile : "generic-x86_64");
	spec->machine = g_strdup(options->machine);
	spec->lenient = options->lenient;
	spec->image = g_strdup(options->image);
	spec->seed = 1;
	if (strcmp(order, "time") && strcmp(order, "trace")) {
		set_usage_error(error, "--order %s: expected time or trace", order);
		return false;
	}
	spec->order = strcmp(order, "trace") ? ORDER_TIME : ORDER_TRACE;
	if (options->seed && !parse_u64(options->seed, &spec->seed)) {
		set_usage_error(error, "--seed %s: expected a number", options->seed);
		return false;
	}
	return true;
}

void run_options_session(const struct run_options *options, struct session *session)
{
	session->out = options->out;
	session->json = options->json;
	session->ops = options->ops;
	session->image = options->image_out;
	session->events = options->events;
	session->ops_in_dir = options->with_ops;
	session->force = options->force;
	session->jobs = (unsigned)options->jobs;
	session->charts = !options->no_charts;
	session->png = options->png;
	session->breakdown |= options->breakdown;
	session->quiet = !g_strcmp0(options->ops, "-") || !g_strcmp0(options->image_out, "-") ||
			 !g_strcmp0(options->events, "-") || !g_strcmp0(options->json, "-");
}

void run_options_init_jobs(struct run_options *options)
{
	options->jobs = (int)g_get_num_processors();
}

bool run_options_check_jobs(const struct run_options *options, GError **error)
{
	if (options->jobs >= 1)
		return true;
	set_usage_error(error, "--jobs %d: expected at least 1", options->jobs);
	return false;
}

char *run_command_text(int argc, char **argv)
{
	g_autofree char **whole = g_new0(char *, (size_t)argc + 2);

	whole[0] = (char *)"kmsim";
	memcpy(whole + 1, argv, (size_t)argc * sizeof(*argv));
	return result_command_text(argc + 1, whole);
}

void run_options_clear(struct run_options *options)
{
	g_free(options->image);
	g_free(options->image_out);
	g_free(options->out);
	g_free(options->json);
	g_free(options->ops);
	g_free(options->events);
	g_free(options->profile);
	g_free(options->machine);
	g_free(options->order);
	g_free(options->seed);
	g_strfreev(options->plugins);
}
