// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/reader.h"

#include "sim/base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum form {
	FORM_PLAIN,
	FORM_GZIP,
	FORM_ZSTD
};

#define MAGIC_BYTES 4 /* that tell the form */

#define RAW_BYTES (256u << 10)

struct reader {
	char *path;
	int fd;
	int stop_fd; /* readable when reading is to stop; -1: none */
	enum form form;
	uint64_t file_bytes; /* 0: a pipe */
	uint64_t raw_taken;  /* bytes read from fd */
	uint64_t line_number;
	bool line_ended; /* with a newline */

	unsigned char *raw; /* as in the file: [raw_at, raw_end) is not decoded yet */
	size_t raw_at, raw_end;
	bool raw_eof;
	bool frame_open; /* inside a gzip member or zstd frame */
	z_stream inflate;
	ZSTD_DStream *zstd;
	size_t zstd_wants; /* bytes, for one block or header */

	char *text; /* decoded: [at, end) is not returned yet */
	size_t at, end, room;
	bool text_eof;
	bool in_long_line;  /* refused already; its rest is to be skipped */
	const char *damage; /* nothing can be decoded behind end; NULL: all is well */
};

/* From errno. Only a signal that asks to end interrupts a call: the others have no handler. */
static void set_read_error(const char *name, GError **error)
{
	if (errno == EINTR)
		set_interrupted_error(error);
	else
		set_io_error(error, "%s: %s", name, g_strerror(errno));
}

/* Wait until there is something to read. False with the error set: not any more. */
static bool wait_readable(const struct reader *reader, GError **error)
{
	struct pollfd fds[] = {{.fd = reader->fd, .events = POLLIN},
			       {.fd = reader->stop_fd, .events = POLLIN}};

	if (poll(fds, G_N_ELEMENTS(fds), -1) < 0) {
		set_read_error(reader->path, error);
		return false;
	}
	if (fds[1].revents)
		set_interrupted_error(error);
	return !fds[1].revents;
}

/* Read on behind raw_end. */
static bool read_raw(struct reader *reader, GError **error)
{
	if (reader->stop_fd >= 0 && !wait_readable(reader, error))
		return false;
	ssize_t got = read(reader->fd, reader->raw + reader->raw_end, RAW_BYTES - reader->raw_end);

	if (got < 0) {
		set_read_error(reader->path, error);
		return false;
	}
	reader->raw_end += (size_t)got;
	reader->raw_taken += (uint64_t)got;
	reader->raw_eof = !got;
	return true;
}

static bool fill_raw(struct reader *reader, GError **error)
{
	if (reader->raw_at < reader->raw_end || reader->raw_eof)
		return true;
	reader->raw_at = reader->raw_end = 0;
	return read_raw(reader, error);
}

/*
 * Each decoder moves bytes from raw to the free room behind end and returns how many. What it
 * gets out before it meets damage counts: the lines before that are good.
 */

static size_t decode_plain(struct reader *reader, size_t room)
{
	size_t got = MIN(room, reader->raw_end - reader->raw_at);

	memcpy(reader->text + reader->end, reader->raw + reader->raw_at, got);
	reader->raw_at += got;
	return got;
}

static size_t decode_gzip(struct reader *reader, size_t room)
{
	z_stream *z = &reader->inflate;

	if (!reader->frame_open)
		inflateReset(z);
	reader->frame_open = true;
	z->next_in = reader->raw + reader->raw_at;
	z->avail_in = (uInt)(reader->raw_end - reader->raw_at);
	z->next_out = (unsigned char *)reader->text + reader->end;
	z->avail_out = (uInt)room;
	int status = inflate(z, Z_NO_FLUSH);

	reader->raw_at = reader->raw_end - z->avail_in;
	if (status == Z_STREAM_END)
		reader->frame_open = false;
	else if (status != Z_OK && status != Z_BUF_ERROR)
		reader->damage = "damaged gzip stream";
	return room - z->avail_out;
}

/* One block a call: a call that fails yields nothing, and must not take good blocks with it. */
static size_t decode_zstd(struct reader *reader, size_t room)
{
	size_t have = reader->raw_end - reader->raw_at;
	ZSTD_inBuffer in = {reader->raw + reader->raw_at, MIN(have, reader->zstd_wants), 0};
	ZSTD_outBuffer out = {reader->text + reader->end, room, 0};
	size_t status = ZSTD_decompressStream(reader->zstd, &out, &in);

	if (ZSTD_isError(status)) {
		reader->damage = "damaged zstd stream";
		return 0;
	}
	reader->raw_at += in.pos;
	reader->frame_open = status != 0;
	reader->zstd_wants = status ? status : MAGIC_BYTES;
	return out.pos;
}

static size_t decode(struct reader *reader, size_t room)
{
	switch (reader->form) {
	case FORM_GZIP:
		return decode_gzip(reader, room);
	case FORM_ZSTD:
		return decode_zstd(reader, room);
	default:
		return decode_plain(reader, room);
	}
}

/* Add at least one byte behind end, or set text_eof or damage. */
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
	size_t before = reader->end;

	while (reader->end == before && !reader->damage) {
		if (!fill_raw(reader, error))
			return false;
		if (reader->raw_eof && !reader->frame_open) {
			reader->text_eof = true;
			return true;
		}
		reader->end += decode(reader, reader->room - reader->end);
		if (reader->end == before && reader->raw_eof)
			reader->damage = "truncated compressed stream";
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
		reader->zstd_wants = MAGIC_BYTES;
	}
}

struct reader *reader_open(const char *path, GError **error)
{
	return reader_open_as(path, path, error);
}

struct reader *reader_open_as(const char *path, const char *name, GError **error)
{
	bool is_stdin = !strcmp(path, "-");
	int fd = is_stdin ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		set_read_error(name, error);
		return NULL;
	}
	return reader_open_fd(fd, name, error);
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
	reader->stop_fd = -1;
	reader->file_bytes = S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
	reader->raw = g_malloc(RAW_BYTES);
	while (reader->raw_end < MAGIC_BYTES && !reader->raw_eof) {
		if (!read_raw(reader, error)) {
			reader_close(reader);
			return NULL;
		}
	}
	reader->raw_eof = false; /* unless it is said again */
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
	reader->line_ended = newline;
	reader->line_number++;
	return true;
}

static int bad_line(struct reader *reader, const char *what, GError **error)
{
	set_input_error(error, "%s:%" G_GUINT64_FORMAT ": %s", reader->path, reader->line_number,
			what);
	return -1;
}

/* Behind the damage is the end. */
static int report_damage(struct reader *reader, GError **error)
{
	reader->line_number++;
	reader->text_eof = true;
	reader->at = reader->end;
	return bad_line(reader, reader->damage, error);
}

static int long_line(struct reader *reader, GError **error)
{
	return bad_line(reader, "line longer than 1 MiB", error);
}

/* Go to the line behind one that was too long. False with the error set; the end is no error. */
static bool skip_long_line(struct reader *reader, GError **error)
{
	while (reader->in_long_line) {
		const char *start = reader->text + reader->at;
		const char *newline = memchr(start, '\n', reader->end - reader->at);

		reader->at = newline ? (size_t)(newline + 1 - reader->text) : reader->end;
		reader->in_long_line = !newline && !reader->text_eof && !reader->damage;
		if (reader->in_long_line && !fill_text(reader, error))
			return false;
	}
	return true;
}

int reader_line(struct reader *reader, const char **line, size_t *length, GError **error)
{
	if (reader->in_long_line && !skip_long_line(reader, error))
		return -1;
	while (reader->at == reader->end || !line_complete(reader, line, length)) {
		if (reader->text_eof)
			return 0;
		if (reader->damage)
			return report_damage(reader, error);
		if (reader->end - reader->at > READER_LINE_MAX) {
			reader->in_long_line = true;
			reader->line_number++;
			return long_line(reader, error);
		}
		if (!fill_text(reader, error))
			return -1;
	}
	return *length > READER_LINE_MAX ? long_line(reader, error) : 1;
}

const char *reader_peek(struct reader *reader, size_t *length, GError **error)
{
	while (!reader->text_eof && !reader->damage && reader->end < READER_PEEK_MAX) {
		size_t before = reader->end;

		if (!fill_text(reader, error))
			return NULL;
		if (!reader->file_bytes && reader->end > before)
			break; /* a pipe may have no more to give yet */
	}
	if (reader->damage && !reader->end) {
		report_damage(reader, error);
		return NULL;
	}
	*length = MIN(reader->end, READER_PEEK_MAX);
	return reader->text;
}

ssize_t reader_read(struct reader *reader, void *bytes, size_t room, GError **error)
{
	if (reader->at == reader->end && !reader->text_eof && !reader->damage &&
	    !fill_text(reader, error))
		return -1;
	if (reader->at == reader->end && reader->damage && !reader->text_eof)
		return report_damage(reader, error);
	size_t part = MIN(room, reader->end - reader->at);

	memcpy(bytes, reader->text + reader->at, part);
	reader->at += part;
	return (ssize_t)part;
}

bool reader_ready(const struct reader *reader)
{
	struct pollfd fd = {.fd = reader->fd, .events = POLLIN};

	return reader->file_bytes || reader->text_eof || reader->damage ||
	       reader->raw_at < reader->raw_end ||
	       (reader->at < reader->end &&
		memchr(reader->text + reader->at, '\n', reader->end - reader->at)) ||
	       poll(&fd, 1, 0) > 0;
}

bool reader_make_stoppable(struct reader *reader)
{
	if (reader->stop_fd < 0)
		reader->stop_fd = eventfd(0, EFD_CLOEXEC);
	return reader->stop_fd >= 0;
}

void reader_stop(struct reader *reader)
{
	(void)eventfd_write(reader->stop_fd, 1);
}

bool reader_line_ended(const struct reader *reader)
{
	return reader->line_ended;
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
	if (reader->stop_fd >= 0)
		close(reader->stop_fd);
	g_free(reader->raw);
	g_free(reader->text);
	g_free(reader->path);
	g_free(reader);
}

char *reader_read_all(const char *path, GError **error)
{
	struct reader *reader = reader_open(path, error);
	GString *text = g_string_new(NULL);
	const char *line;
	size_t length;
	int got = -1;

	while (reader && (got = reader_line(reader, &line, &length, error)) > 0) {
		g_string_append_len(text, line, (gssize)length);
		g_string_append_c(text, '\n');
	}
	reader_close(reader);
	return g_string_free(text, got != 0);
}
