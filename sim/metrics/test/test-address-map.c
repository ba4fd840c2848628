// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/metrics/address_map.h"

#include "sim/base/units.h"

#define VSTART UINT64_C(0xffffc90000000000)
#define VEND   UINT64_C(0xffffe8ffffffffff)
#define GIB    (UINT64_C(1) << 30)

/* A model that is nothing but a list of ranges, and how often they were asked for. */
struct ranges {
	unsigned n;
	struct {
		uint64_t start, end;
	} range[20000];
	unsigned calls;
};

static void busy_ranges(void *model, uint64_t start, uint64_t end, busy_range_fn fn, void *ctx)
{
	struct ranges *ranges = model;

	ranges->calls++;
	for (unsigned i = 0; i < ranges->n; i++) {
		if (ranges->range[i].start < end && ranges->range[i].end > start)
			fn(ctx, ranges->range[i].start, ranges->range[i].end);
	}
}

static const struct model_ops ranges_ops = {.busy_ranges = busy_ranges};

static void put(struct ranges *ranges, uint64_t start, uint64_t bytes)
{
	ranges->range[ranges->n].start = start;
	ranges->range[ranges->n++].end = start + bytes;
}

static void test_cells(void)
{
	struct ranges *ranges = g_new0(struct ranges, 1);
	struct address_map *map = address_map_new(VSTART, VEND);

	/* 512 pages in all: two pages a row */
	put(ranges, VSTART - PAGE_SIZE, 2 * PAGE_SIZE); /* half of it lies before the window */
	g_assert_cmpuint(address_map_add(map, 1, 10, &ranges_ops, ranges), ==, 2);
	put(ranges, VSTART + 4 * PAGE_SIZE, 3 * PAGE_SIZE);
	put(ranges, VSTART + 511 * PAGE_SIZE, PAGE_SIZE);
	address_map_add(map, 2, 20, &ranges_ops, ranges);

	g_autofree struct address_grid *grid = address_map_grid(map);

	g_assert_cmphex(grid->low, ==, VSTART);
	g_assert_cmpuint(grid->row_bytes, ==, 2 * PAGE_SIZE);
	g_assert_cmpuint(grid->n_rows, ==, 256);
	g_assert_cmpuint(grid->n_columns, ==, 2);
	g_assert_cmpuint(grid->outside_bytes, ==, 0);
	g_assert_cmpuint(grid->columns[0].permille[0], ==, 500);
	g_assert_cmpuint(grid->columns[0].permille[2], ==, 0);
	g_assert_cmpuint(grid->columns[1].permille[0], ==, 500);
	g_assert_cmpuint(grid->columns[1].permille[1], ==, 0);
	g_assert_cmpuint(grid->columns[1].permille[2], ==, 1000);
	g_assert_cmpuint(grid->columns[1].permille[3], ==, 500);
	g_assert_cmpuint(grid->columns[1].permille[255], ==, 500);
	g_assert_cmpuint(grid->columns[1].t_cycles, ==, 20);
	address_map_free(map);
	g_free(ranges);
}

/* What lies far off is cut away and counted. */
static void test_cut(void)
{
	struct ranges *ranges = g_new0(struct ranges, 1);
	struct address_map *map = address_map_new(VSTART, VEND);

	put(ranges, VSTART, 100 * PAGE_SIZE);
	put(ranges, VSTART + GIB, 200 * PAGE_SIZE); /* near enough */
	put(ranges, VEND + 1 - 64 * PAGE_SIZE, 64 * PAGE_SIZE);
	address_map_add(map, 1, 0, &ranges_ops, ranges);

	g_autofree struct address_grid *grid = address_map_grid(map);

	g_assert_cmphex(grid->low, ==, VSTART);
	g_assert_cmpuint(grid->n_rows * grid->row_bytes, >=, GIB + 200 * PAGE_SIZE);
	g_assert_cmpuint(grid->n_rows * grid->row_bytes, <, 2 * GIB);
	/* vend is one short of a page boundary, so is what the window holds */
	g_assert_cmpuint(grid->outside_bytes, ==, 64 * PAGE_SIZE - 1);
	address_map_free(map);
	g_free(ranges);
}

/* More runs than a column may have: gaps close, busy bytes stay right. */
static void test_many_runs(void)
{
	enum {
		N = 20000
	};
	struct ranges *ranges = g_new0(struct ranges, 1);
	struct address_map *map = address_map_new(VSTART, VEND);

	for (unsigned i = 0; i < N; i++)
		put(ranges, VSTART + i * 4 * PAGE_SIZE, PAGE_SIZE);
	address_map_add(map, 1, 0, &ranges_ops, ranges);

	g_autofree struct address_grid *grid = address_map_grid(map);
	uint64_t busy_milli_bytes = 0;

	for (unsigned row = 0; row < grid->n_rows; row++) {
		if (row + 1 < grid->n_rows) /* the last one goes beyond the range */
			g_assert_cmpuint(grid->columns[0].permille[row], >=, 245);
		g_assert_cmpuint(grid->columns[0].permille[row], <=, 255);
		busy_milli_bytes += grid->columns[0].permille[row] * grid->row_bytes;
	}
	/* each row is rounded up to a thousandth of its size */
	g_assert_cmpuint(busy_milli_bytes, >=, N * PAGE_SIZE * 1000);
	g_assert_cmpuint(busy_milli_bytes, <=,
			 N * PAGE_SIZE * 1000 + grid->n_rows * grid->row_bytes);
	address_map_free(map);
	g_free(ranges);
}

static void test_decimation(void)
{
	struct ranges *ranges = g_new0(struct ranges, 1);
	struct address_map *map = address_map_new(VSTART, VEND);
	uint64_t due = 1;

	for (uint64_t op = 1; op <= 100000; op++) {
		ranges->n = 0;
		put(ranges, VSTART, op * PAGE_SIZE);
		if (op == due)
			due = address_map_add(map, op, op, &ranges_ops, ranges);
	}
	address_map_add(map, 100000, 100000, &ranges_ops, ranges);

	g_autofree struct address_grid *grid = address_map_grid(map);
	uint64_t step = grid->columns[0].ops;

	g_assert_cmpuint(grid->n_columns, >, ADDRESS_MAP_COLUMNS / 2 - 2);
	g_assert_cmpuint(grid->n_columns, <=, ADDRESS_MAP_COLUMNS);
	for (unsigned i = 1; i + 1 < grid->n_columns; i++)
		g_assert_cmpuint(grid->columns[i].ops, ==, (i + 1) * step);
	g_assert_cmpuint(grid->columns[grid->n_columns - 1].ops, ==, 100000);
	g_assert_cmpuint(ranges->calls, <, 64 * 11 + 65);
	address_map_free(map);
	g_free(ranges);
}

/* A crowded space is looked at less often. */
static void test_budget(void)
{
	enum {
		N = 20000,
		OPS = 1000000
	};
	struct ranges *ranges = g_new0(struct ranges, 1);
	struct address_map *map = address_map_new(VSTART, VEND);
	uint64_t due = 1;

	for (unsigned i = 0; i < N; i++)
		put(ranges, VSTART + i * 2 * PAGE_SIZE, PAGE_SIZE);
	for (uint64_t op = 1; op <= OPS; op++) {
		if (op == due)
			due = address_map_add(map, op, op, &ranges_ops, ranges);
	}
	g_assert_cmpuint((uint64_t)ranges->calls * N, <=, (UINT64_C(2) << 20) + OPS + N);
	g_assert_cmpuint(ranges->calls, >, 100);
	address_map_free(map);
	g_free(ranges);
}

static void test_never_busy(void)
{
	struct ranges *ranges = g_new0(struct ranges, 1);
	struct address_map *map = address_map_new(VSTART, VEND);

	address_map_add(map, 1, 0, &ranges_ops, ranges);

	g_autofree struct address_grid *grid = address_map_grid(map);

	g_assert_cmpuint(grid->n_rows, ==, 0);
	address_map_free(map);
	g_free(ranges);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/address-map/cells", test_cells);
	g_test_add_func("/address-map/cut", test_cut);
	g_test_add_func("/address-map/many-runs", test_many_runs);
	g_test_add_func("/address-map/decimation", test_decimation);
	g_test_add_func("/address-map/budget", test_budget);
	g_test_add_func("/address-map/never-busy", test_never_busy);
	return g_test_run();
}
