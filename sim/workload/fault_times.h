/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_WORKLOAD_FAULT_TIMES_H
#define KMSIM_WORKLOAD_FAULT_TIMES_H

/*
 * How long faults of 2 MiB took, as mmtests' thpscale measures it: from the touch until the 2 MiB
 * are written, whether they came as one huge page or as 512 small ones.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct fault_times {
	struct fault_time {
		uint64_t n, total_ns, max_ns;
	} base, huge;
};

void fault_times_add(struct fault_times *times, bool huge, uint64_t ns);

/*
 * {"huge_percent": …, "both": {"count": …, "mean_ns": …, "max_ns": …}, "huge": …, "base": …}:
 * figures of a workload, docs/results.md. Means of no faults are 0.
 */
json_t *fault_times_json(const struct fault_times *times);

#endif
