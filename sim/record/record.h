/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_RECORD_RECORD_H
#define KMSIM_RECORD_RECORD_H

/*
 * Recording this machine: the events that a replay needs, and the state before and after.
 *
 *   instance, off ─> vmap events on ─> snapshot, again where an event came between
 *                 ─> the other events on ─> the command, or some time
 *                 ─> snapshot ─> off ─> text, snapshots, recording.json ─> instance gone
 *
 * docs/recording.md has the form of the folder.
 */

#include "sim/record/trim.h"

#include <signal.h>

struct record_plan {
	unsigned families;   /* FAMILY_BIT()s */
	const char *clock;   /* of the trace */
	uint64_t buffer_kib; /* a CPU; 0: record_default_buffer_kib() */
	bool empty_pools;    /* give the pools of the vmap nodes back to the free tree first */
	char **argv;	     /* the command; NULL: for some time */
	double seconds;	     /* without a command */
	const volatile sig_atomic_t *interrupted; /* NULL: never */
};

struct record_outcome {
	struct trim_facts facts;
	GArray *buffers;     /* struct tracing_buffer */
	uint64_t buffer_kib; /* a CPU */
	unsigned tries;	     /* snapshots taken at the start */
	bool quiet;	     /* nothing happened during the last of them */
	bool full;	     /* a buffer ran full: recording stopped there */
	bool interrupted;
	bool left_running; /* the command, after an interrupt */
	bool ended;	   /* the command, and this is its status: */
	int status;	   /* as of waitpid() */
	double seconds;	   /* recorded */
};

/*
 * The same checks that record_run() begins with; nothing is changed. False with the error set:
 * KMSIM_ERROR_IO (not root, no tracefs, an event that this kernel does not have), or
 * KMSIM_ERROR_USAGE for a buffer that is too large for the machine. Each says what to do.
 */
bool record_check(const struct record_plan *plan, GError **error);

/*
 * Record into the folder @dir, which is there and empty. Whatever happens, the instance is gone and
 * settings are as they were when this returns. False with the error set: as record_check(),
 * KMSIM_ERROR_INTERRUPTED if that came before anything was recorded. record_outcome_clear() in
 * either case.
 */
bool record_run(const struct record_plan *plan, const char *dir, struct record_outcome *outcome,
		GError **error);

/*
 * Is everything in the recording from its beginning to its end? Not after an interrupt, or where a
 * buffer ran full.
 */
bool record_is_whole(const struct record_outcome *outcome);

void record_outcome_clear(struct record_outcome *outcome);

/*
 * 16 MiB a CPU, 64 MiB with page events, but all together at most a quarter of the memory that is
 * available.
 */
uint64_t record_default_buffer_kib(unsigned families);

/* Write recording.json into @dir. False with the error set. recording_json.c */
bool recording_json_write(const struct record_plan *plan, const struct record_outcome *outcome,
			  const char *dir, GError **error);

#endif
