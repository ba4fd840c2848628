// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/pages/reclaim.h"

#include "models/pages/pages.h"

#define COSTLY_ORDER 3
#define SHRINK_BATCH 128 /* of what a shrinker looks after, in a pass */
#define DEF_PRIORITY 12	 /* the share that a pass takes: one in 2^12 */

/* --- the lists, linked by slot ---------------------------------------------------------- */

static struct page_object *linked(struct pages *model, uint32_t link)
{
	return object_at(model, link - 1);
}

/* Which of the zone's lists it is on. */
static struct reclaim_list *list_of(struct pages *model, const struct page_object *object)
{
	return object->half_unmapped ? &model->splittable[object->zone]
				     : &model->reclaimable[object->zone];
}

void reclaim_add(struct pages *model, uint32_t slot, unsigned zone)
{
	struct page_object *object = object_at(model, slot);
	struct reclaim_list *list;

	if (!model->reclaim)
		return;
	object->reclaimable = true;
	object->zone = (uint8_t)zone;
	list = list_of(model, object);
	object->older = list->youngest;
	object->younger = 0;
	if (list->youngest)
		linked(model, list->youngest)->younger = slot + 1;
	else
		list->oldest = slot + 1;
	list->youngest = slot + 1;
	list->pages += UINT64_C(1) << object->order;
}

void reclaim_remove(struct pages *model, struct page_object *object)
{
	struct reclaim_list *list = list_of(model, object);

	if (object->older)
		linked(model, object->older)->younger = object->younger;
	else
		list->oldest = object->younger;
	if (object->younger)
		linked(model, object->younger)->older = object->older;
	else
		list->youngest = object->older;
	list->pages -= UINT64_C(1) << object->order;
	object->reclaimable = false;
}

/* --- huge pages of which a half is unmapped ----------------------------------------------- */

/* Its second half is small pages from now on, which stay; its first half is free. */
static void split_huge(struct pages *model, uint32_t slot)
{
	struct page_object *object = object_at(model, slot);
	struct memmap *map = model->machine.map;
	uint64_t pfn = object->pfn, half = UINT64_C(1) << (object->order - 1);

	reclaim_remove(model, object);
	page_set_use(map, pfn, 2 * half, USE_LRU);
	object->half_unmapped = false;
	object->order--;
	object->pfn = pfn + half;
	object->owns = true;
	set_owner(model, object->pfn, slot + 1);
	for (uint64_t i = 0; i < half; i++)
		free_page(model, pfn + i);
	count(model->call, STEP_PAGE_RECLAIMED, half);
}

/* What the shrinker does when it is called, once a pass of reclaim. (deferred_split_scan) */
static void split_batch(struct pages *model, const struct zone *zone)
{
	struct reclaim_list *list = &model->splittable[zone->number];

	for (unsigned n = 0; n < SHRINK_BATCH && list->oldest; n++)
		split_huge(model, list->oldest - 1);
}

/* --- giving pages up -------------------------------------------------------------------- */

uint64_t reclaim_zone(struct pages *model, const struct zone *zone, uint64_t pages)
{
	uint32_t next = model->reclaimable[zone->number].oldest;
	uint64_t freed = 0;

	while (next && freed < pages) {
		struct page_object *object = linked(model, next);

		next = object->younger;
		if (object_isolated(model, object))
			continue;
		freed += UINT64_C(1) << object->order;
		object_free(model, object);
		object->reclaimed = true;
	}
	count(model->call, STEP_PAGE_RECLAIMED, freed);
	if (freed)
		model->kswapd.failures = 0;
	split_batch(model, zone);
	return freed;
}

/* Free memory would do for a costly request, once it is compacted. (compaction_ready) */
static bool ready_to_compact(const struct pages *model, const struct zone *zone, int order,
			     unsigned highest)
{
	uint64_t reserve = reserve_of(model, zone, highest);
	enum compact_result suitable;

	if (order <= COSTLY_ORDER || model->compaction == COMPACTION_NONE)
		return false;
	suitable = compact_suitable(zone, order, zone->watermark_min + zone->watermark_boost,
				    reserve, 0, model->rules.extfrag_threshold);
	if (suitable != COMPACT_CONTINUE)
		return suitable == COMPACT_SUCCESS;
	return zone_watermark_ok(
		zone, 0, zone->watermark_high + zone->watermark_boost + (UINT64_C(2) << order),
		reserve, 0);
}

/*
 * Reclaim goes on for a costly request until there is room to compact in, as long as there is
 * enough to reclaim. (should_continue_reclaim)
 */
static bool continue_reclaim(const struct pages *model, const struct zone *zone, int order,
			     unsigned highest, uint64_t freed)
{
	uint64_t gap = UINT64_C(2) << order;

	if (order <= COSTLY_ORDER || model->compaction == COMPACTION_NONE)
		return false;
	if (freed < gap)
		return model->reclaimable[zone->number].pages > gap;
	return compact_suitable(zone, order, zone->watermark_min + zone->watermark_boost,
				reserve_of(model, zone, highest), 0,
				model->rules.extfrag_threshold) == COMPACT_SKIPPED;
}

static uint64_t reclaim_for(struct pages *model, const struct zone *zone, int order,
			    unsigned highest)
{
	/* a share of the inactive half of the pages */
	uint64_t at_once = model->reclaimable[zone->number].pages / 2 >> DEF_PRIORITY;
	uint64_t freed = 0, turn;

	do {
		turn = reclaim_zone(model, zone, MAX(SWAP_CLUSTER_MAX, at_once));
		freed += turn;
	} while (turn && continue_reclaim(model, zone, order, highest, freed));
	return freed;
}

int stage_reclaim(void *data, struct call *call)
{
	struct pages *model = data;
	struct attempt *attempt = &enter(model, call)->attempt;
	unsigned highest = highest_zone(model, call->op);
	bool ready = false;
	uint64_t freed = 0;

	model->counters[COUNTER_ALLOCSTALL]++;
	for (unsigned i = highest + 1; i-- > 0 && freed < SWAP_CLUSTER_MAX;) {
		const struct zone *zone = &model->machine.zones[i];

		if (ready_to_compact(model, zone, call->op->page.order, highest))
			ready = true;
		else
			freed += reclaim_for(model, zone, call->op->page.order, highest);
	}
	model->counters[COUNTER_PGSTEAL_DIRECT] += freed;
	attempt->reclaimed = freed ? freed : ready;
	if (!attempt->reclaimed)
		return STAGE_SLOW;
	attempt->step = SLOW_RECLAIMED;
	attempt->after_compaction = false;
	call->lock_instance[LOCK_ZONE] = highest;
	return STAGE_BUDDY;
}
