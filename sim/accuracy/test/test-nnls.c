// SPDX-License-Identifier: GPL-2.0-or-later
/* Non-negative least squares against trying every set of unknowns that may be 0. */
#include "sim/accuracy/nnls.h"

#include "sim/base/rng.h"

#include <glib.h>
#include <math.h>

#define ROWS_MAX    9
#define COLUMNS_MAX 6

static double misfit(const double *a, const double *b, unsigned rows, unsigned columns,
		     const double *x)
{
	double sum = 0;

	for (unsigned r = 0; r < rows; r++) {
		double left = b[r];

		for (unsigned i = 0; i < columns; i++)
			left -= a[r * columns + i] * x[i];
		sum += left * left;
	}
	return sum;
}

/* Least squares over the columns in @set by Gauss's elimination. */
static void solve_set(const double *a, const double *b, unsigned rows, unsigned columns,
		      unsigned set, double *x)
{
	double m[COLUMNS_MAX][COLUMNS_MAX + 1] = {0};
	unsigned at[COLUMNS_MAX], n = 0;

	for (unsigned i = 0; i < columns; i++) {
		x[i] = 0;
		if (set >> i & 1)
			at[n++] = i;
	}
	for (unsigned i = 0; i < n; i++) {
		for (unsigned r = 0; r < rows; r++) {
			for (unsigned k = 0; k < n; k++)
				m[i][k] += a[r * columns + at[i]] * a[r * columns + at[k]];
			m[i][n] += a[r * columns + at[i]] * b[r];
		}
	}
	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = 0; k < n; k++) {
			double factor = k == i ? 0 : m[k][i] / m[i][i];

			for (unsigned j = i; j <= n; j++)
				m[k][j] -= factor * m[i][j];
		}
	}
	for (unsigned i = 0; i < n; i++)
		x[at[i]] = m[i][n] / m[i][i];
}

static double best_by_trial(const double *a, const double *b, unsigned rows, unsigned columns)
{
	double best = INFINITY, x[COLUMNS_MAX];

	for (unsigned set = 0; set < 1u << columns; set++) {
		bool allowed = true;

		solve_set(a, b, rows, columns, set, x);
		for (unsigned i = 0; i < columns; i++)
			allowed &= x[i] >= 0;
		if (allowed)
			best = fmin(best, misfit(a, b, rows, columns, x));
	}
	return best;
}

static double drawn(struct rng *rng)
{
	return (double)rng_below(rng, 2001) / 1000 - 1;
}

static void test_against_trial(void)
{
	struct rng rng;
	unsigned held = 0;

	rng_init(&rng, 5, "nnls");
	for (unsigned turn = 0; turn < 3000; turn++) {
		unsigned columns = 1 + (unsigned)rng_below(&rng, COLUMNS_MAX);
		unsigned rows = columns + (unsigned)rng_below(&rng, ROWS_MAX - columns + 1);
		double a[ROWS_MAX * COLUMNS_MAX], b[ROWS_MAX], x[COLUMNS_MAX];

		for (unsigned i = 0; i < rows * columns; i++)
			a[i] = turn % 2 ? fabs(drawn(&rng)) : drawn(&rng);
		for (unsigned r = 0; r < rows; r++)
			b[r] = drawn(&rng);
		if (!nnls(a, b, rows, columns, x)) {
			g_assert_cmpuint(nnls_dependent(a, rows, columns), <, columns);
			continue;
		}
		double best = best_by_trial(a, b, rows, columns);

		for (unsigned i = 0; i < columns; i++) {
			g_assert_true(x[i] >= 0);
			held += x[i] <= 0;
		}
		g_assert_cmpfloat(misfit(a, b, rows, columns, x), <=, best * (1 + 1e-6) + 1e-9);
	}
	g_assert_cmpuint(held, >, 100); /* or the point was missed */
}

static void test_exact(void)
{
	/* cells = 2 calls + pages, with a price for each that is found again */
	const double a[] = {2, 3, 2, 1, 2, 100}, b[] = {2 * 356 + 3 * 83, 2 * 356 + 83, 712 + 8300};
	double x[2];

	g_assert_true(nnls(a, b, 3, 2, x));
	g_assert_cmpfloat_with_epsilon(x[0], 356, 1e-6);
	g_assert_cmpfloat_with_epsilon(x[1], 83, 1e-6);
}

static void test_refused(void)
{
	const double same[] = {1, 2, 2, 4, 3, 6}, none[] = {1, 0, 2, 0}, few[] = {1, 2};
	const double b[] = {1, 1, 1};
	double x[2];

	g_assert_cmpuint(nnls_dependent(same, 3, 2), ==, 1);
	g_assert_false(nnls(same, b, 3, 2, x));
	g_assert_cmpuint(nnls_dependent(none, 2, 2), ==, 1);
	g_assert_false(nnls(none, b, 2, 2, x));
	g_assert_false(nnls(few, b, 1, 2, x));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/nnls/against-trial", test_against_trial);
	g_test_add_func("/nnls/exact", test_exact);
	g_test_add_func("/nnls/refused", test_refused);
	return g_test_run();
}
