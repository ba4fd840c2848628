// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/result_dir.h"

#include "sim/base/error.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

struct result_dir {
	char *path;	 /* final name, without a slash at its end */
	char *temporary; /* its sibling */
};

/* Best effort: what cannot be removed stays. Links are removed, not followed. */
static void remove_tree(const char *path)
{
	GStatBuf st;
	GDir *dir = NULL;

	if (!g_lstat(path, &st) && S_ISDIR(st.st_mode))
		dir = g_dir_open(path, 0, NULL);
	for (const char *name; dir && (name = g_dir_read_name(dir));) {
		g_autofree char *child = g_build_filename(path, name, NULL);

		remove_tree(child);
	}
	if (dir)
		g_dir_close(dir);
	g_remove(path);
}

static gboolean is_empty(const char *path)
{
	GDir *dir = g_dir_open(path, 0, NULL);
	gboolean empty = dir && !g_dir_read_name(dir);

	if (dir)
		g_dir_close(dir);
	return empty;
}

/* Only what this program made is ever deleted. */
static gboolean may_be_replaced(const char *path)
{
	static const char *const marks[] = {"result.json", "recording.json", "accuracy.json"};

	for (unsigned i = 0; i < G_N_ELEMENTS(marks); i++) {
		g_autofree char *mark = g_build_filename(path, marks[i], NULL);

		if (g_file_test(mark, G_FILE_TEST_IS_REGULAR))
			return TRUE;
	}
	return is_empty(path);
}

static char *without_slash(const char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	return g_strndup(path, length);
}

struct result_dir *result_dir_begin(const char *path, gboolean force, GError **error)
{
	GStatBuf st;
	gboolean exists = !g_lstat(path, &st);

	if (!*path) {
		set_usage_error(error, "the name of the folder to make is empty");
		return NULL;
	}
	if (exists && !force) {
		set_usage_error(error, "%s: exists already (--force replaces it)", path);
		return NULL;
	}
	if (exists && !may_be_replaced(path)) {
		set_usage_error(
			error,
			"%s: is no directory of results or of a recording, so it is not replaced",
			path);
		return NULL;
	}
	struct result_dir *dir = g_new0(struct result_dir, 1);

	dir->path = without_slash(path);
	dir->temporary = g_strdup_printf("%s.XXXXXX", dir->path);
	if (!g_mkdtemp_full(dir->temporary, 0777)) {
		set_io_error(error, "%s: cannot be made: %s", path, g_strerror(errno));
		g_clear_pointer(&dir->temporary, g_free);
		result_dir_abort(dir);
		return NULL;
	}
	return dir;
}

const char *result_dir_path(const struct result_dir *dir)
{
	return dir->temporary;
}

char *variant_folder(const char *variant)
{
	char *folder = g_strdup(variant);

	g_strcanon(folder, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.,=+",
		   '_');
	/* hidden, "." and "..", or the folder of the charts */
	if (*folder == '.' || !*folder || !strcmp(folder, "plots")) {
		char *shown = g_strconcat("_", folder, NULL);

		g_free(folder);
		folder = shown;
	}
	return folder;
}

char *result_dir_file(const struct result_dir *dir, const char *variant, const char *name)
{
	g_autofree char *folder = variant_folder(variant);
	g_autofree char *path = g_build_filename(dir->temporary, folder, NULL);

	g_mkdir(path, 0777); /* if that fails, so will the file */
	return g_build_filename(path, name, NULL);
}

void result_dir_drop(const struct result_dir *dir, const char *variant)
{
	g_autofree char *folder = variant_folder(variant);
	g_autofree char *path = g_build_filename(dir->temporary, folder, NULL);

	remove_tree(path);
}

static void result_dir_free(struct result_dir *dir)
{
	g_free(dir->path);
	g_free(dir->temporary);
	g_free(dir);
}

/* Set what is at @path aside first: a directory cannot be renamed over one that is not empty. */
static gboolean rename_over(const char *from, const char *path)
{
	g_autofree char *aside = g_strconcat(from, ".old", NULL);
	gboolean replaced = !g_rename(path, aside);

	if (!replaced && errno != ENOENT)
		return FALSE;
	if (replaced && !may_be_replaced(aside)) {
		g_rename(aside, path);
		errno = EEXIST;
		return FALSE;
	}
	gboolean done = !g_rename(from, path);
	int saved_errno = errno;

	if (replaced && done)
		remove_tree(aside);
	else if (replaced)
		g_rename(aside, path);
	errno = saved_errno;
	return done;
}

static gboolean finish(struct result_dir *dir, const char *path, GError **error)
{
	gboolean done = rename_over(dir->temporary, path);

	if (!done) {
		set_io_error(error, "%s: cannot be named: %s", path, g_strerror(errno));
		remove_tree(dir->temporary);
	}
	result_dir_free(dir);
	return done;
}

gboolean result_dir_commit(struct result_dir *dir, GError **error)
{
	g_autofree char *path = g_strdup(dir->path);

	return finish(dir, path, error);
}

gboolean result_dir_keep_partial(struct result_dir *dir, GError **error)
{
	g_autofree char *path = g_strconcat(dir->path, ".partial", NULL);

	return finish(dir, path, error);
}

void result_dir_abort(struct result_dir *dir)
{
	if (!dir)
		return;
	if (dir->temporary)
		remove_tree(dir->temporary);
	result_dir_free(dir);
}
