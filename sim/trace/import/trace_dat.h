/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_IMPORT_TRACE_DAT_H
#define KMSIM_TRACE_IMPORT_TRACE_DAT_H

#include "sim/trace/import/event.h"

/*
 * Push the events of the trace.dat open at @fd, those of all its buffers merged by time, into
 * @sink. @name is the file's name in messages. False with KMSIM_ERROR_INPUT set if the file is
 * damaged, or this kmsim was built without libtracecmd; KMSIM_ERROR_IO.
 */
bool trace_dat_read(int fd, const char *name, const struct event_sink *sink, GError **error);

#endif
