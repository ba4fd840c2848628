// SPDX-License-Identifier: GPL-2.0-or-later
/* Golden data on parts of a run: the search of free lists, what is around, the reset of hints. */
#include "models/pages/test/compact_cases.h"
#include "models/pages/test/compact_world.h"

#include <string.h>

/* What was collected, as the rows tell it. */
static json_t *collected(struct world *world)
{
	json_t *got = json_object();

	json_object_set(got, "scans", world->scans);
	json_object_set(got, "isolated", world->isolated);
	json_object_set_new(got, "nr_freepages", json_integer(world->cc.targets->len));
	json_object_set_new(got, "skip", world_skip_blocks(world));
	json_object_set_new(got, "examined", world_examined_ranges(world));
	if (world->cc.fault_pfn != PFN_NONE)
		json_object_set_new(got, "fault_pfn",
				    json_integer((json_int_t)world->cc.fault_pfn));
	return got;
}

/* --- isolate_around --------------------------------------------------------------------------- */

/* The rows' kernel had one count of free pages, that of the zone, for chunks outside it, too. */
static void place_chunks(struct world *world, const json_t *chunks)
{
	struct zone *zone = &world->zone;
	uint64_t free_pages = 0;
	json_t *chunk;
	size_t i;

	json_array_foreach (chunks, i, chunk) {
		uint64_t pfn = array_number(chunk, 0);
		unsigned order = (unsigned)array_number(chunk, 1);

		zone_place(zone, pfn, order, LIST_MOVABLE, true);
		if (pfn >= zone->start_pfn && pfn < zone->end_pfn)
			free_pages += UINT64_C(1) << order;
	}
	zone->free_pages = free_pages;
	world->cc.zones = NULL;
}

static json_t *play_isolate_around(const json_t *row, const char *version)
{
	json_t *range = json_object_get(row, "memmap"), *chunk, *got;
	struct world world;
	size_t i;

	world_init(&world, row, array_number(range, 0), array_number(range, 1));
	world.rules.isolate_around = rule_of(version);
	place_chunks(&world, json_object_get(row, "free"));
	json_array_foreach (json_object_get(row, "compound"), i, chunk)
		page_set_compound(world.map, array_number(chunk, 0),
				  (unsigned)array_number(chunk, 1), USE_COMPOUND);
	g_array_set_size(world.cc.targets, (unsigned)row_number(row, "nr_freepages"));
	g_array_set_size(world.cc.sources, (unsigned)row_number(row, "nr_migratepages"));
	isolate_around(&world.cc, row_number(row, "pfn"), row_number(row, "nr_isolated"));
	got = collected(&world);
	world_clear(&world);
	return got;
}

char *golden_isolate_around(const json_t *row)
{
	return world_each_version(row, play_isolate_around);
}

/* --- fast_isolate, hole_fallback -------------------------------------------------------------- */

static void set_search(struct world *world, const json_t *row)
{
	struct compact_control *cc = &world->cc;

	cc->order = (int)row_number(row, "order");
	cc->search_order = (int)row_number(row, "search_order");
	cc->fast_search_fail = (unsigned)row_number(row, "fast_search_fail");
	cc->migrate_pfn = row_number(row, "migrate_pfn");
	cc->free_pfn = row_number(row, "free_pfn");
	cc->zone->init_free = row_number(row, "compact_init_free_pfn");
	g_array_set_size(cc->sources, (unsigned)row_number(row, "nr_migratepages"));
}

/* The search; only a fault counts if there is one. */
static json_t *search(struct world *world)
{
	static const enum list_type movable[] = {LIST_MOVABLE};
	struct compact_control *cc = &world->cc;
	uint64_t start = fast_search_free(cc);
	json_t *got = collected(world);

	json_object_set_new(got, "ret", json_integer((json_int_t)start));
	json_object_set_new(got, "free_pfn", json_integer((json_int_t)cc->free_pfn));
	json_object_set_new(got, "search_order", json_integer(cc->search_order));
	json_object_set_new(got, "fast_search_fail", json_integer(cc->fast_search_fail));
	json_object_set_new(got, "cached_free_pfn",
			    json_integer((json_int_t)cc->zone->cached_free));
	json_object_set_new(got, "total_free_scanned",
			    json_integer((json_int_t)cc->counts.free_scanned));
	json_object_set_new(got, "list_fingerprint", world_fingerprints(world, 1, movable));
	return got;
}

static json_t *play_fast_isolate(const json_t *row, const char *version)
{
	json_t *range = json_object_get(row, "memmap"), *got;
	struct world world;

	world_init(&world, row, array_number(range, 0), array_number(range, 1));
	world.rules.isolate_around = rule_of(version);
	world_place_lists(&world, json_object_get(row, "free_lists"));
	set_search(&world, row);
	world.zone.cached_free = row_number(row, "compact_cached_free_pfn");
	got = search(&world);
	world_clear(&world);
	return got;
}

char *golden_fast_isolate(const json_t *row)
{
	return world_each_version(row, play_fast_isolate);
}

static json_t *play_hole_fallback(const json_t *row, const char *version)
{
	struct world world;
	json_t *got;

	world_init(&world, row, row_number(row, "zone_start"), row_number(row, "zone_end"));
	world.rules.isolate_around = rule_of(version);
	world.zone.free_pages = 100000;
	set_search(&world, row);
	world.zone.cached_free = world.cc.free_pfn;
	got = search(&world);
	world_clear(&world);
	return got;
}

char *golden_hole_fallback(const json_t *row)
{
	return world_each_version(row, play_hole_fallback);
}

/* --- reset_skip ------------------------------------------------------------------------------- */

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

	got = json_pack("{s:I,s:I,s:I,s:I,s:o,s:o}", "init_migrate", (json_int_t)zone->init_migrate,
			"init_free", (json_int_t)zone->init_free, "cached_migrate",
			(json_int_t)zone->cached_migrate[0], "cached_free",
			(json_int_t)zone->cached_free, "skip_after", skip_letters(&world),
			"outside", outside_zone(&world));
	world_clear(&world);
	return got;
}

char *golden_reset_skip(const json_t *row)
{
	return world_each_version(row, play_reset_skip);
}
