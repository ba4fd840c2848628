// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/machine/machine_file.h"

#include "sim/base/error.h"
#include "sim/base/json_util.h"
#include "sim/base/resource.h"
#include "sim/machine/memory_map_json.h"

#include <string.h>

#define RESOURCE_DIR	"/kmsim/models/machine/"
#define MACHINE_VERSION 1

/* --- reading --------------------------------------------------------------------------- */

static const char *const file_keys[] = {"kmsim_machine", "name",   "summary", "source",
					"comment",	 "totals", "nodes",   NULL};

/* The first key that nothing knows: a slip of the pen must not change a machine unseen. */
static void note_unknown(void *ctx, const char *key)
{
	char **first = ctx;

	if (!*first)
		*first = g_strdup(key);
}

static void check_keys(json_t *root, char **unknown)
{
	const char *key;
	json_t *value;

	json_object_foreach (root, key, value) {
		if (!g_strv_contains(file_keys, key) && !g_strv_contains(memory_map_keys, key))
			note_unknown(unknown, key);
	}
}

/* The zones of all nodes as one list, each with its node, as memory_map_from_json() has it. */
static bool flatten_nodes(json_t *root, GError **error)
{
	json_t *nodes = json_object_get(root, "nodes"), *zones, *node, *zone;
	size_t i, j;

	if (!nodes)
		return true;
	if (json_object_get(root, "zones") || !json_is_array(nodes)) {
		set_input_error(error, "expected a list 'nodes' of objects, or 'zones', not both");
		return false;
	}
	zones = json_array();
	json_object_set_new(root, "zones", zones);
	json_array_foreach (nodes, i, node) {
		json_t *number = json_object_get(node, "node");

		if (!json_is_integer(number) || !json_is_array(json_object_get(node, "zones")) ||
		    json_object_size(node) != 2) {
			set_input_error(
				error,
				"nodes: entry %zu: expected a number 'node' and a list 'zones'", i);
			return false;
		}
		json_array_foreach (json_object_get(node, "zones"), j, zone) {
			json_object_set(zone, "node", number);
			json_array_append(zones, zone);
		}
	}
	return true;
}

static bool check_map(const struct memory_map *map, const char *unknown, GError **error)
{
	if (unknown) {
		set_input_error(error, "unknown key '%s'", unknown);
		return false;
	}
	if (!map || !map->zones->len) {
		set_input_error(error, "no zones");
		return false;
	}
	if (map->section_pages &&
	    (map->section_pages & (map->section_pages - 1) || map->section_pages < 2048)) {
		set_input_error(error, "section_pages: expected a power of two of at least 2048");
		return false;
	}
	for (unsigned i = 1; i < map->zones->len; i++) {
		const struct memory_zone *below = memory_map_zone(map, i - 1);
		const struct memory_zone *zone = memory_map_zone(map, i);

		if (zone->start_pfn < below->end_pfn) {
			set_input_error(error, "zones '%s' and '%s' are not ascending", below->name,
					zone->name);
			return false;
		}
	}
	return true;
}

static struct memory_map *read_machine(json_t *root, GError **error)
{
	struct memory_map *map = NULL;
	g_autofree char *unknown = NULL;
	const char *name = json_string_value(json_object_get(root, "name"));

	if (json_integer_value(json_object_get(root, "kmsim_machine")) != MACHINE_VERSION ||
	    !name || !*name) {
		set_input_error(error, "needs kmsim_machine 1, and a name");
		return NULL;
	}
	check_keys(root, &unknown);
	if (!flatten_nodes(root, error) ||
	    !memory_map_from_json(root, &map, note_unknown, &unknown, error))
		return NULL;
	if (!check_map(map, unknown, error)) {
		memory_map_free(map);
		return NULL;
	}
	map->name = g_strdup(name);
	map->summary = g_strdup(json_string_value(json_object_get(root, "summary")));
	return map;
}

struct memory_map *memory_map_load(const char *name, GError **error)
{
	GError *cause = NULL;
	json_t *root = resource_json(RESOURCE_DIR, "machine", name, NULL, error);

	if (!root)
		return NULL;
	struct memory_map *map = read_machine(root, &cause);

	json_decref(root);
	if (!map)
		g_propagate_prefixed_error(error, cause, "%s: ", name);
	return map;
}

char **machine_names(void)
{
	return resource_json_names(RESOURCE_DIR);
}

/* --- writing --------------------------------------------------------------------------- */

static uint64_t managed(const struct memory_zone *zone)
{
	return zone->managed_pages ? zone->managed_pages : memory_zone_present(zone);
}

/* Sections with struct pages, and such without that a zone spans. */
static void count_sections(const struct memory_map *map, uint64_t *populated, uint64_t *spanned)
{
	uint64_t size = map->section_pages ? map->section_pages : SECTION_PAGES_X86_64, next = 0;

	*populated = *spanned = 0;
	for (unsigned i = 0; i < map->zones->len; i++) {
		const struct memory_zone *zone = memory_map_zone(map, i);

		for (uint64_t s = MAX(next, zone->start_pfn / size); s * size < zone->end_pfn;
		     s++) {
			*populated += memory_map_section_populated(map, s * size);
			++*spanned;
			next = s + 1;
		}
	}
}

static void add_counts(json_t *json, uint64_t spanned, uint64_t present, uint64_t managed_pages)
{
	json_object_set_new(json, "spanned", json_u64(spanned));
	json_object_set_new(json, "present", json_u64(present));
	json_object_set_new(json, "managed", json_u64(managed_pages));
}

static json_t *totals_json(const struct memory_map *map)
{
	uint64_t total_spanned = 0, total_present = 0, total_managed = 0, populated, spanned;
	json_t *json = json_object();

	for (unsigned i = 0; i < map->zones->len; i++) {
		const struct memory_zone *zone = memory_map_zone(map, i);

		total_spanned += zone->end_pfn - zone->start_pfn;
		total_present += memory_zone_present(zone);
		total_managed += managed(zone);
	}
	add_counts(json, total_spanned, total_present, total_managed);
	count_sections(map, &populated, &spanned);
	json_object_set_new(json, "sections", json_u64(spanned));
	json_object_set_new(json, "populated_sections", json_u64(populated));
	return json;
}

json_t *memory_map_to_machine_json(const struct memory_map *map)
{
	json_t *root = json_pack("{s:i, s:s}", "kmsim_machine", MACHINE_VERSION, "name",
				 map->name ? map->name : "unnamed");

	if (map->summary)
		json_object_set_new(root, "summary", json_string(map->summary));
	memory_map_to_json(map, root);
	for (unsigned i = 0; i < map->zones->len; i++) {
		const struct memory_zone *zone = memory_map_zone(map, i);

		add_counts(json_array_get(json_object_get(root, "zones"), i),
			   zone->end_pfn - zone->start_pfn, memory_zone_present(zone),
			   managed(zone));
	}
	json_object_set_new(root, "totals", totals_json(map));
	return root;
}
