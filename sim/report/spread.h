/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_REPORT_SPREAD_H
#define KMSIM_REPORT_SPREAD_H

/* A figure over several seeds: each is a draw, so its median and range are told. */

#include "sim/report/figures.h"

#include <stddef.h>

struct spread {
	double median, min, max; /* of an even number: the mean of the two in the middle */
	size_t n;
};

/* Of @n values, which are sorted. All 0 where there is none. */
struct spread spread_of(double *values, size_t n);

/* Variants of one point and model, which differ in their seeds. */
struct seed_group {
	json_t **variants; /* borrowed */
	size_t n;
};

/* Of the figures at @path of result.json, of those variants that have one; all 0 if none has. */
struct spread seed_group_spread(const struct seed_group *group, const char *path);

/* At how many seeds that both groups have is @group above or below @base? */
struct seed_pairs {
	size_t above, below, same;
};
struct seed_pairs seed_pairs_count(const struct seed_group *base, const struct seed_group *group,
				   const char *path);

#endif
