// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/import/text_line.h"
#include "sim/trace/trace_file.h"

#include <string.h>

static const char *const form_names[IMPORT_FORMS] = {
	[IMPORT_UNKNOWN] = "unknown",	   [IMPORT_KMSIM] = "kmsim trace",
	[IMPORT_TRACEFS] = "tracefs text", [IMPORT_REPORT] = "trace-cmd report",
	[IMPORT_PERF] = "perf script",	   [IMPORT_DAT] = "trace.dat",
};

const char *import_form_name(enum import_form form)
{
	return form_names[form];
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* trace-cmd report pads the names of events; a report may begin without its first line. */
static bool is_padded(const struct text_event *event)
{
	return span_length(event->fields) > 2 && is_blank(event->fields.at[0]) &&
	       is_blank(event->fields.at[1]);
}

static enum import_form form_of_line(struct span line)
{
	struct text_event event;
	uint64_t number;
	const char *cure;

	if (span_begins(line, "# tracer:"))
		return IMPORT_TRACEFS;
	if (!span_length(span_trim(line)) || *line.at == '#')
		return IMPORT_UNKNOWN;
	if (span_begins(line, "cpus=") && text_number_after(line, "cpus=", &number))
		return IMPORT_REPORT;
	if (text_event_parse(IMPORT_PERF, line, &event) &&
	    (event.system.at || span_begins(event.fields, "PERF_RECORD_")))
		return IMPORT_PERF;
	if (text_event_parse(IMPORT_TRACEFS, line, &event))
		return is_padded(&event) ? IMPORT_REPORT : IMPORT_TRACEFS;
	if (text_event_parse(IMPORT_REPORT, line, &event))
		return IMPORT_REPORT;
	if (text_lost_marker(line, &number) || text_refused_option(line, &cure))
		return IMPORT_TRACEFS;
	return IMPORT_UNKNOWN;
}

/*
 * The first line that tells decides; but text that looks like that of tracefs may turn out to be a
 * report without its head, and lines of any kind may stand before the first event.
 */
static enum import_form text_form(const char *text, size_t length)
{
	const char *end = text + length;
	enum import_form form = IMPORT_UNKNOWN;

	for (const char *newline; text < end; text = newline + 1) {
		newline = memchr(text, '\n', (size_t)(end - text));
		if (!newline)
			newline = end;
		enum import_form line = form_of_line((struct span){text, newline});

		if (span_begins((struct span){text, newline}, "# tracer:") || line == IMPORT_PERF ||
		    line == IMPORT_REPORT)
			return form == IMPORT_TRACEFS && line == IMPORT_PERF ? form : line;
		if (form == IMPORT_UNKNOWN)
			form = line;
	}
	return form;
}

enum import_form import_recognise(const char *text, size_t length)
{
	static const unsigned char dat[] = {0x17, 0x08, 0x44, 't', 'r', 'a', 'c', 'i', 'n', 'g'};

	if (length >= sizeof(dat) && !memcmp(text, dat, sizeof(dat)))
		return IMPORT_DAT;
	if (trace_recognise(text, length))
		return IMPORT_KMSIM;
	return text_form(text, length);
}
