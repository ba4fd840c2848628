// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/writer.h"

#include "sim/base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum form {
	FORM_PLAIN,
	FORM_GZIP,
	FORM_ZSTD
};

#define BUFFER_BYTES (64u << 10)

struct writer {
	char *path;
	char *temporary; /* NULL: standard output, or a device or pipe written in place */
	int fd;
	int saved_errno; /* of the first failure */
	enum form form;
	z_stream deflate;
	ZSTD_CStream *zstd;
	size_t used;
	char buffer[BUFFER_BYTES];
};

static void write_raw(struct writer *writer, const void *bytes, size_t length)
{
	const char *at = bytes;

	while (length && !writer->saved_errno) {
		ssize_t put = write(writer->fd, at, length);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0) {
			writer->saved_errno = errno;
			return;
		}
		at += put;
		length -= (size_t)put;
	}
}

static void deflate_all(struct writer *writer, int flush)
{
	unsigned char out[BUFFER_BYTES];
	int status;

	writer->deflate.next_in = (unsigned char *)writer->buffer;
	writer->deflate.avail_in = (uInt)writer->used;
	do {
		writer->deflate.next_out = out;
		writer->deflate.avail_out = sizeof(out);
		status = deflate(&writer->deflate, flush);
		write_raw(writer, out, sizeof(out) - writer->deflate.avail_out);
	} while (flush == Z_FINISH ? status == Z_OK : !writer->deflate.avail_out);
}

static void zstd_all(struct writer *writer, ZSTD_EndDirective mode)
{
	char out[BUFFER_BYTES];
	ZSTD_inBuffer in = {writer->buffer, writer->used, 0};
	size_t left;

	do {
		ZSTD_outBuffer chunk = {out, sizeof(out), 0};

		left = ZSTD_compressStream2(writer->zstd, &chunk, &in, mode);
		if (ZSTD_isError(left)) {
			writer->saved_errno = EIO;
			return;
		}
		write_raw(writer, out, chunk.pos);
	} while (mode == ZSTD_e_end ? left != 0 : in.pos < in.size);
}

static void flush_buffer(struct writer *writer, bool last)
{
	switch (writer->form) {
	case FORM_GZIP:
		deflate_all(writer, last ? Z_FINISH : Z_NO_FLUSH);
		break;
	case FORM_ZSTD:
		zstd_all(writer, last ? ZSTD_e_end : ZSTD_e_continue);
		break;
	default:
		write_raw(writer, writer->buffer, writer->used);
	}
	writer->used = 0;
}

static bool open_file(struct writer *writer, const char *path, GError **error)
{
	if (!strcmp(path, "-")) {
		writer->fd = STDOUT_FILENO;
		return true;
	}
	struct stat st;

	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		writer->fd = open(path, O_WRONLY | O_CLOEXEC);
	} else {
		writer->temporary = g_strdup_printf("%s.XXXXXX", path);
		writer->fd = g_mkstemp_full(writer->temporary, O_WRONLY | O_CLOEXEC, 0666);
	}
	if (writer->fd >= 0)
		return true;
	set_io_error(error, "%s: %s", path, g_strerror(errno));
	return false;
}

struct writer *writer_open(const char *path, GError **error)
{
	struct writer *writer = g_new0(struct writer, 1);

	writer->path = g_strdup(path);
	if (!open_file(writer, path, error)) {
		g_free(writer->temporary);
		g_free(writer->path);
		g_free(writer);
		return NULL;
	}
	if (g_str_has_suffix(path, ".gz")) {
		writer->form = FORM_GZIP;
		/* 15 window bits, +16: a gzip header; its time stamp stays 0 */
		if (deflateInit2(&writer->deflate, 6, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) !=
		    Z_OK)
			g_error("out of memory");
	} else if (g_str_has_suffix(path, ".zst")) {
		writer->form = FORM_ZSTD;
		writer->zstd = ZSTD_createCStream();
		/* else a byte that was damaged may read as another text */
		ZSTD_CCtx_setParameter(writer->zstd, ZSTD_c_checksumFlag, 1);
	}
	return writer;
}

bool writer_check(const char *path, GError **error)
{
	struct stat st;

	/* whoever reads a pipe would see its end */
	if (!strcmp(path, "-") ||
	    (!stat(path, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return true;
	struct writer *writer = writer_open(path, error);

	writer_abort(writer);
	return writer != NULL;
}

void writer_put(struct writer *writer, const char *text, size_t length)
{
	while (length) {
		size_t part = MIN(length, BUFFER_BYTES - writer->used);

		memcpy(writer->buffer + writer->used, text, part);
		writer->used += part;
		text += part;
		length -= part;
		if (writer->used == BUFFER_BYTES)
			flush_buffer(writer, false);
	}
}

void writer_puts(struct writer *writer, const char *text)
{
	writer_put(writer, text, strlen(text));
}

void writer_printf(struct writer *writer, const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	int length = g_vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if ((size_t)length < sizeof(line)) {
		writer_put(writer, line, (size_t)length);
		return;
	}
	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	writer_puts(writer, text);
}

bool writer_failed(const struct writer *writer)
{
	return writer->saved_errno;
}

static void writer_free(struct writer *writer)
{
	if (writer->form == FORM_GZIP)
		deflateEnd(&writer->deflate);
	ZSTD_freeCStream(writer->zstd);
	g_free(writer->temporary);
	g_free(writer->path);
	g_free(writer);
}

gboolean writer_commit(struct writer *writer, GError **error)
{
	flush_buffer(writer, true);
	if (writer->temporary) {
		if (close(writer->fd) && !writer->saved_errno)
			writer->saved_errno = errno;
		if (!writer->saved_errno && g_rename(writer->temporary, writer->path))
			writer->saved_errno = errno;
		if (writer->saved_errno)
			g_unlink(writer->temporary);
	}
	int failed = writer->saved_errno;

	if (failed)
		set_io_error(error, "%s: %s", writer->path, g_strerror(failed));
	writer_free(writer);
	return !failed;
}

void writer_abort(struct writer *writer)
{
	if (!writer)
		return;
	if (writer->temporary) {
		close(writer->fd);
		g_unlink(writer->temporary);
	}
	writer_free(writer);
}

gboolean writer_put_file(const char *path, const char *text, GError **error)
{
	struct writer *writer = writer_open(path, error);

	if (!writer)
		return FALSE;
	writer_puts(writer, text);
	return writer_commit(writer, error);
}
