// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/spread.h"

#include "sim/base/json_util.h"

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

struct spread spread_of(double *values, size_t n)
{
	if (!n)
		return (struct spread){0};
	qsort(values, n, sizeof(*values), compare);
	return (struct spread){
		.median = (values[(n - 1) / 2] + values[n / 2]) / 2,
		.min = values[0],
		.max = values[n - 1],
		.n = n,
	};
}

struct spread seed_group_spread(const struct seed_group *group, const char *path)
{
	g_autofree double *values = g_new(double, group->n);
	size_t n = 0;

	for (size_t i = 0; i < group->n; i++) {
		if (figure_is_known(group->variants[i], path))
			values[n++] = json_number_at(group->variants[i], path);
	}
	return spread_of(values, n);
}

static const json_t *of_seed(const struct seed_group *group, const json_t *seed)
{
	for (size_t i = 0; i < group->n; i++) {
		if (json_equal(json_object_get(group->variants[i], "seed"), seed))
			return group->variants[i];
	}
	return NULL;
}

struct seed_pairs seed_pairs_count(const struct seed_group *base, const struct seed_group *group,
				   const char *path)
{
	struct seed_pairs pairs = {0};

	for (size_t i = 0; i < group->n; i++) {
		const json_t *other = of_seed(base, json_object_get(group->variants[i], "seed"));

		if (!other)
			continue;
		double was = json_number_at(other, path);
		double is = json_number_at(group->variants[i], path);

		pairs.above += is > was;
		pairs.below += is < was;
		pairs.same += is == was;
	}
	return pairs;
}
