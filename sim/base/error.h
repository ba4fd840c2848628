/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_BASE_ERROR_H
#define KMSIM_BASE_ERROR_H

/*
 * Errors that travel up to main() as GError. The code decides the exit status
 * (README, "Exit status"), the message says file, line and cause.
 */

#include <glib.h>

enum kmsim_error {
	KMSIM_ERROR_INPUT,	 /* bad input data: exit status 2 */
	KMSIM_ERROR_USAGE,	 /* wrong use of a command: exit status 2 */
	KMSIM_ERROR_IO,		 /* a file cannot be read or written: exit status 1 */
	KMSIM_ERROR_INTERRUPTED, /* SIGINT or SIGTERM: exit status 130 */
};

#define KMSIM_ERROR (kmsim_error_quark())

GQuark kmsim_error_quark(void);

/* The error of what a signal ended: KMSIM_ERROR_INTERRUPTED. */
#define set_interrupted_error(error)                                                               \
	g_set_error_literal((error), KMSIM_ERROR, KMSIM_ERROR_INTERRUPTED, "interrupted")

/* Exit status that belongs to @error: 2, 130, or 1 for everything else. */
int kmsim_error_exit_status(const GError *error);

/* Set an error of the given code; the short forms are the ones used everywhere. */
#define set_input_error(error, ...)                                                                \
	g_set_error((error), KMSIM_ERROR, KMSIM_ERROR_INPUT, __VA_ARGS__)
#define set_usage_error(error, ...)                                                                \
	g_set_error((error), KMSIM_ERROR, KMSIM_ERROR_USAGE, __VA_ARGS__)
#define set_io_error(error, ...) g_set_error((error), KMSIM_ERROR, KMSIM_ERROR_IO, __VA_ARGS__)

#endif
