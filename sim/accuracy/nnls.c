// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/accuracy/nnls.h"

#include <glib.h>
#include <math.h>

#define DEPENDENT 1e-3 /* of a column's length that must be left beside the columns before it */

struct problem {
	unsigned n;
	double ata[NNLS_MAX][NNLS_MAX], atb[NNLS_MAX];
	bool free[NNLS_MAX]; /* not held at 0 */
};

static void set_up(struct problem *p, const double *a, const double *b, unsigned rows,
		   unsigned columns)
{
	*p = (struct problem){.n = columns};
	for (unsigned i = 0; i < columns; i++) {
		for (unsigned r = 0; r < rows; r++)
			p->atb[i] += a[r * columns + i] * b[r];
		for (unsigned k = 0; k < columns; k++) {
			for (unsigned r = 0; r < rows; r++)
				p->ata[i][k] += a[r * columns + i] * a[r * columns + k];
		}
	}
}

/* Least squares over the free unknowns, the others 0: L Lᵀ z = Aᵀ b. */
static void solve_free(const struct problem *p, double *z)
{
	double l[NNLS_MAX][NNLS_MAX], y[NNLS_MAX];
	unsigned at[NNLS_MAX], n = 0;

	for (unsigned i = 0; i < p->n; i++) {
		z[i] = 0;
		if (p->free[i])
			at[n++] = i;
	}
	for (unsigned i = 0; i < n; i++) {
		for (unsigned k = 0; k <= i; k++) {
			double sum = p->ata[at[i]][at[k]];

			for (unsigned m = 0; m < k; m++)
				sum -= l[i][m] * l[k][m];
			l[i][k] = i == k ? sqrt(sum) : sum / l[k][k];
		}
		y[i] = p->atb[at[i]];
		for (unsigned m = 0; m < i; m++)
			y[i] -= l[i][m] * y[m];
		y[i] /= l[i][i];
	}
	for (unsigned i = n; i-- > 0;) {
		for (unsigned m = i + 1; m < n; m++)
			y[i] -= l[m][i] * y[m];
		y[i] /= l[i][i];
		z[at[i]] = y[i];
	}
}

/* The unknown at 0 that gains most from being let go; n: none does. */
static unsigned best_to_free(const struct problem *p, const double *x)
{
	unsigned best = p->n;
	double most = 0;

	for (unsigned i = 0; i < p->n; i++) {
		double gain = p->atb[i];

		for (unsigned k = 0; k < p->n; k++)
			gain -= p->ata[i][k] * x[k];
		/* beyond what rounding leaves */
		if (!p->free[i] && gain > most && gain > 1e-10 * sqrt(p->ata[i][i])) {
			most = gain;
			best = i;
		}
	}
	return best;
}

/* Go from x towards z until the first free unknown reaches 0, which is then held. */
static bool step_back(struct problem *p, double *x, const double *z)
{
	double part = 1;

	for (unsigned i = 0; i < p->n; i++) {
		if (p->free[i] && z[i] <= 0)
			part = MIN(part, x[i] / (x[i] - z[i]));
	}
	bool short_of_it = false;

	for (unsigned i = 0; i < p->n; i++) {
		bool reaches = p->free[i] && z[i] <= 0 && x[i] / (x[i] - z[i]) <= part;

		short_of_it |= p->free[i] && z[i] <= 0;
		x[i] += part * (z[i] - x[i]);
		if (reaches) {
			x[i] = 0;
			p->free[i] = false;
		}
	}
	return short_of_it;
}

unsigned nnls_dependent(const double *a, unsigned rows, unsigned columns)
{
	g_autofree double *q = g_new(double, (size_t)rows *columns + 1);

	for (unsigned i = 0; i < columns; i++) {
		double whole = 0, left = 0;

		for (unsigned r = 0; r < rows; r++) {
			q[i * rows + r] = a[r * columns + i];
			whole += a[r * columns + i] * a[r * columns + i];
		}
		for (unsigned k = 0; k < i; k++) {
			double along = 0;

			for (unsigned r = 0; r < rows; r++)
				along += q[i * rows + r] * q[k * rows + r];
			for (unsigned r = 0; r < rows; r++)
				q[i * rows + r] -= along * q[k * rows + r];
		}
		for (unsigned r = 0; r < rows; r++)
			left += q[i * rows + r] * q[i * rows + r];
		if (!(sqrt(left) > DEPENDENT * sqrt(whole)))
			return i;
		for (unsigned r = 0; r < rows; r++)
			q[i * rows + r] /= sqrt(left);
	}
	return columns;
}

bool nnls(const double *a, const double *b, unsigned rows, unsigned columns, double *x)
{
	struct problem p;
	double z[NNLS_MAX];

	if (columns > NNLS_MAX || columns > rows || nnls_dependent(a, rows, columns) < columns)
		return false;
	set_up(&p, a, b, rows, columns);
	for (unsigned i = 0; i < columns; i++)
		x[i] = 0;
	for (unsigned turn = 0; turn < 3 * NNLS_MAX; turn++) {
		unsigned next = best_to_free(&p, x);

		if (next == columns)
			return true;
		p.free[next] = true;
		do
			solve_free(&p, z);
		while (step_back(&p, x, z));
	}
	return true; /* not reached but by rounding: x is as good as it gets */
}
