/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_ACCURACY_ACCURACY_H
#define KMSIM_ACCURACY_ACCURACY_H

/*
 * Published against simulated: what the answers of all runs say of each cell, and of the model as a
 * whole. One document (accuracy.json) that tables, Markdown and charts are made from; its keys are
 * in docs/accuracy.md. The same answers give the same bytes.
 */

#include "sim/accuracy/cell_run.h"

#define ACCURACY_VERSION 1  /* of the document */
#define WITHIN_PERCENT	 15 /* "x of y check cells within 15 %" */

/* Beside the cells. */
struct accuracy_manifest {
	const char *command;	/* result_command_text() */
	const char *const *why; /* by run: why it is not made; NULL where it is */
	const bool *selected;	/* by cell: is it asked for? */
	bool interrupted;	/* answers are missing */
};

/* The document. */
json_t *accuracy_json(const struct cell_answers *answers, const struct accuracy_manifest *manifest);

/* For a terminal: every cell, the misses with what is known of them, orderings, totals. To be
 * freed. */
char *accuracy_text(const json_t *accuracy);

/* The same as a page of documentation. To be freed. */
char *accuracy_markdown(const json_t *accuracy);

/*
 * Charts in the folder @path/plots: published against predicted, and time over the number of CPUs
 * where there are such cells. @messages: as charts_make(). False with the error set (_IO).
 */
bool accuracy_charts(const char *path, const json_t *accuracy, bool png, GPtrArray *messages,
		     GError **error);

#endif
