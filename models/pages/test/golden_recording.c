// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A recording of compaction by a real kernel, as tracefs text: the importer must read every line
 * and every number of it, and its sums must be those of the text, which is read here once more by
 * plain patterns.
 */
#include "models/pages/test/golden.h"
#include "sim/base/error.h"
#include "sim/trace/import/account.h"
#include "sim/trace/import/recorded.h"
#include "sim/trace/import/text.h"
#include "sim/trace/source.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NUMBERS_MAX 4

/* What the text has after the name of an event, the fields that its numbers are, and their sums. */
static const struct pattern {
	const char *name, *text;
	int fields[NUMBERS_MAX]; /* of the event; −1: not imported */
	const char *sums[NUMBERS_MAX];
} patterns[EVENT_IDS] = {
	[EVENT_COMPACTION_BEGIN] = {"mm_compaction_begin: ",
				    "zone_start=0x%" SCNx64 " migrate_pfn=0x%" SCNx64
				    " free_pfn=0x%" SCNx64 " zone_end=0x%" SCNx64,
				    {COMPACTION_ZONE_START, COMPACTION_MIGRATE_PFN,
				     COMPACTION_FREE_PFN, COMPACTION_ZONE_END}},
	[EVENT_COMPACTION_END] = {"mm_compaction_end: ",
				  "zone_start=0x%" SCNx64 " migrate_pfn=0x%" SCNx64
				  " free_pfn=0x%" SCNx64 " zone_end=0x%" SCNx64,
				  {COMPACTION_ZONE_START, COMPACTION_MIGRATE_PFN,
				   COMPACTION_FREE_PFN, COMPACTION_ZONE_END}},
	[EVENT_COMPACTION_FINISHED] = {"mm_compaction_finished: ",
				       "node=%" SCNu64 " zone=%*s order=%" SCNd64,
				       {-1, FINISHED_ORDER}},
	[EVENT_ISOLATE_MIGRATEPAGES] = {"mm_compaction_isolate_migratepages: ",
					"range=(0x%" SCNx64 " ~ 0x%" SCNx64 ") nr_scanned=%" SCNu64
					" nr_taken=%" SCNu64,
					{-1, -1, ISOLATE_SCANNED, ISOLATE_TAKEN},
					{NULL, NULL, "compact_migrate_scanned",
					 "compact_isolated"}},
	[EVENT_ISOLATE_FREEPAGES] = {"mm_compaction_isolate_freepages: ",
				     "range=(0x%" SCNx64 " ~ 0x%" SCNx64 ") nr_scanned=%" SCNu64
				     " nr_taken=%" SCNu64,
				     {-1, -1, ISOLATE_SCANNED, ISOLATE_TAKEN},
				     {NULL, NULL, "compact_free_scanned", "compact_isolated"}},
	[EVENT_MIGRATEPAGES] = {"mm_compaction_migratepages: ",
				"nr_migrated=%" SCNu64 " nr_failed=%" SCNu64,
				{MIGRATED, MIGRATE_FAILED},
				{"pgmigrate_success", "pgmigrate_fail"}},
};

/* Numbers that a pattern has. */
static unsigned numbers_of(const struct pattern *pattern)
{
	unsigned n = 0;

	for (const char *at = pattern->text; (at = strchr(at, '%')); at++)
		n += at[1] != '*';
	return n;
}

struct recording {
	GArray *events; /* struct event */
	struct recorded *recorded;
	GHashTable *sums; /* name -> uint64_t, of the text */
};

static void take(void *context, const struct event *event)
{
	struct recording *recording = context;

	g_array_append_val(recording->events, *event);
	recorded_take(recording->recorded, event, NULL);
}

static void add_sum(GHashTable *sums, const char *name, uint64_t n)
{
	uint64_t *sum = g_hash_table_lookup(sums, name);

	if (!sum) {
		sum = g_new0(uint64_t, 1);
		g_hash_table_insert(sums, g_strdup(name), sum);
	}
	*sum += n;
}

/* A line against the event that the importer made of it. */
static bool compare_line(struct golden *golden, struct recording *recording, const char *line,
			 const struct event *event, GError **error)
{
	for (enum event_id id = 0; id < EVENT_IDS; id++) {
		const struct pattern *pattern = &patterns[id];
		const char *at = pattern->name ? strstr(line, pattern->name) : NULL;
		uint64_t n[NUMBERS_MAX] = {0};

		if (!at)
			continue;
		if (sscanf(at + strlen(pattern->name), pattern->text, &n[0], &n[1], &n[2], &n[3]) !=
		    (int)numbers_of(pattern))
			break;
		golden_number(golden, "event", event->id, id);
		golden_number(golden, "line", (int64_t)event->place,
			      (int64_t)reader_line_number(golden->reader));
		for (unsigned i = 0; i < numbers_of(pattern); i++) {
			if (pattern->fields[i] >= 0)
				golden_number(golden, "field",
					      (int64_t)event->value[pattern->fields[i]],
					      (int64_t)n[i]);
			if (pattern->sums[i])
				add_sum(recording->sums, pattern->sums[i], n[i]);
		}
		return true;
	}
	set_input_error(error, "line %" PRIu64 ": not of a known event",
			reader_line_number(golden->reader));
	return false;
}

static bool compare_lines(struct golden *golden, struct recording *recording, GError **error)
{
	const char *text;
	size_t length;
	guint next = 0;
	int got;

	while ((got = reader_line(golden->reader, &text, &length, error)) > 0) {
		g_autofree char *line = g_strndup(text, length);

		if (*line == '#')
			continue;
		if (next == recording->events->len) {
			golden_number(golden, "number of events", next, next + 1);
			return true;
		}
		if (!compare_line(golden, recording, line,
				  &g_array_index(recording->events, struct event, next++), error))
			return false;
	}
	golden_number(golden, "number of events", recording->events->len, next);
	return !got;
}

static void compare_sums(struct golden *golden, const struct recording *recording)
{
	g_autoptr(GArray) counts = recorded_counts(recording->recorded);

	golden_number(golden, "number of sums", counts ? counts->len : 0,
		      g_hash_table_size(recording->sums));
	for (guint i = 0; counts && i < counts->len; i++) {
		const struct recorded_count *count =
			&g_array_index(counts, struct recorded_count, i);
		const uint64_t *sum = g_hash_table_lookup(recording->sums, count->name);

		golden_number(golden, count->name, (int64_t)count->value, sum ? (int64_t)*sum : -1);
	}
}

static bool run(struct golden *golden, GError **error)
{
	struct recording recording = {
		.events = g_array_new(FALSE, FALSE, sizeof(struct event)),
		.recorded = recorded_new(),
		.sums = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
	};
	struct import_account account;
	const struct event_sink sink = {take, &recording, &account, NULL};
	struct reader *reader = reader_open(reader_path(golden->reader), error);

	import_account_init(&account);
	bool ok = reader && text_read(reader, IMPORT_TRACEFS, &sink, error) &&
		  compare_lines(golden, &recording, error);

	if (ok) {
		golden_number(golden, "lines not understood",
			      (int64_t)(account.bad_lines.count + account.bad_events.count), 0);
		golden_number(golden, "kinds not used", account.unused->len, 0);
		compare_sums(golden, &recording);
	}
	reader_close(reader);
	import_account_clear(&account);
	g_array_unref(recording.events);
	recorded_free(recording.recorded);
	g_hash_table_unref(recording.sums);
	return ok;
}

const struct golden_family golden_recording = {
	.name = "recording",
	.words = {"# tracer:", "mm_compaction_begin:", "mm_compaction_isolate_migratepages:"},
	.run = run,
};
