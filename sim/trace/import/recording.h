/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_IMPORT_RECORDING_H
#define KMSIM_TRACE_IMPORT_RECORDING_H

/*
 * The file of a recording, readable more than once whatever it is: what comes from a pipe is
 * spooled to a temporary file that has no name, and so is a compressed trace.dat.
 */

#include "sim/trace/import/event.h"

#include <jansson.h>

/* Files of /proc as they were just before recording began. */
enum snapshot_file {
	SNAPSHOT_VMALLOCINFO,
	SNAPSHOT_ZONEINFO,
	SNAPSHOT_BUDDYINFO,
	SNAPSHOT_PAGETYPEINFO,
	SNAPSHOTS
};

struct recording {
	char *name;		    /* as messages call it */
	char *snapshots[SNAPSHOTS]; /* those found in a folder, or NULL */
	int fd;
	enum import_form form;
};

/*
 * Open @path: a file, "-", or a folder with a recording in it. Messages call a file @name, or by
 * its path if that is NULL. False with the error set (KMSIM_ERROR_IO, KMSIM_ERROR_INPUT).
 * recording_close() in either case.
 */
bool recording_open(struct recording *recording, const char *path, const char *name,
		    GError **error);

/* Push every event of it into @sink, from its start. As text_read() and trace_dat_read(). */
bool recording_read(const struct recording *recording, const struct event_sink *sink,
		    GError **error);

/*
 * The file @name, plain or compressed, in the folder @path or its state/; NULL if there is none, or
 * if @path is no folder. To be freed.
 */
char *recording_state_file(const char *path, const char *name);

/*
 * What `kmsim record` says of the recording @path: its recording.json, whose path is in @file, to
 * be freed. NULL without an error: it says nothing; with one (KMSIM_ERROR_INPUT, _IO): it cannot be
 * read, or is of a version of the format that is not known.
 */
json_t *recording_said(const char *path, char **file, GError **error);

void recording_close(struct recording *recording);

#endif
