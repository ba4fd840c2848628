/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_RECORD_SNAPSHOTS_H
#define KMSIM_RECORD_SNAPSHOTS_H

/*
 * Files of /proc and /sys that say how the machine is. They are read into memory, so that nothing
 * is written between two of them, and put into the folder of the recording later.
 */

#include "sim/record/undo.h"

#include <stdint.h>

struct snapshots;

struct snapshots *snapshots_new(void);
void snapshots_free(struct snapshots *snapshots);

/*
 * Read /proc/vmallocinfo with real addresses, for a file named vmallocinfo.@when; one of that name
 * that was read before is replaced. False with the error set (KMSIM_ERROR_IO), if they are hidden
 * even so, too.
 */
bool snapshots_vmallocinfo(struct snapshots *snapshots, const char *when, struct undo *undo,
			   GError **error);

/* Read what /proc says of zones and free pages, as files *.@when. What is not there is left out. */
void snapshots_pages(struct snapshots *snapshots, const char *when);

/* Write all of them into the folder @dir, which is made. False with the error set. */
bool snapshots_write(const struct snapshots *snapshots, const char *dir, GError **error);

/* A file without the newline at its end, to be freed; NULL if it cannot be read. */
char *read_line_of(const char *path);

/* How many CPUs a list like "0-3,8" names. */
uint32_t cpu_list_count(const char *list);

#endif
