// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * golden-vmap [FILE…]: compare vmap-busylist and vmap-augtree with what the kernel's own code
 * answered (docs/architecture.md, "Golden data"). One TAP line a file.
 */
#include "models/builtin.h"
#include "models/model_run.h"
#include "models/test/golden.h"
#include "sim/base/error.h"
#include "sim/base/param.h"

#include <string.h>

#define DATA_DIR "models/test/data/vmap"

struct world {
	struct model_run run;
	struct golden *golden;
	bool augtree;
	GHashTable *slots; /* id → slot + 1 */
	uint32_t n_slots;
};

static uint64_t number(json_t *line, const char *key)
{
	json_t *json = json_object_get(line, key);
	uint64_t value = (uint64_t)json_integer_value(json);

	if (json_is_real(json)) /* align 2^63, see golden_lines() */
		value = (uint64_t)json_real_value(json);
	if (json_is_string(json) && !parse_u64(json_string_value(json), &value))
		value = 0;
	return value;
}

static void compare(struct world *world, const char *what, uint64_t got, uint64_t expected)
{
	golden_number(world->golden, what, (int64_t)got, (int64_t)expected);
}

static uint64_t lazy_pages(struct world *world)
{
	struct vmap_sample sample;

	world->run.ops->sample_vmap(world->run.model, &sample);
	return sample.lazy_pages;
}

static void do_alloc(struct world *world, json_t *line)
{
	struct op op = {.kind = OP_VMAP_ALLOC, .id = number(line, "id"), .slot = world->n_slots};
	const char *expected = json_string_value(json_object_get(line, "addr"));

	op.vmap.size = number(line, "size");
	op.vmap.align = number(line, "align");
	if (json_object_get(line, "vstart")) {
		op.flags = OP_HAS_VSTART | OP_HAS_VEND;
		op.vmap.vstart = number(line, "vstart");
		op.vmap.vend = number(line, "vend");
	}
	int result = model_run_op(&world->run, &op);
	const struct call *call = &world->run.call;

	compare(world, "success", result == CALL_DONE, expected != NULL);
	if (expected && result == CALL_DONE)
		golden_address(world->golden, "addr", call->addr, number(line, "addr"));
	compare(world, world->augtree ? "visit" : "walk", call->steps,
		number(line, world->augtree ? "visit" : "walk"));
	if (world->augtree) {
		compare(world, "climb", world->run.work[STEP_FREE_CLIMB], number(line, "climb"));
		golden_text(world->golden, "fit", result == CALL_DONE ? call->note_value : NULL,
			    json_string_value(json_object_get(line, "fit")));
	}
	if (result == CALL_DONE)
		g_hash_table_insert(world->slots, GSIZE_TO_POINTER(op.id),
				    GUINT_TO_POINTER(++world->n_slots));
}

static void do_free(struct world *world, json_t *line)
{
	struct op op = {.kind = OP_VMAP_FREE, .id = number(line, "id")};
	unsigned slot =
		GPOINTER_TO_UINT(g_hash_table_lookup(world->slots, GSIZE_TO_POINTER(op.id)));

	compare(world, "id known", slot != 0, 1);
	if (!slot)
		return;
	op.slot = slot - 1;
	compare(world, "free", model_run_op(&world->run, &op) == CALL_DONE, 1);
}

/* Only the explicit ones are ops; a threshold purge must have emptied the lazy list just now. */
static void do_purge(struct world *world, json_t *line)
{
	const char *why = json_string_value(json_object_get(line, "why"));
	struct op op = {.kind = OP_VMAP_PURGE};

	if (!g_strcmp0(why, "explicit")) {
		compare(world, "purged pages", lazy_pages(world), number(line, "pages"));
		model_run_op(&world->run, &op);
	} else if (!g_strcmp0(why, "overflow")) {
		compare(world, "pages to purge", lazy_pages(world), number(line, "pages"));
		return;
	}
	compare(world, "lazy pages after the purge", lazy_pages(world), 0);
}

static void do_check(struct world *world, json_t *line)
{
	g_autofree char *message = world->run.ops->check(world->run.model);
	struct vmap_sample sample;

	world->run.ops->sample_vmap(world->run.model, &sample);
	golden_text(world->golden, "invariant", message, NULL);
	compare(world, "busy", sample.busy_areas, number(line, "busy"));
	compare(world, "lazy_pages", sample.lazy_pages, number(line, "lazy_pages"));
	compare(world, "free", sample.free_blocks, number(line, "free"));
	compare(world, "largest_free", sample.largest_free_bytes, number(line, "largest_free"));
	compare(world, "total_free", sample.total_free_bytes, number(line, "total_free"));
	if (world->augtree)
		compare(world, "tree", sample.tree_nodes, number(line, "tree"));
}

static const struct {
	const char *name;
	void (*run)(struct world *world, json_t *line);
} line_kinds[] = {{"alloc", do_alloc}, {"free", do_free}, {"purge", do_purge}, {"check", do_check}};

static bool begin(struct world *world, json_t *header, GError **error)
{
	const char *format = json_string_value(json_object_get(header, "format"));
	const char *kernel = json_string_value(json_object_get(header, "kernel"));
	struct param_value params[PARAM_MAX];

	if (g_strcmp0(format, "vmap-oracle") ||
	    (g_strcmp0(kernel, "v5.1-busylist") && g_strcmp0(kernel, "v5.2-augtree"))) {
		set_input_error(error, "not a file of the vmap family");
		return false;
	}
	world->augtree = !strcmp(kernel, "v5.2-augtree");
	const struct model_ops *ops = world->augtree ? &vmap_augtree : &vmap_busylist;

	param_defaults(ops->params, params);
	return model_run_init(&world->run, ops,
			      (struct model_env){
				      .cpus = 1,
				      .vstart = number(header, "vstart"),
				      .vend = number(header, "vend"),
				      .lazy_max_pages = number(header, "lazy_max_pages"),
				      .params = params,
			      },
			      error);
}

static bool do_line(struct golden *golden G_GNUC_UNUSED, json_t *line, void *data, GError **error)
{
	const char *name = json_string_value(json_object_get(line, "op"));
	struct world *world = data;

	if (!world->run.model)
		return begin(world, line, error);
	for (unsigned i = 0; i < G_N_ELEMENTS(line_kinds); i++) {
		if (!g_strcmp0(name, line_kinds[i].name)) {
			line_kinds[i].run(world, line);
			return true;
		}
	}
	set_input_error(error, "unknown op");
	return false;
}

static bool run(struct golden *golden, GError **error)
{
	struct world world = {.golden = golden, .slots = g_hash_table_new(NULL, NULL)};
	bool ok = golden_lines(golden, do_line, &world, error);

	model_run_clear(&world.run);
	g_hash_table_unref(world.slots);
	return ok;
}

int main(int argc, char **argv)
{
	return golden_main(argc, argv, DATA_DIR, run);
}
