/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_PAGES_MACHINE_H
#define KMSIM_MODELS_PAGES_MACHINE_H

/*
 * The memory of the simulated machine: its page frames, zones and per-CPU lists, as they are after
 * boot and after the blocks that were live before the trace began were taken out.
 */

#include "models/model.h"
#include "models/pages/pcp.h"

#define ZONES_MAX 250

/* A block that was live before the trace began. */
struct page_seed {
	uint64_t pfn;
	unsigned order;
	enum list_type type; /* of the request */
	enum page_use use;
	uint32_t slot;
};

struct present_range {
	uint64_t start_pfn, end_pfn;
	unsigned zone;
};

struct machine {
	struct memmap *map;
	uint64_t map_start, map_end; /* pfns that the map covers */
	struct zone *zones;
	struct zone **by_number; /* the same, as compaction wants them */
	unsigned n_zones;
	struct pcp *pcps; /* [cpu * n_zones + zone] */
	GArray *present;  /* struct present_range: the zones without their holes, ascending */
	struct memory_map *memory; /* what the above are made of */
	uint32_t cpus;
};

/*
 * Zones without free pages yet. False with the error set (KMSIM_ERROR_INPUT) where @env has no
 * memory map, its zones are none, they overlap, are not ascending, or span more than 2^28 pages
 * (the section that the first begins in to the one that the last ends in), manage more than is
 * present, or their block types or orders are none that there are here.
 */
bool machine_init(struct machine *machine, const struct model_env *env, GError **error);
void machine_clear(struct machine *machine);

/*
 * Boot: all of every zone becomes free but its holes, the @n @seeds (which are sorted), and at its
 * upper end what it does not manage, which stays reserved. Sets block types that the memory map
 * left open, watermarks and the sizes of the per-CPU lists. NULL, or a message (to be freed) about
 * a seed outside every zone or in a hole, or about more seeds than managed pages.
 */
char *machine_boot(struct machine *machine, struct page_seed *seeds, unsigned n);

/*
 * Pageblocks that text such as "60M4U" names, or -1 if it is no such text; and give those types to
 * the pageblocks of the zone, from its first on.
 */
int64_t block_types_count(const char *text);
void zone_set_block_types(struct zone *zone, const char *text);

/* Does [start, end) lie in one present range of the zone? */
bool machine_present(const struct machine *machine, const struct zone *zone, uint64_t start_pfn,
		     uint64_t end_pfn);

/* The zone that @pfn lies in, by span; NULL: none. */
struct zone *machine_zone(struct machine *machine, uint64_t pfn);

static inline struct pcp *machine_pcp(struct machine *machine, uint32_t cpu,
				      const struct zone *zone)
{
	return &machine->pcps[(uint64_t)cpu * machine->n_zones + zone->number];
}

#endif
