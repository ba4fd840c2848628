// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/jsonl_header.h"

#include "sim/base/error.h"
#include "sim/base/json_util.h"
#include "sim/base/param.h"
#include "sim/trace/jsonl.h"
#include "sim/trace/op_names.h"

#include <jansson.h>
#include <string.h>

#define TRACE_VERSION 1

static const char *const header_keys[] = {"kmsim_trace", "page_size",	  "cpus",   "vmap",
					  "zones",	 "section_pages", "origin", NULL};
static const char *const vmap_keys[] = {"vstart", "vend", "lazy_max_pages", NULL};
static const char *const zone_keys[] = {"name", "start_pfn", "end_pfn", "holes", NULL};

static void note_unknown(struct op_source *source, json_t *object, const char *const *known)
{
	const char *key;
	json_t *value;

	json_object_foreach (object, key, value) {
		if (name_index(known, key) < 0)
			op_source_note_unknown(source, key);
	}
}

static bool to_u64(const json_t *json, uint64_t *value)
{
	if (json_is_integer(json) && json_integer_value(json) >= 0) {
		*value = (uint64_t)json_integer_value(json);
		return true;
	}
	return json_is_string(json) && parse_u64(json_string_value(json), value);
}

/* Read the number @key of @object, if it is there; *given says whether. */
static bool read_u64(json_t *object, const char *key, uint64_t *value, bool *given, GError **error)
{
	json_t *json = json_object_get(object, key);

	*given = json != NULL;
	if (!json || to_u64(json, value))
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

static void zone_free(void *data)
{
	struct trace_zone *zone = data;

	g_free(zone->name);
	g_array_unref(zone->holes);
	g_free(zone);
}

static bool read_hole(json_t *pair, struct trace_zone *zone, GError **error)
{
	struct pfn_range hole;
	struct pfn_range *last = zone->holes->len ? &g_array_index(zone->holes, struct pfn_range,
								   zone->holes->len - 1)
						  : NULL;

	if (json_array_size(pair) != 2 || !to_u64(json_array_get(pair, 0), &hole.start_pfn) ||
	    !to_u64(json_array_get(pair, 1), &hole.end_pfn) || hole.start_pfn >= hole.end_pfn ||
	    hole.start_pfn < zone->start_pfn || hole.end_pfn > zone->end_pfn ||
	    (last && hole.start_pfn < last->end_pfn)) {
		set_input_error(error,
				"header: zone '%s': holes are not ascending [start, end) pairs "
				"of pfns inside the zone",
				zone->name);
		return false;
	}
	g_array_append_val(zone->holes, hole);
	return true;
}

static bool read_holes(json_t *holes, struct trace_zone *zone, GError **error)
{
	json_t *hole;
	size_t i;

	if (holes && !json_is_array(holes)) {
		set_input_error(error, "header: zone '%s': field 'holes': expected an array",
				zone->name);
		return false;
	}
	json_array_foreach (holes, i, hole) {
		if (!read_hole(hole, zone, error))
			return false;
	}
	return true;
}

/* Zones are told apart by name, and no page is in two of them. */
static bool check_zone(const struct trace_header *header, const struct trace_zone *zone,
		       GError **error)
{
	if (!*zone->name || zone->start_pfn >= zone->end_pfn) {
		set_input_error(error, "header: a zone needs a name, and start_pfn below end_pfn");
		return false;
	}
	for (unsigned i = 0; header->zones->pdata[i] != zone; i++) {
		const struct trace_zone *other = header->zones->pdata[i];

		if (!strcmp(other->name, zone->name) ||
		    (other->start_pfn < zone->end_pfn && zone->start_pfn < other->end_pfn)) {
			set_input_error(error,
					"header: zones '%s' and '%s' have the same name or overlap",
					other->name, zone->name);
			return false;
		}
	}
	return true;
}

static bool read_zone(json_t *json, struct op_source *source, GError **error)
{
	const char *name = json_string_value(json_object_get(json, "name"));
	struct trace_zone *zone = g_new0(struct trace_zone, 1);

	zone->name = g_strdup(name ? name : "");
	zone->holes = g_array_new(FALSE, FALSE, sizeof(struct pfn_range));
	g_ptr_array_add(source->header.zones, zone);
	note_unknown(source, json, zone_keys);
	return read_required(json, "start_pfn", &zone->start_pfn, error) &&
	       read_required(json, "end_pfn", &zone->end_pfn, error) &&
	       check_zone(&source->header, zone, error) &&
	       read_holes(json_object_get(json, "holes"), zone, error);
}

static bool read_zones(json_t *zones, struct op_source *source, GError **error)
{
	json_t *zone;
	size_t i;

	if (!zones)
		return true;
	if (!json_is_array(zones)) {
		set_input_error(error, "header: field 'zones': expected an array");
		return false;
	}
	source->header.zones = g_ptr_array_new_with_free_func(zone_free);
	json_array_foreach (zones, i, zone) {
		if (!read_zone(zone, source, error))
			return false;
	}
	return true;
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
	bool given;

	if (!json_is_object(object) || !json_object_get(object, "kmsim_trace")) {
		set_input_error(error, "no header: the first line has no 'kmsim_trace'");
		return false;
	}
	if (!read_required(object, "kmsim_trace", &version, error) ||
	    !read_required(object, "page_size", &page_size, error) ||
	    !read_required(object, "cpus", &cpus, error) ||
	    !read_u64(object, "section_pages", &header->section_pages, &given, error))
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
	       read_zones(json_object_get(object, "zones"), source, error);
}

bool jsonl_header_read(struct reader *reader, struct op_source *source, GError **error)
{
	GError *cause = NULL;
	json_error_t json_error;
	const char *line;
	size_t length;
	int got = reader_line(reader, &line, &length, error);

	if (got < 0)
		return false;
	if (!got) {
		set_input_error(error, "%s:1: no header: the trace is empty", reader_path(reader));
		return false;
	}
	json_t *object = json_loadb(line, length, JSON_REJECT_DUPLICATES, &json_error);

	if (!object) {
		set_input_error(error, "%s:1: not JSON: %s", reader_path(reader), json_error.text);
		return false;
	}
	bool ok = read_object(object, source, &cause);

	json_decref(object);
	if (!ok) {
		g_prefix_error(&cause, "%s:1: ", reader_path(reader));
		g_propagate_error(error, cause);
	}
	return ok;
}

static json_t *zone_json(const struct trace_zone *zone)
{
	json_t *holes = json_array();

	for (unsigned i = 0; i < zone->holes->len; i++) {
		const struct pfn_range *hole = &g_array_index(zone->holes, struct pfn_range, i);

		json_array_append_new(holes, json_pack("[o, o]", json_u64(hole->start_pfn),
						       json_u64(hole->end_pfn)));
	}
	return json_pack("{s:s, s:o, s:o, s:o}", "name", zone->name, "start_pfn",
			 json_u64(zone->start_pfn), "end_pfn", json_u64(zone->end_pfn), "holes",
			 holes);
}

/* Only what is given; may be empty. */
static json_t *vmap_json(const struct trace_header *header)
{
	return json_pack("{s:o*, s:o*, s:o*}", "vstart",
			 header->vstart_given ? json_address(header->vstart) : NULL, "vend",
			 header->vend_given ? json_address(header->vend) : NULL, "lazy_max_pages",
			 header->lazy_max_pages_given ? json_u64(header->lazy_max_pages) : NULL);
}

char *jsonl_header_text(const struct trace_header *header)
{
	json_t *object = json_pack("{s:i, s:i, s:I}", "kmsim_trace", TRACE_VERSION, "page_size",
				   (int)PAGE_SIZE, "cpus", (json_int_t)header->cpus);
	json_t *vmap = vmap_json(header);

	if (json_object_size(vmap))
		json_object_set(object, "vmap", vmap);
	json_decref(vmap);
	if (header->zones) {
		json_t *zones = json_array();

		for (unsigned i = 0; i < header->zones->len; i++)
			json_array_append_new(zones,
					      zone_json(g_ptr_array_index(header->zones, i)));
		json_object_set_new(object, "zones", zones);
	}
	if (header->section_pages)
		json_object_set_new(object, "section_pages", json_u64(header->section_pages));
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
