// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/metrics/histogram.h"

#include "sim/base/rng.h"

static int compare_u64(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Values of every magnitude: a random number of random bits. */
static uint64_t random_value(struct rng *rng)
{
	return rng_next(rng) >> rng_below(rng, 64);
}

static void test_against_sorted_array(void)
{
	enum {
		N = 5000
	};
	static const uint64_t permyriads[] = {0, 1, 2500, 5000, 9000, 9900, 9990, 9999, 10000};
	struct rng rng;

	rng_init(&rng, 1, "test-histogram");
	for (unsigned round = 0; round < 20; round++) {
		struct histogram histogram = {0};
		unsigned n = 1 + (unsigned)rng_below(&rng, N);
		uint64_t values[N], sum = 0;

		for (unsigned i = 0; i < n; i++) {
			values[i] = random_value(&rng);
			sum += values[i];
			histogram_add(&histogram, values[i]);
		}
		qsort(values, n, sizeof(*values), compare_u64);
		g_assert_cmpuint(histogram.count, ==, n);
		g_assert_cmpuint(histogram.sum, ==, sum);
		g_assert_cmpuint(histogram.min, ==, values[0]);
		g_assert_cmpuint(histogram.max, ==, values[n - 1]);
		for (unsigned i = 0; i < G_N_ELEMENTS(permyriads); i++) {
			uint64_t rank = MAX((n * permyriads[i] + 9999) / 10000, 1);
			uint64_t exact = values[rank - 1];
			uint64_t got = histogram_value_at(&histogram, permyriads[i], 10000);

			g_assert_cmpuint(got, >=, exact);
			g_assert_cmpuint(got - exact, <=, exact / 1024);
		}
		histogram_clear(&histogram);
	}
}

/* The buckets cover every value once, without a gap. */
static void test_buckets(void)
{
	uint64_t next = 0;

	for (uint32_t i = 0;; i++) {
		uint64_t low = histogram_bucket_low(i), high = histogram_bucket_high(i);

		g_assert_cmpuint(low, ==, next);
		g_assert_cmpuint(high - low, <=, low / 1024);
		g_assert_cmpuint(histogram_index(low), ==, i);
		g_assert_cmpuint(histogram_index(high), ==, i);
		if (high == UINT64_MAX)
			break;
		next = high + 1;
	}
}

static void test_merge_and_walk(void)
{
	struct histogram one = {0}, other = {0}, both = {0}, empty = {0};
	struct rng rng;

	rng_init(&rng, 2, "test-histogram");
	for (unsigned i = 0; i < 1000; i++) {
		uint64_t value = random_value(&rng);

		histogram_add(i % 3 ? &one : &other, value);
		histogram_add(&both, value);
	}
	histogram_merge(&one, &other);
	histogram_merge(&one, &empty);
	histogram_merge(&empty, &one);
	g_assert_cmpuint(empty.min, ==, both.min);

	struct histogram_bucket a, b;
	uint32_t i = 0, j = 0;
	uint64_t count = 0, above = 0;

	while (histogram_next(&both, &j, &b)) {
		g_assert_true(histogram_next(&one, &i, &a));
		g_assert_cmpuint(a.low, ==, b.low);
		g_assert_cmpuint(a.high, ==, b.high);
		g_assert_cmpuint(a.count, ==, b.count);
		g_assert_true(!count || b.low > above);
		above = b.high;
		count += b.count;
	}
	g_assert_false(histogram_next(&one, &i, &a));
	g_assert_cmpuint(count, ==, 1000);
	g_assert_cmpuint(one.sum, ==, both.sum);
	g_assert_cmpuint(one.max, ==, both.max);
	histogram_clear(&one);
	histogram_clear(&other);
	histogram_clear(&both);
	histogram_clear(&empty);
}

static void test_empty(void)
{
	struct histogram histogram = {0};
	struct histogram_bucket bucket;
	uint32_t index = 0;

	g_assert_cmpuint(histogram_value_at(&histogram, 99, 100), ==, 0);
	g_assert_false(histogram_next(&histogram, &index, &bucket));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/histogram/sorted-array", test_against_sorted_array);
	g_test_add_func("/histogram/buckets", test_buckets);
	g_test_add_func("/histogram/merge", test_merge_and_walk);
	g_test_add_func("/histogram/empty", test_empty);
	return g_test_run();
}
