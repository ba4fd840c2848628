// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/pages/reclaim.h"

#include "models/pages/pages.h"

#define COSTLY_ORDER 3

/* --- the lists, linked by slot ---------------------------------------------------------- */

static struct page_object *linked(struct pages *model, uint32_t link)
{
	return object_at(model, link - 1);
}

void reclaim_add(struct pages *model, uint32_t slot, unsigned zone)
{
	struct reclaim_list *list = &model->reclaimable[zone];
	struct page_object *object = object_at(model, slot);

	if (!model->reclaim)
		return;
	object->reclaimable = true;
	object->zone = (uint8_t)zone;
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
	struct reclaim_list *list = &model->reclaimable[object->zone];

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
	uint64_t freed = 0, turn;

	do {
		turn = reclaim_zone(model, zone, SWAP_CLUSTER_MAX);
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
