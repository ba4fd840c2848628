// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kswapd: woken when memory runs low or a watermark was boosted, it reclaims until the node is
 * balanced, then cleans up behind compaction and wakes kcompactd.
 */
#include "models/pages/kswapd.h"

#include "models/pages/pages.h"

static bool zone_balanced(const struct pages *model, const struct zone *zone, unsigned order,
			  unsigned highest)
{
	return !zone->managed_pages ||
	       zone_watermark_ok(zone, order, zone->watermark_high + zone->watermark_boost,
				 reserve_of(model, zone, highest), 0);
}

/* One zone that is, is enough. (pgdat_balanced) */
static bool balanced(const struct pages *model, unsigned order, unsigned highest)
{
	for (unsigned i = 0; i <= highest; i++) {
		if (zone_balanced(model, &model->machine.zones[i], order, highest))
			return true;
	}
	return false;
}

static uint64_t boost_below(const struct pages *model, unsigned highest)
{
	uint64_t boost = 0;

	for (unsigned i = 0; i <= highest; i++)
		boost += model->machine.zones[i].watermark_boost;
	return boost;
}

void wake_kswapd(struct pages *model, struct call *call, unsigned order, unsigned highest,
		 bool direct_reclaim)
{
	struct kswapd *kswapd = &model->kswapd;

	if (!model->kswapd_on)
		return;
	kswapd->order = MAX(kswapd->order, order);
	kswapd->highest = MAX(kswapd->highest, highest);
	if (kswapd->awake)
		return;
	if (kswapd->failures >= MAX_RECLAIM_RETRIES ||
	    (balanced(model, order, highest) && !boost_below(model, highest))) {
		/* enough is free, in pieces that are too small: somebody has to join them */
		if (!direct_reclaim)
			wake_kcompactd(model, call, order, highest);
		return;
	}
	kswapd->awake = true;
	call->wake |= UINT32_C(1) << TASK_KSWAPD;
}

int stage_kswapd(void *data, struct call *call)
{
	struct pages *model = data;
	struct kswapd *kswapd = &model->kswapd;

	enter(model, call);
	kswapd->woken_order = kswapd->now_order = kswapd->order;
	kswapd->now_highest = kswapd->highest;
	kswapd->order = kswapd->highest = 0;
	kswapd->freed = 0;
	kswapd->boost_left = boost_below(model, kswapd->now_highest);
	kswapd->boosted = kswapd->boost_left;
	for (unsigned i = 0; i <= kswapd->now_highest; i++)
		kswapd->boosts[i] = model->machine.zones[i].watermark_boost;
	model->counters[COUNTER_KSWAPD_WAKE]++;
	tell(model,
	     &(struct tracepoint){TRACEPOINT_KSWAPD_WAKE, {0 /* nid */, kswapd->woken_order}});
	return STAGE_KSWAPD_RECLAIM;
}

/* A batch, of the highest zone that lacks memory and has something to give; else of any. */
static uint64_t reclaim_batch(struct pages *model)
{
	const struct kswapd *kswapd = &model->kswapd;
	uint64_t freed = 0;

	for (unsigned pass = 0; pass < 2 && !freed; pass++) {
		for (unsigned i = kswapd->now_highest + 1; i-- > 0 && !freed;) {
			const struct zone *zone = &model->machine.zones[i];

			if (pass ||
			    !zone_balanced(model, zone, kswapd->now_order, kswapd->now_highest))
				freed = reclaim_zone(model, zone, SWAP_CLUSTER_MAX);
		}
	}
	return freed;
}

/* The boost that it found is done with; what came since is not. */
static int balance_ends(struct pages *model, struct call *call)
{
	struct kswapd *kswapd = &model->kswapd;

	for (unsigned i = 0; kswapd->boosted && i <= kswapd->now_highest; i++) {
		struct zone *zone = &model->machine.zones[i];

		zone->watermark_boost -= MIN(zone->watermark_boost, kswapd->boosts[i]);
	}
	if (kswapd->boosted)
		wake_kcompactd(model, call, PAGEBLOCK_ORDER, kswapd->now_highest);
	return STAGE_KSWAPD_SLEEP;
}

/* One turn of balance_pgdat(). */
int stage_kswapd_reclaim(void *data, struct call *call)
{
	struct pages *model = data;
	struct kswapd *kswapd = &model->kswapd;
	bool enough = balanced(model, kswapd->now_order, kswapd->now_highest);
	uint64_t freed;

	enter(model, call);
	/* Memory that is short comes before memory that is mixed. */
	if (!enough)
		kswapd->boost_left = 0;
	else if (!kswapd->boost_left)
		return balance_ends(model, call);
	freed = reclaim_batch(model);
	model->counters[COUNTER_PGSTEAL_KSWAPD] += freed;
	kswapd->freed += freed;
	kswapd->boost_left -= MIN(kswapd->boost_left, freed);
	/* Enough for a chunk, if it were in one piece: the rest is compaction's. */
	if (kswapd->now_order && kswapd->freed >= UINT64_C(2) << kswapd->now_order)
		kswapd->now_order = 0;
	if (freed)
		return STAGE_KSWAPD_RECLAIM;
	/* The kernel finds nothing another fifteen times before it gives up. */
	if (!enough)
		kswapd->failures = MAX_RECLAIM_RETRIES;
	return balance_ends(model, call);
}

/* Skip hints of all zones, before it sleeps. PFN_NONE, or what it touched. */
static uint64_t reset_skip_hints(struct pages *model)
{
	uint64_t fault = PFN_NONE;

	for (unsigned i = 0; i < model->machine.n_zones && fault == PFN_NONE; i++)
		fault = compact_reset_skip(&model->machine.zones[i], model->rules.skip_reset, NULL);
	return fault;
}

int stage_kswapd_sleep(void *data, struct call *call)
{
	struct pages *model = data;
	struct kswapd *kswapd = &model->kswapd;
	bool gave_up = kswapd->failures >= MAX_RECLAIM_RETRIES;
	uint64_t fault;

	enter(model, call);
	if (!gave_up && !balanced(model, kswapd->now_order, kswapd->now_highest))
		return STAGE_KSWAPD; /* for what it was asked meanwhile */
	fault = reset_skip_hints(model);
	if (fault != PFN_NONE) {
		kswapd->awake = false;
		return oops(model, call, ENTRY_KSWAPD, COMPACT_SKIP_RESET, fault);
	}
	wake_kcompactd(model, call, kswapd->woken_order, kswapd->now_highest);
	if (!gave_up && !balanced(model, kswapd->order, MAX(kswapd->highest, kswapd->now_highest)))
		return STAGE_KSWAPD;
	kswapd->awake = false;
	tell(model, &(struct tracepoint){TRACEPOINT_KSWAPD_SLEEP, {0}});
	return CALL_DONE;
}
