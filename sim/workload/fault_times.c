// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/fault_times.h"

#include "sim/base/json_util.h"

void fault_times_add(struct fault_times *times, bool huge, uint64_t ns)
{
	struct fault_time *time = huge ? &times->huge : &times->base;

	time->n++;
	time->total_ns += ns;
	time->max_ns = ns > time->max_ns ? ns : time->max_ns;
}

static json_t *time_json(const struct fault_time *time)
{
	return json_pack("{s:o, s:o, s:o}", "count", json_u64(time->n), "mean_ns",
			 json_ratio(time->total_ns, time->n), "max_ns", json_u64(time->max_ns));
}

json_t *fault_times_json(const struct fault_times *times)
{
	const struct fault_time *base = &times->base, *huge = &times->huge;
	const struct fault_time both = {
		.n = base->n + huge->n,
		.total_ns = base->total_ns + huge->total_ns,
		.max_ns = base->max_ns > huge->max_ns ? base->max_ns : huge->max_ns,
	};

	return json_pack("{s:o, s:o, s:o, s:o}", "huge_percent",
			 json_ratio((uint128)huge->n * 100, both.n), "both", time_json(&both),
			 "huge", time_json(huge), "base", time_json(base));
}
