/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_IMPORT_PAGE_STATE_H
#define KMSIM_TRACE_IMPORT_PAGE_STATE_H

/* The recorded machine's memory, and what of it was allocated, when recording began. */

#include "sim/trace/import/survey.h"

struct page_state {
	struct memory_map *memory; /* NULL: the recording has nothing of pages */
	GArray *live;		   /* struct live_chunk, ascending, disjoint; never NULL */
};

/*
 * By the snapshots: the zones of zoneinfo; with counts of free chunks, too, a layout (layout.h)
 * drawn from @seed around the pages that the recording tells of. Without zoneinfo (@files->zoneinfo
 * NULL): the zones that were compacted, whose bounds are recorded, and where pfns were seen outside
 * of these, DMA, DMA32 and Normal by the limits of x86-64, without holes; live is only what the
 * recording tells. What is guessed or left out is said in @account.
 *
 * False with the error set as snapshot_read() does. page_state_clear() in either case.
 */
bool page_state_init(struct page_state *state, const struct survey *survey,
		     const struct snapshot_files *files, uint64_t seed,
		     struct import_account *account, GError **error);
void page_state_clear(struct page_state *state);

#endif
