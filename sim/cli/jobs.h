/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_CLI_JOBS_H
#define KMSIM_CLI_JOBS_H

/*
 * Tasks in worker processes, several at once. One that crashes takes no other with it. Whatever
 * their number and speed, answers, and what tasks say on standard error, come in the order of
 * the tasks.
 */

#include <glib.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* How far a task is. */
struct job_meter;

/* Called by the task now and then, as variant_hooks.progress; @meter is a struct job_meter. */
void job_meter_set(void *meter, uint64_t ops, unsigned permille);

struct jobs {
	unsigned n;	  /* tasks */
	unsigned at_once; /* processes */
	const volatile sig_atomic_t *interrupted;
	/* In a process of its own: perform task @i. NULL with the error set. */
	json_t *(*work)(void *ctx, unsigned i, struct job_meter *meter, GError **error);
	/* In this one. What task @i is called; its answer, to be taken over; that it has none. */
	const char *(*name)(void *ctx, unsigned i);
	void (*done)(void *ctx, unsigned i, json_t *answer);
	void (*crashed)(void *ctx, unsigned i, const char *why);
	void *ctx;
};

/*
 * Perform all of them. The first task, in their order, that sets an error ends the rest: false with
 * that error, as if they had been performed one after another. When *interrupted is set, no more
 * are begun, and those at work are sent SIGINT and waited for. Also false if no process can be made
 * (KMSIM_ERROR_IO). This process must have no other thread, and no other child.
 */
bool jobs_run(const struct jobs *jobs, GError **error);

#endif
