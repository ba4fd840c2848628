/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_IMPORT_TEXT_LINE_H
#define KMSIM_TRACE_IMPORT_TEXT_LINE_H

/*
 * One line of a recording's text, in any of the three forms. Nothing is found by
 * column: names of tasks hold blanks, dashes, brackets and digits, and every form pads
 * differently.
 */

#include "sim/trace/import/import.h"

/* A piece of a line; not terminated. */
struct span {
	const char *at, *end;
};

struct text_event {
	int64_t pid;
	uint64_t cpu;
	uint64_t time; /* ns, or the bare number if time_is_integer */
	bool time_is_integer;
	struct span system; /* perf script only, else empty */
	struct span name;   /* empty: text without the name of an event */
	struct span fields; /* what follows the name and its colon */
};

/* Whether @line is the line of an event; *event is filled if so. */
bool text_event_parse(enum import_form form, struct span line, struct text_event *event);

/* The number that @fields gives for @name, as NAME=NUMBER or NAME: NUMBER. False: none. */
bool text_field(struct span fields, const char *name, uint64_t *value);

/* The two numbers that @fields gives for @name, as NAME=(0xSTART ~ 0xEND). False: none. */
bool text_range(struct span fields, const char *name, uint64_t range[2]);

/* The word that @fields gives for @name, as NAME=WORD; *word is what stands up to a blank. */
bool text_word(struct span fields, const char *name, struct span *word);

/* Whether @line says that events were lost; *events is how many, 0 if it does not say. */
bool text_lost_marker(struct span line, uint64_t *events);

/* The number after @key in @line. False: there is none. */
bool text_number_after(struct span line, const char *key, uint64_t *value);

/*
 * A trace option whose text form cannot be imported and whose shape @line, which is no event
 * line, has; NULL if none. *cure is the option to record with instead.
 */
const char *text_refused_option(struct span line, const char **cure);

static inline size_t span_length(struct span span)
{
	return (size_t)(span.end - span.at);
}

bool span_begins(struct span span, const char *text);
struct span span_trim(struct span span);

#endif
