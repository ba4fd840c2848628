/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_REPORT_VARIANT_PARTS_H
#define KMSIM_REPORT_VARIANT_PARTS_H

/* Inside of a variant's object in result.json, and of its CSV files. */

#include "sim/report/result.h"

/* Figures of a histogram of latencies. */
json_t *latency_json(const struct histogram *latency, uint64_t clock_hz);

/* Keys NAME_cycles and NAME_ns. */
void set_time(json_t *object, const char *name, uint64_t cycles, uint64_t clock_hz);

/*
 * What @account says: its total, the steps, locks and waits that make it up, and what the rounding
 * of stages to whole cycles leaves.
 */
json_t *work_account_json(const struct work_account *account, const struct engine_totals *totals,
			  uint64_t clock_hz);

/* The same for every kind of op, and for background tasks. */
json_t *breakdown_json(const struct engine_totals *totals, uint64_t clock_hz);

/* Is there a machine with zones in it, whose state is known? */
static inline bool has_zones(const struct variant_result *variant)
{
	return variant->figures->n_zones > 0;
}

/* State of a zone, or of several, as an object. */
json_t *zone_state_json(const struct zone_sample *zone);

/* The header of zones.csv; a line's first columns; the rest of it, where what is allocated in
 * which block is @told. */
void put_zones_header(struct writer *writer);
void put_zone_moment(struct writer *writer, const struct memory_zone *zone, uint64_t ops,
		     uint64_t t_cycles);
void put_zone_state(struct writer *writer, const struct zone_sample *zone, bool told);

/* The keys that are about page frames. */
void set_pages(json_t *object, const struct variant_result *variant);

/* The CSV files that are about page frames. */
void put_zones(struct writer *writer, const struct variant_result *variant);
void put_blocks(struct writer *writer, const struct variant_result *variant);
void put_compaction(struct writer *writer, const struct variant_result *variant);
void put_latency_orders(struct writer *writer, const struct variant_result *variant);

/* Lines "PREFIXlow,high,count". */
void put_histogram(struct writer *writer, const struct histogram *histogram, const char *prefix);

#endif
