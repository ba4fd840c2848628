// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/figures.h"

#include <stddef.h>

const struct figure kind_figures_shown[] = {
	{"count", "latency/count", UNIT_COUNT, BETTER_NONE, false, false},
	{"failed", "fail", UNIT_COUNT, BETTER_LOWER, false, true},
	{"skipped", "skipped", UNIT_COUNT, BETTER_LOWER, true, false},
	{"latency, mean", "latency/mean_ns", UNIT_NS, BETTER_LOWER, true, false},
	{"latency, p50", "latency/p50_ns", UNIT_NS, BETTER_LOWER, true, true},
	{"latency, p90", "latency/p90_ns", UNIT_NS, BETTER_LOWER, true, true},
	{"latency, p99", "latency/p99_ns", UNIT_NS, BETTER_LOWER, true, false},
	{"latency, p99.9", "latency/p99_9_ns", UNIT_NS, BETTER_LOWER, true, true},
	{"latency, max", "latency/max_ns", UNIT_NS, BETTER_LOWER, true, false},
	{"latency, total", "latency/total_ns", UNIT_NS, BETTER_LOWER, true, false},
	{"lock wait, total", "wait_ns", UNIT_NS, BETTER_LOWER, true, false},
	{"steps, mean", "steps_mean", UNIT_RATIO, BETTER_LOWER, true, true},
	{"steps, max", "steps_max", UNIT_COUNT, BETTER_LOWER, true, true},
	{NULL},
};

const struct figure run_figures_shown[] = {
	{"simulated time", "totals/end_ns", UNIT_NS, BETTER_LOWER, false, false},
	{"CPU time in ops", "totals/busy_ns", UNIT_NS, BETTER_LOWER, false, false},
	{"lock wait", "totals/lock_wait_ns", UNIT_NS, BETTER_LOWER, false, false},
	{"TLB flushes", "work/tlb_flush/count", UNIT_COUNT, BETTER_LOWER, true, false},
	{"busy areas, max", "address_space/max_of_samples/busy_areas", UNIT_COUNT, BETTER_NONE,
	 true, false},
	{"lazy pages, max", "address_space/max_of_samples/lazy_pages", UNIT_COUNT, BETTER_NONE,
	 true, false},
	{"free blocks, max", "address_space/max_of_samples/free_blocks", UNIT_COUNT, BETTER_LOWER,
	 true, false},
	{"fragmentation, end", "address_space/end/fragmentation_ppm", UNIT_PPM, BETTER_LOWER, true,
	 false},
	{"fragmentation, max", "address_space/max_of_samples/fragmentation_ppm", UNIT_PPM,
	 BETTER_LOWER, true, false},
	{"free outside, max", "address_space/max_of_samples/free_outside_largest_bytes",
	 UNIT_BYTES, BETTER_LOWER, true, false},
	{"largest free, end", "address_space/end/largest_free_bytes", UNIT_BYTES, BETTER_HIGHER,
	 true, false},
	{"recorded addresses", "recorded/addresses", UNIT_COUNT, BETTER_NONE, true, false},
	{"  same in model", "recorded/same_address_percent", UNIT_PERCENT, BETTER_HIGHER, true,
	 false},
	{"recorded failures", "recorded/failures", UNIT_COUNT, BETTER_NONE, true, false},
	{"  failed here, too", "recorded/same_failure", UNIT_COUNT, BETTER_HIGHER, true, false},
	{NULL},
};
