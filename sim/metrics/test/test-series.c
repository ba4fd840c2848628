// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/metrics/series.h"

/* Feed @n ops, every third a request whose latency is its op number. */
static struct series *feed(uint64_t n)
{
	struct series *series = series_new(0);

	for (uint64_t op = 1; op <= n; op++) {
		struct vmap_sample vmap = {.busy_areas = op};

		if (op % 3 == 0)
			series_request(series, op);
		if (series_due(series))
			series_add(series, op, op - 1, op * 10, &vmap, NULL);
	}
	struct vmap_sample last = {.busy_areas = n};

	series_add(series, n, n - 1, n * 10, &last, NULL);
	return series;
}

static void check(const struct series *series, uint64_t n)
{
	uint64_t before = 0, requests = 0;

	g_assert_cmpuint(series->n, <=, SERIES_MAX);
	g_assert_true(n < SERIES_MAX / 2 || series->n > SERIES_MAX / 2 - 1);
	for (unsigned i = 0; i < series->n; i++) {
		const struct series_sample *sample = &series->samples[i];
		uint64_t first = before / 3 + 1, last = sample->ops / 3; /* in threes */

		/* evenly spaced, but for the last one */
		if (i + 1 < series->n)
			g_assert_cmpuint(sample->ops - before, ==, series->every);
		g_assert_cmpuint(sample->ops, >, before);
		g_assert_cmpuint(sample->vmap.busy_areas, ==, sample->ops);
		g_assert_cmpuint(sample->t_cycles, ==, sample->ops * 10);
		g_assert_cmpuint(sample->requests, ==, last + 1 - first);
		g_assert_cmpuint(sample->request_cycles, ==,
				 3 * (last * (last + 1) - first * (first - 1)) / 2);
		g_assert_cmpuint(sample->request_max_cycles, ==, last >= first ? last * 3 : 0);
		requests += sample->requests;
		before = sample->ops;
	}
	g_assert_cmpuint(before, ==, n);
	g_assert_cmpuint(requests, ==, n / 3);
}

static void test_lengths(void)
{
	static const uint64_t lengths[] = {1,	 2,    100,  511,  1023, 1024,	1025,
					   2047, 2048, 2049, 4096, 5000, 65537, 1000003};

	for (unsigned i = 0; i < G_N_ELEMENTS(lengths); i++) {
		struct series *series = feed(lengths[i]);

		check(series, lengths[i]);
		series_free(series);
	}
}

/* Requests after the last sample are not lost when the end brings it up to date. */
static void test_end_on_sample(void)
{
	struct series *series = series_new(0);
	struct vmap_sample vmap = {0};

	series_request(series, 7);
	g_assert_true(series_due(series));
	series_add(series, 1, 0, 50, &vmap, NULL);
	series_add(series, 1, 0, 90, &vmap, NULL);
	g_assert_cmpuint(series->n, ==, 1);
	g_assert_cmpuint(series->samples[0].requests, ==, 1);
	g_assert_cmpuint(series->samples[0].request_max_cycles, ==, 7);
	g_assert_cmpuint(series->samples[0].t_cycles, ==, 90);
	series_free(series);
}

static void test_fragmentation(void)
{
	struct vmap_sample none = {0};
	struct vmap_sample whole = {.largest_free_bytes = 4096, .total_free_bytes = 4096};
	struct vmap_sample third = {.largest_free_bytes = UINT64_MAX / 3 * 2,
				    .total_free_bytes = UINT64_MAX};

	g_assert_cmpuint(fragmentation_ppm(&none), ==, 0);
	g_assert_cmpuint(fragmentation_ppm(&whole), ==, 0);
	g_assert_cmpuint(fragmentation_ppm(&third), ==, 333333);
}

/* Zones are kept with their samples, also when neighbours become one. */
static void test_zones(void)
{
	struct series *series = series_new(2);
	struct vmap_sample vmap = {0};

	for (uint64_t op = 1; op <= 5000; op++) {
		struct zone_sample zones[2] = {{.pcp_pages = op}, {.mixed_blocks = 2 * op}};

		if (series_due(series))
			series_add(series, op, op, op, &vmap, zones);
	}
	g_assert_cmpuint(series->every, ==, 8);
	for (unsigned i = 0; i < series->n; i++) {
		const struct zone_sample *zones = series_zones(series, i);

		g_assert_cmpuint(zones[0].pcp_pages, ==, series->samples[i].ops);
		g_assert_cmpuint(zones[1].mixed_blocks, ==, 2 * series->samples[i].ops);
	}
	series_free(series);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/series/lengths", test_lengths);
	g_test_add_func("/series/end-on-sample", test_end_on_sample);
	g_test_add_func("/series/fragmentation", test_fragmentation);
	g_test_add_func("/series/zones", test_zones);
	return g_test_run();
}
