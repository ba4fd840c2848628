/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_REPORT_CHART_DATA_H
#define KMSIM_REPORT_CHART_DATA_H

/*
 * The data files of charts, made from what a result directory holds. docs/results.md
 * describes each chart; its script in plots/ says what the columns are.
 */

#include "sim/base/json_util.h"

#include <stdbool.h>

/* A result as all charts see it. */
struct chart_input {
	const char *path; /* of the result directory */
	json_t *result;
	size_t n;
	json_t **variants; /* borrowed; where seeds are summarised, those of the first */
	char **labels;
	/* The axis of the run's course: simulated time if all variants follow time stamps, else
	 * ops. */
	bool by_time;
	double x_max, x_unit; /* in ns or ops; what one unit of the axis is */
	const char *x_title;
	uint64_t map_low, map_bytes; /* what the maps of all variants show together */
};

/* False with the error set if the result cannot be read. */
bool chart_input_load(struct chart_input *input, const char *path, GError **error);
void chart_input_clear(struct chart_input *input);

struct chart {
	const char *name; /* of the script and of the data file */
	/*
	 * Append the block of one variant to @out, without the line that names it. 1 if there is
	 * something to show, 0 if not, −1 with the error set.
	 */
	int (*put)(const struct chart_input *input, size_t variant, GString *out, GError **error);
	bool matrix;		/* in which a name would be no number: it stands in a comment */
	const char *of_machine; /* behind the name of what a recorded machine did; NULL: nothing */
	bool panels;		/* a panel a variant: none for one that has nothing to show */
	/* The data of a chart of the result as a whole, in place of put. */
	int (*put_all)(const struct chart_input *input, GString *out, GError **error);
	bool quiet; /* nobody misses it where it has nothing to show */
};

/* Every chart; ends with a NULL name. */
extern const struct chart charts[];

#endif
