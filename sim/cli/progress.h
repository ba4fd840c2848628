/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_CLI_PROGRESS_H
#define KMSIM_CLI_PROGRESS_H

#include <stdint.h>

/*
 * One line on a terminal's standard error that says how far a run is; silent anywhere
 * else.
 */
struct progress {
	const char *what; /* the variant */
	unsigned nth, of;
	int shown; /* something stands on the line */
};

/* A variant_hooks.progress; @ctx is a struct progress. */
void progress_show(void *ctx, uint64_t ops, unsigned permille);

/* Wipe the line. */
void progress_end(struct progress *progress);

#endif
