/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_FIDELITY_FIDELITY_H
#define KMSIM_FIDELITY_FIDELITY_H

/*
 * How well vmap-nodes foretells the addresses of a recording. Each request is foretold before it is
 * made, in two runs: one left to itself, and one in which after each miss the model is put right
 * from the recorded address. docs/fidelity.md says what the figures mean.
 */

#include "sim/fidelity/cursor.h"

#include <jansson.h>

#define FIDELITY_POINTS 200 /* of the course of a run */

/* Why an address was not foretold, as far as can be told. */
#define MISS_KIND_LIST(X)                                                                          \
	X(OVERLAP, "purge overlap", "a purge was half done: its steps are placed, not recorded")   \
	X(NO_HOLE, "no such hole", "the hole foretold was in an unknown pool, or in use")          \
	X(SHAPE, "tree shape", "more than a page's alignment: which hole is met depends on it")    \
	X(UNKNOWN_POOL, "unknown pool", "from where the model knew only that it was not free")     \
	X(POOL_ORDER, "pool order", "from the pool of the CPU, but not its head")                  \
	X(OTHER_POOL, "other pool", "from the pool of another CPU, in the model")                  \
	X(NOT_POOLED, "not pooled", "the model's pool had one, the machine's had none that suits") \
	X(NOT_PURGED, "not purged", "freed, and no purge in the recording has released it")        \
	X(IN_PARTS, "in parts", "in the model its parts are not in one place")                     \
	X(IN_USE, "in use", "in the model a part of it is in use")                                 \
	X(NO_PLACE, "no place", "the model found no place")

enum miss_kind {
#define X(id, name, what) MISS_##id,
	MISS_KIND_LIST(X)
#undef X
	MISS_KINDS
};

extern const char *const miss_kind_names[MISS_KINDS];
extern const char *const miss_kind_words[MISS_KINDS];

struct fidelity_share {
	uint64_t exact, all;
};

enum align_class {
	ALIGN_PAGE, /* a page at most */
	ALIGN_MORE,
	ALIGN_CLASSES
};

/* How two states agree at the end. */
struct fidelity_sets {
	uint64_t both, model_only, machine_only;
};

struct fidelity_run {
	struct fidelity_share requests;
	struct fidelity_share classes[ALIGN_CLASSES];
	struct fidelity_share tenths[10];
	struct fidelity_share points[FIDELITY_POINTS];
	struct fidelity_share failed; /* attempts that found no place */
	struct fidelity_share percpu; /* percpu areas */
	struct fidelity_share purges; /* their number of areas */
	struct fidelity_share lazy;   /* the counter after frees */
	struct fidelity_share pooled; /* areas in the pools when the shrinker came */
	uint64_t lazy_off_max;	      /* most pages that the counter was off by */
	uint64_t pooled_off_max;      /* areas */
	uint64_t first_miss;	      /* number of the request, from 1; 0: none */
	uint64_t kinds[MISS_KINDS];
	uint64_t kinds_by_tenth[10][MISS_KINDS];
	struct fidelity_sets busy, lazy_set; /* against the snapshot at the end */
};

/* What lies along the run, for charts: at the last free of each point. */
struct fidelity_course {
	uint64_t recorded_pages, model_pages, pooled;
	bool known;
};

/* A purge or the shrinker. */
struct fidelity_mark {
	uint64_t request; /* that came before it */
	bool shrink;
	bool full;
	uint64_t recorded, model; /* areas: purged; pooled */
	uint64_t requests_within; /* between its first step and its end */
};

/* A request that was not foretold, in the run that is put right. */
struct fidelity_miss {
	uint64_t number, place;
	enum miss_kind kind;
	struct nodes_request request;
	uint64_t recorded, foretold; /* foretold 0: no place */
};

struct fidelity {
	const struct timeline *timeline;
	char *version;	     /* whose rules, "v6.12" */
	const char *told;    /* by what: "kernel 6.12.117", … */
	bool compares_pools; /* the pools are known from some point on */
	struct fidelity_run free, corrected;
	struct fidelity_course course[FIDELITY_POINTS]; /* of the run that is put right */
	GArray *marks;					/* struct fidelity_mark, of the same */
	GArray *misses;					/* struct fidelity_miss */
};

struct fidelity_options {
	const char *version; /* NULL: as the recording tells */
	const volatile sig_atomic_t *interrupted;
};

/*
 * Run both. NULL with the error set: KMSIM_ERROR_USAGE for an unknown version, KMSIM_ERROR_INPUT
 * for a kernel without vmap nodes, KMSIM_ERROR_INTERRUPTED. @timeline must outlive the answer.
 */
struct fidelity *fidelity_measure(const struct timeline *timeline,
				  const struct fidelity_options *options, GError **error);
void fidelity_free(struct fidelity *fidelity);

#endif
