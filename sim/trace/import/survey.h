/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_IMPORT_SURVEY_H
#define KMSIM_TRACE_IMPORT_SURVEY_H

/*
 * First pass over a recording: what must be known before the first op can be written.
 */

#include "sim/machine/layout.h"
#include "sim/trace/import/pfn_set.h"
#include "sim/trace/import/recorded.h"
#include "sim/trace/import/vmallocinfo.h"

/* What the first pass learns of page frames (survey_pages.c). */
struct survey_pages {
	uint64_t allocs, frees; /* events */
	uint64_t single_allocs; /* of order 0 */
	uint64_t pfn_limit;	/* above all pfns seen */
	struct pfn_set *seen;
	/*
	 * struct known_page: blocks that were live at the start, since their first event is a free
	 * outside of compaction, or free, since it is an allocation. By pfn when the survey is
	 * finished, and their types told.
	 */
	GArray *known;
	GHashTable *types; /* pageblock -> struct type_votes */
	/* struct pfn_range, ascending: zones that were compacted */
	GArray *zones;
	struct compactions *compactions;
	GHashTable *kcompactds; /* set of pids */
	/* struct whole_zone: compactions of whole zones, as they began; survey_finish() leaves
	 * those that were asked for from outside */
	GArray *whole_zone;
	struct recorded *recorded;
};

/* A compaction of all of a zone. */
struct whole_zone {
	uint64_t number; /* 0-based, among the events of imported kinds, of its begin */
	int64_t pid;
};

struct survey {
	uint64_t events;	 /* of imported kinds */
	uint64_t lazy_max_pages; /* 0: not seen */
	bool some_without_time;
	GArray *windows; /* struct window: those asked for, by address */
	/* Numbers (0-based, among the events of imported kinds) of failed attempts that were
	 * tried again: uint64_t, ascending when the survey is finished. */
	GArray *retried;

	GHashTable *attempts; /* pid -> struct attempt that failed and was not tried again yet */
	GArray *seeds;	      /* struct seed, the caller's; NULL: none */
	struct area_map *unpurged; /* lazy seeds that no purge has covered so far */
	struct survey_pages pages;
};

struct window {
	uint64_t vstart, vend;
	uint64_t count;
};

void survey_init(struct survey *survey, GArray *seeds);
void survey_clear(struct survey *survey);

/* event_sink.take; @context is the survey. */
void survey_take(void *context, const struct event *event);

/* Every event has been taken. */
void survey_finish(struct survey *survey);

/* The window most often asked for, the lowest of several; NULL if none was. */
const struct window *survey_window(const struct survey *survey);

/* Of survey_pages.c, called by the functions above. */
void survey_pages_init(struct survey_pages *pages);
void survey_pages_clear(struct survey_pages *pages);
void survey_pages_take(struct survey *survey, const struct event *event);
void survey_pages_finish(struct survey_pages *pages);

#endif
