// SPDX-License-Identifier: GPL-2.0-or-later
/* kcompactd: compacts zone after zone for the order that it was woken for. */
#include "models/pages/pages.h"

static bool zone_suitable(const struct pages *model, const struct zone *zone, unsigned order,
			  unsigned highest)
{
	return compact_suitable(zone, (int)order, zone->watermark_min + zone->watermark_boost,
				reserve_of(model, zone, highest), 0,
				model->rules.extfrag_threshold) == COMPACT_CONTINUE;
}

/* (kcompactd_node_suitable) */
static bool any_suitable(const struct pages *model)
{
	const struct kcompactd *kcompactd = &model->kcompactd;

	for (unsigned i = 0; i <= kcompactd->highest; i++) {
		if (zone_suitable(model, &model->machine.zones[i], kcompactd->order,
				  kcompactd->highest))
			return true;
	}
	return false;
}

void wake_kcompactd(struct pages *model, struct call *call, unsigned order, unsigned highest)
{
	struct kcompactd *kcompactd = &model->kcompactd;

	if (!order || !model->kcompactd_on || model->compaction == COMPACTION_NONE)
		return;
	kcompactd->order = MAX(kcompactd->order, order);
	kcompactd->highest = MIN(kcompactd->highest, highest);
	if (kcompactd->awake || !any_suitable(model))
		return;
	tell(model,
	     &(struct tracepoint){TRACEPOINT_WAKEUP_KCOMPACTD, {0 /* nid */, order, highest}});
	kcompactd->awake = true;
	call->wake |= UINT32_C(1) << TASK_KCOMPACTD;
}

int stage_kcompactd(void *data, struct call *call)
{
	struct pages *model = data;
	struct kcompactd *kcompactd = &model->kcompactd;
	struct compact_run *run = &enter(model, call)->run;

	kcompactd->now_order = kcompactd->order;
	kcompactd->now_highest = kcompactd->highest;
	model->counters[COUNTER_COMPACT_DAEMON_WAKE]++;
	tell(model, &(struct tracepoint){TRACEPOINT_KCOMPACTD_WAKE,
					 {0, kcompactd->now_order, kcompactd->now_highest}});
	const struct compact_request request = {
		.entry = ENTRY_KCOMPACTD,
		.order = (int)kcompactd->now_order,
		.mode = COMPACT_SYNC_LIGHT,
		.type = LIST_UNMOVABLE, /* that of GFP_KERNEL */
		.highest = kcompactd->now_highest,
	};

	run_start(model, run, &request, STAGE_KCOMPACTD_ZONE);
	run->zone = 0;
	return STAGE_KCOMPACTD_ZONE;
}

static void zone_done(struct pages *model, struct zone *zone, int order, enum compact_result result)
{
	if (result == COMPACT_SUCCESS) {
		compact_defer_reset(zone, order, false);
	} else if (result == COMPACT_PARTIAL_SKIPPED || result == COMPACT_COMPLETE) {
		drain_all(model, zone);
		compact_defer(zone, order);
	}
}

/* What was asked for meanwhile and is more than this run did is next. */
static int sleeps(struct pages *model)
{
	struct kcompactd *kcompactd = &model->kcompactd;

	if (kcompactd->order <= kcompactd->now_order)
		kcompactd->order = 0;
	if (kcompactd->highest >= kcompactd->now_highest)
		kcompactd->highest = model->machine.n_zones - 1;
	tell(model, &(struct tracepoint){TRACEPOINT_KCOMPACTD_SLEEP, {0}});
	if (kcompactd->order)
		return STAGE_KCOMPACTD;
	kcompactd->awake = false;
	return CALL_DONE;
}

/* Comes back here after each zone that was compacted; run->zone is the next to look at. */
int stage_kcompactd_zone(void *data, struct call *call)
{
	struct pages *model = data;
	const struct kcompactd *kcompactd = &model->kcompactd;
	struct compact_run *run = &enter(model, call)->run;
	int order = (int)kcompactd->now_order;

	if (run->result != COMPACT_RESULTS)
		zone_done(model, run->cc.zone, order, run->result);
	run->result = COMPACT_RESULTS;
	while (run->zone <= kcompactd->now_highest) {
		struct zone *zone = &model->machine.zones[run->zone++];

		/* it looks at each zone as if the request could use no higher one */
		if (compact_deferred(zone, order) ||
		    !zone_suitable(model, zone, (unsigned)order, zone->number))
			continue;
		return run_zone(model, call, run, zone->number);
	}
	return sleeps(model);
}
