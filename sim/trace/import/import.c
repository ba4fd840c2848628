// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/import/import.h"

#include "sim/base/error.h"
#include "sim/base/json_util.h"
#include "sim/trace/import/account.h"
#include "sim/trace/import/convert.h"
#include "sim/trace/import/page_state.h"
#include "sim/trace/import/recording.h"

struct import {
	struct recording recording;
	struct import_account *account;
	struct survey survey;
	GArray *seeds; /* struct seed; NULL: no snapshot */
	struct page_state pages;
	struct machine_record *record;		  /* NULL: not wanted */
	const volatile sig_atomic_t *interrupted; /* NULL: never */
};

#define KINDS_NAMED_MAX 4
#define ALLOCS_TELLING	32 /* page allocations that tell whether they were filtered */

/* What a recording without a usable event held instead. */
static void set_nothing_usable(const struct import *import, GError **error)
{
	const struct import_account *account = import->account;
	g_autoptr(GString) seen = g_string_new(NULL);

	for (guint i = 0; i < MIN(account->unused->len, KINDS_NAMED_MAX); i++) {
		const struct import_unused *kind =
			&g_array_index(account->unused, struct import_unused, i);

		g_string_append_printf(seen, "%s%s %" G_GUINT64_FORMAT, i ? ", " : ": ", kind->name,
				       kind->count);
	}
	if (account->unused->len > KINDS_NAMED_MAX)
		g_string_append(seen, ", …");
	if (account->events_counted)
		g_string_append_printf(seen,
				       "; %" G_GUINT64_FORMAT
				       " events of what the machine did by its own rules",
				       account->events_counted);
	if (account->frees_unknown + account->page_frees_unknown)
		g_string_append_printf(seen, "; %" G_GUINT64_FORMAT " frees without an allocation",
				       account->frees_unknown + account->page_frees_unknown);
	if (account->bad_events.count)
		g_string_append_printf(seen, "; %" G_GUINT64_FORMAT " events not understood",
				       account->bad_events.count);
	if (account->bad_lines.count)
		g_string_append_printf(seen, "; %" G_GUINT64_FORMAT " lines not understood",
				       account->bad_lines.count);
	set_input_error(error,
			"%s: no usable event in this %s of %" G_GUINT64_FORMAT
			" events%s; wanted are vmalloc:alloc_vmap_area and "
			"vmalloc:free_vmap_area_noflush (Linux 6.2 and later), or "
			"kmem:mm_page_alloc and kmem:mm_page_free",
			import->recording.name, import_form_name(account->form), account->events,
			seen->str);
}

static bool read_seeds(struct import *import, const char *path, GError **error)
{
	if (!path)
		return true;
	import->seeds = vmallocinfo_read(path, import->account, error);
	return import->seeds;
}

/* The child that reads a trace.dat gets the signal, too, so that its failure is none of the file.
 */
static bool read_events(const struct import *import, const struct event_sink *sink, GError **error)
{
	bool ok = recording_read(&import->recording, sink, error);

	if (!event_sink_interrupted(sink))
		return ok;
	g_clear_error(error);
	set_interrupted_error(error);
	return false;
}

static bool first_pass(struct import *import, GError **error)
{
	struct event_sink sink = {survey_take, &import->survey, import->account,
				  import->interrupted};

	if (!read_events(import, &sink, error))
		return false;
	survey_finish(&import->survey);
	import->account->has_times = import->survey.events && !import->survey.some_without_time;
	if (import->survey.events)
		return true;
	set_nothing_usable(import, error);
	return false;
}

static void fill_header(const struct import *import, struct trace_header *header)
{
	const struct window *window = survey_window(&import->survey);

	trace_header_init(header);
	header->cpus = import->account->cpus;
	header->lazy_max_pages = trace_default_lazy_max_pages(header->cpus);
	if (window) {
		header->vstart_given = header->vend_given = true;
		header->vstart = window->vstart;
		header->vend = window->vend;
	}
	if (import->survey.lazy_max_pages) {
		header->lazy_max_pages_given = true;
		header->lazy_max_pages = import->survey.lazy_max_pages;
	}
	header->memory = import->pages.memory ? memory_map_copy(import->pages.memory) : NULL;
	header->recorded = recorded_counts(import->survey.pages.recorded);
	header->origin = g_strdup_printf("ftrace: %s", import_form_name(import->account->form));
}

static bool convert(struct import *import, const struct trace_header *header,
		    struct jsonl_writer *writer, GError **error)
{
	struct import_account *account = import->account, first_pass_again;
	struct convert *convert =
		convert_new(&import->survey, header, writer, account, import->record);
	struct event_sink sink = {convert_take, convert, &first_pass_again, import->interrupted};

	import_account_init(&first_pass_again);
	if (import->seeds)
		convert_seeds(convert, import->seeds);
	convert_page_seeds(convert, import->pages.live);
	bool ok = read_events(import, &sink, error);

	if (ok && !account->events_used) {
		set_nothing_usable(import, error);
		ok = false;
	}
	if (ok)
		convert_finish(convert);
	import_account_clear(&first_pass_again);
	convert_free(convert);
	return ok;
}

static bool second_pass(struct import *import, const char *out_path, GError **error)
{
	struct trace_header header;

	fill_header(import, &header);
	struct jsonl_writer *writer = jsonl_writer_open(out_path, &header, error);
	bool ok = writer && convert(import, &header, writer, error);

	if (ok)
		ok = jsonl_writer_commit(writer, error);
	else if (writer)
		jsonl_writer_abort(writer);
	trace_header_clear(&header);
	return ok;
}

/* Most requests of any machine are for single pages. */
static bool few_single_pages(const struct survey_pages *pages)
{
	return pages->allocs >= ALLOCS_TELLING && pages->single_allocs < pages->allocs / 2;
}

static void add_warnings(const struct import *import)
{
	struct import_account *account = import->account;

	if (account->overwritten_events)
		account_warn(account,
			     "the first %" G_GUINT64_FORMAT
			     " events were overwritten before the text was read",
			     account->overwritten_events);
	if (import->survey.pages.allocs && !import->survey.pages.frees)
		account_warn(account, "no mm_page_free in the recording: pages are never freed");
	if (few_single_pages(&import->survey.pages))
		account_warn(account,
			     "few of the page allocations are of order 0: a recording that was "
			     "filtered by order leaves more memory free in a model than the "
			     "machine had");
	if (import->survey.pages.frees && !import->survey.pages.allocs)
		account_warn(account, "no mm_page_alloc in the recording: only frees of pages "
				      "that were live before");
	if (account->lost_markers)
		account_warn(account, "events were lost in the middle: expect areas that are "
				      "never freed, and frees that could not be used");
	if (!account->has_times)
		account_warn(account, "the time stamps have no known unit (trace_clock uptime, "
				      "counter or x86-tsc): the ops have no times");
}

/* The snapshots to use: those given, else those found. */
static struct import_options choose_snapshots(const struct import_options *given,
					      char *const found[SNAPSHOTS])
{
	struct import_options use = given ? *given : (struct import_options){0};
	const char **files[SNAPSHOTS] = {[SNAPSHOT_VMALLOCINFO] = &use.vmallocinfo,
					 [SNAPSHOT_ZONEINFO] = &use.zoneinfo,
					 [SNAPSHOT_BUDDYINFO] = &use.buddyinfo,
					 [SNAPSHOT_PAGETYPEINFO] = &use.pagetypeinfo};

	for (unsigned i = 0; i < SNAPSHOTS; i++) {
		if (!*files[i])
			*files[i] = found[i];
	}
	return use;
}

/* The families that `kmsim record` was asked for: all of their events were on. */
static bool read_families(struct import *import, const char *path, bool *compaction, GError **error)
{
	g_autofree char *file = NULL;
	GError *failed = NULL;
	json_t *said = recording_said(path, &file, &failed);

	if (failed) {
		g_propagate_error(error, failed);
		return false;
	}
	*compaction = json_at(said, "families/compaction") != NULL;
	recorded_asked(import->survey.pages.recorded, json_at(said, "families/pages") != NULL,
		       *compaction);
	json_decref(said);
	return true;
}

/* What the files of the machine's own said @when; *snapshot stays NULL where they are not there. */
static bool read_snapshot(const char *path, const char *when, struct snapshot **snapshot,
			  GError **error)
{
	static const char *const names[] = {"zoneinfo", "buddyinfo", "pagetypeinfo"};
	char *files[G_N_ELEMENTS(names)];

	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *name = g_strconcat(names[i], when, NULL);

		files[i] = recording_state_file(path, name);
	}
	const struct snapshot_files use = {files[0], files[1], files[2]};
	bool there = use.zoneinfo && use.pagetypeinfo;

	if (there)
		*snapshot = snapshot_read(&use, error);
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
		g_free(files[i]);
	return !there || *snapshot;
}

static bool read_record(struct import *import, const char *path, GError **error)
{
	return !import->record || (read_snapshot(path, ".before", &import->record->before, error) &&
				   read_snapshot(path, ".after", &import->record->after, error));
}

static bool import_opened(struct import *import, const char *path,
			  const struct import_options *options, const char *out_path,
			  GError **error)
{
	bool compaction = false;
	const struct import_options use = choose_snapshots(options, import->recording.snapshots);
	const struct snapshot_files files = {use.zoneinfo, use.buddyinfo, use.pagetypeinfo};
	bool ok = read_seeds(import, use.vmallocinfo, error);

	survey_init(&import->survey, import->seeds);
	ok = ok && read_families(import, path, &compaction, error) && first_pass(import, error) &&
	     page_state_init(&import->pages, &import->survey, &files, use.seed, import->account,
			     error) &&
	     read_record(import, path, error) && second_pass(import, out_path, error);
	if (import->record)
		import->record->has_compaction |= compaction;
	if (ok)
		add_warnings(import);
	page_state_clear(&import->pages);
	survey_clear(&import->survey);
	g_clear_pointer(&import->seeds, g_array_unref);
	return ok;
}

bool import_recording(const char *path, const struct import_options *options, const char *out_path,
		      struct import_account *account, GError **error)
{
	struct import import = {
		.account = account,
		.interrupted = options ? options->interrupted : NULL,
	};

	import_account_init(account);
	bool ok = recording_open(&import.recording, path, options ? options->name : NULL, error);

	account->form = import.recording.form;
	if (options && options->record)
		import.record = machine_record_new();
	ok = ok && import_opened(&import, path, options, out_path, error);
	if (ok && import.record)
		*options->record = g_steal_pointer(&import.record);
	machine_record_free(import.record);
	recording_close(&import.recording);
	return ok;
}
