/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_REPORT_FIGURES_H
#define KMSIM_REPORT_FIGURES_H

/*
 * The figures that a comparison shows, in one place: what each is called, where it
 * lies in a variant of result.json, its unit, and which direction is the better one.
 */

#include <jansson.h>
#include <stdbool.h>

enum figure_unit {
	UNIT_COUNT,
	UNIT_RATIO, /* a count with decimals */
	UNIT_NS,
	UNIT_BYTES,
	UNIT_PERCENT,
	UNIT_PPM,	  /* shown in percent */
	UNIT_THOUSANDTHS, /* shown as a fraction of 1 */
};

enum figure_better {
	BETTER_NONE, /* neither: more is just more */
	BETTER_LOWER,
	BETTER_HIGHER,
};

/* Whether what the recorded machine did stands in the table, as a variant of its own. */
enum figure_beside {
	BESIDE_ANY,
	BESIDE_MACHINE,	 /* shown only if it does */
	WITHOUT_MACHINE, /* only if it does not */
};

struct figure {
	const char *label; /* at most 18 characters */
	const char *path;  /* json_at(); for those of an op kind, below ops/KIND */
	enum figure_unit unit;
	enum figure_better better;
	bool hide_zero;	    /* not shown where it is 0 in every variant */
	bool requests_only; /* of op kinds: only for those that make an id */
	enum figure_beside beside;
	const char *of; /* what it is a share of: where that is 0 it is hidden, rather than where it
			   is 0 itself; NULL: itself */
};

/* Does @variant, an object of result.json, show what a recorded machine did, and no model? */
bool variant_is_machine(const json_t *variant);

/*
 * Does @variant (an object of result.json) tell the figure at @path? A model without an address
 * space or zones has no state to show, and ops that were not done have no latency, which is not the
 * same as 0.
 */
bool figure_is_known(const json_t *variant, const char *path);

/* Each ends with a NULL label. An indented label belongs to the last one that is not,
 * which is shown with it even where it is 0. */
extern const struct figure kind_figures_shown[]; /* once for each op kind that occurs */
extern const struct figure run_figures_shown[];	 /* once for the run */

#endif
