/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_IMPORT_EVENT_H
#define KMSIM_TRACE_IMPORT_EVENT_H

/*
 * What all forms of a recording have in common: a stream of events. One parser a form
 * pushes them into a sink; a new kind of event is a row in event_kinds[] and a handler in
 * survey.c and in convert.c.
 */

#include "sim/trace/import/import.h"

#define EVENT_FIELDS_MAX 6

enum event_id {
	EVENT_ALLOC_VMAP_AREA,
	EVENT_FREE_VMAP_AREA_NOFLUSH,
	EVENT_PURGE_VMAP_AREA_LAZY,
	EVENT_PAGE_ALLOC,
	EVENT_PAGE_FREE,
	EVENT_EXTFRAG,
	EVENT_COMPACTION_BEGIN,
	EVENT_COMPACTION_END,
	EVENT_COMPACTION_FINISHED,
	EVENT_ISOLATE_MIGRATEPAGES,
	EVENT_ISOLATE_FREEPAGES,
	EVENT_FAST_ISOLATE_FREEPAGES,
	EVENT_MIGRATEPAGES,
	EVENT_TRY_TO_COMPACT_PAGES,
	EVENT_KCOMPACTD_WAKE,
	EVENT_KCOMPACTD_SLEEP,
	EVENT_PERCPU_CREATE_CHUNK,
	EVENT_PERCPU_DESTROY_CHUNK,
	EVENT_SHRINK_POOLS,
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

enum {
	PAGE_ALLOC_PFN,
	PAGE_ALLOC_ORDER,
	PAGE_ALLOC_TYPE,
	PAGE_ALLOC_GFP, /* as gfp_parse() gives it */
};
enum {
	PAGE_FREE_PFN,
	PAGE_FREE_ORDER
};
enum {
	EXTFRAG_FALLBACK_ORDER,
	EXTFRAG_CHANGE_OWNERSHIP
};
/* mm_compaction_begin has all but the last of these */
enum {
	COMPACTION_ZONE_START,
	COMPACTION_MIGRATE_PFN,
	COMPACTION_FREE_PFN,
	COMPACTION_ZONE_END,
	COMPACTION_SYNC,
	COMPACTION_STATUS
};
enum {
	FINISHED_ORDER /* int64_t; −1: the whole zone */
};
enum {
	ISOLATE_SCANNED,
	ISOLATE_TAKEN,
	ISOLATE_START, /* pfn; both 0 where they cannot be told */
	ISOLATE_END
};
enum {
	MIGRATED,
	MIGRATE_FAILED
};
enum {
	TRY_TO_COMPACT_ORDER
};

enum {
	CHUNK_BASE /* 0 where the text has a hash of it */
};
/* mm_shrink_slab_start of the shrinker of vmap nodes; those of others are not pushed */
enum {
	SHRINK_IS_POOLS,
	SHRINK_CACHE_ITEMS,
	SHRINK_TOTAL_SCAN
};

/* How a field is printed. Recorded, all are numbers. */
enum field_type {
	FIELD_NUMBER,
	FIELD_GFP,	   /* names of flags */
	FIELD_MODE,	   /* async, sync */
	FIELD_STATUS,	   /* a result of compaction */
	FIELD_PHRASE,	   /* a number behind words and a blank */
	FIELD_POINTER,	   /* %p: 0 if it is hashed */
	FIELD_SHRINKER,	   /* the function that the text begins with: 1 if that of vmap nodes */
	FIELD_RANGE_START, /* of range=(START ~ END): 0 if it is not there */
	FIELD_RANGE_END,
};

/* A field as printed, and as the event's format file calls it. */
struct event_field {
	const char *printed, *recorded;
	enum field_type type;
};

struct event_kind {
	const char *system, *name;
	struct event_field fields[EVENT_FIELDS_MAX + 1]; /* ends with NULL */
	bool (*possible)(const uint64_t value[]);	 /* NULL: whatever they are */
	bool (*wanted)(const uint64_t value[]);		 /* NULL: always. Else it is "unused" */
};

/* Compaction's results, as mm_compaction_end prints them; ends with NULL. */
extern const char *const compaction_status_names[];
#define COMPACTION_STATUS_SUCCESS 8

extern const struct event_kind event_kinds[EVENT_IDS];

/* The kind named @name of @system, or EVENT_NOT_IMPORTED. A NULL @system matches any. */
enum event_id event_find(const char *system, const char *name);

/* Whether the event @name is known to say nothing that an import needs. */
bool event_not_needed(const char *name);

/* The number of @word as a field of @type (not FIELD_NUMBER). False: not one of its words. */
bool event_word(enum field_type type, const char *word, size_t length, uint64_t *value);

/* Did the request of this EVENT_PAGE_ALLOC fail? */
bool page_alloc_failed(const uint64_t value[]);

/* One event of an imported kind. */
struct event {
	uint64_t place; /* line, or number of the event in a trace.dat; 1-based */
	uint64_t t_ns;
	bool has_t; /* false: the stamp has no known unit */
	enum event_id id;
	uint32_t cpu;
	int64_t pid;
	uint64_t losses; /* places before it where events were lost; set by event_push() */
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
