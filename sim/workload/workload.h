/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_WORKLOAD_WORKLOAD_H
#define KMSIM_WORKLOAD_WORKLOAD_H

/*
 * Workloads: generators of ops, described step by step in docs/workloads.md. To everything
 * downstream a generator is an op source like a trace, with per_cpu set: each CPU's ops
 * are generated when asked for, and depend on nothing but the parameters, the seed and
 * what became of that CPU's earlier ops, so they are the same however the CPUs interleave.
 *
 * A consumer asks for a CPU's next op when that CPU's last one is done, and has told
 * result() by then what became of it; an op whose result is not told counts as done well. Where
 * CPUs meet at a barrier (SOURCE_WAIT), each is to be asked again once source->released has grown.
 */

#include "sim/base/param.h"
#include "sim/trace/source.h"

#include <signal.h>

struct workload_env {
	uint32_t cpus; /* overrides the parameter of that name; 0: does not */
	uint64_t seed;
	/*
	 * The machine of the run. A workload of page ops copies it into its header, in place of its
	 * own; NULL: that. Borrowed.
	 */
	const struct memory_map *memory;
};

struct workload_ops {
	const char *name;
	const char *summary; /* one line */
	/* begins with WORKLOAD_PARAMS (settings.h), or PAGE_WORKLOAD_PARAMS (page_settings.h) */
	const struct param *params;
	/*
	 * "key=value,…": where the workload is another one with other defaults; NULL: is not.
	 */
	const char *preset;
	/* NULL with the error set (KMSIM_ERROR_USAGE) where parameters contradict each other. */
	struct op_source *(*create)(const struct workload_env *env,
				    const struct param_value *values, GError **error);
};

/* The workload @name. Unknown: NULL and KMSIM_ERROR_USAGE, the message lists the known. */
const struct workload_ops *workload_find(const char *name, GError **error);

/* All of them, NULL-terminated. */
const struct workload_ops *const *workload_list(void);

/*
 * The source that @spec, "NAME[,key=value…]", describes; its header's origin says @spec and the
 * seed. NULL with the error set (KMSIM_ERROR_USAGE) for a bad spec.
 */
struct op_source *workload_source_new(const char *spec, const struct workload_env *env,
				      GError **error);

/*
 * Write the ops of the generator @source, CPUs in turn, as the trace @out_path ("-": standard
 * output; .gz and .zst compress). Each request for an area is answered as an empty window would: it
 * fits if its first aligned address does not wrap and the area ends at or below the window's end.
 * Requests for pages are all granted. Where *@interrupted (NULL: never) becomes true it ends with
 * KMSIM_ERROR_INTERRUPTED. Nothing is left at @out_path after an error.
 */
bool workload_synth(struct op_source *source, const char *out_path,
		    const volatile sig_atomic_t *interrupted, GError **error);

#endif
