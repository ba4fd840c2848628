/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_TEST_TRACE_TEXT_H
#define KMSIM_TRACE_TEST_TRACE_TEXT_H

/* Traces as text in memory: what the tests of this folder read and write. */

#include "sim/base/error.h"
#include "sim/trace/jsonl.h"
#include "sim/trace/op_stream.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HEADER "{\"kmsim_trace\": 1, \"page_size\": 4096, \"cpus\": 4}\n"

/* A source that reads @length bytes of @text, named "T" in messages. NULL with the error set. */
static inline struct op_source *source_of_bytes(const char *text, size_t length, GError **error)
{
	FILE *file = tmpfile();

	g_assert_cmpuint(fwrite(text, 1, length, file), ==, length);
	rewind(file);
	int fd = dup(fileno(file));

	fclose(file);
	struct reader *reader = reader_open_fd(fd, "T", error);

	return reader ? jsonl_source_new(reader, error) : NULL;
}

static inline struct op_source *source_of(const char *text, GError **error)
{
	return source_of_bytes(text, strlen(text), error);
}

/* A source that reads HEADER and @ops. */
static inline struct op_source *source_of_ops(const char *ops)
{
	g_autofree char *text = g_strconcat(HEADER, ops, NULL);
	GError *error = NULL;
	struct op_source *source = source_of(text, &error);

	g_assert_no_error(error);
	return source;
}

/* What is wrong with @text as a trace for four CPUs, by the rules of op_stream; NULL: nothing. */
static inline char *fault_of(const char *text)
{
	GError *error = NULL;
	struct op_source *source = source_of(text, &error);
	struct op_stream *stream = source ? op_stream_new(source, 4, false) : NULL;
	struct op op;

	while (stream && op_stream_next(stream, ANY_CPU, &op, &error) == SOURCE_OP)
		op_clear(&op);
	op_stream_free(stream);
	op_source_destroy(source);
	if (!error)
		return NULL;
	g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
	char *message = g_strdup(error->message);

	g_error_free(error);
	return message;
}

/* HEADER and @ops have the fault "T:@line: …@cause…"; @cause NULL: they have none. */
static inline void assert_fault(const char *ops, unsigned line, const char *cause)
{
	g_autofree char *text = g_strconcat(HEADER, ops, NULL);
	g_autofree char *message = fault_of(text);
	g_autofree char *place = g_strdup_printf("T:%u: ", line);

	if (!cause) {
		g_assert_cmpstr(message, ==, NULL);
		return;
	}
	if (!message || !g_str_has_prefix(message, place) || !strstr(message, cause))
		g_error("%s\nhas the fault: %s\nexpected: %s…%s", ops, message, place, cause);
}

#endif
