// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/accuracy/price_path.h"

#include "sim/base/error.h"

#include <string.h>

/* One key or index of a path; *rest is moved behind it. NULL if there is nothing such. */
static json_t *step_into(json_t *at, const char **rest)
{
	if (**rest == '[') {
		char *end;
		guint64 index = g_ascii_strtoull(*rest + 1, &end, 10);

		if (end == *rest + 1 || *end != ']')
			return NULL;
		*rest = end + 1;
		return json_array_get(at, (size_t)index);
	}
	*rest += **rest == '.';
	size_t length = strcspn(*rest, ".[");
	g_autofree char *key = g_strndup(*rest, length);

	*rest += length;
	return length ? json_object_get(at, key) : NULL;
}

/*
 * What stands at @path; *owner the innermost group around it that has a "source", NULL: none. The
 * whole profile is no group: name and clock are no prices.
 */
static json_t *find(const json_t *profile, const char *path, json_t **owner)
{
	json_t *at = (json_t *)profile;
	const char *rest = path;

	*owner = NULL;
	while (at && *rest) {
		if (at != profile && json_object_get(at, "source"))
			*owner = at;
		at = step_into(at, &rest);
	}
	return at;
}

bool price_path_get(const json_t *profile, const char *path, uint64_t *value, GError **error)
{
	json_t *owner, *json = find(profile, path, &owner);

	if (!json_is_integer(json) || json_integer_value(json) < 0 || !owner) {
		set_input_error(error, "%s: is no figure of the profile %s", path,
				json_string_at(profile, "name"));
		return false;
	}
	*value = (uint64_t)json_integer_value(json);
	return true;
}

void price_path_set(json_t *profile, const char *path, uint64_t value)
{
	json_t *owner;

	json_integer_set(find(profile, path, &owner), (json_int_t)value);
}

void price_path_note(json_t *profile, const char *path, const char *cells)
{
	json_t *owner;

	find(profile, path, &owner);
	const char *key = strrchr(path, '.') + 1; /* a group's figure has one before it */
	bool alone = g_str_has_prefix(path, "steps.") && !strcmp(key, "cycles");
	g_autofree char *fitted = alone ? g_strdup_printf("fit to %s", cells)
					: g_strdup_printf("%s: fit to %s", key, cells);
	g_autofree char *earlier = g_strdup_printf("%s: fit", key);
	g_auto(GStrv) parts = g_strsplit(json_string_at(owner, "source"), "; ", -1);
	g_autoptr(GString) source = g_string_new(alone ? fitted : NULL);

	for (char **part = parts; *part; part++) {
		bool replaced =
			alone ? g_str_has_prefix(*part, "fit") || strstr(*part, "estimate") != NULL
			      : g_str_has_prefix(*part, earlier);

		if (!replaced)
			g_string_append_printf(source, "%s%s", source->len ? "; " : "", *part);
	}
	if (!alone)
		g_string_append_printf(source, "%s%s", source->len ? "; " : "", fitted);
	json_object_set_new(owner, "source", json_string(source->str));
}

/* Is it an object of objects, each of which gets a line? */
static bool is_group(const json_t *value)
{
	const char *key;
	json_t *inner;

	json_object_foreach ((json_t *)value, key, inner) {
		if (!json_is_object(inner))
			return false;
	}
	return json_is_object(value);
}

static void put_line(GString *out, const char *indent, const char *key, const json_t *value,
		     bool last)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY);

	g_string_append_printf(out, "%s\"%s\": %s%s\n", indent, key, text, last ? "" : ",");
	free(text);
}

static void put_group(GString *out, const char *key, json_t *group, bool last)
{
	size_t left = json_object_size(group);
	const char *inner_key;
	json_t *inner;

	g_string_append_printf(out, "  \"%s\": {\n", key);
	json_object_foreach (group, inner_key, inner)
		put_line(out, "    ", inner_key, inner, !--left);
	g_string_append(out, last ? "  }\n" : "  },\n");
}

char *price_profile_text(const json_t *profile)
{
	GString *out = g_string_new("{\n");
	size_t left = json_object_size(profile);
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)profile, key, value) {
		left--;
		if (is_group(value))
			put_group(out, key, value, !left);
		else
			put_line(out, "  ", key, value, !left);
	}
	g_string_append(out, "}\n");
	return g_string_free(out, FALSE);
}
