/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_ACCURACY_CELLS_H
#define KMSIM_ACCURACY_CELLS_H

/*
 * Cells: figures that others measured and published, and what to simulate to foretell each. They
 * are data (models/targets/NAME.json; docs/cost-profiles.md describes the file): runs, cells that
 * take a figure from one run or compare two cells, orderings of two cells, and which prices of a
 * profile may be fitted to which cells.
 */

#include "sim/base/json_util.h"

#include <stdbool.h>

enum cell_use {
	CELL_CHECK, /* says whether the model is right; nothing is fitted to it */
	CELL_FIT,   /* a price may be fitted to it */
	CELL_SHAPE, /* shown, not judged: something that is not modelled, or not the same */
	CELL_PART,  /* a term of another cell, not shown */
	CELL_USES
};

enum cell_measure {
	MEASURE_TEST_US,   /* microseconds of one pass of a test of test_vmalloc, mean over CPUs */
	MEASURE_RAW_TICKS, /* all tests and passes, in ticks of the machine's timer */
	MEASURE_WALL_S,	   /* from the first test's start to the last one's end, seconds */
	MEASURE_PAIR_US,   /* microseconds of one loop of a test: a vmalloc and a vfree */
	MEASURE_FIGURE,	   /* a figure of result.json */
	MEASURE_RATIO,	   /* of two sums of cells, none of which is a ratio */
	MEASURES
};

struct cell_run {
	char *id, *machine, *profile, *workload, *model;
	char *kernel;		 /* whose rules the published run followed; "": not said */
	uint64_t loops;		 /* of each test; 0: no such workload */
	uint64_t repeats;	 /* passes of each test */
	uint64_t quick_loops[2]; /* two lengths when time is short, ascending */
	uint64_t layouts;	 /* at most so many at full length, since each takes long; 0: all */
};

struct cell {
	char *id;
	enum cell_use use;
	enum cell_measure measure;
	unsigned run;			 /* index; of all but ratios */
	char *test;			 /* TEST_US, PAIR_US */
	char *path;			 /* FIGURE: of result.json, below its variant */
	char *unit;			 /* FIGURE; else by measure. "" where it has none */
	double divisor;			 /* FIGURE: from there to the unit */
	GArray *above_line, *below_line; /* RATIO: indices of cells, unsigned */
	double *published;		 /* every boot or run, ascending */
	unsigned n_published;		 /* 0: only a bound is known, or a part */
	double bound;			 /* published as "more than" this; 0: no */
	double tolerance_percent;
	bool within_range;   /* published must also lie in the range over layouts */
	unsigned jobs;	     /* of a curve over CPUs; 0: on none */
	char *source, *note; /* note: what is known about a miss; "": nothing */
};

/* Which of two cells is larger, as published? */
struct ordering {
	unsigned of[2];
	bool by_spread; /* range over median, not the median */
};

/* What of a profile may be fitted. */
struct fit {
	char *profile;
	GArray *cells;	       /* unsigned: indices */
	GPtrArray *parameters; /* of GStrv: paths of figures that move together */
};

struct cells {
	char *name, *title, *digest;
	GArray *runs;	   /* struct cell_run */
	GArray *cells;	   /* struct cell */
	GArray *orderings; /* struct ordering */
	GArray *fits;	   /* struct fit */
};

#define CELLS_SHIPPED "published" /* the cells that ship */

/*
 * Load the cells @name: a file if it has a '/' or ends in .json, else one that ships. NULL with the
 * error set (KMSIM_ERROR_INPUT "FILE: cells[3]: cause", KMSIM_ERROR_USAGE, KMSIM_ERROR_IO).
 */
struct cells *cells_load(const char *name, GError **error);
void cells_free(struct cells *cells);

static inline struct cell_run *cells_run(const struct cells *cells, unsigned i)
{
	return &g_array_index(cells->runs, struct cell_run, i);
}

static inline struct cell *cells_cell(const struct cells *cells, unsigned i)
{
	return &g_array_index(cells->cells, struct cell, i);
}

/* NULL if nothing of @profile may be fitted. */
const struct fit *cells_fit(const struct cells *cells, const char *profile);

/* Median of what was published; the bound where only that is known. */
double cell_published(const struct cell *cell);

/* The unit of a cell's figures; "" for none. */
const char *cell_unit(const struct cell *cell);

const char *cell_use_name(enum cell_use use);

/* The run that says which machine and kernel a cell is of: of a ratio, that of its first term. */
const struct cell_run *cell_first_run(const struct cells *cells, const struct cell *cell);

/* Set needed[run] for every run that @cell needs, terms of ratios included. */
void cells_need(const struct cells *cells, unsigned cell, bool *needed);

#endif
