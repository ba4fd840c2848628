// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/import/page_zones.h"

#include "sim/trace/import/account.h"

/* Linux on x86-64: DMA ends at 16 MiB, DMA32 at 4 GiB; pfn 0 is in no zone. */
static const struct {
	const char *name;
	struct pfn_range limit;
} kinds[] = {
	{"DMA", {0x1, 0x1000}},
	{"DMA32", {0x1000, 0x100000}},
	{"Normal", {0x100000, UINT64_MAX}},
};

/* Add the compacted zones that begin within @limit. */
static unsigned add_compacted(struct memory_map *map, const GArray *zones, const char *kind,
			      struct pfn_range limit)
{
	unsigned n = 0;

	for (guint i = 0; i < zones->len; i++) {
		const struct pfn_range *zone = &g_array_index(zones, struct pfn_range, i);

		if (zone->start_pfn < limit.start_pfn || zone->start_pfn >= limit.end_pfn)
			continue;
		g_autofree char *name = n ? g_strdup_printf("%s%u", kind, n) : g_strdup(kind);
		struct memory_zone *added =
			memory_map_add_zone(map, name, zone->start_pfn, zone->end_pfn);

		added->node = n++; /* a node has one of each kind */
	}
	return n;
}

static uint64_t up_to_section(uint64_t pfn)
{
	return (pfn + SECTION_PAGES_X86_64 - 1) / SECTION_PAGES_X86_64 * SECTION_PAGES_X86_64;
}

struct memory_map *page_zones_guess(const struct survey *survey, struct import_account *account)
{
	const struct survey_pages *pages = &survey->pages;
	uint64_t end = pages->pfn_limit;
	bool guessed = false;

	for (guint i = 0; i < pages->zones->len; i++)
		end = MAX(end, g_array_index(pages->zones, struct pfn_range, i).end_pfn);
	if (!pages->allocs && !pages->frees && !pages->zones->len)
		return NULL;
	struct memory_map *map = memory_map_new();

	for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
		struct pfn_range limit = kinds[i].limit;

		/* a machine with a higher zone has the lower ones */
		if (add_compacted(map, pages->zones, kinds[i].name, limit) ||
		    (i && end <= limit.start_pfn))
			continue;
		memory_map_add_zone(map, kinds[i].name, limit.start_pfn,
				    MIN(limit.end_pfn, up_to_section(end)));
		guessed = true;
	}
	if (guessed)
		account_warn(account, "no snapshot of zoneinfo: zones by the limits of x86-64 "
				      "and the pfns seen, without holes");
	return map;
}
