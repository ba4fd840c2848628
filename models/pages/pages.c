// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pages: zones, the buddy allocator and compaction. Linux v5.1/v5.2, mm/page_alloc.c and
 * mm/compaction.c; docs/model-pages.md says what is modelled and what is not.
 *
 *   page_alloc │ list      no lock    a page of this CPU's list (order 0)
 *              │ buddy     zone->lock free lists, zone after zone, above the watermark ─ none ─┐
 *              │ compact   no lock    direct compaction, for some requests <──────────────────┘
 *              │ (buddy again, above the min watermark; then the next priority, or failure)
 *   page_free  │ list or buddy
 *   compact    │ compact   every zone, or the one named
 */
#include "models/pages/compact.h"
#include "models/pages/machine.h"
#include "sim/base/error.h"
#include "sim/base/units.h"

#include <string.h>

enum {
	LOCK_ZONE
};
enum {
	COMPACTION_NONE,
	COMPACTION_LINEAR,
	COMPACTION_FAST
};
enum {
	OOPS_STOP,
	OOPS_COUNT
};

/* What an id names. Pages of a movable block of order > 0 may be scattered by compaction. */
struct page_object {
	uint64_t pfn;	     /* of the block; PFN_NONE: scattered, or none */
	uint32_t *scattered; /* pfn − map_start of each page; owned */
	uint8_t order;
};

struct pages {
	struct machine machine;
	struct compact_rules rules;
	unsigned compaction, on_oops;
	bool pcp, watermarks;
	GArray *objects; /* struct page_object by slot */
	GArray *seeds;	 /* struct page_seed; NULL once the first other op has come */
	uint32_t *owner; /* by pfn − map_start: slot + 1 of the movable page's object */
	uint64_t map_start;
	char *boot_message; /* what was wrong with a seed */
	/* the op being performed, for compaction's callbacks */
	struct call *call;
	uint32_t cpu;
};

enum {
	VERSION_V5_1 = 501,
	VERSION_V5_2 = 502
};

static const struct param_word version_words[] = {
	{"v5.1", VERSION_V5_1}, {"v5.2", VERSION_V5_2}, {NULL, 0}};
static const struct param_word compaction_words[] = {{"none", COMPACTION_NONE},
						     {"linear", COMPACTION_LINEAR},
						     {"fast", COMPACTION_FAST},
						     {NULL, 0}};
static const struct param_word switch_words[] = {{"on", 1}, {"off", 0}, {NULL, 0}};
static const struct param_word oops_words[] = {
	{"stop", OOPS_STOP}, {"count", OOPS_COUNT}, {NULL, 0}};

enum {
	PARAM_VERSION,
	PARAM_COMPACTION,
	PARAM_AROUND,
	PARAM_SKIP_RESET,
	PARAM_SCAN_LIMIT,
	PARAM_PCP,
	PARAM_WATERMARKS,
	PARAM_ON_OOPS,
};

static const struct param pages_params[] = {
	[PARAM_VERSION] =
		{.name = "version",
		 .type = PARAM_WORD,
		 .default_text = "v5.2",
		 .words = version_words,
		 .help = "kernel whose rules it follows, where they are not set one by one"},
	[PARAM_COMPACTION] = {.name = "compaction",
			      .type = PARAM_WORD,
			      .default_text = "fast",
			      .words = compaction_words,
			      .help = "scanners: those of 4.19 and 5.0, or the search of 5.1"},
	[PARAM_AROUND] =
		{.name = "isolate_around",
		 .type = PARAM_WORD,
		 .words = isolate_around_words,
		 .help = "bounds of the scan around a chunk just found (default: by version)"},
	[PARAM_SKIP_RESET] = {.name = "skip_reset",
			      .type = PARAM_WORD,
			      .default_text = "6b0868c820ff",
			      .words = skip_reset_words,
			      .help = "how skip hints are reset"},
	[PARAM_SCAN_LIMIT] =
		{.name = "scan_limit",
		 .type = PARAM_WORD,
		 .default_text = "min",
		 .words = scan_limit_words,
		 .help = "limit of the fast free search: as written, or as meant (v5.14)"},
	[PARAM_PCP] = {.name = "pcp",
		       .type = PARAM_WORD,
		       .default_text = "on",
		       .words = switch_words,
		       .help = "per-CPU lists of single pages"},
	[PARAM_WATERMARKS] = {.name = "watermarks",
			      .type = PARAM_WORD,
			      .default_text = "on",
			      .words = switch_words,
			      .help = "watermark tests on allocation"},
	[PARAM_ON_OOPS] =
		{.name = "on_oops",
		 .type = PARAM_WORD,
		 .default_text = "stop",
		 .words = oops_words,
		 .help = "a touch of a page without a struct page: stop the run, or go on"},
	{.name = NULL},
};

static const char *const pages_locks[] = {[LOCK_ZONE] = "zone->lock", NULL};

/* How the stages use call->scratch. */
enum {
	SCRATCH_MARK,
	SCRATCH_PRIORITY
};
enum {
	MARK_LOW,
	MARK_MIN
};
enum {
	PRIORITY_NONE,
	PRIORITY_ASYNC,
	PRIORITY_SYNC_LIGHT
};

enum pages_stage {
	STAGE_LIST,
	STAGE_BUDDY,
	STAGE_COMPACT,
	STAGE_FREE,
	STAGE_FREE_BUDDY,
	STAGE_SEED,
	STAGE_COMPACT_OP
};

static enum list_type request_type(const struct op *op)
{
	return (enum list_type)op->page.mt; /* the first three are the same */
}

static enum page_use request_use(const struct op *op)
{
	if (op->page.mt != MT_MOVABLE)
		return USE_UNMOVABLE;
	return op->flags & OP_PINNED ? USE_LRU_PINNED : USE_LRU;
}

static struct page_object *object_at(struct pages *model, uint32_t slot)
{
	if (slot >= model->objects->len)
		g_array_set_size(model->objects, slot + 1);
	return &g_array_index(model->objects, struct page_object, slot);
}

/* Compaction moves pages: whose are they? */
static void set_owner(struct pages *model, uint64_t pfn, uint64_t n, uint32_t owner)
{
	for (uint64_t i = 0; i < n; i++)
		model->owner[pfn - model->map_start + i] = owner;
}

static void settle(struct pages *model)
{
	GArray *seeds = g_steal_pointer(&model->seeds);

	if (!seeds)
		return;
	model->boot_message =
		machine_boot(&model->machine, (struct page_seed *)(void *)seeds->data, seeds->len);
	for (unsigned i = 0; i < seeds->len && !model->boot_message; i++) {
		const struct page_seed *seed = &g_array_index(seeds, struct page_seed, i);

		*object_at(model, seed->slot) =
			(struct page_object){.pfn = seed->pfn, .order = (uint8_t)seed->order};
		if (seed->use == USE_LRU)
			set_owner(model, seed->pfn, UINT64_C(1) << seed->order, seed->slot + 1);
	}
	g_array_unref(seeds);
}

/* Bad seeds come up with the first op behind them. */
static bool booted(struct pages *model, struct call *call)
{
	settle(model);
	if (model->boot_message)
		call->message = g_strdup(model->boot_message);
	return !model->boot_message;
}

static int stage_seed(void *data, struct call *call)
{
	struct pages *model = data;
	struct page_seed seed = {
		.pfn = call->op->addr,
		.order = (unsigned)call->op->page.order,
		.type = request_type(call->op),
		.use = request_use(call->op),
		.slot = call->op->slot,
	};

	call->addr = seed.pfn;
	g_array_append_val(model->seeds, seed);
	return CALL_DONE;
}

/* The highest zone that the request may use. */
static unsigned highest_zone(const struct pages *model, const struct op *op)
{
	return op->flags & OP_HAS_ZONE ? op->page.zone : model->machine.n_zones - 1;
}

static bool above_watermark(const struct pages *model, const struct zone *zone,
			    const struct call *call)
{
	const struct op *op = call->op;
	uint64_t mark =
		call->scratch[SCRATCH_MARK] == MARK_LOW ? zone->watermark_low : zone->watermark_min;

	return !model->watermarks || zone_watermark_ok(zone, (unsigned)op->page.order,
						       mark + zone->watermark_boost, 0, 0);
}

static int note_made(struct pages *model, struct call *call, uint64_t pfn)
{
	const struct op *op = call->op;
	unsigned order = (unsigned)op->page.order;
	enum page_use use = request_use(op);

	if (op->flags & OP_THP && order && use == USE_LRU)
		page_set_compound(model->machine.map, pfn, order, USE_COMPOUND_LRU);
	else if (use == USE_LRU)
		set_owner(model, pfn, UINT64_C(1) << order, op->slot + 1);
	*object_at(model, op->slot) = (struct page_object){.pfn = pfn, .order = (uint8_t)order};
	call->addr = pfn;
	return CALL_DONE;
}

/* A page of this CPU's list needs no lock; an empty list is refilled under it. */
static int stage_list(void *data, struct call *call)
{
	struct pages *model = data;
	const struct op *op = call->op;
	unsigned highest = highest_zone(model, op);

	if (!booted(model, call))
		return CALL_BROKEN;
	if (op->page.order >= MAX_ORDER_NR)
		return CALL_FAIL;
	call->lock_instance[LOCK_ZONE] = highest;
	if (op->page.order || !model->pcp)
		return STAGE_BUDDY;
	struct zone *zone = &model->machine.zones[highest];
	struct pcp *pcp = machine_pcp(&model->machine, op->cpu, zone);
	unsigned refilled;

	if (!pcp->list[op->page.mt].n || !above_watermark(model, zone, call))
		return STAGE_BUDDY;
	count(call, STEP_PCP_OP, 1);
	return note_made(model, call,
			 pcp_alloc(pcp, request_type(op), op->flags & OP_NOFRAG, request_use(op),
				   &refilled, NULL));
}

static uint64_t take_from(struct pages *model, struct zone *zone, struct call *call)
{
	const struct op *op = call->op;
	struct alloc_trace trace = {0};
	bool nofrag = op->flags & OP_NOFRAG;
	unsigned refilled = 1;
	uint64_t pfn;

	if (op->page.order || !model->pcp)
		pfn = zone_alloc(zone, (unsigned)op->page.order, request_type(op), nofrag,
				 request_use(op), &trace);
	else
		pfn = pcp_alloc(machine_pcp(&model->machine, op->cpu, zone), request_type(op),
				nofrag, request_use(op), &refilled, &trace);
	count(call, STEP_BUDDY_OP, refilled + trace.splits);
	if (trace.n_fallbacks) {
		count(call, STEP_PAGE_FALLBACK, trace.n_fallbacks);
		call->note_key = "fallback";
		call->note_value = "1";
	}
	return pfn;
}

static bool may_compact(const struct pages *model, const struct op *op)
{
	return model->compaction != COMPACTION_NONE && op->page.order > 0 &&
	       (op->page.order > 3 || op->page.mt != MT_MOVABLE);
}

/* One zone a turn, so that each is under its own lock. */
static int stage_buddy(void *data, struct call *call)
{
	struct pages *model = data;
	struct zone *zone = &model->machine.zones[call->lock_instance[LOCK_ZONE]];
	uint64_t pfn = above_watermark(model, zone, call) ? take_from(model, zone, call) : PFN_NONE;

	if (pfn != PFN_NONE)
		return note_made(model, call, pfn);
	if (call->lock_instance[LOCK_ZONE]) {
		call->lock_instance[LOCK_ZONE]--;
		return STAGE_BUDDY;
	}
	call->lock_instance[LOCK_ZONE] = highest_zone(model, call->op);
	if (call->scratch[SCRATCH_MARK] == MARK_LOW) {
		call->scratch[SCRATCH_MARK] = MARK_MIN;
		return STAGE_BUDDY;
	}
	/* a huge page fault asks once and goes on with small pages (__GFP_NORETRY) */
	uint64_t last = call->op->flags & OP_THP ? PRIORITY_ASYNC : PRIORITY_SYNC_LIGHT;

	if (!may_compact(model, call->op) || call->scratch[SCRATCH_PRIORITY] >= last)
		return CALL_FAIL;
	call->scratch[SCRATCH_PRIORITY]++;
	return STAGE_COMPACT;
}

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

static void free_page(void *data, uint64_t pfn)
{
	struct pages *model = data;
	struct zone *zone = &model->machine.zones[memmap_zone(model->machine.map, pfn)];
	unsigned drained = 1;

	if (model->pcp)
		drained = pcp_free(machine_pcp(&model->machine, model->cpu, zone), pfn, NULL);
	else
		zone_free(zone, pfn, 0, block_type(model->machine.map, pfn));
	count(model->call, model->pcp ? STEP_PCP_OP : STEP_BUDDY_OP, 1);
	if (model->pcp)
		count(model->call, STEP_BUDDY_OP, drained);
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
static int stage_compact(void *data, struct call *call)
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

static int stage_compact_op(void *data, struct call *call)
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
		return CALL_BROKEN;
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

/* A single page goes to this CPU's list; when that is full, a batch goes back under the lock. */
static int stage_free(void *data, struct call *call)
{
	struct pages *model = data;

	if (!booted(model, call))
		return CALL_BROKEN;
	struct page_object *object = object_at(model, call->op->slot);
	const struct zone *zone = machine_zone(
		&model->machine,
		object->scattered ? object->scattered[0] + model->map_start : object->pfn);

	call->addr = object->scattered ? object->scattered[0] + model->map_start : object->pfn;
	call->lock_instance[LOCK_ZONE] = zone->number;
	const struct pcp *pcp = machine_pcp(&model->machine, call->op->cpu, zone);

	if (object->order || !model->pcp || pcp->count + 1 >= pcp->high)
		return STAGE_FREE_BUDDY;
	model->call = call;
	model->cpu = call->op->cpu;
	model->owner[object->pfn - model->map_start] = 0;
	free_page(model, object->pfn);
	return CALL_DONE;
}

static int stage_free_buddy(void *data, struct call *call)
{
	struct pages *model = data;
	struct page_object *object = object_at(model, call->op->slot);
	struct zone *zone = &model->machine.zones[call->lock_instance[LOCK_ZONE]];

	model->call = call;
	model->cpu = call->op->cpu;
	if (object->scattered || (!object->order && model->pcp)) {
		for (uint32_t i = 0; i < 1u << object->order; i++) {
			uint64_t pfn = object->scattered ? object->scattered[i] + model->map_start
							 : object->pfn;

			model->owner[pfn - model->map_start] = 0;
			free_page(model, pfn);
		}
		g_clear_pointer(&object->scattered, g_free);
		return CALL_DONE;
	}
	set_owner(model, object->pfn, UINT64_C(1) << object->order, 0);
	unsigned merges = zone_free(zone, object->pfn, object->order,
				    block_type(model->machine.map, object->pfn));

	count(call, STEP_BUDDY_OP, 1 + merges);
	return CALL_DONE;
}

static const struct stage pages_stages[] = {
	[STAGE_LIST] = {.name = "per-CPU list", .run = stage_list},
	[STAGE_BUDDY] = {.name = "free lists", .holds = LOCK_BIT(LOCK_ZONE), .run = stage_buddy},
	[STAGE_COMPACT] = {.name = "direct compaction", .run = stage_compact},
	[STAGE_FREE] = {.name = "free to the list", .run = stage_free},
	[STAGE_FREE_BUDDY] = {.name = "free to the buddy lists",
			      .holds = LOCK_BIT(LOCK_ZONE),
			      .run = stage_free_buddy},
	[STAGE_SEED] = {.name = "seed", .run = stage_seed},
	[STAGE_COMPACT_OP] = {.name = "compaction", .run = stage_compact_op},
};

static void choose_rules(struct pages *model, const struct param_value *params)
{
	bool v5_1 = params[PARAM_VERSION].value == VERSION_V5_1;

	model->compaction = (unsigned)params[PARAM_COMPACTION].value;
	model->on_oops = (unsigned)params[PARAM_ON_OOPS].value;
	model->pcp = params[PARAM_PCP].value;
	model->watermarks = params[PARAM_WATERMARKS].value;
	model->rules = (struct compact_rules){
		.isolate_around = v5_1 ? ISOLATE_AROUND_V5_1 : ISOLATE_AROUND_V5_2,
		.skip_reset = (enum skip_reset)params[PARAM_SKIP_RESET].value,
		.scan_limit = (enum scan_limit)params[PARAM_SCAN_LIMIT].value,
		.extfrag_threshold = 500,
		.linear = model->compaction == COMPACTION_LINEAR,
	};
	if (params[PARAM_AROUND].set)
		model->rules.isolate_around = (enum isolate_around)params[PARAM_AROUND].value;
}

static void *pages_create(const struct model_env *env, GError **error)
{
	struct pages *model = g_new0(struct pages, 1);

	if (!machine_init(&model->machine, env, error)) {
		machine_clear(&model->machine);
		g_free(model);
		return NULL;
	}
	choose_rules(model, env->params);
	model->map_start = model->machine.map_start;
	model->owner = g_new0(uint32_t, model->machine.map_end - model->map_start);
	model->objects = g_array_new(FALSE, TRUE, sizeof(struct page_object));
	model->seeds = g_array_new(FALSE, FALSE, sizeof(struct page_seed));
	return model;
}

static void pages_destroy(void *data)
{
	struct pages *model = data;

	for (unsigned i = 0; i < model->objects->len; i++)
		g_free(g_array_index(model->objects, struct page_object, i).scattered);
	g_array_unref(model->objects);
	g_clear_pointer(&model->seeds, g_array_unref);
	machine_clear(&model->machine);
	g_free(model->owner);
	g_free(model->boot_message);
	g_free(model);
}

static uint32_t pages_lock_instances(void *data, unsigned lock G_GNUC_UNUSED)
{
	return ((struct pages *)data)->machine.n_zones;
}

static char *pages_check(void *data)
{
	struct pages *model = data;
	char *message = NULL;

	settle(model);
	for (unsigned i = 0; i < model->machine.n_zones && !message; i++)
		message = zone_check(&model->machine.zones[i]);
	return message;
}

const struct model_ops pages_model = {
	.magic = KMSIM_MODEL_MAGIC,
	.version = KMSIM_MODEL_VERSION,
	.size = sizeof(struct model_ops),
	.name = "pages",
	.summary = "v5.1/v5.2: zones, buddy allocator, pageblocks, compaction",
	.kinds = OP_BIT(OP_PAGE_ALLOC) | OP_BIT(OP_PAGE_FREE) | OP_BIT(OP_COMPACT) |
		 OP_BIT(OP_PAGE_SEED),
	.params = pages_params,
	.locks = pages_locks,
	.stages = pages_stages,
	.n_stages = G_N_ELEMENTS(pages_stages),
	.entry = {[OP_PAGE_ALLOC] = STAGE_LIST,
		  [OP_PAGE_FREE] = STAGE_FREE,
		  [OP_PAGE_SEED] = STAGE_SEED,
		  [OP_COMPACT] = STAGE_COMPACT_OP},
	.create = pages_create,
	.destroy = pages_destroy,
	.lock_instances = pages_lock_instances,
	.check = pages_check,
};
