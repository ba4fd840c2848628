/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_BASE_WRITER_H
#define KMSIM_BASE_WRITER_H

/*
 * Files that appear whole or not at all: written under a temporary name in the
 * same folder, renamed by writer_commit(). "-" is standard output.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct writer;

/*
 * Begin @path. A name that ends in .gz or .zst is compressed so. NULL with the error
 * set (KMSIM_ERROR_IO) if it cannot be made.
 */
struct writer *writer_open(const char *path, GError **error);

/*
 * Can @path be begun? For work that takes long, before it is done. Nothing is left there. False
 * with the error set as by writer_open().
 */
bool writer_check(const char *path, GError **error);

/* Append. Errors are kept and reported by writer_commit(); writer_failed() knows, for long work. */
void writer_put(struct writer *writer, const char *text, size_t length);
void writer_puts(struct writer *writer, const char *text);
void writer_printf(struct writer *writer, const char *format, ...) G_GNUC_PRINTF(2, 3);

bool writer_failed(const struct writer *writer);

/*
 * Finish and give the file its name. False with the error set (KMSIM_ERROR_IO) if any
 * write failed; then nothing is left. Ends the writer's life either way.
 */
gboolean writer_commit(struct writer *writer, GError **error);

/* Leave nothing behind. Safe on NULL. */
void writer_abort(struct writer *writer);

/* Write a whole file in one go. */
gboolean writer_put_file(const char *path, const char *text, GError **error);

#endif
