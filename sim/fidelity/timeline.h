/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_FIDELITY_TIMELINE_H
#define KMSIM_FIDELITY_TIMELINE_H

/*
 * A vmalloc recording as what happened, moment by moment, in the order of the recording, with all
 * that it tells of the machine. Nothing here depends on a model.
 */

#include "models/vmap/nodes_replay.h"
#include "sim/trace/import/import.h"

enum moment_kind {
	MOMENT_REQUEST, /* a request that was met, percpu areas included */
	MOMENT_FAIL,	/* an attempt that found no place */
	MOMENT_FREE,
	MOMENT_PURGE, /* its end, which is when the kernel tells of it */
	MOMENT_SHRINK /* the shrinker begins with the pools */
};

struct moment {
	enum moment_kind kind;
	uint64_t place; /* line, or number of the event in a trace.dat; 1-based */
	int64_t pid;
	uint32_t slot;		      /* request, free */
	struct nodes_request request; /* request, fail */
	uint64_t addr;		      /* request: what the machine answered */
	bool counted;	     /* free: the recording has the counter; else it shows no free */
	uint64_t lazy_pages; /* free: counter of lazy pages after it */
	uint64_t purged;     /* purge: areas */
	bool full;	     /* purge: by a request that found no place */
	uint32_t earliest;   /* purge: the moment before which it cannot have begun */
	uint64_t pooled;     /* shrink: areas in the pools before it */
	bool runs;	     /* shrink: it goes on to do it */
};

/* An area of a snapshot. */
struct timeline_area {
	uint64_t start, size;
	bool lazy;
	uint32_t node; /* lazy: whose list it is in */
	bool percpu;
	uint32_t slot;	 /* of those before: busy ones */
	uint32_t origin; /* of those before: node + 1; 0: none */
	bool guessed;	 /* the origin is no more than a guess */
};

struct timeline {
	char *name;
	struct import_account account;
	char *release;		/* of the kernel; NULL: unknown */
	const char *convention; /* version that failed attempts tell of; NULL: none does */
	uint32_t cpus;		/* possible ones */
	bool cpus_known;	/* the recording's state says how many are possible */
	bool pools_emptied;	/* just before it begins, by what it says of itself */
	bool from_boot;		/* it begins with the first request of the system */
	bool has_before, has_after;
	uint64_t vstart, vend, lazy_max_pages;
	uint32_t slots;	     /* numbers in use */
	uint64_t requests;   /* met, percpu areas not included */
	uint64_t lost_frees; /* areas that were asked for again, though no free of them is there */
	uint64_t unknown_frees;
	GArray *moments; /* struct moment */
	GArray *before;	 /* struct timeline_area, the snapshot before; may be empty */
	GArray *after;	 /* the same at the end; NULL: none */
	/* start of an area before whose origin is a guess → index + 1 of the first request that
	 * was answered with that address, which tells its origin from then on; G_MAXUINT: none was
	 */
	GHashTable *guessed;
};

struct timeline_options {
	const char *vmallocinfo; /* snapshot before; NULL: the recording's own, if it has one */
	uint32_t cpus;		 /* possible ones; 0: as the recording says */
	const volatile sig_atomic_t *interrupted;
};

/*
 * Read the recording @path, a file or a folder with state files. NULL with the error set, as
 * import_recording() does, and KMSIM_ERROR_INPUT for one without vmalloc requests.
 */
struct timeline *timeline_read(const char *path, const struct timeline_options *options,
			       GError **error);
void timeline_free(struct timeline *timeline);

/* Is the origin of what lies at @addr, before moment @i, no more than a guess? */
bool timeline_is_guess(const struct timeline *timeline, uint64_t addr, uint32_t i);

static inline const struct moment *timeline_at(const struct timeline *timeline, uint32_t i)
{
	return &g_array_index(timeline->moments, struct moment, i);
}

#endif
