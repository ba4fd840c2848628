/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_IMPORT_PFN_SET_H
#define KMSIM_TRACE_IMPORT_PFN_SET_H

/* A set of page frames, one bit each, for those blocks of 512 frames only that hold any. */

#include <stdbool.h>
#include <stdint.h>

struct pfn_set;

struct pfn_set *pfn_set_new(void);
void pfn_set_free(struct pfn_set *set);

/* The 2^@order frames from @pfn, which is aligned to them. */
void pfn_set_add(struct pfn_set *set, uint64_t pfn, unsigned order);
bool pfn_set_has_any(const struct pfn_set *set, uint64_t pfn, unsigned order);
bool pfn_set_has_all(const struct pfn_set *set, uint64_t pfn, unsigned order);

#endif
