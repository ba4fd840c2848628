// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The areas of a recorded machine, as seeds. Its window lay elsewhere (the kernel moves it by a
 * random multiple of 1 GiB), so they are moved: what lies low keeps its distance from the start of
 * the window, what lies high (percpu chunks) from its end, modules from the start of theirs.
 */
#include "sim/base/error.h"
#include "sim/base/resource.h"
#include "sim/base/units.h"
#include "sim/trace/import/account.h"
#include "sim/trace/import/vmallocinfo.h"
#include "sim/workload/boot.h"

#include <gio/gio.h>
#include <string.h>

#define RESOURCE_DIR "/kmsim/models/boot/"
#define SUFFIX	     ".vmallocinfo"

#define GIB (UINT64_C(1) << 30)
#define TIB (UINT64_C(1) << 40)

/* x86-64 with four levels of page tables: nothing but modules lies at or above MODULES. */
#define IMAGE	   UINT64_C(0xffffffff80000000)
#define MODULES	   UINT64_C(0xffffffffc0000000)
#define WINDOW	   (32 * TIB)
#define CHUNK_SIZE (UINT64_C(2) << 20)

static gint compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char *known_names(void)
{
	g_auto(GStrv) names =
		g_resources_enumerate_children(RESOURCE_DIR, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
	GPtrArray *sorted = g_ptr_array_new();
	GString *text = g_string_new("none, drawn");

	for (unsigned i = 0; names && names[i]; i++)
		g_ptr_array_add(sorted, names[i]);
	g_ptr_array_sort(sorted, compare_names);
	for (unsigned i = 0; i < sorted->len; i++) {
		const char *name = sorted->pdata[i];

		g_string_append_printf(text, ", %.*s", (int)(strlen(name) - strlen(SUFFIX)), name);
	}
	g_ptr_array_unref(sorted);
	return g_string_free(text, FALSE);
}

static GArray *read_shipped(const char *name, GError **error)
{
	g_autofree char *path = g_strconcat(RESOURCE_DIR, name, SUFFIX, NULL);
	GBytes *bytes = resource_lookup(path);

	if (!bytes) {
		g_autofree char *known = known_names();

		set_usage_error(error, "boot=%s: no such boot (known: %s; a FILE has a '/')", name,
				known);
		return NULL;
	}
	gsize length;
	const char *data = g_bytes_get_data(bytes, &length);
	g_autofree char *text = g_strndup(data, length);
	g_auto(GStrv) lines = g_strsplit(g_strchomp(text), "\n", 0);
	GArray *areas = g_array_new(FALSE, FALSE, sizeof(struct seed));

	for (unsigned i = 0; lines[i]; i++) {
		struct seed area;
		enum vmallocinfo_line kind = vmallocinfo_parse(lines[i], &area);

		g_assert(kind == VMALLOCINFO_AREA);
		g_array_append_val(areas, area);
	}
	g_bytes_unref(bytes);
	return areas;
}

static GArray *read_file(const char *path, GError **error)
{
	struct import_account account;

	import_account_init(&account);
	GArray *areas = vmallocinfo_read(path, &account, error);

	if (areas && (account.seeds_bad_lines.count || !areas->len)) {
		if (areas->len)
			set_input_error(error,
					"%s:%" G_GUINT64_FORMAT ": not a line of "
					"/proc/vmallocinfo",
					path, account.seeds_bad_lines.first[0]);
		else
			set_input_error(error, "%s: no area in it", path);
		g_clear_pointer(&areas, g_array_unref);
	}
	import_account_clear(&account);
	return areas;
}

/* Where the recorded window began, as far as its lowest area tells. */
static uint64_t recorded_base(const GArray *areas, const struct vm_window *window)
{
	uint64_t lowest = UINT64_MAX;

	for (unsigned i = 0; i < areas->len; i++)
		lowest = MIN(lowest, g_array_index(areas, struct seed, i).start);
	if (lowest >= window->start && lowest - window->start < GIB)
		return window->start;
	return align_down(lowest, GIB);
}

/* Move @area to where it would lie in this run. False: it has no place there. */
static bool place(struct seed *area, uint64_t base, const struct boot_env *env)
{
	const struct vm_window *window = &env->window;
	uint64_t size = area->end - area->start, offset = area->start - base;

	if (area->start >= IMAGE && base < IMAGE) {
		window = &env->arch->modules;
		offset = area->start - MODULES;
		if (area->start < MODULES)
			return false;
		area->start = window->start + offset;
	} else if (offset < WINDOW / 2) {
		area->start = window->start + offset;
	} else {
		uint64_t top = align_down(window->end + 1, CHUNK_SIZE);

		if (offset >= WINDOW || WINDOW - offset > top - window->start)
			return false;
		area->start = top - (WINDOW - offset);
	}
	area->end = area->start + size;
	return area->start >= window->start && area->start < area->end && area->end <= window->end;
}

static GArray *seeds_of(const GArray *areas, const struct boot_env *env)
{
	struct area_map *map = area_map_new();
	uint64_t base = recorded_base(areas, &env->window);
	GArray *ops = boot_ops_new();

	for (unsigned i = 0; i < areas->len; i++) {
		struct seed area = g_array_index(areas, struct seed, i);

		if (!place(&area, base, env) || area_map_overlap(map, area.start, area.end))
			continue;
		struct op op = {.kind = OP_VMAP_SEED,
				.id = ops->len + 1,
				.addr = area.start,
				.flags = OP_HAS_ADDR | (area.lazy ? OP_LAZY : 0),
				.vmap = {.size = area.end - area.start}};

		area_map_add(map, (struct area){area.start, area.end, op.id});
		g_array_append_val(ops, op);
	}
	area_map_free(map);
	return ops;
}

GArray *boot_recorded(const char *name, const struct boot_env *env, GError **error)
{
	GArray *areas = strchr(name, '/') ? read_file(name, error) : read_shipped(name, error);

	if (!areas)
		return NULL;
	GArray *ops = seeds_of(areas, env);

	g_array_unref(areas);
	return ops;
}
