// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/machine/machine_file.h"

#include "sim/base/error.h"

#include <glib/gstdio.h>
#include <string.h>

/* The machine in a file of this text; with the error set, *path is what the file was called. */
static struct memory_map *load_text(const char *text, char **path, GError **error)
{
	*path = g_build_filename(g_get_tmp_dir(), "kmsim-machine-XXXXXX.json", NULL);
	g_close(g_mkstemp(*path), NULL);
	g_assert_true(g_file_set_contents(*path, text, -1, NULL));
	struct memory_map *map = memory_map_load(*path, error);

	g_unlink(*path);
	return map;
}

/* What a machine is printed as is read as the same machine. */
static void test_shipped(void)
{
	g_auto(GStrv) names = machine_names();

	g_assert_cmpuint(g_strv_length(names), >=, 4);
	for (char **name = names; *name; name++) {
		GError *error = NULL;
		struct memory_map *map = memory_map_load(*name, &error);

		g_assert_no_error(error);
		g_assert_cmpstr(map->name, ==, *name);
		g_assert_nonnull(map->summary);
		json_t *json = memory_map_to_machine_json(map);
		g_autofree char *text = json_dumps(json, 0), *path = NULL;
		struct memory_map *again = load_text(text, &path, &error);

		g_assert_no_error(error);
		json_t *json_again = memory_map_to_machine_json(again);

		g_assert_true(json_equal(json, json_again));
		g_assert_cmpint(json_integer_value(json_object_get(json_object_get(json, "totals"),
								   "managed")),
				>, 0);
		json_decref(json);
		json_decref(json_again);
		memory_map_free(map);
		memory_map_free(again);
	}
}

static uint64_t present(const struct memory_map *map)
{
	uint64_t pages = 0;

	for (unsigned i = 0; i < map->zones->len; i++)
		pages += memory_zone_present(memory_map_zone(map, i));
	return pages;
}

/* A machine has the memory that it is sold with, but for what firmware keeps. */
static void test_sizes(void)
{
	static const struct {
		const char *name;
		uint64_t sold_mib, firmware_mib; /* at most */
	} rows[] = {
		{"x86_64-laptop-8g", 8 << 10, 160},
		{"x86_64-server-64g", 64 << 10, 400},
		{"arm64-phone-4g", 4 << 10, 256},
		{"tiny-256m", 256, 2},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct memory_map *map = memory_map_load(rows[i].name, NULL);

		g_assert_cmpuint(present(map), <=, rows[i].sold_mib << 8);
		g_assert_cmpuint(present(map), >=, (rows[i].sold_mib - rows[i].firmware_mib) << 8);
		memory_map_free(map);
	}
}

/* The PCI hole: spanned by DMA32, without a struct page. */
static void test_sections(void)
{
	struct memory_map *map = memory_map_load("x86_64-laptop-8g", NULL);

	g_assert_true(memory_map_section_populated(map, 1));
	g_assert_true(memory_map_section_populated(map, 0xbffff)); /* of one usable page */
	g_assert_false(memory_map_section_populated(map, 0xc0000));
	g_assert_false(memory_map_section_populated(map, 0xfffff));
	g_assert_true(memory_map_section_populated(map, 0x100000));
	g_assert_false(memory_map_present(map, 0xb9ffe, 0xb9fff));
	g_assert_true(memory_map_present(map, 0xb9fff, 0xba000));
	const struct pfn_range gone = {0x8000, 0x10000};

	g_array_append_val(map->unpopulated, gone);
	g_assert_true(memory_map_section_populated(map, 0x7fff));
	g_assert_false(memory_map_section_populated(map, 0x8000));
	memory_map_free(map);
}

#define MACHINE(rest) "{\"kmsim_machine\": 1, \"name\": \"m\", " rest "}"
#define ZONE(rest)    "{\"name\": \"A\", \"start_pfn\": 0, \"end_pfn\": 2048" rest "}"

static void test_nodes(void)
{
	GError *error = NULL;
	g_autofree char *path = NULL;
	struct memory_map *map = load_text(
		MACHINE("\"nodes\": [{\"node\": 0, \"zones\": [" ZONE(
			"") "]}, {\"node\": 3, "
			    "\"zones\": [{\"name\": \"A\", \"start_pfn\": 4096, \"spanned\": 512}]}]"),
		&path, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(map->zones->len, ==, 2);
	g_assert_cmpuint(memory_map_zone(map, 0)->node, ==, 0);
	g_assert_cmpuint(memory_map_zone(map, 1)->node, ==, 3);
	g_assert_cmpuint(memory_map_zone(map, 1)->end_pfn, ==, 4608);
	memory_map_free(map);
}

/* What boot keeps: managed follows from it, and holes and it are one list of gaps. */
static void test_reserved(void)
{
	GError *error = NULL;
	g_autofree char *path = NULL;
	struct memory_map *map =
		load_text(MACHINE("\"zones\": [" ZONE(", \"holes\": [[100, 200], [300, 310]], "
						      "\"reserved\": [[0, 50], [200, 205]]") "]"),
			  &path, &error);

	g_assert_no_error(error);
	const struct memory_zone *zone = memory_map_zone(map, 0);
	g_autoptr(GArray) gaps = memory_zone_gaps(zone);
	static const struct pfn_range expected[] = {{0, 50}, {100, 200}, {200, 205}, {300, 310}};

	g_assert_cmpuint(memory_zone_present(zone), ==, 2048 - 110);
	g_assert_cmpuint(zone->managed_pages, ==, 2048 - 110 - 55);
	g_assert_cmpuint(gaps->len, ==, G_N_ELEMENTS(expected));
	g_assert_cmpint(memcmp(gaps->data, expected, sizeof(expected)), ==, 0);
	struct memory_map *copy = memory_map_copy(map);
	json_t *json = memory_map_to_machine_json(map), *again = memory_map_to_machine_json(copy);

	g_assert_true(json_equal(json, again));
	json_decref(json);
	json_decref(again);
	memory_map_free(copy);
	memory_map_free(map);
}

static void test_bad(void)
{
	static const struct {
		const char *text, *cause;
	} rows[] = {
		{"{", ":1: not JSON"},
		{"[]", "needs kmsim_machine 1"},
		{"{\"kmsim_machine\": 2, \"name\": \"m\"}", "needs kmsim_machine 1"},
		{"{\"kmsim_machine\": 1, \"zones\": []}", "and a name"},
		{MACHINE("\"zones\": []"), "no zones"},
		{MACHINE("\"max_order\": 11"), "no zones"},
		{MACHINE("\"zones\": [" ZONE("") "], \"nodes\": []"), "not both"},
		{MACHINE("\"nodes\": [{\"zones\": []}]"), "nodes: entry 0"},
		{MACHINE("\"nodes\": [{\"node\": 5000, \"zones\": [" ZONE("") "]}]"), "'node'"},
		{MACHINE("\"zones\": [" ZONE("") "], \"colour\": 1"), "unknown key 'colour'"},
		{MACHINE("\"zones\": [" ZONE(", \"hole\": []") "]"), "unknown key 'hole'"},
		{MACHINE("\"zones\": [" ZONE(", \"holes\": [[5, 4]]") "]"), "holes are not"},
		{MACHINE("\"zones\": [" ZONE(", \"present\": 5") "]"), "present 5"},
		{MACHINE("\"zones\": [" ZONE(", \"managed\": 2049") "]"), "managed than present"},
		{MACHINE("\"zones\": [7]"), "missing field"},
		{MACHINE("\"zones\": [" ZONE(", \"reserved\": 1") "]"), "'reserved'"},
		{MACHINE("\"zones\": [" ZONE(", \"reserved\": [[5, 9]], \"managed\": 2048") "]"),
		 "managed 2048"},
		{MACHINE("\"zones\": [" ZONE(", \"holes\": [[5, 9]], \"reserved\": [[8, 10]]") "]"),
		 "reserved pages in a hole"},
		{MACHINE("\"section_pages\": 3000, \"zones\": [" ZONE("") "]"), "power of two"},
		{MACHINE("\"pageblock_order\": 11, \"zones\": [" ZONE("") "]"), "pageblock_order"},
		{MACHINE("\"zones\": [{\"name\": \"B\", \"start_pfn\": 4096, \"spanned\": 1}, " ZONE(
			 "") "]"),
		 "not ascending"},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *path = NULL;

		g_assert_null(load_text(rows[i].text, &path, &error));
		g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
		g_assert_true(g_str_has_prefix(error->message, path));
		g_assert_nonnull(strstr(error->message, rows[i].cause));
	}
}

static void test_unknown(void)
{
	g_autoptr(GError) name = NULL;
	g_autoptr(GError) file = NULL;

	g_assert_null(memory_map_load("no-such", &name));
	g_assert_error(name, KMSIM_ERROR, KMSIM_ERROR_USAGE);
	g_assert_nonnull(strstr(name->message, "tiny-256m"));
	g_assert_null(memory_map_load("./no-such.json", &file));
	g_assert_error(file, KMSIM_ERROR, KMSIM_ERROR_IO);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/machine_file/shipped", test_shipped);
	g_test_add_func("/machine_file/sizes", test_sizes);
	g_test_add_func("/machine_file/sections", test_sections);
	g_test_add_func("/machine_file/nodes", test_nodes);
	g_test_add_func("/machine_file/reserved", test_reserved);
	g_test_add_func("/machine_file/bad", test_bad);
	g_test_add_func("/machine_file/unknown", test_unknown);
	return g_test_run();
}
