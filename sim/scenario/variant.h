/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_SCENARIO_VARIANT_H
#define KMSIM_SCENARIO_VARIANT_H

/*
 * One variant of a run: which ops, on which model, with which settings; and what came of it.
 */

#include "sim/base/param.h"
#include "sim/metrics/recorder.h"
#include "sim/trace/machine_record.h"

/* What to run. Plain data; variant_spec_clear() frees it. */
struct variant_spec {
	char *name;	/* unique within a result */
	char *point;	/* of a matrix: the values of its other axes; NULL: no matrix */
	char **axes;	/* of a matrix: its axes but the model, NULL-terminated; NULL: no matrix */
	char **values;	/* where on each of them this one lies */
	char *column;	/* of a matrix: the model as its axis has it; NULL: no matrix */
	char *source;	/* a trace's path, or a workload "NAME[,key=value…]" */
	bool workload;	/* source is a workload */
	char *named;	/* what messages call the trace; NULL: its path */
	char *shown_as; /* what results call the source; NULL: the source itself */
	char *model;	/* "NAME[,key=value…]" */
	char *profile;	/* CPU profile */
	char *image;	/* zone image that the run begins with; NULL: none */
	char *machine;	/* memory map (memory_map_load()) in place of the source's; NULL: that */
	enum run_order order;
	uint64_t seed;
	uint32_t cpus; /* simulated; 0: as the source's header says */
	bool lenient;
	bool is_recording; /* the source is one: models that replay what it says may be run */
	/* what it tells of the machine itself, borrowed; NULL: not known */
	const struct machine_record *machine_record;
	/* of the scenario: stronger than the trace's header, weaker than a parameter of the model
	 */
	struct param_value vstart, vend, lazy_max_pages;
};

void variant_spec_clear(struct variant_spec *spec);

/* A deep copy. */
struct variant_spec variant_spec_copy(const struct variant_spec *spec);

/* How a run talks to the outside. Zero: not at all. */
struct variant_hooks {
	struct writer *ops_file;    /* gets ops.csv; the caller commits it */
	struct writer *events_file; /* gets tracepoints as text; the caller commits it */
	struct writer *image_file;  /* gets the zone image at the end; the caller commits it */
	const volatile sig_atomic_t *interrupted;
	void (*progress)(void *ctx, uint64_t ops, unsigned permille);
	void *progress_ctx;
};

/* What came of it. */
struct variant_run {
	const struct variant_spec *spec; /* borrowed */
	const struct model_ops *model_ops;
	struct param_value params[PARAM_MAX]; /* resolved */
	uint32_t cpus;
	uint64_t vstart, vend, lazy_max_pages; /* as the model had them */
	struct memory_map *memory;	       /* the machine; NULL: nothing is said of it */
	GArray *recorded; /* struct recorded_count, of the machine that was recorded; NULL: none */
	char *profile_name, *profile_digest, *profile_rests_on;
	uint64_t clock_hz, timer_hz;
	char *ops_digest;
	json_t *workload; /* what the source measured itself; NULL: nothing */
	struct engine_totals totals;
	struct listener *listener;
	struct recorder *recorder;
	const struct figures *figures; /* of the recorder */
	uint64_t faults[OP_FAULTS];    /* left out by lenient */
	GPtrArray *warnings;	       /* char * */
};

/*
 * Everything but the ops themselves: does the model exist, are its parameters right, is there
 * such a profile, such a workload, such a trace? False with the error set. For --dry-run and before
 * long work.
 */
bool variant_check(const struct variant_spec *spec, GError **error);

/*
 * Run @spec. False with the error set, and nothing to clear: KMSIM_ERROR_INPUT for bad ops, or if
 * the model performs none of the kinds of op in the source; KMSIM_ERROR_USAGE; KMSIM_ERROR_IO. An
 * oops, a broken invariant and an interrupt are told by run->totals.end.
 */
bool variant_execute(const struct variant_spec *spec, const struct variant_hooks *hooks,
		     struct variant_run *run, GError **error);

void variant_run_clear(struct variant_run *run);

#endif
