/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_FIDELITY_PLACEMENT_H
#define KMSIM_FIDELITY_PLACEMENT_H

/*
 * When the steps of a purge took effect. The kernel tells of a purge at its end, while requests of
 * other CPUs went on. What narrows it down: the task that purged did nothing else meanwhile, one
 * purge runs at a time, and the number of areas that it took is that of the lazy ones at the moment
 * when it took them. Of what is left, the placement is taken that makes the recorded addresses come
 * out.
 */

#include "sim/fidelity/cursor.h"

/*
 * The plan of the purge at moment @purge: by step, NODES_PURGE_STEPS() in all, the moment before
 * which it is done, ascending. @cursor, which stays as it is, must stand at its moment->earliest.
 * To be freed.
 */
uint32_t *placement_find(const struct cursor *cursor, uint32_t purge);

#endif
