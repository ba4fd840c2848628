// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/commands.h"

#include "sim/cli/interrupt.h"
#include "sim/cli/progress.h"
#include "sim/trace/op_stream.h"
#include "sim/trace/trace_file.h"

#include <stdio.h>

#define PROGRESS_OPS (1u << 20)

static void warn_left_out(const struct op_stream *stream, const char *path)
{
	const uint64_t *faults = op_stream_faults(stream);

	for (unsigned i = 0; i < OP_FAULTS; i++) {
		if (faults[i])
			fprintf(stderr, "%s: left out, %s: %" G_GUINT64_FORMAT " ops\n", path,
				op_fault_name(i), faults[i]);
	}
}

/* Every op is judged: what is written is a sound trace. */
static bool copy_ops(struct op_stream *stream, struct trace_writer *writer, const char *path,
		     GError **error)
{
	struct op_source *source = op_stream_source(stream);
	struct progress progress = {.what = path, .nth = 1, .of = 1};
	enum source_next next;
	uint64_t n = 0;
	struct op op;

	while (!trace_writer_failed(writer) &&
	       (next = op_stream_next(stream, ANY_CPU, &op, error)) == SOURCE_OP) {
		trace_writer_put(writer, &op);
		if (op_id_role((enum op_kind)op.kind) == ID_ENDED)
			op_stream_release(stream, op.slot);
		op_clear(&op);
		if (++n % PROGRESS_OPS)
			continue;
		progress_show(&progress, n,
			      source->ops->progress ? source->ops->progress(source) : 0);
		if (*interrupt_flag()) {
			set_interrupted_error(error);
			break;
		}
	}
	progress_end(&progress);
	return !error || !*error;
}

static bool convert(const char *path, const char *out, bool lenient, GError **error)
{
	struct reader *reader = reader_open(path, error);
	struct op_source *source = reader ? trace_source_new(reader, error) : NULL;
	struct trace_writer *writer =
		source ? trace_writer_open(out, &source->header, error) : NULL;

	if (!writer) {
		op_source_destroy(source);
		return false;
	}
	struct op_stream *stream = op_stream_new(source, source->header.cpus, lenient);
	bool ok = copy_ops(stream, writer, path, error);

	if (ok)
		warn_left_out(stream, path);
	if (source->unknown_keys)
		fprintf(stderr,
			"warning: %s: %" G_GUINT64_FORMAT " unknown keys left out, the first %s\n",
			path, source->unknown_keys, source->first_unknown_key);
	op_stream_free(stream);
	op_source_destroy(source);
	if (ok)
		return trace_writer_commit(writer, error);
	trace_writer_abort(writer);
	return false;
}

static int run(const struct command *command, int argc, char **argv, GError **error)
{
	char *out = NULL;
	gboolean lenient = FALSE;
	const GOptionEntry entries[] = {
		{"output", 'o', 0, G_OPTION_ARG_FILENAME, &out,
		 "the trace to write: packed where it ends in .kmt, else JSON Lines (.gz and .zst "
		 "compress, - is standard output)",
		 "TRACE2"},
		{"lenient", 0, 0, G_OPTION_ARG_NONE, &lenient,
		 "leave bad ops out, and keep what stands before a damaged block", NULL},
		G_OPTION_ENTRY_NULL};

	if (cli_parse(command, entries, &argc, &argv, 1, 1, error)) {
		if (!out)
			set_usage_error(error, "usage: kmsim convert TRACE -o TRACE2");
		else
			convert(argv[1], out, lenient, error);
	}
	g_free(out);
	return EXIT_DONE;
}

const struct command command_convert = {
	.name = "convert",
	.arguments = "TRACE -o TRACE2",
	.summary = "a trace in another form: JSON Lines, packed (.kmt)",
	.run = run,
};
