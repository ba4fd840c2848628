/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_MACHINE_RECORD_H
#define KMSIM_TRACE_MACHINE_RECORD_H

/*
 * What a recording tells of the machine itself, beside what was asked of it: where the frames were
 * that its events name, what its compaction scanned, what its own files said of its zones. No op
 * has it, and no model but the one that shows what the machine did looks at it.
 */

#include "sim/machine/snapshot.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define MACHINE_SCANS_MAX 20000

/* A scan of compaction: mm_compaction_isolate_migratepages, mm_compaction_isolate_freepages. */
struct machine_scan {
	uint64_t t_ns; /* since the first op; 0 without times */
	uint64_t seq;  /* ops before it, seeds and all */
	uint32_t
		run; /* 1, 2, …: compactions are numbered as they begin; 0: in none that is known */
	bool of_free;		     /* of the free scanner */
	uint64_t start_pfn, end_pfn; /* where it began, where it stopped; both 0: not told */
	uint64_t scanned, taken;     /* pages */
};

/* Of the frames of a pageblock, how many the events tell to be … The rest they never name. */
struct machine_block {
	uint64_t pfn;
	uint16_t free;
	uint16_t movable;   /* handed out as movable */
	uint16_t unmovable; /* handed out as unmovable or reclaimable */
	uint16_t in_use;    /* in use, nothing tells as what: handed out before the recording */
};

struct machine_record {
	bool has_compaction; /* events of compaction were recorded */
	uint64_t runs;	     /* compactions that began */
	GArray *scans;	     /* struct machine_scan: the first MACHINE_SCANS_MAX */
	bool scans_cut;	     /* there were more */
	/*
	 * struct machine_block, ascending, those of which something is told: before the first event
	 * and after the last one. NULL: no page events.
	 */
	GArray *blocks_start, *blocks_end;
	/* NULL: not there, or not of the machine; else with counts by type */
	struct snapshot *before, *after;
};

struct machine_record *machine_record_new(void);
/* NULL is fine. */
void machine_record_free(struct machine_record *record);

/* Keep one more scan, if there is room. */
void machine_record_scan(struct machine_record *record, const struct machine_scan *scan);

#endif
