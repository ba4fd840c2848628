// SPDX-License-Identifier: GPL-2.0-or-later
/* Sequences of allocations and frees in one zone, with all its lists now and then. */
#include "models/pages/frag_index.h"
#include "models/pages/test/golden.h"
#include "models/pages/zone.h"
#include "sim/base/error.h"

#include <string.h>

#define ZONE_NUMBER  1 /* pages outside the zone are in zone 0 */
#define TYPE_LETTERS "UMRHI"

struct buddy {
	struct memmap *map;
	uint64_t start_pfn, end_pfn; /* of the map: whole chunks of the largest order */
	struct zone zone;
};

static const char *const request_types[] = {"unmovable", "movable", "reclaimable"};

static bool read_type(const json_t *object, const char *key, enum list_type *type, GError **error)
{
	const char *name = json_string_value(json_object_get(object, key));

	for (unsigned i = 0; i < G_N_ELEMENTS(request_types); i++) {
		if (!g_strcmp0(name, request_types[i])) {
			*type = (enum list_type)i;
			return true;
		}
	}
	set_input_error(error, "unknown migratetype %s", name ? name : "(none)");
	return false;
}

static bool do_init(struct golden *golden, json_t *line, struct buddy *buddy, GError **error)
{
	uint64_t start = (uint64_t)golden_int(line, "zone_start");
	uint64_t end = (uint64_t)golden_int(line, "zone_end");

	(void)golden;
	if (buddy->map || start >= end) {
		set_input_error(error, "not the start of a zone");
		return false;
	}
	buddy->start_pfn = start & ~UINT64_C(1023);
	buddy->end_pfn = (end + 1023) & ~UINT64_C(1023);
	buddy->map = memmap_new(buddy->start_pfn, buddy->end_pfn);
	zone_init(&buddy->zone, buddy->map, ZONE_NUMBER, "Normal", start, end);
	zone_free_boot(&buddy->zone, start, end);
	buddy->zone.watermark_min = (uint64_t)golden_int(line, "wmark_min");
	buddy->zone.watermark_low = (uint64_t)golden_int(line, "wmark_low");
	buddy->zone.watermark_high = (uint64_t)golden_int(line, "wmark_high");
	buddy->zone.watermark_boost_factor = (uint64_t)golden_int(line, "watermark_boost_factor");
	return true;
}

static bool compare_fallbacks(struct golden *golden, const json_t *expected,
			      const struct alloc_trace *trace, GError **error)
{
	golden_number(golden, "number of fallbacks", trace->n_fallbacks,
		      (int64_t)json_array_size(expected));
	for (unsigned i = 0; i < MIN(trace->n_fallbacks, json_array_size(expected)); i++) {
		const json_t *step = json_array_get(expected, i);
		const struct fallback *fallback = &trace->fallback[i];
		enum list_type type;

		if (!read_type(step, "fallback_mt", &type, error))
			return false;
		golden_number(golden, "pfn of the fallback", (int64_t)fallback->pfn,
			      golden_int(step, "pfn"));
		golden_number(golden, "fallback_order", fallback->fallback_order,
			      golden_int(step, "fallback_order"));
		golden_number(golden, "fallback_mt", fallback->fallback_type, type);
	}
	return true;
}

static bool do_alloc(struct golden *golden, json_t *line, struct buddy *buddy, GError **error)
{
	struct alloc_trace trace = {0};
	enum list_type type;

	if (!read_type(line, "mt", &type, error))
		return false;
	uint64_t pfn = zone_alloc(&buddy->zone, (unsigned)golden_int(line, "order"), type,
				  golden_int(line, "nofrag"),
				  type == LIST_MOVABLE ? USE_LRU : USE_UNMOVABLE, &trace);

	golden_number(golden, "pfn", pfn == PFN_NONE ? -1 : (int64_t)pfn, golden_int(line, "pfn"));
	return compare_fallbacks(golden, json_object_get(line, "fallback"), &trace, error);
}

static bool do_free(struct golden *golden, json_t *line, struct buddy *buddy, GError **error)
{
	uint64_t pfn = (uint64_t)golden_int(line, "pfn");

	(void)error;
	golden_number(golden, "free already", page_is_buddy(buddy->map, pfn), false);
	if (!page_is_buddy(buddy->map, pfn))
		zone_free(&buddy->zone, pfn, (unsigned)golden_int(line, "order"),
			  block_type(buddy->map, pfn));
	return true;
}

static void compare_orders(struct golden *golden, json_t *line, const struct zone *zone)
{
	int64_t signed_free[MAX_ORDER_NR], extfrag[MAX_ORDER_NR], unusable[MAX_ORDER_NR];
	uint64_t nr_free[MAX_ORDER_NR];

	for (unsigned order = 0; order < MAX_ORDER_NR; order++)
		signed_free[order] = (int64_t)(nr_free[order] = zone->area[order].nr_free);
	for (unsigned order = 0; order < MAX_ORDER_NR; order++) {
		extfrag[order] = extfrag_index(nr_free, order);
		unusable[order] = unusable_index(nr_free, order);
	}
	golden_numbers(golden, "nr_free", signed_free, MAX_ORDER_NR,
		       json_object_get(line, "nr_free"));
	golden_numbers(golden, "extfrag", extfrag, MAX_ORDER_NR, json_object_get(line, "extfrag"));
	golden_numbers(golden, "unusable", unusable, MAX_ORDER_NR,
		       json_object_get(line, "unusable"));
}

static void compare_blocks(struct golden *golden, json_t *line, const struct buddy *buddy)
{
	g_autoptr(GString) letters = g_string_new(NULL);

	for (uint64_t pfn = buddy->start_pfn; pfn < buddy->end_pfn; pfn = block_end(pfn))
		g_string_append_c(letters, TYPE_LETTERS[block_type(buddy->map, pfn)]);
	golden_text(golden, "blocks", letters->str,
		    json_string_value(json_object_get(line, "blocks")));
}

/* Some checks have all lists that are not empty. */
static void compare_lists(struct golden *golden, json_t *line, const struct zone *zone)
{
	json_t *lists = json_object_get(line, "lists");
	size_t found = 0;

	if (!lists)
		return;
	for (unsigned i = 0; i < MAX_ORDER_NR * LIST_TYPES; i++) {
		unsigned order = i / LIST_TYPES, type = i % LIST_TYPES;
		g_autofree char *key = g_strdup_printf("%u%c", order, TYPE_LETTERS[type]);
		const json_t *list = json_object_get(lists, key);

		found += list != NULL;
		golden_list(golden, key, zone->map, &zone->area[order].list[type], list);
	}
	golden_number(golden, "lists known", (int64_t)found, (int64_t)json_object_size(lists));
}

static bool do_check(struct golden *golden, json_t *line, struct buddy *buddy, GError **error)
{
	const struct zone *zone = &buddy->zone;
	g_autofree char *message = zone_check(zone);

	(void)error;
	golden_text(golden, "invariant", message, NULL);
	golden_number(golden, "free_pages", (int64_t)zone->free_pages,
		      golden_int(line, "free_pages"));
	golden_number(golden, "watermark_boost", (int64_t)zone->watermark_boost,
		      golden_int(line, "watermark_boost"));
	compare_orders(golden, line, zone);
	compare_blocks(golden, line, buddy);
	compare_lists(golden, line, zone);
	return true;
}

static const struct {
	const char *name;
	bool (*run)(struct golden *golden, json_t *line, struct buddy *buddy, GError **error);
} line_kinds[] = {{"init", do_init}, {"alloc", do_alloc}, {"free", do_free}, {"check", do_check}};

static bool do_line(struct golden *golden, json_t *line, void *data, GError **error)
{
	struct buddy *buddy = data;
	const char *name = json_string_value(json_object_get(line, "op"));

	for (unsigned i = 0; i < G_N_ELEMENTS(line_kinds); i++) {
		if (!g_strcmp0(name, line_kinds[i].name) && (buddy->map || i == 0))
			return line_kinds[i].run(golden, line, buddy, error);
	}
	set_input_error(error, "unknown op");
	return false;
}

static bool run(struct golden *golden, GError **error)
{
	struct buddy buddy = {0};
	bool ok = golden_lines(golden, do_line, &buddy, error);

	zone_clear(&buddy.zone);
	memmap_free(buddy.map);
	return ok;
}

extern const struct golden_family golden_buddy;
const struct golden_family golden_buddy = {
	.name = "buddy",
	.words = {"\"op\":\"init\"", "\"profile\""},
	.run = run,
};
