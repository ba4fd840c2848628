// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmap-nodes: Linux v6.9, commit 72210662c5a2 ("mm: vmalloc: offload free_vmap_area_lock lock") and
 * the series around it, "Mitigate a vmap lock contention", with what later kernels changed.
 *
 * Busy areas are looked up by slot here, so the depth of a node's busy and lazy trees is an
 * estimate, log2 of the number of their areas.
 */
#include "models/vmap/nodes.h"

#include "models/vmap/vmap_space.h"

enum {
	VERSION_V6_9 = 609,
	VERSION_V6_12 = 612,
	VERSION_V6_18 = 618
};

static const struct param_word version_words[] = {
	{"v6.9", VERSION_V6_9}, {"v6.12", VERSION_V6_12}, {"v6.18", VERSION_V6_18}, {NULL, 0}};

enum {
	DRAIN_OWN,
	DRAIN_TRACE
};

static const struct param_word drain_words[] = {
	{"own", DRAIN_OWN}, {"trace", DRAIN_TRACE}, {NULL, 0}};

enum {
	PARAM_VERSION,
	PARAM_DRAIN,
	PARAM_NODES,
	PARAM_CHECK,
	PARAM_WORK
};

static const struct param nodes_params[] = {
	[PARAM_VERSION] = {.name = "version",
			   .type = PARAM_WORD,
			   .default_text = "v6.12",
			   .words = version_words,
			   .help = "kernel whose rules it follows"},
	[PARAM_DRAIN] = {.name = "drain",
			 .type = PARAM_WORD,
			 .default_text = "own",
			 .words = drain_words,
			 .help = "own: frees above the limit wake it; trace: where the trace says"},
	[PARAM_NODES] = {.name = "nodes",
			 .type = PARAM_UINT,
			 .min = 1,
			 .max = NODES_MAX,
			 .help = "vmap nodes; default: one for each CPU, at most 128"},
	[PARAM_CHECK] = FREE_CHECK_PARAM,
	[PARAM_WORK] = VM_WORK_PARAM,
	VMAP_PARAMS,
	{.name = NULL},
};

struct nodes_object *nodes_object(struct nodes *model, uint32_t slot)
{
	return &g_array_index(model->objects, struct nodes_object, slot);
}

struct nodes_object *nodes_object_new(struct nodes *model, uint32_t slot)
{
	if (slot >= model->objects->len)
		g_array_set_size(model->objects, slot + 1);
	return nodes_object(model, slot);
}

void nodes_object_clear(struct nodes_object *object)
{
	if (object->kind == OBJECT_CHUNK)
		g_free(object->areas);
	*object = (struct nodes_object){0};
}

void nodes_free_changed(struct nodes *model, struct call *call, uint64_t size)
{
	footprint_note(model->footprint, SET_FREE, free_tree_footprint(&model->free));
	if (G_UNLIKELY(model->checks.which) && !call->message)
		call->message = free_checks_run(&model->checks, &model->free, size);
}

void nodes_busy_changed(struct nodes *model)
{
	footprint_note(model->footprint, SET_BUSY,
		       (model->busy_areas + model->lazy_areas) * VMAP_AREA_BYTES);
}

static void create_nodes(struct nodes *model)
{
	model->nodes = g_new0(struct vmap_node, model->n_nodes);
	pool_store_init(&model->store);
	model->purge.retired = g_array_new(FALSE, FALSE, sizeof(uint32_t));
}

static void *nodes_create(const struct model_env *env, GError **error G_GNUC_UNUSED)
{
	const struct param_value *params = env->params;
	struct nodes *model = g_new(struct nodes, 1);

	*model = (struct nodes){
		.footprint = env->footprint,
		.vstart = env->vstart,
		.vend = env->vend,
		.lazy_max_pages = env->lazy_max_pages,
		.cpus = env->cpus,
		.n_nodes = params[PARAM_NODES].set ? (uint32_t)params[PARAM_NODES].value
						   : CLAMP(env->cpus, 1, NODES_MAX),
		.keeps_short_pools = params[PARAM_VERSION].value > VERSION_V6_12,
		.trace_drains = params[PARAM_DRAIN].value == DRAIN_TRACE,
		.objects = g_array_new(FALSE, TRUE, sizeof(struct nodes_object)),
	};
	create_nodes(model);
	vm_backing_init(&model->backing, (enum vm_work)params[PARAM_WORK].value, true, env);
	vmap_blocks_init(&model->blocks, env->cpus);
	free_tree_init(&model->free, SEARCH_V6_1, env->vstart, env->vend);
	free_checks_init(&model->checks, params[PARAM_CHECK].value, env->seed, "vmap-nodes");
	footprint_note(env->footprint, SET_FREE, free_tree_footprint(&model->free));
	return model;
}

static void nodes_destroy(void *data)
{
	struct nodes *model = data;

	vm_backing_clear(&model->backing);
	for (unsigned i = 0; i < model->objects->len; i++)
		nodes_object_clear(nodes_object(model, i));
	g_array_unref(model->objects);
	g_clear_pointer(&model->withheld, g_array_unref);
	g_clear_pointer(&model->seeds, g_array_unref);
	for (uint32_t i = 0; i < model->n_nodes; i++) {
		g_free(model->nodes[i].lazy.at);
		g_free(model->nodes[i].purging.at);
	}
	g_free(model->nodes);
	g_free(model->purge.decayed.at);
	g_free(model->purge.to_tree.at);
	g_array_unref(model->purge.retired);
	pool_store_clear(&model->store);
	vmap_blocks_clear(&model->blocks);
	free_tree_clear(&model->free);
	g_free(model);
}

static uint32_t nodes_lock_instances(void *data, unsigned lock)
{
	const struct nodes *model = data;

	switch (lock) {
	case LOCK_BLOCKS:
		return model->cpus;
	case LOCK_BUSY:
	case LOCK_LAZY:
	case LOCK_POOL:
		return model->n_nodes;
	case LOCK_COUNTER:
		return VM_COUNTERS;
	default:
		return 1;
	}
}

static void nodes_coming(void *data, uint32_t slot)
{
	struct nodes *model = data;

	if (slot < model->objects->len)
		prefetch(nodes_object(model, slot));
}

/* The lists of a class are those of its sizes, in every node. */
static void sample_pools(const struct nodes *model, struct vmap_sample *sample)
{
	sample->has_pools = true;
	for (uint32_t i = 0; i < model->n_nodes; i++) {
		const struct size_pools *pools = &model->nodes[i].pools;

		for (unsigned pages = size_pools_next(pools, 1); pages;
		     pages = size_pools_next(pools, pages + 1))
			sample->pooled_areas[fls64(pages - 1)] += pools->by_pages[pages].len;
	}
}

static void nodes_sample(void *data, struct vmap_sample *sample)
{
	struct nodes *model = data;

	nodes_settle(model);
	*sample = (struct vmap_sample){
		.busy_areas = model->busy_areas + model->lazy_areas,
		.lazy_pages = model->lazy_pages,
		.free_blocks = model->free.space.blocks,
		.largest_free_bytes = free_tree_largest(&model->free),
		.total_free_bytes = model->free.space.total_bytes,
		.tree_nodes = model->free.tree.n,
		.purges = model->purges,
	};
	sample_pools(model, sample);
}

static void nodes_busy_ranges(void *data, uint64_t start, uint64_t end, busy_range_fn fn, void *ctx)
{
	struct nodes *model = data;

	nodes_settle(model);
	free_tree_busy_ranges(&model->free, start, end, fn, ctx);
}

static void nodes_read_counters(void *data, uint64_t *values)
{
	const struct nodes *model = data;

	for (unsigned i = 0; i < NODES_COUNTERS; i++)
		values[i] = model->counters[i];
	for (uint32_t i = 0; i < model->n_nodes; i++) {
		values[COUNTER_NR_POOLED_AREAS] += model->nodes[i].pools.areas;
		values[COUNTER_NR_POOLED_PAGES] += model->nodes[i].pools.pages;
	}
}

static char *nodes_check_all(void *data)
{
	nodes_settle(data);
	return nodes_check(data);
}

static int stage_retry(void *data G_GNUC_UNUSED, struct call *call G_GNUC_UNUSED)
{
	return NODES_SEARCH;
}

#define MUTEX	LOCK_BIT(LOCK_PURGE)
#define BUSY	LOCK_BIT(LOCK_BUSY)
#define LAZY	LOCK_BIT(LOCK_LAZY)
#define POOL	LOCK_BIT(LOCK_POOL)
#define FREE	LOCK_BIT(LOCK_FREE)
#define BLOCKS	LOCK_BIT(LOCK_BLOCKS)
#define COUNTER LOCK_BIT(LOCK_COUNTER)
#define ZONE	LOCK_BIT(LOCK_ZONE)

/*
 * A tree or list of a node is small, and CPUs change it at places of their own: what moves is the
 * line of the lock, in which the root or head lies, and that of the area beside the one that is
 * linked in or out.
 */
#define NODE_LINES 2

static const struct stage stages[NODES_STAGES] = {
	[NODES_SEED] = {"seed", .run = nodes_stage_seed},
	[NODES_PREPARE] = {"prepare", .run = nodes_stage_prepare},
	[NODES_POOL] = {"pool", POOL, .lines = NODE_LINES, .run = nodes_stage_pool},
	[NODES_SEARCH] = {"search", FREE, .run = nodes_stage_search},
	[NODES_INSERT] = {"insert", BUSY, .lines = NODE_LINES, .run = nodes_stage_insert},
	[NODES_NEXT_INSERT] = {"next to insert", .run = nodes_stage_next_insert},
	[NODES_MAP_RAM] = {"map", BLOCKS, .run = nodes_stage_map_ram},
	[NODES_ENQUEUE] = {"new block", BLOCKS, .run = nodes_stage_enqueue},
	[NODES_TAKE_PAGES] = {"take pages", .run = nodes_stage_take_pages},
	[NODES_COUNT_PAGES] = {"count pages", COUNTER, .run = nodes_stage_count_pages},
	[NODES_COUNT_LAZY] = {"count lazy pages", COUNTER, .run = nodes_stage_count_lazy},
	[NODES_REFILL_PAGES] = {"refill pages", ZONE, .run = nodes_stage_refill_pages},
	[NODES_UNMAP] = {"unmap pages", .run = nodes_stage_unmap},
	[NODES_GIVE_PAGES] = {"give pages", .run = nodes_stage_give_pages},
	[NODES_DRAIN_PAGES] = {"drain pages", ZONE, .run = nodes_stage_drain_pages},
	[NODES_FREE] = {"free", .run = nodes_stage_free},
	[NODES_UNMAP_PIECE] = {"unmap", BLOCKS, .run = nodes_stage_unmap_piece},
	[NODES_UNLINK] = {"unlink", BUSY, .lines = NODE_LINES, .run = nodes_stage_unlink},
	[NODES_LAZY_FREE] = {"lazy free", LAZY, .lines = NODE_LINES, .run = nodes_stage_lazy_free},
	[NODES_PURGE] = {"purge", .run = nodes_stage_purge},
	[NODES_PURGE_BEGIN] = {"begin", MUTEX, .run = nodes_stage_purge_begin},
	[NODES_NEXT_RETIRED] = {"next block", MUTEX, .run = nodes_stage_next_retired},
	[NODES_RETIRE] = {"retire a block", MUTEX | BUSY, .run = nodes_stage_retire},
	[NODES_RETIRE_LAZY] = {"free it lazily", MUTEX | LAZY, .run = nodes_stage_retire_lazy},
	[NODES_NEXT_POOL] = {"next pool", MUTEX, .run = nodes_stage_next_pool},
	[NODES_DECAY] = {"decay a pool", MUTEX | POOL, .run = nodes_stage_decay},
	[NODES_DECAY_REST] = {"sort", MUTEX, .run = nodes_stage_decay_rest},
	[NODES_HANG_BACK] = {"hang back the rest", MUTEX | POOL, .run = nodes_stage_hang_back},
	[NODES_DECAYED] = {"release decayed", MUTEX | FREE, .run = nodes_stage_decayed},
	[NODES_DETACH] = {"detach", MUTEX | LAZY, .run = nodes_stage_detach},
	[NODES_NEXT_NODE] = {"next node", MUTEX, .run = nodes_stage_next_node},
	[NODES_FLUSH] = {"flush", MUTEX, .run = nodes_stage_flush},
	[NODES_NEXT_REFILL] = {"next area", MUTEX, .run = nodes_stage_next_refill},
	[NODES_REFILL] = {"refill", MUTEX | POOL, .retakes = POOL, .run = nodes_stage_refill},
	[NODES_RELEASE] = {"release", MUTEX | FREE, .yields = FREE, .run = nodes_stage_release},
	[NODES_RETRY] = {"retry", .run = stage_retry},
};

static const char *const lock_names[] = {
	[LOCK_PURGE] = "vmap_purge_lock",
	[LOCK_BLOCKS] = "vmap_block_queue",
	[LOCK_BUSY] = "vmap_node_busy",
	[LOCK_LAZY] = "vmap_node_lazy",
	[LOCK_POOL] = "vmap_node_pool",
	[LOCK_FREE] = "free_vmap_area_lock",
	[LOCK_ZONE] = "zone_lock",
	[LOCK_COUNTER] = VM_COUNTER_NAME,
	NULL,
};

static const struct background_task background[] = {{"drain_vmap_area", NODES_PURGE_BEGIN},
						    {NULL, 0}};

static const struct model_counter counters[] = {
#define X(id, name, what) {name, what},
	NODES_COUNTER_LIST(X)
#undef X
		{NULL, NULL}};

const struct model_ops vmap_nodes = {
	.magic = KMSIM_MODEL_MAGIC,
	.version = KMSIM_MODEL_VERSION,
	.size = sizeof(struct model_ops),
	.name = "vmap-nodes",
	.summary = "v6.9 and later: pools per node in front of the tree of free areas",
	.kinds = VMAP_KINDS | OP_BIT(OP_MAP_RAM) | OP_BIT(OP_UNMAP_RAM) | OP_BIT(OP_SHRINK),
	.params = nodes_params,
	.locks = lock_names,
	.atomics = COUNTER,
	.stages = stages,
	.n_stages = NODES_STAGES,
	.entry =
		{
			[OP_VMAP_ALLOC] = NODES_PREPARE,
			[OP_PCPU_ALLOC] = NODES_PREPARE,
			[OP_MAP_RAM] = NODES_PREPARE,
			[OP_VMAP_FREE] = NODES_FREE,
			[OP_PCPU_FREE] = NODES_FREE,
			[OP_UNMAP_RAM] = NODES_FREE,
			[OP_VMAP_PURGE] = NODES_PURGE,
			[OP_SHRINK] = NODES_PURGE,
			[OP_VMAP_SEED] = NODES_SEED,
		},
	.create = nodes_create,
	.destroy = nodes_destroy,
	.lock_instances = nodes_lock_instances,
	.coming = nodes_coming,
	.sample_vmap = nodes_sample,
	.busy_ranges = nodes_busy_ranges,
	.background = background,
	.counters = counters,
	.read_counters = nodes_read_counters,
	.check = nodes_check_all,
};
