// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/pages/test/golden_world.h"

#include <string.h>

uint64_t row_number(const json_t *row, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(row, key));
}

uint64_t array_number(const json_t *array, size_t index)
{
	return (uint64_t)json_integer_value(json_array_get(array, index));
}

enum compact_mode row_mode(const json_t *row)
{
	const char *mode = json_string_value(json_object_get(row, "mode"));

	if (!strcmp(mode, "async"))
		return COMPACT_ASYNC;
	return strcmp(mode, "sync") ? COMPACT_SYNC_LIGHT : COMPACT_SYNC;
}

enum list_type type_of_letter(char letter)
{
	return (enum list_type)(strchr("UMRHI", letter) - "UMRHI");
}

enum isolate_around rule_of(const char *version)
{
	const struct param_word *word = isolate_around_words;

	while (strcmp(word->name, version))
		word++;
	return (enum isolate_around)word->value;
}

/* --- what the run says it does ---------------------------------------------------------------- */

static void on_examined(void *data, uint64_t pfn)
{
	struct world *world = data;

	g_array_append_val(world->examined, pfn);
}

static void append_number(json_t *array, uint64_t number)
{
	json_array_append_new(array, json_integer((json_int_t)number));
}

static void on_scanned(void *data, const struct compact_scan *scan)
{
	struct world *world = data;
	json_t *entry = json_array();

	if (world->migrations)
		json_array_append_new(entry, json_string(scan->free ? "F" : "M"));
	append_number(entry, scan->start);
	append_number(entry, scan->reached);
	append_number(entry, scan->scanned);
	append_number(entry, scan->isolated);
	json_array_append_new(world->scans, entry);
}

static void on_isolated(void *data, uint64_t pfn, unsigned order)
{
	struct world *world = data;

	json_array_append_new(world->isolated, json_pack("[I,i]", (json_int_t)pfn, (int)order));
}

static void on_migrated(void *data, uint64_t from, uint64_t to)
{
	struct world *world = data;

	if (!world->migrations)
		return;
	append_number(world->migrations, from);
	append_number(world->migrations, to);
}

/* --- building --------------------------------------------------------------------------------- */

void world_init(struct world *world, const json_t *row, uint64_t start_pfn, uint64_t end_pfn)
{
	json_t *holes = json_object_get(row, "holes"), *hole;
	uint64_t zone_start = row_number(row, "zone_start");
	uint64_t zone_end = row_number(row, "zone_end");
	size_t i;

	*world = (struct world){
		.map = memmap_new(start_pfn, end_pfn),
		.start_pfn = start_pfn,
		.end_pfn = end_pfn,
		.rules = {.skip_reset = SKIP_RESET_6B0868C820FF, .extfrag_threshold = 500},
		.scans = json_array(),
		.isolated = json_array(),
		.examined = g_array_new(FALSE, FALSE, sizeof(uint64_t)),
	};
	world->observer = (struct compact_observer){.data = world,
						    .examined = on_examined,
						    .scanned = on_scanned,
						    .isolated = on_isolated,
						    .migrated = on_migrated};
	zone_init(&world->other, world->map, 0, "other", start_pfn, end_pfn);
	zone_init(&world->zone, world->map, 1, "zone", zone_start, zone_end);
	world->zone.watermark_min = row_number(row, "wmark_min");
	world->zones[0] = &world->other;
	world->zones[1] = &world->zone;
	page_set_use(world->map, start_pfn, end_pfn - start_pfn, USE_UNMOVABLE);
	json_array_foreach (holes, i, hole)
		memmap_punch(world->map, array_number(hole, 0), array_number(hole, 1));

	compact_init(&world->cc, &world->zone, &world->rules);
	world->cc.zones = world->zones;
	world->cc.n_zones = G_N_ELEMENTS(world->zones);
	world->cc.observer = &world->observer;
	world->cc.direct = row_number(row, "direct");
	world->cc.type = LIST_MOVABLE;
	if (json_object_get(row, "mode"))
		world->cc.mode = row_mode(row);
}

void world_clear(struct world *world)
{
	compact_clear(&world->cc);
	zone_clear(&world->zone);
	zone_clear(&world->other);
	memmap_free(world->map);
	json_decref(world->scans);
	json_decref(world->isolated);
	json_decref(world->migrations);
	g_array_unref(world->examined);
}

void world_place_lists(struct world *world, const json_t *lists)
{
	const char *key;
	json_t *list, *pfn;
	size_t i;

	json_object_foreach ((json_t *)lists, key, list) {
		unsigned order = (unsigned)g_ascii_strtoull(key, NULL, 10);
		char letter = key[strlen(key) - 1];
		enum list_type type =
			g_ascii_isdigit(letter) ? LIST_MOVABLE : type_of_letter(letter);

		json_array_foreach (list, i, pfn)
			zone_place(&world->zone, (uint64_t)json_integer_value(pfn), order, type,
				   true);
	}
}

/* --- reading off ------------------------------------------------------------------------------ */

json_t *world_skip_blocks(const struct world *world)
{
	json_t *skip = json_array();

	for (uint64_t pfn = block_start(world->start_pfn); pfn < world->end_pfn;
	     pfn += PAGEBLOCK_PAGES)
		if (block_skip(world->map, MAX(pfn, world->start_pfn)))
			append_number(skip, pfn);
	return skip;
}

json_t *world_examined_ranges(const struct world *world)
{
	json_t *ranges = json_array();

	for (unsigned i = 0; i < world->examined->len;) {
		uint64_t first = g_array_index(world->examined, uint64_t, i), last = first;

		while (++i < world->examined->len &&
		       g_array_index(world->examined, uint64_t, i) == last + 1)
			last++;
		json_array_append_new(ranges,
				      json_pack("[I,I]", (json_int_t)first, (json_int_t)last));
	}
	return ranges;
}

json_t *world_fingerprints(const struct world *world, unsigned n_types, const enum list_type *types)
{
	json_t *fingerprints = json_array();

	for (unsigned order = 0; order < MAX_ORDER_NR; order++) {
		uint32_t hash = 0;

		for (unsigned t = 0; t < n_types; t++)
			for (uint64_t pfn = world->zone.area[order].list[types[t]].head;
			     pfn != PFN_NONE; pfn = free_list_next(world->map, pfn))
				hash = (uint32_t)((uint64_t)hash * 1000003 + pfn);
		append_number(fingerprints, hash);
	}
	return fingerprints;
}

/* Every number and text of @expected that @got should have, too. */
static void compare(struct golden *golden, const char *what, const json_t *expected,
		    const json_t *got)
{
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_integer(expected) || json_is_string(expected)) {
		if (json_is_integer(expected) && json_is_integer(got))
			golden_number(golden, what, json_integer_value(got),
				      json_integer_value(expected));
		else
			golden_text(golden, what, json_string_value(got),
				    json_is_integer(expected) ? "a number"
							      : json_string_value(expected));
		return;
	}
	if (json_is_array(expected))
		golden_number(golden, what, (int64_t)json_array_size(got),
			      (int64_t)json_array_size(expected));
	json_array_foreach (expected, i, value) {
		g_autofree char *element = g_strdup_printf("%s[%zu]", what, i);

		compare(golden, element, value, json_array_get(got, i));
	}
	json_object_foreach ((json_t *)expected, key, value) {
		g_autofree char *member = g_strdup_printf("%s: %s", what, key);

		compare(golden, member, value, json_object_get(got, key));
	}
}

/* A fault is an answer, too, where none is expected. */
static void compare_fault(struct golden *golden, const char *what, const json_t *expected,
			  const json_t *got)
{
	if (!json_object_get(expected, "fault_pfn"))
		golden_number(golden, what, json_object_get(got, "fault_pfn") != NULL, 0);
}

bool world_each_version(struct golden *golden, const json_t *row,
			json_t *(*play)(const json_t *row, const char *version))
{
	const char *version;
	json_t *expected;

	json_object_foreach (json_object_get(row, "result"), version, expected) {
		g_autofree char *what =
			g_strdup_printf("case %d, %s", (int)row_number(row, "case"), version);
		json_t *got = play(row, version);

		compare(golden, what, expected, got);
		compare_fault(golden, what, expected, got);
		json_decref(got);
	}
	return true;
}
