/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_IMPORT_SURVEY_H
#define KMSIM_TRACE_IMPORT_SURVEY_H

/*
 * First pass over a recording: what must be known before the first op can be written.
 */

#include "sim/trace/import/event.h"
#include "sim/trace/import/vmallocinfo.h"

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

#endif
