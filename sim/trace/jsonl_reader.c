// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/jsonl.h"

#include "sim/base/error.h"
#include "sim/trace/jsonl_header.h"
#include "sim/trace/jsonl_parallel.h"

#define PARSERS_MAX 4
#define BEGIN_BYTES (1u << 20)
#define CHUNK_BYTES (64u << 10)

struct jsonl_source {
	struct op_source base;
	struct reader *reader;
	struct jsonl_decoder decoder;
	struct jsonl_threads threads;
	uint64_t line;			 /* number of the last one */
	uint64_t bytes;			 /* read so far, until there are threads */
	struct jsonl_pipeline *pipeline; /* NULL: no threads, or not yet */
};

static char *jsonl_where(struct op_source *base)
{
	const struct jsonl_source *source = (const struct jsonl_source *)base;

	return g_strdup_printf("%s:%" G_GUINT64_FORMAT ": ", reader_path(source->reader),
			       source->line);
}

static void note_unknown(void *ctx, const char *key)
{
	op_source_note_unknown(ctx, key);
}

static enum source_next next_here(struct jsonl_source *source, struct op *op, GError **error)
{
	struct op_source *base = &source->base;
	const char *line;
	size_t length;
	GError *read_error = NULL;
	int got = reader_line(source->reader, &line, &length, &read_error);

	source->line = reader_line_number(source->reader);
	*op = (struct op){0};
	if (!got)
		return SOURCE_END;
	if (got < 0) {
		bool input = g_error_matches(read_error, KMSIM_ERROR, KMSIM_ERROR_INPUT);

		base->fault = FAULT_SYNTAX;
		g_propagate_error(error, read_error);
		return input ? SOURCE_BAD_OP : SOURCE_ERROR;
	}
	source->bytes += length + 1;
	source->decoder.line = source->line;
	if (jsonl_decode(&source->decoder, line, length, op, error))
		return SOURCE_OP;
	base->fault = source->decoder.fault;
	return SOURCE_BAD_OP;
}

static enum source_next next_of_pipeline(struct jsonl_source *source, struct op *op, GError **error)
{
	struct jsonl_line line;
	enum source_next next = jsonl_pipeline_next(source->pipeline, op, &line, error);

	if (next != SOURCE_OP && next != SOURCE_BAD_OP)
		return next;
	source->line = line.number;
	source->base.fault = line.fault;
	if (line.unknown_keys) {
		op_source_note_unknown(&source->base, line.unknown_key);
		source->base.unknown_keys += line.unknown_keys - 1;
	}
	return next;
}

/* What is read in the blink of an eye is not worth a thread. */
static bool worth_threads(const struct jsonl_source *source)
{
	return source->threads.parsers && source->bytes >= source->threads.begin_bytes;
}

static enum source_next jsonl_next(struct op_source *base, uint32_t cpu G_GNUC_UNUSED,
				   struct op *op, GError **error)
{
	struct jsonl_source *source = (struct jsonl_source *)base;

	if (!source->pipeline && worth_threads(source)) {
		if (reader_make_stoppable(source->reader))
			source->pipeline = jsonl_pipeline_new(source->reader, &source->decoder,
							      source->threads.parsers,
							      source->threads.chunk_bytes);
		else
			source->threads.parsers = 0;
	}
	return source->pipeline ? next_of_pipeline(source, op, error)
				: next_here(source, op, error);
}

static unsigned jsonl_progress(struct op_source *base)
{
	const struct jsonl_source *source = (const struct jsonl_source *)base;

	return source->pipeline ? jsonl_pipeline_progress(source->pipeline)
				: reader_progress(source->reader);
}

static void jsonl_destroy(struct op_source *base)
{
	struct jsonl_source *source = (struct jsonl_source *)base;

	jsonl_pipeline_free(source->pipeline);
	reader_close(source->reader);
	g_free(source);
}

static const struct op_source_ops jsonl_ops = {
	.name = "jsonl",
	.next = jsonl_next,
	.where = jsonl_where,
	.progress = jsonl_progress,
	.destroy = jsonl_destroy,
};

struct op_source *jsonl_source_new(struct reader *reader, GError **error)
{
	unsigned cpus = g_get_num_processors();
	const struct jsonl_threads threads = {
		.parsers = cpus > 1 ? MIN(cpus, PARSERS_MAX) : 0,
		.begin_bytes = BEGIN_BYTES,
		.chunk_bytes = CHUNK_BYTES,
	};

	return jsonl_source_new_threads(reader, &threads, error);
}

struct op_source *jsonl_source_new_threads(struct reader *reader,
					   const struct jsonl_threads *threads, GError **error)
{
	struct jsonl_source *source = g_new0(struct jsonl_source, 1);

	source->base.ops = &jsonl_ops;
	source->reader = reader;
	source->threads = *threads;
	source->line = 1;
	trace_header_init(&source->base.header);
	if (!jsonl_header_read(reader, &source->base, error)) {
		op_source_destroy(&source->base);
		return NULL;
	}
	jsonl_decoder_init(&source->decoder, reader_path(reader), &source->base.header.memory,
			   note_unknown, &source->base);
	return &source->base;
}
