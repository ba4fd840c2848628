// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/breakdown.h"

#include <string.h>

/* Every step is in a group, every group has a name of its own. */
static void test_groups(void)
{
	for (unsigned step = 0; step < STEPS; step++)
		g_assert_cmpint(step_cost_group((enum step)step), !=, COST_NONE);
	for (unsigned a = COST_NONE + 1; a < COST_GROUPS; a++) {
		g_assert_cmpuint(strlen(cost_group_label((enum cost_group)a)), >, 0);
		for (unsigned b = COST_NONE + 1; b < a; b++)
			g_assert_cmpstr(cost_group_label((enum cost_group)a), !=,
					cost_group_label((enum cost_group)b));
	}
}

/* A variant as far as it matters: a clock of 1 GHz, so that a cycle is a nanosecond. */
static json_t *variant(void)
{
	static const char text[] =
		"{'clock_hz': 1000000000,"
		" 'ops': {'vmap_alloc': {'latency': {'count': 10}},"
		"         'vmap_free': {'latency': {'count': 0}}},"
		" 'breakdown': {'ops': {"
		"   'vmap_alloc': {'total_cycles': 1000, 'before_cycles': 50,"
		"     'steps': {'list_hop': 300, 'busy_visit': 100, 'busy_line': 100,"
		"               'random_bytes': 40, 'rebalance': 0},"
		"     'lock_cycles': 20, 'slowed_cycles': 30, 'waits': {'a': 400, 'b': 2},"
		"     'rounding_cycles': 8},"
		"   'vmap_free': {'total_cycles': 0, 'before_cycles': 0, 'steps': {},"
		"     'lock_cycles': 0, 'slowed_cycles': 0, 'waits': {}}},"
		"  'background': {'total_cycles': 0}},"
		" 'sections': {'list': ["
		"   {'name': 'test:x', 'cpu': 0, 'ops': 4, 'total_cycles': 100, 'breakdown':"
		"     {'total_cycles': 80, 'steps': {'page_zero': 80}, 'idle_cycles': 20}},"
		"   {'name': 'y', 'cpu': 0, 'ops': 0, 'total_cycles': 0, 'breakdown': {}},"
		"   {'name': 'test:x', 'cpu': 1, 'ops': 6, 'total_cycles': 900, 'breakdown':"
		"     {'total_cycles': 900, 'steps': {'page_zero': 900}, 'idle_cycles': 0}}]}}";
	g_autofree char *json = g_strdelimit(g_strdup(text), "'", '"');
	json_t *root = json_loads(json, 0, NULL);

	g_assert_nonnull(root);
	return root;
}

static void test_ops(void)
{
	json_t *root = variant();
	g_autoptr(GArray) ops = breakdown_of_ops(root);
	const struct breakdown *alloc = &g_array_index(ops, struct breakdown, 0);

	g_assert_cmpuint(ops->len, ==, 1); /* what took no time is not there */
	g_assert_cmpstr(alloc->name, ==, "vmap_alloc");
	g_assert_cmpuint(alloc->count, ==, 10);
	g_assert_cmpuint(alloc->total_cycles, ==, 1000);
	g_assert_cmpuint(alloc->before_cycles, ==, 50);
	g_assert_cmpuint(alloc->parts[COST_LIST], ==, 300);
	g_assert_cmpuint(alloc->parts[COST_BUSY_TREE], ==, 200);
	g_assert_cmpuint(alloc->parts[COST_CALLER], ==, 40);
	g_assert_cmpuint(alloc->parts[COST_LOCKS], ==, 20);
	g_assert_cmpuint(alloc->parts[COST_SLOWED], ==, 30);
	g_assert_cmpuint(alloc->parts[COST_WAITING], ==, 402);
	g_assert_cmpuint(alloc->parts[COST_IDLE], ==, 0);
	json_decref(root);
}

/* All CPUs together, with the time in which they were idle. */
static void test_sections(void)
{
	json_t *root = variant();
	g_autoptr(GArray) sections = breakdown_of_sections(root);
	const struct breakdown *x = &g_array_index(sections, struct breakdown, 0);

	g_assert_cmpuint(sections->len, ==, 1);
	g_assert_cmpstr(x->name, ==, "x");
	g_assert_cmpuint(x->count, ==, 10);
	g_assert_cmpuint(x->total_cycles, ==, 1000);
	g_assert_cmpuint(x->parts[COST_CLEARING], ==, 980);
	g_assert_cmpuint(x->parts[COST_IDLE], ==, 20);
	json_decref(root);
}

static void test_tables(void)
{
	json_t *root = variant(), *nothing = json_object();
	g_autofree char *ops = breakdown_ops_table(root);
	g_autofree char *sections = breakdown_sections_table(root);
	g_autofree char *none = breakdown_ops_table(nothing);

	g_assert_cmpstr(ops, ==,
			"                        vmap_alloc\n"
			"ops                             10\n"
			"caller's random numbers       4 ns   4%\n"
			"busy list walked             30 ns  30%\n"
			"busy tree searched           20 ns  20%\n"
			"locks taken                   2 ns   2%\n"
			"slowed by others              3 ns   3%\n"
			"waiting for locks          40.2 ns  40%\n"
			"  a                          40 ns  40%\n"
			"  b                        0.20 ns  <1%\n"
			"total                       100 ns 100%\n"
			"  without the caller's       95 ns  95%\n");
	g_assert_nonnull(strstr(sections, "\nidle                       2 ns   2%\n"));
	g_assert_null(strstr(sections, "without"));
	g_assert_cmpstr(none, ==, "");
	json_decref(root);
	json_decref(nothing);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/breakdown/groups", test_groups);
	g_test_add_func("/breakdown/ops", test_ops);
	g_test_add_func("/breakdown/sections", test_sections);
	g_test_add_func("/breakdown/tables", test_tables);
	return g_test_run();
}
