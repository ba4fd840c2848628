/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_IMPORT_TEXT_H
#define KMSIM_TRACE_IMPORT_TEXT_H

#include "sim/base/reader.h"
#include "sim/trace/import/event.h"

/*
 * Push the events of a recording's text into @sink. False with the error set: as
 * reader_line(), or KMSIM_ERROR_INPUT with "FILE:LINE: " for text of a refused trace option.
 */
bool text_read(struct reader *reader, enum import_form form, const struct event_sink *sink,
	       GError **error);

#endif
