// SPDX-License-Identifier: GPL-2.0-or-later
/* What is recorded of a page allocator: zones, pageblocks, requests by order, counters. */
#include "sim/metrics/recorder.h"
#include "sim/metrics/zone_figures.h"

/* A machine of which only its state is asked: zone i has value + i free chunks of order 3. */
static void sample_zone(void *model, unsigned zone, struct zone_sample *sample)
{
	sample->nr_free[LIST_MOVABLE][3] = *(uint64_t *)model + zone;
}

static void blocks(void *model, unsigned zone, block_fn fn, void *ctx)
{
	for (uint64_t i = 0; i < 4; i++)
		fn(ctx, &(struct block_sample){.pfn = zone * 4096 + i * 512,
					       .free = (uint16_t)(*(uint64_t *)model)});
}

static void read_counters(void *model, uint64_t *values)
{
	values[0] = *(uint64_t *)model * 10;
	values[1] = 7;
}

static const struct model_counter counters[] = {{"first", ""}, {"second", ""}, {NULL, NULL}};
static const struct model_ops ops = {.name = "machine",
				     .sample_zone = sample_zone,
				     .blocks = blocks,
				     .counters = counters,
				     .read_counters = read_counters};

static struct memory_map *two_zones(void)
{
	struct memory_map *map = memory_map_new();

	memory_map_add_zone(map, "DMA32", 0, 2048);
	memory_map_add_zone(map, "Normal", 4096, 6144);
	return map;
}

static void feed(struct recorder *recorder, enum op_kind kind, int order, enum op_status status)
{
	struct op op = {.kind = (uint8_t)kind};
	char name[] = "half";

	if (kind == OP_MARK)
		op.mark = name;
	else
		op.page.order = (int8_t)order;
	recorder_op(recorder,
		    &(struct op_record){.op = &op, .status = status, .latency_cycles = 100});
}

static void test_state(void)
{
	uint64_t value = 5;
	struct memory_map *map = two_zones();
	struct recorder *recorder = recorder_new(
		&(struct recorder_config){.model_ops = &ops, .model = &value, .memory = map});

	feed(recorder, OP_PAGE_SEED, 0, STATUS_OK);
	recorder_begin(recorder);
	value = 8;
	feed(recorder, OP_PAGE_ALLOC, 0, STATUS_OK);
	feed(recorder, OP_MARK, 0, STATUS_OK);
	value = 9;
	const struct figures *figures =
		recorder_finish(recorder, &(struct engine_totals){.end_cycles = 500});

	g_assert_cmpuint(figures->n_zones, ==, 2);
	g_assert_cmpuint(figures->zones_start[1].nr_free[LIST_MOVABLE][3], ==, 6);
	g_assert_cmpuint(series_zones(figures->series, 0)[0].nr_free[LIST_MOVABLE][3], ==, 8);
	g_assert_cmpuint(
		series_zones(figures->series, figures->series->n - 1)[1].nr_free[LIST_MOVABLE][3],
		==, 10);
	g_assert_cmpuint(figures->counters[0], ==, 90);
	g_assert_cmpuint(figures->counters[1], ==, 7);

	static const struct {
		const char *name;
		uint64_t ops;
		unsigned free;
	} moments[] = {{"start", 0, 5}, {"half", 2, 8}, {"end", 2, 9}};

	g_assert_cmpuint(figures->blocks->moments->len, ==, G_N_ELEMENTS(moments));
	for (unsigned i = 0; i < G_N_ELEMENTS(moments); i++) {
		const struct block_moment *moment = figures->blocks->moments->pdata[i];
		const struct block_line *last =
			&g_array_index(moment->blocks, struct block_line, 7);

		g_assert_cmpstr(moment->name, ==, moments[i].name);
		g_assert_cmpuint(moment->ops, ==, moments[i].ops);
		g_assert_cmpuint(moment->blocks->len, ==, 8);
		g_assert_cmpuint(last->zone, ==, 1);
		g_assert_cmpuint(last->block.free, ==, moments[i].free);
	}
	recorder_free(recorder);
	memory_map_free(map);
}

/* At most so many marks; the end is always there. */
static void test_marks(void)
{
	uint64_t value = 1;
	struct memory_map *map = two_zones();
	struct recorder *recorder = recorder_new(
		&(struct recorder_config){.model_ops = &ops, .model = &value, .memory = map});

	for (unsigned i = 0; i < BLOCK_MAPS_MARKS + 3; i++)
		feed(recorder, OP_MARK, 0, STATUS_OK);
	const struct figures *figures = recorder_finish(recorder, &(struct engine_totals){0});
	const GPtrArray *moments = figures->blocks->moments;

	g_assert_cmpuint(figures->blocks->left_out, ==, 3);
	g_assert_cmpuint(moments->len, ==, BLOCK_MAPS_MARKS + 2);
	g_assert_cmpstr(((struct block_moment *)moments->pdata[moments->len - 1])->name, ==, "end");
	recorder_free(recorder);
	memory_map_free(map);
}

static void test_orders(void)
{
	static const enum op_status results[] = {STATUS_OK, STATUS_OK, STATUS_FAIL, STATUS_OOPS};
	struct recorder *recorder =
		recorder_new(&(struct recorder_config){.model_ops = &(struct model_ops){0}});

	for (unsigned i = 0; i < G_N_ELEMENTS(results); i++)
		feed(recorder, OP_PAGE_ALLOC, 9, results[i]);
	feed(recorder, OP_PAGE_SEED, 9, STATUS_OK);
	feed(recorder, OP_COMPACT, -1, STATUS_OK);
	const struct figures *figures = recorder_finish(recorder, &(struct engine_totals){0});

	g_assert_cmpuint(figures->orders[9].granted.count, ==, 2);
	g_assert_cmpuint(figures->orders[9].refused.count, ==, 1);
	g_assert_cmpuint(figures->orders[0].granted.count, ==, 0);
	g_assert_cmpuint(figures->n_zones, ==, 0);
	g_assert_null(figures->blocks);
	g_assert_null(figures->counters);
	recorder_free(recorder);
}

/* Derived figures: 3 chunks of order 0 and one of order 10 in two zones. */
static void test_zone_figures(void)
{
	struct zone_sample zones[2] = {{.blocks = {[LIST_MOVABLE] = 3}, .mixed_blocks = 1},
				       {.blocks = {[LIST_UNMOVABLE] = 2}, .mixed_blocks = 4}};

	zones[0].nr_free[LIST_MOVABLE][0] = 3;
	zones[1].nr_free[LIST_UNMOVABLE][10] = 1;
	struct zone_sample all = zone_samples_sum(zones, 2);
	struct zone_figures figures = zone_figures_of(&all);

	g_assert_cmpuint(all.mixed_blocks, ==, 5);
	g_assert_cmpuint(figures.blocks, ==, 5);
	g_assert_cmpuint(figures.free_pages, ==, 1027);
	g_assert_cmpuint(figures.suitable_9, ==, 2);
	g_assert_cmpint(figures.unusable_index[9], ==, 3 * 1000 / 1027);
	g_assert_cmpint(figures.extfrag_index[9], ==, -1000);
	figures = zone_figures_of(&zones[0]);
	g_assert_cmpint(figures.unusable_index[9], ==, 1000);
	g_assert_cmpint(figures.extfrag_index[1], ==, 1000 - (1000 + 3 * 1000 / 2) / 3);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pages/state", test_state);
	g_test_add_func("/pages/marks", test_marks);
	g_test_add_func("/pages/orders", test_orders);
	g_test_add_func("/pages/zone-figures", test_zone_figures);
	return g_test_run();
}
