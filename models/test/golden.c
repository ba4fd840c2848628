// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/test/golden.h"

#include "sim/base/error.h"

#include <stdio.h>
#include <string.h>

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

int64_t golden_int(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/* Nothing compared proves nothing. */
static bool score(const struct golden *golden, GError **error)
{
	if (!golden->compared)
		set_input_error(error, "nothing to compare");
	return golden->compared;
}

/* One TAP line; true if every answer was right. */
static bool golden_file(const char *path, unsigned n, golden_fn run)
{
	struct golden golden = {0};
	g_autoptr(GError) error = NULL;

	golden.reader = reader_open(path, &error);
	bool understood = golden.reader && run(&golden, &error) && score(&golden, &error);
	bool ok = understood && !golden.wrong;

	printf("%sok %u - %s: %" G_GUINT64_FORMAT " answers compared, %" G_GUINT64_FORMAT
	       " wrong\n",
	       ok ? "" : "not ", n, path, golden.compared, golden.wrong);
	if (golden.first_wrong)
		printf("# first: %s\n", golden.first_wrong);
	if (!understood)
		printf("# not understood: %s\n", error ? error->message : "unreadable");
	reader_close(golden.reader);
	g_free(golden.first_wrong);
	return ok;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char **shipped_files(const char *folder)
{
	GPtrArray *paths = g_ptr_array_new();
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
	g_ptr_array_sort(paths, by_name);
	g_ptr_array_add(paths, NULL);
	return (char **)g_ptr_array_free(paths, FALSE);
}

int golden_main(int argc, char **argv, const char *folder, golden_fn run)
{
	g_auto(GStrv) paths = argc > 1 ? g_strdupv(argv + 1) : shipped_files(folder);
	unsigned n = g_strv_length(paths), wrong = 0;

	if (!n) {
		printf("1..1\nnot ok 1 - no data in %s\n", folder);
		return 1;
	}
	printf("1..%u\n", n);
	for (unsigned i = 0; i < n; i++)
		wrong += !golden_file(paths[i], i + 1, run);
	return wrong != 0;
}
