/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_METRICS_COMPACTION_LOG_H
#define KMSIM_METRICS_COMPACTION_LOG_H

/*
 * What compaction's scanners did, scan by scan, from the tracepoints of a run. The first
 * COMPACTION_LOG_MAX scans are kept.
 */

#include "sim/engine/engine.h"

#define COMPACTION_LOG_MAX 20000

enum compaction_entry_kind {
	ENTRY_MIGRATE, /* a scan of the migrate scanner */
	ENTRY_FREE,    /* a scan of the free scanner */
	ENTRY_STRAY,   /* pages looked at (0) or taken outside the block or zone asked for */
	ENTRY_KINDS
};

extern const char *const compaction_entry_names[ENTRY_KINDS]; /* "migrate" … */

struct compaction_entry {
	uint64_t t_cycles, seq;
	uint32_t run; /* 1, 2, …: runs are numbered as they begin; 0: outside of any */
	enum compaction_entry_kind kind;
	uint64_t start_pfn, end_pfn; /* where the scan began, where it stopped */
	uint64_t scanned, taken;     /* pages */
	bool stray;		     /* a free scan that took strays, or stopped beyond its block */
};

struct compaction_log {
	GArray *entries;      /* struct compaction_entry */
	uint64_t runs;	      /* that began */
	uint64_t stray_scans; /* free scans with strays, all of the run's */
	bool truncated;	      /* there was more */
	unsigned pageblock_order;
	GArray *by_cpu; /* struct cpu_run: CPUs compact at the same time */
};

/* @pageblock_order: of the machine. */
struct compaction_log *compaction_log_new(unsigned pageblock_order);
void compaction_log_free(struct compaction_log *log);

/* Take what concerns compaction; ignore the rest. */
void compaction_log_take(struct compaction_log *log, const struct engine_moment *moment,
			 const struct tracepoint *tracepoint);

#endif
