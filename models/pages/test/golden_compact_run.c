// SPDX-License-Identifier: GPL-2.0-or-later
/* Golden data on whole runs: every move, every scan and what is left in the end. */
#include "models/pages/pcp.h"
#include "models/pages/test/golden_world.h"

#define LARGEST_CHUNK (UINT64_C(1) << (MAX_ORDER_NR - 1))

static uint64_t chunk_end(uint64_t pfn)
{
	return (pfn + LARGEST_CHUNK - 1) & ~(LARGEST_CHUNK - 1);
}

static const enum list_type listed[] = {LIST_UNMOVABLE, LIST_MOVABLE, LIST_RECLAIMABLE};

static void free_page(void *data, uint64_t pfn)
{
	pcp_free(data, pfn, NULL);
}

static void drain(void *data)
{
	struct pcp *pcp = data;

	pcp_drain(pcp, pcp->count, NULL);
}

/* What is not free: [pfn, count, letter]. */
static void set_pages(struct world *world, const json_t *pages)
{
	json_t *entry;
	size_t i;

	json_array_foreach (pages, i, entry) {
		uint64_t pfn = array_number(entry, 0), n = array_number(entry, 1);
		char kind = json_string_value(json_array_get(entry, 2))[0];

		if (kind == 'C' || kind == 'K')
			page_set_compound(world->map, pfn, (unsigned)g_bit_storage(n) - 1,
					  kind == 'C' ? USE_COMPOUND_LRU : USE_COMPOUND);
		else
			page_set_use(world->map, pfn, n,
				     kind == 'm'   ? USE_LRU
				     : kind == 'p' ? USE_LRU_PINNED
				     : kind == 'f' ? USE_LRU_FAILING
						   : USE_UNMOVABLE);
	}
}

static void set_zone(struct world *world, const json_t *row)
{
	const char *blocks = json_string_value(json_object_get(row, "blocks"));
	struct zone *zone = &world->zone;
	uint64_t pfn = world->start_pfn;

	for (; *blocks; blocks++, pfn += PAGEBLOCK_PAGES)
		block_set_type(world->map, pfn, type_of_letter(*blocks));
	zone->watermark_low = row_number(row, "wmark_low");
	zone->watermark_high = row_number(row, "wmark_high");
	zone->cached_migrate[0] = zone->cached_migrate[1] = row_number(row, "cached_migrate");
	zone->cached_free = row_number(row, "cached_free");
	zone->init_migrate = row_number(row, "init_migrate");
	zone->init_free = row_number(row, "init_free");
	set_pages(world, json_object_get(row, "pages"));
	world_place_lists(world, json_object_get(row, "lists"));
}

static void set_request(struct compact_control *cc, const json_t *row)
{
	cc->order = (int)json_integer_value(json_object_get(row, "order"));
	cc->type = type_of_letter(json_string_value(json_object_get(row, "mt"))[0]);
	cc->whole_zone = row_number(row, "whole_zone");
	cc->ignore_skip = row_number(row, "ignore_skip");
}

static json_t *block_letters(const struct world *world, bool skip)
{
	GString *letters = g_string_new(NULL);
	json_t *json;

	for (uint64_t pfn = world->start_pfn; pfn < chunk_end(world->zone.end_pfn);
	     pfn += PAGEBLOCK_PAGES)
		g_string_append_c(letters, skip ? "01"[block_skip(world->map, pfn)]
						: "UMRHI"[block_type(world->map, pfn)]);
	json = json_string(letters->str);
	g_string_free(letters, TRUE);
	return json;
}

static json_t *zone_after(const struct world *world)
{
	const struct zone *zone = &world->zone;
	json_t *nr_free = json_array();

	for (unsigned order = 0; order < MAX_ORDER_NR; order++)
		json_array_append_new(nr_free, json_integer((json_int_t)zone->area[order].nr_free));
	return json_pack("{s:I,s:o,s:o,s:o,s:o,s:[I,I],s:I,s:i}", "free_pages",
			 (json_int_t)zone->free_pages, "nr_free", nr_free, "fingerprint",
			 world_fingerprints(world, G_N_ELEMENTS(listed), listed), "blocks",
			 block_letters(world, false), "skip", block_letters(world, true),
			 "cached_migrate", (json_int_t)zone->cached_migrate[0],
			 (json_int_t)zone->cached_migrate[1], "cached_free",
			 (json_int_t)zone->cached_free, "blockskip_flush", zone->blockskip_flush);
}

static json_t *play_compact_run(const json_t *row, const char *version)
{
	uint64_t start = row_number(row, "zone_start") & ~(LARGEST_CHUNK - 1);
	uint64_t end = chunk_end(row_number(row, "zone_end")) + LARGEST_CHUNK;
	enum compact_result result;
	struct world world;
	struct compact_env env;
	struct pcp pcp;
	json_t *got;

	world_init(&world, row, start, end);
	world.rules.isolate_around = rule_of(version);
	world.migrations = json_array();
	set_zone(&world, row);
	set_request(&world.cc, row);
	pcp_init(&pcp, &world.zone, 378, 63);
	env = (struct compact_env){&pcp, free_page, drain};
	world.cc.env = &env;

	result = compact_zone(&world.cc);
	got = json_pack("{s:s,s:I,s:I,s:I,s:I,s:O,s:O,s:i}", "ret", compact_result_names[result],
			"migrate_pfn", (json_int_t)world.cc.migrate_pfn, "free_pfn",
			(json_int_t)world.cc.free_pfn, "migrate_scanned",
			(json_int_t)world.cc.counts.migrate_scanned, "free_scanned",
			(json_int_t)world.cc.counts.free_scanned, "migrations", world.migrations,
			"scans", world.scans, "pcp", (int)pcp.count);
	drain(&pcp);
	json_object_set_new(got, "after", zone_after(&world));
	pcp_clear(&pcp);
	world_clear(&world);
	return got;
}

static bool compact_run_line(struct golden *golden, json_t *line, void *data, GError **error)
{
	(void)data;
	(void)error;
	return world_each_version(golden, line, play_compact_run);
}

static bool run_compact_run(struct golden *golden, GError **error)
{
	return golden_lines(golden, compact_run_line, NULL, error);
}

extern const struct golden_family golden_compact_run;

const struct golden_family golden_compact_run = {
	.name = "compact_run",
	.words = {"\"whole_zone\"", "\"ignore_skip\"", "\"wmark_low\""},
	.run = run_compact_run,
};
