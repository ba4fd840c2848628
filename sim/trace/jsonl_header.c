// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/jsonl_header.h"

#include "sim/base/error.h"
#include "sim/base/json_util.h"
#include "sim/base/param.h"
#include "sim/machine/memory_map_json.h"
#include "sim/trace/jsonl.h"
#include "sim/trace/op_names.h"

#include <jansson.h>
#include <string.h>

#define TRACE_VERSION 1

static const char *const header_keys[] = {"kmsim_trace", "page_size", "cpus", "vmap",
					  "recorded",	 "origin",    NULL};
static const char *const vmap_keys[] = {"vstart", "vend", "lazy_max_pages", NULL};

static void note_unknown(struct op_source *source, json_t *object, const char *const *known)
{
	const char *key;
	json_t *value;

	json_object_foreach (object, key, value) {
		if (name_index(known, key) < 0 &&
		    (known != header_keys || name_index(memory_map_keys, key) < 0))
			op_source_note_unknown(source, key);
	}
}

/* Read the number @key of @object, if it is there; *given says whether. */
static bool read_u64(json_t *object, const char *key, uint64_t *value, bool *given, GError **error)
{
	json_t *json = json_object_get(object, key);

	*given = json != NULL;
	if (!json || json_to_u64(json, value))
		return true;
	set_input_error(error, "header: field '%s': expected a number that fits 64 bits", key);
	return false;
}

static bool read_required(json_t *object, const char *key, uint64_t *value, GError **error)
{
	bool given;

	if (!read_u64(object, key, value, &given, error))
		return false;
	if (!given)
		set_input_error(error, "header: missing field '%s'", key);
	return given;
}

static bool read_vmap(json_t *vmap, struct trace_header *header, GError **error)
{
	if (!vmap)
		return true;
	if (!json_is_object(vmap)) {
		set_input_error(error, "header: field 'vmap': expected an object");
		return false;
	}
	if (!read_u64(vmap, "vstart", &header->vstart, &header->vstart_given, error) ||
	    !read_u64(vmap, "vend", &header->vend, &header->vend_given, error) ||
	    !read_u64(vmap, "lazy_max_pages", &header->lazy_max_pages,
		      &header->lazy_max_pages_given, error))
		return false;
	if (header->vstart >= header->vend) {
		set_input_error(error, "header: vmap: vstart is not below vend");
		return false;
	}
	return true;
}

static void note_unknown_in_zone(void *source, const char *key)
{
	op_source_note_unknown(source, key);
}

static bool read_memory(json_t *object, struct op_source *source, GError **error)
{
	GError *cause = NULL;

	if (memory_map_from_json(object, &source->header.memory, note_unknown_in_zone, source,
				 &cause))
		return true;
	g_propagate_prefixed_error(error, cause, "header: ");
	return false;
}

static void recorded_clear(void *data)
{
	g_free(((struct recorded_count *)data)->name);
}

GArray *recorded_counts_new(void)
{
	GArray *recorded = g_array_new(FALSE, FALSE, sizeof(struct recorded_count));

	g_array_set_clear_func(recorded, recorded_clear);
	return recorded;
}

static bool read_recorded(json_t *recorded, struct trace_header *header, GError **error)
{
	const char *name;
	json_t *value;

	if (!recorded)
		return true;
	header->recorded = recorded_counts_new();
	json_object_foreach (recorded, name, value) {
		struct recorded_count count = {.name = g_strdup(name)};

		g_array_append_val(header->recorded, count);
		if (!read_required(recorded, name,
				   &g_array_index(header->recorded, struct recorded_count,
						  header->recorded->len - 1)
					    .value,
				   error))
			return false;
	}
	if (!json_is_object(recorded))
		set_input_error(error, "header: field 'recorded': expected an object");
	return json_is_object(recorded);
}

static bool read_origin(json_t *origin, struct trace_header *header, GError **error)
{
	if (origin && !json_is_string(origin)) {
		set_input_error(error, "header: field 'origin': expected a string");
		return false;
	}
	header->origin = g_strdup(json_string_value(origin));
	return true;
}

static bool read_object(json_t *object, struct op_source *source, GError **error)
{
	struct trace_header *header = &source->header;
	uint64_t version, page_size, cpus;

	if (!json_is_object(object) || !json_object_get(object, "kmsim_trace")) {
		set_input_error(error, "no header: the first line has no 'kmsim_trace'");
		return false;
	}
	if (!read_required(object, "kmsim_trace", &version, error) ||
	    !read_required(object, "page_size", &page_size, error) ||
	    !read_required(object, "cpus", &cpus, error))
		return false;
	if (version != TRACE_VERSION) {
		set_input_error(error,
				"header: kmsim_trace %" G_GUINT64_FORMAT
				": only version %d is known",
				version, TRACE_VERSION);
		return false;
	}
	if (page_size != PAGE_SIZE) {
		set_input_error(error,
				"header: page_size %" G_GUINT64_FORMAT ": only 4096 is known",
				page_size);
		return false;
	}
	if (!cpus || cpus > TRACE_CPUS_MAX) {
		set_input_error(error, "header: cpus %" G_GUINT64_FORMAT ": allowed are 1 to %d",
				cpus, TRACE_CPUS_MAX);
		return false;
	}
	header->cpus = (uint32_t)cpus;
	header->lazy_max_pages = trace_default_lazy_max_pages(header->cpus);
	note_unknown(source, object, header_keys);
	note_unknown(source, json_object_get(object, "vmap"), vmap_keys);
	return read_origin(json_object_get(object, "origin"), header, error) &&
	       read_vmap(json_object_get(object, "vmap"), header, error) &&
	       read_recorded(json_object_get(object, "recorded"), header, error) &&
	       read_memory(object, source, error);
}

bool jsonl_header_parse(const char *text, size_t length, struct op_source *source, GError **error)
{
	json_error_t json_error;
	json_t *object = json_loadb(text, length, JSON_REJECT_DUPLICATES, &json_error);

	if (!object) {
		set_input_error(error, "not JSON: %s", json_error.text);
		return false;
	}
	bool ok = read_object(object, source, error);

	json_decref(object);
	return ok;
}

bool jsonl_header_read(struct reader *reader, struct op_source *source, GError **error)
{
	GError *cause = NULL;
	const char *line;
	size_t length;
	int got = reader_line(reader, &line, &length, error);

	if (got < 0)
		return false;
	if (!got) {
		set_input_error(error, "%s:1: no header: the trace is empty", reader_path(reader));
		return false;
	}
	if (jsonl_header_parse(line, length, source, &cause))
		return true;
	g_propagate_prefixed_error(error, cause, "%s:1: ", reader_path(reader));
	return false;
}

/* Only what is given; may be empty. */
static json_t *vmap_json(const struct trace_header *header)
{
	return json_pack("{s:o*, s:o*, s:o*}", "vstart",
			 header->vstart_given ? json_address(header->vstart) : NULL, "vend",
			 header->vend_given ? json_address(header->vend) : NULL, "lazy_max_pages",
			 header->lazy_max_pages_given ? json_u64(header->lazy_max_pages) : NULL);
}

static json_t *recorded_json(const GArray *recorded)
{
	json_t *object = json_object();

	for (unsigned i = 0; i < recorded->len; i++) {
		const struct recorded_count *count =
			&g_array_index(recorded, struct recorded_count, i);

		json_object_set_new(object, count->name, json_u64(count->value));
	}
	return object;
}

char *jsonl_header_text(const struct trace_header *header)
{
	json_t *object = json_pack("{s:i, s:i, s:I}", "kmsim_trace", TRACE_VERSION, "page_size",
				   (int)PAGE_SIZE, "cpus", (json_int_t)header->cpus);
	json_t *vmap = vmap_json(header);

	if (json_object_size(vmap))
		json_object_set(object, "vmap", vmap);
	json_decref(vmap);
	if (header->memory)
		memory_map_to_json(header->memory, object);
	if (header->recorded)
		json_object_set_new(object, "recorded", recorded_json(header->recorded));
	if (header->origin)
		json_object_set_new(object, "origin", json_string(header->origin));
	char *text = json_dumps(object, 0);

	json_decref(object);
	return text;
}

gboolean jsonl_recognise(const char *text, size_t length)
{
	size_t line = 0;

	while (line < length && text[line] != '\n')
		line++;
	return line && g_strstr_len(text, (gssize)line, "\"kmsim_trace\"") != NULL;
}
