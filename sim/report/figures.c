// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/figures.h"

#include "sim/base/json_util.h"

#include <string.h>

/* Is @path a latency or a share of ops of which there were none? "orders/9/latency/mean_ns" is,
 * where "orders/9/count" is 0. */
static bool of_no_ops(const json_t *variant, const char *path)
{
	static const struct {
		const char *prefix, *count;
	} families[] = {{"ops/", "latency/count"}, {"orders/", "count"}};

	for (unsigned i = 0; i < G_N_ELEMENTS(families); i++) {
		const char *name = path + strlen(families[i].prefix), *rest;

		if (!g_str_has_prefix(path, families[i].prefix) || !(rest = strchr(name, '/')))
			continue;
		g_autofree char *count =
			g_strdup_printf("%.*s%s", (int)(rest + 1 - path), path, families[i].count);
		const char *leaf = strrchr(path, '/') + 1;

		return (g_str_has_suffix(leaf, "_ns") || g_str_has_suffix(leaf, "_percent") ||
			g_str_has_prefix(leaf, "steps_")) &&
		       json_number_at(variant, count) <= 0;
	}
	return false;
}

bool variant_is_machine(const json_t *variant)
{
	return json_is_false(json_object_get(variant, "priced"));
}

/* Is it null? That is what a model that only replays a recording says of time and work. */
static bool is_blank(const json_t *variant, const char *path)
{
	return json_is_null(json_at(variant, path));
}

bool figure_is_known(const json_t *variant, const char *path)
{
	/* keys that are there for some models only */
	static const char *const sometimes[] = {"zones/",	   "orders/",	   "types/",
						"vmstat/",	   "tracepoints/", "background/",
						"recorded/vmstat/"};

	if (of_no_ops(variant, path) || is_blank(variant, path))
		return false;
	if (g_str_has_suffix(path, "/pooled_areas"))
		return json_is_true(json_at(variant, "address_space/pools_known"));
	if (g_str_has_prefix(path, "address_space/"))
		return json_is_true(json_at(variant, "address_space/known"));
	for (unsigned i = 0; i < G_N_ELEMENTS(sometimes); i++) {
		if (g_str_has_prefix(path, sometimes[i]))
			return json_at(variant, path) != NULL;
	}
	return true;
}

/* Shown always; where it is not 0 everywhere; where what it is a share of is not 0 everywhere. */
#define ALWAYS(label, path, unit, better)                                                          \
	{                                                                                          \
		label, path, UNIT_##unit, BETTER_##better, false, false, BESIDE_ANY, NULL          \
	}
#define NONZERO(label, path, unit, better)                                                         \
	{                                                                                          \
		label, path, UNIT_##unit, BETTER_##better, true, false, BESIDE_ANY, NULL           \
	}
#define SHARE(label, path, unit, better, of)                                                       \
	{                                                                                          \
		label, path, UNIT_##unit, BETTER_##better, true, false, BESIDE_ANY, of             \
	}
/* Of kinds of op that make an id. */
#define OF_REQUESTS(label, path, unit, better, hide_zero)                                          \
	{                                                                                          \
		label, path, UNIT_##unit, BETTER_##better, hide_zero, true, BESIDE_ANY, NULL       \
	}
/* What the recorded machine counted, below what the model did. */
#define RECORDED(path)                                                                             \
	{                                                                                          \
		"  recorded", path, UNIT_COUNT, BETTER_NONE, true, false, WITHOUT_MACHINE, NULL    \
	}
/* Counts that are of use beside those of the machine. */
#define BESIDE(label, path, better)                                                                \
	{                                                                                          \
		label, path, UNIT_COUNT, BETTER_##better, true, false, BESIDE_MACHINE, NULL        \
	}
#define END_OF_FIGURES ALWAYS(NULL, NULL, COUNT, NONE)

const struct figure kind_figures_shown[] = {
	ALWAYS("count", "latency/count", COUNT, NONE),
	OF_REQUESTS("failed", "fail", COUNT, LOWER, false),
	NONZERO("oopsed", "oops", COUNT, LOWER),
	NONZERO("skipped", "skipped", COUNT, LOWER),
	NONZERO("latency, mean", "latency/mean_ns", NS, LOWER),
	OF_REQUESTS("latency, p50", "latency/p50_ns", NS, LOWER, true),
	OF_REQUESTS("latency, p90", "latency/p90_ns", NS, LOWER, true),
	NONZERO("latency, p99", "latency/p99_ns", NS, LOWER),
	OF_REQUESTS("latency, p99.9", "latency/p99_9_ns", NS, LOWER, true),
	NONZERO("latency, max", "latency/max_ns", NS, LOWER),
	NONZERO("latency, total", "latency/total_ns", NS, LOWER),
	NONZERO("lock wait, total", "wait_ns", NS, LOWER),
	OF_REQUESTS("steps, mean", "steps_mean", RATIO, LOWER, true),
	OF_REQUESTS("steps, max", "steps_max", COUNT, LOWER, true),
	END_OF_FIGURES,
};

const struct figure run_figures_shown[] = {
	ALWAYS("simulated time", "totals/end_ns", NS, LOWER),
	ALWAYS("CPU time in ops", "totals/busy_ns", NS, LOWER),
	ALWAYS("lock wait", "totals/lock_wait_ns", NS, LOWER),
	NONZERO("TLB flushes", "work/tlb_flush/count", COUNT, LOWER),

	BESIDE("order-0 asked", "orders/0/count", NONE),
	BESIDE("order-1 asked", "orders/1/count", NONE),
	BESIDE("order-2 asked", "orders/2/count", NONE),
	BESIDE("order-3 asked", "orders/3/count", NONE),
	BESIDE("order-4 asked", "orders/4/count", NONE),
	BESIDE("order-5 asked", "orders/5/count", NONE),
	BESIDE("order-6 asked", "orders/6/count", NONE),
	BESIDE("order-7 asked", "orders/7/count", NONE),
	BESIDE("order-8 asked", "orders/8/count", NONE),
	BESIDE("order-10 asked", "orders/10/count", NONE),
	BESIDE("unmovable asked", "types/unmovable/count", NONE),
	BESIDE("movable asked", "types/movable/count", NONE),
	BESIDE("reclaimable asked", "types/reclaimable/count", NONE),
	NONZERO("high-order asked", "orders/high/count", COUNT, NONE),
	SHARE("high-order success", "orders/high/success_percent", PERCENT, HIGHER,
	      "orders/high/count"),
	NONZERO("high-order failed", "orders/high/fail", COUNT, LOWER),
	RECORDED("orders/high/recorded_fail"),
	NONZERO("order-9 asked", "orders/9/count", COUNT, NONE),
	SHARE("order-9 success", "orders/9/success_percent", PERCENT, HIGHER, "orders/9/count"),
	NONZERO("order-9 latency", "orders/9/latency/mean_ns", NS, LOWER),
	SHARE("huge faults", "workload/huge_percent", PERCENT, HIGHER, "workload/both/count"),
	NONZERO("fault latency", "workload/both/mean_ns", NS, LOWER),
	NONZERO("order-9 lat., p99", "orders/9/latency/p99_ns", NS, LOWER),
	NONZERO("extfrag events", "tracepoints/mm_page_alloc_extfrag", COUNT, LOWER),
	RECORDED("recorded/vmstat/extfrag"),
	BESIDE("blocks taken over", "vmstat/extfrag_change_ownership", LOWER),

	BESIDE("compaction runs", "compaction/runs", NONE),
	NONZERO("compact_stall", "vmstat/compact_stall", COUNT, LOWER),
	RECORDED("recorded/vmstat/compact_stall"),
	NONZERO("compact_fail", "vmstat/compact_fail", COUNT, LOWER),
	RECORDED("recorded/vmstat/compact_fail"),
	NONZERO("compact_success", "vmstat/compact_success", COUNT, NONE),
	RECORDED("recorded/vmstat/compact_success"),
	NONZERO("migrate scanner", "vmstat/compact_migrate_scanned", COUNT, LOWER),
	RECORDED("recorded/vmstat/compact_migrate_scanned"),
	NONZERO("free scanner", "vmstat/compact_free_scanned", COUNT, LOWER),
	RECORDED("recorded/vmstat/compact_free_scanned"),
	NONZERO("free-list entries", "work/free_list_entry/count", COUNT, LOWER),
	BESIDE("pages isolated", "vmstat/compact_isolated", LOWER),
	NONZERO("pages migrated", "vmstat/pgmigrate_success", COUNT, NONE),
	RECORDED("recorded/vmstat/pgmigrate_success"),
	NONZERO("migration failures", "vmstat/pgmigrate_fail", COUNT, LOWER),
	RECORDED("recorded/vmstat/pgmigrate_fail"),
	NONZERO("allocstall", "vmstat/allocstall", COUNT, LOWER),
	NONZERO("kswapd runs", "background/kswapd/runs", COUNT, LOWER),
	BESIDE("kcompactd wakes", "vmstat/compact_daemon_wake", LOWER),
	NONZERO("kcompactd runs", "background/kcompactd/runs", COUNT, LOWER),
	NONZERO("kcompactd CPU time", "background/kcompactd/busy_ns", NS, LOWER),

	NONZERO("skip-hint resets", "vmstat/skip_resets", COUNT, NONE),
	NONZERO("resets outside", "vmstat/skip_reset_outside", COUNT, LOWER),
	NONZERO("oopses", "vmstat/oopses", COUNT, LOWER),
	NONZERO("strays examined", "vmstat/stray_examined_block", COUNT, LOWER),
	NONZERO("  outside the zone", "vmstat/stray_examined_zone", COUNT, LOWER),
	NONZERO("strays isolated", "vmstat/stray_isolated_block", COUNT, LOWER),
	NONZERO("  outside the zone", "vmstat/stray_isolated_zone", COUNT, LOWER),
	NONZERO("stray targets", "vmstat/stray_target_block", COUNT, LOWER),
	NONZERO("  outside the zone", "vmstat/stray_target_zone", COUNT, LOWER),
	NONZERO("polluted blocks", "vmstat/stray_polluted_blocks", COUNT, LOWER),
	SHARE("unusable o9, end", "zones/all/end/unusable_index_9", THOUSANDTHS, LOWER,
	      "zones/all/end/free_pages"),
	NONZERO("unmovable blocks", "zones/all/end/unmovable_blocks", COUNT, LOWER),
	NONZERO("mixed blocks, end", "zones/all/end/mixed_blocks", COUNT, LOWER),
	SHARE("free order 9, end", "zones/all/end/free_order_9_up", COUNT, HIGHER,
	      "zones/all/end/free_pages"),

	NONZERO("busy areas, max", "address_space/max_of_samples/busy_areas", COUNT, NONE),
	NONZERO("lazy pages, max", "address_space/max_of_samples/lazy_pages", COUNT, NONE),
	NONZERO("purges", "address_space/end/purges", COUNT, NONE),
	NONZERO("pooled areas, max", "address_space/max_of_samples/pooled_areas", COUNT, NONE),
	NONZERO("free blocks, max", "address_space/max_of_samples/free_blocks", COUNT, LOWER),
	NONZERO("fragmentation, end", "address_space/end/fragmentation_ppm", PPM, LOWER),
	NONZERO("fragmentation, max", "address_space/max_of_samples/fragmentation_ppm", PPM, LOWER),
	NONZERO("free outside, max", "address_space/max_of_samples/free_outside_largest_bytes",
		BYTES, LOWER),
	NONZERO("largest free, end", "address_space/end/largest_free_bytes", BYTES, HIGHER),
	NONZERO("recorded addresses", "recorded/addresses", COUNT, NONE),
	NONZERO("  same in model", "recorded/same_address_percent", PERCENT, HIGHER),
	NONZERO("recorded failures", "recorded/failures", COUNT, NONE),
	NONZERO("  failed here, too", "recorded/same_failure", COUNT, HIGHER),
	END_OF_FIGURES,
};
