// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/record/families.h"

#include "sim/base/error.h"

#include <string.h>

static const char *const names[FAMILIES] = {
	[FAMILY_VMAP] = "vmap",
	[FAMILY_PAGES] = "pages",
	[FAMILY_COMPACTION] = "compaction",
};

const struct family_event family_events[] = {
	{FAMILY_VMAP, "vmalloc", "alloc_vmap_area", true},
	{FAMILY_VMAP, "vmalloc", "free_vmap_area_noflush", true},
	{FAMILY_VMAP, "vmalloc", "purge_vmap_area_lazy", true},
	{FAMILY_VMAP, "percpu", "percpu_create_chunk", false},
	{FAMILY_VMAP, "percpu", "percpu_destroy_chunk", false},
	{FAMILY_VMAP, "vmscan", "mm_shrink_slab_start", false},
	{FAMILY_PAGES, "kmem", "mm_page_alloc", true},
	{FAMILY_PAGES, "kmem", "mm_page_free", true},
	{FAMILY_PAGES, "kmem", "mm_page_alloc_extfrag", false},
	{FAMILY_COMPACTION, "compaction", "mm_compaction_begin", true},
	{FAMILY_COMPACTION, "compaction", "mm_compaction_end", true},
	{FAMILY_COMPACTION, "compaction", "mm_compaction_finished", false},
	{FAMILY_COMPACTION, "compaction", "mm_compaction_isolate_migratepages", false},
	{FAMILY_COMPACTION, "compaction", "mm_compaction_isolate_freepages", false},
	{FAMILY_COMPACTION, "compaction", "mm_compaction_fast_isolate_freepages", false},
	{FAMILY_COMPACTION, "compaction", "mm_compaction_migratepages", false},
	{FAMILY_COMPACTION, "compaction", "mm_compaction_try_to_compact_pages", false},
	{FAMILY_COMPACTION, "compaction", "mm_compaction_wakeup_kcompactd", false},
	{FAMILY_COMPACTION, "compaction", "mm_compaction_kcompactd_wake", false},
	{FAMILY_COMPACTION, "compaction", "mm_compaction_kcompactd_sleep", false},
	{FAMILIES, NULL, NULL, false},
};

const char *family_name(enum family family)
{
	return names[family];
}

bool families_parse(const char *text, unsigned *families, GError **error)
{
	g_auto(GStrv) words = g_strsplit(text, ",", -1);

	*families = 0;
	for (char **word = words; *word; word++) {
		unsigned found = 0;

		for (unsigned i = 0; i < FAMILIES; i++) {
			if (!strcmp(*word, names[i]))
				found = FAMILY_BIT(i);
		}
		if (!found) {
			set_usage_error(error,
					"--families %s: expected some of vmap,pages,compaction",
					text);
			return false;
		}
		*families |= found;
	}
	if (!*families)
		set_usage_error(error, "--families: names none of vmap,pages,compaction");
	return *families != 0;
}
