// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/import/text.h"

#include "sim/base/error.h"
#include "sim/trace/import/account.h"
#include "sim/trace/import/text_line.h"
#include "sim/trace/source.h"

#include <string.h>

struct text {
	struct reader *reader;
	enum import_form form;
	const struct event_sink *sink;
};

#define NAME_MAX_BYTES 128

static void copy_name(char out[NAME_MAX_BYTES], struct span name)
{
	size_t length = name.at ? MIN(NAME_MAX_BYTES - 1, span_length(name)) : 0;

	if (length)
		memcpy(out, name.at, length);
	out[length] = '\0';
}

static void header_line(struct import_account *account, struct span line)
{
	uint64_t kept, written, cpus;

	if (text_number_after(line, "entries-in-buffer/entries-written:", &kept)) {
		const char *slash = memchr(line.at + strlen("# entries-in-buffer/"), '/',
					   span_length(line) - strlen("# entries-in-buffer/"));
		struct span rest = {slash, line.end};

		if (slash && text_number_after(rest, "/", &written) && written > kept)
			account->overwritten_events += written - kept;
	}
	if (text_number_after(line, "#P:", &cpus) && cpus <= TRACE_CPUS_MAX)
		account_cpus(account, cpus);
}

static bool refuse(const struct text *text, const char *option, const char *cure, GError **error)
{
	g_autofree char *where = reader_where(text->reader);

	set_input_error(error,
			"%stext written with the trace option %s cannot be imported: record with "
			"%s",
			where, option, cure);
	return false;
}

/* "PERF_RECORD_LOST lost 4": what stands there instead of a named event */
static bool perf_lost(const struct text *text, const struct text_event *line)
{
	uint64_t lost = 0;

	if (text->form != IMPORT_PERF || line->name.at ||
	    !span_begins(line->fields, "PERF_RECORD_LOST"))
		return false;
	text_number_after(line->fields, " lost", &lost);
	account_lost(text->sink->account, lost);
	return true;
}

/* The option "fields" prints numbers twice: name=0x1000 (4096). */
static bool has_fields_option(const struct text *text, struct span fields)
{
	if (text->form != IMPORT_TRACEFS)
		return false;
	for (const char *at = fields.at; at + 4 < fields.end; at++) {
		if (g_ascii_isxdigit(at[0]) && at[1] == ' ' && at[2] == '(' &&
		    (g_ascii_isdigit(at[3]) || at[3] == '-'))
			return true;
	}
	return false;
}

/* Addresses of the kernel are in the upper half; a hash of one has 32 bits. */
static bool event_pointer(struct span word, uint64_t *value)
{
	g_autofree char *text = g_strndup(word.at, span_length(word));
	char *end;

	*value = g_ascii_strtoull(text, &end, 16);
	if (!(*value >> 63))
		*value = 0;
	return true;
}

/* A scan whose place cannot be told is a scan nevertheless. */
static uint64_t range_value(struct span fields, const struct event_field *field)
{
	uint64_t range[2], value;

	if (text_range(fields, field->printed, range))
		return range[field->type == FIELD_RANGE_END];
	return text_field(fields, field->recorded, &value) ? value : 0;
}

static bool fill_value(struct span fields, const struct event_field *field, uint64_t *value)
{
	struct span word;

	if (field->type == FIELD_SHRINKER) {
		*value = span_begins(span_trim(fields), field->printed);
		return true;
	}
	if (field->type == FIELD_RANGE_START || field->type == FIELD_RANGE_END) {
		*value = range_value(fields, field);
		return true;
	}
	if (field->type == FIELD_PHRASE)
		return text_number_after(fields, field->printed, value);
	if (field->type == FIELD_POINTER)
		return text_word(fields, field->printed, &word) && event_pointer(word, value);
	if (field->type == FIELD_NUMBER)
		return text_field(fields, field->printed, value) ||
		       text_field(fields, field->recorded, value);
	return (text_word(fields, field->printed, &word) ||
		text_word(fields, field->recorded, &word)) &&
	       event_word(field->type, word.at, span_length(word), value);
}

static bool fill_values(const struct text_event *line, struct event *event)
{
	const struct event_field *field = event_kinds[event->id].fields;

	for (unsigned i = 0; field[i].printed; i++) {
		if (!fill_value(line->fields, &field[i], &event->value[i]))
			return false;
	}
	return true;
}

static bool event_line(const struct text *text, const struct text_event *line, GError **error)
{
	char name[NAME_MAX_BYTES], system[NAME_MAX_BYTES];

	if (perf_lost(text, line))
		return true;
	copy_name(name, line->name);
	copy_name(system, line->system);
	struct event event = {
		.place = reader_line_number(text->reader),
		.t_ns = line->time,
		.has_t = text->form != IMPORT_TRACEFS || !line->time_is_integer,
		.id = event_find(*system ? system : NULL, name),
		.cpu = (uint32_t)MIN(line->cpu, UINT32_MAX),
		.pid = line->pid,
	};

	if (event.id == EVENT_NOT_IMPORTED) {
		event_unused(text->sink, event.cpu, *name ? name : "(no event name)");
		return true;
	}
	if (has_fields_option(text, line->fields))
		return refuse(text, "fields", "nofields", error);
	if (fill_values(line, &event))
		event_push(text->sink, &event);
	else
		event_bad(text->sink, event.place);
	return true;
}

static bool other_line(const struct text *text, struct span line, GError **error)
{
	struct import_account *account = text->sink->account;
	const char *option, *cure;
	uint64_t number;

	if (text_lost_marker(line, &number)) {
		account_lost(account, number);
	} else if (text->form == IMPORT_REPORT && span_begins(line, "cpus=")) {
		if (text_number_after(line, "cpus=", &number) && number <= TRACE_CPUS_MAX)
			account_cpus(account, number);
	} else {
		if (text->form == IMPORT_TRACEFS && !account->events &&
		    (option = text_refused_option(line, &cure)))
			return refuse(text, option, cure, error);
		account_place(&account->bad_lines, reader_line_number(text->reader));
	}
	return true;
}

bool text_read(struct reader *reader, enum import_form form, const struct event_sink *sink,
	       GError **error)
{
	const struct text text = {reader, form, sink};
	struct span line;
	size_t length;
	int got = 0;

	while (!event_sink_interrupted(sink) &&
	       (got = reader_line(reader, &line.at, &length, error)) > 0) {
		struct text_event event;
		bool fine = true;

		line.end = line.at + length;
		if (length && *line.at == '#')
			header_line(sink->account, line);
		else if (text_event_parse(form, line, &event))
			fine = event_line(&text, &event, error);
		else if (span_length(span_trim(line)))
			fine = other_line(&text, line, error);
		if (!fine)
			return false;
	}
	return !got;
}
