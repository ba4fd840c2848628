// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/record/families.h"
#include "sim/record/record.h"
#include "sim/record/snapshots.h"

#include "sim/base/json_util.h"

#include <sys/utsname.h>
#include <sys/wait.h>

static json_t *cpus_json(void)
{
	json_t *cpus = json_object();
	static const char *const sets[] = {"possible", "online"};

	for (unsigned i = 0; i < G_N_ELEMENTS(sets); i++) {
		g_autofree char *path = g_build_filename("/sys/devices/system/cpu", sets[i], NULL);
		g_autofree char *list = read_line_of(path);
		g_autofree char *count = g_strconcat(sets[i], "_count", NULL);

		json_object_set_new(cpus, sets[i], json_text_or_empty(list));
		json_object_set_new(cpus, count, json_integer(cpu_list_count(list ? list : "")));
	}
	return cpus;
}

static json_t *families_json(const struct record_plan *plan, const struct trim_facts *facts)
{
	json_t *families = json_object();

	for (unsigned i = 0; i < FAMILIES; i++) {
		if (plan->families & FAMILY_BIT(i))
			json_object_set_new(families, family_name(i),
					    json_u64(facts->by_family[i]));
	}
	return families;
}

/* The command's words, as far as they are text. */
static json_t *command_json(char **argv)
{
	json_t *command = json_array();

	for (; argv && *argv; argv++) {
		g_autofree char *word = g_utf8_make_valid(*argv, -1);

		json_array_append_new(command, json_string(word));
	}
	return command;
}

static json_t *status_json(const struct record_outcome *outcome)
{
	if (!outcome->ended)
		return json_null();
	return json_integer(WIFSIGNALED(outcome->status) ? 128 + WTERMSIG(outcome->status)
							 : WEXITSTATUS(outcome->status));
}

static json_t *signal_json(const struct record_outcome *outcome)
{
	return outcome->ended && WIFSIGNALED(outcome->status)
		       ? json_integer(WTERMSIG(outcome->status))
		       : json_null();
}

static json_t *lost_json(const GArray *buffers)
{
	json_t *lost = json_array();

	for (guint i = 0; i < buffers->len; i++)
		json_array_append_new(
			lost, json_u64(g_array_index(buffers, struct tracing_buffer, i).lost));
	return lost;
}

static json_t *windows_json(const GArray *windows)
{
	json_t *array = json_array();

	for (guint i = 0; i < windows->len; i++) {
		const struct trim_window *window = &g_array_index(windows, struct trim_window, i);

		json_array_append_new(array, json_pack("{s:o, s:o, s:o}", "vstart",
						       json_address(window->vstart), "vend",
						       json_address(window->vend), "requests",
						       json_u64(window->requests)));
	}
	return array;
}

static json_t *recording_json(const struct record_plan *plan, const struct record_outcome *outcome)
{
	struct utsname name = {0};

	uname(&name);
	return json_pack(
		"{s:i, s:s, s:s, s:s, s:i, s:o, s:o, s:o, s:s, s:o, s:f, s:o, s:o, s:o, s:b, "
		"s:{s:i, s:b}, s:o, s:o, s:o, s:b, s:b}",
		"kmsim_recording", 1, "kmsim", KMSIM_VERSION, "kernel", name.release, "machine",
		name.machine, "page_size", (int)PAGE_SIZE, "cpus", cpus_json(), "events",
		json_u64(outcome->facts.events), "families", families_json(plan, &outcome->facts),
		"clock", plan->clock, "buffer_kib_per_cpu", json_u64(outcome->buffer_kib),
		"seconds", outcome->seconds, "command", command_json(plan->argv), "exit_status",
		status_json(outcome), "exit_signal", signal_json(outcome), "pools_emptied",
		plan->empty_pools && outcome->quiet, "snapshot", "tries", (int)outcome->tries,
		"quiet", outcome->quiet, "lost_events_by_cpu", lost_json(outcome->buffers),
		"cut_events", json_u64(outcome->facts.cut), "windows",
		windows_json(outcome->facts.windows), "interrupted", outcome->interrupted, "whole",
		record_is_whole(outcome));
}

bool recording_json_write(const struct record_plan *plan, const struct record_outcome *outcome,
			  const char *dir, GError **error)
{
	g_autofree char *path = g_build_filename(dir, "recording.json", NULL);
	json_t *root = recording_json(plan, outcome);
	g_autofree char *text = json_text(root);

	json_decref(root);
	return writer_put_file(path, text, error);
}
