/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MACHINE_LAYOUT_H
#define KMSIM_MACHINE_LAYOUT_H

/*
 * Where the free and the allocated pages of a recorded machine lay when its snapshots were taken.
 * They tell how many free chunks a zone had per migratetype and order, and how many pageblocks per
 * type, not where; a trace tells of some pages. The rest is drawn, from a seed, so that boot (all
 * but the live chunks becomes free in maximal aligned chunks) leaves the counts of the snapshot.
 * docs/machines.md has the rule, step by step.
 */

#include "sim/machine/memory_map.h"
#include "sim/machine/snapshot.h"

/* What a trace says of pages at its start. */
struct known_page {
	uint64_t pfn;
	unsigned order;
	bool live;	     /* allocated; else free, on a free list or a per-CPU list */
	enum list_type type; /* LIST_TYPES: unknown */
};

/* An allocated chunk. Those that are drawn are no larger than the blocks of their type. */
struct live_chunk {
	uint64_t pfn;
	unsigned order;
	enum list_type type; /* of the request: unmovable, movable or reclaimable */
	bool known;	     /* of the trace; else drawn */
};

/* Figures of a layout, per zone. Pages unless it says chunks or blocks. */
#define LAYOUT_FIGURES(X)                                                                          \
	X(free_pages, "free")                                                                      \
	X(known_free_pages, "of these, said to be so by the trace")                                \
	X(known_live_pages, "live, said to be so by the trace")                                    \
	X(drawn_live_pages, "live, the rest")                                                      \
	X(drawn_live_chunks, "chunks that these are")                                              \
	X(reserved_pages, "kept by boot: present, not managed")                                    \
	X(known_left_out, "chunks of the trace in no zone, in a hole, or at odds with others")     \
	X(chunks_wanted, "free chunks of the snapshot")                                            \
	X(chunks_missing, "of these, chunks of an order of which there are fewer here")            \
	X(chunks_extra, "free chunks of an order of which there are fewer in the snapshot")        \
	X(chunks_other_type, "chunks of the right order in a block of another type")               \
	X(blocks_other_type, "pageblocks of the snapshot that are of another type here")

struct layout_figures {
#define X(name, what) uint64_t name;
	LAYOUT_FIGURES(X)
#undef X
};

struct layout {
	GArray *live;	 /* struct live_chunk, ascending, disjoint */
	GArray *figures; /* struct layout_figures, one a zone of the map */
};

/*
 * Lay out @map as @snapshot counts it: zones are matched by node and name, one without counts stays
 * free. @known: @n pages that the trace tells of, ascending. Sets block_types, reserved and
 * managed_pages of the map's zones. The same input and @seed give the same layout.
 */
struct layout *layout_make(struct memory_map *map, const struct snapshot *snapshot,
			   const struct known_page *known, size_t n, uint64_t seed);
void layout_free(struct layout *layout);

/* Sums of all zones' figures. */
struct layout_figures layout_total(const struct layout *layout);

/* Do the counts after boot differ from the snapshot's in anything? */
bool layout_figures_exact(const struct layout_figures *figures);

#endif
