// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/variant_machine.h"

#include "sim/metrics/compaction_log.h"
#include "sim/metrics/zone_figures.h"

#include <string.h>

#define U64 "%" G_GUINT64_FORMAT

/* ---- what the machine counted ---------------------------------------------------------- */

/* NULL: its event was not recorded. */
static const struct recorded_count *count_named(const struct variant_result *variant,
						const char *name)
{
	for (guint i = 0; variant->recorded && i < variant->recorded->len; i++) {
		const struct recorded_count *count =
			&g_array_index(variant->recorded, struct recorded_count, i);

		if (!strcmp(count->name, name))
			return count;
	}
	return NULL;
}

static json_t *count_json(const struct variant_result *variant, const char *name)
{
	const struct recorded_count *count = count_named(variant, name);

	return count ? json_u64(count->value) : json_null();
}

static void add_counts(json_t *vmstat, const struct variant_result *variant)
{
	for (guint i = 0; variant->recorded && i < variant->recorded->len; i++) {
		const struct recorded_count *count =
			&g_array_index(variant->recorded, struct recorded_count, i);

		json_object_set_new(vmstat, count->name, json_u64(count->value));
	}
}

bool machine_knows_compaction(const struct variant_result *variant)
{
	return variant->machine_record && variant->machine_record->has_compaction;
}

/* Compactions that began; null: their events were not recorded. */
static json_t *runs_json(const struct variant_result *variant)
{
	return machine_knows_compaction(variant) ? json_u64(variant->machine_record->runs)
						 : json_null();
}

static json_t *tracepoints_json(const struct variant_result *variant)
{
	return json_pack("{s:o, s:o}", "mm_page_alloc_extfrag", count_json(variant, "extfrag"),
			 "mm_compaction_begin", runs_json(variant));
}

static json_t *compaction_json(const struct variant_result *variant)
{
	const struct machine_record *record = variant->machine_record;
	bool known = machine_knows_compaction(variant);

	return json_pack("{s:b, s:o, s:n, s:o, s:b}", "known", known, "runs", runs_json(variant),
			 "stray_scans", "lines", json_u64(known ? record->scans->len : 0),
			 "truncated", known && record->scans_cut);
}

/* ---- the state of zones ---------------------------------------------------------------- */

static struct zone_sample sample_of(const struct zone_info *info, const struct zone_counts *counts)
{
	struct zone_sample sample = {.pcp_pages = info->pcp_count, .watermark_boost = info->boost};

	for (unsigned type = 0; type < LIST_TYPES; type++) {
		sample.blocks[type] = counts->blocks[type];
		for (unsigned order = 0; order < SAMPLE_ORDERS; order++)
			sample.nr_free[type][order] = counts->by_type[type][order];
	}
	return sample;
}

/* Where @zone is in the snapshot; false: it is not, or the kernel did not count to its end. */
static bool find_zone(const struct snapshot *snapshot, const struct memory_zone *zone,
		      struct zone_sample *sample)
{
	for (guint i = 0; i < snapshot->zones->len; i++) {
		const struct zone_info *info = &g_array_index(snapshot->zones, struct zone_info, i);
		const struct zone_counts *counts =
			&g_array_index(snapshot->counts, struct zone_counts, i);

		if (info->node != zone->node || strcmp(info->name, zone->name))
			continue;
		*sample = sample_of(info, counts);
		return !counts->capped;
	}
	return false;
}

/* The zones of the machine as @snapshot has them, to be freed; NULL: it is not known. */
static struct zone_sample *zones_of(const struct variant_result *variant,
				    const struct snapshot *snapshot)
{
	guint n = variant->memory ? variant->memory->zones->len : 0;
	g_autofree struct zone_sample *zones = g_new0(struct zone_sample, n + 1);

	if (!snapshot || !snapshot->has_types || !n)
		return NULL;
	for (guint i = 0; i < n; i++) {
		if (!find_zone(snapshot, memory_map_zone(variant->memory, i), &zones[i]))
			return NULL;
	}
	return g_steal_pointer(&zones);
}

static struct zone_sample *zones_at(const struct variant_result *variant, bool at_end)
{
	const struct machine_record *record = variant->machine_record;

	return record ? zones_of(variant, at_end ? record->after : record->before) : NULL;
}

bool machine_has_states(const struct variant_result *variant)
{
	g_autofree struct zone_sample *start = zones_at(variant, false);
	g_autofree struct zone_sample *end = zones_at(variant, true);

	return start || end;
}

/* @zone NULL: not known. No file of the kernel's says what is allocated in which block. */
static json_t *state_json(const struct zone_sample *zone)
{
	static const struct zone_sample nothing;
	json_t *state = zone_state_json(zone ? zone : &nothing), *value;
	const char *key;
	void *next;

	json_object_foreach_safe(state, next, key, value)
	{
		if (!zone || g_str_has_prefix(key, "unmovable_blocks") ||
		    !strcmp(key, "mixed_blocks"))
			json_object_set_new(state, key, json_null());
	}
	return state;
}

static json_t *start_and_end(const struct zone_sample *start, const struct zone_sample *end)
{
	return json_pack("{s:o, s:o}", "start", state_json(start), "end", state_json(end));
}

static json_t *zones_json(const struct variant_result *variant)
{
	g_autofree struct zone_sample *start = zones_at(variant, false);
	g_autofree struct zone_sample *end = zones_at(variant, true);
	json_t *object = json_object(), *list = json_array();
	guint n = start || end ? variant->memory->zones->len : 0;

	json_object_set_new(object, "known", json_boolean(n > 0));
	json_object_set_new(object, "list", list);
	if (!n)
		return object;
	for (guint i = 0; i < n; i++) {
		const struct memory_zone *of = memory_map_zone(variant->memory, i);
		json_t *zone = start_and_end(start ? &start[i] : NULL, end ? &end[i] : NULL);

		json_object_set_new(zone, "name", json_string(of->name));
		json_object_set_new(zone, "node", json_integer(of->node));
		json_array_append_new(list, zone);
	}
	struct zone_sample at_start = {0}, at_end = {0};

	if (start)
		at_start = zone_samples_sum(start, n);
	if (end)
		at_end = zone_samples_sum(end, n);
	json_object_set_new(object, "all",
			    start_and_end(start ? &at_start : NULL, end ? &at_end : NULL));
	return object;
}

static void put_moment_zones(struct writer *writer, const struct variant_result *variant,
			     const struct zone_sample *zones, bool at_end)
{
	uint64_t ops = at_end ? variant->figures->ops : 0;
	uint64_t t_cycles = at_end ? variant->totals->end_cycles : 0;

	for (guint i = 0; zones && i < variant->memory->zones->len; i++) {
		put_zone_moment(writer, memory_map_zone(variant->memory, i), ops, t_cycles);
		put_zone_state(writer, &zones[i], false);
	}
}

void put_machine_zones(struct writer *writer, const struct variant_result *variant)
{
	g_autofree struct zone_sample *start = zones_at(variant, false);
	g_autofree struct zone_sample *end = zones_at(variant, true);

	put_zones_header(writer);
	put_moment_zones(writer, variant, start, false);
	put_moment_zones(writer, variant, end, true);
}

/* ---- pageblocks ------------------------------------------------------------------------- */

bool machine_knows_blocks(const struct variant_result *variant)
{
	return variant->memory && variant->machine_record && variant->machine_record->blocks_start;
}

static json_t *blocks_json(const struct variant_result *variant)
{
	json_t *moments = json_array();

	if (machine_knows_blocks(variant)) {
		json_array_append_new(moments, json_string("start"));
		json_array_append_new(moments, json_string("end"));
	}
	return json_pack("{s:b, s:o, s:i}", "known", machine_knows_blocks(variant), "moments",
			 moments, "marks_left_out", 0);
}

/* Of what no event names there is nothing but where it lies. */
static void put_zone_blocks(struct writer *writer, const struct memory_zone *zone,
			    const GArray *blocks, const char *moment_text)
{
	static const struct machine_block untold;
	uint64_t pages = UINT64_C(1) << PAGEBLOCK_ORDER_DEFAULT;
	guint next = 0;

	for (uint64_t pfn = zone->start_pfn & ~(pages - 1); pfn < zone->end_pfn; pfn += pages) {
		while (next < blocks->len &&
		       g_array_index(blocks, struct machine_block, next).pfn < pfn)
			next++;
		const struct machine_block *at =
			next < blocks->len ? &g_array_index(blocks, struct machine_block, next)
					   : &untold;

		if (at->pfn != pfn)
			at = &untold;
		writer_printf(writer, "%s,%u,%s," U64 ",,,,%u,%u,%u,%u\n", moment_text, zone->node,
			      zone->name, pfn, at->free, at->movable, at->unmovable, at->in_use);
	}
}

static void put_moment_blocks(struct writer *writer, const struct variant_result *variant,
			      const GArray *blocks, bool at_end)
{
	g_autofree char *moment =
		at_end ? g_strdup_printf("end," U64 "," U64, variant->figures->ops,
					 variant->totals->end_cycles)
		       : g_strdup("start,0,0");

	for (guint i = 0; i < variant->memory->zones->len; i++)
		put_zone_blocks(writer, memory_map_zone(variant->memory, i), blocks, moment);
}

void put_machine_blocks(struct writer *writer, const struct variant_result *variant)
{
	const struct machine_record *record = variant->machine_record;

	writer_puts(writer, "moment,ops,t_cycles,node,zone,pfn,type,skip,present,free,movable,"
			    "unmovable,in_use\n");
	put_moment_blocks(writer, variant, record->blocks_start, false);
	put_moment_blocks(writer, variant, record->blocks_end, true);
}

/* ---- compaction ------------------------------------------------------------------------- */

void put_machine_compaction(struct writer *writer, const struct variant_result *variant)
{
	const struct machine_record *record = variant->machine_record;

	writer_puts(writer, "t_cycles,seq,run,kind,start_pfn,end_pfn,scanned,taken,stray\n");
	for (guint i = 0; i < record->scans->len; i++) {
		const struct machine_scan *scan =
			&g_array_index(record->scans, struct machine_scan, i);

		writer_printf(writer, U64 "," U64 ",%u,%s," U64 "," U64 "," U64 "," U64 ",\n",
			      mul_div(scan->t_ns, variant->clock_hz, NS_PER_S), scan->seq,
			      scan->run,
			      compaction_entry_names[scan->of_free ? ENTRY_FREE : ENTRY_MIGRATE],
			      scan->start_pfn, scan->end_pfn, scan->scanned, scan->taken);
	}
}

void set_machine_pages(json_t *object, const struct variant_result *variant)
{
	add_counts(json_object_get(object, "vmstat"), variant);
	json_object_set_new(object, "tracepoints", tracepoints_json(variant));
	json_object_set_new(object, "compaction", compaction_json(variant));
	json_object_set_new(object, "zones", zones_json(variant));
	json_object_set_new(object, "blocks", blocks_json(variant));
}
