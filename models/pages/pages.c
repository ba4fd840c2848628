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
#include "models/pages/image.h"
#include "models/pages/pages.h"

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

enum list_type request_type(const struct op *op)
{
	return (enum list_type)op->page.mt; /* the first three are the same */
}

static enum page_use request_use(const struct op *op)
{
	if (op->page.mt != MT_MOVABLE)
		return op->page.mt == MT_RECLAIMABLE ? USE_RECLAIMABLE : USE_UNMOVABLE;
	return op->flags & OP_PINNED ? USE_LRU_PINNED : USE_LRU;
}

struct page_object *object_at(struct pages *model, uint32_t slot)
{
	if (G_UNLIKELY(slot & SLOT_UNNAMED))
		return &g_array_index(model->unnamed, struct page_object, slot & ~SLOT_UNNAMED);
	if (slot >= model->objects->len)
		g_array_set_size(model->objects, slot + 1);
	return &g_array_index(model->objects, struct page_object, slot);
}

void set_owner(struct pages *model, uint64_t pfn, uint64_t n, uint32_t owner)
{
	for (uint64_t i = 0; i < n; i++)
		model->owner[pfn - model->map_start + i] = owner;
}

void settle(struct pages *model)
{
	GArray *seeds = g_steal_pointer(&model->seeds);

	if (!seeds)
		return;
	if (model->restored) {
		model->boot_message = image_adopt_seeds(model, seeds);
		g_array_unref(seeds);
		return;
	}
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

bool booted(struct pages *model, struct call *call)
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

unsigned highest_zone(const struct pages *model, const struct op *op)
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
		return CALL_INPUT;
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

void free_page(void *data, uint64_t pfn)
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

/* A single page goes to this CPU's list; when that is full, a batch goes back under the lock. */
static int stage_free(void *data, struct call *call)
{
	struct pages *model = data;

	if (!booted(model, call))
		return CALL_INPUT;
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
	model->unnamed = g_array_new(FALSE, TRUE, sizeof(struct page_object));
	model->seeds = g_array_new(FALSE, FALSE, sizeof(struct page_seed));
	return model;
}

static void free_objects(GArray *objects)
{
	for (unsigned i = 0; i < objects->len; i++)
		g_free(g_array_index(objects, struct page_object, i).scattered);
	g_array_unref(objects);
}

static void pages_destroy(void *data)
{
	struct pages *model = data;

	free_objects(model->objects);
	free_objects(model->unnamed);
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
	.sample_zone = pages_sample_zone,
	.blocks = pages_blocks,
	.image = pages_image,
	.restore = pages_restore,
	.check = pages_check,
};
