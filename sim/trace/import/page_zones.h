/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_IMPORT_PAGE_ZONES_H
#define KMSIM_TRACE_IMPORT_PAGE_ZONES_H

#include "sim/machine/memory_map.h"
#include "sim/trace/import/survey.h"

/*
 * The zones of the recorded machine as far as its events tell: those that were compacted, whose
 * bounds are recorded, and where pfns were seen outside of these, DMA, DMA32 and Normal by the
 * limits of x86-64. Without holes. Says so in a warning of @account. The caller's; NULL if the
 * recording has nothing of pages.
 */
struct memory_map *page_zones_guess(const struct survey *survey, struct import_account *account);

#endif
