// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * golden-pages [FILE…]: compare the page allocator and compaction with what the kernel's own code
 * answered (golden.h). One TAP line a file. Without arguments: the files that ship.
 */
#include "models/pages/test/golden.h"
#include "sim/base/error.h"

#include <stdio.h>
#include <string.h>

#define DATA_DIR "models/pages/test/data"

static bool has_words(const struct golden_family *family, const char *text, size_t length)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(family->words) && family->words[i]; i++) {
		if (!g_strstr_len(text, (gssize)length, family->words[i]))
			return false;
	}
	return true;
}

static const struct golden_family *recognise(struct golden *golden, GError **error)
{
	size_t length = READER_PEEK_MAX;
	const char *text = reader_peek(golden->reader, &length, error);

	if (!text)
		return NULL;
	for (unsigned i = 0; golden_families[i]; i++) {
		if (has_words(golden_families[i], text, length))
			return golden_families[i];
	}
	set_input_error(error, "of no known family");
	return NULL;
}

static bool run(struct golden *golden, const char *path, GError **error)
{
	const struct golden_family *family;

	golden->reader = reader_open(path, error);
	family = golden->reader ? recognise(golden, error) : NULL;
	if (!family || !family->run(golden, error))
		return false;
	if (!golden->compared)
		set_input_error(error, "nothing to compare");
	return golden->compared;
}

/* One TAP line; true if every answer was right. */
static bool golden_file(const char *path, unsigned n)
{
	struct golden golden = {0};
	g_autoptr(GError) error = NULL;
	bool understood = run(&golden, path, &error), ok = understood && !golden.wrong;

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

static char **shipped_files(void)
{
	GPtrArray *paths = g_ptr_array_new();
	g_autoptr(GDir) dir = g_dir_open(DATA_DIR, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		g_ptr_array_add(paths, g_build_filename(DATA_DIR, name, NULL));
	g_ptr_array_sort(paths, by_name);
	g_ptr_array_add(paths, NULL);
	return (char **)g_ptr_array_free(paths, FALSE);
}

int main(int argc, char **argv)
{
	g_auto(GStrv) paths = argc > 1 ? g_strdupv(argv + 1) : shipped_files();
	unsigned n = g_strv_length(paths), wrong = 0;

	if (!n) {
		printf("1..1\nnot ok 1 - no data in " DATA_DIR "\n");
		return 1;
	}
	printf("1..%u\n", n);
	for (unsigned i = 0; i < n; i++)
		wrong += !golden_file(paths[i], i + 1);
	return wrong != 0;
}
