// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/import/text_line.h"

#include <string.h>

#define COMM_MAX   15 /* bytes of a task's name */
#define FLAGS_MIN  4  /* characters of the column of irq flags */
#define FLAGS_MAX  6
#define NS_DIGITS  9
#define CPU_DIGITS 3 /* [%03d] */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
	return g_ascii_isdigit(c);
}

bool span_begins(struct span span, const char *text)
{
	size_t length = strlen(text);

	return span_length(span) >= length && !memcmp(span.at, text, length);
}

struct span span_trim(struct span span)
{
	while (span.at < span.end && is_blank(*span.at))
		span.at++;
	while (span.at < span.end && g_ascii_isspace(span.end[-1]))
		span.end--;
	return span;
}

/* The take_ functions move span->at past what they found; where they find nothing, the span
 * is spoilt. */

static bool take_char(struct span *span, char c)
{
	return span->at < span->end && *span->at == c && span->at++;
}

static bool take_blanks(struct span *span)
{
	const char *before = span->at;

	while (span->at < span->end && is_blank(*span->at))
		span->at++;
	return span->at > before;
}

static bool take_number(struct span *span, unsigned base, uint64_t *value)
{
	const char *before = span->at;

	for (*value = 0; span->at < span->end; span->at++) {
		int digit = g_ascii_xdigit_value(*span->at);

		if (digit < 0 || (unsigned)digit >= base)
			break;
		if (__builtin_mul_overflow(*value, base, value) ||
		    __builtin_add_overflow(*value, (uint64_t)digit, value))
			return false;
	}
	return span->at > before;
}

/* Seconds with up to nine decimals, or an integer. */
static bool take_time(struct span *span, struct text_event *event)
{
	uint64_t fraction = 0;

	if (!take_number(span, 10, &event->time))
		return false;
	event->time_is_integer = !take_char(span, '.');
	if (event->time_is_integer)
		return true;
	const char *point = span->at;

	if (!take_number(span, 10, &fraction) || span->at - point > NS_DIGITS)
		return false;
	for (long digits = span->at - point; digits < NS_DIGITS; digits++)
		fraction *= 10;
	return !__builtin_mul_overflow(event->time, UINT64_C(1000000000), &event->time) &&
	       !__builtin_add_overflow(event->time, fraction, &event->time);
}

/* [flags] time ":" */
static bool take_flags_and_time(struct span *span, struct text_event *event)
{
	struct span word = *span;

	if (!take_time(&word, event) || !take_char(&word, ':')) {
		word = *span;
		while (word.at < word.end && !is_blank(*word.at))
			word.at++;
		ptrdiff_t length = word.at - span->at;

		if (length < FLAGS_MIN || length > FLAGS_MAX || !take_blanks(&word) ||
		    !take_time(&word, event) || !take_char(&word, ':'))
			return false;
	}
	*span = word;
	return true;
}

static struct span take_word_before_colon(struct span *span)
{
	struct span word = {span->at, span->at};

	while (word.end < span->end && !g_ascii_isspace(*word.end) && *word.end != ':')
		word.end++;
	if (word.end == span->end || *word.end != ':' || word.end == word.at)
		return (struct span){NULL, NULL};
	span->at = word.end + 1;
	return word;
}

/* Event name and fields; perf script has the system, and may have a period, before the name. */
static void split_event(enum import_form form, struct span rest, struct text_event *event)
{
	uint64_t period;
	struct span after;

	take_blanks(&rest);
	after = rest;
	if (form == IMPORT_PERF && take_number(&after, 10, &period) && take_blanks(&after))
		rest = after;
	event->system = event->name = (struct span){NULL, NULL};
	event->fields = after = rest;
	if (form == IMPORT_PERF)
		event->system = take_word_before_colon(&after);
	struct span name = take_word_before_colon(&after);

	if (!name.at || (after.at < after.end && !is_blank(*after.at)))
		return;
	event->name = name;
	event->fields = after;
}

/* What stands before the CPU, read backwards: comm "-" pid [tgid], or comm " " pid ["/" tid]. */
static bool parse_task(enum import_form form, const char *start, const char *end,
		       struct text_event *event, size_t *comm_length)
{
	const char *at = end;

	while (at > start && is_blank(at[-1]))
		at--;
	if (form == IMPORT_TRACEFS && at > start && at[-1] == ')') {
		for (at--; at > start && strchr(" 0123456789-", at[-1]); at--)
			;
		if (at == start || *--at != '(')
			return false;
		while (at > start && is_blank(at[-1]))
			at--;
	}
	const char *digits_end = at;

	while (at > start && is_digit(at[-1]))
		at--;
	struct span digits = {at, digits_end};
	uint64_t pid;

	if (!take_number(&digits, 10, &pid) || pid > INT32_MAX)
		return false;
	event->pid = (int64_t)pid;
	if (form == IMPORT_PERF && at > start && at[-1] == '/') {
		for (at--; at > start && is_digit(at[-1]); at--)
			;
	}
	if (at == start || at[-1] != (form == IMPORT_PERF ? ' ' : '-'))
		return false;
	*comm_length = span_length(span_trim((struct span){start, at - 1}));
	return true;
}

/* @bracket stands where "[cpu]" may be. */
static bool parse_at_bracket(enum import_form form, struct span line, const char *bracket,
			     struct text_event *event, size_t *comm_length)
{
	struct span span = {bracket + 1, line.end};

	if (bracket == line.at || !is_blank(bracket[-1]) || !take_number(&span, 10, &event->cpu) ||
	    span.at - bracket <= CPU_DIGITS || !take_char(&span, ']') || !take_blanks(&span) ||
	    !take_flags_and_time(&span, event) ||
	    !parse_task(form, line.at, bracket, event, comm_length))
		return false;
	split_event(form, span, event);
	return true;
}

/* trace-cmd report -l: @dash stands where "-pid cpu flags" may be. */
static bool parse_at_dash(struct span line, const char *dash, struct text_event *event,
			  size_t *comm_length)
{
	struct span span = {dash + 1, line.end};
	uint64_t pid;

	if (!take_number(&span, 10, &pid) || pid > INT32_MAX || !take_blanks(&span) ||
	    !take_number(&span, 10, &event->cpu) || span.at == span.end || is_blank(*span.at) ||
	    !take_flags_and_time(&span, event))
		return false;
	event->pid = (int64_t)pid;
	*comm_length = span_length(span_trim((struct span){line.at, dash}));
	split_event(IMPORT_REPORT, span, event);
	return true;
}

static bool parse_at(enum import_form form, char mark, struct span line, const char *at,
		     struct text_event *event, size_t *comm_length)
{
	if (mark == '[')
		return parse_at_bracket(form, line, at, event, comm_length);
	return parse_at_dash(line, at, event, comm_length);
}

/*
 * The last match counts, since a comm may look like a CPU or a pid. But what stands before it must
 * be short enough for a comm if any match is: the text of an event may look so too.
 */
static bool parse_last(enum import_form form, char mark, struct span line, struct text_event *event)
{
	bool found = false;

	for (const char *at = line.end; at-- > line.at;) {
		struct text_event match;
		size_t comm_length = 0;

		if (*at != mark || !parse_at(form, mark, line, at, &match, &comm_length))
			continue;
		if (comm_length <= COMM_MAX) {
			*event = match;
			return true;
		}
		if (!found)
			*event = match;
		found = true;
	}
	return found;
}

bool text_event_parse(enum import_form form, struct span line, struct text_event *event)
{
	return parse_last(form, '[', line, event) ||
	       (form == IMPORT_REPORT && parse_last(form, '-', line, event));
}

static bool take_value(struct span span, uint64_t *value)
{
	bool minus = take_char(&span, '-');
	unsigned base = span_begins(span, "0x") ? 16 : 10;

	if (base == 16)
		span.at += 2;
	if (!take_number(&span, base, value))
		return false;
	if (minus)
		*value = 0 - *value;
	return span.at == span.end || g_ascii_isspace(*span.at) || *span.at == ',';
}

/* What stands after NAME and @separator in @fields. */
static bool find_field(struct span fields, const char *name, char separator, struct span *after)
{
	size_t length = strlen(name);

	for (const char *at = fields.at; at + length < fields.end; at++) {
		*after = (struct span){at + length, fields.end};
		if ((at == fields.at || is_blank(at[-1])) && !memcmp(at, name, length) &&
		    take_char(after, separator))
			return true;
	}
	return false;
}

bool text_field(struct span fields, const char *name, uint64_t *value)
{
	struct span after;

	if (find_field(fields, name, '=', &after))
		return take_value(after, value);
	return find_field(fields, name, ':', &after) && take_blanks(&after) &&
	       take_value(after, value);
}

bool text_word(struct span fields, const char *name, struct span *word)
{
	if (!find_field(fields, name, '=', word))
		return false;
	const char *end = word->at;

	while (end < word->end && !g_ascii_isspace(*end))
		end++;
	word->end = end;
	return true;
}

/* A number in C notation, wherever it ends. */
static bool take_c_number(struct span *span, uint64_t *value)
{
	unsigned base = span_begins(*span, "0x") ? 16 : 10;

	if (base == 16)
		span->at += 2;
	return take_number(span, base, value);
}

bool text_range(struct span fields, const char *name, uint64_t range[2])
{
	struct span at;

	return find_field(fields, name, '=', &at) && take_char(&at, '(') &&
	       take_c_number(&at, &range[0]) && take_blanks(&at) && take_char(&at, '~') &&
	       take_blanks(&at) && take_c_number(&at, &range[1]);
}

bool text_number_after(struct span line, const char *key, uint64_t *value)
{
	size_t length = strlen(key);

	for (; span_length(line) > length; line.at++) {
		if (span_begins(line, key)) {
			line.at += length;
			take_blanks(&line);
			return take_number(&line, 10, value);
		}
	}
	return false;
}

bool text_lost_marker(struct span line, uint64_t *events)
{
	uint64_t cpu;

	line = span_trim(line);
	if (line.at == line.end || line.end[-1] != ']')
		return false;
	/* the name of an instance may stand before */
	while (span_length(line) && !span_begins(line, "CPU:"))
		line.at++;
	if (!span_length(line))
		return false;
	line.at += strlen("CPU:");
	if (!take_number(&line, 10, &cpu) || !take_blanks(&line) || !take_char(&line, '['))
		return false;
	bool dropped_form = !span_begins(line, "LOST ");
	bool numbered;

	if (!dropped_form)
		line.at += strlen("LOST ");
	numbered = take_number(&line, 10, events) && take_blanks(&line);
	if (!numbered)
		*events = 0;
	return span_length(line) && span_begins(line, dropped_form ? "EVENTS DROPPED]" : "EVENTS]");
}

/* The shapes of text that are refused. */

static bool is_latency(struct span line)
{
	for (const char *at = line.at + 1; at + 4 < line.end; at++) {
		if (is_digit(at[-1]) && at[0] == 'u' && at[1] == 's' &&
		    (at[2] == ':' || at[3] == ':'))
			return true;
	}
	return false;
}

static bool is_verbose(struct span line)
{
	for (const char *at = line.at + 1; at + 4 < line.end; at++) {
		if (is_digit(at[-1]) && !memcmp(at, "ms (", 4))
			return true;
	}
	return false;
}

static bool is_without_context(struct span line)
{
	struct span name = take_word_before_colon(&line);

	return name.at && g_ascii_islower(*name.at) && take_blanks(&line);
}

static bool is_hex(struct span line)
{
	uint64_t number;

	for (int word = 0; word < 2; word++) {
		const char *before = line.at;

		if (!take_number(&line, 16, &number) || line.at - before != 8 ||
		    !take_blanks(&line))
			return false;
	}
	return true;
}

static bool is_raw(struct span line)
{
	uint64_t number;

	for (int word = 0; word < 3; word++) {
		if (!take_number(&line, 10, &number) || !take_blanks(&line))
			return false;
	}
	return true;
}

static bool is_binary(struct span line)
{
	for (const char *at = line.at; at < line.end; at++) {
		if (g_ascii_iscntrl(*at) && !g_ascii_isspace(*at))
			return true;
	}
	return false;
}

static const struct {
	const char *option, *cure;
	bool (*is)(struct span line);
} refused[] = {
	{"bin", "nobin", is_binary},
	{"latency-format and verbose", "nolatency-format", is_verbose},
	{"latency-format", "nolatency-format", is_latency},
	{"nocontext-info", "context-info", is_without_context},
	{"hex", "nohex", is_hex},
	{"raw", "noraw", is_raw},
};

const char *text_refused_option(struct span line, const char **cure)
{
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		if (span_length(line) && refused[i].is(line)) {
			*cure = refused[i].cure;
			return refused[i].option;
		}
	}
	return NULL;
}
