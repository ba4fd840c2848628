// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/metrics/address_map.h"

#include "sim/base/units.h"

#define FREE_VISITS   (UINT64_C(2) << 20)
#define CUT_GAP_BYTES (UINT64_C(1) << 30)
#define CUT_GAP_BUSY  4 /* times the busy bytes */

/* Sizes of gaps: up to a page, two, four … */
#define GAP_SIZES (64 - PAGE_SHIFT + 1)

/* [start, end) of which busy_bytes are busy: less than all where gaps were closed. */
struct run {
	uint64_t start, end, busy_bytes;
};

struct column {
	uint64_t ops, t_cycles;
	unsigned n;
	struct run *runs;
};

struct address_map {
	uint64_t vstart, vend;
	uint64_t every;	 /* ops between columns */
	uint64_t visits; /* busy ranges visited so far */
	unsigned n;
	struct column columns[ADDRESS_MAP_COLUMNS];
	/*
	 * The column being taken. More runs than a column has are collected first, so that those
	 * are gone through once for many.
	 */
	uint64_t close_bytes; /* gaps up to this size are closed */
	struct run *last;     /* of the runs so far; the one at 0 where there is none */
	/* from 1 on; at 0 is one that nothing is close behind */
	struct run runs[1 + 2 * ADDRESS_MAP_RUNS];
};

struct address_map *address_map_new(uint64_t vstart, uint64_t vend)
{
	struct address_map *map = g_new0(struct address_map, 1);

	map->vstart = vstart;
	map->vend = vend;
	map->every = 1;
	map->runs[0].end = UINT64_MAX;
	return map;
}

void address_map_free(struct address_map *map)
{
	if (!map)
		return;
	for (unsigned i = 0; i < map->n; i++)
		g_free(map->columns[i].runs);
	g_free(map);
}

static unsigned n_runs(const struct address_map *map)
{
	return (unsigned)(map->last - map->runs);
}

/*
 * @run comes behind @last: it becomes part of that if the gap is to be closed, or the next. The
 * last one then. Without a branch: nobody could foretell which gaps are small.
 */
static inline struct run *append(struct run *last, struct run run, uint64_t close_bytes)
{
	bool open = run.start - last->end > close_bytes;

	last[1].start = run.start;
	last[1].busy_bytes = 0;
	last += open;
	last->end = run.end;
	last->busy_bytes += run.busy_bytes;
	return last;
}

/* 0: up to a page, 1: two, 2: four …; without a branch, as above. */
static inline unsigned gap_size(uint64_t bytes)
{
	return fls64((bytes - 1) | (PAGE_SIZE - 1)) - PAGE_SHIFT;
}

/* Up to which size, the least, gaps are to be closed so that a column has room for the runs. */
static uint64_t gaps_to_close(const struct address_map *map)
{
	unsigned gaps[GAP_SIZES] = {0}, size = 0, left = n_runs(map);

	for (const struct run *run = &map->runs[2]; run <= map->last; run++)
		gaps[gap_size(run[0].start - run[-1].end)]++;
	while (left >= ADDRESS_MAP_RUNS)
		left -= gaps[size++];
	return PAGE_SIZE << (size - 1);
}

static void close_gaps(struct address_map *map)
{
	struct run *last = &map->runs[1];

	map->close_bytes = gaps_to_close(map);
	for (const struct run *run = &map->runs[2]; run <= map->last; run++)
		last = append(last, *run, map->close_bytes);
	map->last = last;
}

static void take_range(void *ctx, uint64_t start, uint64_t end)
{
	struct address_map *map = ctx;

	start = MAX(start, map->vstart);
	end = MIN(end, map->vend);
	map->visits++;
	map->last = append(map->last, (struct run){start, end, end - start}, map->close_bytes);
	if (G_UNLIKELY(map->last == &map->runs[G_N_ELEMENTS(map->runs) - 1]))
		close_gaps(map);
}

static void halve(struct address_map *map)
{
	for (unsigned i = 0; i < ADDRESS_MAP_COLUMNS / 2; i++) {
		g_free(map->columns[2 * i].runs);
		map->columns[i] = map->columns[2 * i + 1];
	}
	map->n = ADDRESS_MAP_COLUMNS / 2;
	map->every *= 2;
}

uint64_t address_map_add(struct address_map *map, uint64_t ops, uint64_t t_cycles,
			 const struct model_ops *model_ops, void *model)
{
	if (map->n && map->columns[map->n - 1].ops == ops)
		g_free(map->columns[--map->n].runs);
	map->close_bytes = 0;
	map->last = &map->runs[0];
	model_ops->busy_ranges(model, map->vstart, map->vend, take_range, map);
	if (n_runs(map) >= ADDRESS_MAP_RUNS)
		close_gaps(map);
	map->columns[map->n++] =
		(struct column){ops, t_cycles, n_runs(map),
				g_memdup2(&map->runs[1], n_runs(map) * sizeof(*map->runs))};
	if (map->n == ADDRESS_MAP_COLUMNS)
		halve(map);
	uint64_t unpaid = map->visits > FREE_VISITS ? map->visits - FREE_VISITS : 0;

	return MAX(ops + map->every, unpaid);
}

static int compare_runs(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static uint64_t peak_busy_bytes(const struct address_map *map)
{
	uint64_t peak = 0;

	for (unsigned i = 0; i < map->n; i++) {
		uint64_t busy = 0;

		for (unsigned j = 0; j < map->columns[i].n; j++)
			busy += map->columns[i].runs[j].busy_bytes;
		peak = MAX(peak, busy);
	}
	return peak;
}

/* Runs of one column with no more than @cut between them can lie in one part only: they are one. */
static void append_joined(GArray *all, const struct column *column, uint64_t cut)
{
	for (unsigned i = 0; i < column->n; i++) {
		const struct run *run = &column->runs[i];
		struct run *last = i ? &g_array_index(all, struct run, all->len - 1) : NULL;

		if (last && run->start - last->end <= cut) {
			last->end = run->end;
			last->busy_bytes += run->busy_bytes;
		} else {
			g_array_append_val(all, *run);
		}
	}
}

static GArray *all_runs_sorted(const struct address_map *map, uint64_t cut)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(struct run));

	for (unsigned i = 0; i < map->n; i++)
		append_joined(all, &map->columns[i], cut);
	g_array_sort(all, compare_runs);
	return all;
}

/* The part to show; busy_bytes is summed over the columns. Empty if nothing was ever busy. */
static struct run busiest_part(const struct address_map *map)
{
	uint64_t peak = peak_busy_bytes(map);
	uint64_t cut = MAX(CUT_GAP_BYTES, MIN(peak, UINT64_MAX / CUT_GAP_BUSY) * CUT_GAP_BUSY);
	g_autoptr(GArray) all = all_runs_sorted(map, cut);
	struct run best = {0}, part = {0};

	for (guint i = 0; i < all->len; i++) {
		const struct run *run = &g_array_index(all, struct run, i);

		if (!i || (run->start > part.end && run->start - part.end > cut))
			part = (struct run){.start = run->start};
		part.end = MAX(part.end, run->end);
		part.busy_bytes += run->busy_bytes;
		if (part.busy_bytes > best.busy_bytes)
			best = part;
	}
	return best;
}

/* Spread a run's busy bytes evenly over the rows it touches. */
static void spread(const struct address_grid *grid, const struct run *run, uint64_t *row_busy)
{
	uint64_t at = run->start;

	while (at < run->end) {
		uint64_t row = (at - grid->low) / grid->row_bytes;
		uint64_t row_end = grid->low + (row + 1) * grid->row_bytes;
		uint64_t to = row_end > at ? MIN(run->end, row_end) : run->end;

		row_busy[row] += mul_div(to - at, run->busy_bytes, run->end - run->start);
		at = to;
	}
}

static void fill_column(struct address_grid *grid, struct address_grid_column *out,
			const struct column *column, const struct run *part)
{
	uint64_t row_busy[ADDRESS_MAP_ROWS] = {0}, outside = 0;

	*out = (struct address_grid_column){.ops = column->ops, .t_cycles = column->t_cycles};
	for (unsigned i = 0; i < column->n; i++) {
		const struct run *run = &column->runs[i];

		if (run->start >= part->start && run->end <= part->end)
			spread(grid, run, row_busy);
		else
			outside += run->busy_bytes;
	}
	for (unsigned row = 0; row < grid->n_rows; row++) {
		uint128 scaled = (uint128)row_busy[row] * 1000 + (grid->row_bytes - 1);

		out->permille[row] = (uint16_t)(scaled / grid->row_bytes);
	}
	grid->outside_bytes = MAX(grid->outside_bytes, outside);
}

struct address_grid *address_map_grid(const struct address_map *map)
{
	struct address_grid *grid = g_new0(struct address_grid, 1);
	struct run part = busiest_part(map);

	if (!part.busy_bytes)
		return grid;
	grid->low = align_down(part.start, PAGE_SIZE);
	uint64_t bytes = part.end - grid->low;

	grid->row_bytes = align_up((bytes + ADDRESS_MAP_ROWS - 1) / ADDRESS_MAP_ROWS, PAGE_SIZE);
	grid->n_rows = (unsigned)((bytes + grid->row_bytes - 1) / grid->row_bytes);
	grid->n_columns = map->n;
	for (unsigned i = 0; i < map->n; i++)
		fill_column(grid, &grid->columns[i], &map->columns[i], &part);
	return grid;
}
