/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_RECORD_UNDO_H
#define KMSIM_RECORD_UNDO_H

/*
 * What a recording changes on the machine, and a process that puts it back if this one dies without
 * having done so (SIGKILL, a second Ctrl-C, a crash).
 */

#include <glib.h>
#include <limits.h>
#include <stdbool.h>

/* Each string is empty while there is nothing to put back. */
struct undo {
	char instance[PATH_MAX]; /* folder of the tracefs instance, to be removed */
	char kptr_restrict[16];	 /* content of /proc/sys/kernel/kptr_restrict, to be written */
};

struct undo_keeper;

/*
 * Start the process. NULL with the error set (KMSIM_ERROR_IO). File descriptors that are open now
 * are open there, too, so that paths below /proc/self/fd lead to the same place.
 */
struct undo_keeper *undo_keeper_start(GError **error);

/* What there is to put back; shared with the process. To be kept up to date. */
struct undo *undo_keeper_list(struct undo_keeper *keeper);

/* Put back what is left to put back, and end the process. NULL is fine. */
void undo_keeper_end(struct undo_keeper *keeper);

#endif
