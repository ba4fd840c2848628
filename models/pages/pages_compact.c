// SPDX-License-Identifier: GPL-2.0-or-later
/* Compaction by the pages model: for a request that found nothing, and when it is asked for. */
#include "models/pages/pages.h"

/* Compaction's callbacks. */

static void on_migrated(void *data, uint64_t from, uint64_t to)
{
	struct pages *model = data;
	uint32_t link = model->owner[from - model->map_start];

	if (!link)
		return;
	struct page_object *object = object_at(model, link - 1);

	model->owner[from - model->map_start] = 0;
	model->owner[to - model->map_start] = link;
	if (!object->order) {
		object->pfn = to;
		return;
	}
	if (!object->scattered) {
		object->scattered = g_new(uint32_t, 1u << object->order);
		for (uint32_t i = 0; i < 1u << object->order; i++)
			object->scattered[i] = (uint32_t)(object->pfn - model->map_start) + i;
	}
	for (uint32_t i = 0; i < 1u << object->order; i++) {
		if (object->scattered[i] == from - model->map_start)
			object->scattered[i] = (uint32_t)(to - model->map_start);
	}
}

static void drain(void *data)
{
	struct pages *model = data;

	for (unsigned i = 0; model->pcp && i < model->machine.n_zones; i++) {
		struct pcp *pcp =
			machine_pcp(&model->machine, model->cpu, &model->machine.zones[i]);

		count(model->call, STEP_BUDDY_OP, pcp->count);
		pcp_drain(pcp, pcp->count, NULL);
	}
}

static void count_run(struct call *call, const struct compact_control *cc)
{
	count(call, STEP_MIGRATE_SCAN, cc->counts.migrate_scanned);
	count(call, STEP_FREE_SCAN, cc->counts.free_scanned);
	count(call, STEP_FREE_LIST_ENTRY, cc->counts.list_entries);
	count(call, STEP_PAGE_MIGRATED, cc->counts.migrated);
	count(call, STEP_PAGE_MIGRATE_FAILED, cc->counts.failed);
	count(call, STEP_STRAY_EXAMINED,
	      MAX(cc->strays.examined_outside_block, cc->strays.examined_outside_zone));
	count(call, STEP_STRAY_TARGET,
	      MAX(cc->strays.targets_outside_block, cc->strays.targets_outside_zone));
	count(call, STEP_POLLUTED_BLOCK, cc->strays.polluted_blocks);
}

static char *oops_text(const struct compact_control *cc)
{
	GString *text = g_string_new(NULL);

	g_string_append_printf(text,
			       "unable to handle page fault for address 0x%" G_GINT64_MODIFIER
			       "x, the struct page of pfn 0x%" G_GINT64_MODIFIER "x in",
			       struct_page_address(cc->fault_pfn), cc->fault_pfn);
	for (const char *const *function = compact_fault_chain(cc->site); *function; function++)
		g_string_append_printf(text, " %s%s", *function, function[1] ? " <-" : "");
	return g_string_free(text, FALSE);
}

/* With on_oops=count the task is gone, and the machine goes on without what it held. */
static bool faulted(struct pages *model, struct call *call, const struct compact_control *cc)
{
	if (cc->fault_pfn == PFN_NONE)
		return false;
	call->note_key = "oops";
	call->note_value = "1";
	if (model->on_oops == OOPS_STOP)
		call->message = oops_text(cc);
	return true;
}

struct compact_request {
	int order;
	enum compact_mode mode;
	enum list_type type;
	bool direct, whole_zone, ignore_skip;
};

/* Returns COMPACT_RESULTS after a fault. */
static enum compact_result compact_one(struct pages *model, struct call *call, struct zone *zone,
				       const struct compact_request *request)
{
	const struct compact_observer observer = {.data = model, .migrated = on_migrated};
	const struct compact_env env = {.data = model, .free_page = free_page, .drain = drain};
	struct compact_control cc;

	model->call = call;
	model->cpu = call->op->cpu;
	compact_init(&cc, zone, &model->rules);
	cc.zones = model->machine.by_number;
	cc.n_zones = model->machine.n_zones;
	cc.observer = &observer;
	cc.env = &env;
	cc.order = request->order;
	cc.mode = request->mode;
	cc.type = request->type;
	cc.direct = request->direct;
	cc.whole_zone = request->whole_zone;
	cc.ignore_skip = request->ignore_skip;
	enum compact_result result = compact_zone(&cc);

	count_run(call, &cc);
	if (faulted(model, call, &cc))
		result = COMPACT_RESULTS;
	compact_clear(&cc);
	return result;
}

/* Direct compaction of the zones of the request, at the priority it has come to. */
int stage_compact(void *data, struct call *call)
{
	struct pages *model = data;
	const struct op *op = call->op;
	bool async = call->scratch[SCRATCH_PRIORITY] == PRIORITY_ASYNC;
	const struct compact_request request = {
		.order = op->page.order,
		.mode = async ? COMPACT_ASYNC : COMPACT_SYNC_LIGHT,
		.type = request_type(op),
		.direct = true,
	};

	for (unsigned i = highest_zone(model, op) + 1; i-- > 0;) {
		struct zone *zone = &model->machine.zones[i];

		if (compact_deferred(zone, op->page.order))
			continue;
		enum compact_result result = compact_one(model, call, zone, &request);

		if (result == COMPACT_RESULTS)
			return call->message ? CALL_OOPS : CALL_FAIL;
		if (result == COMPACT_SUCCESS) {
			compact_defer_reset(zone, op->page.order, false);
			break;
		}
		if (!async && (result == COMPACT_COMPLETE || result == COMPACT_PARTIAL_SKIPPED))
			compact_defer(zone, op->page.order);
	}
	return STAGE_BUDDY;
}

int stage_compact_op(void *data, struct call *call)
{
	struct pages *model = data;
	const struct op *op = call->op;
	const struct compact_request request = {
		.order = op->page.order,
		.mode = (enum compact_mode)op->page.mode,
		.type = request_type(op),
		.direct = op->flags & OP_DIRECT,
		.whole_zone = op->flags & OP_WHOLE_ZONE || op->page.order < 0,
		.ignore_skip = op->flags & OP_IGNORE_SKIP || op->page.order < 0,
	};

	if (!booted(model, call))
		return CALL_INPUT;
	if (model->compaction == COMPACTION_NONE)
		return CALL_DONE;
	for (unsigned i = 0; i < model->machine.n_zones; i++) {
		if (op->flags & OP_HAS_ZONE && op->page.zone != i)
			continue;
		enum compact_result result =
			compact_one(model, call, &model->machine.zones[i], &request);

		if (result == COMPACT_RESULTS)
			return call->message ? CALL_OOPS : CALL_FAIL;
		if (!call->note_key) {
			call->note_key = "result";
			call->note_value = compact_result_names[result];
		}
	}
	return CALL_DONE;
}
