// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/import/import.h"

#include <stddef.h>

#define AT(field) offsetof(struct import_account, field)

/* When people are told of a count that is 0. */
enum told {
	NOT_TOLD,
	WITH_AREAS, /* if there were events of vmalloc */
	WITH_PAGES, /* of kmem or compaction */
	ALWAYS,
};

/* The plain counts of an account: the key of manifests, and what people read. */
static const struct {
	const char *key, *words;
	size_t offset;
	enum told told;
} counts[] = {
	{"allocs", "allocations written", AT(allocs), WITH_AREAS},
	{"frees", "frees written", AT(frees), WITH_AREAS},
	{"purges", "purges written", AT(purges), WITH_AREAS},
	{"requests_failed", "allocations that failed", AT(requests_failed), WITH_AREAS},
	{"retries", "failed attempts that are one op with their retry", AT(retries), NOT_TOLD},
	{"frees_unknown", "frees without an allocation (dropped)", AT(frees_unknown), WITH_AREAS},
	{"allocs_of_live", "allocations of an address still live", AT(allocs_of_live), NOT_TOLD},
	{"allocs_over_live", "allocations that overlap live areas", AT(allocs_over_live), NOT_TOLD},
	{"areas_freed_for_them", "areas freed for them", AT(areas_freed_for_them), NOT_TOLD},
	{"page_allocs", "page allocations written", AT(page_allocs), WITH_PAGES},
	{"page_frees", "page frees written", AT(page_frees), WITH_PAGES},
	{"compactions", "compactions written (those asked for)", AT(compactions), WITH_PAGES},
	{"page_requests_failed", "page allocations that failed", AT(page_requests_failed),
	 WITH_PAGES},
	{"page_frees_unknown", "frees of pages that were not live (dropped)",
	 AT(page_frees_unknown), WITH_PAGES},
	{"page_frees_in_compaction", "the same, within a compaction (dropped)",
	 AT(page_frees_in_compaction), NOT_TOLD},
	{"pages_migrated", "pages moved by compaction (live on)", AT(pages_migrated), NOT_TOLD},
	{"migrated_freed", "frees that end one of them", AT(migrated_freed), NOT_TOLD},
	{"page_frees_other_order", "page frees of another order than their allocation",
	 AT(page_frees_other_order), NOT_TOLD},
	{"page_allocs_of_live", "allocations of pages still live", AT(page_allocs_of_live),
	 NOT_TOLD},
	{"pages_freed_for_them", "pages freed for them", AT(pages_freed_for_them), NOT_TOLD},
	{"gfp_unknown", "page allocations with gfp flags that are not known", AT(gfp_unknown),
	 NOT_TOLD},
	{"clock_back", "times put right (clock of a CPU went back)", AT(clock_back), NOT_TOLD},
	{"lost_markers", "places where events were lost", AT(lost_markers), ALWAYS},
	{"lost_events", "events lost there, where known", AT(lost_events), NOT_TOLD},
	{"overwritten_events", "events overwritten before the first", AT(overwritten_events),
	 NOT_TOLD},
	{"seeds_busy", "live areas seeded", AT(seeds_busy), NOT_TOLD},
	{"seeds_lazy", "unpurged areas seeded", AT(seeds_lazy), NOT_TOLD},
	{"seeds_stale", "unpurged areas left out (allocated again before a purge)", AT(seeds_stale),
	 NOT_TOLD},
	{"seeds_overlapping", "areas of the snapshot left out (they overlap)",
	 AT(seeds_overlapping), NOT_TOLD},
	{"page_seeds", "live pages seeded (blocks)", AT(page_seeds), NOT_TOLD},
	{"page_seeds_drawn", "of them where the draw put them", AT(page_seeds_drawn), NOT_TOLD},
	{"page_seeds_outside", "known pages left out (in no zone, or at odds with others)",
	 AT(page_seeds_outside), NOT_TOLD},
	{"chunks_missing", "free chunks of the snapshot for which there is no place",
	 AT(chunks_missing), NOT_TOLD},
	{"chunks_extra", "free chunks beyond those of the snapshot (events say so)",
	 AT(chunks_extra), NOT_TOLD},
	{"chunks_other_type", "free chunks in a pageblock of another type than in the snapshot",
	 AT(chunks_other_type), NOT_TOLD},
};

static const struct {
	const char *key, *words;
	size_t offset;
	bool in_recording; /* a trace.dat has no lines, but events */
} places[] = {
	{"bad_events", "events not understood", AT(bad_events), true},
	{"bad_lines", "lines not understood", AT(bad_lines), true},
	{"seeds_bad_lines", "lines of the snapshot not understood", AT(seeds_bad_lines), false},
};

static uint64_t count_at(const struct import_account *account, size_t i)
{
	return *(const uint64_t *)((const char *)account + counts[i].offset);
}

static const struct import_places *places_at(const struct import_account *account, size_t i)
{
	return (const struct import_places *)((const char *)account + places[i].offset);
}

static bool is_told(const struct import_account *account, size_t i)
{
	const bool zero_told[] = {[WITH_AREAS] = account->has_areas,
				  [WITH_PAGES] = account->has_pages,
				  [ALWAYS] = true};

	return count_at(account, i) || zero_told[counts[i].told];
}

static void line(GString *text, uint64_t count, const char *words)
{
	g_string_append_printf(text, "%8" G_GUINT64_FORMAT "  %s\n", count, words);
}

static void places_line(GString *text, const struct import_places *where, const char *words,
			const char *unit)
{
	if (!where->count)
		return;
	g_string_append_printf(text, "%8" G_GUINT64_FORMAT "  %s (%s", where->count, words, unit);
	for (uint64_t i = 0; i < MIN(where->count, IMPORT_PLACES_MAX); i++)
		g_string_append_printf(text, "%s %" G_GUINT64_FORMAT, i ? "," : "",
				       where->first[i]);
	g_string_append(text, where->count > IMPORT_PLACES_MAX ? ", …)\n" : ")\n");
}

char *import_account_text(const struct import_account *account)
{
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "imported from %s, %u CPUs, %s\n",
			       import_form_name(account->form), account->cpus,
			       account->has_times ? "with times" : "without times");
	line(text, account->events, "events read");
	line(text, account->events_used, "events used");
	if (account->events_counted)
		line(text, account->events_counted,
		     "events counted (what the machine did by its own rules)");
	for (guint i = 0; i < account->unused->len; i++) {
		const struct import_unused *kind =
			&g_array_index(account->unused, struct import_unused, i);
		g_autofree char *words = g_strdup_printf(
			"%s: %s", kind->not_needed ? "not needed" : "unused", kind->name);

		line(text, kind->count, words);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
		if (is_told(account, i))
			line(text, count_at(account, i), counts[i].words);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
		bool numbered = places[i].in_recording && account->form == IMPORT_DAT;

		places_line(text, places_at(account, i), places[i].words,
			    numbered ? "events" : "lines");
	}
	for (guint i = 0; i < account->warnings->len; i++)
		g_string_append_printf(text, "warning: %s\n",
				       (const char *)account->warnings->pdata[i]);
	return g_string_free(text, FALSE);
}

static json_t *unused_json(const struct import_account *account, bool not_needed)
{
	json_t *unused = json_object();

	for (guint i = 0; i < account->unused->len; i++) {
		const struct import_unused *kind =
			&g_array_index(account->unused, struct import_unused, i);

		if (kind->not_needed == not_needed)
			json_object_set_new(unused, kind->name,
					    json_integer((json_int_t)kind->count));
	}
	return unused;
}

json_t *import_account_json(const struct import_account *account)
{
	json_t *json = json_object(), *warnings = json_array();

	json_object_set_new(json, "form", json_string(import_form_name(account->form)));
	json_object_set_new(json, "cpus", json_integer(account->cpus));
	json_object_set_new(json, "has_times", json_boolean(account->has_times));
	json_object_set_new(json, "events", json_integer((json_int_t)account->events));
	json_object_set_new(json, "events_used", json_integer((json_int_t)account->events_used));
	json_object_set_new(json, "events_counted",
			    json_integer((json_int_t)account->events_counted));
	json_object_set_new(json, "unused", unused_json(account, false));
	json_object_set_new(json, "not_needed", unused_json(account, true));
	for (size_t i = 0; i < G_N_ELEMENTS(counts); i++)
		json_object_set_new(json, counts[i].key,
				    json_integer((json_int_t)count_at(account, i)));
	for (size_t i = 0; i < G_N_ELEMENTS(places); i++)
		json_object_set_new(json, places[i].key,
				    json_integer((json_int_t)places_at(account, i)->count));
	for (guint i = 0; i < account->warnings->len; i++)
		json_array_append_new(warnings, json_string(account->warnings->pdata[i]));
	json_object_set_new(json, "warnings", warnings);
	return json;
}
