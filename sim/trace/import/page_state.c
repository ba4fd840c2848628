// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/import/page_state.h"

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

/* Above all zones so far. */
static uint64_t end_of(const struct memory_map *map)
{
	return map->zones->len ? memory_map_zone(map, map->zones->len - 1)->end_pfn : 0;
}

static struct memory_map *guess_zones(const struct survey_pages *pages,
				      struct import_account *account)
{
	uint64_t end = pages->pfn_limit;
	bool guessed = false;

	for (guint i = 0; i < pages->zones->len; i++)
		end = MAX(end, g_array_index(pages->zones, struct pfn_range, i).end_pfn);
	struct memory_map *map = memory_map_new();

	for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
		struct pfn_range limit = kinds[i].limit;

		if (add_compacted(map, pages->zones, kinds[i].name, limit))
			continue;
		/* a machine with a higher zone has the lower ones */
		limit.start_pfn = MAX(limit.start_pfn, end_of(map));
		limit.end_pfn = MIN(limit.end_pfn, up_to_section(MAX(end, 1)));
		if (limit.start_pfn >= limit.end_pfn)
			continue;
		memory_map_add_zone(map, kinds[i].name, limit.start_pfn, limit.end_pfn);
		guessed = true;
	}
	if (guessed)
		account_warn(account, "no snapshot of zoneinfo: zones by the limits of x86-64 "
				      "and the pfns seen, without holes");
	return map;
}

/* Live is what the recording tells, and movable where it does not tell the type: most pages are. */
static void take_known(struct page_state *state, const GArray *known,
		       struct import_account *account)
{
	for (guint i = 0; i < known->len; i++) {
		const struct known_page *page = &g_array_index(known, struct known_page, i);
		const struct live_chunk chunk = {
			page->pfn, page->order,
			page->type == LIST_TYPES ? LIST_MOVABLE : page->type, .known = true};

		if (!page->live)
			continue;
		if (memory_map_present(state->memory, page->pfn,
				       page->pfn + (UINT64_C(1) << page->order)))
			g_array_append_val(state->live, chunk);
		else
			account->page_seeds_outside++;
	}
}

static void draw(struct page_state *state, const struct snapshot *snapshot, const GArray *known,
		 uint64_t seed, struct import_account *account)
{
	struct layout *layout =
		layout_make(state->memory, snapshot,
			    (const struct known_page *)(const void *)known->data, known->len, seed);
	const struct layout_figures total = layout_total(layout);

	g_array_append_vals(state->live, layout->live->data, layout->live->len);
	account->page_seeds_outside += total.known_left_out;
	account->chunks_missing = total.chunks_missing;
	account->chunks_extra = total.chunks_extra;
	account->chunks_other_type = total.chunks_other_type;
	layout_free(layout);
}

static bool by_snapshot(struct page_state *state, const struct survey_pages *pages,
			const struct snapshot_files *files, uint64_t seed,
			struct import_account *account, GError **error)
{
	struct snapshot *snapshot = snapshot_read(files, error);

	if (!snapshot)
		return false;
	state->memory = snapshot_memory_map(snapshot);
	if (snapshot->has_counts)
		draw(state, snapshot, pages->known, seed, account);
	else
		take_known(state, pages->known, account);
	snapshot_free(snapshot);
	return true;
}

bool page_state_init(struct page_state *state, const struct survey *survey,
		     const struct snapshot_files *files, uint64_t seed,
		     struct import_account *account, GError **error)
{
	const struct survey_pages *pages = &survey->pages;

	*state = (struct page_state){.live = g_array_new(FALSE, FALSE, sizeof(struct live_chunk))};
	if (!pages->allocs && !pages->frees && !pages->zones->len)
		return true;
	if (files->zoneinfo)
		return by_snapshot(state, pages, files, seed, account, error);
	if (files->buddyinfo || files->pagetypeinfo)
		account_warn(account, "buddyinfo and pagetypeinfo are of no use without zoneinfo");
	state->memory = guess_zones(pages, account);
	take_known(state, pages->known, account);
	return true;
}

void page_state_clear(struct page_state *state)
{
	memory_map_free(state->memory);
	g_clear_pointer(&state->live, g_array_unref);
}
