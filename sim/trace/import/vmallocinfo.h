/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_IMPORT_VMALLOCINFO_H
#define KMSIM_TRACE_IMPORT_VMALLOCINFO_H

#include "sim/trace/import/area_map.h"
#include "sim/trace/import/import.h"

/* An area that was there when recording began. */
struct seed {
	uint64_t start, end;
	bool lazy;   /* freed, not purged yet */
	bool percpu; /* of a percpu chunk */
	bool stale;  /* lazy no more: its range was allocated again before any purge of it */
};

enum vmallocinfo_line {
	VMALLOCINFO_AREA,
	VMALLOCINFO_MASKED, /* the size is that of an area, the addresses are not */
	VMALLOCINFO_BAD
};

/* One line: "0xSTART-0xEND SIZE caller …". The size tells whether the addresses are real. */
enum vmallocinfo_line vmallocinfo_parse(const char *line, struct seed *seed);

/*
 * The areas of the snapshot of /proc/vmallocinfo in @path (plain or compressed), disjoint, in the
 * order of the file: GArray of struct seed. What cannot be used is counted in @account. NULL
 * with the error set: as reader_open() and reader_line(), and KMSIM_ERROR_INPUT if its
 * addresses are hashed or hidden.
 */
GArray *vmallocinfo_read(const char *path, struct import_account *account, GError **error);

#endif
