// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/test/collect.h"

#define MODULES_ONLY                                                                               \
	"module_churn,module_share=100,buffer_share=0,ioremap_share=0,live=1,module_max=64"

static bool is_alloc(const struct op *op)
{
	return op->kind == OP_VMAP_ALLOC;
}

static bool in_modules(const struct op *op)
{
	return is_alloc(op) && op->flags & OP_HAS_VSTART;
}

static bool refuse_modules(const struct op *op)
{
	return !in_modules(op);
}

/* The second step: image, core and init part, the image goes, buffers, the init part goes. */
static void test_load(void)
{
	GArray *ops = collect(MODULES_ONLY ",steps=2,resident=0", 1, NULL);
	const struct op *image = op_at(ops, 1), *core = op_at(ops, 2), *init = op_at(ops, 3);
	guint last = ops->len - 1;

	g_assert_cmpuint(ops->len, >=, 6);
	g_assert_true(is_alloc(image) && !in_modules(image));
	g_assert_cmpuint(image->vmap.align, ==, 1);
	g_assert_true(in_modules(core) && in_modules(init));
	g_assert_cmphex(core->vmap.vstart, ==, 0xffffffffc0000000);
	g_assert_cmphex(core->vmap.vend, ==, 0xffffffffff000000);
	g_assert_cmpuint(core->vmap.align, ==, PAGE_SIZE);
	g_assert_cmpuint(core->vmap.size, >=, 3 * PAGE_SIZE);
	g_assert_cmpuint(image->vmap.size, >, core->vmap.size);
	g_assert_cmpuint(init->vmap.size, <, core->vmap.size);
	g_assert_cmpuint(op_at(ops, 4)->kind, ==, OP_VMAP_FREE);
	g_assert_cmpuint(op_at(ops, 4)->id, ==, image->id);
	for (guint i = 5; i < last; i++)
		g_assert_true(is_alloc(op_at(ops, i)) && !in_modules(op_at(ops, i)));
	g_assert_cmpuint(op_at(ops, last)->kind, ==, OP_VMAP_FREE);
	g_assert_cmpuint(op_at(ops, last)->id, ==, init->id);
	g_array_unref(ops);
}

/* Areas of the module window alive after each op: least and most in the second half. */
static void module_areas(const GArray *ops, guint *least, guint *most)
{
	GHashTable *live = g_hash_table_new(g_int64_hash, g_int64_equal);

	*least = G_MAXUINT;
	*most = 0;
	for (guint i = 0; i < ops->len; i++) {
		const struct op *op = op_at(ops, i);

		if (in_modules(op))
			g_hash_table_add(live, (void *)&op->id);
		else if (op->kind == OP_VMAP_FREE)
			g_hash_table_remove(live, &op->id);
		*most = MAX(*most, g_hash_table_size(live));
		if (i >= ops->len / 2)
			*least = MIN(*least, g_hash_table_size(live));
	}
	g_hash_table_unref(live);
}

static void test_residents_stay(void)
{
	GArray *ops = collect(MODULES_ONLY ",steps=3000,modules=10,resident=50", 1, NULL);
	guint least, most;

	module_areas(ops, &least, &most);
	g_assert_cmpuint(least, ==, 5);	    /* the residents */
	g_assert_cmpuint(most, ==, 10 + 1); /* all, and the init part of the last one loaded */
	g_array_unref(ops);
}

static void test_fallback(void)
{
	GArray *ops = collect(MODULES_ONLY ",steps=200,fallback=vmalloc", 1, refuse_modules);
	guint refused = 0;

	for (guint i = 0; i < ops->len; i++) {
		const struct op *op = op_at(ops, i);

		if (!in_modules(op))
			continue;
		refused++;
		g_assert_true(is_alloc(op + 1) && !in_modules(op + 1));
		g_assert_cmpuint(op[1].vmap.size, ==, op->vmap.size);
		g_assert_cmpuint(op[1].id, !=, op->id);
	}
	g_assert_cmpuint(refused, >, 100);
	g_assert_cmpuint(count_kind(ops, OP_MARK), ==, 0);
	g_array_unref(ops);
}

static void test_failed_loads(void)
{
	GArray *ops = collect(MODULES_ONLY ",steps=51", 1, refuse_modules);

	/* one ordinary area, then 50 loads: image, core refused, image freed */
	g_assert_cmpuint(count_kind(ops, OP_VMAP_ALLOC), ==, 1 + 50 * 2);
	g_assert_cmpuint(count_kind(ops, OP_VMAP_FREE), ==, 50);
	g_assert_cmpuint(count_kind(ops, OP_MARK), ==, 50);
	g_assert_cmpuint(count_marks(ops, "load:50:failed"), ==, 1);
	g_array_unref(ops);
}

static void test_until_fail(void)
{
	GArray *ops = collect(MODULES_ONLY ",steps=51,until=fail", 1, refuse_modules);

	g_assert_cmpuint(ops->len, ==, 1 + 2 + 1 + 1);
	g_assert_cmpstr(op_at(ops, 3)->mark, ==, "load:1:failed");
	g_assert_cmpuint(op_at(ops, 4)->kind, ==, OP_VMAP_FREE);
	g_assert_cmpuint(op_at(ops, 4)->id, ==, op_at(ops, 1)->id);
	g_array_unref(ops);
}

static void test_device_mappings(void)
{
	GArray *ops = collect("module_churn,module_share=0,buffer_share=0,ioremap_share=100,live=1,"
			      "arch=arm32,ioremap_max=16384,steps=2000",
			      1, NULL);
	guint capped = 0;

	for (guint i = 1; i < ops->len; i++) {
		const struct op *op = op_at(ops, i);
		uint64_t size = op->vmap.size - PAGE_SIZE;

		if (!is_alloc(op))
			continue;
		g_assert_true(is_power_of_two(op->vmap.align));
		g_assert_cmpuint(op->vmap.align, <=, 16 << 20);
		if (size <= 16 << 20) {
			g_assert_cmpuint(op->vmap.align, >=, size);
			g_assert_cmpuint(op->vmap.align, <, 2 * size);
		}
		capped += size > 16 << 20;
	}
	g_assert_cmpuint(capped, >, 10);
	g_array_unref(ops);
}

static void test_arm32(void)
{
	struct op_source *source = source_of("arm32_modules,steps=6000", 1);
	GArray *ops = collect_from(source, ANY_CPU, NULL);
	guint modules = 0;

	g_assert_cmphex(source->header.vstart, ==, 0xf0000000);
	g_assert_cmphex(source->header.vend, ==, 0xff000000);
	for (guint i = 0; i < ops->len; i++) {
		if (!in_modules(op_at(ops, i)))
			continue;
		modules++;
		g_assert_cmphex(op_at(ops, i)->vmap.vstart, ==, 0xbf000000);
	}
	g_assert_cmpuint(modules, >, 500);
	op_source_destroy(source);
	g_array_unref(ops);
}

/* Areas at the end of a run in which every module leaves something behind, or none does. */
static guint live_at_end(const char *spec)
{
	GArray *ops = collect(spec, 1, NULL);
	guint live = count_kind(ops, OP_VMAP_ALLOC) - count_kind(ops, OP_VMAP_FREE);

	g_array_unref(ops);
	return live;
}

static void test_leftovers(void)
{
	guint none = live_at_end(MODULES_ONLY ",steps=1001,modules=10,resident=0");
	guint every = live_at_end(MODULES_ONLY ",steps=1001,modules=10,resident=0,leftover=100");

	g_assert_cmpuint(none, <=, 1 + 10 * 5);
	g_assert_cmpuint(every, >=, 450); /* half of the steps are loads */
	g_assert_cmpuint(live_at_end("arm32_modules,steps=6000,leftover=0,until=end"), <,
			 live_at_end("arm32_modules,steps=6000"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/module_churn/load", test_load);
	g_test_add_func("/module_churn/residents-stay", test_residents_stay);
	g_test_add_func("/module_churn/fallback", test_fallback);
	g_test_add_func("/module_churn/failed-loads", test_failed_loads);
	g_test_add_func("/module_churn/until-fail", test_until_fail);
	g_test_add_func("/module_churn/device-mappings", test_device_mappings);
	g_test_add_func("/module_churn/arm32", test_arm32);
	g_test_add_func("/module_churn/leftovers", test_leftovers);
	return g_test_run();
}
