/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_BASE_READER_H
#define KMSIM_BASE_READER_H

/*
 * Lines of a text file in constant memory. Plain, gzip and zstd are told by
 * content, never by name; "-" is standard input.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct reader;

#define READER_LINE_MAX (1u << 20) /* bytes of the longest line accepted */

/* Open @path. NULL with the error set (KMSIM_ERROR_IO) if it cannot be read. */
struct reader *reader_open(const char *path, GError **error);

/* The same, where messages call it @name: a copy of what the user named. */
struct reader *reader_open_as(const char *path, const char *name, GError **error);

/* The same for a file that is open already, from where @fd stands. @path is its name in messages.
 * Takes @fd over, also on failure. */
struct reader *reader_open_fd(int fd, const char *path, GError **error);

/*
 * The next line, without its newline; valid until the next call. 1: *line and *length
 * are set; 0: end of file; -1: the error is set: KMSIM_ERROR_IO, or KMSIM_ERROR_INPUT
 * with "FILE:LINE: " for a truncated or damaged compressed stream, a line longer than
 * READER_LINE_MAX; KMSIM_ERROR_INTERRUPTED if a signal came while there was nothing to read.
 */
int reader_line(struct reader *reader, const char **line, size_t *length, GError **error);

/*
 * Up to *length bytes from the start of the (uncompressed) file, without consuming them, to
 * tell the format by content. *length is set to what there is, at most READER_PEEK_MAX. NULL
 * with the error set as reader_line() does. Only before the first reader_line().
 */
const char *reader_peek(struct reader *reader, size_t *length, GError **error);
#define READER_PEEK_MAX 65536

/*
 * Up to @room decoded bytes, newlines and all, for what is no text. Their number, 0 at the end, -1
 * with the error set as reader_line() does. Not to be mixed with reader_line().
 */
ssize_t reader_read(struct reader *reader, void *bytes, size_t room, GError **error);

/*
 * Whether there is more to return, or the end to report, without waiting for a pipe; true for a
 * file. A compressed pipe may be thought ready and still not have all of a line.
 */
bool reader_ready(const struct reader *reader);

/*
 * Let another thread end the wait of one that reads: after reader_stop(), which may be called at
 * any time, reads beyond what is there fail with KMSIM_ERROR_INTERRUPTED. False if there are no
 * file descriptors left for that.
 */
bool reader_make_stoppable(struct reader *reader);
void reader_stop(struct reader *reader);

/* Number of the last line returned, 1-based, of the uncompressed text. */
uint64_t reader_line_number(const struct reader *reader);

/* Whether the last line returned had a newline: only the last of a file can have none. */
bool reader_line_ended(const struct reader *reader);

/* As given to reader_open(). */
const char *reader_path(const struct reader *reader);

/* Share of the file's bytes consumed, 0 … 1000; 0 for a pipe. */
unsigned reader_progress(const struct reader *reader);

/* "FILE:LINE: " of the last line. To be freed. */
char *reader_where(const struct reader *reader);

void reader_close(struct reader *reader);

/*
 * The whole of a small text file, compressed or not, every line ended; to be freed. NULL with the
 * error set, as of reader_open() and reader_line().
 */
char *reader_read_all(const char *path, GError **error);

#endif
