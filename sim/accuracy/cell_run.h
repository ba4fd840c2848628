/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_ACCURACY_CELL_RUN_H
#define KMSIM_ACCURACY_CELL_RUN_H

/*
 * The runs behind cells. A task is one run on one boot layout, at one length, on one profile; its
 * answer is what cells take their figures from, as JSON, so that it can come from another process.
 */

#include "sim/accuracy/cells.h"
#include "sim/scenario/variant.h"

struct cell_task {
	unsigned run; /* of the cells */
	uint64_t seed;
	uint64_t loops, repeats; /* 0: the workload has no such thing */
	const char *profile;	 /* borrowed */
};

/* What to execute. To be cleared. */
struct variant_spec cell_task_spec(const struct cells *cells, const struct cell_task *task);

/*
 * Execute it. NULL with the error set: as variant_execute(); KMSIM_ERROR_INTERRUPTED;
 * KMSIM_ERROR_INPUT for a run that a simulated kernel did not survive.
 */
json_t *cell_task_execute(const struct cells *cells, const struct cell_task *task,
			  const struct variant_hooks *hooks, GError **error);

/*
 * What the answer of a task depends on, this program's version included, as a SHA-256 in
 * hexadecimal digits. To be freed. NULL with the error set: as cpu_profile_load().
 */
char *cell_task_digest(const struct cells *cells, const struct cell_task *task, GError **error);

/* How long runs are. */
struct cell_effort {
	bool quick; /* two short runs, and a straight line through them, in place of a long one */
	bool one_pass;	  /* of each test, however many were published */
	unsigned layouts; /* seeds 1 … layouts; of some runs fewer */
};

/* The answers of all tasks of some runs on one profile each. */
struct cell_answers {
	const struct cells *cells;
	struct cell_effort effort;
	GArray *tasks;	 /* struct cell_task, by run, seed and length */
	json_t **of;	 /* answer of each task; NULL: none, or not yet. Owned */
	unsigned *first; /* by run: its first task; those that are not run: UINT_MAX */
};

/*
 * Tasks of the runs that are @needed (by run). @profiles: what to take in place of a run's
 * profile, by its name, may be NULL; borrowed, names and all.
 */
struct cell_answers *cell_answers_new(const struct cells *cells, const struct cell_effort *effort,
				      const bool *needed, GHashTable *profiles);
void cell_answers_free(struct cell_answers *answers);

/* Layouts that @run is made on, and those that a figure of @cell can be had of. */
unsigned cell_run_layouts(const struct cell_answers *answers, unsigned run);
unsigned cell_layouts(const struct cell_answers *answers, unsigned cell);

/*
 * The figure of @cell on layout @layout (0 …), in the unit of the cell. False if it has none: its
 * run was not made, the test never ended, a ratio's second sum is 0.
 */
bool cell_value(const struct cell_answers *answers, unsigned cell, unsigned layout, double *value);

/* Have all runs that @cell takes figures of been made, on every layout of theirs? */
bool cell_was_run(const struct cell_answers *answers, unsigned cell);

/* Share of their time that the CPUs of @run waited for locks, on a layout. False: not run. */
bool cell_waiting(const struct cell_answers *answers, unsigned run, unsigned layout,
		  double *percent);

#endif
