// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/thp_memory.h"

#include <glib.h>

const struct page_want cache_page = {.mt = MT_MOVABLE, .flags = OP_LRU | OP_RECLAIMABLE};
const struct page_want anon_page = {.mt = MT_MOVABLE, .flags = OP_LRU};
const struct page_want table_page = {.mt = MT_UNMOVABLE};

void thp_slots_free(struct thp_slot *slots, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		g_free(slots[i].base);
	g_free(slots);
}

void thp_work_granted(struct thp_work *work, struct rng *rng, uint64_t disk_ns, uint64_t fill_ns)
{
	const struct page_want *asked = &work->asked;

	if (asked->order < 0 || !(asked->flags & OP_LRU))
		return;
	uint64_t ns = (asked->flags & OP_RECLAIMABLE ? disk_ns : fill_ns) << asked->order;

	if (ns)
		work->owed_ns += ns / 2 + rng_below(rng, ns);
}

void thp_work_reset(struct thp_work *work)
{
	work->asked.order = -1;
}

void thp_work_before(struct thp_work *work, struct page_call *call)
{
	if (call->kind == PAGE_CALL_ALLOC)
		work->asked = call->want;
	call->after_ns = work->owed_ns;
	work->owed_ns = 0;
}
