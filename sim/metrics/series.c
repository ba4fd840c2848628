// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/metrics/series.h"

#include "sim/base/units.h"

#include <string.h>

struct series *series_new(unsigned n_zones)
{
	struct series *series = g_new0(struct series, 1);

	series->every = series->until = 1;
	series->n_zones = n_zones;
	series->zones = g_new(struct zone_sample, (size_t)SERIES_MAX * n_zones);
	return series;
}

void series_free(struct series *series)
{
	if (!series)
		return;
	g_free(series->zones);
	g_free(series);
}

static void take_requests(struct series_sample *into, const struct series_sample *from)
{
	into->requests += from->requests;
	into->request_cycles += from->request_cycles;
	into->request_max_cycles = MAX(into->request_max_cycles, from->request_max_cycles);
}

static void set_zones(struct series *series, unsigned i, const struct zone_sample *zones)
{
	if (series->n_zones)
		memcpy(series_zones(series, i), zones, series->n_zones * sizeof(*zones));
}

static void halve(struct series *series)
{
	for (unsigned i = 0; i < SERIES_MAX / 2; i++) {
		struct series_sample merged = series->samples[2 * i + 1];

		take_requests(&merged, &series->samples[2 * i]);
		series->samples[i] = merged;
		set_zones(series, i, series_zones(series, 2 * i + 1));
	}
	series->n = SERIES_MAX / 2;
	series->every *= 2;
}

void series_add(struct series *series, uint64_t ops, uint64_t seq, uint64_t t_cycles,
		const struct vmap_sample *vmap, const struct zone_sample *zones)
{
	struct series_sample sample = {.ops = ops, .seq = seq, .t_cycles = t_cycles, .vmap = *vmap};

	if (series->n && series->samples[series->n - 1].ops == ops)
		take_requests(&sample, &series->samples[--series->n]);
	take_requests(&sample, &series->open);
	series->open = (struct series_sample){0};
	set_zones(series, series->n, zones);
	series->samples[series->n++] = sample;
	if (series->n == SERIES_MAX)
		halve(series);
	series->until = series->every - ops % series->every;
}

uint64_t fragmentation_ppm(const struct vmap_sample *vmap)
{
	if (!vmap->total_free_bytes)
		return 0;
	return mul_div(vmap->total_free_bytes - vmap->largest_free_bytes, 1000000,
		       vmap->total_free_bytes);
}

uint64_t pooled_areas(const struct vmap_sample *vmap)
{
	uint64_t areas = 0;

	for (unsigned i = 0; i < POOL_CLASSES; i++)
		areas += vmap->pooled_areas[i];
	return areas;
}
