// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/trace_file.h"

#include "sim/trace/jsonl.h"
#include "sim/trace/packed.h"

/* One of the two is there. */
struct trace_writer {
	struct jsonl_writer *jsonl;
	struct packed_writer *packed;
	struct writer *out; /* of packed */
};

bool trace_recognise(const char *bytes, size_t length)
{
	return packed_recognise(bytes, length) || jsonl_recognise(bytes, length);
}

struct op_source *trace_source_new(struct reader *reader, GError **error)
{
	size_t length = 0;
	const char *bytes = reader_peek(reader, &length, error);

	if (!bytes) {
		reader_close(reader);
		return NULL;
	}
	return packed_recognise(bytes, length) ? packed_source_new(reader, error)
					       : jsonl_source_new(reader, error);
}

static bool is_packed_name(const char *path)
{
	return g_str_has_suffix(path, ".kmt") || g_str_has_suffix(path, ".kmt.gz") ||
	       g_str_has_suffix(path, ".kmt.zst");
}

struct trace_writer *trace_writer_open(const char *path, const struct trace_header *header,
				       GError **error)
{
	struct trace_writer *writer = g_new0(struct trace_writer, 1);

	if (!is_packed_name(path))
		writer->jsonl = jsonl_writer_open(path, header, error);
	else if ((writer->out = writer_open(path, error)))
		writer->packed = packed_writer_new(writer->out, header);
	if (!writer->jsonl && !writer->packed)
		g_clear_pointer(&writer, g_free);
	return writer;
}

void trace_writer_put(struct trace_writer *writer, const struct op *op)
{
	if (writer->packed)
		packed_writer_put(writer->packed, op);
	else
		jsonl_writer_put(writer->jsonl, op);
}

bool trace_writer_failed(const struct trace_writer *writer)
{
	return writer->packed ? writer_failed(writer->out) : jsonl_writer_failed(writer->jsonl);
}

gboolean trace_writer_commit(struct trace_writer *writer, GError **error)
{
	struct trace_writer taken = *writer;

	g_free(writer);
	if (!taken.packed)
		return jsonl_writer_commit(taken.jsonl, error);
	packed_writer_finish(taken.packed);
	return writer_commit(taken.out, error);
}

void trace_writer_abort(struct trace_writer *writer)
{
	if (!writer)
		return;
	jsonl_writer_abort(writer->jsonl);
	packed_writer_free(writer->packed);
	writer_abort(writer->out);
	g_free(writer);
}
