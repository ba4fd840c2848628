/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_METRICS_RECORDER_H
#define KMSIM_METRICS_RECORDER_H

/*
 * What one variant did: takes the engine's records one by one and keeps counts,
 * histograms, a time series, the map of the address space or of the pageblocks, in memory that
 * does not depend on the length of the run.
 *
 * A request here is an op that makes an id and is no seed.
 */

#include "sim/base/writer.h"
#include "sim/engine/engine.h"
#include "sim/metrics/address_map.h"
#include "sim/metrics/block_maps.h"
#include "sim/metrics/histogram.h"
#include "sim/metrics/listener.h"
#include "sim/metrics/sections.h"
#include "sim/metrics/series.h"

struct kind_figures {
	uint64_t status[OP_STATUSES];
	struct histogram latency; /* cycles of ops that are ok or failed */
	uint64_t wait_cycles;
	uint64_t steps, steps_max;
};

/* Requests for pages of one order. */
struct order_figures {
	struct histogram granted, refused; /* cycles */
	uint64_t recorded_refused;	   /* that a real kernel refused */
};

/* Requests for pages of one migratetype. */
struct type_figures {
	uint64_t granted, refused;
};

/* How often the model answered as the recorded kernel did. */
struct recorded_figures {
	uint64_t addresses;    /* requests with a recorded address */
	uint64_t same_address; /* of these, answered with the same one */
	uint64_t failures;     /* requests that the recorded kernel refused */
	uint64_t same_failure; /* of these, refused by the model too */
};

struct figures {
	uint64_t ops; /* done, seeds not counted */
	bool timed;   /* the trace has time stamps */
	struct series *series;
	struct sections *sections; /* between marks */
	struct histogram steps;	   /* search steps of requests */
	struct kind_figures kinds[OP_KINDS];
	struct recorded_figures recorded;
	bool has_vmap;			 /* the samples' vmap is known */
	unsigned n_zones;		 /* 0: not a page allocator */
	struct zone_sample *zones_start; /* before the first op */
	struct order_figures orders[SAMPLE_ORDERS];
	struct type_figures types[MIGRATETYPES];
	uint64_t *counters;	   /* at the end, in the order of model_ops->counters; NULL: none */
	struct block_maps *blocks; /* NULL: the model cannot tell */
	const struct listener *listener; /* NULL: nobody listened */
	struct address_grid *map;	 /* NULL: the model cannot tell; set when finished */
};

struct recorder_config {
	const struct model_ops *model_ops;
	void *model;			 /* outlives the run */
	uint64_t vstart, vend;		 /* default window, for the map */
	const struct memory_map *memory; /* its zones are sampled; outlives the run; NULL: none */
	struct listener *listener;	 /* outlives the recorder; NULL: none */
	struct writer *ops_file;	 /* gets ops.csv; the caller commits it. NULL: not wanted */
};

struct recorder;

/* Writes the header line of ops.csv, too. */
struct recorder *recorder_new(const struct recorder_config *config);

/* Seeds are done, the first op has not begun: engine_config.begins, @ctx is the recorder. */
void recorder_begin(void *ctx);

/* One op is done: an op_observer, @ctx is the recorder. */
void recorder_op(void *ctx, const struct op_record *record);

/*
 * The run is over, the model still there: takes the last sample. The figures live as long as
 * the recorder; the model may go.
 */
const struct figures *recorder_finish(struct recorder *recorder,
				      const struct engine_totals *totals);

void recorder_free(struct recorder *recorder);

#endif
