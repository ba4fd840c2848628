// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/commands.h"

#include "sim/base/param.h"
#include "sim/cli/interrupt.h"
#include "sim/trace/trace_file.h"
#include "sim/trace/op_stream.h"

#include <stdio.h>
#include <string.h>

/* What trace info gathers besides what the stream knows. */
struct census {
	uint64_t ops, last_t_ns, live_max, bytes_live, bytes_live_max;
	uint64_t recorded_addresses, recorded_failures;
	GArray *bytes; /* uint64_t by slot */
	bool has_t;
};

static void take_census(struct census *census, const struct op *op, uint64_t live)
{
	enum op_id_role role = op_id_role(op->kind);

	census->ops++;
	census->live_max = MAX(census->live_max, live);
	census->recorded_addresses += op->kind == OP_VMAP_ALLOC && op->flags & OP_HAS_ADDR;
	census->recorded_failures += (op->flags & OP_FAILED) != 0;
	if (op->flags & OP_HAS_T) {
		census->has_t = true;
		census->last_t_ns = MAX(census->last_t_ns, op->t_ns);
	}
	if (role == ID_NONE || op->flags & OP_LAZY)
		return;
	if (op->slot >= census->bytes->len)
		g_array_set_size(census->bytes, op->slot + 1);
	uint64_t *bytes = &g_array_index(census->bytes, uint64_t, op->slot);

	if (role == ID_MADE) {
		*bytes = op->kind == OP_VMAP_ALLOC || op->kind == OP_VMAP_SEED ? op->vmap.size : 0;
		census->bytes_live += *bytes;
		census->bytes_live_max = MAX(census->bytes_live_max, census->bytes_live);
	} else {
		census->bytes_live -= *bytes;
	}
}

static bool read_all(struct op_stream *stream, struct census *census, GError **error)
{
	enum source_next next = SOURCE_OP;
	struct op op;

	while (!*interrupt_flag() &&
	       (next = op_stream_next(stream, ANY_CPU, &op, error)) == SOURCE_OP) {
		take_census(census, &op, op_stream_live(stream));
		if (op_id_role(op.kind) == ID_ENDED)
			op_stream_release(stream, op.slot);
		op_clear(&op);
	}
	if (next == SOURCE_OP)
		set_interrupted_error(error);
	return next == SOURCE_END;
}

static void print_header(const struct trace_header *header)
{
	printf("cpus            %u\n", header->cpus);
	printf("window          0x%" G_GINT64_MODIFIER "x-0x%" G_GINT64_MODIFIER "x%s\n",
	       header->vstart, header->vend,
	       header->vstart_given || header->vend_given ? "" : " (default)");
	printf("lazy_max_pages  %" G_GUINT64_FORMAT "%s\n", header->lazy_max_pages,
	       header->lazy_max_pages_given ? "" : " (default)");
	for (unsigned i = 0; header->memory && i < header->memory->zones->len; i++) {
		const struct memory_zone *zone = memory_map_zone(header->memory, i);

		printf("zone            %s, pfns %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT
		       ", %u holes\n",
		       zone->name, zone->start_pfn, zone->end_pfn, zone->holes->len);
	}
	if (header->origin)
		printf("origin          %s\n", header->origin);
}

static void print_census(struct op_stream *stream, const struct census *census)
{
	const uint64_t *kinds = op_stream_kinds(stream);
	g_autofree char *digest = op_stream_digest(stream);

	printf("ops             %" G_GUINT64_FORMAT "\n", census->ops);
	for (unsigned kind = 0; kind < OP_KINDS; kind++) {
		if (kinds[kind])
			printf("  %-13s %" G_GUINT64_FORMAT "\n", op_kind_name(kind), kinds[kind]);
	}
	if (census->has_t)
		printf("duration        %" G_GUINT64_FORMAT ".%09" G_GUINT64_FORMAT " s\n",
		       census->last_t_ns / NS_PER_S, census->last_t_ns % NS_PER_S);
	else
		printf("duration        no time stamps\n");
	printf("live at most    %" G_GUINT64_FORMAT " ids, %" G_GUINT64_FORMAT
	       " KiB of address space\n",
	       census->live_max, census->bytes_live_max / 1024);
	printf("live at the end %" G_GUINT64_FORMAT " ids\n", op_stream_live(stream));
	printf("recorded        %" G_GUINT64_FORMAT " addresses, %" G_GUINT64_FORMAT " failures\n",
	       census->recorded_addresses, census->recorded_failures);
	printf("digest          %s\n", digest);
}

static void print_faults(struct op_stream *stream)
{
	const uint64_t *faults = op_stream_faults(stream);

	for (unsigned i = 0; i < OP_FAULTS; i++) {
		if (faults[i])
			printf("left out        %" G_GUINT64_FORMAT " ops: %s\n", faults[i],
			       op_fault_name(i));
	}
}

static bool survey(struct op_source *source, bool lenient, bool info, GError **error)
{
	struct census census = {.bytes = g_array_new(FALSE, TRUE, sizeof(uint64_t))};
	struct op_stream *stream = op_stream_new(source, source->header.cpus, lenient);
	bool ok = read_all(stream, &census, error);

	if (ok && info) {
		print_header(&source->header);
		print_census(stream, &census);
	} else if (ok) {
		printf("valid: %" G_GUINT64_FORMAT " ops\n", census.ops);
	}
	if (ok)
		print_faults(stream);
	if (source->unknown_keys)
		fprintf(stderr,
			"warning: %" G_GUINT64_FORMAT " unknown keys ignored, the first at %s\n",
			source->unknown_keys, source->first_unknown_key);
	op_stream_free(stream);
	g_array_unref(census.bytes);
	return ok;
}

static bool head(struct op_source *source, uint64_t n, bool lenient, GError **error)
{
	struct trace_writer *writer = trace_writer_open("-", &source->header, error);
	struct op_stream *stream = op_stream_new(source, source->header.cpus, lenient);
	enum source_next next = SOURCE_OP;
	struct op op;

	while (!trace_writer_failed(writer) && n-- &&
	       (next = op_stream_next(stream, ANY_CPU, &op, error)) == SOURCE_OP) {
		trace_writer_put(writer, &op);
		op_clear(&op);
	}
	op_stream_free(stream);
	return trace_writer_commit(writer, next == SOURCE_ERROR ? NULL : error) &&
	       next != SOURCE_ERROR;
}

static void do_trace(const char *verb, const char *path, const char *lines, bool lenient,
		     GError **error)
{
	uint64_t n = 10;

	if (strcmp(verb, "info") && strcmp(verb, "validate") && strcmp(verb, "head")) {
		set_usage_error(error, "'%s': expected info, validate or head", verb);
		return;
	}
	if (lines && !parse_u64(lines, &n)) {
		set_usage_error(error, "-n %s: expected a number", lines);
		return;
	}
	struct reader *reader = reader_open(path, error);
	struct op_source *source = reader ? trace_source_new(reader, error) : NULL;

	if (source && !strcmp(verb, "head"))
		head(source, n, lenient, error);
	else if (source)
		survey(source, lenient, !strcmp(verb, "info"), error);
	op_source_destroy(source);
}

static int run(const struct command *command, int argc, char **argv, GError **error)
{
	gboolean lenient = FALSE;
	char *lines = NULL;
	const GOptionEntry entries[] = {
		{"lines", 'n', 0, G_OPTION_ARG_STRING, &lines, "ops that head shows (default 10)",
		 "N"},
		{"lenient", 0, 0, G_OPTION_ARG_NONE, &lenient, "count and skip bad ops", NULL},
		G_OPTION_ENTRY_NULL};

	if (cli_parse(command, entries, &argc, &argv, 2, 2, error))
		do_trace(argv[1], argv[2], lines, lenient, error);
	g_free(lines);
	return EXIT_DONE;
}

const struct command command_trace = {
	.name = "trace",
	.arguments = "info|validate|head TRACE",
	.summary = "look at a trace",
	.run = run,
};
