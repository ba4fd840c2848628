// SPDX-License-Identifier: GPL-2.0-or-later
/* Lines in every form, of whole and of damaged files, through files and pipes. */
#include "sim/base/reader.h"

#include "sim/base/error.h"
#include "sim/base/writer.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const suffixes[] = {"", ".gz", ".zst"};

static char *folder;

static char *in_folder(const char *name)
{
	return g_build_filename(folder, name, NULL);
}

/* A file of @n lines "line 0", "line 1" …, compressed by its suffix. */
static char *numbered_file(const char *suffix, unsigned n)
{
	g_autofree char *name = g_strconcat("lines", suffix, NULL);
	char *path = in_folder(name);
	struct writer *writer = writer_open(path, NULL);

	for (unsigned i = 0; i < n; i++)
		writer_printf(writer, "line %u\n", i);
	g_assert_true(writer_commit(writer, NULL));
	return path;
}

/* Read lines that are numbered from 0 until the end or an error; returns how many. */
static unsigned read_numbered(struct reader *reader, GError **error)
{
	const char *line;
	size_t length;
	unsigned n = 0;

	while (reader_line(reader, &line, &length, error) == 1) {
		g_autofree char *expected = g_strdup_printf("line %u", n++);

		g_assert_cmpuint(length, ==, strlen(expected));
		g_assert_true(!memcmp(line, expected, length));
		g_assert_cmpuint(reader_line_number(reader), ==, n);
	}
	return n;
}

static void assert_bad_line(GError *error, const char *path, uint64_t line, const char *cause)
{
	g_autofree char *expected =
		g_strdup_printf("%s:%" G_GUINT64_FORMAT ": %s", path, line, cause);

	g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
	g_assert_cmpstr(error->message, ==, expected);
}

static void test_forms(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		g_autofree char *path = numbered_file(suffixes[i], 100000);
		struct reader *reader = reader_open(path, NULL);
		GError *error = NULL;

		g_assert_cmpuint(read_numbered(reader, &error), ==, 100000);
		g_assert_no_error(error);
		g_assert_cmpuint(reader_progress(reader), ==, 1000);
		reader_close(reader);
	}
}

/* Several members or frames one after another are one text. */
static void test_concatenated(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		g_autofree char *path = numbered_file(suffixes[i], 1000);
		g_autofree char *bytes = NULL;
		size_t length;

		g_file_get_contents(path, &bytes, &length, NULL);
		FILE *file = g_fopen(path, "ab");

		fwrite(bytes, 1, length, file);
		fclose(file);
		struct reader *reader = reader_open(path, NULL);
		const char *line;
		size_t line_length;
		unsigned n = 0;

		while (reader_line(reader, &line, &line_length, NULL) == 1)
			n++;
		g_assert_cmpuint(n, ==, 2000);
		reader_close(reader);
	}
}

/* A pipe that gives one byte at a time does not hide the form. */
static void test_slow_pipe(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		g_autofree char *path = numbered_file(suffixes[i], 10);
		g_autofree char *bytes = NULL;
		size_t length;
		int ends[2];

		g_file_get_contents(path, &bytes, &length, NULL);
		g_assert_cmpint(pipe(ends), ==, 0);
		pid_t child = fork();

		if (!child) {
			for (size_t at = 0; at < length; at++) {
				g_usleep(at < 8 ? 2000 : 0);
				if (write(ends[1], bytes + at, 1) != 1)
					_exit(1);
			}
			_exit(0);
		}
		close(ends[1]);
		struct reader *reader = reader_open_fd(ends[0], "-", NULL);

		g_assert_cmpuint(read_numbered(reader, NULL), ==, 10);
		reader_close(reader);
		waitpid(child, NULL, 0);
	}
}

/* Cut anywhere: the whole lines before the cut, then one error at the line behind them. */
static void test_truncated(void)
{
	for (unsigned i = 1; i < G_N_ELEMENTS(suffixes); i++) {
		g_autofree char *path = numbered_file(suffixes[i], 5000);
		g_autofree char *bytes = NULL;
		size_t length;

		g_file_get_contents(path, &bytes, &length, NULL);
		for (size_t cut = 20; cut < length; cut += length / 7) {
			GError *error = NULL;

			g_file_set_contents(path, bytes, (gssize)cut, NULL);
			struct reader *reader = reader_open(path, NULL);
			unsigned n = read_numbered(reader, &error);

			assert_bad_line(error, path, n + 1, "truncated compressed stream");
			g_clear_error(&error);
			g_assert_cmpuint(read_numbered(reader, &error), ==, 0);
			g_assert_no_error(error);
			reader_close(reader);
		}
	}
}

/* A wrong check sum at the end does not take the lines away that were read before. */
static void test_damaged_end(void)
{
	g_autofree char *path = numbered_file(".gz", 5000);
	g_autofree char *bytes = NULL;
	GError *error = NULL;
	size_t length;

	g_file_get_contents(path, &bytes, &length, NULL);
	bytes[length - 6] ^= 1;
	g_file_set_contents(path, bytes, (gssize)length, NULL);
	struct reader *reader = reader_open(path, NULL);

	g_assert_cmpuint(read_numbered(reader, &error), ==, 5000);
	assert_bad_line(error, path, 5001, "damaged gzip stream");
	g_error_free(error);
	reader_close(reader);
}

/* Behind the first block of a zstd frame lies damage: the lines of the first are read. */
static void test_damaged_block(void)
{
	g_autofree char *path = numbered_file(".zst", 100000);
	g_autofree char *bytes = NULL;
	GError *error = NULL;
	size_t length;

	g_file_get_contents(path, &bytes, &length, NULL);
	memset(bytes + length / 2, 0xff, length / 2);
	g_file_set_contents(path, bytes, (gssize)length, NULL);
	struct reader *reader = reader_open(path, NULL);
	unsigned n = read_numbered(reader, &error);

	g_assert_cmpuint(n, >, 1000);
	g_assert_cmpuint(n, <, 100000);
	assert_bad_line(error, path, n + 1, "damaged zstd stream");
	g_error_free(error);
	reader_close(reader);
}

/* Wherever a byte of a compressed file is another: never a text that was not written. */
static void test_damaged_byte(gconstpointer suffix)
{
	g_autofree char *path = numbered_file(suffix, 500), *whole = reader_read_all(path, NULL);
	g_autofree char *bytes = NULL;
	unsigned refused = 0;
	size_t length;

	g_assert_nonnull(whole);
	g_file_get_contents(path, &bytes, &length, NULL);
	for (size_t i = 0; i < length; i++) {
		GError *error = NULL;

		bytes[i] ^= 4;
		g_file_set_contents(path, bytes, (gssize)length, NULL);
		bytes[i] ^= 4;
		g_autofree char *text = reader_read_all(path, &error);

		/* the first four tell that it is compressed */
		if (text && i >= 4)
			g_assert_true(!strcmp(text, whole));
		refused += !text;
		g_clear_error(&error);
	}
	g_assert_cmpuint(refused, >, length - 16);
}

static void expect_line(struct reader *reader, size_t expected)
{
	const char *line;
	size_t length;

	g_assert_cmpint(reader_line(reader, &line, &length, NULL), ==, 1);
	g_assert_cmpuint(length, ==, expected);
}

/* One line that is too long is one error; the line behind it is read. */
static void test_long_lines(void)
{
	const size_t too_long[] = {READER_LINE_MAX + 1, 5 * READER_LINE_MAX};
	g_autofree char *path = in_folder("long");

	for (unsigned i = 0; i < G_N_ELEMENTS(too_long); i++) {
		GString *text = g_string_new("a\n");
		GError *error = NULL;
		const char *line;
		size_t length;

		g_string_set_size(text, 2 + READER_LINE_MAX);
		g_string_append_c(text, '\n');
		size_t at = text->len;
		g_string_set_size(text, at + too_long[i]);
		memset(text->str + 2, 'x', READER_LINE_MAX);
		memset(text->str + at, 'y', too_long[i]);
		g_string_append(text, "\nend");
		g_file_set_contents(path, text->str, (gssize)text->len, NULL);
		g_string_free(text, TRUE);
		struct reader *reader = reader_open(path, NULL);

		expect_line(reader, 1);
		expect_line(reader, READER_LINE_MAX);
		g_assert_true(reader_line_ended(reader));
		g_assert_cmpint(reader_line(reader, &line, &length, &error), ==, -1);
		assert_bad_line(error, path, 3, "line longer than 1 MiB");
		g_clear_error(&error);
		expect_line(reader, 3);
		g_assert_false(reader_line_ended(reader));
		g_assert_cmpuint(reader_line_number(reader), ==, 4);
		g_assert_cmpint(reader_line(reader, &line, &length, &error), ==, 0);
		reader_close(reader);
	}
}

static void test_unreadable(void)
{
	g_autofree char *missing = in_folder("nothing-here");
	GError *error = NULL;

	g_assert_null(reader_open(missing, &error));
	g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_IO);
	g_clear_error(&error);
	g_assert_null(reader_open(folder, &error));
	g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_IO);
	g_clear_error(&error);
}

static void test_peek(void)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		g_autofree char *path = numbered_file(suffixes[i], 3);
		struct reader *reader = reader_open(path, NULL);
		size_t length;
		const char *text = reader_peek(reader, &length, NULL);

		g_assert_cmpuint(length, ==, 21);
		g_assert_true(!memcmp(text, "line 0\nline 1\nline 2\n", 21));
		g_assert_cmpuint(read_numbered(reader, NULL), ==, 3);
		reader_close(reader);
	}
}

static void remove_folder(void)
{
	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = in_folder(name);

		g_unlink(path);
	}
	g_dir_close(dir);
	g_rmdir(folder);
	g_free(folder);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	folder = g_dir_make_tmp("kmsim-reader-XXXXXX", NULL);
	g_test_add_func("/reader/forms", test_forms);
	g_test_add_func("/reader/concatenated", test_concatenated);
	g_test_add_func("/reader/slow-pipe", test_slow_pipe);
	g_test_add_func("/reader/truncated", test_truncated);
	g_test_add_func("/reader/damaged-end", test_damaged_end);
	g_test_add_func("/reader/damaged-block", test_damaged_block);
	g_test_add_data_func("/reader/damaged-byte/gzip", ".gz", test_damaged_byte);
	g_test_add_data_func("/reader/damaged-byte/zstd", ".zst", test_damaged_byte);
	g_test_add_func("/reader/long-lines", test_long_lines);
	g_test_add_func("/reader/unreadable", test_unreadable);
	g_test_add_func("/reader/peek", test_peek);
	int status = g_test_run();

	remove_folder();
	return status;
}
