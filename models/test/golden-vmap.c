// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * golden-vmap [FILE…]: compare vmap-busylist and vmap-augtree with what the kernel's own code
 * answered (docs/architecture.md, "Golden data"). One TAP line a file.
 */
#include "models/builtin.h"
#include "models/model_run.h"
#include "sim/base/error.h"
#include "sim/base/param.h"
#include "sim/base/reader.h"
#include "sim/base/units.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define DATA_DIR "models/test/data/vmap"

struct golden {
	struct model_run run;
	struct reader *reader;
	bool augtree;
	GHashTable *slots; /* id → slot + 1 */
	uint32_t n_slots;
	uint64_t compared, wrong;
	char *first_wrong;
};

static uint64_t number(json_t *line, const char *key)
{
	json_t *json = json_object_get(line, key);
	uint64_t value = (uint64_t)json_integer_value(json);

	if (json_is_real(json)) /* align 2^63, see run_lines() */
		value = (uint64_t)json_real_value(json);
	if (json_is_string(json) && !parse_u64(json_string_value(json), &value))
		value = 0;
	return value;
}

static void compare(struct golden *golden, const char *what, uint64_t got, uint64_t expected)
{
	golden->compared++;
	if (got == expected)
		return;
	if (!golden->wrong++)
		golden->first_wrong = g_strdup_printf(
			"line %" G_GUINT64_FORMAT ": %s is %" G_GUINT64_FORMAT
			" (0x%" G_GINT64_MODIFIER "x), should be %" G_GUINT64_FORMAT
			" (0x%" G_GINT64_MODIFIER "x)",
			reader_line_number(golden->reader), what, got, got, expected, expected);
}

static void compare_text(struct golden *golden, const char *what, const char *got,
			 const char *expected)
{
	golden->compared++;
	if (!g_strcmp0(got, expected))
		return;
	if (!golden->wrong++)
		golden->first_wrong =
			g_strdup_printf("line %" G_GUINT64_FORMAT ": %s is %s, should be %s",
					reader_line_number(golden->reader), what,
					got ? got : "none", expected ? expected : "none");
}

static uint64_t lazy_pages(struct golden *golden)
{
	struct vmap_sample sample;

	golden->run.ops->sample_vmap(golden->run.model, &sample);
	return sample.lazy_pages;
}

static void do_alloc(struct golden *golden, json_t *line)
{
	struct op op = {.kind = OP_VMAP_ALLOC, .id = number(line, "id"), .slot = golden->n_slots};
	const char *expected = json_string_value(json_object_get(line, "addr"));

	op.vmap.size = number(line, "size");
	op.vmap.align = number(line, "align");
	if (json_object_get(line, "vstart")) {
		op.flags = OP_HAS_VSTART | OP_HAS_VEND;
		op.vmap.vstart = number(line, "vstart");
		op.vmap.vend = number(line, "vend");
	}
	int result = model_run_op(&golden->run, &op);
	const struct call *call = &golden->run.call;

	compare(golden, "success", result == CALL_DONE, expected != NULL);
	if (expected && result == CALL_DONE)
		compare(golden, "addr", call->addr, number(line, "addr"));
	compare(golden, golden->augtree ? "visit" : "walk", call->steps,
		number(line, golden->augtree ? "visit" : "walk"));
	if (golden->augtree) {
		compare(golden, "climb", golden->run.work[STEP_FREE_CLIMB], number(line, "climb"));
		compare_text(golden, "fit", result == CALL_DONE ? call->note_value : NULL,
			     json_string_value(json_object_get(line, "fit")));
	}
	if (result == CALL_DONE)
		g_hash_table_insert(golden->slots, GSIZE_TO_POINTER(op.id),
				    GUINT_TO_POINTER(++golden->n_slots));
}

static void do_free(struct golden *golden, json_t *line)
{
	struct op op = {.kind = OP_VMAP_FREE, .id = number(line, "id")};
	unsigned slot =
		GPOINTER_TO_UINT(g_hash_table_lookup(golden->slots, GSIZE_TO_POINTER(op.id)));

	compare(golden, "id known", slot != 0, 1);
	if (!slot)
		return;
	op.slot = slot - 1;
	compare(golden, "free", model_run_op(&golden->run, &op) == CALL_DONE, 1);
}

/* Only the explicit ones are ops; a threshold purge must have emptied the lazy list just now. */
static void do_purge(struct golden *golden, json_t *line)
{
	const char *why = json_string_value(json_object_get(line, "why"));
	struct op op = {.kind = OP_VMAP_PURGE};

	if (!g_strcmp0(why, "explicit")) {
		compare(golden, "purged pages", lazy_pages(golden), number(line, "pages"));
		model_run_op(&golden->run, &op);
	} else if (!g_strcmp0(why, "overflow")) {
		compare(golden, "pages to purge", lazy_pages(golden), number(line, "pages"));
		return;
	}
	compare(golden, "lazy pages after the purge", lazy_pages(golden), 0);
}

static void do_check(struct golden *golden, json_t *line)
{
	g_autofree char *message = golden->run.ops->check(golden->run.model);
	struct vmap_sample sample;

	golden->run.ops->sample_vmap(golden->run.model, &sample);
	compare_text(golden, "invariant", message, NULL);
	compare(golden, "busy", sample.busy_areas, number(line, "busy"));
	compare(golden, "lazy_pages", sample.lazy_pages, number(line, "lazy_pages"));
	compare(golden, "free", sample.free_blocks, number(line, "free"));
	compare(golden, "largest_free", sample.largest_free_bytes, number(line, "largest_free"));
	compare(golden, "total_free", sample.total_free_bytes, number(line, "total_free"));
	if (golden->augtree)
		compare(golden, "tree", sample.tree_nodes, number(line, "tree"));
}

static const struct {
	const char *name;
	void (*run)(struct golden *golden, json_t *line);
} line_kinds[] = {{"alloc", do_alloc}, {"free", do_free}, {"purge", do_purge}, {"check", do_check}};

static bool do_line(struct golden *golden, json_t *line, GError **error)
{
	const char *name = json_string_value(json_object_get(line, "op"));

	for (unsigned i = 0; i < G_N_ELEMENTS(line_kinds); i++) {
		if (!g_strcmp0(name, line_kinds[i].name)) {
			line_kinds[i].run(golden, line);
			return true;
		}
	}
	set_input_error(error, "unknown op");
	return false;
}

static bool begin(struct golden *golden, json_t *header, GError **error)
{
	const char *format = json_string_value(json_object_get(header, "format"));
	const char *kernel = json_string_value(json_object_get(header, "kernel"));
	struct param_value params[PARAM_MAX];

	if (g_strcmp0(format, "vmap-oracle") ||
	    (g_strcmp0(kernel, "v5.1-busylist") && g_strcmp0(kernel, "v5.2-augtree"))) {
		set_input_error(error, "not a file of the vmap family");
		return false;
	}
	golden->augtree = !strcmp(kernel, "v5.2-augtree");
	const struct model_ops *ops = golden->augtree ? &vmap_augtree : &vmap_busylist;

	param_defaults(ops->params, params);
	return model_run_init(&golden->run, ops,
			      (struct model_env){
				      .cpus = 1,
				      .vstart = number(header, "vstart"),
				      .vend = number(header, "vend"),
				      .lazy_max_pages = number(header, "lazy_max_pages"),
				      .params = params,
			      },
			      error);
}

static bool run_lines(struct golden *golden, GError **error)
{
	const char *text;
	size_t length;
	int got;
	bool ok = true;

	while (ok && (got = reader_line(golden->reader, &text, &length, error)) > 0) {
		/* an alignment of 2^63 is no JSON integer for jansson, but exact as a real */
		json_t *line = json_loadb(text, length, 0, NULL);

		if (!line)
			line = json_loadb(text, length, JSON_DECODE_INT_AS_REAL, NULL);
		if (!line) {
			set_input_error(error, "not JSON");
			return false;
		}
		ok = golden->run.model ? do_line(golden, line, error) : begin(golden, line, error);
		json_decref(line);
	}
	if (ok && got == 0 && !golden->compared) {
		set_input_error(error, "nothing to compare");
		return false;
	}
	return ok && got == 0;
}

/* One TAP line; true if every answer was right. */
static bool golden_file(const char *path, unsigned n)
{
	struct golden golden = {.slots = g_hash_table_new(NULL, NULL)};
	g_autoptr(GError) error = NULL;
	bool understood = false;

	golden.reader = reader_open(path, &error);
	if (golden.reader)
		understood = run_lines(&golden, &error);
	bool ok = understood && !golden.wrong;

	printf("%sok %u - %s: %" G_GUINT64_FORMAT " answers compared, %" G_GUINT64_FORMAT
	       " wrong\n",
	       ok ? "" : "not ", n, path, golden.compared, golden.wrong);
	if (golden.first_wrong)
		printf("# first: %s\n", golden.first_wrong);
	if (!understood)
		printf("# not understood: %s\n", error ? error->message : "unreadable");
	model_run_clear(&golden.run);
	reader_close(golden.reader);
	g_hash_table_unref(golden.slots);
	g_free(golden.first_wrong);
	return ok;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char **shipped_files(void)
{
	GPtrArray *paths = g_ptr_array_new();
	g_autoptr(GDir) dir = g_dir_open(DATA_DIR, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		g_ptr_array_add(paths, g_build_filename(DATA_DIR, name, NULL));
	g_ptr_array_sort(paths, by_name);
	g_ptr_array_add(paths, NULL);
	return (char **)g_ptr_array_free(paths, FALSE);
}

int main(int argc, char **argv)
{
	g_auto(GStrv) paths = argc > 1 ? g_strdupv(argv + 1) : shipped_files();
	unsigned n = g_strv_length(paths), wrong = 0;

	if (!n) {
		printf("1..1\nnot ok 1 - no data in " DATA_DIR "\n");
		return 1;
	}
	printf("1..%u\n", n);
	for (unsigned i = 0; i < n; i++)
		wrong += !golden_file(paths[i], i + 1);
	return wrong != 0;
}
