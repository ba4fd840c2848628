// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/json_util.h"

#include "sim/base/error.h"

#include <string.h>

json_t *json_u64(uint64_t value)
{
	if (value <= INT64_MAX)
		return json_integer((json_int_t)value);
	return json_sprintf("%" G_GUINT64_FORMAT, value);
}

json_t *json_address(uint64_t value)
{
	return json_sprintf("0x%" G_GINT64_MODIFIER "x", value);
}

json_t *json_ratio(uint128 numerator, uint128 denominator)
{
	/* the nearest double to a decimal of 15 digits prints as that decimal */
	uint64_t thousandths = denominator ? (uint64_t)(numerator * 1000 / denominator) : 0;

	return json_real((double)thousandths / 1000);
}

json_t *json_text_or_empty(const char *text)
{
	return json_string(text ? text : "");
}

char *json_text(const json_t *root)
{
	char *text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
	char *line = g_strconcat(text, "\n", NULL);

	free(text);
	return line;
}

json_t *json_read(const char *path, GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) cause = NULL;
	json_error_t where;
	size_t length;

	if (!g_file_get_contents(path, &text, &length, &cause)) {
		set_io_error(error, "%s: cannot be read: %s", path, cause->message);
		return NULL;
	}
	json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);

	if (!root)
		set_input_error(error, "%s:%d: %s", path, MAX(where.line, 1), where.text);
	return root;
}

const char *json_unknown_key(const json_t *object, const char *const *known)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)object, key, value) {
		if (!g_strv_contains(known, key))
			return key;
	}
	return NULL;
}

json_t *json_at(const json_t *root, const char *path)
{
	g_auto(GStrv) keys = g_strsplit(path, "/", -1);

	for (char **key = keys; root && *key; key++)
		root = json_object_get(root, *key);
	return (json_t *)root;
}

const char *json_string_at(const json_t *root, const char *path)
{
	const char *text = json_string_value(json_at(root, path));

	return text ? text : "";
}

double json_number_at(const json_t *root, const char *path)
{
	return json_number_value(json_at(root, path));
}
