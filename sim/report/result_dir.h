/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_REPORT_RESULT_DIR_H
#define KMSIM_REPORT_RESULT_DIR_H

/*
 * A directory that appears whole or not at all: built under a temporary name beside
 * the final one, renamed when complete.
 */

#include <glib.h>

struct result_dir;

/*
 * Begin the directory @path. NULL with the error set: KMSIM_ERROR_USAGE if @path is empty, or
 * exists and @force is not given, or is given and @path is neither empty nor an earlier result
 * (it would be deleted); KMSIM_ERROR_IO.
 */
struct result_dir *result_dir_begin(const char *path, gboolean force, GError **error);

/* Where it is being built. */
const char *result_dir_path(const struct result_dir *dir);

/*
 * The path of the file @name for the variant @variant, whose folder is made. To be freed.
 */
char *result_dir_file(const struct result_dir *dir, const char *variant, const char *name);

/* Remove the folder of the variant @variant, and what is in it. */
void result_dir_drop(const struct result_dir *dir, const char *variant);

/* The variant's name as the name of a folder. To be freed. */
char *variant_folder(const char *variant);

/*
 * Each of these ends the struct's life. commit: give the directory its name, replacing what
 * is there (force). keep_partial: name it PATH.partial instead, replacing an earlier one. False
 * with the error set (KMSIM_ERROR_IO), and nothing is left behind. abort: leave nothing behind;
 * safe on NULL.
 */
gboolean result_dir_commit(struct result_dir *dir, GError **error);
gboolean result_dir_keep_partial(struct result_dir *dir, GError **error);
void result_dir_abort(struct result_dir *dir);

#endif
