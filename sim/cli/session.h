/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_CLI_SESSION_H
#define KMSIM_CLI_SESSION_H

/* Run variants, some at once, show them side by side, and keep what they leave. */

#include "sim/cli/cli.h"
#include "sim/report/result.h"
#include "sim/scenario/variant.h"

struct session {
	const struct variant_spec *specs;
	unsigned n;
	struct manifest manifest;
	const char *out; /* result directory; NULL: none */
	const char
		*out_name; /* made up where out is NULL: "NAME", "NAME.2" …; NULL: no directory */
	const char *json;  /* result.json as a file of its own; NULL: not wanted */
	const char *ops;   /* ops.csv of the one variant; NULL: not wanted */
	const char *events; /* its tracepoints as text; NULL: not wanted */
	const char *image;  /* its zone image at the end; NULL: not wanted */
	bool ops_in_dir;    /* an ops.csv in every variant's folder */
	bool force;	    /* replace a result directory */
	bool charts, png;
	bool breakdown; /* show where the cycles of each variant went */
	/* a matrix: figures to show by its points (sim/report/sweep.h); NULL: all side by side */
	const char *const *figures;
	const char *axes; /* what those points differ in */
	unsigned jobs;	  /* variants at once, each in a process; 0, 1: one by one, in this one */
	bool quiet;	  /* nothing for people on standard output, which has data */
};

/*
 * Run. Returns an exit status; with the error set, nothing is left under the names given. An
 * interrupted session, and one with a variant that crashed, keeps its directory as DIR.partial.
 */
int session_run(struct session *session, GError **error);

#endif
