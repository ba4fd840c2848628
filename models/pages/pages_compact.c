// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Compaction as stages, a batch a turn: for a request that found nothing, for kcompactd, and when a
 * trace asks for it. Each of these has a stage that chooses the next zone and judges the last.
 */
#include "models/pages/pages.h"

/* --- what a run calls back -------------------------------------------------------------- */

/* From now on each page tells whose it is. */
static void scatter(struct pages *model, struct page_object *object, uint32_t link)
{
	uint32_t n = 1u << object->order;
	uint32_t *pages = g_new(uint32_t, n);

	for (uint32_t i = 0; i < n; i++) {
		pages[i] = (uint32_t)(object->pfn - model->map_start) + i;
		set_owner(model, object->pfn + i, link);
	}
	object->scattered = pages;
}

static void on_migrated(void *data, uint64_t from, uint64_t to)
{
	struct pages *model = data;
	uint32_t link = owner_of(model, from);

	if (!link)
		return;
	struct page_object *object = object_at(model, link - 1);

	if (object->order && !object->scattered)
		scatter(model, object, link);
	set_owner(model, from, 0);
	set_owner(model, to, link);
	if (!object->order) {
		object->pfn = to;
		return;
	}
	for (uint32_t i = 0; i < 1u << object->order; i++) {
		if (object->scattered[i] == from - model->map_start)
			object->scattered[i] = (uint32_t)(to - model->map_start);
	}
}

static void on_scanned(void *data, const struct compact_scan *scan)
{
	tell(data,
	     &(struct tracepoint){scan->free ? TRACEPOINT_ISOLATE_FREEPAGES
					     : TRACEPOINT_ISOLATE_MIGRATEPAGES,
				  {scan->start, scan->reached, scan->scanned, scan->isolated}});
}

static void on_strayed(void *data, uint64_t pfn, uint64_t pages, bool outside_zone)
{
	tell(data, &(struct tracepoint){TRACEPOINT_STRAY, {pfn, pages, outside_zone}});
}

static void drain(void *data)
{
	struct pages *model = data;

	for (unsigned i = 0; i < model->machine.n_zones; i++)
		drain_cpu(model, &model->machine.zones[i]);
}

/* These live on the stack of a stage: a run keeps no pointer into it between two. */
struct callbacks {
	struct compact_observer observer;
	struct compact_env env;
};

static void listen(struct pages *model, struct compact_run *run, struct callbacks *callbacks)
{
	callbacks->observer = (struct compact_observer){.data = model, .migrated = on_migrated};
	if (model->emit) {
		callbacks->observer.scanned = on_scanned;
		callbacks->observer.strayed = on_strayed;
	}
	callbacks->env =
		(struct compact_env){.data = model, .free_page = free_page, .drain = drain};
	run->cc.observer = &callbacks->observer;
	run->cc.env = &callbacks->env;
}

/* --- what it has done ------------------------------------------------------------------- */

/* @later: pages scanned that are priced by another stage. */
static void price(const struct pages *model, struct call *call, const struct compact_counts *now,
		  const struct compact_counts *before, uint64_t later)
{
	count(call, STEP_MIGRATE_SCAN, now->migrate_scanned - before->migrate_scanned - later);
	/* the entries of the lists are counted as scanned, too, by the kernel */
	count(call, STEP_FREE_SCAN, now->free_scanned - before->free_scanned);
	count(call, STEP_FREE_LIST_ENTRY, now->list_entries - before->list_entries);
	count(call, STEP_PAGE_MIGRATED, now->migrated - before->migrated);
	/* each page is unmapped with a flush of its own; that of this CPU is part of the move */
	count(call, STEP_TLB_FLUSH_CPU, (now->migrated - before->migrated) * (model->mm_cpus - 1));
	count(call, STEP_PAGE_MIGRATE_FAILED, now->failed - before->failed);
}

static void add_counters(uint64_t *counters, const struct compact_counts *now,
			 const struct compact_counts *before, bool daemon)
{
	uint64_t migrate_scanned = now->migrate_scanned - before->migrate_scanned;
	uint64_t free_scanned = now->free_scanned - before->free_scanned;

	counters[COUNTER_COMPACT_MIGRATE_SCANNED] += migrate_scanned;
	counters[COUNTER_COMPACT_FREE_SCANNED] += free_scanned;
	if (daemon) {
		counters[COUNTER_COMPACT_DAEMON_MIGRATE_SCANNED] += migrate_scanned;
		counters[COUNTER_COMPACT_DAEMON_FREE_SCANNED] += free_scanned;
	}
	counters[COUNTER_COMPACT_ISOLATED] += now->isolated_free - before->isolated_free +
					      now->isolated_migrate - before->isolated_migrate;
	counters[COUNTER_PGMIGRATE_SUCCESS] += now->migrated - before->migrated;
	counters[COUNTER_PGMIGRATE_FAIL] += now->failed - before->failed;
}

static void add_strays(uint64_t *counters, const struct compact_strays *now,
		       const struct compact_strays *before)
{
	counters[COUNTER_STRAY_EXAMINED_BLOCK] +=
		now->examined_outside_block - before->examined_outside_block;
	counters[COUNTER_STRAY_EXAMINED_ZONE] +=
		now->examined_outside_zone - before->examined_outside_zone;
	counters[COUNTER_STRAY_ISOLATED_BLOCK] +=
		now->isolated_outside_block - before->isolated_outside_block;
	counters[COUNTER_STRAY_ISOLATED_ZONE] +=
		now->isolated_outside_zone - before->isolated_outside_zone;
	counters[COUNTER_STRAY_TARGET_BLOCK] +=
		now->targets_outside_block - before->targets_outside_block;
	counters[COUNTER_STRAY_TARGET_ZONE] +=
		now->targets_outside_zone - before->targets_outside_zone;
	counters[COUNTER_STRAY_POLLUTED_BLOCKS] += now->polluted_blocks - before->polluted_blocks;
}

/* What was done since the last time. */
static void account(struct pages *model, struct call *call, struct compact_run *run)
{
	const struct compact_control *cc = &run->cc;

	price(model, call, &cc->counts, &run->counted, run->scanned_unlocked);
	add_counters(model->counters, &cc->counts, &run->counted,
		     run->request.entry == ENTRY_KCOMPACTD);
	add_strays(model->counters, &cc->strays, &run->told);
	run->counted = cc->counts;
	run->told = cc->strays;
}

/* --- a run over one zone ---------------------------------------------------------------- */

void run_start(struct pages *model G_GNUC_UNUSED, struct compact_run *run,
	       const struct compact_request *request, int back)
{
	run->request = *request;
	run->back = back;
	run->result = COMPACT_RESULTS;
	run->greatest = COMPACT_SKIPPED;
}

static void tell_begin(const struct pages *model, const struct compact_control *cc)
{
	tell(model, &(struct tracepoint){TRACEPOINT_COMPACTION_BEGIN,
					 {cc->zone->start_pfn, cc->migrate_pfn, cc->free_pfn,
					  cc->zone->end_pfn, cc->mode != COMPACT_ASYNC}});
}

static void tell_end(const struct pages *model, const struct compact_control *cc,
		     enum compact_result result)
{
	tell(model, &(struct tracepoint){TRACEPOINT_COMPACTION_END,
					 {cc->zone->start_pfn, cc->migrate_pfn, cc->free_pfn,
					  cc->zone->end_pfn, cc->mode != COMPACT_ASYNC, result}});
}

/* Contention counts for asynchronous runs only: they try the lock first. */
static int isolate_stage(const struct compact_run *run)
{
	return run->cc.mode == COMPACT_ASYNC ? STAGE_ISOLATE_TRY : STAGE_ISOLATE;
}

/* After each part: @next if the run goes on. */
static int go_on(struct pages *model, struct call *call, struct compact_run *run,
		 enum compact_result result, int next)
{
	struct compact_control *cc = &run->cc;

	if (cc->fault_pfn != PFN_NONE) {
		account(model, call, run);
		if (run->request.entry == ENTRY_KCOMPACTD)
			model->kcompactd.awake = false;
		return oops(model, call, run->request.entry, cc->site, cc->fault_pfn);
	}
	if (result != COMPACT_CONTINUE) {
		compact_end(cc);
		tell_end(model, cc, result);
		run->result = result;
		run->greatest = MAX(run->greatest, result);
		next = run->back;
	}
	account(model, call, run);
	return next;
}

int run_zone(struct pages *model, struct call *call, struct compact_run *run, unsigned number)
{
	const struct compact_request *request = &run->request;
	struct compact_control *cc = &run->cc;
	struct zone *zone = &model->machine.zones[number];
	struct callbacks callbacks;

	compact_reuse(cc, zone);
	cc->zones = model->machine.by_number;
	cc->n_zones = model->machine.n_zones;
	cc->order = request->order;
	cc->mode = request->mode;
	cc->type = request->type;
	cc->direct = request->direct;
	cc->whole_zone = request->whole_zone;
	cc->ignore_skip = request->ignore_skip;
	cc->ignore_block_type = request->ignore_block_type;
	cc->alloc_flags = request->alloc_flags;
	cc->reserve = reserve_of(model, zone, MAX(request->highest, number));
	cc->captures = request->captures;
	run->counted = (struct compact_counts){0};
	run->told = (struct compact_strays){0};
	listen(model, run, &callbacks);
	enum compact_result result = compact_begin(cc);

	if (cc->fault_pfn == PFN_NONE && result != COMPACT_CONTINUE) {
		run->result = result;
		run->greatest = MAX(run->greatest, result);
		return run->back;
	}
	if (cc->fault_pfn == PFN_NONE)
		tell_begin(model, cc);
	return go_on(model, call, run, result, isolate_stage(run));
}

int stage_isolate_busy(void *data, struct call *call)
{
	enter(data, call)->run.cc.contended = true;
	return STAGE_ISOLATE;
}

int stage_isolate(void *data, struct call *call)
{
	struct pages *model = data;
	struct compact_run *run = &enter(model, call)->run;
	struct callbacks callbacks;

	listen(model, run, &callbacks);
	enum compact_result result = compact_isolate(&run->cc);
	unsigned sources = run->cc.sources->len;
	uint64_t scanned = run->cc.counts.migrate_scanned - run->counted.migrate_scanned;

	model->sources_out += sources;
	run->scanned_unlocked = scanned - MIN(scanned, sources);
	run->after_scan =
		go_on(model, call, run, result, sources ? STAGE_MIGRATE : isolate_stage(run));
	return run->scanned_unlocked ? STAGE_SCANNED : run->after_scan;
}

/*
 * The scanner takes the lock at the first page that it takes on. What it looked at without it is
 * paid for here, where others can have it.
 */
int stage_scanned(void *data, struct call *call)
{
	struct compact_run *run = &enter(data, call)->run;

	count(call, STEP_MIGRATE_SCAN, run->scanned_unlocked);
	run->scanned_unlocked = 0;
	return run->after_scan;
}

int stage_migrate(void *data, struct call *call)
{
	struct pages *model = data;
	struct compact_run *run = &enter(model, call)->run;
	unsigned sources = run->cc.sources->len;
	struct callbacks callbacks;

	listen(model, run, &callbacks);
	enum compact_result result = compact_migrate(&run->cc);
	const struct compact_counts *now = &run->cc.counts, *before = &run->counted;

	/* after a crash they stay isolated for good */
	if (run->cc.fault_pfn == PFN_NONE)
		model->sources_out -= sources;
	tell(model, &(struct tracepoint){
			    TRACEPOINT_MIGRATEPAGES,
			    {now->migrated - before->migrated, now->failed - before->failed}});
	return go_on(model, call, run, result, isolate_stage(run));
}

/* --- direct compaction ------------------------------------------------------------------ */

/* Comes here for every zone of the request, and at the end. (try_to_compact_pages) */
int stage_compact(void *data, struct call *call)
{
	struct pages *model = data;
	struct pages_context *context = enter(model, call);
	struct compact_run *run = &context->run;
	struct attempt *attempt = &context->attempt;
	int order = run->request.order;
	bool strongest = run->request.ignore_skip;

	if (run->result == COMPACT_RESULTS) {
		run->zone = run->request.highest + 1;
	} else {
		struct zone *zone = run->cc.zone;

		if (run->cc.captured.pfn != PFN_NONE) {
			page_set_use(model->machine.map, run->cc.captured.pfn, UINT64_C(1) << order,
				     request_use(call->op));
			model->counters[COUNTER_COMPACT_CAPTURED]++;
			attempt->after_compaction = true;
			slow_path_met(model, call, zone, run->cc.captured.pfn);
			return request_met(model, call, run->cc.captured.pfn);
		}
		if (run->result == COMPACT_SUCCESS) {
			compact_defer_reset(zone, order, false);
			run->zone = 0;
		} else if (run->request.mode != COMPACT_ASYNC &&
			   (run->result == COMPACT_COMPLETE ||
			    run->result == COMPACT_PARTIAL_SKIPPED)) {
			compact_defer(zone, order);
		}
	}
	while (run->zone > 0) {
		unsigned number = --run->zone;

		if (strongest || !compact_deferred(&model->machine.zones[number], order))
			return run_zone(model, call, run, number);
		run->greatest = MAX(run->greatest, COMPACT_DEFERRED);
	}
	attempt->compacted = run->greatest;
	attempt->after_compaction = true;
	call->lock_instance[LOCK_ZONE] = run->request.highest;
	return STAGE_BUDDY;
}

/* --- the op `compact` ------------------------------------------------------------------- */

int stage_compact_op(void *data, struct call *call)
{
	struct pages *model = data;
	const struct op *op = call->op;
	bool direct = op->flags & OP_DIRECT, everything = op->page.order < 0;
	const struct compact_request request = {
		.entry = direct ? ENTRY_DIRECT : ENTRY_COMPACT_MEMORY,
		.order = op->page.order,
		.mode = (enum compact_mode)op->page.mode,
		.type = request_type(op),
		.direct = direct,
		.whole_zone = op->flags & OP_WHOLE_ZONE || everything,
		.ignore_skip = op->flags & OP_IGNORE_SKIP || everything,
	};

	if (!booted(model, call))
		return CALL_INPUT;
	if (model->compaction == COMPACTION_NONE)
		return CALL_DONE;
	struct compact_run *run = &enter(model, call)->run;

	run_start(model, run, &request, STAGE_COMPACT_OP_ZONE);
	run->zone = op->flags & OP_HAS_ZONE ? op->page.zone : 0;
	return STAGE_COMPACT_OP_ZONE;
}

int stage_compact_op_zone(void *data, struct call *call)
{
	struct pages *model = data;
	struct compact_run *run = &enter(model, call)->run;
	unsigned end =
		call->op->flags & OP_HAS_ZONE ? call->op->page.zone + 1u : model->machine.n_zones;

	if (run->zone == end) {
		call->note_key = "result";
		call->note_value = compact_result_names[run->greatest];
		return CALL_DONE;
	}
	return run_zone(model, call, run, run->zone++);
}
