/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_METRICS_SERIES_H
#define KMSIM_METRICS_SERIES_H

/*
 * The state of an address space, or of a machine's zones, over time in a bounded number of
 * samples, however long the run: one sample every K ops; when there are SERIES_MAX, two neighbours
 * become one (the state of the later, the requests of both) and K doubles.
 */

#include "models/model.h"

#define SERIES_MAX 1024

struct series_sample {
	uint64_t ops;	   /* done by then, seeds not counted */
	uint64_t seq;	   /* of the last of these */
	uint64_t t_cycles; /* when that one was done */
	struct vmap_sample vmap;
	/* requests since the previous sample */
	uint64_t requests;
	uint64_t request_cycles;     /* sum of their latencies */
	uint64_t request_max_cycles; /* the longest */
};

struct series {
	uint64_t every;		   /* K */
	uint64_t until;		   /* ops before the next sample is due */
	struct series_sample open; /* requests since the last sample */
	unsigned n_zones;
	struct zone_sample *zones; /* n_zones a sample; series_zones() */
	unsigned n;
	struct series_sample samples[SERIES_MAX];
};

/* Each sample has the state of @n_zones zones, too; 0: none. */
struct series *series_new(unsigned n_zones);
void series_free(struct series *series);

/* Count a request into the sample to come. */
static inline void series_request(struct series *series, uint64_t latency_cycles)
{
	struct series_sample *open = &series->open;

	open->requests++;
	open->request_cycles += latency_cycles;
	if (latency_cycles > open->request_max_cycles)
		open->request_max_cycles = latency_cycles;
}

/* One more op is done: true if a sample is due now. */
static inline bool series_due(struct series *series)
{
	return !--series->until;
}

/*
 * Take a sample: @vmap and @zones (series->n_zones of them) are the state after op number @ops.
 * Called when one is due, and once more at the end of the run, where a sample at @ops already
 * stands it is brought up to date.
 */
void series_add(struct series *series, uint64_t ops, uint64_t seq, uint64_t t_cycles,
		const struct vmap_sample *vmap, const struct zone_sample *zones);

/* The zones of sample number @i. */
static inline struct zone_sample *series_zones(const struct series *series, unsigned i)
{
	return series->zones + (size_t)i * series->n_zones;
}

/*
 * External fragmentation, 1 − largest/total, in millionths: 0 where all free space is
 * one block or there is none.
 */
uint64_t fragmentation_ppm(const struct vmap_sample *vmap);

/* Areas in all pools. */
uint64_t pooled_areas(const struct vmap_sample *vmap);

#endif
