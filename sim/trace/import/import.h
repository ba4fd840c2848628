/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_IMPORT_IMPORT_H
#define KMSIM_TRACE_IMPORT_IMPORT_H

/*
 * Recordings of a real kernel become kmsim traces (docs/importing.md). A recording
 * is read twice: the first pass learns what the header of the trace says and which failed
 * attempts were tried again, the second writes the ops.
 */

#include <glib.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct machine_record;

enum import_form {
	IMPORT_UNKNOWN,
	IMPORT_KMSIM,	/* a kmsim trace: nothing to import */
	IMPORT_TRACEFS, /* text of the tracefs files trace and trace_pipe */
	IMPORT_REPORT,	/* text of trace-cmd report */
	IMPORT_PERF,	/* text of perf script */
	IMPORT_DAT,	/* trace.dat of trace-cmd record */
	IMPORT_FORMS
};

/*
 * The form of a file whose (uncompressed) first bytes are @text, as reader_peek() gives them.
 * Content decides, never a name.
 */
enum import_form import_recognise(const char *text, size_t length);

/* "tracefs text", "trace-cmd report" … */
const char *import_form_name(enum import_form form);

struct import_options {
	/* Snapshots of files of /proc taken just before recording began. NULL: none, or that of
	 * the folder if a folder is imported. */
	const char *vmallocinfo;
	const char *zoneinfo, *buddyinfo, *pagetypeinfo;
	uint64_t seed; /* of the draw where pages that the snapshots count lay */
	const volatile sig_atomic_t *interrupted; /* NULL: never */
	const char *name; /* what messages call the recording; NULL: its path */
	/* gets what the recording tells of the machine itself, the caller's; NULL: not wanted */
	struct machine_record **record;
};

struct import_unused {
	char *name;
	uint64_t count;
	bool not_needed; /* the importer knows it: it says nothing that ops are made of */
};

#define IMPORT_PLACES_MAX 5

/* Things that were left out, and where the first of them stood. */
struct import_places {
	uint64_t count;
	uint64_t first[IMPORT_PLACES_MAX]; /* lines, or events of a trace.dat, 1-based */
};

/*
 * An honest account of an import. events = events_used + events_counted + the counts of
 * unused + frees_unknown + page_frees_unknown + page_frees_in_compaction + pages_migrated +
 * bad_events.count.
 */
struct import_account {
	enum import_form form;
	uint32_t cpus;
	bool has_times; /* false: the time stamps have no known unit, ops have no t */

	uint64_t events;	   /* read, of any kind */
	uint64_t events_used;	   /* became ops, alone or as an attempt of a request */
	uint64_t events_counted;   /* no ops: what the machine did by its own rules */
	bool has_areas, has_pages; /* events of vmalloc; of kmem and compaction */
	GArray *unused;		   /* struct import_unused, by name: kinds that become no ops */
	struct import_places bad_events; /* of an imported kind, but not understood */
	struct import_places bad_lines;	 /* text that is no event line */
	uint64_t allocs, frees, purges;	 /* ops written, but for seeds */
	uint64_t frees_unknown;		 /* frees without an allocation: dropped */
	uint64_t requests_failed;	 /* allocations that failed for good */
	uint64_t retries;		 /* failed attempts that are one op with their retry */
	uint64_t allocs_of_live;	 /* address still live: that area was freed first */
	uint64_t allocs_over_live;	 /* the same for a range that overlaps live areas */
	uint64_t areas_freed_for_them;	 /* frees written that no event stands for */
	uint64_t clock_back;		 /* times put right: a CPU's clock went back */
	uint64_t lost_markers;		 /* places where events were lost */
	uint64_t lost_events;		 /* how many, where the marker says so */
	uint64_t overwritten_events;	 /* known from the header of the text */
	uint64_t seeds_busy, seeds_lazy; /* written */
	uint64_t seeds_stale;		 /* lazy areas allocated again before a purge of them */
	uint64_t seeds_overlapping;	 /* areas of the snapshot that overlap earlier ones */
	struct import_places seeds_bad_lines; /* lines of the snapshot not understood */
	uint64_t page_allocs, page_frees;     /* ops written, but for seeds */
	uint64_t page_requests_failed;
	uint64_t compactions;		   /* ops written: those that were asked for */
	uint64_t page_frees_unknown;	   /* pages not live: dropped */
	uint64_t page_frees_in_compaction; /* the same, within a compaction */
	uint64_t pages_migrated;	   /* blocks that compaction moved: still live */
	uint64_t migrated_freed;	   /* frees that end one of these */
	uint64_t page_frees_other_order;   /* freed as a block of another order */
	uint64_t page_allocs_of_live;	   /* frames still live: those were freed first */
	uint64_t pages_freed_for_them;	   /* frees written that no event stands for */
	uint64_t gfp_unknown;		   /* requests with flags that ops do not know */
	uint64_t page_seeds;		   /* written */
	uint64_t page_seeds_drawn;	   /* of them, where the draw put them */
	uint64_t page_seeds_outside;	   /* left out: in no zone, or at odds with others */
	/* free chunks, by order: of the snapshot but not there, there but not of the snapshot, in a
	 * pageblock of another type than the snapshot says */
	uint64_t chunks_missing, chunks_extra, chunks_other_type;
	GPtrArray *warnings; /* char * */
};

void import_account_clear(struct import_account *account);

/* For people: several lines. To be freed. */
char *import_account_text(const struct import_account *account);

/* For manifests. Every key is always there. The caller owns it. */
json_t *import_account_json(const struct import_account *account);

/*
 * Import the recording @path ("-" is standard input; a folder stands for the recording and the
 * snapshot in it) as a trace named @out_path. @options may be NULL. @account is filled as far as
 * the import came, on failure too; import_account_clear() when done.
 *
 * False with the error set: KMSIM_ERROR_INPUT if the form is unknown or refused, the file is
 * damaged or holds no usable event, KMSIM_ERROR_IO, KMSIM_ERROR_USAGE for a file that is a
 * kmsim trace already, KMSIM_ERROR_INTERRUPTED. Nothing is left at @out_path then.
 */
bool import_recording(const char *path, const struct import_options *options, const char *out_path,
		      struct import_account *account, GError **error);

#endif
