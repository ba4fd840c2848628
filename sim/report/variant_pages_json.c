// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/variant_machine.h"

#include "sim/metrics/zone_figures.h"

/* ---- the machine ---------------------------------------------------------------------- */

static json_t *zone_json(const struct memory_zone *zone)
{
	uint64_t present = memory_zone_present(zone);

	return json_pack("{s:s, s:i, s:o, s:o, s:o, s:o}", "name", zone->name, "node",
			 (int)zone->node, "start_pfn", json_u64(zone->start_pfn), "end_pfn",
			 json_u64(zone->end_pfn), "present_pages", json_u64(present),
			 "managed_pages",
			 json_u64(zone->managed_pages ? zone->managed_pages : present));
}

static json_t *machine_json(const struct memory_map *memory)
{
	json_t *zones = json_array();

	for (guint i = 0; memory && i < memory->zones->len; i++)
		json_array_append_new(zones, zone_json(memory_map_zone(memory, i)));
	uint64_t section_pages =
		memory && memory->section_pages ? memory->section_pages : SECTION_PAGES_X86_64;
	unsigned pageblock_order = memory && memory->pageblock_order ? memory->pageblock_order
								     : PAGEBLOCK_ORDER_DEFAULT;
	unsigned max_order = memory && memory->max_order ? memory->max_order : MAX_ORDER_DEFAULT;

	return json_pack("{s:b, s:o, s:o, s:i, s:i, s:o}", "known", memory != NULL, "name",
			 json_text_or_empty(memory ? memory->name : NULL), "section_pages",
			 json_u64(section_pages), "pageblock_order", (int)pageblock_order,
			 "max_order", (int)max_order, "zones", zones);
}

/* ---- requests by order ---------------------------------------------------------------- */

static json_t *order_json(const struct order_figures *order, uint64_t clock_hz)
{
	uint64_t count = order->granted.count + order->refused.count;
	struct histogram all = {0};
	json_t *object = json_pack("{s:o, s:o, s:o, s:o}", "count", json_u64(count), "ok",
				   json_u64(order->granted.count), "fail",
				   json_u64(order->refused.count), "success_percent",
				   json_ratio((uint128)order->granted.count * 100, count));

	json_object_set_new(object, "recorded_fail", json_u64(order->recorded_refused));
	histogram_merge(&all, &order->granted);
	histogram_merge(&all, &order->refused);
	json_object_set_new(object, "latency", latency_json(&all, clock_hz));
	json_object_set_new(object, "latency_ok", latency_json(&order->granted, clock_hz));
	histogram_clear(&all);
	return object;
}

/* Each order, and "high": all above 0 together. */
static json_t *orders_json(const struct figures *figures, uint64_t clock_hz)
{
	struct order_figures high = {0};
	json_t *object = json_object();

	for (unsigned order = 0; order < SAMPLE_ORDERS; order++) {
		g_autofree char *key = g_strdup_printf("%u", order);

		json_object_set_new(object, key, order_json(&figures->orders[order], clock_hz));
		if (!order)
			continue;
		histogram_merge(&high.granted, &figures->orders[order].granted);
		histogram_merge(&high.refused, &figures->orders[order].refused);
		high.recorded_refused += figures->orders[order].recorded_refused;
	}
	json_object_set_new(object, "high", order_json(&high, clock_hz));
	histogram_clear(&high.granted);
	histogram_clear(&high.refused);
	return object;
}

static bool asked_for_pages(const struct figures *figures)
{
	uint64_t asked = 0;

	for (int status = 0; status < OP_STATUSES; status++)
		asked += figures->kinds[OP_PAGE_ALLOC].status[status];
	return asked > 0;
}

/* Each migratetype. */
static json_t *types_json(const struct figures *figures)
{
	json_t *object = json_object();

	for (unsigned type = 0; type < MIGRATETYPES; type++) {
		const struct type_figures *of = &figures->types[type];

		json_object_set_new(
			object, list_type_keys[type],
			json_pack("{s:o, s:o, s:o}", "count", json_u64(of->granted + of->refused),
				  "ok", json_u64(of->granted), "fail", json_u64(of->refused)));
	}
	return object;
}

/* ---- what the model counted and told -------------------------------------------------- */

static json_t *vmstat_json(const struct variant_result *variant)
{
	const struct model_counter *counter = variant->model_ops->counters;
	json_t *object = json_object();

	for (unsigned i = 0; counter && counter[i].name && variant->figures->counters; i++)
		json_object_set_new(object, counter[i].name,
				    json_u64(variant->figures->counters[i]));
	return object;
}

static json_t *recorded_vmstat_json(const GArray *recorded)
{
	json_t *object = json_object();

	for (guint i = 0; recorded && i < recorded->len; i++) {
		const struct recorded_count *count =
			&g_array_index(recorded, struct recorded_count, i);

		json_object_set_new(object, count->name, json_u64(count->value));
	}
	return object;
}

static json_t *background_json(const struct engine_totals *totals, uint64_t clock_hz)
{
	json_t *object = json_object();

	for (unsigned i = 0; i < totals->n_background; i++) {
		const struct background_totals *task = &totals->background[i];
		json_t *of_task = json_object();

		json_object_set_new(of_task, "runs", json_u64(task->runs));
		set_time(of_task, "busy", task->busy_cycles, clock_hz);
		set_time(of_task, "wait", task->wait_cycles, clock_hz);
		json_object_set_new(object, task->name, of_task);
	}
	return object;
}

static json_t *tracepoints_json(const struct listener *listener)
{
	json_t *object = json_object();

	for (unsigned id = 0; listener && id < TRACEPOINTS; id++)
		json_object_set_new(object, tracepoint_name((enum tracepoint_id)id),
				    json_u64(listener->counts[id]));
	return object;
}

static json_t *compaction_json(const struct listener *listener)
{
	static const struct compaction_log nothing;
	const struct compaction_log *log = listener ? listener->compaction : &nothing;

	return json_pack("{s:b, s:o, s:o, s:o, s:b}", "known", listener != NULL, "runs",
			 json_u64(log->runs), "stray_scans", json_u64(log->stray_scans), "lines",
			 json_u64(log->entries ? log->entries->len : 0), "truncated",
			 log->truncated);
}

/* ---- the state of zones --------------------------------------------------------------- */

static void set_by_order(json_t *object, const char *name, unsigned order, json_t *value)
{
	g_autofree char *key = g_strdup_printf("%s_%u", name, order);

	json_object_set_new(object, key, value);
}

json_t *zone_state_json(const struct zone_sample *zone)
{
	const struct zone_figures figures = zone_figures_of(zone);
	json_t *object = json_object();

	json_object_set_new(object, "free_pages", json_u64(figures.free_pages));
	for (unsigned order = 0; order < SAMPLE_ORDERS; order++)
		set_by_order(object, "nr_free", order, json_u64(figures.nr_free[order]));
	json_object_set_new(object, "free_order_9_up", json_u64(figures.suitable_9));
	for (unsigned order = 0; order < SAMPLE_ORDERS; order++)
		set_by_order(object, "extfrag_index", order,
			     json_integer(figures.extfrag_index[order]));
	for (unsigned order = 0; order < SAMPLE_ORDERS; order++)
		set_by_order(object, "unusable_index", order,
			     json_integer(figures.unusable_index[order]));
	json_object_set_new(object, "fragmentation_score",
			    json_integer((json_int_t)figures.fragmentation_score));
	for (unsigned type = 0; type < LIST_TYPES; type++) {
		g_autofree char *key = g_strconcat("blocks_", list_type_keys[type], NULL);

		json_object_set_new(object, key, json_u64(zone->blocks[type]));
	}
	json_object_set_new(object, "unmovable_blocks", json_u64(zone->unmovable_blocks));
	json_object_set_new(object, "unmovable_blocks_percent",
			    json_ratio((uint128)zone->unmovable_blocks * 100, figures.blocks));
	json_object_set_new(object, "mixed_blocks", json_u64(zone->mixed_blocks));
	json_object_set_new(object, "pcp_pages", json_u64(zone->pcp_pages));
	json_object_set_new(object, "boost", json_u64(zone->watermark_boost));
	return object;
}

static json_t *start_and_end(const struct zone_sample *start, const struct zone_sample *end)
{
	return json_pack("{s:o, s:o}", "start", zone_state_json(start), "end",
			 zone_state_json(end));
}

static json_t *zones_json(const struct variant_result *variant)
{
	const struct figures *figures = variant->figures;
	const struct zone_sample *start = figures->zones_start, *end;
	json_t *object = json_object(), *list = json_array();
	unsigned n = figures->n_zones;

	json_object_set_new(object, "known", json_boolean(n > 0));
	json_object_set_new(object, "list", list);
	if (!n)
		return object;
	end = series_zones(figures->series, figures->series->n - 1);
	for (unsigned i = 0; i < n; i++) {
		json_t *zone = start_and_end(&start[i], &end[i]);
		const struct memory_zone *of = memory_map_zone(variant->memory, i);

		json_object_set_new(zone, "name", json_string(of->name));
		json_object_set_new(zone, "node", json_integer(of->node));
		json_array_append_new(list, zone);
	}
	struct zone_sample all_start = zone_samples_sum(start, n),
			   all_end = zone_samples_sum(end, n);

	json_object_set_new(object, "all", start_and_end(&all_start, &all_end));
	return object;
}

static json_t *blocks_json(const struct block_maps *maps)
{
	json_t *moments = json_array();

	for (guint i = 0; maps && i < maps->moments->len; i++) {
		const struct block_moment *moment = maps->moments->pdata[i];

		json_array_append_new(moments, json_string(moment->name));
	}
	return json_pack("{s:b, s:o, s:o}", "known", maps != NULL, "moments", moments,
			 "marks_left_out", json_u64(maps ? maps->left_out : 0));
}

void set_pages(json_t *object, const struct variant_result *variant)
{
	const struct figures *figures = variant->figures;
	const struct listener *listener = has_zones(variant) ? figures->listener : NULL;
	uint64_t clock_hz = variant->clock_hz;

	json_object_set_new(object, "machine", machine_json(variant->memory));
	json_object_set_new(object, "orders",
			    asked_for_pages(figures) ? orders_json(figures, clock_hz)
						     : json_object());
	json_object_set_new(object, "types",
			    asked_for_pages(figures) ? types_json(figures) : json_object());
	json_object_set_new(object, "vmstat", vmstat_json(variant));
	json_object_set_new(json_object_get(object, "recorded"), "vmstat",
			    variant->model_ops->replays ? json_object()
							: recorded_vmstat_json(variant->recorded));
	json_object_set_new(object, "background", background_json(variant->totals, clock_hz));
	if (variant->model_ops->replays) {
		set_machine_pages(object, variant);
		return;
	}
	json_object_set_new(object, "tracepoints", tracepoints_json(listener));
	json_object_set_new(object, "compaction", compaction_json(listener));
	json_object_set_new(object, "zones", zones_json(variant));
	json_object_set_new(object, "blocks", blocks_json(figures->blocks));
}
