// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/param.h"

#include "sim/base/error.h"

#include <errno.h>
#include <string.h>

bool parse_u64(const char *text, uint64_t *value)
{
	char *end;

	if (!g_ascii_isdigit(*text)) /* strtoull would take a sign or blanks */
		return false;
	errno = 0;
	*value = g_ascii_strtoull(text, &end, 0);
	return !errno && end != text && !*end;
}

/* Kernels' versions may come without their v. */
static bool is_word(const char *word, const char *text)
{
	bool version = *word == 'v' && g_ascii_isdigit(word[1]);

	return !strcmp(word, text) || (version && !strcmp(word + 1, text));
}

static bool word_value(const struct param_word *words, const char *text, uint64_t *value)
{
	for (; words && words->name; words++) {
		if (is_word(words->name, text)) {
			*value = words->value;
			return true;
		}
	}
	return false;
}

static char *join_words(const struct param_word *words)
{
	GString *list = g_string_new(NULL);

	for (; words && words->name; words++)
		g_string_append_printf(list, "%s%s", list->len ? ", " : "", words->name);
	return g_string_free(list, FALSE);
}

static char *join_names(const struct param *table)
{
	GString *list = g_string_new(NULL);

	for (; table && table->name; table++)
		g_string_append_printf(list, "%s%s", list->len ? ", " : "", table->name);
	return g_string_free(list, FALSE);
}

static bool parse_value(const struct param *param, const char *owner, const char *text,
			struct param_value *result, GError **error)
{
	uint64_t *value = &result->value;

	if (param->type == PARAM_TEXT) {
		result->text = g_intern_string(text);
		return true;
	}
	if (word_value(param->words, text, value))
		return true;
	if (param->type == PARAM_WORD || !parse_u64(text, value)) {
		g_autofree char *words = join_words(param->words);
		const char *number = param->type == PARAM_WORD ? "" : "a number";

		set_usage_error(error, "%s: %s=%s: expected %s%s%s", owner, param->name, text,
				number, *number && *words ? " or one of " : "", words);
		return false;
	}
	if (*value < param->min || (param->max && *value > param->max)) {
		set_usage_error(error,
				"%s: %s=%s: out of range, allowed are %" G_GUINT64_FORMAT
				" to %" G_GUINT64_FORMAT,
				owner, param->name, text, param->min,
				param->max ? param->max : UINT64_MAX);
		return false;
	}
	return true;
}

void param_defaults(const struct param *table, struct param_value *values)
{
	for (unsigned i = 0; table && table[i].name; i++) {
		values[i] = (struct param_value){0};
		if (!table[i].default_text)
			continue;
		bool ok =
			parse_value(&table[i], "default", table[i].default_text, &values[i], NULL);
		g_assert(ok);
		values[i].set = true;
	}
}

bool param_set(const struct param *table, struct param_value *values, const char *owner,
	       const char *key, const char *text, GError **error)
{
	for (unsigned i = 0; table && table[i].name; i++) {
		if (strcmp(table[i].name, key))
			continue;
		if (!parse_value(&table[i], owner, text, &values[i], error))
			return false;
		values[i].set = true;
		return true;
	}
	g_autofree char *known = join_names(table);
	set_usage_error(error, "%s: no parameter '%s' (known: %s)", owner, key,
			*known ? known : "none");
	return false;
}

bool param_parse_spec(const char *spec, param_find find, char **name, struct param_value *values,
		      GError **error)
{
	g_auto(GStrv) tokens = g_strsplit(spec, ",", -1);
	const struct param *table;

	if (!tokens[0] || !*tokens[0]) {
		set_usage_error(error, "'%s': no name", spec);
		return false;
	}
	if (!find(tokens[0], &table, error))
		return false;
	param_defaults(table, values);
	for (unsigned i = 1; tokens[i]; i++) {
		char *equals = strchr(tokens[i], '=');

		if (!equals) {
			set_usage_error(error, "%s: '%s' is not of the form key=value", tokens[0],
					tokens[i]);
			return false;
		}
		*equals = '\0';
		if (!param_set(table, values, tokens[0], tokens[i], equals + 1, error))
			return false;
	}
	*name = g_strdup(tokens[0]);
	return true;
}

char *param_text(const struct param *param, const struct param_value *value)
{
	if (!value->set)
		return g_strdup("-");
	if (param->type == PARAM_TEXT)
		return g_strdup(value->text);
	for (const struct param_word *word = param->words; word && word->name; word++) {
		if (word->value == value->value)
			return g_strdup(word->name);
	}
	return g_strdup_printf(param->type == PARAM_ADDRESS ? "0x%" G_GINT64_MODIFIER "x"
							    : "%" G_GUINT64_FORMAT,
			       value->value);
}
