// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/machine/memory_map_json.h"

#include "sim/base/error.h"
#include "sim/base/json_util.h"
#include "sim/base/param.h"

#include <string.h>

const char *const memory_map_keys[] = {"zones",	    "section_pages",   "unpopulated",
				       "max_order", "pageblock_order", "min_free_kbytes",
				       NULL};
static const char *const zone_keys[] = {"name",	       "node",	   "start_pfn", "end_pfn",
					"spanned",     "present",  "managed",	"holes",
					"block_types", "reserved", NULL};

bool json_to_u64(const json_t *json, uint64_t *value)
{
	if (json_is_integer(json) && json_integer_value(json) >= 0) {
		*value = (uint64_t)json_integer_value(json);
		return true;
	}
	return json_is_string(json) && parse_u64(json_string_value(json), value);
}

/* Read the number @key of @object into *value, which stays as it is if it is not there. */
static bool read_number(const json_t *object, const char *key, uint64_t *value, GError **error)
{
	json_t *json = json_object_get(object, key);

	if (!json || json_to_u64(json, value))
		return true;
	set_input_error(error, "field '%s': expected a number that fits 64 bits", key);
	return false;
}

static bool read_small(const json_t *object, const char *key, unsigned low, unsigned high,
		       unsigned *value, GError **error)
{
	uint64_t number = *value;

	if (!read_number(object, key, &number, error))
		return false;
	if (json_object_get(object, key) && (number < low || number > high)) {
		set_input_error(error, "field '%s': %" G_GUINT64_FORMAT " is not between %u and %u",
				key, number, low, high);
		return false;
	}
	*value = (unsigned)number;
	return true;
}

/* Ascending [start, end) pairs in [low, high). */
static bool read_ranges(const json_t *pairs, uint64_t low, uint64_t high, GArray *ranges)
{
	json_t *pair;
	size_t i;

	json_array_foreach (pairs, i, pair) {
		struct pfn_range range;

		if (json_array_size(pair) != 2 ||
		    !json_to_u64(json_array_get(pair, 0), &range.start_pfn) ||
		    !json_to_u64(json_array_get(pair, 1), &range.end_pfn) ||
		    range.start_pfn >= range.end_pfn || range.start_pfn < low ||
		    range.end_pfn > high)
			return false;
		g_array_append_val(ranges, range);
		low = range.end_pfn;
	}
	return true;
}

/* Zones of a node are told apart by name, and no page is in two of them. */
static bool check_zone(const struct memory_map *map, const struct memory_zone *zone, GError **error)
{
	if (!*zone->name || zone->start_pfn >= zone->end_pfn) {
		set_input_error(error, "a zone needs a name, and start_pfn below end_pfn");
		return false;
	}
	for (unsigned i = 0; map->zones->pdata[i] != zone; i++) {
		const struct memory_zone *other = memory_map_zone(map, i);

		if ((!strcmp(other->name, zone->name) && other->node == zone->node) ||
		    (other->start_pfn < zone->end_pfn && zone->start_pfn < other->end_pfn)) {
			set_input_error(error, "zones '%s' and '%s' have the same name or overlap",
					other->name, zone->name);
			return false;
		}
	}
	return true;
}

/* The key @key of a zone: ranges inside it. */
static bool read_zone_ranges(const json_t *json, const char *key, const struct memory_zone *zone,
			     GArray *ranges, GError **error)
{
	json_t *list = json_object_get(json, key);

	if (list && !json_is_array(list)) {
		set_input_error(error, "zone '%s': field '%s': expected an array", zone->name, key);
		return false;
	}
	if (read_ranges(list, zone->start_pfn, zone->end_pfn, ranges))
		return true;
	set_input_error(error,
			"zone '%s': %s are not ascending [start, end) pairs of pfns inside the "
			"zone",
			zone->name, key);
	return false;
}

/* What boot keeps is present, and the rest is managed. */
static bool read_reserved(const json_t *json, struct memory_zone *zone, GError **error)
{
	uint64_t managed = memory_zone_present(zone);

	if (!read_zone_ranges(json, "reserved", zone, zone->reserved, error))
		return false;
	for (unsigned i = 0; i < zone->reserved->len; i++) {
		const struct pfn_range *range = &g_array_index(zone->reserved, struct pfn_range, i);
		uint64_t pages = range->end_pfn - range->start_pfn;

		if (memory_zone_present_in(zone, range->start_pfn, range->end_pfn) != pages) {
			set_input_error(error, "zone '%s': reserved pages in a hole", zone->name);
			return false;
		}
		managed -= pages;
	}
	if (!zone->reserved->len)
		return true;
	if (!json_object_get(json, "managed"))
		zone->managed_pages = managed;
	if (zone->managed_pages == managed)
		return true;
	set_input_error(error,
			"zone '%s': managed %" G_GUINT64_FORMAT
			", but present and reserved make it %" G_GUINT64_FORMAT,
			zone->name, zone->managed_pages, managed);
	return false;
}

/* "60M4U": counts and letters. */
static bool block_types_sound(const char *text)
{
	while (*text) {
		char *letter;

		if (!g_ascii_isdigit(*text) || !g_ascii_strtoull(text, &letter, 10) || !*letter ||
		    !strchr("UMRHI", *letter))
			return false;
		text = letter + 1;
	}
	return true;
}

/* What the kernel would call present and managed must agree with the holes. */
static bool read_counts(const json_t *json, struct memory_zone *zone, GError **error)
{
	uint64_t present = memory_zone_present(zone), stated = present;
	json_t *types = json_object_get(json, "block_types");

	if (!read_number(json, "present", &stated, error) ||
	    !read_number(json, "managed", &zone->managed_pages, error))
		return false;
	if (stated != present) {
		set_input_error(error,
				"zone '%s': present %" G_GUINT64_FORMAT
				", but span and holes make it %" G_GUINT64_FORMAT,
				zone->name, stated, present);
		return false;
	}
	if (zone->managed_pages > present) {
		set_input_error(error, "zone '%s': more pages managed than present", zone->name);
		return false;
	}
	if (types && (!json_is_string(types) || !block_types_sound(json_string_value(types)))) {
		set_input_error(error,
				"zone '%s': field 'block_types': expected counts and letters of "
				"UMRHI, as in \"60M4U\"",
				zone->name);
		return false;
	}
	zone->block_types = g_strdup(json_string_value(types));
	return true;
}

static bool read_span(const json_t *json, struct memory_zone *zone, GError **error)
{
	uint64_t spanned = 0;
	const char *missing = NULL;

	if (!json_object_get(json, "start_pfn"))
		missing = "start_pfn";
	else if (!json_object_get(json, "end_pfn") && !json_object_get(json, "spanned"))
		missing = "end_pfn";
	if (missing) {
		set_input_error(error, "missing field '%s'", missing);
		return false;
	}
	if (!read_number(json, "start_pfn", &zone->start_pfn, error) ||
	    !read_number(json, "end_pfn", &zone->end_pfn, error) ||
	    !read_number(json, "spanned", &spanned, error))
		return false;
	if (!json_object_get(json, "spanned"))
		return true;
	if (json_object_get(json, "end_pfn") && zone->end_pfn != zone->start_pfn + spanned) {
		set_input_error(error, "zone '%s': end_pfn is not start_pfn + spanned", zone->name);
		return false;
	}
	zone->end_pfn = zone->start_pfn + spanned;
	return true;
}

static bool read_zone(json_t *json, struct memory_map *map, unknown_key_fn unknown, void *ctx,
		      GError **error)
{
	const char *name = json_string_value(json_object_get(json, "name")), *key;
	struct memory_zone *zone = memory_map_add_zone(map, name ? name : "", 0, 0);
	json_t *value;

	json_object_foreach (json, key, value) {
		if (!g_strv_contains((const char *const *)zone_keys, key))
			unknown(ctx, key);
	}
	return read_span(json, zone, error) &&
	       read_small(json, "node", 0, 1023, &zone->node, error) &&
	       check_zone(map, zone, error) &&
	       read_zone_ranges(json, "holes", zone, zone->holes, error) &&
	       read_counts(json, zone, error) && read_reserved(json, zone, error);
}

static bool read_zones(json_t *zones, struct memory_map *map, unknown_key_fn unknown, void *ctx,
		       GError **error)
{
	json_t *zone;
	size_t i;

	if (!json_is_array(zones)) {
		set_input_error(error, "field 'zones': expected an array");
		return false;
	}
	json_array_foreach (zones, i, zone) {
		if (!read_zone(zone, map, unknown, ctx, error))
			return false;
	}
	return true;
}

static bool read_unpopulated(const json_t *json, struct memory_map *map, GError **error)
{
	uint64_t section = map->section_pages ? map->section_pages : SECTION_PAGES_X86_64;
	bool ok = !json ||
		  (json_is_array(json) && read_ranges(json, 0, UINT64_MAX, map->unpopulated));

	for (unsigned i = 0; ok && i < map->unpopulated->len; i++) {
		const struct pfn_range *range =
			&g_array_index(map->unpopulated, struct pfn_range, i);

		ok = !(range->start_pfn % section) && !(range->end_pfn % section);
	}
	if (!ok)
		set_input_error(error, "field 'unpopulated': expected ascending [start, end) pairs "
				       "of pfns at the bounds of sections");
	return ok;
}

static bool read_map(json_t *object, struct memory_map *map, unknown_key_fn unknown, void *ctx,
		     GError **error)
{
	return read_number(object, "section_pages", &map->section_pages, error) &&
	       read_small(object, "pageblock_order", 1, 10, &map->pageblock_order, error) &&
	       read_small(object, "max_order", 2, 11, &map->max_order, error) &&
	       read_number(object, "min_free_kbytes", &map->min_free_kbytes, error) &&
	       read_unpopulated(json_object_get(object, "unpopulated"), map, error) &&
	       read_zones(json_object_get(object, "zones"), map, unknown, ctx, error);
}

bool memory_map_from_json(json_t *object, struct memory_map **map, unknown_key_fn unknown,
			  void *ctx, GError **error)
{
	uint64_t ignored;

	*map = NULL;
	if (!json_object_get(object, "zones"))
		return read_number(object, "section_pages", &ignored, error);
	struct memory_map *read = memory_map_new();

	if (!read_map(object, read, unknown, ctx, error)) {
		memory_map_free(read);
		return false;
	}
	*map = read;
	return true;
}

static json_t *ranges_json(const GArray *ranges)
{
	json_t *json = json_array();

	for (unsigned i = 0; i < ranges->len; i++) {
		const struct pfn_range *range = &g_array_index(ranges, struct pfn_range, i);

		json_array_append_new(json, json_pack("[o, o]", json_u64(range->start_pfn),
						      json_u64(range->end_pfn)));
	}
	return json;
}

static json_t *zone_json(const struct memory_zone *zone)
{
	json_t *json = json_pack("{s:s, s:o, s:o, s:o}", "name", zone->name, "start_pfn",
				 json_u64(zone->start_pfn), "end_pfn", json_u64(zone->end_pfn),
				 "holes", ranges_json(zone->holes));

	if (zone->node)
		json_object_set_new(json, "node", json_u64(zone->node));
	if (zone->managed_pages)
		json_object_set_new(json, "managed", json_u64(zone->managed_pages));
	if (zone->reserved->len)
		json_object_set_new(json, "reserved", ranges_json(zone->reserved));
	if (zone->block_types)
		json_object_set_new(json, "block_types", json_string(zone->block_types));
	return json;
}

static void set_given(json_t *object, const char *key, uint64_t value)
{
	if (value)
		json_object_set_new(object, key, json_u64(value));
}

void memory_map_to_json(const struct memory_map *map, json_t *object)
{
	json_t *zones = json_array();

	for (unsigned i = 0; i < map->zones->len; i++)
		json_array_append_new(zones, zone_json(memory_map_zone(map, i)));
	json_object_set_new(object, "zones", zones);
	set_given(object, "section_pages", map->section_pages);
	set_given(object, "pageblock_order", map->pageblock_order);
	set_given(object, "max_order", map->max_order);
	set_given(object, "min_free_kbytes", map->min_free_kbytes);
	if (map->unpopulated->len)
		json_object_set_new(object, "unpopulated", ranges_json(map->unpopulated));
}
