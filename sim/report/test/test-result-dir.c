// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/result_dir.h"

#include "sim/base/error.h"
#include "sim/report/test/sample_result.h"

#include <glib/gstdio.h>

static int compare_names(const void *a, const void *b)
{
	return g_strcmp0(*(char *const *)a, *(char *const *)b);
}

/* Names in @folder, sorted, joined by blanks. */
static char *listing(const char *folder)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	GDir *dir = g_dir_open(folder, 0, NULL);

	for (const char *name; (name = g_dir_read_name(dir));)
		g_ptr_array_add(names, g_strdup(name));
	g_dir_close(dir);
	g_ptr_array_sort(names, compare_names);
	g_ptr_array_add(names, NULL);
	return g_strjoinv(" ", (char **)names->pdata);
}

static void assert_listing(const char *folder, const char *expected)
{
	g_autofree char *names = listing(folder);

	g_assert_cmpstr(names, ==, expected);
}

static void put(const struct result_dir *dir, const char *text)
{
	g_autofree char *path = g_build_filename(result_dir_path(dir), "result.json", NULL);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void test_life(void)
{
	g_autofree char *folder = g_dir_make_tmp("kmsim-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "out", NULL);
	g_autofree char *with_slash = g_strconcat(path, "/", NULL);
	g_autofree char *file = g_build_filename(path, "result.json", NULL);
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	struct result_dir *dir = result_dir_begin(with_slash, FALSE, NULL);

	put(dir, "first");
	g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
	g_assert_true(result_dir_commit(dir, NULL));
	assert_listing(folder, "out");

	g_assert_null(result_dir_begin(path, FALSE, &error));
	g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_USAGE);
	g_clear_error(&error);
	g_assert_null(result_dir_begin("", FALSE, &error));
	g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_USAGE);

	dir = result_dir_begin(path, TRUE, NULL);
	put(dir, "second");
	result_dir_abort(dir);
	g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, "first");

	dir = result_dir_begin(path, TRUE, NULL);
	put(dir, "third");
	g_assert_true(result_dir_commit(dir, NULL));
	assert_listing(folder, "out");
	g_clear_pointer(&text, g_free);
	g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, "third");
	sample_remove(folder);
}

static void test_partial(void)
{
	g_autofree char *folder = g_dir_make_tmp("kmsim-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "out", NULL);

	for (unsigned i = 0; i < 2; i++) { /* the second replaces the first */
		struct result_dir *dir = result_dir_begin(path, FALSE, NULL);

		put(dir, "part");
		g_assert_true(result_dir_keep_partial(dir, NULL));
		assert_listing(folder, "out.partial");
	}
	sample_remove(folder);
}

/* --force deletes results, nothing else. */
static void test_force_is_careful(void)
{
	g_autofree char *folder = g_dir_make_tmp("kmsim-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "home", NULL);
	g_autofree char *file = g_build_filename(path, "letter.txt", NULL);
	g_autoptr(GError) error = NULL;

	g_mkdir(path, 0777);
	struct result_dir *dir = result_dir_begin(path, TRUE, NULL); /* empty: no loss */

	g_assert_nonnull(dir);
	g_assert_true(g_file_set_contents(file, "dear", -1, NULL));
	put(dir, "result");
	g_assert_false(result_dir_commit(dir, &error)); /* it came meanwhile */
	g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_IO);
	g_assert_true(g_file_test(file, G_FILE_TEST_EXISTS));
	g_clear_error(&error);
	g_assert_null(result_dir_begin(path, TRUE, &error));
	g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_USAGE);
	assert_listing(folder, "home");
	sample_remove(folder);
}

static void test_no_parent(void)
{
	g_autofree char *folder = g_dir_make_tmp("kmsim-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "missing", "out", NULL);
	g_autoptr(GError) error = NULL;

	g_assert_null(result_dir_begin(path, FALSE, &error));
	g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_IO);
	g_rmdir(folder);
}

static void test_folders(void)
{
	static const char *const names[][2] = {{"vmap-augtree,check=all", "vmap-augtree,check=all"},
					       {"a/b c", "a_b_c"},
					       {"..", "_.."},
					       {"", "_"},
					       {"plots", "_plots"}};

	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *folder = variant_folder(names[i][0]);

		g_assert_cmpstr(folder, ==, names[i][1]);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/result-dir/life", test_life);
	g_test_add_func("/result-dir/partial", test_partial);
	g_test_add_func("/result-dir/force", test_force_is_careful);
	g_test_add_func("/result-dir/no-parent", test_no_parent);
	g_test_add_func("/result-dir/folders", test_folders);
	return g_test_run();
}
