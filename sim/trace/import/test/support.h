/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_IMPORT_TEST_SUPPORT_H
#define KMSIM_TRACE_IMPORT_TEST_SUPPORT_H

/* What the tests of the importers share: a folder to write in, and traces read back as words. */

#include "sim/base/error.h"
#include "sim/trace/import/import.h"
#include "sim/trace/jsonl.h"
#include "sim/trace/op_names.h"
#include "sim/trace/op_stream.h"

#include <glib/gstdio.h>
#include <string.h>

struct imported {
	struct import_account account;
	struct trace_header header; /* of the trace written */
	GString *ops;		    /* a line an op, without times */
	GArray *t_ns;		    /* uint64_t, of the ops that have one */
	uint64_t kinds[OP_KINDS];
	GError *error; /* NULL: all went well */
};

static char *folder;

static inline char *in_folder(const char *name)
{
	return g_build_filename(folder, name, NULL);
}

static inline char *put_file(const char *name, const char *text)
{
	char *path = in_folder(name);

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	return path;
}

static inline void describe_gfp(GString *out, uint32_t gfp)
{
	for (unsigned bit = 0; gfp_names[bit]; bit++) {
		if (gfp & 1u << bit)
			g_string_append_printf(out, "+%s", gfp_names[bit]);
	}
}

/* What only page ops have. */
static inline void describe_page(GString *out, const struct op *op)
{
	static const struct {
		uint32_t flag;
		const char *word;
	} flags[] = {{OP_THP, " thp"}, {OP_LRU, " lru"}, {OP_WHOLE_ZONE, " whole"}};

	g_string_append_printf(out, " o%d %.1s", op->page.order, migratetype_names[op->page.mt]);
	if (op->flags & OP_HAS_ZONE)
		g_string_append_printf(out, " zone%u", op->page.zone);
	if (op->kind == OP_COMPACT)
		g_string_append_printf(out, " %s", compact_mode_names[op->page.mode]);
	if (op->flags & OP_HAS_GFP)
		describe_gfp(out, op->page.gfp);
	for (size_t i = 0; i < G_N_ELEMENTS(flags); i++) {
		if (op->flags & flags[i].flag)
			g_string_append(out, flags[i].word);
	}
}

static inline void describe(GString *out, const struct op *op)
{
	g_string_append_printf(out, "%s", op_kind_name(op->kind));
	if (op->kind == OP_VMAP_PURGE)
		g_string_append_printf(out, " n=%" G_GUINT64_FORMAT " why=%u", op->purge.n,
				       op->purge.why);
	else if (op->kind != OP_COMPACT)
		g_string_append_printf(out, " %" G_GUINT64_FORMAT, op->id);
	if (op->kind == OP_PAGE_ALLOC || op->kind == OP_PAGE_SEED || op->kind == OP_COMPACT)
		describe_page(out, op);
	if (op->kind == OP_VMAP_ALLOC)
		g_string_append_printf(out, " %" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT,
				       op->vmap.size, op->vmap.align);
	if (op->kind == OP_VMAP_SEED)
		g_string_append_printf(out, " %" G_GUINT64_FORMAT, op->vmap.size);
	if (op->flags & OP_HAS_VSTART)
		g_string_append_printf(out, " from=%" G_GINT64_MODIFIER "x", op->vmap.vstart);
	if (op->flags & OP_HAS_VEND)
		g_string_append_printf(out, " to=%" G_GINT64_MODIFIER "x", op->vmap.vend);
	if (op->flags & OP_HAS_ADDR)
		g_string_append_printf(out, " @%" G_GINT64_MODIFIER "x", op->addr);
	if (op->flags & OP_FAILED)
		g_string_append(out, " failed");
	if (op->flags & OP_LAZY)
		g_string_append(out, " lazy");
	if (!op_is_seed(op))
		g_string_append_printf(out, " cpu%u", op->cpu);
	g_string_append_c(out, '\n');
}

/* Every trace that an importer writes must pass the judge of traces. */
static inline void read_back(struct imported *imported, const char *path)
{
	GError *error = NULL;
	struct reader *reader = reader_open(path, &error);
	struct op_source *source = reader ? jsonl_source_new(reader, &error) : NULL;
	enum source_next next;
	struct op op;

	g_assert_no_error(error);
	struct op_stream *stream = op_stream_new(source, source->header.cpus, false);

	imported->header = source->header;
	imported->header.origin = g_strdup(source->header.origin);
	if (source->header.memory)
		imported->header.memory = memory_map_copy(source->header.memory);
	if (source->header.recorded)
		g_array_ref(source->header.recorded);
	while ((next = op_stream_next(stream, ANY_CPU, &op, &error)) == SOURCE_OP) {
		describe(imported->ops, &op);
		imported->kinds[op.kind]++;
		if (op.flags & OP_HAS_T)
			g_array_append_val(imported->t_ns, op.t_ns);
		op_clear(&op);
	}
	g_assert_no_error(error);
	g_assert_cmpint(next, ==, SOURCE_END);
	op_stream_free(stream);
	op_source_destroy(source);
}

static inline struct imported *import_with(const char *path, const struct import_options *options)
{
	struct imported *imported = g_new0(struct imported, 1);
	g_autofree char *out = in_folder("out.jsonl");

	imported->ops = g_string_new(NULL);
	imported->t_ns = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	bool ok = import_recording(path, options, out, &imported->account, &imported->error);

	g_assert_cmpint(ok, ==, !imported->error);
	g_assert_cmpint(ok, ==, g_file_test(out, G_FILE_TEST_EXISTS));
	if (ok)
		read_back(imported, out);
	g_unlink(out);
	return imported;
}

static inline struct imported *import_file(const char *path, const char *vmallocinfo)
{
	return import_with(path, &(struct import_options){.vmallocinfo = vmallocinfo});
}

static inline void imported_free(struct imported *imported)
{
	import_account_clear(&imported->account);
	g_clear_error(&imported->error);
	trace_header_clear(&imported->header);
	g_string_free(imported->ops, TRUE);
	g_array_unref(imported->t_ns);
	g_free(imported);
}

static inline uint64_t unused_count(const struct import_account *account, const char *name)
{
	for (guint i = 0; i < account->unused->len; i++) {
		const struct import_unused *kind =
			&g_array_index(account->unused, struct import_unused, i);

		if (!strcmp(kind->name, name))
			return kind->count;
	}
	return 0;
}

/* Nothing may go missing between what was read and what became of it. */
static inline void assert_adds_up(const struct import_account *account)
{
	uint64_t sum = account->events_used + account->events_counted + account->frees_unknown +
		       account->page_frees_unknown + account->page_frees_in_compaction +
		       account->pages_migrated + account->bad_events.count;

	for (guint i = 0; i < account->unused->len; i++)
		sum += g_array_index(account->unused, struct import_unused, i).count;
	g_assert_cmpuint(sum, ==, account->events);
}

/* Times agree but for their resolution, which may be as coarse as a microsecond. */
static inline void check_same_times(const GArray *a, const GArray *b)
{
	g_assert_cmpuint(a->len, ==, b->len);
	for (guint i = 0; i < a->len; i++) {
		int64_t apart =
			(int64_t)(g_array_index(a, uint64_t, i) - g_array_index(b, uint64_t, i));

		g_assert_cmpint(ABS(apart), <=, 1000);
	}
}

/* A figure of what the machine did itself; −1: not there. */
static inline int64_t recorded_figure(const struct imported *imported, const char *name)
{
	const GArray *recorded = imported->header.recorded;

	for (guint i = 0; recorded && i < recorded->len; i++) {
		const struct recorded_count *count =
			&g_array_index(recorded, struct recorded_count, i);

		if (!strcmp(count->name, name))
			return (int64_t)count->value;
	}
	return -1;
}

static inline int run_in_folder(void)
{
	folder = g_dir_make_tmp("kmsim-test-XXXXXX", NULL);
	int status = g_test_run();

	GDir *dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = in_folder(name);

		g_unlink(path);
	}
	g_dir_close(dir);
	g_assert_cmpint(g_rmdir(folder), ==, 0);
	g_free(folder);
	return status;
}

#endif
