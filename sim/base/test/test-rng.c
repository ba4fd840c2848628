// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/base/rng.h"

#include <glib.h>

/* The published generator's first outputs from the state 1, 2, 3, 4. */
static void test_known(void)
{
	static const uint64_t expected[] = {11520, 0, 1509978240, UINT64_C(1215971899390074240)};
	struct rng rng = {{1, 2, 3, 4}};

	for (unsigned i = 0; i < G_N_ELEMENTS(expected); i++)
		g_assert_cmpuint(rng_next(&rng), ==, expected[i]);
}

/* Streams differ by seed and by component, and are the same for the same two. */
static void test_streams(void)
{
	struct rng a, b, c, d;

	rng_init(&a, 1, "one");
	rng_init(&b, 1, "one");
	rng_init(&c, 1, "two");
	rng_init(&d, 2, "one");
	uint64_t first = rng_next(&a);

	g_assert_cmpuint(first, ==, rng_next(&b));
	g_assert_cmpuint(first, !=, rng_next(&c));
	g_assert_cmpuint(first, !=, rng_next(&d));
}

/* Below a bound, every value about as often as the others. */
static void test_below(void)
{
	enum {
		BOUND = 7,
		DRAWS = 70000
	};
	unsigned counts[BOUND] = {0};
	struct rng rng;

	rng_init(&rng, 5, "below");
	for (unsigned i = 0; i < DRAWS; i++) {
		uint64_t value = rng_below(&rng, BOUND);

		g_assert_cmpuint(value, <, BOUND);
		counts[value]++;
	}
	/* 10000 expected, standard deviation 93: five of them */
	for (unsigned i = 0; i < BOUND; i++) {
		g_assert_cmpuint(counts[i], >, 10000 - 463);
		g_assert_cmpuint(counts[i], <, 10000 + 463);
	}
	g_assert_cmpuint(rng_below(&rng, 1), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/rng/known", test_known);
	g_test_add_func("/rng/streams", test_streams);
	g_test_add_func("/rng/below", test_below);
	return g_test_run();
}
