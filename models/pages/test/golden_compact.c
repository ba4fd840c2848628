// SPDX-License-Identifier: GPL-2.0-or-later
/* Golden data on parts of a run: the search of free lists, what is around, the reset of hints. */
#include "models/pages/test/golden_world.h"

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

static bool isolate_around_line(struct golden *golden, json_t *line, void *data, GError **error)
{
	(void)data;
	(void)error;
	return world_each_version(golden, line, play_isolate_around);
}

static bool run_isolate_around(struct golden *golden, GError **error)
{
	return golden_lines(golden, isolate_around_line, NULL, error);
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

static bool fast_isolate_line(struct golden *golden, json_t *line, void *data, GError **error)
{
	(void)data;
	(void)error;
	return world_each_version(golden, line, play_fast_isolate);
}

static bool run_fast_isolate(struct golden *golden, GError **error)
{
	return golden_lines(golden, fast_isolate_line, NULL, error);
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

static bool hole_fallback_line(struct golden *golden, json_t *line, void *data, GError **error)
{
	(void)data;
	(void)error;
	return world_each_version(golden, line, play_hole_fallback);
}

static bool run_hole_fallback(struct golden *golden, GError **error)
{
	return golden_lines(golden, hole_fallback_line, NULL, error);
}

extern const struct golden_family golden_isolate_around;

const struct golden_family golden_isolate_around = {
	.name = "isolate_around",
	.words = {"\"nr_isolated\""},
	.run = run_isolate_around,
};

extern const struct golden_family golden_fast_isolate;

const struct golden_family golden_fast_isolate = {
	.name = "fast_isolate",
	.words = {"\"free_lists\"", "\"search_order\""},
	.run = run_fast_isolate,
};

extern const struct golden_family golden_hole_fallback;

const struct golden_family golden_hole_fallback = {
	.name = "hole_fallback",
	.words = {"\"search_order\"", "\"migrate_pfn\"", "\"holes\""},
	.run = run_hole_fallback,
};
