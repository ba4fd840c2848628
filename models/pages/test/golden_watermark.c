// SPDX-License-Identifier: GPL-2.0-or-later
/* Watermark tests on made-up zones, and the watermarks of a running kernel. */
#include "models/pages/pcp.h"
#include "models/pages/test/golden.h"
#include "models/pages/watermark.h"
#include "sim/base/error.h"

#include <string.h>

#define TYPE_LETTERS "UMRHI"

/* --- watermark_ok ---------------------------------------------------------------------- */

/* A zone of which only the counters and what is empty matter: one chunk a list. */
static void place_chunks(struct zone *zone, const json_t *lists)
{
	for (unsigned order = 0; order < MAX_ORDER_NR; order++) {
		const char *letters = json_string_value(json_array_get(lists, order));

		for (unsigned type = 0; letters && type < LIST_TYPES; type++) {
			if (strchr(letters, TYPE_LETTERS[type]))
				zone_place(zone, (order * LIST_TYPES + type) << 10, order,
					   (enum list_type)type, false);
		}
	}
}

static bool watermark_line(struct golden *golden, json_t *line, void *data, GError **error)
{
	static const uint64_t pages = MAX_ORDER_NR * LIST_TYPES << 10;
	struct memmap *map = memmap_new(0, pages);
	struct zone zone;
	unsigned flags = 0;

	(void)data;
	(void)error;
	zone_init(&zone, map, 0, "Normal", 0, pages);
	place_chunks(&zone, json_object_get(line, "lists"));
	zone.free_pages = (uint64_t)golden_int(line, "free_pages");
	zone.nr_reserved_highatomic = (uint64_t)golden_int(line, "nr_reserved_highatomic");
	flags |= golden_int(line, "high") ? ALLOC_HIGH : 0;
	flags |= golden_int(line, "harder") ? ALLOC_HARDER : 0;
	flags |= golden_int(line, "oom") ? ALLOC_OOM : 0;
	golden_number(golden, "ok",
		      zone_watermark_ok(&zone, (unsigned)golden_int(line, "order"),
					(uint64_t)golden_int(line, "mark"),
					(uint64_t)golden_int(line, "reserve"), flags),
		      golden_int(line, "ok"));
	zone_clear(&zone);
	memmap_free(map);
	return true;
}

static bool run_watermark_ok(struct golden *golden, GError **error)
{
	return golden_lines(golden, watermark_line, NULL, error);
}

/* --- real_zone_watermarks -------------------------------------------------------------- */

static json_t *read_document(struct golden *golden, GError **error)
{
	g_autoptr(GString) text = g_string_new(NULL);
	json_error_t cause;
	const char *line;
	size_t length;
	int got;

	while ((got = reader_line(golden->reader, &line, &length, error)) > 0)
		g_string_append_len(text, line, (gssize)length);
	if (got < 0)
		return NULL;
	json_t *root = json_loadb(text->str, text->len, 0, &cause);

	if (!root)
		set_input_error(error, "%s", cause.text);
	return root;
}

static void compare_zone(struct golden *golden, const json_t *root, const json_t *expected,
			 const struct zone *zones, unsigned i)
{
	const json_t *protection = json_object_get(expected, "protection");
	uint64_t ratio = (uint64_t)json_integer_value(
		json_array_get(json_object_get(root, "lowmem_reserve_ratio"), i));
	int64_t reserve[16];
	size_t n = MIN(json_array_size(protection), G_N_ELEMENTS(reserve));
	unsigned high, batch;

	golden_number(golden, "min", (int64_t)zones[i].watermark_min, golden_int(expected, "min"));
	golden_number(golden, "low", (int64_t)zones[i].watermark_low, golden_int(expected, "low"));
	golden_number(golden, "high", (int64_t)zones[i].watermark_high,
		      golden_int(expected, "high"));
	for (unsigned j = 0; j < n; j++)
		reserve[j] = (int64_t)lowmem_reserve(zones, i, j, ratio);
	golden_numbers(golden, "protection", reserve, n, protection);

	/* How many pages the lists may hold follows other rules in the recorded kernel. */
	pcp_sizes(zones[i].managed_pages, &high, &batch);
	golden_number(golden, "batch", batch,
		      golden_int(json_array_get(json_object_get(expected, "pcp"), 0), "batch"));
}

/* What the kernel set of its own: at boot, then for transparent huge pages. */
static void compare_min_free(struct golden *golden, const json_t *root, const struct zone *zones,
			     unsigned n)
{
	uint64_t lowmem = lowmem_pages(zones, n);
	unsigned populated = 0;

	for (unsigned i = 0; i < n; i++)
		populated += zones[i].managed_pages > 0;
	golden_number(golden, "min_free_kbytes",
		      (int64_t)min_free_kbytes_for_thp(min_free_kbytes_default(lowmem), populated,
						       lowmem),
		      golden_int(root, "min_free_kbytes"));
}

static bool run_real_watermarks(struct golden *golden, GError **error)
{
	json_t *root = read_document(golden, error);
	const json_t *expected = json_object_get(root, "zones");
	size_t n = json_array_size(expected);
	struct zone zones[16] = {0};

	if (root && (!n || n > G_N_ELEMENTS(zones)))
		set_input_error(error, "no list of zones");
	for (unsigned i = 0; i < n && n <= G_N_ELEMENTS(zones); i++)
		zones[i].managed_pages =
			(uint64_t)golden_int(json_array_get(expected, i), "managed");
	compare_min_free(golden, root, zones, (unsigned)MIN(n, G_N_ELEMENTS(zones)));
	watermarks_set(zones, (unsigned)MIN(n, G_N_ELEMENTS(zones)),
		       (uint64_t)golden_int(root, "min_free_kbytes"),
		       (unsigned)golden_int(root, "watermark_scale_factor"));
	for (unsigned i = 0; i < n && n <= G_N_ELEMENTS(zones); i++) {
		if (zones[i].managed_pages)
			compare_zone(golden, root, json_array_get(expected, i), zones, i);
	}
	json_decref(root);
	return n && n <= G_N_ELEMENTS(zones);
}

extern const struct golden_family golden_watermark_ok, golden_real_watermarks;

const struct golden_family golden_watermark_ok = {
	.name = "watermark_ok",
	.words = {"\"mark\"", "\"reserve\"", "\"nr_reserved_highatomic\""},
	.run = run_watermark_ok,
};

const struct golden_family golden_real_watermarks = {
	.name = "real_zone_watermarks",
	.words = {"\"min_free_kbytes\"", "\"protection\""},
	.run = run_real_watermarks,
};
