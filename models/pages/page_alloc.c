// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests and frees: this CPU's lists, the free lists of zone after zone. Linux v5.1/v5.2,
 * mm/page_alloc.c (get_page_from_freelist, rmqueue, __free_pages).
 */
#include "models/pages/pages.h"

enum list_type request_type(const struct op *op)
{
	return (enum list_type)op->page.mt; /* the first three are the same */
}

/* --- allocation ------------------------------------------------------------------------- */

/* In the first pass: whole blocks only, where the request or its zone asks for it. */
static bool avoids_mixing(const struct pages *model, const struct call *call, unsigned highest)
{
	return call->scratch[SCRATCH_PASS] == PASS_FIRST &&
	       (call->op->flags & OP_NOFRAG || highest == model->zones.normal_zone);
}

static unsigned attempt_flags(const struct pages *model, const struct call *call)
{
	return call->scratch[SCRATCH_PASS] == PASS_SLOW
		       ? model->contexts[call->op->cpu].attempt.flags
		       : 0;
}

static bool above_watermark(const struct pages *model, const struct zone *zone,
			    const struct call *call, unsigned highest)
{
	bool slow = call->scratch[SCRATCH_PASS] == PASS_SLOW;
	uint64_t mark = slow ? zone->watermark_min : zone->watermark_low;

	return !model->watermarks ||
	       zone_watermark_ok(zone, (unsigned)call->op->page.order, mark + zone->watermark_boost,
				 reserve_of(model, zone, highest), attempt_flags(model, call));
}

int request_met(struct pages *model, struct call *call, uint64_t pfn)
{
	const struct op *op = call->op;
	unsigned order = (unsigned)op->page.order;
	enum page_use use = request_use(op);
	bool huge = op->flags & OP_THP && order;

	if (huge && use == USE_LRU)
		page_set_compound(model->machine.map, pfn, order, USE_COMPOUND_LRU);
	else if (use == USE_LRU)
		set_owner(model, pfn, op->slot + 1);
	*object_at(model, op->slot) =
		(struct page_object){.pfn = pfn,
				     .order = (uint8_t)order,
				     .owns = use == USE_LRU && !huge,
				     .half_unmapped = huge && op->flags & OP_HALF_UNMAPPED};
	if (G_UNLIKELY((op->flags & (OP_RECLAIMABLE | OP_PINNED)) == OP_RECLAIMABLE ||
		       object_at(model, op->slot)->half_unmapped))
		reclaim_add(model, op->slot, memmap_zone(model->machine.map, pfn));
	model->counters[COUNTER_THP_FAULT_ALLOC] += huge;
	call->addr = pfn;
	return CALL_DONE;
}

/* A page of this CPU's list needs no lock; an empty list is refilled under it. */
int stage_list(void *data, struct call *call)
{
	struct pages *model = data;
	const struct op *op = call->op;

	if (!booted(model, call))
		return CALL_INPUT;
	if ((unsigned)op->page.order > model->machine.zones[0].top_order)
		return CALL_FAIL;
	unsigned highest = highest_zone(model, op);

	call->lock_instance[LOCK_ZONE] = highest;
	if (op->page.order || !model->pcp)
		return STAGE_BUDDY;
	struct zone *zone = &model->machine.zones[highest];
	struct pcp *pcp = machine_pcp(&model->machine, op->cpu, zone);
	unsigned refilled;

	if (!pcp->list[op->page.mt].n || !above_watermark(model, zone, call, highest))
		return STAGE_BUDDY;
	count(call, STEP_PCP_OP, 1);
	return request_met(
		model, call,
		pcp_alloc(pcp, request_type(op), false, request_use(op), &refilled, NULL));
}

static void tell_fallbacks(struct pages *model, const struct alloc_trace *trace)
{
	model->counters[COUNTER_EXTFRAG] += trace->n_fallbacks;
	for (unsigned i = 0; i < MIN(trace->n_fallbacks, MAX_FALLBACKS); i++) {
		const struct fallback *fallback = &trace->fallback[i];

		model->counters[COUNTER_EXTFRAG_CHANGE_OWNERSHIP] += fallback->change_ownership;
		tell(model,
		     &(struct tracepoint){TRACEPOINT_MM_PAGE_ALLOC_EXTFRAG,
					  {fallback->pfn, fallback->alloc_order,
					   fallback->fallback_order, fallback->alloc_type,
					   fallback->fallback_type, fallback->change_ownership}});
	}
}

static void fell_back(struct pages *model, struct call *call, const struct alloc_trace *trace,
		      const struct zone *zone)
{
	count(call, STEP_PAGE_FALLBACK, trace->n_fallbacks);
	call->note_key = "fallback";
	call->note_value = "1";
	tell_fallbacks(model, trace);
	if (!trace->boosted)
		return;
	model->counters[COUNTER_WATERMARK_BOOSTS]++;
	if (may_wake_kswapd(call->op))
		wake_kswapd(model, call, 0, zone->number, false);
}

static uint64_t take_from(struct pages *model, struct zone *zone, struct call *call, bool nofrag)
{
	const struct op *op = call->op;
	unsigned refilled = 1, order = (unsigned)op->page.order;
	enum page_use use = request_use(op);
	struct alloc_trace trace;
	uint64_t pfn = PFN_NONE;

	trace.n_fallbacks = 0; /* the fallbacks themselves are many, and need no clearing */
	trace.splits = 0;
	trace.boosted = false;
	if (order && attempt_flags(model, call) & ALLOC_HARDER)
		pfn = zone_alloc_highatomic(zone, order, use, &trace);
	if (pfn != PFN_NONE)
		;
	else if (order || !model->pcp)
		pfn = zone_alloc(zone, order, request_type(op), nofrag, use, &trace);
	else
		pfn = pcp_alloc(machine_pcp(&model->machine, op->cpu, zone), request_type(op),
				nofrag, use, &refilled, &trace);
	count(call, STEP_BUDDY_OP, refilled + trace.splits);
	if (trace.n_fallbacks)
		fell_back(model, call, &trace, zone);
	return pfn;
}

/* Nothing in any zone. */
static int next_pass(struct pages *model, struct call *call, unsigned highest)
{
	bool avoided = avoids_mixing(model, call, highest);

	call->lock_instance[LOCK_ZONE] = highest;
	if (avoided) {
		call->scratch[SCRATCH_PASS] = PASS_MIXING;
		return STAGE_BUDDY;
	}
	if (call->scratch[SCRATCH_PASS] != PASS_SLOW) {
		call->scratch[SCRATCH_PASS] = PASS_SLOW;
		model->contexts[call->op->cpu].attempt = (struct attempt){.step = SLOW_BEGIN};
	}
	return STAGE_SLOW;
}

/* One zone a turn, so that each is under its own lock. */
int stage_buddy(void *data, struct call *call)
{
	struct pages *model = data;
	struct zone *zone = &model->machine.zones[call->lock_instance[LOCK_ZONE]];
	unsigned highest = highest_zone(model, call->op);
	uint64_t pfn = PFN_NONE;

	if (above_watermark(model, zone, call, highest))
		pfn = take_from(model, zone, call, avoids_mixing(model, call, highest));
	if (pfn != PFN_NONE) {
		if (call->scratch[SCRATCH_PASS] == PASS_SLOW)
			slow_path_met(model, call, zone, pfn);
		return request_met(model, call, pfn);
	}
	if (!call->lock_instance[LOCK_ZONE])
		return next_pass(model, call, highest);
	call->lock_instance[LOCK_ZONE]--;
	return STAGE_BUDDY;
}

/* --- freeing ---------------------------------------------------------------------------- */

/* A single page goes to this CPU's list; when that is full, a batch goes back under the lock. */
int stage_free(void *data, struct call *call)
{
	struct pages *model = data;

	if (!booted(model, call))
		return CALL_INPUT;
	struct page_object *object = object_at(model, call->op->slot);

	if (G_UNLIKELY(object->reclaimed)) {
		call->note_key = "reclaimed";
		call->note_value = "1";
		return CALL_DONE;
	}
	call->addr = object->scattered ? object->scattered[0] + model->map_start : object->pfn;
	const struct zone *zone = machine_zone(&model->machine, call->addr);
	const struct pcp *pcp = machine_pcp(&model->machine, call->op->cpu, zone);

	call->lock_instance[LOCK_ZONE] = zone->number;
	if (object->order || !model->pcp || pcp->count + 1 >= pcp->high)
		return STAGE_FREE_BUDDY;
	enter(model, call);
	object_free(model, object);
	return CALL_DONE;
}

int stage_free_buddy(void *data, struct call *call)
{
	struct pages *model = data;
	struct page_object *object = object_at(model, call->op->slot);

	enter(model, call);
	if (!object->reclaimed) /* while it waited for the lock */
		object_free(model, object);
	return CALL_DONE;
}
