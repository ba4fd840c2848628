// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/variant_parts.h"

#include "sim/metrics/zone_figures.h"

#define U64 "%" G_GUINT64_FORMAT

/* ---- zones.csv ------------------------------------------------------------------------ */

static void put_order_names(struct writer *writer, const char *name)
{
	for (unsigned order = 0; order < SAMPLE_ORDERS; order++)
		writer_printf(writer, ",%s_%u", name, order);
}

void put_zones_header(struct writer *writer)
{
	writer_puts(writer, "ops,t_cycles,node,zone");
	for (unsigned type = 0; type < LIST_TYPES; type++) {
		g_autofree char *name = g_strconcat("free_", list_type_keys[type], NULL);

		put_order_names(writer, name);
	}
	for (unsigned type = 0; type < LIST_TYPES; type++)
		writer_printf(writer, ",blocks_%s", list_type_keys[type]);
	writer_puts(writer, ",unmovable_blocks,mixed_blocks,pcp_pages,boost,free_pages");
	put_order_names(writer, "extfrag_index");
	put_order_names(writer, "unusable_index");
	writer_puts(writer, ",fragmentation_score\n");
}

void put_zone_state(struct writer *writer, const struct zone_sample *zone, bool told)
{
	const struct zone_figures figures = zone_figures_of(zone);

	for (unsigned type = 0; type < LIST_TYPES; type++) {
		for (unsigned order = 0; order < SAMPLE_ORDERS; order++)
			writer_printf(writer, "," U64, zone->nr_free[type][order]);
	}
	for (unsigned type = 0; type < LIST_TYPES; type++)
		writer_printf(writer, "," U64, zone->blocks[type]);
	if (told)
		writer_printf(writer, "," U64 "," U64, zone->unmovable_blocks, zone->mixed_blocks);
	else
		writer_puts(writer, ",,");
	writer_printf(writer, "," U64 "," U64 "," U64, zone->pcp_pages, zone->watermark_boost,
		      figures.free_pages);
	for (unsigned order = 0; order < SAMPLE_ORDERS; order++)
		writer_printf(writer, ",%d", figures.extfrag_index[order]);
	for (unsigned order = 0; order < SAMPLE_ORDERS; order++)
		writer_printf(writer, ",%d", figures.unusable_index[order]);
	writer_printf(writer, ",%u\n", figures.fragmentation_score);
}

void put_zone_moment(struct writer *writer, const struct memory_zone *zone, uint64_t ops,
		     uint64_t t_cycles)
{
	writer_printf(writer, U64 "," U64 ",%u,%s", ops, t_cycles, zone->node, zone->name);
}

static void put_all_zones(struct writer *writer, const struct variant_result *variant, uint64_t ops,
			  uint64_t t_cycles, const struct zone_sample *zones)
{
	for (unsigned i = 0; i < variant->figures->n_zones; i++) {
		put_zone_moment(writer, memory_map_zone(variant->memory, i), ops, t_cycles);
		put_zone_state(writer, &zones[i], true);
	}
}

void put_zones(struct writer *writer, const struct variant_result *variant)
{
	const struct series *series = variant->figures->series;

	put_zones_header(writer);
	if (series->samples[0].ops)
		put_all_zones(writer, variant, 0, 0, variant->figures->zones_start);
	for (unsigned i = 0; i < series->n; i++)
		put_all_zones(writer, variant, series->samples[i].ops, series->samples[i].t_cycles,
			      series_zones(series, i));
}

/* ---- the others ----------------------------------------------------------------------- */

/* A name that has no comma, so that it may stand in a CSV file. To be freed. */
static char *plain(const char *name)
{
	return g_strdelimit(g_strdup(name), ",\"\r\n", ' ');
}

static void put_moment(struct writer *writer, const struct variant_result *variant,
		       const struct block_moment *moment)
{
	g_autofree char *name = plain(moment->name);

	for (guint i = 0; i < moment->blocks->len; i++) {
		const struct block_line *line =
			&g_array_index(moment->blocks, struct block_line, i);
		const struct memory_zone *zone = memory_map_zone(variant->memory, line->zone);

		writer_printf(writer, "%s," U64 "," U64 ",%u,%s," U64 ",%s,%d,%u,%u,%u,%u\n", name,
			      moment->ops, moment->t_cycles, zone->node, zone->name,
			      line->block.pfn, list_type_keys[line->block.type], line->block.skip,
			      line->block.present, line->block.free, line->block.movable,
			      line->block.unmovable);
	}
}

void put_blocks(struct writer *writer, const struct variant_result *variant)
{
	const struct block_maps *maps = variant->figures->blocks;

	writer_puts(writer, "moment,ops,t_cycles,node,zone,pfn,type,skip,present,free,movable,"
			    "unmovable\n");
	for (guint i = 0; maps && i < maps->moments->len; i++)
		put_moment(writer, variant, maps->moments->pdata[i]);
}

void put_compaction(struct writer *writer, const struct variant_result *variant)
{
	const struct listener *listener = variant->figures->listener;

	writer_puts(writer, "t_cycles,seq,run,kind,start_pfn,end_pfn,scanned,taken,stray\n");
	for (guint i = 0; listener && i < listener->compaction->entries->len; i++) {
		const struct compaction_entry *entry =
			&g_array_index(listener->compaction->entries, struct compaction_entry, i);

		writer_printf(writer, U64 "," U64 ",%u,%s," U64 "," U64 "," U64 "," U64 ",%d\n",
			      entry->t_cycles, entry->seq, entry->run,
			      compaction_entry_names[entry->kind], entry->start_pfn, entry->end_pfn,
			      entry->scanned, entry->taken, entry->stray);
	}
}

static void put_order(struct writer *writer, unsigned order, const char *status,
		      const struct histogram *latency)
{
	g_autofree char *prefix = g_strdup_printf("%u,%s,", order, status);

	put_histogram(writer, latency, prefix);
}

void put_latency_orders(struct writer *writer, const struct variant_result *variant)
{
	writer_puts(writer, "order,status,low_cycles,high_cycles,count\n");
	for (unsigned order = 0; order < SAMPLE_ORDERS; order++) {
		put_order(writer, order, "ok", &variant->figures->orders[order].granted);
		put_order(writer, order, "fail", &variant->figures->orders[order].refused);
	}
}
