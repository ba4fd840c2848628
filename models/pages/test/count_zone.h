/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_PAGES_TEST_COUNT_ZONE_H
#define KMSIM_PAGES_TEST_COUNT_ZONE_H

#include "models/pages/zone.h"
#include "sim/machine/zone_counts.h"

/* What the kernel would print of a simulated zone. Walks its lists and blocks. */
struct zone_counts count_zone(const struct zone *zone, unsigned node);

#endif
