// SPDX-License-Identifier: GPL-2.0-or-later
/* The pageblocks of a machine before and after the run: a picture, a cell a block. */
#include "sim/report/chart_parts.h"

#include "sim/base/units.h"
#include "sim/metrics/zone_figures.h"

#include <string.h>

#define CELLS_MAX	  8192 /* of a picture; on larger machines a cell is several blocks */
#define ROW_CELLS_LEAST	  8
#define ZONE_BLOCKS_LEAST 8   /* a smaller zone cannot be seen */
#define PALEST_PERMILLE	  100 /* of its colour has a cell that is not free altogether */
#define IN_USE_LEAST	  64  /* of a page: with less in use, there is nothing to see yet */

enum {
	BLOCK_MOMENT,
	BLOCK_OPS,
	BLOCK_ZONE,
	BLOCK_NODE,
	BLOCK_TYPE,
	BLOCK_PRESENT,
	BLOCK_FREE,
	BLOCK_MOVABLE, /* these are looked at for a recorded machine only */
	BLOCK_UNMOVABLE,
	BLOCK_IN_USE,
	BLOCK_COLUMNS
};

#define IN_USE_UNTOLD LIST_TYPES /* of a recorded machine: in use, nothing tells as what */
#define UNTOLD	      (-2)	 /* no event names a frame of it */
#define NO_MEMORY     (-1)

/* Blocks that share a cell. */
struct cell {
	uint64_t present, free; /* pages; of a recorded machine, those of which it is told */
	uint64_t types[LIST_TYPES + 1]; /* blocks; of a recorded machine, pages in use */
	unsigned blocks;
};

struct picture {
	const struct csv *csv;
	int column[BLOCK_COLUMNS + 1];
	guint first, end; /* rows of the moment */
	unsigned per_cell, row_cells;
	bool machine;	/* what a recorded machine did: it is not told of all frames */
	GArray *cells;	/* struct cell, whole rows */
	GString *zones; /* names, ascending */
};

/* Full cells, 0xRRGGBB; those of the charts' lines. */
static const unsigned type_colours[LIST_TYPES + 1] = {
	[LIST_UNMOVABLE] = 0xd55e00,  [LIST_MOVABLE] = 0x0072b2, [LIST_RECLAIMABLE] = 0x009e73,
	[LIST_HIGHATOMIC] = 0xcc79a7, [LIST_ISOLATE] = 0x404040, [IN_USE_UNTOLD] = 0xe69f00,
};

/* Neither free nor in use, nor outside of memory. */
#define UNTOLD_COLOUR "250 240 205"

static const char *text_at(const struct picture *picture, guint row, int column)
{
	return csv_text(picture->csv, row, picture->column[column]);
}

static bool same_text(const struct picture *picture, guint row, guint other, int column)
{
	return !strcmp(text_at(picture, row, column), text_at(picture, other, column));
}

static unsigned type_of(const char *name)
{
	unsigned type = 0;

	while (type + 1 < LIST_TYPES && strcmp(list_type_keys[type], name))
		type++;
	return type;
}

/* The end of the zone that begins at row @row. */
static guint zone_end(const struct picture *picture, guint row)
{
	guint end = row + 1;

	while (end < picture->end && same_text(picture, row, end, BLOCK_ZONE) &&
	       same_text(picture, row, end, BLOCK_NODE))
		end++;
	return end;
}

static uint64_t pages_at(const struct picture *picture, guint row, int column)
{
	return csv_u64(picture->csv, row, picture->column[column]);
}

/* The block at @row: a share of it is free, and it has a type. */
static void add_model_block(struct cell *cell, const struct picture *picture, guint row)
{
	cell->present += pages_at(picture, row, BLOCK_PRESENT);
	cell->free += pages_at(picture, row, BLOCK_FREE);
	cell->types[type_of(text_at(picture, row, BLOCK_TYPE))]++;
}

/* The same of a recorded machine: what some of its frames are. */
static void add_machine_block(struct cell *cell, const struct picture *picture, guint row)
{
	uint64_t free = pages_at(picture, row, BLOCK_FREE);
	uint64_t movable = pages_at(picture, row, BLOCK_MOVABLE);
	uint64_t unmovable = pages_at(picture, row, BLOCK_UNMOVABLE);
	uint64_t in_use = pages_at(picture, row, BLOCK_IN_USE);

	cell->present += free + movable + unmovable + in_use;
	cell->free += free;
	cell->types[LIST_MOVABLE] += movable;
	cell->types[LIST_UNMOVABLE] += unmovable;
	cell->types[IN_USE_UNTOLD] += in_use;
}

static void add_zone(struct picture *picture, guint row, guint end)
{
	guint n = (end - row + picture->per_cell - 1) / picture->per_cell;
	guint first = picture->cells->len;
	/* a row is left blank between zones */
	guint rows = (n + picture->row_cells - 1) / picture->row_cells + (first ? 1 : 0);
	guint base = first + (first ? picture->row_cells : 0);

	g_array_set_size(picture->cells, first + rows * picture->row_cells);
	g_string_append_printf(picture->zones, "%s%s", first ? ", " : "",
			       text_at(picture, row, BLOCK_ZONE));
	for (guint i = row; i < end; i++) {
		struct cell *cell = &g_array_index(picture->cells, struct cell,
						   base + (i - row) / picture->per_cell);

		cell->blocks++;
		(picture->machine ? add_machine_block : add_model_block)(cell, picture, i);
	}
}

static void fill(struct picture *picture)
{
	guint n = picture->end - picture->first;

	picture->per_cell = 1;
	while (n / picture->per_cell > CELLS_MAX)
		picture->per_cell *= 2;
	/* somewhat wider than high, as the panel is */
	picture->row_cells = ROW_CELLS_LEAST;
	while (picture->row_cells * picture->row_cells < n / picture->per_cell)
		picture->row_cells *= 2;
	for (guint row = picture->first, end; row < picture->end; row = end) {
		end = zone_end(picture, row);
		if (end - row >= ZONE_BLOCKS_LEAST)
			add_zone(picture, row, end);
	}
}

static unsigned main_type(const struct cell *cell)
{
	unsigned best = LIST_MOVABLE;

	for (unsigned type = 0; type <= IN_USE_UNTOLD; type++)
		best = cell->types[type] > cell->types[best] ? type : best;
	return best;
}

/* How much of it is in use. A single page shows: it keeps a block from being free. */
static uint64_t use_permille(const struct cell *cell)
{
	uint64_t used = cell->present - MIN(cell->free, cell->present);

	return used ? PALEST_PERMILLE + (1000 - PALEST_PERMILLE) * used / cell->present : 0;
}

/* White where it is free, the colour of its type where it is full. */
static unsigned shade(unsigned colour, unsigned shift, uint64_t permille)
{
	unsigned full = colour >> shift & 255;

	return 255 - (unsigned)((255 - full) * permille / 1000);
}

/* Lines "column row red green blue type"; NO_MEMORY, UNTOLD are types, too. */
static void put_cells(GString *out, const struct picture *picture)
{
	for (guint i = 0; i < picture->cells->len; i++) {
		const struct cell *cell = &g_array_index(picture->cells, struct cell, i);
		unsigned x = i % picture->row_cells, y = i / picture->row_cells;

		if (!cell->present) {
			bool untold = picture->machine && cell->blocks;

			g_string_append_printf(out, "%u %u %s %d\n", x, y,
					       untold ? UNTOLD_COLOUR : "225 225 225",
					       untold ? UNTOLD : NO_MEMORY);
			continue;
		}
		unsigned type = main_type(cell), colour = type_colours[type];
		uint64_t permille = use_permille(cell);

		g_string_append_printf(out, "%u %u %u %u %u %u\n", x, y,
				       shade(colour, 16, permille), shade(colour, 8, permille),
				       shade(colour, 0, permille), type);
	}
}

/* The end of the moment that begins at row @row. Marks may have the same name. */
static guint moment_end(const struct picture *picture, guint row)
{
	guint end = row + 1;

	while (end < picture->csv->rows->len && same_text(picture, row, end, BLOCK_MOMENT) &&
	       same_text(picture, row, end, BLOCK_OPS))
		end++;
	return end;
}

static bool memory_in_use(const struct picture *picture)
{
	uint64_t present = 0, free = 0;

	for (guint row = picture->first; row < picture->end; row++) {
		present += csv_u64(picture->csv, row, picture->column[BLOCK_PRESENT]);
		free += csv_u64(picture->csv, row, picture->column[BLOCK_FREE]);
	}
	return present - MIN(free, present) > present / IN_USE_LEAST;
}

/* The first moment with memory in use: the start, or a mark of a workload that begins with none. */
static void choose_before(struct picture *picture)
{
	guint rows = picture->csv->rows->len;

	picture->first = 0;
	picture->end = moment_end(picture, 0);
	while (!picture->machine && !memory_in_use(picture) && picture->end < rows) {
		picture->first = picture->end;
		picture->end = moment_end(picture, picture->first);
	}
	if (picture->end == rows) { /* nothing in between */
		picture->first = 0;
		picture->end = moment_end(picture, 0);
	}
}

static void choose_after(struct picture *picture)
{
	while (picture->end < picture->csv->rows->len) {
		picture->first = picture->end;
		picture->end = moment_end(picture, picture->first);
	}
}

static bool put_picture(GString *out, struct picture *picture, const char *label)
{
	picture->cells = g_array_new(FALSE, TRUE, sizeof(struct cell));
	picture->zones = g_string_new(NULL);
	fill(picture);
	bool any = picture->cells->len >= 2 * picture->row_cells;

	if (any) {
		g_autofree char *name = chart_panel_name(label);
		g_autofree char *moment =
			chart_quoted(text_at(picture, picture->first, BLOCK_MOMENT));

		g_string_append_printf(out, "%s%s\n%s\n\"%s: %u block%s a cell, %u cells a row\"\n",
				       out->len ? "\n\n" : "", name, moment, picture->zones->str,
				       picture->per_cell, picture->per_cell > 1 ? "s" : "",
				       picture->row_cells);
		put_cells(out, picture);
	}
	g_array_unref(picture->cells);
	g_string_free(picture->zones, TRUE);
	return any;
}

static int put_variant(const struct chart_input *input, size_t variant, GString *out,
		       GError **error)
{
	static const char *const names[] = {"moment", "ops",	 "zone", "node",
					    "type",   "present", "free", NULL};
	static const char *const machine_names[] = {"movable", "unmovable", "in_use", NULL};
	struct csv *csv = chart_load(input, variant, "blocks.csv", error);
	struct picture picture = {.csv = csv,
				  .machine = variant_is_machine(input->variants[variant])};
	int result = -1;

	if (csv && chart_columns(csv, names, picture.column, error) &&
	    (!picture.machine ||
	     chart_columns(csv, machine_names, &picture.column[BLOCK_MOVABLE], error))) {
		const char *label = input->labels[variant];

		result = 0;
		if (csv->rows->len) {
			choose_before(&picture);
			result = put_picture(out, &picture, label);
			choose_after(&picture);
			result = put_picture(out, &picture, label) && result;
		}
	}
	csv_free(csv);
	return result;
}

int put_block_map(const struct chart_input *input, GString *out, GError **error)
{
	int any = 0;

	for (size_t i = 0; i < input->n; i++) {
		if (!chart_has_panel(input, i, chart_knows_pages) ||
		    !json_is_true(json_at(input->variants[i], "blocks/known")))
			continue;
		int put = put_variant(input, i, out, error);

		if (put < 0)
			return -1;
		any |= put;
	}
	return any;
}
