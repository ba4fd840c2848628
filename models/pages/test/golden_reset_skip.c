// SPDX-License-Identifier: GPL-2.0-or-later
/* Golden data on the reset of skip hints. */
#include "models/pages/test/golden_world.h"

#include <string.h>

static void set_blocks(struct world *world, const char *types, const char *skip)
{
	uint64_t pfn = world->start_pfn;

	for (size_t i = 0; types[i]; i++, pfn = block_end(pfn)) {
		block_set_type(world->map, pfn, type_of_letter(types[i]));
		block_set_skip(world->map, pfn, skip[i] == '1');
	}
}

/*
 * Some rows list a page as both, which no page is. Sources are always asked for in the zone's lower
 * half, targets in its upper: that is what such a page is made.
 */
static void set_pages(struct world *world, const json_t *row)
{
	uint64_t middle = (world->zone.start_pfn + world->zone.end_pfn) / 2;
	json_t *pfn;
	size_t i;

	json_array_foreach (json_object_get(row, "lru"), i, pfn)
		if (memmap_valid(world->map, (uint64_t)json_integer_value(pfn)))
			page_set_use(world->map, (uint64_t)json_integer_value(pfn), 1, USE_LRU);
	json_array_foreach (json_object_get(row, "buddy"), i, pfn) {
		uint64_t at = (uint64_t)json_integer_value(pfn);

		if (!memmap_valid(world->map, at) || page_is_buddy(world->map, at))
			continue;
		if (at >= middle || page_use(world->map, at) != USE_LRU)
			zone_place(&world->zone, at, 0, LIST_MOVABLE, true);
	}
}

static json_t *outside_zone(const struct world *world)
{
	json_t *outside = json_array();

	for (unsigned i = 0; i < world->examined->len; i++) {
		uint64_t pfn = g_array_index(world->examined, uint64_t, i);

		if (pfn < world->zone.start_pfn || pfn >= world->zone.end_pfn)
			json_array_append_new(outside, json_integer((json_int_t)pfn));
	}
	return outside;
}

static json_t *skip_letters(const struct world *world)
{
	GString *letters = g_string_new(NULL);
	json_t *json;

	for (uint64_t pfn = world->start_pfn; pfn < world->end_pfn; pfn = block_end(pfn))
		g_string_append_c(letters, block_skip(world->map, pfn) ? '1' : '0');
	json = json_string(letters->str);
	g_string_free(letters, TRUE);
	return json;
}

static json_t *play_reset_skip(const json_t *row, const char *commit)
{
	json_t *range = json_object_get(row, "memmap"), *got;
	const struct param_word *rule = skip_reset_words;
	struct world world;
	struct zone *zone = &world.zone;

	while (strcmp(rule->name, commit))
		rule++;
	world_init(&world, row, array_number(range, 0), array_number(range, 1));
	set_blocks(&world, json_string_value(json_object_get(row, "blocks")),
		   json_string_value(json_object_get(row, "skip_before")));
	set_pages(&world, row);
	zone->init_migrate = zone->cached_migrate[0] = zone->cached_migrate[1] = zone->start_pfn;
	zone->init_free = zone->cached_free = block_start(zone->end_pfn - 1);
	zone->blockskip_flush = true;
	compact_reset_skip(zone, (enum skip_reset)rule->value, &world.observer);
	json_t *outside = outside_zone(&world);

	g_assert_cmpuint(zone->reset_outside, ==, json_array_size(outside));
	got = json_pack("{s:I,s:I,s:I,s:I,s:o,s:o}", "init_migrate", (json_int_t)zone->init_migrate,
			"init_free", (json_int_t)zone->init_free, "cached_migrate",
			(json_int_t)zone->cached_migrate[0], "cached_free",
			(json_int_t)zone->cached_free, "skip_after", skip_letters(&world),
			"outside", outside);
	world_clear(&world);
	return got;
}

static bool reset_skip_line(struct golden *golden, json_t *line, void *data, GError **error)
{
	(void)data;
	(void)error;
	return world_each_version(golden, line, play_reset_skip);
}

static bool run_reset_skip(struct golden *golden, GError **error)
{
	return golden_lines(golden, reset_skip_line, NULL, error);
}

extern const struct golden_family golden_reset_skip;

const struct golden_family golden_reset_skip = {
	.name = "reset_skip",
	.words = {"\"skip_before\""},
	.run = run_reset_skip,
};
