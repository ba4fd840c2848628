/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_PAGES_FRAG_INDEX_H
#define KMSIM_MODELS_PAGES_FRAG_INDEX_H

/*
 * How fragmented a zone is, from its free chunks per order: the kernel's integer arithmetic, so
 * that results compare bit by bit. Linux mm/vmstat.c (fill_contig_page_info,
 * __fragmentation_index, unusable_free_index, extfrag_for_order). The two indices answer different
 * questions and are on different scales; never take one for the other.
 */

#include "models/pages/memmap.h"

/*
 * External fragmentation index, thousandths. -1000: a chunk of the order is free, the request would
 * succeed. Towards 0 a failure is for want of memory, towards 1000 because of fragmentation. Other
 * negative values occur where there are few chunks: they mean the same as 0.
 */
int extfrag_index(const uint64_t nr_free[MAX_ORDER_NR], unsigned order);

/* Share of free memory in chunks too small for the order, thousandths; 1000 if nothing is free. */
int unusable_index(const uint64_t nr_free[MAX_ORDER_NR], unsigned order);

/* What proactive compaction goes by (5.9): share of free memory, in percent, outside of chunks of
 * at least a pageblock. */
unsigned fragmentation_score(const uint64_t nr_free[MAX_ORDER_NR]);

/* "%d.%03d", as debugfs prints both indices: -500 is "0.-500" there. To be freed. */
char *frag_index_text(int thousandths);

#endif
