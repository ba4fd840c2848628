/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_ACCURACY_CALIBRATE_H
#define KMSIM_ACCURACY_CALIBRATE_H

/*
 * Fit prices of a profile to cells: those that make the sum of the squared relative errors least,
 * none of them below 0. How a cell depends on a price is found by running it with the price
 * changed. With one CPU counts of steps do not depend on prices, so that is a straight line and
 * one round is all; with several CPUs it is a tangent, and rounds go on (Gauss and Newton)
 * until a run comes out as foretold. Figures that are one parameter keep their proportions. Prices
 * are whole numbers, so results are rounded, and the errors told are those of runs with the rounded
 * prices.
 */

#include "sim/accuracy/cells.h"

struct calibration {
	const struct cells *cells;
	const struct fit *fit;
	json_t *profile; /* as it was given */
	unsigned n_parameters, n_cells;
	uint64_t *old, *now;	/* by parameter */
	double *published;	/* by cell */
	double *before, *after; /* by cell: simulated, median over layouts */
	unsigned rounds;	/* that it took */
	bool settled;		/* the last run came out as foretold */
};

/*
 * Simulate the cells of the fit with @profile: the median over layouts of each, in the order of
 * fit->cells. False with the error set.
 */
typedef bool (*calibrate_run)(void *ctx, const json_t *profile, double *values, GError **error);

/*
 * Fit. NULL with the error set: KMSIM_ERROR_INPUT for a parameter that the profile does not have
 * and for parameters that the cells do not determine, or what @run says. @profile and @cells must
 * outlive it.
 */
struct calibration *calibrate(const struct cells *cells, const struct fit *fit, json_t *profile,
			      calibrate_run run, void *ctx, GError **error);
void calibration_free(struct calibration *calibration);

/* Parameters old and new, cells with their residuals: for people. To be freed. */
char *calibration_text(const struct calibration *calibration);

/*
 * The profile with the fitted prices, whose sources name the cells; called @name. To be released.
 */
json_t *calibration_profile(const struct calibration *calibration, const char *name);

#endif
