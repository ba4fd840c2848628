/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_ACCURACY_NNLS_H
#define KMSIM_ACCURACY_NNLS_H

#include <stdbool.h>

#define NNLS_MAX 32 /* most unknowns */

/*
 * Non-negative least squares: x ≥ 0 that makes |A x − b| least. Active sets by C. L. Lawson and
 * R. J. Hanson, "Solving Least Squares Problems" (1974), chapter 23, with normal equations solved
 * by Cholesky's method, which is enough for the few well-scaled unknowns here. @a has @rows rows of
 * @columns numbers. Deterministic. False if the columns depend on each other (nnls_dependent()
 * tells which), or there are more of them than rows.
 */
bool nnls(const double *a, const double *b, unsigned rows, unsigned columns, double *x);

/*
 * The first column that the ones before it tell all but one thousandth of, or that is 0; @columns
 * if there is none.
 */
unsigned nnls_dependent(const double *a, unsigned rows, unsigned columns);

#endif
