// SPDX-License-Identifier: GPL-2.0-or-later
/*
 *	begin     │ kswapd woken; free lists above the min watermark
 *	early     │ costly or not movable: asynchronous direct compaction; free lists
 *	retry     │ kswapd woken; free lists                                      <─┐
 *	reclaim   │ direct reclaim; free lists; per-CPU lists drained; free lists    │
 *	compact   │ direct compaction at the priority reached; free lists            │
 *	decide    │ again ───────────────────────────────────────────────────────────┘ or failure
 *
 * There is no out-of-memory killer: where the kernel would call it the request fails.
 */
#include "models/pages/pages.h"
#include "models/pages/watermark.h"
#include "sim/trace/op_names.h"

#include <string.h>

#define COSTLY_ORDER	    3
#define MAX_COMPACT_RETRIES 16
/* The kernel has no such limit; it is a livelock there. */
#define MAX_ROUNDS 256

/* --- what a request may do -------------------------------------------------------------- */

enum gfp {
	GFP_DMA,
	GFP_DMA32,
	GFP_HIGH,
	GFP_IO,
	GFP_DIRECT_RECLAIM,
	GFP_KSWAPD_RECLAIM,
	GFP_RETRY_MAYFAIL,
	GFP_NORETRY,
	GFP_NOMEMALLOC,
	GFP_ATOMIC,
};

/* Bits of op.page.gfp: places in gfp_names[] (test-slow_path holds the two together). */
static const uint8_t gfp_bits[] = {
	[GFP_DMA] = 0,
	[GFP_DMA32] = 2,
	[GFP_HIGH] = 5,
	[GFP_IO] = 6,
	[GFP_DIRECT_RECLAIM] = 9,
	[GFP_KSWAPD_RECLAIM] = 10,
	[GFP_RETRY_MAYFAIL] = 13,
	[GFP_NORETRY] = 15,
	[GFP_NOMEMALLOC] = 18,
	[GFP_ATOMIC] = 22,
};

/* Without gfp flags a request is GFP_KERNEL, or that of a user's page; a huge page fault asks once
 * and goes on with small pages. */
static bool gfp_has(const struct op *op, enum gfp flag)
{
	if (op->flags & OP_HAS_GFP)
		return op->page.gfp >> gfp_bits[flag] & 1;
	return flag == GFP_IO || flag == GFP_DIRECT_RECLAIM || flag == GFP_KSWAPD_RECLAIM ||
	       (flag == GFP_NORETRY && op->flags & OP_THP);
}

bool may_wake_kswapd(const struct op *op)
{
	return gfp_has(op, GFP_KSWAPD_RECLAIM);
}

static unsigned zone_named(const struct machine *machine, const char *name, unsigned otherwise)
{
	for (unsigned i = 0; i < machine->n_zones; i++) {
		if (!g_ascii_strcasecmp(machine->zones[i].name, name))
			return i;
	}
	return otherwise;
}

void gfp_zones_init(struct pages *model)
{
	const struct machine *machine = &model->machine;
	unsigned last = machine->n_zones - 1, movable = zone_named(machine, "Movable", UINT_MAX);
	struct gfp_zones *zones = &model->zones;

	zones->movable = last;
	zones->normal = last && movable == last ? last - 1 : last;
	zones->dma32 = zone_named(machine, "DMA32", zones->normal);
	zones->dma = zone_named(machine, "DMA", zones->dma32);
	unsigned normal = zone_named(machine, "Normal", 0);
	bool above_dma32 = normal && !g_ascii_strcasecmp(machine->zones[normal - 1].name, "DMA32");

	zones->normal_zone = above_dma32 ? normal : UINT_MAX;
}

unsigned highest_zone(const struct pages *model, const struct op *op)
{
	const struct gfp_zones *zones = &model->zones;

	if (op->flags & OP_HAS_ZONE)
		return op->page.zone;
	if (G_UNLIKELY(op->flags & OP_HAS_GFP)) {
		if (gfp_has(op, GFP_DMA))
			return zones->dma;
		if (gfp_has(op, GFP_DMA32))
			return zones->dma32;
	}
	return op->page.mt == MT_MOVABLE ? zones->movable : zones->normal;
}

static uint64_t reserve_ratio(const struct zone *zone)
{
	if (!g_ascii_strncasecmp(zone->name, "DMA", 3))
		return 256;
	return g_ascii_strcasecmp(zone->name, "Movable") ? 32 : 0;
}

void reserves_init(struct pages *model)
{
	const struct machine *machine = &model->machine;

	for (unsigned of = 0; of < machine->n_zones; of++) {
		const struct zone *zone = &machine->zones[of];
		unsigned allowed = of;

		/* zones of the same name are other nodes': a node keeps nothing back for them */
		for (unsigned i = of + 1; i < machine->n_zones; i++) {
			if (g_ascii_strcasecmp(machine->zones[i].name, machine->zones[i - 1].name))
				allowed = i;
			model->reserve[of * machine->n_zones + i] =
				lowmem_reserve(machine->zones, of, allowed, reserve_ratio(zone));
		}
	}
}

/* --- steps: each returns the next stage --------------------------------------------------- */

static int fail(struct pages *model, const struct call *call)
{
	model->counters[COUNTER_THP_FAULT_FALLBACK] += (call->op->flags & OP_THP) != 0;
	return CALL_FAIL;
}

/* The free lists once more, and if there is nothing @step. */
static int look_then(struct pages *model, struct call *call, struct attempt *attempt,
		     enum slow_step step)
{
	attempt->step = step;
	attempt->after_compaction = step == SLOW_COMPACTED_EARLY || step == SLOW_COMPACTED;
	call->lock_instance[LOCK_ZONE] = highest_zone(model, call->op);
	return STAGE_BUDDY;
}

static void wake(struct pages *model, struct call *call, const struct attempt *attempt)
{
	if (attempt->wakes_kswapd)
		wake_kswapd(model, call, (unsigned)call->op->page.order,
			    highest_zone(model, call->op), attempt->direct_reclaim);
}

static int begin(struct pages *model, struct call *call, struct attempt *attempt)
{
	const struct op *op = call->op;

	attempt->direct_reclaim = gfp_has(op, GFP_DIRECT_RECLAIM);
	attempt->wakes_kswapd = gfp_has(op, GFP_KSWAPD_RECLAIM);
	attempt->io = gfp_has(op, GFP_IO);
	attempt->noretry = gfp_has(op, GFP_NORETRY);
	attempt->retry_mayfail = gfp_has(op, GFP_RETRY_MAYFAIL);
	attempt->flags = gfp_has(op, GFP_HIGH) ? ALLOC_HIGH : 0;
	if (gfp_has(op, GFP_ATOMIC) && !gfp_has(op, GFP_NOMEMALLOC))
		attempt->flags |= ALLOC_HARDER;
	attempt->priority = COMPACT_PRIO_SYNC_LIGHT;
	attempt->compacted = COMPACT_SKIPPED;
	wake(model, call, attempt);
	return look_then(model, call, attempt, SLOW_COMPACT_EARLY);
}

static int compact_then(struct pages *model, struct call *call, struct attempt *attempt,
			enum compact_priority priority, enum slow_step step)
{
	const struct op *op = call->op;
	struct compact_run *run = &enter(model, call)->run;

	model->counters[COUNTER_COMPACT_STALL]++;
	attempt->step = step;
	attempt->compacted = COMPACT_SKIPPED;
	if (!attempt->io || model->compaction == COMPACTION_NONE)
		return look_then(model, call, attempt, step);
	tell(model, &(struct tracepoint){TRACEPOINT_TRY_TO_COMPACT_PAGES,
					 {(uint64_t)op->page.order, priority}});
	const struct compact_request request = {
		.entry = ENTRY_DIRECT,
		.order = op->page.order,
		.mode = priority == COMPACT_PRIO_ASYNC ? COMPACT_ASYNC : COMPACT_SYNC_LIGHT,
		.type = request_type(op),
		.direct = true,
		.captures = model->capture,
		.whole_zone = priority == COMPACT_PRIO_SYNC_FULL,
		.ignore_skip = priority == COMPACT_PRIO_SYNC_FULL,
		.ignore_block_type = priority == COMPACT_PRIO_SYNC_FULL,
		.alloc_flags = attempt->flags,
		.highest = highest_zone(model, op),
	};

	run_start(model, run, &request, STAGE_COMPACT);
	return STAGE_COMPACT;
}

static int compact_early(struct pages *model, struct call *call, struct attempt *attempt)
{
	int order = call->op->page.order;

	if (!attempt->direct_reclaim ||
	    !(order > COSTLY_ORDER || (order > 0 && call->op->page.mt != MT_MOVABLE))) {
		attempt->step = SLOW_RETRY;
		return STAGE_SLOW;
	}
	return compact_then(model, call, attempt, COMPACT_PRIO_ASYNC, SLOW_COMPACTED_EARLY);
}

static int compacted_early(struct pages *model, struct call *call, struct attempt *attempt)
{
	model->counters[COUNTER_COMPACT_FAIL]++;
	attempt->step = SLOW_RETRY;
	if (call->op->page.order > COSTLY_ORDER && attempt->noretry) {
		if (attempt->compacted == COMPACT_DEFERRED)
			return fail(model, call);
		attempt->priority = COMPACT_PRIO_ASYNC;
	}
	return STAGE_SLOW;
}

static int retry(struct pages *model, struct call *call, struct attempt *attempt)
{
	wake(model, call, attempt);
	return look_then(model, call, attempt, SLOW_RECLAIM);
}

static int reclaim(struct pages *model, struct call *call, struct attempt *attempt)
{
	if (!attempt->direct_reclaim)
		return fail(model, call);
	attempt->step = SLOW_COMPACT; /* what stage_reclaim() goes on with if it finds nothing */
	return STAGE_RECLAIM;
}

/* Pages may be stuck on other CPUs' lists, or in reserve. */
static int reclaimed(struct pages *model, struct call *call, struct attempt *attempt)
{
	unsigned highest = highest_zone(model, call->op);

	enter(model, call);
	highatomic_unreserve(model->machine.zones, highest, request_type(call->op), false);
	for (unsigned i = 0; i <= highest; i++)
		drain_all(model, &model->machine.zones[i]);
	return look_then(model, call, attempt, SLOW_COMPACT);
}

static int compact(struct pages *model, struct call *call, struct attempt *attempt)
{
	if (call->op->page.order)
		return compact_then(model, call, attempt, attempt->priority, SLOW_COMPACTED);
	attempt->step = SLOW_COMPACTED;
	return STAGE_SLOW;
}

/* Would reclaiming everything do? (should_reclaim_retry) */
static bool should_retry_reclaim(struct pages *model, const struct call *call,
				 struct attempt *attempt)
{
	unsigned order = (unsigned)call->op->page.order;
	unsigned highest = highest_zone(model, call->op);

	if (attempt->reclaimed && order <= COSTLY_ORDER)
		attempt->no_progress = 0;
	else
		attempt->no_progress++;
	if (attempt->no_progress > MAX_RECLAIM_RETRIES)
		return highatomic_unreserve(model->machine.zones, highest, request_type(call->op),
					    true);
	for (unsigned i = 0; i <= highest; i++) {
		struct zone zone = model->machine.zones[i];

		zone.free_pages += model->reclaimable[i].pages;
		if (zone_watermark_ok(&zone, order, zone.watermark_min + zone.watermark_boost,
				      reserve_of(model, &zone, highest), attempt->flags))
			return true;
	}
	return false;
}

/* Would compaction have room, if all were reclaimed? (compaction_zonelist_suitable) */
static bool could_be_suitable(const struct pages *model, const struct call *call,
			      const struct attempt *attempt)
{
	int order = call->op->page.order;
	unsigned highest = highest_zone(model, call->op);

	for (unsigned i = 0; i <= highest; i++) {
		struct zone zone = model->machine.zones[i];

		zone.free_pages += model->reclaimable[i].pages / (unsigned)order;
		if (compact_suitable(&zone, order, zone.watermark_min + zone.watermark_boost,
				     reserve_of(model, &zone, highest), attempt->flags,
				     UINT_MAX /* any fragmentation will do */) != COMPACT_SKIPPED)
			return true;
	}
	return false;
}

/* A stronger priority, if there is one. */
static bool raise_priority(const struct call *call, struct attempt *attempt)
{
	bool costly = call->op->page.order > COSTLY_ORDER;

	if (attempt->priority <= (costly ? COMPACT_PRIO_SYNC_LIGHT : COMPACT_PRIO_SYNC_FULL))
		return false;
	attempt->priority--;
	attempt->compact_retries = 0;
	return true;
}

/* (should_compact_retry) */
static bool should_retry_compaction(const struct pages *model, const struct call *call,
				    struct attempt *attempt)
{
	int order = call->op->page.order;
	unsigned most = order > COSTLY_ORDER ? MAX_COMPACT_RETRIES / 4 : MAX_COMPACT_RETRIES;

	if (!order)
		return false;
	switch (attempt->compacted) {
	case COMPACT_COMPLETE:
		return raise_priority(call, attempt);
	case COMPACT_SKIPPED:
	case COMPACT_DEFERRED:
	case COMPACT_CONTENDED:
	case COMPACT_PARTIAL_SKIPPED:
		return could_be_suitable(model, call, attempt);
	default:
		attempt->compact_retries += attempt->compacted == COMPACT_SUCCESS;
		return attempt->compact_retries <= most || raise_priority(call, attempt);
	}
}

static int compacted(struct pages *model, struct call *call, struct attempt *attempt)
{
	int order = call->op->page.order;

	model->counters[COUNTER_COMPACT_FAIL] += order > 0;
	attempt->step = SLOW_RETRY;
	if (attempt->noretry || (order > COSTLY_ORDER && !attempt->retry_mayfail) ||
	    ++attempt->rounds > MAX_ROUNDS)
		return fail(model, call);
	if (should_retry_reclaim(model, call, attempt) ||
	    (attempt->reclaimed && should_retry_compaction(model, call, attempt)))
		return STAGE_SLOW;
	return fail(model, call);
}

int stage_slow(void *data, struct call *call)
{
	static int (*const steps[SLOW_STEPS])(struct pages * model, struct call * call,
					      struct attempt * attempt) = {
		[SLOW_BEGIN] = begin,
		[SLOW_COMPACT_EARLY] = compact_early,
		[SLOW_COMPACTED_EARLY] = compacted_early,
		[SLOW_RETRY] = retry,
		[SLOW_RECLAIM] = reclaim,
		[SLOW_RECLAIMED] = reclaimed,
		[SLOW_COMPACT] = compact,
		[SLOW_COMPACTED] = compacted,
	};
	struct pages *model = data;
	struct attempt *attempt = &enter(model, call)->attempt;

	return steps[attempt->step](model, call, attempt);
}

void slow_path_met(struct pages *model, struct call *call, struct zone *zone, uint64_t pfn)
{
	const struct attempt *attempt = &model->contexts[call->op->cpu].attempt;
	int order = call->op->page.order;

	if (attempt->after_compaction && order) {
		zone->blockskip_flush = false;
		compact_defer_reset(zone, order, true);
		model->counters[COUNTER_COMPACT_SUCCESS]++;
	}
	if (order && attempt->flags & ALLOC_HARDER) {
		uint64_t before = zone->nr_reserved_highatomic;

		highatomic_reserve(zone, pfn);
		model->counters[COUNTER_HIGHATOMIC_BLOCKS] +=
			zone->nr_reserved_highatomic != before;
	}
}
