// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/scenario/zone_image.h"

#include "sim/base/error.h"
#include "sim/base/reader.h"
#include "sim/machine/memory_map_json.h"

#include <string.h>

char *zone_image_load(const char *path, GError **error)
{
	struct reader *reader = reader_open(path, error);
	g_autoptr(GString) text = g_string_new(NULL);
	char bytes[65536];
	ssize_t n;

	if (!reader)
		return NULL;
	while ((n = reader_read(reader, bytes, sizeof(bytes), error)) > 0)
		g_string_append_len(text, bytes, n);
	reader_close(reader);
	if (!n && memchr(text->str, '\0', text->len)) {
		set_input_error(error, "%s: not a zone image: it has bytes of 0", path);
		return NULL;
	}
	return n ? NULL : g_string_free(g_steal_pointer(&text), FALSE);
}

static bool same_zones(const struct memory_map *a, const struct memory_map *b)
{
	if (a->zones->len != b->zones->len)
		return false;
	for (unsigned i = 0; i < a->zones->len; i++) {
		const struct memory_zone *x = memory_map_zone(a, i), *y = memory_map_zone(b, i);

		if (strcmp(x->name, y->name) || x->node != y->node ||
		    x->start_pfn != y->start_pfn || x->end_pfn != y->end_pfn)
			return false;
	}
	return true;
}

/* Zones of images have keys that memory maps do not know. */
static void ignore(void *ctx, const char *key)
{
	(void)ctx;
	(void)key;
}

struct memory_map *zone_image_memory(const char *text, const char *path,
				     const struct memory_map *expected, GError **error)
{
	struct memory_map *map = NULL;
	json_error_t cause;
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &cause);

	if (!root) {
		set_input_error(error, "%s:%d: %s", path, cause.line, cause.text);
		return NULL;
	}
	bool ok = json_object_get(root, "kmsim_zone_image") &&
		  memory_map_from_json(root, &map, ignore, NULL, error);

	json_decref(root);
	if (ok && map && (!expected || same_zones(map, expected)))
		return map;
	if (!ok && *error)
		g_prefix_error(error, "%s: ", path);
	else if (ok && map)
		set_input_error(error, "%s: its zones are not those of the trace", path);
	else
		set_input_error(error, "%s: not a zone image", path);
	memory_map_free(map);
	return NULL;
}
