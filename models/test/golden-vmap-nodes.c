// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * golden-vmap-nodes [FILE…]: compare vmap-nodes with what the kernel's own code answered, and with
 * what a machine did (docs/model-vmap-nodes.md, "Golden data").
 */
#include "models/builtin.h"
#include "models/model_run.h"
#include "models/test/golden.h"
#include "models/vmap/nodes.h"
#include "sim/base/error.h"
#include "sim/base/param.h"

#include <stdio.h>
#include <string.h>

#define DATA_DIR "models/test/data/vmap-nodes"

struct world {
	struct model_run run;
	GHashTable *slots; /* id → slot + 1 */
	uint32_t n_slots;
	bool recorded;
	bool own_drains;     /* the model wakes them itself */
	uint64_t drains;     /* that have been compared */
	uint64_t misaligned; /* heads that did not suit, so far */
	json_t *overflow;    /* what the next request's full purge does; NULL: it has none */
};

static struct nodes *nodes_of(struct world *world)
{
	return world->run.model;
}

static uint64_t number(const json_t *line, const char *key)
{
	const json_t *json = json_object_get(line, key);
	uint64_t value = (uint64_t)json_integer_value(json);

	if (json_is_string(json) && !parse_u64(json_string_value(json), &value))
		value = 0;
	return value;
}

static void compare_count(struct golden *golden, const char *what, uint64_t got, const json_t *line,
			  const char *key)
{
	golden_number(golden, what, (int64_t)got, golden_int(line, key));
}

static void compare_by_node(struct golden *golden, struct world *world, const json_t *line,
			    const char *key, const uint64_t *got)
{
	const json_t *expected = json_object_get(line, key);
	int64_t numbers[NODES_MAX];

	if (!expected)
		return;
	for (uint32_t i = 0; i < nodes_of(world)->n_nodes; i++)
		numbers[i] = (int64_t)got[i];
	golden_numbers(golden, key, numbers, nodes_of(world)->n_nodes, expected);
}

static void compare_report(struct golden *golden, struct world *world, const json_t *line,
			   enum purge_kind kind)
{
	const struct purge_report *report = &nodes_of(world)->purge.report;

	golden_number(golden, "kind of the last purge", report->kind, kind);
	if (kind != PURGE_IS_SHRINK)
		compare_count(golden, "purged areas", report->areas, line, "n");
	if (json_object_get(line, "pages"))
		compare_count(golden, "purged pages", report->pages, line, "pages");
	if (json_object_get(line, "start")) {
		golden_address(golden, "start of the flush", report->start, number(line, "start"));
		golden_address(golden, "end of the flush", report->end, number(line, "end"));
	}
	compare_count(golden, "helpers", report->helpers, line, "helpers");
	compare_by_node(golden, world, line, "decayed", report->decayed);
	compare_by_node(golden, world, line, "to_pool", report->to_pool);
	compare_by_node(golden, world, line, "to_tree", report->to_tree);
}

/* The full purge that the data tell of before the request that made it. */
static void compare_overflow(struct golden *golden, struct world *world)
{
	bool purged = world->run.call.scratch[SCRATCH_PURGED];

	golden_number(golden, "full purge", purged, world->overflow != NULL);
	if (purged && world->overflow)
		compare_report(golden, world, world->overflow, PURGE_IS_OVERFLOW);
	g_clear_pointer(&world->overflow, json_decref);
}

/* Where a request was met, and what the search was like. */
static void compare_search(struct golden *golden, struct world *world, const json_t *line,
			   bool done)
{
	const struct call *call = &world->run.call;
	const char *src = json_string_value(json_object_get(line, "src"));
	uint64_t misaligned = nodes_of(world)->counters[COUNTER_POOL_MISALIGNED];
	bool pool = !g_strcmp0(call->note_key, "src");
	bool asked = call->op->kind == OP_VMAP_ALLOC || src;

	if (asked)
		golden_text(golden, "src", pool ? "pool" : "tree", src);
	compare_count(golden, "visit", call->steps, line, "visit");
	compare_count(golden, "climb", world->run.work[STEP_FREE_CLIMB], line, "climb");
	golden_text(golden, "fit", done && !pool ? call->note_value : NULL,
		    json_string_value(json_object_get(line, "fit")));
	compare_count(golden, "moved", misaligned - world->misaligned, line, "moved");
	world->misaligned = misaligned;
}

static void perform(struct golden *golden, struct world *world, struct op *op, const json_t *line,
		    const char *key)
{
	op->id = number(line, "id");
	op->cpu = (uint16_t)number(line, "cpu");
	op->slot = world->n_slots;
	bool done = model_run_op(&world->run, op) == CALL_DONE;

	bool met = !json_is_null(json_object_get(line, key));

	golden_number(golden, "success", done, met);
	if (done && met)
		golden_address(golden, key, world->run.call.addr, number(line, key));
	if (done)
		g_hash_table_insert(world->slots, GSIZE_TO_POINTER(op->id),
				    GUINT_TO_POINTER(++world->n_slots));
	compare_overflow(golden, world);
	if (!world->recorded && op->kind != OP_PCPU_ALLOC)
		compare_search(golden, world, line, done);
}

static void do_alloc(struct golden *golden, struct world *world, const json_t *line)
{
	struct op op = {.kind = OP_VMAP_ALLOC};

	op.vmap.size = number(line, "size");
	op.vmap.align = number(line, "align");
	if (json_object_get(line, "vstart")) {
		op.flags = OP_HAS_VSTART | OP_HAS_VEND;
		op.vmap.vstart = number(line, "vstart");
		op.vmap.vend = number(line, "vend");
	}
	perform(golden, world, &op, line, "addr");
}

static void do_map_ram(struct golden *golden, struct world *world, const json_t *line)
{
	struct op op = {.kind = OP_MAP_RAM};

	op.ram.pages = number(line, "pages");
	perform(golden, world, &op, line, "addr");
	compare_count(golden, "new_block", world->run.call.scratch[SCRATCH_BLOCK] != 0, line,
		      "new_block");
}

static void do_pcpu_alloc(struct golden *golden, struct world *world, const json_t *line)
{
	const json_t *offsets = json_object_get(line, "offsets");
	const json_t *sizes = json_object_get(line, "sizes");
	size_t n = json_array_size(offsets);
	g_autofree struct op_pcpu *pcpu =
		g_malloc0(sizeof(*pcpu) + n * sizeof(struct op_pcpu_area));
	struct op op = {.kind = OP_PCPU_ALLOC, .pcpu = pcpu};

	pcpu->align = number(line, "align");
	pcpu->n_areas = (uint32_t)n;
	for (size_t i = 0; i < n; i++) {
		pcpu->area[i].offset = (uint64_t)json_integer_value(json_array_get(offsets, i));
		pcpu->area[i].size = (uint64_t)json_integer_value(json_array_get(sizes, i));
	}
	perform(golden, world, &op, line, "base");
}

static void end_of(struct golden *golden, struct world *world, const json_t *line,
		   enum op_kind kind)
{
	struct op op = {.kind = (uint8_t)kind, .id = number(line, "id")};
	unsigned slot =
		GPOINTER_TO_UINT(g_hash_table_lookup(world->slots, GSIZE_TO_POINTER(op.id)));

	golden_number(golden, "id known", slot != 0, 1);
	if (!slot)
		return;
	op.slot = slot - 1;
	op.cpu = (uint16_t)number(line, "cpu");
	golden_number(golden, "free", model_run_op(&world->run, &op), CALL_DONE);
}

static void do_free(struct golden *golden, struct world *world, const json_t *line)
{
	end_of(golden, world, line, OP_VMAP_FREE);
}

static void do_unmap_ram(struct golden *golden, struct world *world, const json_t *line)
{
	end_of(golden, world, line, OP_UNMAP_RAM);
	compare_count(golden, "block_freed", world->run.call.scratch[SCRATCH_BLOCK] != 0, line,
		      "block_freed");
}

static void do_pcpu_free(struct golden *golden, struct world *world, const json_t *line)
{
	end_of(golden, world, line, OP_PCPU_FREE);
}

/* A drain that the model woke has run when its line comes; others are ops. */
static void do_purge(struct golden *golden, struct world *world, const json_t *line)
{
	const char *why = json_string_value(json_object_get(line, "why"));
	struct op op = {.kind = OP_VMAP_PURGE};

	if (!g_strcmp0(why, "overflow")) {
		world->overflow = json_incref((json_t *)line);
		return;
	}
	if (!g_strcmp0(why, "shrink"))
		op.kind = OP_SHRINK;
	bool drain = !g_strcmp0(why, "drain");

	if (drain)
		op.purge.why = PURGE_DRAIN;
	if (!drain || !world->own_drains)
		model_run_op(&world->run, &op);
	world->drains += drain;
	compare_report(golden, world, line,
		       drain		      ? PURGE_IS_DRAIN
		       : op.kind == OP_SHRINK ? PURGE_IS_SHRINK
					      : PURGE_IS_ALIASES);
}

/* The first half of a purge that in the recording is spread over requests. */
static void do_purge_detach(struct golden *golden, struct world *world, const json_t *line)
{
	struct op op = {.kind = OP_VMAP_PURGE};
	uint64_t purging = 0;

	op.purge.why = PURGE_DETACH;
	golden_number(golden, "detach", model_run_op(&world->run, &op), CALL_DONE);
	for (uint32_t i = 0; i < nodes_of(world)->n_nodes; i++)
		purging += nodes_of(world)->nodes[i].purging.n;
	compare_count(golden, "detached areas", purging, line, "n");
}

static void do_check(struct golden *golden, struct world *world, const json_t *line)
{
	const struct nodes *nodes = nodes_of(world);
	g_autofree char *message = world->run.ops->check(world->run.model);
	struct vmap_sample sample;
	uint64_t counters[NODES_COUNTERS], pool_len[NODES_MAX];

	world->run.ops->sample_vmap(world->run.model, &sample);
	world->run.ops->read_counters(world->run.model, counters);
	for (uint32_t i = 0; i < nodes->n_nodes; i++)
		pool_len[i] = nodes->nodes[i].pools.areas;
	golden_text(golden, "invariant", message, NULL);
	compare_count(golden, "busy", nodes->busy_areas, line, "busy");
	compare_count(golden, "lazy", nodes->lazy_areas, line, "lazy");
	compare_count(golden, "lazy_pages", sample.lazy_pages, line, "lazy_pages");
	compare_count(golden, "pooled", counters[COUNTER_NR_POOLED_AREAS], line, "pooled");
	compare_count(golden, "pool_pages", counters[COUNTER_NR_POOLED_PAGES], line, "pool_pages");
	compare_by_node(golden, world, line, "pool_len", pool_len);
	compare_count(golden, "tree", sample.tree_nodes, line, "tree");
	compare_count(golden, "tree_free", sample.total_free_bytes, line, "tree_free");
	compare_count(golden, "tree_largest", sample.largest_free_bytes, line, "tree_largest");
}

static const struct {
	const char *name;
	void (*run)(struct golden *golden, struct world *world, const json_t *line);
} line_kinds[] = {
	{"alloc", do_alloc},	       {"free", do_free},
	{"map_ram", do_map_ram},       {"unmap_ram", do_unmap_ram},
	{"pcpu_alloc", do_pcpu_alloc}, {"pcpu_free", do_pcpu_free},
	{"purge", do_purge},	       {"purge_detach", do_purge_detach},
	{"check", do_check},
};

static bool begin(struct golden *golden, struct world *world, const json_t *header, GError **error)
{
	const char *format = json_string_value(json_object_get(header, "format"));
	const char *kernel = json_string_value(json_object_get(header, "kernel"));
	struct param_value params[PARAM_MAX];

	if (g_strcmp0(format, "vmap-oracle") || g_strcmp0(kernel, "v6.12-nodes")) {
		set_input_error(error, "not a file of the vmap-nodes family");
		return false;
	}
	world->recorded = json_object_get(header, "source") != NULL;
	world->own_drains = !world->recorded && !golden_int(header, "drain_delay");
	param_defaults(vmap_nodes.params, params);
	const struct model_env env = {
		.cpus = (uint32_t)golden_int(header, "nr_cpus"),
		.vstart = number(header, "vstart"),
		.vend = number(header, "vend"),
		.lazy_max_pages = number(header, "lazy_max_pages"),
		.params = params,
	};

	if (!param_set(vmap_nodes.params, params, "vmap-nodes", "version", "v6.12", error) ||
	    !param_set(vmap_nodes.params, params, "vmap-nodes", "drain",
		       world->own_drains ? "own" : "trace", error) ||
	    !model_run_init(&world->run, &vmap_nodes, env, error))
		return false;
	compare_count(golden, "nodes", nodes_of(world)->n_nodes, header, "nr_nodes");
	return true;
}

static bool do_line(struct golden *golden, json_t *line, void *data, GError **error)
{
	const char *name = json_string_value(json_object_get(line, "op"));
	struct world *world = data;

	if (!world->run.model)
		return begin(golden, world, line, error);
	for (unsigned i = 0; i < G_N_ELEMENTS(line_kinds); i++) {
		if (!g_strcmp0(name, line_kinds[i].name)) {
			line_kinds[i].run(golden, world, line);
			return true;
		}
	}
	set_input_error(error, "unknown op");
	return false;
}

static bool run(struct golden *golden, GError **error)
{
	struct world world = {.slots = g_hash_table_new(NULL, NULL)};
	bool ok = golden_lines(golden, do_line, &world, error);

	if (ok && world.run.model)
		golden_number(golden, "drains", (int64_t)nodes_of(&world)->counters[COUNTER_DRAINS],
			      (int64_t)world.drains);
	model_run_clear(&world.run);
	g_clear_pointer(&world.overflow, json_decref);
	g_hash_table_unref(world.slots);
	return ok;
}

int main(int argc, char **argv)
{
	return golden_main(argc, argv, DATA_DIR, run);
}
