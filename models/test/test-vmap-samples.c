// SPDX-License-Identifier: GPL-2.0-or-later
/* What samples of the vmap models say of purges and pools, on random ops. */
#include "models/builtin.h"
#include "models/model_run.h"
#include "sim/base/rng.h"
#include "sim/base/units.h"

#include <string.h>

#define VSTART UINT64_C(0xffffc90000000000)
#define VEND   (VSTART + (UINT64_C(1) << 30))
#define SLOTS  200

struct which {
	const struct model_ops *ops;
	const char *version; /* NULL: the default */
};

static struct vmap_sample sample_of(struct model_run *run)
{
	struct vmap_sample sample = {0};

	run->ops->sample_vmap(run->model, &sample);
	return sample;
}

static uint64_t counter(struct model_run *run, const char *name)
{
	g_autofree uint64_t *values = NULL;
	unsigned n = 0, found = 0;

	for (; run->ops->counters[n].name; n++) {
		if (!strcmp(run->ops->counters[n].name, name))
			found = n;
	}
	values = g_new0(uint64_t, n);
	run->ops->read_counters(run->model, values);
	return values[found];
}

/* Classes end at powers of two, and all of them together are what the model counts. */
static void check_pools(struct model_run *run, const struct vmap_sample *sample)
{
	uint64_t areas = 0;

	g_assert_cmpint(sample->has_pools, ==, run->ops == &vmap_nodes);
	for (unsigned i = 0; i < POOL_CLASSES; i++)
		areas += sample->pooled_areas[i];
	g_assert_cmpuint(areas, ==, sample->has_pools ? counter(run, "nr_pooled_areas") : 0);
}

static void set_up(struct model_run *run, const struct which *which)
{
	struct param_value params[PARAM_MAX];
	GError *error = NULL;

	param_defaults(which->ops->params, params);
	if (which->version)
		param_set(which->ops->params, params, which->ops->name, "version", which->version,
			  &error);
	g_assert_no_error(error);
	model_run_init(run, which->ops,
		       (struct model_env){.cpus = 2,
					  .vstart = VSTART,
					  .vend = VEND,
					  .lazy_max_pages = LAZY_NONE,
					  .seed = 1,
					  .params = params},
		       &error);
	g_assert_no_error(error);
}

/* Only what is asked for purges: it counts where it has something to take, and else does not. */
static void test_purges(const void *data)
{
	struct model_run run;
	struct rng rng;
	bool live[SLOTS] = {false};
	uint64_t purges = 0;

	set_up(&run, data);
	rng_init(&rng, 5, "test-vmap-samples");
	for (unsigned i = 0; i < 6000; i++) {
		uint32_t slot = (uint32_t)rng_below(&rng, SLOTS);
		struct op op = {.slot = slot,
				.cpu = (uint16_t)rng_below(&rng, 2),
				.kind = live[slot] ? OP_VMAP_FREE : OP_VMAP_ALLOC,
				.vmap = {(1 + rng_below(&rng, 300)) * PAGE_SIZE, 1, 0, 0}};

		if (!rng_below(&rng, 60)) {
			op = (struct op){.kind = OP_VMAP_PURGE};
			purges += sample_of(&run).lazy_pages > 0;
		} else {
			live[slot] = !live[slot];
		}
		g_assert_cmpint(model_run_op(&run, &op), ==, CALL_DONE);
		struct vmap_sample sample = sample_of(&run);

		g_assert_cmpuint(sample.purges, ==, purges);
		check_pools(&run, &sample);
	}
	g_assert_cmpuint(purges, >, 50);
	model_run_clear(&run);
}

/* An area of so many pages is in the class that ends at or above them. */
static void test_classes(void)
{
	const struct which nodes = {&vmap_nodes, NULL};
	static const struct {
		uint64_t pages;
		unsigned class;
	} cases[] = {{1, 0}, {2, 1}, {3, 2}, {4, 2}, {5, 3}, {128, 7}, {129, 8}, {256, 8}};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct model_run run;
		struct op op = {.kind = OP_VMAP_ALLOC,
				.vmap = {cases[i].pages * PAGE_SIZE, 1, 0, 0}};

		set_up(&run, &nodes);
		/* the pools are filled by purges, with what came from a node */
		g_assert_cmpint(model_run_op(&run, &op), ==, CALL_DONE);
		op = (struct op){.kind = OP_VMAP_FREE};
		g_assert_cmpint(model_run_op(&run, &op), ==, CALL_DONE);
		op = (struct op){.kind = OP_VMAP_PURGE};
		g_assert_cmpint(model_run_op(&run, &op), ==, CALL_DONE);
		struct vmap_sample sample = sample_of(&run);

		for (unsigned class = 0; class < POOL_CLASSES; class ++)
			g_assert_cmpuint(sample.pooled_areas[class], ==, class == cases[i].class);
		model_run_clear(&run);
	}
}

int main(int argc, char **argv)
{
	static const struct which busylist = {&vmap_busylist, NULL},
				  augtree = {&vmap_augtree, NULL},
				  augtree_v6_1 = {&vmap_augtree, "v6.1"},
				  nodes = {&vmap_nodes, NULL};

	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/samples/purges/busylist", &busylist, test_purges);
	g_test_add_data_func("/samples/purges/augtree", &augtree, test_purges);
	g_test_add_data_func("/samples/purges/augtree-v6.1", &augtree_v6_1, test_purges);
	g_test_add_data_func("/samples/purges/nodes", &nodes, test_purges);
	g_test_add_func("/samples/pools/classes", test_classes);
	return g_test_run();
}
