// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/resource.h"

#include "sim/base/error.h"

#include <gio/gio.h>
#include <stdbool.h>
#include <string.h>

/*
 * From the file that glib-compile-resources makes. Its constructor registers the resources, but a
 * linker takes an object out of an archive only where somebody asks for one of its symbols.
 */
GResource *resources_get_resource(void);

GBytes *resource_lookup(const char *path)
{
	return g_resource_lookup_data(resources_get_resource(), path, G_RESOURCE_LOOKUP_FLAGS_NONE,
				      NULL);
}

static GBytes *read_file(const char *path, GError **error)
{
	g_autoptr(GError) cause = NULL;
	char *text;
	size_t length;

	if (g_file_get_contents(path, &text, &length, &cause))
		return g_bytes_new_take(text, length);
	set_io_error(error, "%s", cause->message);
	return NULL;
}

static GBytes *read_shipped(const char *dir, const char *what, const char *name, GError **error)
{
	g_autofree char *path = g_strconcat(dir, name, ".json", NULL);
	GBytes *bytes = resource_lookup(path);

	if (!bytes) {
		g_auto(GStrv) names = resource_json_names(dir);
		g_autofree char *known = g_strjoinv(", ", names);

		set_usage_error(error, "no %s '%s' (known: %s; or the name of a .json file)", what,
				name, known);
	}
	return bytes;
}

json_t *resource_json(const char *dir, const char *what, const char *name, char **digest,
		      GError **error)
{
	bool file = strchr(name, '/') || g_str_has_suffix(name, ".json");
	g_autoptr(GBytes) bytes =
		file ? read_file(name, error) : read_shipped(dir, what, name, error);
	json_error_t where;
	size_t length;

	if (!bytes)
		return NULL;
	const char *text = g_bytes_get_data(bytes, &length);
	json_t *root = json_loadb(text ? text : "", length, JSON_REJECT_DUPLICATES, &where);

	if (!root)
		set_input_error(error, "%s:%d: not JSON: %s", name, MAX(where.line, 1), where.text);
	else if (digest)
		*digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes);
	return root;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char **resource_json_names(const char *dir)
{
	char **names = g_resources_enumerate_children(dir, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

	if (!names)
		return g_new0(char *, 1);
	for (char **name = names; *name; name++)
		(*name)[strlen(*name) - strlen(".json")] = '\0';
	qsort(names, g_strv_length(names), sizeof(*names), by_name);
	return names;
}
