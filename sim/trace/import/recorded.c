// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/import/recorded.h"

#include "sim/machine/memory_map.h"
#include "sim/trace/source.h"

enum figure {
	EXTFRAG,
	EXTFRAG_FRAGMENTING,
	EXTFRAG_CHANGES,
	COMPACT_STALL,
	COMPACT_FAIL,
	COMPACT_SUCCESS,
	COMPACT_DAEMON_WAKE,
	COMPACT_MIGRATE_SCANNED,
	COMPACT_FREE_SCANNED,
	COMPACT_ISOLATED,
	PGMIGRATE_SUCCESS,
	PGMIGRATE_FAIL,
	FIGURES
};

static const char *const names[FIGURES] = {
	[EXTFRAG] = "extfrag",
	[EXTFRAG_FRAGMENTING] = "extfrag_fragmenting",
	[EXTFRAG_CHANGES] = "extfrag_change_ownership",
	[COMPACT_STALL] = "compact_stall",
	[COMPACT_FAIL] = "compact_fail",
	[COMPACT_SUCCESS] = "compact_success",
	[COMPACT_DAEMON_WAKE] = "compact_daemon_wake",
	[COMPACT_MIGRATE_SCANNED] = "compact_migrate_scanned",
	[COMPACT_FREE_SCANNED] = "compact_free_scanned",
	[COMPACT_ISOLATED] = "compact_isolated",
	[PGMIGRATE_SUCCESS] = "pgmigrate_success",
	[PGMIGRATE_FAIL] = "pgmigrate_fail",
};

/* A direct compaction: a call that may go through several zones. */
struct stall {
	int order;
	bool compacted, success;
};

struct recorded {
	uint64_t value[FIGURES];
	bool seen[FIGURES];
	uint64_t requests[MAX_ORDER_DEFAULT], failures[MAX_ORDER_DEFAULT];
	GHashTable *stalls; /* pid -> struct stall, not ended so far */
};

struct recorded *recorded_new(void)
{
	struct recorded *recorded = g_new0(struct recorded, 1);

	recorded->stalls = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	return recorded;
}

void recorded_free(struct recorded *recorded)
{
	if (!recorded)
		return;
	g_hash_table_unref(recorded->stalls);
	g_free(recorded);
}

static void add(struct recorded *recorded, enum figure figure, uint64_t n)
{
	recorded->seen[figure] = true;
	recorded->value[figure] += n;
}

static void take_alloc(struct recorded *recorded, const struct event *event)
{
	uint64_t order = event->value[PAGE_ALLOC_ORDER];

	recorded->requests[order]++;
	recorded->failures[order] += page_alloc_failed(event->value);
}

/* fragmenting: not as printed, which trace-cmd gets wrong */
static void take_extfrag(struct recorded *recorded, const struct event *event)
{
	add(recorded, EXTFRAG, 1);
	add(recorded, EXTFRAG_FRAGMENTING,
	    event->value[EXTFRAG_FALLBACK_ORDER] < PAGEBLOCK_ORDER_DEFAULT);
	add(recorded, EXTFRAG_CHANGES, event->value[EXTFRAG_CHANGE_OWNERSHIP] != 0);
}

/* The kernel counts no stall where every zone was passed over. */
static void count_stall(struct recorded *recorded, const struct stall *stall)
{
	add(recorded, COMPACT_STALL, stall->compacted);
	add(recorded, COMPACT_SUCCESS, stall->compacted && stall->success);
	add(recorded, COMPACT_FAIL, stall->compacted && !stall->success);
}

static void take_try(struct recorded *recorded, const struct event *event)
{
	const struct stall *before = g_hash_table_lookup(recorded->stalls, &event->pid);
	const struct stall stall = {.order = (int)event->value[TRY_TO_COMPACT_ORDER]};

	if (before)
		count_stall(recorded, before);
	g_hash_table_replace(recorded->stalls, g_memdup2(&event->pid, sizeof(event->pid)),
			     g_memdup2(&stall, sizeof(stall)));
}

static void take_end(struct recorded *recorded, const struct event *event,
		     const struct compaction *compaction)
{
	struct stall *stall = g_hash_table_lookup(recorded->stalls, &event->pid);

	if (!stall || (compaction && compaction->order != COMPACTION_ORDER_UNKNOWN &&
		       compaction->order != stall->order))
		return; /* asked for, or kcompactd's */
	stall->compacted = true;
	stall->success |= event->value[COMPACTION_STATUS] == COMPACTION_STATUS_SUCCESS;
}

static void take_scan(struct recorded *recorded, const struct event *event, enum figure scanned)
{
	add(recorded, scanned, event->value[ISOLATE_SCANNED]);
	add(recorded, COMPACT_ISOLATED, event->value[ISOLATE_TAKEN]);
}

void recorded_asked(struct recorded *recorded, bool pages, bool compaction)
{
	for (enum figure figure = 0; figure < FIGURES; figure++)
		recorded->seen[figure] |= figure <= EXTFRAG_CHANGES ? pages : compaction;
}

void recorded_take(struct recorded *recorded, const struct event *event,
		   const struct compaction *compaction)
{
	switch (event->id) {
	case EVENT_PAGE_ALLOC:
		take_alloc(recorded, event);
		break;
	case EVENT_EXTFRAG:
		take_extfrag(recorded, event);
		break;
	case EVENT_COMPACTION_END:
		take_end(recorded, event, compaction);
		break;
	case EVENT_ISOLATE_MIGRATEPAGES:
		take_scan(recorded, event, COMPACT_MIGRATE_SCANNED);
		break;
	case EVENT_ISOLATE_FREEPAGES:
	case EVENT_FAST_ISOLATE_FREEPAGES:
		take_scan(recorded, event, COMPACT_FREE_SCANNED);
		break;
	case EVENT_MIGRATEPAGES:
		add(recorded, PGMIGRATE_SUCCESS, event->value[MIGRATED]);
		add(recorded, PGMIGRATE_FAIL, event->value[MIGRATE_FAILED]);
		break;
	case EVENT_TRY_TO_COMPACT_PAGES:
		take_try(recorded, event);
		break;
	case EVENT_KCOMPACTD_WAKE:
		add(recorded, COMPACT_DAEMON_WAKE, 1);
		break;
	default:
		break;
	}
}

static void put(GArray *counts, char *name, uint64_t value)
{
	const struct recorded_count count = {name, value};

	g_array_append_val(counts, count);
}

GArray *recorded_counts(struct recorded *recorded)
{
	GArray *counts = recorded_counts_new();
	GHashTableIter iter;
	gpointer stall;

	g_hash_table_iter_init(&iter, recorded->stalls);
	while (g_hash_table_iter_next(&iter, NULL, &stall))
		count_stall(recorded, stall);
	g_hash_table_remove_all(recorded->stalls);
	for (unsigned order = 0; order < MAX_ORDER_DEFAULT; order++) {
		if (!recorded->requests[order])
			continue;
		put(counts, g_strdup_printf("alloc_order_%u", order), recorded->requests[order]);
		put(counts, g_strdup_printf("alloc_failed_order_%u", order),
		    recorded->failures[order]);
	}
	for (enum figure figure = 0; figure < FIGURES; figure++) {
		if (recorded->seen[figure])
			put(counts, g_strdup(names[figure]), recorded->value[figure]);
	}
	if (!counts->len)
		g_clear_pointer(&counts, g_array_unref);
	return counts;
}
