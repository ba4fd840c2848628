/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_REPORT_TEST_SAMPLE_RESULT_H
#define KMSIM_REPORT_TEST_SAMPLE_RESULT_H

/*
 * Results to test reports with: a random mix through a real vmap model, one op at a time,
 * at made-up prices.
 */

#include "sim/report/result.h"

extern const struct model_ops vmap_busylist, vmap_augtree, null_model;

struct sample_spec {
	const char *name;
	const struct model_ops *model_ops;
	const char *parameter, *value; /* one that is given; NULL: none */
	uint64_t seed;
	unsigned ops;
	bool timed; /* the ops have time stamps */
};

/* Run it, write its CSV files into @dir and return its object of result.json. */
json_t *sample_variant(const struct result_dir *dir, const struct sample_spec *spec);

/* A result of @n variants in a new temporary folder; the path is to be freed. */
char *sample_result(const struct sample_spec *specs, unsigned n);

/* Remove a folder with everything in it. */
void sample_remove(const char *path);

#endif
