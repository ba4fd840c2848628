// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/reader.h"

#include "sim/base/error.h"

#include <errno.h>
#include <fcntl.h>
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

#define RAW_BYTES (256u << 10)

struct reader {
	char *path;
	int fd;
	enum form form;
	uint64_t file_bytes; /* 0: a pipe */
	uint64_t raw_taken;  /* bytes read from fd */
	uint64_t line_number;

	unsigned char *raw; /* as in the file: [raw_at, raw_end) is not decoded yet */
	size_t raw_at, raw_end;
	bool raw_eof;
	bool frame_open; /* inside a gzip member or zstd frame */
	z_stream inflate;
	ZSTD_DStream *zstd;

	char *text; /* decoded: [at, end) is not returned yet */
	size_t at, end, room;
	bool text_eof;
};

static bool fill_raw(struct reader *reader, GError **error)
{
	if (reader->raw_at < reader->raw_end || reader->raw_eof)
		return true;
	ssize_t got;

	do {
		got = read(reader->fd, reader->raw, RAW_BYTES);
	} while (got < 0 && errno == EINTR);
	if (got < 0) {
		set_io_error(error, "%s: %s", reader->path, g_strerror(errno));
		return false;
	}
	reader->raw_at = 0;
	reader->raw_end = (size_t)got;
	reader->raw_taken += (uint64_t)got;
	reader->raw_eof = !got;
	return true;
}

/* Nothing can be read behind the damage: the next line is the end of the file. */
static bool damaged(struct reader *reader, const char *what, GError **error)
{
	reader->text_eof = true;
	reader->at = reader->end;
	set_input_error(error, "%s:%" G_GUINT64_FORMAT ": %s", reader->path,
			reader->line_number + 1, what);
	return false;
}

/* Each decoder moves bytes from raw to the free room behind end; *got says how many. */

static bool decode_plain(struct reader *reader, size_t room, size_t *got)
{
	*got = MIN(room, reader->raw_end - reader->raw_at);
	memcpy(reader->text + reader->end, reader->raw + reader->raw_at, *got);
	reader->raw_at += *got;
	return true;
}

static bool decode_gzip(struct reader *reader, size_t room, size_t *got, GError **error)
{
	z_stream *z = &reader->inflate;

	if (!reader->frame_open && inflateReset(z) != Z_OK)
		return damaged(reader, "cannot reset the gzip decoder", error);
	reader->frame_open = true;
	z->next_in = reader->raw + reader->raw_at;
	z->avail_in = (uInt)(reader->raw_end - reader->raw_at);
	z->next_out = (unsigned char *)reader->text + reader->end;
	z->avail_out = (uInt)room;
	int status = inflate(z, Z_NO_FLUSH);

	reader->raw_at = reader->raw_end - z->avail_in;
	*got = room - z->avail_out;
	if (status == Z_STREAM_END)
		reader->frame_open = false;
	else if (status != Z_OK && status != Z_BUF_ERROR)
		return damaged(reader, "damaged gzip stream", error);
	return true;
}

static bool decode_zstd(struct reader *reader, size_t room, size_t *got, GError **error)
{
	ZSTD_inBuffer in = {reader->raw, reader->raw_end, reader->raw_at};
	ZSTD_outBuffer out = {reader->text + reader->end, room, 0};
	size_t status = ZSTD_decompressStream(reader->zstd, &out, &in);

	if (ZSTD_isError(status))
		return damaged(reader, "damaged zstd stream", error);
	reader->raw_at = in.pos;
	reader->frame_open = status != 0;
	*got = out.pos;
	return true;
}

static bool decode(struct reader *reader, size_t room, size_t *got, GError **error)
{
	switch (reader->form) {
	case FORM_GZIP:
		return decode_gzip(reader, room, got, error);
	case FORM_ZSTD:
		return decode_zstd(reader, room, got, error);
	default:
		return decode_plain(reader, room, got);
	}
}

/* Add at least one byte behind end, or set text_eof. */
static bool fill_text(struct reader *reader, GError **error)
{
	if (reader->at) {
		memmove(reader->text, reader->text + reader->at, reader->end - reader->at);
		reader->end -= reader->at;
		reader->at = 0;
	}
	if (reader->room - reader->end < RAW_BYTES) {
		reader->room = reader->end + RAW_BYTES;
		reader->text = g_realloc(reader->text, reader->room);
	}
	for (size_t got = 0; !got;) {
		if (!fill_raw(reader, error))
			return false;
		if (reader->raw_eof && !reader->frame_open) {
			reader->text_eof = true;
			return true;
		}
		if (!decode(reader, reader->room - reader->end, &got, error))
			return false;
		if (!got && reader->raw_eof && reader->frame_open)
			return damaged(reader, "truncated compressed stream", error);
		reader->end += got;
	}
	return true;
}

static void tell_form(struct reader *reader)
{
	static const unsigned char gzip[] = {0x1f, 0x8b}, zstd[] = {0x28, 0xb5, 0x2f, 0xfd};
	size_t have = reader->raw_end;

	if (have >= sizeof(gzip) && !memcmp(reader->raw, gzip, sizeof(gzip))) {
		reader->form = FORM_GZIP;
		/* 15 window bits, +16: a gzip header and no other */
		if (inflateInit2(&reader->inflate, 15 + 16) != Z_OK)
			g_error("out of memory");
	} else if (have >= sizeof(zstd) && !memcmp(reader->raw, zstd, sizeof(zstd))) {
		reader->form = FORM_ZSTD;
		reader->zstd = ZSTD_createDStream();
	}
}

struct reader *reader_open(const char *path, GError **error)
{
	bool is_stdin = !strcmp(path, "-");
	int fd = is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		set_io_error(error, "%s: %s", path, g_strerror(errno));
		return NULL;
	}
	return reader_open_fd(fd, path, error);
}

struct reader *reader_open_fd(int fd, const char *path, GError **error)
{
	struct stat st;

	if (fstat(fd, &st)) {
		set_io_error(error, "%s: %s", path, g_strerror(errno));
		close(fd);
		return NULL;
	}
	struct reader *reader = g_new0(struct reader, 1);

	reader->path = g_strdup(path);
	reader->fd = fd;
	reader->file_bytes = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	reader->raw = g_malloc(RAW_BYTES);
	if (!fill_raw(reader, error)) {
		reader_close(reader);
		return NULL;
	}
	tell_form(reader);
	return reader;
}

static bool line_complete(struct reader *reader, const char **line, size_t *length)
{
	const char *start = reader->text + reader->at;
	const char *newline = memchr(start, '\n', reader->end - reader->at);

	if (!newline && !(reader->text_eof && reader->at < reader->end))
		return false;
	*line = start;
	*length = newline ? (size_t)(newline - start) : reader->end - reader->at;
	reader->at += *length + (newline ? 1 : 0);
	reader->line_number++;
	return true;
}

int reader_line(struct reader *reader, const char **line, size_t *length, GError **error)
{
	while (reader->at == reader->end || !line_complete(reader, line, length)) {
		if (reader->text_eof)
			return 0;
		if (reader->end - reader->at > READER_LINE_MAX) {
			damaged(reader, "line longer than 1 MiB", error);
			return -1;
		}
		if (!fill_text(reader, error))
			return -1;
	}
	return 1;
}

const char *reader_peek(struct reader *reader, size_t *length, GError **error)
{
	while (!reader->text_eof && reader->end < READER_PEEK_MAX) {
		size_t before = reader->end;

		if (!fill_text(reader, error))
			return NULL;
		if (!reader->file_bytes && reader->end > before)
			break; /* a pipe may have no more to give yet */
	}
	*length = MIN(reader->end, READER_PEEK_MAX);
	return reader->text;
}

ssize_t reader_read(struct reader *reader, void *bytes, size_t room, GError **error)
{
	if (reader->at == reader->end && !reader->text_eof && !fill_text(reader, error))
		return -1;
	size_t part = MIN(room, reader->end - reader->at);

	memcpy(bytes, reader->text + reader->at, part);
	reader->at += part;
	return (ssize_t)part;
}

uint64_t reader_line_number(const struct reader *reader)
{
	return reader->line_number;
}

const char *reader_path(const struct reader *reader)
{
	return reader->path;
}

unsigned reader_progress(const struct reader *reader)
{
	if (!reader->file_bytes)
		return 0;
	uint64_t used = reader->raw_taken - (reader->raw_end - reader->raw_at);

	return (unsigned)MIN(used * 1000 / reader->file_bytes, 1000);
}

char *reader_where(const struct reader *reader)
{
	return g_strdup_printf("%s:%" G_GUINT64_FORMAT ": ", reader->path, reader->line_number);
}

void reader_close(struct reader *reader)
{
	if (!reader)
		return;
	if (reader->form == FORM_GZIP)
		inflateEnd(&reader->inflate);
	ZSTD_freeDStream(reader->zstd);
	close(reader->fd);
	g_free(reader->raw);
	g_free(reader->text);
	g_free(reader->path);
	g_free(reader);
}
