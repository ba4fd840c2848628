// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/fidelity/machine_state.h"

#include "sim/base/error.h"
#include "sim/base/json_util.h"
#include "sim/base/reader.h"
#include "sim/base/units.h"
#include "sim/trace/import/vmallocinfo.h"
#include "sim/trace/source.h"

#include <string.h>

#define POOLED_PAGES_MAX 256
#define NODES_MAX	 128

/* The first line of the state file @name, or NULL: it is not there. */
static char *first_line(const char *path, const char *name, char **file, GError **error)
{
	struct reader *reader;
	const char *line;
	size_t length;
	char *text = NULL;

	*file = recording_state_file(path, name);
	if (!*file || !(reader = reader_open(*file, error)))
		return NULL;
	if (reader_line(reader, &line, &length, error) > 0)
		text = g_strstrip(g_strndup(line, length));
	reader_close(reader);
	return text;
}

/*
 * What `kmsim record` says of its recording, from the file @file, to be freed; NULL without an
 * error: it says nothing.
 */
static json_t *read_recording_json(const char *path, char **file, GError **error)
{
	json_t *json = recording_said(path, file, error);

	if (!json || (json_is_string(json_at(json, "kernel")) &&
		      json_is_string(json_at(json, "cpus/possible"))))
		return json;
	set_input_error(error, "%s:1: not what kmsim record writes: no kernel and cpus/possible",
			*file);
	json_decref(json);
	return NULL;
}

static char *string_of(const json_t *json, const char *path)
{
	const char *text = json_string_at(json, path);

	return *text ? g_strdup(text) : NULL;
}

static bool read_release(struct timeline *timeline, const char *path, const json_t *said,
			 GError **error)
{
	g_autofree char *file = NULL;
	GError *failed = NULL;

	timeline->release =
		said ? string_of(said, "kernel") : first_line(path, "uname_r", &file, &failed);
	if (failed)
		g_propagate_error(error, failed);
	return !failed;
}

char *machine_release(const char *path)
{
	g_autofree char *said_file = NULL, *file = NULL;
	json_t *said = read_recording_json(path, &said_file, NULL);
	char *release = said ? string_of(said, "kernel") : first_line(path, "uname_r", &file, NULL);

	json_decref(said);
	return release;
}

/* "0-3", "0", "0-1,4-7": one more than the highest. */
static uint32_t cpus_of_list(const char *text)
{
	const char *last = text + strlen(text);
	uint64_t cpu;

	while (last > text && g_ascii_isdigit(last[-1]))
		last--;
	return g_ascii_string_to_unsigned(last, 10, 0, TRACE_CPUS_MAX - 1, &cpu, NULL)
		       ? (uint32_t)cpu + 1
		       : 0;
}

/* From @said, which is in @said_file, else from a file of its own. */
static bool read_possible(const char *path, const json_t *said, const char *said_file,
			  uint32_t *cpus, GError **error)
{
	g_autofree char *file = NULL, *text = NULL;
	GError *failed = NULL;

	text = said ? string_of(said, "cpus/possible")
		    : first_line(path, "cpu_possible", &file, &failed);
	*cpus = text ? cpus_of_list(text) : 0;
	if (failed) {
		g_propagate_error(error, failed);
		return false;
	}
	if (text && !*cpus) {
		set_input_error(error, "%s:1: not a list of CPUs: '%s'", said ? said_file : file,
				text);
		return false;
	}
	return true;
}

static bool read_cpus(struct timeline *timeline, const char *path, const json_t *said,
		      const char *said_file, uint32_t wanted, GError **error)
{
	uint32_t possible;

	if (!read_possible(path, said, said_file, &possible, error))
		return false;
	timeline->cpus_known = wanted || possible;
	timeline->cpus = wanted ? wanted : possible ? possible : timeline->account.cpus;
	if (timeline->cpus < timeline->account.cpus) {
		set_input_error(error, "%s: %u CPUs in the recording, but only %u are possible",
				timeline->name, timeline->account.cpus, timeline->cpus);
		return false;
	}
	return true;
}

/*
 * In the lists of nodes, one after the other, each ascending: where the address falls, the next
 * begins. A node whose list is empty, or begins above where the last one ends, leaves no mark: with
 * too few falls they are a guess.
 */
static void tell_nodes(GArray *areas, uint32_t nodes)
{
	const struct timeline_area *before = NULL;
	uint32_t node = 0;

	for (unsigned i = 0; i < areas->len; i++) {
		struct timeline_area *area = &g_array_index(areas, struct timeline_area, i);

		if (!area->lazy)
			continue;
		if (before && area->start < before->start && node + 1 < nodes)
			node++;
		area->node = node;
		before = area;
	}
	for (unsigned i = 0; i < areas->len && node + 1 < nodes; i++) {
		struct timeline_area *area = &g_array_index(areas, struct timeline_area, i);

		area->guessed = area->lazy;
	}
}

static GArray *read_areas(struct timeline *timeline, const char *file, GError **error)
{
	GArray *seeds = vmallocinfo_read(file, &timeline->account, error), *areas;

	if (!seeds)
		return NULL;
	areas = g_array_new(FALSE, TRUE, sizeof(struct timeline_area));
	for (unsigned i = 0; i < seeds->len; i++) {
		const struct seed *seed = &g_array_index(seeds, struct seed, i);
		const struct timeline_area area = {
			.start = seed->start,
			.size = seed->end - seed->start,
			.lazy = seed->lazy,
			.percpu = seed->percpu,
		};

		g_array_append_val(areas, area);
	}
	g_array_unref(seeds);
	tell_nodes(areas, CLAMP(timeline->cpus, 1, NODES_MAX));
	return areas;
}

/* Whether an area can have come from a node at all. */
static bool may_have_origin(const struct timeline *timeline, const struct timeline_area *area)
{
	return !area->percpu && area->start >= timeline->vstart &&
	       area->start + area->size <= timeline->vend;
}

static uint32_t node_of_address(const struct timeline *timeline, uint64_t addr)
{
	return (uint32_t)(addr / UINT64_C(65536) % CLAMP(timeline->cpus, 1, NODES_MAX));
}

/* What is lazy at the end, by address. */
static GHashTable *lazy_at_end(const struct timeline *timeline)
{
	GHashTable *at_end = g_hash_table_new(NULL, NULL);

	for (unsigned i = 0; timeline->after && i < timeline->after->len; i++) {
		struct timeline_area *area =
			&g_array_index(timeline->after, struct timeline_area, i);

		if (area->lazy)
			g_hash_table_insert(at_end, GSIZE_TO_POINTER(area->start), area);
	}
	return at_end;
}

/*
 * No snapshot shows the origin of a busy area: the node of its address is as good a guess as any,
 * unless the area is lazy at the end. A lazy one is in the list of its origin, if it has one.
 */
static void tell_origins(struct timeline *timeline)
{
	g_autoptr(GHashTable) at_end = lazy_at_end(timeline);

	for (unsigned i = 0; i < timeline->before->len; i++) {
		struct timeline_area *area =
			&g_array_index(timeline->before, struct timeline_area, i);
		const struct timeline_area *end =
			g_hash_table_lookup(at_end, GSIZE_TO_POINTER(area->start));

		if (!may_have_origin(timeline, area))
			continue;
		if (area->lazy) {
			area->origin = area->node + 1;
		} else if (end && end->size == area->size) {
			area->origin = end->node + 1;
			area->guessed = end->guessed;
		} else {
			area->origin = node_of_address(timeline, area->start) + 1;
			area->guessed = true;
		}
	}
}

static bool read_snapshots(struct timeline *timeline, const struct recording *recording,
			   const char *path, const char *given, GError **error)
{
	const char *before = given ? given : recording->snapshots[SNAPSHOT_VMALLOCINFO];
	g_autofree char *after = recording_state_file(path, "vmallocinfo.after");

	if (before) {
		g_array_unref(timeline->before);
		timeline->before = read_areas(timeline, before, error);
		timeline->has_before = true;
	}
	if (!timeline->before) {
		timeline->before = g_array_new(FALSE, TRUE, sizeof(struct timeline_area));
		return false;
	}
	if (after && !(timeline->after = read_areas(timeline, after, error)))
		return false;
	timeline->has_after = timeline->after;
	tell_origins(timeline);
	return true;
}

bool machine_state_read(struct timeline *timeline, const struct recording *recording,
			const char *path, const struct timeline_options *options, GError **error)
{
	g_autofree char *file = NULL;
	GError *failed = NULL;
	json_t *said = read_recording_json(path, &file, &failed);

	if (failed) {
		g_propagate_error(error, failed);
		return false;
	}
	timeline->pools_emptied = said && json_is_true(json_at(said, "pools_emptied"));
	bool ok = read_release(timeline, path, said, error) &&
		  read_cpus(timeline, path, said, file, options->cpus, error) &&
		  read_snapshots(timeline, recording, path, options->vmallocinfo, error);

	json_decref(said);
	return ok;
}
