// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/labels.h"

#include <string.h>

/* Inputs that are no parameters of a model, in the order in which labels name them. */
static const struct {
	const char *key, *shown_as;
} inputs[] = {
	{"order", "order="}, {"profile", ""}, {"cpus", "cpus="},
	{"seed", "seed="},   {"source", ""},  {"kmsim_version", "kmsim "},
};

static bool differs(json_t *const *variants, size_t n, const char *key)
{
	for (size_t i = 1; i < n; i++) {
		json_t *first = json_object_get(variants[0], key);
		json_t *other = json_object_get(variants[i], key);

		if (first != other && !(first && other && json_equal(first, other)))
			return true;
	}
	return false;
}

static bool was_given(const json_t *variant, const char *parameter)
{
	json_t *changed = json_object_get(variant, "parameters_changed"), *name;
	size_t i;

	json_array_foreach (changed, i, name) {
		if (!strcmp(json_string_value(name), parameter))
			return true;
	}
	return false;
}

static bool tells_apart(const json_t *variant, const json_t *other, const char *parameter)
{
	json_t *value = json_object_get(json_object_get(variant, "parameters"), parameter);
	json_t *others = json_object_get(json_object_get(other, "parameters"), parameter);

	if (!others || json_equal(value, others))
		return false;
	return !strcmp(json_string_at(variant, "model"), json_string_at(other, "model")) ||
	       was_given(variant, parameter) || was_given(other, parameter);
}

static void append_part(GString *label, const char *before, const char *text)
{
	g_string_append_printf(label, "%s%s%s", label->len ? "," : "", before, text);
}

/* Does every variant's source, "NAME,key=value,…", have the token? */
static bool all_have(json_t *const *variants, size_t n, const char *token)
{
	for (size_t i = 0; i < n; i++) {
		g_auto(GStrv) tokens = g_strsplit(json_string_at(variants[i], "source"), ",", -1);

		if (!g_strv_contains((const char *const *)tokens, token))
			return false;
	}
	return true;
}

/* The tokens of a source that all variants have, or those that they do not. To be freed. */
static char *source_tokens(json_t *const *variants, size_t n, const json_t *variant, bool common)
{
	g_auto(GStrv) tokens = g_strsplit(json_string_at(variant, "source"), ",", -1);
	GString *text = g_string_new(NULL);

	/* of different workloads nothing is common, whatever their parameters are called */
	bool related = tokens[0] && all_have(variants, n, tokens[0]);

	for (char **token = tokens; *token; token++) {
		if ((related && all_have(variants, n, *token)) == common)
			g_string_append_printf(text, "%s%s", text->len ? "," : "", *token);
	}
	return g_string_free(text, FALSE);
}

char *common_source(json_t *const *variants, size_t n)
{
	char *text = source_tokens(variants, n, variants[0], true);

	if (*text)
		return text;
	g_free(text);
	return g_strdup("several sources");
}

static void append_source(GString *label, json_t *const *variants, size_t n, const json_t *variant)
{
	g_autofree char *own = source_tokens(variants, n, variant, false);

	if (*own)
		append_part(label, "", own);
}

static void append_input(GString *label, const json_t *variant, unsigned input)
{
	json_t *value = json_object_get(variant, inputs[input].key);

	if (json_is_string(value)) {
		append_part(label, inputs[input].shown_as, json_string_value(value));
		return;
	}
	g_autofree char *number =
		g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));

	append_part(label, inputs[input].shown_as, number);
}

/* "-" is a parameter that was left to the trace. */
static const char *value_text(const json_t *value)
{
	const char *text = json_string_value(value);

	return strcmp(text, "-") ? text : "default";
}

static char *label_of(json_t *const *variants, size_t n, const json_t *variant)
{
	GString *label = g_string_new(NULL);
	const char *parameter;
	json_t *value;

	if (differs(variants, n, "model"))
		append_part(label, "", json_string_at(variant, "model"));
	json_object_foreach (json_object_get(variant, "parameters"), parameter, value) {
		bool shown = false;

		for (size_t i = 0; i < n && !shown; i++)
			shown = tells_apart(variant, variants[i], parameter);
		if (!shown)
			continue;
		g_autofree char *before = g_strconcat(parameter, "=", NULL);

		append_part(label, before, value_text(value));
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(inputs); i++) {
		if (!differs(variants, n, inputs[i].key))
			continue;
		if (!strcmp(inputs[i].key, "source"))
			append_source(label, variants, n, variant);
		else
			append_input(label, variant, i);
	}
	/* follows from the CPUs and the trace, where it was not set beside them */
	if (!label->len && differs(variants, n, "lazy_max_pages"))
		g_string_append_printf(label, "lazy_max_pages=%" JSON_INTEGER_FORMAT,
				       (json_int_t)json_number_at(variant, "lazy_max_pages"));
	if (!label->len)
		g_string_append(label, json_string_at(variant, "model"));
	return g_string_free(label, FALSE);
}

static size_t times_before(char *const *labels, size_t i)
{
	size_t times = 0;

	for (size_t j = 0; j < i; j++)
		times += !strcmp(labels[i], labels[j]);
	return times;
}

char **variant_labels(json_t *const *variants, size_t n)
{
	char **labels = g_new0(char *, n + 1);

	for (size_t i = 0; i < n; i++)
		labels[i] = label_of(variants, n, variants[i]);
	for (size_t i = n; i-- > 1;) { /* from the end: those before are still as they were */
		size_t times = times_before(labels, i);

		if (!times)
			continue;
		char *numbered = g_strdup_printf("%s (%zu)", labels[i], times + 1);

		g_free(labels[i]);
		labels[i] = numbered;
	}
	return labels;
}
