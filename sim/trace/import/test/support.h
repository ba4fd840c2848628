/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_IMPORT_TEST_SUPPORT_H
#define KMSIM_TRACE_IMPORT_TEST_SUPPORT_H

/* What the tests of the importers share: a folder to write in, and traces read back as words. */

#include "sim/base/error.h"
#include "sim/trace/import/import.h"
#include "sim/trace/jsonl.h"
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

static inline void describe(GString *out, const struct op *op)
{
	g_string_append_printf(out, "%s", op_kind_name(op->kind));
	if (op->kind == OP_VMAP_PURGE)
		g_string_append_printf(out, " n=%" G_GUINT64_FORMAT " why=%u", op->purge.n,
				       op->purge.why);
	else
		g_string_append_printf(out, " %" G_GUINT64_FORMAT, op->id);
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

static inline struct imported *import_file(const char *path, const char *vmallocinfo)
{
	struct imported *imported = g_new0(struct imported, 1);
	struct import_options options = {.vmallocinfo = vmallocinfo};
	g_autofree char *out = in_folder("out.jsonl");

	imported->ops = g_string_new(NULL);
	imported->t_ns = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	bool ok = import_recording(path, &options, out, &imported->account, &imported->error);

	g_assert_cmpint(ok, ==, !imported->error);
	g_assert_cmpint(ok, ==, g_file_test(out, G_FILE_TEST_EXISTS));
	if (ok)
		read_back(imported, out);
	g_unlink(out);
	return imported;
}

static inline void imported_free(struct imported *imported)
{
	import_account_clear(&imported->account);
	g_clear_error(&imported->error);
	g_free(imported->header.origin);
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
	uint64_t sum = account->events_used + account->frees_unknown + account->bad_events.count;

	for (guint i = 0; i < account->unused->len; i++)
		sum += g_array_index(account->unused, struct import_unused, i).count;
	g_assert_cmpuint(sum, ==, account->events);
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
