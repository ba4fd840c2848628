// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/breakdown.h"
#include "sim/report/variant_parts.h"

/*
 * A variant as an object of result.json. No key ever vanishes: what did not happen is 0,
 * what is not known is the empty string.
 */

static const struct {
	const char *name;
	uint64_t per_mille;
} percentiles[] = {{"p50", 500}, {"p90", 900}, {"p99", 990}, {"p99_9", 999}};

static const char *const end_names[] = {
	[END_COMPLETE] = "complete",	   [END_OOPS] = "oops",
	[END_BROKEN] = "broken",	   [END_INPUT] = "input",
	[END_INTERRUPTED] = "interrupted",
};

static const char *const order_names[] = {[ORDER_TIME] = "time", [ORDER_TRACE] = "trace"};

/* NAME_cycles and NAME_ns: the sum of @n values, as their mean. */
static void set_mean_time(json_t *object, const char *name, uint64_t sum_cycles, uint64_t n,
			  uint64_t clock_hz)
{
	g_autofree char *in_cycles = g_strconcat(name, "_cycles", NULL);
	g_autofree char *in_ns = g_strconcat(name, "_ns", NULL);
	json_t *cycles = n == 1 ? json_u64(sum_cycles) : json_ratio(sum_cycles, n);

	json_object_set_new(object, in_cycles, cycles);
	json_object_set_new(object, in_ns,
			    json_ratio((uint128)sum_cycles * NS_PER_S, (uint128)clock_hz * n));
}

void set_time(json_t *object, const char *name, uint64_t cycles, uint64_t clock_hz)
{
	set_mean_time(object, name, cycles, 1, clock_hz);
}

json_t *latency_json(const struct histogram *latency, uint64_t clock_hz)
{
	json_t *object = json_object();

	json_object_set_new(object, "count", json_u64(latency->count));
	set_time(object, "total", latency->sum, clock_hz);
	set_mean_time(object, "mean", latency->sum, latency->count, clock_hz);
	set_time(object, "min", latency->min, clock_hz);
	for (unsigned i = 0; i < G_N_ELEMENTS(percentiles); i++)
		set_time(object, percentiles[i].name,
			 histogram_value_at(latency, percentiles[i].per_mille, 1000), clock_hz);
	set_time(object, "max", latency->max, clock_hz);
	return object;
}

static json_t *kind_json(const struct kind_figures *kind, uint64_t clock_hz)
{
	json_t *object = json_object();
	uint64_t n = kind->latency.count;

	for (int status = 0; status < OP_STATUSES; status++)
		json_object_set_new(object, op_status_name((enum op_status)status),
				    json_u64(kind->status[status]));
	json_object_set_new(object, "latency", latency_json(&kind->latency, clock_hz));
	set_time(object, "wait", kind->wait_cycles, clock_hz);
	json_object_set_new(object, "steps", json_u64(kind->steps));
	json_object_set_new(object, "steps_mean", json_ratio(kind->steps, n));
	json_object_set_new(object, "steps_max", json_u64(kind->steps_max));
	return object;
}

static json_t *ops_json(const struct figures *figures, uint64_t clock_hz)
{
	json_t *object = json_object();

	for (int kind = 0; kind < OP_KINDS; kind++)
		json_object_set_new(object, op_kind_name((enum op_kind)kind),
				    kind_json(&figures->kinds[kind], clock_hz));
	return object;
}

static json_t *search_json(const struct histogram *steps)
{
	json_t *object = json_object();

	json_object_set_new(object, "requests", json_u64(steps->count));
	json_object_set_new(object, "steps_total", json_u64(steps->sum));
	json_object_set_new(object, "steps_mean", json_ratio(steps->sum, steps->count));
	for (unsigned i = 0; i < G_N_ELEMENTS(percentiles); i++) {
		g_autofree char *key = g_strconcat("steps_", percentiles[i].name, NULL);

		json_object_set_new(
			object, key,
			json_u64(histogram_value_at(steps, percentiles[i].per_mille, 1000)));
	}
	json_object_set_new(object, "steps_max", json_u64(steps->max));
	return object;
}

static json_t *recorded_json(const struct recorded_figures *recorded)
{
	json_t *object = json_object();

	json_object_set_new(object, "addresses", json_u64(recorded->addresses));
	json_object_set_new(object, "same_address", json_u64(recorded->same_address));
	json_object_set_new(object, "same_address_percent",
			    json_ratio((uint128)recorded->same_address * 100, recorded->addresses));
	json_object_set_new(object, "failures", json_u64(recorded->failures));
	json_object_set_new(object, "same_failure", json_u64(recorded->same_failure));
	return object;
}

static uint64_t lock_wait_cycles(const struct engine_totals *totals)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < totals->n_locks; i++)
		sum += totals->locks[i].wait_cycles;
	return sum;
}

static json_t *totals_json(const struct engine_totals *totals, const struct figures *figures,
			   uint64_t clock_hz)
{
	json_t *object = json_object();

	json_object_set_new(object, "ops", json_u64(totals->ops));
	json_object_set_new(object, "ops_after_seeds", json_u64(figures->ops));
	set_time(object, "end", totals->end_cycles, clock_hz);
	set_time(object, "busy", totals->busy_cycles, clock_hz);
	set_time(object, "lock_wait", lock_wait_cycles(totals), clock_hz);
	json_object_set_new(object, "late_lookahead_ops", json_u64(totals->late_lookahead));
	return object;
}

static json_t *work_json(const struct engine_totals *totals)
{
	json_t *object = json_object();

	for (unsigned step = 0; step < STEPS; step++)
		json_object_set_new(object, step_name((enum step)step),
				    json_pack("{s:o, s:o}", "count",
					      json_u64(totals->step_count[step]), "cycles",
					      json_u64(totals->step_cycles[step])));
	return object;
}

static json_t *locks_json(const struct engine_totals *totals)
{
	json_t *object = json_object();

	for (unsigned i = 0; i < totals->n_locks; i++) {
		const struct lock_totals *lock = &totals->locks[i];

		json_object_set_new(object, lock->name,
				    json_pack("{s:o, s:o, s:o, s:o}", "takes",
					      json_u64(lock->takes), "contended",
					      json_u64(lock->contended), "wait_cycles",
					      json_u64(lock->wait_cycles), "held_cycles",
					      json_u64(lock->held_cycles)));
	}
	return object;
}

static json_t *state_json(const struct vmap_sample *vmap, uint64_t fragmentation)
{
	json_t *object = json_object();

	json_object_set_new(object, "busy_areas", json_u64(vmap->busy_areas));
	json_object_set_new(object, "lazy_pages", json_u64(vmap->lazy_pages));
	json_object_set_new(object, "free_blocks", json_u64(vmap->free_blocks));
	json_object_set_new(object, "largest_free_bytes", json_u64(vmap->largest_free_bytes));
	json_object_set_new(object, "total_free_bytes", json_u64(vmap->total_free_bytes));
	json_object_set_new(object, "free_outside_largest_bytes",
			    json_u64(vmap->total_free_bytes - vmap->largest_free_bytes));
	json_object_set_new(object, "tree_nodes", json_u64(vmap->tree_nodes));
	json_object_set_new(object, "purges", json_u64(vmap->purges));
	json_object_set_new(object, "pooled_areas", json_u64(pooled_areas(vmap)));
	json_object_set_new(object, "fragmentation_ppm", json_u64(fragmentation));
	return object;
}

static json_t *address_space_json(const struct figures *figures)
{
	const struct series *series = figures->series;
	struct vmap_sample last = series->samples[series->n - 1].vmap, max = {0};
	uint64_t max_fragmentation = 0, max_outside = 0, max_pooled = 0;
	json_t *object = json_object();

	for (unsigned i = 0; i < series->n; i++) {
		const struct vmap_sample *vmap = &series->samples[i].vmap;

		max.busy_areas = MAX(max.busy_areas, vmap->busy_areas);
		max.lazy_pages = MAX(max.lazy_pages, vmap->lazy_pages);
		max.free_blocks = MAX(max.free_blocks, vmap->free_blocks);
		max.largest_free_bytes = MAX(max.largest_free_bytes, vmap->largest_free_bytes);
		max.total_free_bytes = MAX(max.total_free_bytes, vmap->total_free_bytes);
		max.tree_nodes = MAX(max.tree_nodes, vmap->tree_nodes);
		max.purges = MAX(max.purges, vmap->purges);
		max_pooled = MAX(max_pooled, pooled_areas(vmap));
		max_fragmentation = MAX(max_fragmentation, fragmentation_ppm(vmap));
		max_outside = MAX(max_outside, vmap->total_free_bytes - vmap->largest_free_bytes);
	}
	json_object_set_new(object, "known", json_boolean(figures->has_vmap));
	json_object_set_new(object, "pools_known",
			    json_boolean(figures->has_vmap && last.has_pools));
	json_object_set_new(object, "samples", json_u64(series->n));
	json_object_set_new(object, "sample_every_ops", json_u64(series->every));
	json_object_set_new(object, "end", state_json(&last, fragmentation_ppm(&last)));
	json_object_set_new(object, "max_of_samples", state_json(&max, max_fragmentation));
	/* the largest of each sample, not the difference of two maxima */
	json_object_set_new(json_object_get(object, "max_of_samples"), "free_outside_largest_bytes",
			    json_u64(max_outside));
	json_object_set_new(json_object_get(object, "max_of_samples"), "pooled_areas",
			    json_u64(max_pooled));
	return object;
}

static json_t *address_map_json(const struct address_grid *map)
{
	static const struct address_grid unknown;
	json_t *object = json_object();

	json_object_set_new(object, "known", json_boolean(map != NULL));
	map = map ? map : &unknown;
	json_object_set_new(object, "low", json_address(map->low));
	json_object_set_new(object, "row_bytes", json_u64(map->row_bytes));
	json_object_set_new(object, "rows", json_u64(map->n_rows));
	json_object_set_new(object, "columns", json_u64(map->n_columns));
	json_object_set_new(object, "outside_bytes", json_u64(map->outside_bytes));
	return object;
}

/* What the CPU did within; what is left of the time it was idle, or waited for what no lock is. */
static json_t *section_breakdown(const struct section *section, const struct engine_totals *totals,
				 uint64_t clock_hz)
{
	json_t *object = work_account_json(&section->work, totals, clock_hz);
	uint64_t busy = section->work.work_cycles;

	for (unsigned i = 0; i < totals->n_locks; i++)
		busy += section->work.wait_cycles[i];
	json_object_set_new(object, "idle_cycles", json_u64(section->total_cycles - busy));
	return object;
}

static json_t *section_json(const struct section *section, const struct engine_totals *totals,
			    uint64_t clock_hz)
{
	json_t *object = json_object(), *ends = json_object();

	for (unsigned i = 0; i < section->n_words; i++)
		json_object_set_new(ends, section->words[i].word, json_u64(section->words[i].runs));
	json_object_set_new(object, "name", json_string(section->name));
	json_object_set_new(object, "cpu", json_u64(section->cpu));
	json_object_set_new(object, "runs", json_u64(section->runs));
	json_object_set_new(object, "ends", ends);
	json_object_set_new(object, "open", json_boolean(section->open));
	set_time(object, "total", section->total_cycles, clock_hz);
	set_mean_time(object, "mean", section->total_cycles, section->runs, clock_hz);
	set_time(object, "min", section->min_cycles, clock_hz);
	set_time(object, "max", section->max_cycles, clock_hz);
	set_time(object, "first_start", section->first_start_cycles, clock_hz);
	set_time(object, "last_end", section->last_end_cycles, clock_hz);
	json_object_set_new(object, "ops", json_u64(section->ops));
	json_object_set_new(object, "steps", json_u64(section->steps));
	json_object_set_new(object, "breakdown", section_breakdown(section, totals, clock_hz));
	return object;
}

static json_t *sections_json(struct sections *sections, const struct engine_totals *totals,
			     uint64_t clock_hz)
{
	unsigned n;
	const struct section *const *list = sections_list(sections, &n);
	json_t *array = json_array();

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(array, section_json(list[i], totals, clock_hz));
	return json_pack("{s:o, s:o}", "left_out", json_u64(sections_left_out(sections)), "list",
			 array);
}

/* The parameters as text, and the names of those that are not at their default. */
static void set_parameters(json_t *object, const struct variant_result *variant)
{
	const struct param *table = variant->model_ops->params;
	struct param_value defaults[PARAM_MAX];
	json_t *all = json_object(), *changed = json_array();

	param_defaults(table, defaults);
	for (unsigned i = 0; table && table[i].name; i++) {
		g_autofree char *text = param_text(&table[i], &variant->params[i]);
		g_autofree char *usual = param_text(&table[i], &defaults[i]);

		json_object_set_new(all, table[i].name, json_string(text));
		if (g_strcmp0(text, usual))
			json_array_append_new(changed, json_string(table[i].name));
	}
	json_object_set_new(object, "parameters", all);
	json_object_set_new(object, "parameters_changed", changed);
}

static json_t *lazy_max_pages_json(uint64_t pages)
{
	return pages == LAZY_NONE ? json_string("none") : json_u64(pages);
}

/* Where in the matrix of a scenario the variant lies. */
static json_t *point_json(const struct variant_result *variant)
{
	json_t *object = json_object();

	for (unsigned i = 0; variant->axes && variant->axes[i]; i++)
		json_object_set_new(object, variant->axes[i], json_string(variant->values[i]));
	return object;
}

static void set_inputs(json_t *object, const struct variant_result *variant)
{
	json_object_set_new(object, "source", json_text_or_empty(variant->source));
	json_object_set_new(object, "ops_digest", json_text_or_empty(variant->ops_digest));
	json_object_set_new(object, "seed", json_u64(variant->seed));
	json_object_set_new(object, "order", json_string(order_names[variant->order]));
	json_object_set_new(object, "timed", json_boolean(variant->figures->timed));
	json_object_set_new(object, "cpus", json_u64(variant->cpus));
	json_object_set_new(object, "vstart", json_address(variant->vstart));
	json_object_set_new(object, "vend", json_address(variant->vend));
	json_object_set_new(object, "lazy_max_pages", lazy_max_pages_json(variant->lazy_max_pages));
	json_object_set_new(object, "profile", json_string(variant->profile));
	json_object_set_new(object, "profile_digest", json_string(variant->profile_digest));
	json_object_set_new(object, "profile_rests_on", json_string(variant->profile_rests_on));
	json_object_set_new(object, "clock_hz", json_u64(variant->clock_hz));
	json_object_set_new(object, "timer_hz", json_u64(variant->timer_hz));
}

static json_t *end_json(const struct engine_totals *totals)
{
	return json_pack("{s:s, s:o, s:o}", "how", end_names[totals->end], "seq",
			 json_u64(totals->end_seq), "message",
			 json_text_or_empty(totals->end_message));
}

static json_t *warnings_json(const GPtrArray *warnings)
{
	json_t *array = json_array();

	for (guint i = 0; warnings && i < warnings->len; i++)
		json_array_append_new(array, json_string(warnings->pdata[i]));
	return array;
}

static json_t *faults_json(const uint64_t *faults)
{
	static const char *const names[] = {
#define X(fault, name) [FAULT_##fault] = #fault,
		OP_FAULT_LIST(X)
#undef X
	};
	json_t *object = json_object();

	for (unsigned i = 0; i < OP_FAULTS; i++) {
		g_autofree char *key = g_ascii_strdown(names[i], -1);

		json_object_set_new(object, key, json_u64(faults[i]));
	}
	return object;
}

static bool is_of_time(const char *key)
{
	return g_str_has_suffix(key, "_cycles") || g_str_has_suffix(key, "_ns") ||
	       g_str_has_prefix(key, "steps");
}

/* Set what tells of time or work, here and below, to null: it is not known. */
static void blank_times(json_t *object)
{
	const char *key;
	json_t *value, *element;
	void *next;
	size_t i;

	json_array_foreach (object, i, element)
		blank_times(element);
	json_object_foreach_safe(object, next, key, value)
	{
		if (json_is_object(value) || json_is_array(value))
			blank_times(value);
		else if (is_of_time(key))
			json_object_set_new(object, key, json_null());
	}
}

static void blank_all(json_t *object)
{
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe(object, next, key, value)
	{
		if (json_is_object(value))
			blank_all(value);
		else
			json_object_set_new(object, key, json_null());
	}
}

/* Where no price is known, nobody knows either where the time went. */
static void blank_breakdowns(json_t *object)
{
	json_t *section;
	size_t i;

	blank_all(json_object_get(object, "breakdown"));
	json_array_foreach (json_at(object, "sections/list"), i, section)
		blank_all(json_object_get(section, "breakdown"));
}

/* What the recorded machine refused is what the model does. */
static void blank_orders(json_t *orders)
{
	const char *order;
	json_t *figures;

	blank_times(orders);
	json_object_foreach (orders, order, figures)
		json_object_set_new(figures, "recorded_fail", json_null());
}

/* Of a model that does what a recording says: only the times of the recording itself are known. */
static void blank_unpriced(json_t *object, bool has_times)
{
	json_t *totals = json_object_get(object, "totals"), *step;
	json_t *end_cycles = json_incref(json_object_get(totals, "end_cycles"));
	json_t *end_ns = json_incref(json_object_get(totals, "end_ns"));
	const char *name;

	blank_times(json_object_get(object, "ops"));
	blank_times(json_object_get(object, "search"));
	blank_times(json_object_get(object, "sections"));
	blank_times(totals);
	blank_orders(json_object_get(object, "orders"));
	blank_breakdowns(object);
	if (has_times) {
		json_object_set(totals, "end_cycles", end_cycles);
		json_object_set(totals, "end_ns", end_ns);
	}
	json_decref(end_cycles);
	json_decref(end_ns);
	json_object_foreach (json_object_get(object, "work"), name, step) {
		json_object_set_new(step, "count", json_null());
		json_object_set_new(step, "cycles", json_null());
	}
}

/* What the source measured itself. */
static json_t *workload_json(json_t *figures)
{
	json_t *object = figures ? json_copy(figures) : json_object();

	json_object_set_new(object, "known", json_boolean(figures));
	return object;
}

json_t *variant_result_json(const struct variant_result *variant)
{
	uint64_t clock_hz = variant->clock_hz;
	const struct figures *figures = variant->figures;
	g_autofree char *folder = variant_folder(variant->name);
	json_t *object = json_object();

	json_object_set_new(object, "name", json_string(variant->name));
	json_object_set_new(object, "folder", json_string(folder));
	json_object_set_new(object, "model", json_string(variant->model_ops->name));
	json_object_set_new(object, "priced", json_boolean(!variant->model_ops->replays));
	json_object_set_new(object, "column", json_text_or_empty(variant->column));
	json_object_set_new(object, "point", point_json(variant));
	set_parameters(object, variant);
	set_inputs(object, variant);
	json_object_set_new(object, "end", end_json(variant->totals));
	json_object_set_new(object, "warnings", warnings_json(variant->warnings));
	json_object_set_new(object, "left_out_ops", faults_json(variant->faults));
	json_object_set_new(object, "totals", totals_json(variant->totals, figures, clock_hz));
	json_object_set_new(object, "ops", ops_json(figures, clock_hz));
	json_object_set_new(object, "search", search_json(&figures->steps));
	json_object_set_new(object, "recorded", recorded_json(&figures->recorded));
	json_object_set_new(object, "work", work_json(variant->totals));
	json_object_set_new(object, "locks", locks_json(variant->totals));
	json_object_set_new(object, "breakdown", breakdown_json(variant->totals, clock_hz));
	json_object_set_new(object, "sections",
			    sections_json(figures->sections, variant->totals, clock_hz));
	json_object_set_new(object, "address_space", address_space_json(figures));
	json_object_set_new(object, "address_map", address_map_json(figures->map));
	set_pages(object, variant);
	json_object_set_new(object, "workload", workload_json(variant->workload));
	if (variant->model_ops->replays)
		blank_unpriced(object, figures->timed && variant->order == ORDER_TIME);
	return object;
}
