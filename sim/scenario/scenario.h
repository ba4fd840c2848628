/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_SCENARIO_SCENARIO_H
#define KMSIM_SCENARIO_SCENARIO_H

/*
 * Scenario files (docs/scenario-format.md): a question, a source of ops, and a matrix of variants
 * that answer it.
 */

#include "sim/scenario/variant.h"

#define SEEDS_LISTED 5 /* values of the axis "seed"; more of them are summarised */

struct scenario {
	char *name, *question;
	char *digest;	/* SHA-256 of the file, hexadecimal */
	bool breakdown; /* show where the cycles went, too */
	char **figures; /* that answer the question, as tables name them; NULL: all */
	/* what the matrix varies besides the model: "live, cpus"; without seeds, where they are
	 * summarised: then several variants have the same point and column */
	char *axes;
	GArray *variants; /* struct variant_spec, in the order of the matrix */
};

/*
 * Load and expand @path. Traces and recordings are looked for beside the scenario file, then in its
 * parent folder. NULL with the error set: KMSIM_ERROR_INPUT "FILE: field: cause" (or
 * FILE:LINE where it is not JSON), KMSIM_ERROR_IO.
 */
struct scenario *scenario_load(const char *path, GError **error);

/* The resolved plan, for people. To be freed. */
char *scenario_plan(const struct scenario *scenario);

void scenario_free(struct scenario *scenario);

#endif
