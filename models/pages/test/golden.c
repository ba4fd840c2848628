// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/pages/test/golden.h"
#include "sim/base/error.h"

bool golden_lines(struct golden *golden,
		  bool (*line)(struct golden *golden, json_t *line, void *data, GError **error),
		  void *data, GError **error)
{
	const char *text;
	size_t length;
	int got;
	bool ok = true;

	while (ok && (got = reader_line(golden->reader, &text, &length, error)) > 0) {
		json_error_t cause;
		json_t *json = json_loadb(text, length, 0, &cause);

		if (!json)
			set_input_error(error, "%s", cause.text);
		ok = json && line(golden, json, data, error);
		json_decref(json);
	}
	return ok && got == 0;
}

static void wrong(struct golden *golden, char *message)
{
	if (golden->wrong++) {
		g_free(message);
		return;
	}
	golden->first_wrong = g_strdup_printf("line %" G_GUINT64_FORMAT ": %s",
					      reader_line_number(golden->reader), message);
	g_free(message);
}

void golden_number(struct golden *golden, const char *what, int64_t got, int64_t expected)
{
	golden->compared++;
	if (got != expected)
		wrong(golden,
		      g_strdup_printf("%s is %" G_GINT64_FORMAT ", should be %" G_GINT64_FORMAT,
				      what, got, expected));
}

void golden_text(struct golden *golden, const char *what, const char *got, const char *expected)
{
	golden->compared++;
	if (g_strcmp0(got, expected))
		wrong(golden, g_strdup_printf("%s is %s, should be %s", what, got ? got : "none",
					      expected ? expected : "none"));
}

void golden_numbers(struct golden *golden, const char *what, const int64_t *got, size_t n,
		    const json_t *expected)
{
	size_t n_expected = json_array_size(expected);

	golden->compared++;
	if (n != n_expected)
		wrong(golden,
		      g_strdup_printf("%s has %zu numbers, should have %zu", what, n, n_expected));
	for (size_t i = 0; i < MIN(n, n_expected); i++) {
		json_int_t value = json_integer_value(json_array_get(expected, i));

		golden->compared++;
		if (got[i] != value)
			wrong(golden, g_strdup_printf("%s[%zu] is %" G_GINT64_FORMAT
						      ", should be %" JSON_INTEGER_FORMAT,
						      what, i, got[i], value));
	}
}

void golden_list(struct golden *golden, const char *what, const struct memmap *map,
		 const struct free_list *list, const json_t *expected)
{
	g_autoptr(GArray) pfns = g_array_new(FALSE, FALSE, sizeof(int64_t));

	for (uint64_t pfn = list->head; pfn != PFN_NONE; pfn = free_list_next(map, pfn))
		g_array_append_val(pfns, pfn);
	golden_numbers(golden, what, (const int64_t *)(const void *)pfns->data, pfns->len,
		       expected);
}

int64_t golden_int(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

void golden_orders(const json_t *array, uint64_t counts[MAX_ORDER_NR])
{
	for (unsigned order = 0; order < MAX_ORDER_NR; order++)
		counts[order] = (uint64_t)json_integer_value(json_array_get(array, order));
}
