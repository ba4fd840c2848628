// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/page_settings.h"

#include "sim/base/units.h"
#include "sim/machine/machine_file.h"

/* Of the machine without a name: the zone Normal begins at 4 GiB, as above a PCI hole. */
#define NORMAL_START_PFN (UINT64_C(1) << 20)
#define PAGES_PER_MIB	 (UINT64_C(1) << (20 - PAGE_SHIFT))

static struct memory_map *one_zone(uint64_t pages, uint64_t hole_pages)
{
	struct memory_map *memory = memory_map_new();
	uint64_t hole = NORMAL_START_PFN + align_down(pages / 2, SECTION_PAGES_X86_64);
	struct pfn_range range = {hole, hole + hole_pages};
	struct memory_zone *zone = memory_map_add_zone(memory, "Normal", NORMAL_START_PFN,
						       NORMAL_START_PFN + pages + hole_pages);

	if (hole_pages)
		g_array_append_val(zone->holes, range);
	return memory;
}

/*
 * What khugepaged raises min_free_kbytes to: room for two pageblocks a zone, and for one more of
 * each of three types against each other; 5 % of the memory at most.
 * (set_recommended_min_free_kbytes() in mm/khugepaged.c, v5.1)
 */
static uint64_t thp_min_free_kbytes(const struct memory_map *memory)
{
	const uint64_t block = UINT64_C(1) << PAGEBLOCK_ORDER_DEFAULT;
	uint64_t pages = memory->zones->len * block * (2 + 3 * 3);

	pages = MIN(pages, managed_pages(memory) / 20);
	return pages << (PAGE_SHIFT - 10);
}

const struct param_word thp_words[] = {{"always", true}, {"madvise", false}, {NULL, 0}};
const struct param_word thp_defrag_words[] = {{"always", DEFRAG_ALWAYS},
					      {"madvise", DEFRAG_MADVISE},
					      {"defer", DEFRAG_DEFER},
					      {"never", DEFRAG_NEVER},
					      {NULL, 0}};

struct page_want thp_want(enum thp_defrag defrag, bool advised)
{
	struct page_want want = {.order = PAGEBLOCK_ORDER_DEFAULT,
				 .mt = MT_MOVABLE,
				 .flags = OP_LRU | OP_THP | OP_HAS_GFP,
				 .gfp = PAGE_GFP_MASK_THP_LIGHT};

	if (defrag == DEFRAG_ALWAYS)
		want.gfp |= PAGE_GFP_DIRECT_RECLAIM | (advised ? 0 : PAGE_GFP_NORETRY);
	else if (defrag == DEFRAG_MADVISE && advised)
		want.gfp |= PAGE_GFP_DIRECT_RECLAIM;
	else if (defrag == DEFRAG_DEFER)
		want.gfp |= PAGE_GFP_KSWAPD_RECLAIM;
	return want;
}

bool page_settings_header(const struct workload_env *env, const struct param_value *values,
			  uint32_t cpus, uint64_t hole_pages, struct trace_header *header,
			  GError **error)
{
	const struct param_value *machine = &values[PAGES_MACHINE];
	struct memory_map *memory;

	if (env->memory)
		memory = memory_map_copy(env->memory);
	else if (machine->set)
		memory = memory_map_load(machine->text, error);
	else
		memory = one_zone(values[PAGES_MEMORY].value * PAGES_PER_MIB, hole_pages);
	if (!memory)
		return false;
	if (values[PAGES_THP_MIN_FREE].value && !memory->min_free_kbytes)
		memory->min_free_kbytes = thp_min_free_kbytes(memory);
	trace_header_init(header);
	header->cpus = env->cpus ? env->cpus : cpus;
	header->lazy_max_pages = trace_default_lazy_max_pages(header->cpus);
	header->memory = memory;
	return true;
}

uint64_t managed_pages(const struct memory_map *memory)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < memory->zones->len; i++) {
		const struct memory_zone *zone = memory_map_zone(memory, i);

		n += zone->managed_pages ? zone->managed_pages : memory_zone_present(zone);
	}
	return n;
}

uint64_t spanned_pages(const struct memory_map *memory, uint64_t *start_pfn)
{
	const struct memory_zone *first = memory_map_zone(memory, 0);
	const struct memory_zone *last = memory_map_zone(memory, memory->zones->len - 1);

	*start_pfn = first->start_pfn;
	return last->end_pfn - first->start_pfn;
}
