/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_CLI_CELL_JOBS_H
#define KMSIM_CLI_CELL_JOBS_H

/* The runs behind cells, in worker processes. */

#include "sim/accuracy/cell_run.h"

/*
 * Execute all tasks of @answers, @at_once at a time, and put their answers in. @kept: a folder
 * where each answer is kept, and those taken that are there already; NULL: none. False with the
 * error set; KMSIM_ERROR_INTERRUPTED if a signal came: the answers that were there stay.
 */
bool cell_jobs_run(struct cell_answers *answers, unsigned at_once, const char *kept,
		   GError **error);

#endif
