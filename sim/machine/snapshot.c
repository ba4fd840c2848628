// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/machine/snapshot.h"

#include "sim/base/error.h"
#include "sim/base/reader.h"
#include "sim/base/units.h"

#include <string.h>

#define LEGACY_BIOS_END UINT64_C(0x100) /* a pfn: 1 MiB */
#define KIB_PER_PAGE	4

/* What @parse makes of the file @path. NULL with the error set; its lines have numbers there. */
static GArray *read_file(const char *path, GArray *(*parse)(const char *text, GError **error),
			 GError **error)
{
	g_autofree char *text = reader_read_all(path, error);
	GError *cause = NULL;

	if (!text)
		return NULL;
	GArray *array = parse(text, &cause);

	if (!array)
		g_propagate_prefixed_error(error, cause,
					   g_ascii_isdigit(*cause->message) ? "%s:" : "%s: ", path);
	return array;
}

static const struct zone_counts *find_counts(const GArray *counts, const struct zone_info *zone)
{
	for (unsigned i = 0; i < counts->len; i++) {
		const struct zone_counts *count = &g_array_index(counts, struct zone_counts, i);

		if (count->node == zone->node && !strcmp(count->name, zone->name))
			return count;
	}
	return NULL;
}

/* One struct zone_counts a zone, taken from @from. */
static void match_counts(struct snapshot *snapshot, const GArray *from)
{
	g_array_set_size(snapshot->counts, 0);
	for (unsigned i = 0; i < snapshot->zones->len; i++) {
		const struct zone_info *zone = &g_array_index(snapshot->zones, struct zone_info, i);
		const struct zone_counts *found = from ? find_counts(from, zone) : NULL;
		struct zone_counts counts = {.node = zone->node};

		g_strlcpy(counts.name, zone->name, sizeof(counts.name));
		if (found)
			counts = *found;
		g_array_append_val(snapshot->counts, counts);
	}
}

static uint128 free_pages(const struct zone_counts *counts)
{
	uint128 pages = 0;

	for (unsigned order = 0; order < MAX_ORDER_DEFAULT; order++)
		pages += (uint128)counts->nr_free[order] << order;
	return pages;
}

static bool zone_fits(const struct zone_info *zone, const GArray *counts, GError **error)
{
	const struct zone_counts *found = find_counts(counts, zone);

	if (!found)
		set_input_error(error, "no zone '%s' of node %u, which zoneinfo has", zone->name,
				zone->node);
	else if (free_pages(found) > zone->present)
		set_input_error(error,
				"zone '%s': %" G_GUINT64_FORMAT
				" free pages, in zoneinfo it has %" G_GUINT64_FORMAT,
				zone->name, (uint64_t)MIN(free_pages(found), UINT64_MAX),
				zone->present);
	return found && free_pages(found) <= zone->present;
}

static bool has_zone(const GArray *zones, const struct zone_counts *counts)
{
	for (unsigned i = 0; i < zones->len; i++) {
		const struct zone_info *zone = &g_array_index(zones, struct zone_info, i);

		if (zone->node == counts->node && !strcmp(zone->name, counts->name))
			return true;
	}
	return false;
}

/* Both files list the zones that have pages, so they agree if they are of one machine. */
static bool of_one_machine(const GArray *zones, const GArray *counts, GError **error)
{
	for (unsigned i = 0; i < counts->len; i++) {
		const struct zone_counts *count = &g_array_index(counts, struct zone_counts, i);

		if (!has_zone(zones, count)) {
			set_input_error(error, "zone '%s' of node %u is not in zoneinfo",
					count->name, count->node);
			return false;
		}
	}
	for (unsigned i = 0; i < zones->len; i++) {
		if (!zone_fits(&g_array_index(zones, struct zone_info, i), counts, error))
			return false;
	}
	return true;
}

struct snapshot *snapshot_read(const struct snapshot_files *files, GError **error)
{
	const char *path = files->pagetypeinfo ? files->pagetypeinfo : files->buddyinfo;
	g_autoptr(GArray) zones = read_file(files->zoneinfo, parse_zoneinfo, error);
	g_autoptr(GArray) counts = NULL;

	if (!zones)
		return NULL;
	if (path) {
		counts = read_file(path, files->pagetypeinfo ? parse_pagetypeinfo : parse_buddyinfo,
				   error);
		if (!counts)
			return NULL;
		GError *cause = NULL;

		if (!of_one_machine(zones, counts, &cause)) {
			g_propagate_prefixed_error(error, cause, "%s: ", path);
			return NULL;
		}
	}
	struct snapshot *snapshot = g_new0(struct snapshot, 1);

	snapshot->zones = g_steal_pointer(&zones);
	snapshot->counts = g_array_new(FALSE, FALSE, sizeof(struct zone_counts));
	snapshot->has_counts = path != NULL;
	snapshot->has_types = files->pagetypeinfo != NULL;
	match_counts(snapshot, counts);
	return snapshot;
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	g_array_unref(snapshot->zones);
	g_array_unref(snapshot->counts);
	g_free(snapshot);
}

static const struct zone_info *zone_info(const struct snapshot *snapshot, unsigned i)
{
	return &g_array_index(snapshot->zones, struct zone_info, i);
}

/* Do the zones get their min watermarks if @pages are shared out by managed pages, as they are? */
static bool gives_min(const struct snapshot *snapshot, uint64_t pages, uint64_t managed)
{
	for (unsigned i = 0; i < snapshot->zones->len; i++) {
		const struct zone_info *zone = zone_info(snapshot, i);

		if ((uint128)pages * zone->managed / managed != zone->min)
			return false;
	}
	return true;
}

/* Shares are rounded down, so their sum may be a page a zone less than what was shared out. */
static uint64_t min_free_kbytes(const struct snapshot *snapshot)
{
	uint64_t sum = 0, managed = 0;

	for (unsigned i = 0; i < snapshot->zones->len; i++) {
		sum += zone_info(snapshot, i)->min;
		managed += zone_info(snapshot, i)->managed;
	}
	for (uint64_t pages = sum; managed && pages < sum + snapshot->zones->len; pages++) {
		if (gives_min(snapshot, pages, managed))
			return pages * KIB_PER_PAGE;
	}
	return sum * KIB_PER_PAGE;
}

/* On x86 the legacy BIOS area ends at 1 MiB; other holes are put at the upper end. */
static struct pfn_range hole_of(const struct zone_info *zone)
{
	uint64_t pages = zone->spanned - zone->present, end = zone->start_pfn + zone->spanned;

	if (zone->start_pfn + pages < LEGACY_BIOS_END && end > LEGACY_BIOS_END)
		end = LEGACY_BIOS_END;
	return (struct pfn_range){end - pages, end};
}

struct memory_map *snapshot_memory_map(const struct snapshot *snapshot)
{
	struct memory_map *map = memory_map_new();

	for (unsigned i = 0; i < snapshot->zones->len; i++) {
		const struct zone_info *info = zone_info(snapshot, i);
		struct memory_zone *zone = memory_map_add_zone(map, info->name, info->start_pfn,
							       info->start_pfn + info->spanned);
		struct pfn_range hole = hole_of(info);

		zone->node = info->node;
		zone->managed_pages = info->managed;
		if (hole.start_pfn < hole.end_pfn)
			g_array_append_val(zone->holes, hole);
	}
	map->min_free_kbytes = min_free_kbytes(snapshot);
	return map;
}
