/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_RECORD_CHILD_H
#define KMSIM_RECORD_CHILD_H

/* The command that is recorded: it has this program's terminal, input and output. */

#include <glib.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

/* Start it. 0 with the error set: KMSIM_ERROR_IO if it cannot be run. */
pid_t child_start(char **argv, GError **error);

/*
 * Wait until it has ended, @stop is set, or @look, called every now and then, says false. True
 * if it has ended; *status is as of waitpid().
 */
bool child_wait(pid_t pid, const volatile sig_atomic_t *stop, bool (*look)(void *ctx), void *ctx,
		int *status);

/* The same without a child: for @seconds. */
void child_wait_seconds(double seconds, const volatile sig_atomic_t *stop, bool (*look)(void *ctx),
			void *ctx);

/*
 * After an interrupt: give it time to end by itself, since the signal may have come to it, too,
 * then send it SIGTERM. True if it has ended; else it is left running.
 */
bool child_dismiss(pid_t pid, int *status);

#endif
