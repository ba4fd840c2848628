/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_REPORT_RESULT_H
#define KMSIM_REPORT_RESULT_H

/*
 * What a result is: result.json with a manifest and one object a variant, and the
 * CSV files of each variant. docs/results.md names every key and column. Same inputs give
 * the same bytes: no wall-clock time, host or absolute path is in any of it.
 */

#include "sim/base/json_util.h"
#include "sim/metrics/recorder.h"
#include "sim/report/result_dir.h"
#include "sim/scenario/variant.h"

#define RESULT_VERSION 1 /* of result.json */

/* Where a result comes from. */
struct manifest {
	const char *command;	     /* result_command_text() */
	const char *scenario;	     /* its name; NULL: none */
	const char *scenario_digest; /* NULL: none */
	const char *question;	     /* that the scenario answers; NULL: none */
	const char *const *figures;  /* that answer it, as tables name them; NULL: none */
	json_t *imports;	     /* accounts of the recordings that were imported; NULL: none */
	json_t *failed;		     /* variants that crashed, as {name, why}; NULL: none */
};

/* Everything about one variant. Borrowed, all of it. */
struct variant_result {
	const char *name;   /* unique within the result */
	const char *column; /* of a matrix: the model as it has it; NULL: no matrix */
	const char *const *axes, *const *values; /* of a matrix: its other axes; NULL: no matrix */
	const struct model_ops *model_ops;
	const struct param_value *params; /* resolved, in the order of model_ops->params */
	const char *source;		  /* trace (base name) or workload spec */
	const char *ops_digest;
	json_t *workload; /* variant_run.workload */
	uint64_t seed;
	enum run_order order;
	uint32_t cpus;
	uint64_t vstart, vend, lazy_max_pages; /* as the model had them */
	const struct memory_map *memory;       /* the machine; NULL: nothing is said of it */
	const GArray *recorded; /* struct recorded_count, of the recorded machine; NULL: none */
	/* of a model that replays what a recording says; NULL: not known */
	const struct machine_record *machine_record;
	const char *profile, *profile_digest, *profile_rests_on;
	uint64_t clock_hz, timer_hz;
	const struct engine_totals *totals;
	const struct figures *figures;
	const uint64_t *faults;	   /* op_stream_faults() */
	const GPtrArray *warnings; /* of char *; NULL: none */
};

/* What @run is as a part of a result; borrows from it and its spec. */
struct variant_result variant_result_of(const struct variant_run *run);

/*
 * The command line as a manifest holds it: paths cut to their base names; where the
 * result goes (-o, --ops, --events, --json, --force) left out, so that the same work leaves the
 * same bytes wherever it is put. To be freed.
 */
char *result_command_text(int argc, char *const *argv);

/* One variant as an object of result.json. */
json_t *variant_result_json(const struct variant_result *variant);

/* All of result.json; @variants are borrowed objects of variant_result_json(). */
json_t *result_json(const struct manifest *manifest, json_t *const *variants, size_t n_variants);

/* Write @variant's CSV files into its folder of @dir. False with the error set (_IO). */
gboolean variant_write_csv(const struct result_dir *dir, const struct variant_result *variant,
			   GError **error);

/* Write result.json. False with the error set (_IO). */
gboolean result_write_json(const struct result_dir *dir, const json_t *result, GError **error);

/*
 * Read result.json of the directory @path back. NULL with the error set: KMSIM_ERROR_IO, or
 * KMSIM_ERROR_INPUT "PATH/result.json: cause" for what is not a result of this version.
 */
json_t *result_load(const char *path, GError **error);

#endif
