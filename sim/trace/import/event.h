/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_IMPORT_EVENT_H
#define KMSIM_TRACE_IMPORT_EVENT_H

/*
 * What all forms of a recording have in common: a stream of events. One parser a form
 * pushes them into a sink; a new kind of event is a row in event_kinds[] and a handler in
 * survey.c and in replay.c.
 */

#include "sim/trace/import/import.h"

#define EVENT_FIELDS_MAX 6

enum event_id {
	EVENT_ALLOC_VMAP_AREA,
	EVENT_FREE_VMAP_AREA_NOFLUSH,
	EVENT_PURGE_VMAP_AREA_LAZY,
	EVENT_IDS,
	EVENT_NOT_IMPORTED = EVENT_IDS
};

/* Indices into event.value[]. */
enum {
	ALLOC_ADDR,
	ALLOC_SIZE,
	ALLOC_ALIGN,
	ALLOC_VSTART,
	ALLOC_VEND,
	ALLOC_FAILED
};
enum {
	FREE_ADDR,
	FREE_LAZY,
	FREE_LAZY_MAX
};
enum {
	PURGE_START,
	PURGE_END,
	PURGE_N
};

/* A field as printed, and as the event's format file calls it. */
struct event_field {
	const char *printed, *recorded;
};

struct event_kind {
	const char *system, *name;
	struct event_field fields[EVENT_FIELDS_MAX + 1]; /* ends with NULL */
};

extern const struct event_kind event_kinds[EVENT_IDS];

/* The kind named @name of @system, or EVENT_NOT_IMPORTED. A NULL @system matches any. */
enum event_id event_find(const char *system, const char *name);

/* One event of an imported kind. */
struct event {
	uint64_t place; /* line, or number of the event in a trace.dat; 1-based */
	uint64_t t_ns;
	bool has_t; /* false: the stamp has no known unit */
	enum event_id id;
	uint32_t cpu;
	int64_t pid;
	uint64_t value[EVENT_FIELDS_MAX];
};

/* Where a parser puts events, and counts what else it sees. */
struct event_sink {
	void (*take)(void *context, const struct event *event);
	void *context;
	struct import_account *account;
	const volatile sig_atomic_t *interrupted; /* NULL: never */
};

static inline bool event_sink_interrupted(const struct event_sink *sink)
{
	return sink->interrupted && *sink->interrupted;
}

/* Count @event and hand it to the sink, unless its values are impossible. */
void event_push(const struct event_sink *sink, const struct event *event);

/* Count an event of an imported kind whose values cannot be told. */
void event_bad(const struct event_sink *sink, uint64_t place);

/* Count an event on @cpu of a kind, @name, that is not imported. */
void event_unused(const struct event_sink *sink, uint32_t cpu, const char *name);

#endif
