/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_PAGES_ZONE_COUNT_H
#define KMSIM_MODELS_PAGES_ZONE_COUNT_H

#include "models/pages/zone.h"
#include "sim/machine/zone_counts.h"

/* Counts of a zone as it is, as the kernel would print them. Walks its blocks. */
struct zone_counts zone_count(const struct zone *zone, unsigned node);

#endif
