/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MACHINE_SNAPSHOT_H
#define KMSIM_MACHINE_SNAPSHOT_H

/*
 * The state of a recorded machine's memory, as /proc/zoneinfo, /proc/buddyinfo and
 * /proc/pagetypeinfo told it: of zones that have pages, ascending.
 */

#include "sim/machine/zone_counts.h"

#define PROTECTION_MAX 8

/* A zone in zoneinfo. Pages. */
struct zone_info {
	unsigned node;
	char name[ZONE_NAME_MAX];
	uint64_t start_pfn, spanned, present, managed;
	uint64_t free, min, low, high, boost;
	uint64_t protection[PROTECTION_MAX]; /* lowmem reserve against requests for zone i … */
	unsigned n_protection;
	uint64_t pcp_high, pcp_batch; /* of the first CPU */
	uint64_t pcp_count;	      /* on the lists of all CPUs */
};

/* Names of files; any of them may be compressed. Without zoneinfo no zone has a place. */
struct snapshot_files {
	const char *zoneinfo;
	const char *buddyinfo;	  /* NULL: not there */
	const char *pagetypeinfo; /* NULL: not there */
};

struct snapshot {
	GArray *zones;	 /* struct zone_info, ascending by start_pfn, none without present pages */
	GArray *counts;	 /* struct zone_counts, one a zone; all 0 where no file counts it */
	bool has_counts; /* of free chunks: buddyinfo or pagetypeinfo was there */
	bool has_types;	 /* of free chunks and of blocks by type: pagetypeinfo was there */
};

/*
 * Read the files. Where pagetypeinfo and buddyinfo differ, pagetypeinfo is taken; its zones
 * must be those of zoneinfo, with no more free pages than these have. NULL with the error set:
 * KMSIM_ERROR_IO, KMSIM_ERROR_INPUT "FILE: cause" or "FILE: line N: cause".
 */
struct snapshot *snapshot_read(const struct snapshot_files *files, GError **error);
void snapshot_free(struct snapshot *snapshot);

/*
 * The memory map of the machine: span, present and managed pages of its zones. Where the holes
 * lie, zoneinfo does not tell: they are at the upper end of a zone (docs/machines.md).
 */
struct memory_map *snapshot_memory_map(const struct snapshot *snapshot);

/*
 * Read zoneinfo's text: struct zone_info of the zones that have present pages, ascending by
 * start_pfn. NULL with the error set ("line N: …").
 */
GArray *parse_zoneinfo(const char *text, GError **error);

#endif
