// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pages: zones, the buddy allocator, reclaim and compaction. Linux v5.1/v5.2, mm/page_alloc.c,
 * mm/compaction.c, mm/vmscan.c; docs/model-pages.md says what is modelled and what is not.
 *
 *   page_alloc │ list      no lock    a page of this CPU's list (order 0)
 *              │ buddy     zone->lock free lists, zone after zone, above the watermark ─ none ─┐
 *              │ slow      no lock    what to try next <─────────────────────────────────────┘
 *              │ reclaim   no lock    direct reclaim
 *              │ compact   no lock    direct compaction: the next zone
 *   page_free  │ list or buddy
 *   compact    │ compact   every zone, or the one named
 *   kswapd     │ wake, reclaim (a batch a turn), sleep
 *   kcompactd  │ wake, compact (the next zone)
 *
 *   compacting a zone, for any of these:
 *              │ isolate   lru_lock   sources of a batch <──┐
 *              │ scanned   no lock    what was looked at   │
 *              │ migrate   no lock    targets, and the moves ┘
 */
#include "models/pages/image.h"
#include "models/pages/pages.h"
#include "models/pages/watermark.h"

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
	PARAM_RECLAIM,
	PARAM_KSWAPD,
	PARAM_KCOMPACTD,
	PARAM_CAPTURE,
	PARAM_BOOST_FACTOR,
	PARAM_MIN_FREE_KBYTES,
	PARAM_MM_CPUS,
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
	[PARAM_AROUND] = {.name = "isolate_around",
			  .type = PARAM_WORD,
			  .words = isolate_around_words,
			  .default_note = "by version",
			  .help = "bounds of the scan around a chunk just found"},
	[PARAM_SKIP_RESET] = {.name = "skip_reset",
			      .type = PARAM_WORD,
			      .words = skip_reset_words,
			      .help = "how skip hints are reset (default: 6b0868c820ff; if linear "
				      "v4.19)"},
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
	[PARAM_RECLAIM] = {.name = "reclaim",
			   .type = PARAM_WORD,
			   .default_text = "on",
			   .words = switch_words,
			   .help = "reclaim of what the trace calls reclaimable"},
	[PARAM_KSWAPD] = {.name = "kswapd",
			  .type = PARAM_WORD,
			  .default_text = "on",
			  .words = switch_words,
			  .help = "reclaim in the background"},
	[PARAM_KCOMPACTD] = {.name = "kcompactd",
			     .type = PARAM_WORD,
			     .default_text = "on",
			     .words = switch_words,
			     .help = "compaction in the background"},
	[PARAM_CAPTURE] = {.name = "capture",
			   .type = PARAM_WORD,
			   .default_text = "on",
			   .words = switch_words,
			   .help = "direct compaction keeps the chunk that merges (not if linear)"},
	[PARAM_BOOST_FACTOR] = {.name = "boost_factor",
				.type = PARAM_UINT,
				.default_text = "15000",
				.max = 1000000,
				.help = "vm.watermark_boost_factor; 0: no boost"},
	[PARAM_MIN_FREE_KBYTES] = {.name = "min_free_kbytes",
				   .type = PARAM_UINT,
				   .max = 1 << 30,
				   .default_note = "the machine's, or as the kernel computes it",
				   .help = "vm.min_free_kbytes"},
	[PARAM_MM_CPUS] = {.name = "mm_cpus",
			   .type = PARAM_UINT,
			   .default_text = "1",
			   .min = 1,
			   .max = 4096,
			   .help = "CPUs that run the process whose pages are moved: all of them "
				   "flush its TLB entry of each"},
	{.name = NULL},
};

static const char *const pages_locks[] = {
	[LOCK_ZONE] = "zone->lock", [LOCK_LRU] = "lru_lock", NULL};
static const struct background_task pages_tasks[PAGES_TASKS + 1] = {
	[TASK_KSWAPD] = {"kswapd", STAGE_KSWAPD},
	[TASK_KCOMPACTD] = {"kcompactd", STAGE_KCOMPACTD},
};

static const struct stage pages_stages[] = {
	[STAGE_LIST] = {.name = "per-CPU list", .run = stage_list},
	[STAGE_BUDDY] = {.name = "free lists", .holds = LOCK_BIT(LOCK_ZONE), .run = stage_buddy},
	[STAGE_SLOW] = {.name = "slow path", .run = stage_slow},
	[STAGE_RECLAIM] = {.name = "direct reclaim", .run = stage_reclaim},
	[STAGE_COMPACT] = {.name = "direct compaction", .run = stage_compact},
	[STAGE_ISOLATE_TRY] = {.name = "isolate sources, asynchronous",
			       .holds = LOCK_BIT(LOCK_LRU),
			       .tries = LOCK_BIT(LOCK_LRU),
			       .busy = STAGE_ISOLATE_BUSY,
			       .run = stage_isolate},
	[STAGE_ISOLATE_BUSY] = {.name = "contended", .run = stage_isolate_busy},
	[STAGE_ISOLATE] = {.name = "isolate sources",
			   .holds = LOCK_BIT(LOCK_LRU),
			   .run = stage_isolate},
	[STAGE_SCANNED] = {.name = "scan for sources", .run = stage_scanned},
	[STAGE_MIGRATE] = {.name = "migrate", .run = stage_migrate},
	[STAGE_FREE] = {.name = "free to the list", .run = stage_free},
	[STAGE_FREE_BUDDY] = {.name = "free to the buddy lists",
			      .holds = LOCK_BIT(LOCK_ZONE),
			      .run = stage_free_buddy},
	[STAGE_SEED] = {.name = "seed", .run = stage_seed},
	[STAGE_COMPACT_OP] = {.name = "compaction", .run = stage_compact_op},
	[STAGE_COMPACT_OP_ZONE] = {.name = "compaction, next zone", .run = stage_compact_op_zone},
	[STAGE_KSWAPD] = {.name = "kswapd wakes", .run = stage_kswapd},
	[STAGE_KSWAPD_RECLAIM] = {.name = "kswapd reclaims", .run = stage_kswapd_reclaim},
	[STAGE_KSWAPD_SLEEP] = {.name = "kswapd sleeps", .run = stage_kswapd_sleep},
	[STAGE_KCOMPACTD] = {.name = "kcompactd wakes", .run = stage_kcompactd},
	[STAGE_KCOMPACTD_ZONE] = {.name = "kcompactd, next zone", .run = stage_kcompactd_zone},
};

static void choose_rules(struct pages *model, const struct param_value *params)
{
	bool v5_1 = params[PARAM_VERSION].value == VERSION_V5_1;
	bool linear = params[PARAM_COMPACTION].value == COMPACTION_LINEAR;

	model->compaction = (unsigned)params[PARAM_COMPACTION].value;
	model->on_oops = (unsigned)params[PARAM_ON_OOPS].value;
	model->pcp = params[PARAM_PCP].value;
	model->watermarks = params[PARAM_WATERMARKS].value;
	model->reclaim = params[PARAM_RECLAIM].value;
	model->kswapd_on = params[PARAM_KSWAPD].value;
	model->kcompactd_on = params[PARAM_KCOMPACTD].value;
	model->capture = params[PARAM_CAPTURE].value;
	model->boost_factor = params[PARAM_BOOST_FACTOR].value;
	model->min_free_kbytes = params[PARAM_MIN_FREE_KBYTES].value;
	model->mm_cpus = params[PARAM_MM_CPUS].value;
	model->rules = (struct compact_rules){
		.isolate_around = v5_1 ? ISOLATE_AROUND_V5_1 : ISOLATE_AROUND_V5_2,
		.skip_reset = linear ? SKIP_RESET_V4_19 : SKIP_RESET_6B0868C820FF,
		.scan_limit = (enum scan_limit)params[PARAM_SCAN_LIMIT].value,
		.extfrag_threshold = 500,
		.linear = linear,
	};
	if (params[PARAM_SKIP_RESET].set)
		model->rules.skip_reset = (enum skip_reset)params[PARAM_SKIP_RESET].value;
	if (params[PARAM_AROUND].set)
		model->rules.isolate_around = (enum isolate_around)params[PARAM_AROUND].value;
}

void limits_init(struct pages *model)
{
	struct machine *machine = &model->machine;

	if (model->min_free_kbytes && !model->restored)
		watermarks_set(machine->zones, machine->n_zones, model->min_free_kbytes,
			       WATERMARK_SCALE_FACTOR_DEFAULT);
	for (unsigned i = 0; i < machine->n_zones; i++)
		machine->zones[i].watermark_boost_factor = model->boost_factor;
	reserves_init(model);
}

static void init_contexts(struct pages *model)
{
	const struct machine *machine = &model->machine;
	unsigned n_zones = machine->n_zones;

	model->reserve = g_new0(uint64_t, (size_t)n_zones * n_zones);
	model->reclaimable = g_new0(struct reclaim_list, n_zones);
	model->splittable = g_new0(struct reclaim_list, n_zones);
	model->kswapd.boosts = g_new0(uint64_t, n_zones);
	model->kcompactd.highest = n_zones - 1;
	model->contexts = g_new0(struct pages_context, machine->cpus + PAGES_TASKS);
	for (unsigned i = 0; i < machine->cpus + PAGES_TASKS; i++)
		compact_init(&model->contexts[i].run.cc, machine->zones, &model->rules);
}

static void clear_contexts(struct pages *model)
{
	for (unsigned i = 0; i < model->machine.cpus + PAGES_TASKS; i++)
		compact_clear(&model->contexts[i].run.cc);
	g_free(model->contexts);
	g_free(model->kswapd.boosts);
	g_free(model->reclaimable);
	g_free(model->splittable);
	g_free(model->reserve);
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
	if (!env->params[PARAM_MIN_FREE_KBYTES].set)
		model->min_free_kbytes = env->memory->min_free_kbytes;
	model->emit = env->emit;
	model->emit_ctx = env->emit_ctx;
	init_contexts(model);
	gfp_zones_init(model);
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
	clear_contexts(model);
	machine_clear(&model->machine);
	g_free(model->owner);
	g_free(model->boot_message);
	g_free(model);
}

static uint32_t pages_lock_instances(void *data, unsigned lock)
{
	return lock == LOCK_ZONE ? ((struct pages *)data)->machine.n_zones : 1;
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
	.summary = "v5.1/v5.2: zones, buddy allocator, pageblocks, reclaim, compaction",
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
	.background = pages_tasks,
	.counters = pages_counters,
	.read_counters = pages_read_counters,
	.sample_zone = pages_sample_zone,
	.blocks = pages_blocks,
	.image = pages_image,
	.restore = pages_restore,
	.check = pages_check,
};
