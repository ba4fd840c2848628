// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmap-busylist: search=tree answers as search=walk does, op by op: addresses, failures and
 * areas stepped over, for all sizes, alignments and windows, and up to the last page of the
 * address space.
 */
#include "models/builtin.h"
#include "models/model_run.h"
#include "sim/base/rng.h"
#include "sim/base/units.h"

#include <string.h>

#define LIVE	     1500
#define CHECK_EVERY  1000
#define SAMPLE_EVERY 100

static void set_up(struct model_run *run, const char *search, const char *version, uint64_t lazy,
		   uint64_t vstart, uint64_t vend)
{
	struct param_value params[PARAM_MAX];
	GError *error = NULL;

	param_defaults(vmap_busylist.params, params);
	param_set(vmap_busylist.params, params, "", "search", search, &error);
	param_set(vmap_busylist.params, params, "", "version", version, &error);
	model_run_init(run, &vmap_busylist,
		       (struct model_env){.cpus = 1,
					  .vstart = vstart,
					  .vend = vend,
					  .lazy_max_pages = lazy,
					  .params = params},
		       &error);
	g_assert_no_error(error);
}

static const struct both_case {
	const char *name;
	uint64_t vstart, window_pages, lazy;
	uint64_t pages_max;
	unsigned align_bits; /* alignments up to 2^this */
	unsigned ops;
	const char *version;
} cases[] = {
	{"pages", UINT64_C(0xffffc90000000000), 1 << 20, 0, 100, 13, 400000, "v5.1"},
	{"lazy", UINT64_C(0xffffc90000000000), 1 << 20, 3000, 100, 13, 400000, "v5.1"},
	{"tight", UINT64_C(0xffffc90000000000), 1 << 14, 200, 60, 13, 200000, "v5.1"},
	{"large-alignments", UINT64_C(0xffffc90000000000), 1 << 17, 500, 60, 28, 200000, "v5.1"},
	{"any-alignment", UINT64_C(0xffffc90000000000), 1 << 17, 0, 60, 63, 100000, "v5.1"},
	{"low", UINT64_C(0x10000000), 1 << 15, 0, 60, 24, 100000, "v5.1"},
	/* up to 2^64 − 4097: sums wrap */
	{"top", -(UINT64_C(1) << 27), (1 << 15) - 1, 100, 2000, 20, 100000, "v5.1"},
};

static void random_request(struct rng *rng, const struct both_case *c, struct op *op)
{
	uint64_t shift = rng_below(rng, c->align_bits + 1);

	op->kind = OP_VMAP_ALLOC;
	op->vmap.size = (1 + rng_below(rng, rng_below(rng, 20) ? c->pages_max : c->window_pages)) *
			PAGE_SIZE;
	op->vmap.align = rng_below(rng, 2) ? 1 : UINT64_C(1) << shift;
	if (rng_below(rng, 5))
		return;
	/* a window of its own, its start on no page boundary now and then */
	op->flags = OP_HAS_VSTART | OP_HAS_VEND;
	op->vmap.vstart = c->vstart + rng_below(rng, c->window_pages) * PAGE_SIZE;
	op->vmap.vend = op->vmap.vstart + rng_below(rng, c->window_pages) * PAGE_SIZE;
	if (!rng_below(rng, 10))
		op->vmap.vstart += rng_below(rng, PAGE_SIZE);
	if (op->vmap.vend < op->vmap.vstart) /* beyond the last address */
		op->vmap.vend = UINT64_MAX;
}

static void assert_same(struct model_run *tree, struct model_run *walk, const struct op *op)
{
	int result = model_run_op(walk, op);

	g_assert_cmpint(model_run_op(tree, op), ==, result);
	g_assert_cmphex(tree->call.addr, ==, walk->call.addr);
	g_assert_cmpuint(tree->call.steps, ==, walk->call.steps);
}

static void assert_sound(struct model_run *run)
{
	g_autofree char *message = vmap_busylist.check(run->model);

	g_assert_cmpstr(message, ==, NULL);
}

static void assert_same_sample(struct model_run *tree, struct model_run *walk)
{
	struct vmap_sample a, b;

	vmap_busylist.sample_vmap(tree->model, &a);
	vmap_busylist.sample_vmap(walk->model, &b);
	g_assert_true(!memcmp(&a, &b, sizeof(a)));
}

static void test_both(gconstpointer data)
{
	const struct both_case *c = data;
	struct model_run tree, walk;
	bool live[LIVE] = {false};
	struct rng rng;

	rng_init(&rng, 7, c->name);
	set_up(&tree, "tree", c->version, c->lazy, c->vstart,
	       c->vstart + c->window_pages * PAGE_SIZE);
	set_up(&walk, "walk", c->version, c->lazy, c->vstart,
	       c->vstart + c->window_pages * PAGE_SIZE);
	for (unsigned i = 0; i < c->ops; i++) {
		uint32_t slot = (uint32_t)rng_below(&rng, LIVE);
		struct op op = {.kind = OP_VMAP_FREE, .slot = slot};

		if (!live[slot])
			random_request(&rng, c, &op);
		assert_same(&tree, &walk, &op);
		live[slot] = !live[slot] && tree.call.addr != NO_ADDR;
		if (i % CHECK_EVERY == 0)
			assert_sound(&tree);
		if (i % SAMPLE_EVERY == 0)
			assert_same_sample(&tree, &walk);
	}
	assert_sound(&tree);
	model_run_clear(&tree);
	model_run_clear(&walk);
}

/* An alignment that wraps behind a busy area crashes v4.20 in both. */
static void test_wrap_behind_area(void)
{
	const char *const searches[] = {"tree", "walk"};

	for (unsigned i = 0; i < G_N_ELEMENTS(searches); i++) {
		struct op op = {.kind = OP_VMAP_ALLOC};
		struct model_run run;

		set_up(&run, searches[i], "v4.20", 0, UINT64_C(0xffff800000000000),
		       UINT64_MAX - 4095);
		op.vmap.size = PAGE_SIZE;
		op.vmap.align = UINT64_C(1) << 47;
		for (op.slot = 0; op.slot < 3; op.slot++) {
			int result = model_run_op(&run, &op);

			g_assert_cmpint(result, ==, op.slot ? CALL_OOPS : CALL_DONE);
			if (op.slot)
				break;
		}
		model_run_clear(&run);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/busylist/both/%s", cases[i].name);

		g_test_add_data_func(path, &cases[i], test_both);
	}
	g_test_add_func("/busylist/wrap-behind-area", test_wrap_behind_area);
	return g_test_run();
}
