/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_FIDELITY_PLACEMENT_BEAM_H
#define KMSIM_FIDELITY_PLACEMENT_BEAM_H

/*
 * A purge whose steps are spread over requests of other CPUs: many hypotheses of how far it has
 * come go along the timeline together; those that foretell the most live on.
 */

#include "sim/fidelity/cursor.h"

/*
 * The best plan of the purge at moment @purge, beginning where @from stands, judged up to @after
 * requests behind it. Its cost is verdict_cost() of all moments, and COST_MISS if it takes another
 * number of areas than the recording says. To be freed.
 */
uint32_t *placement_beam(const struct cursor *from, uint32_t purge, unsigned after, uint64_t *cost);

#endif
