// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/vmap/nodes_replay_state.h"

#include "models/builtin.h"

struct nodes_replay *nodes_replay_new(const struct nodes_replay_setup *setup, GError **error)
{
	struct nodes_replay *replay = g_new0(struct nodes_replay, 1);
	struct param_value params[PARAM_MAX];
	const struct model_env env = {
		.cpus = setup->cpus,
		.vstart = setup->vstart,
		.vend = setup->vend,
		.lazy_max_pages = setup->lazy_max_pages,
		.params = params,
		.footprint = &replay->footprint,
	};

	param_defaults(vmap_nodes.params, params);
	if (param_set(vmap_nodes.params, params, "vmap-nodes", "version", setup->version, error) &&
	    param_set(vmap_nodes.params, params, "vmap-nodes", "drain", "trace", error))
		replay->model = vmap_nodes.create(&env, error);
	if (replay->model)
		replay->model->withheld = g_array_new(FALSE, FALSE, sizeof(struct vmap_range));
	else
		g_clear_pointer(&replay, g_free);
	return replay;
}

static GArray *array_copy(GArray *from)
{
	return from ? g_array_copy(from) : NULL;
}

static struct nodes *model_copy(const struct nodes *from, struct footprint *footprint)
{
	struct nodes *model = g_memdup2(from, sizeof(*from));

	g_assert(!from->seeds && !from->blocks.blocks->len && !from->backing.on);
	model->footprint = model->backing.footprint = footprint;
	model->nodes = g_memdup2(from->nodes, from->n_nodes * sizeof(*from->nodes));
	for (uint32_t i = 0; i < from->n_nodes; i++) {
		model->nodes[i].lazy = area_list_copy(&from->nodes[i].lazy);
		model->nodes[i].purging = area_list_copy(&from->nodes[i].purging);
	}
	free_tree_copy(&model->free, &from->free);
	pool_store_copy(&model->store, &from->store);
	vmap_blocks_init(&model->blocks, from->cpus);
	model->purge.decayed = range_list_copy(&from->purge.decayed);
	model->purge.to_tree = range_list_copy(&from->purge.to_tree);
	model->purge.retired = array_copy(from->purge.retired);
	if (from->purge.node)
		model->purge.node = model->nodes + (from->purge.node - from->nodes);
	model->objects = array_copy(from->objects);
	model->withheld = array_copy(from->withheld);
	return model;
}

struct nodes_replay *nodes_replay_copy(const struct nodes_replay *from)
{
	struct nodes_replay *replay;

	nodes_settle(from->model);
	replay = g_memdup2(from, sizeof(*from));
	replay->model = model_copy(from->model, &replay->footprint);
	return replay;
}

void nodes_replay_free(struct nodes_replay *replay)
{
	if (!replay)
		return;
	vmap_nodes.destroy(replay->model);
	g_free(replay);
}

uint32_t nodes_replay_nodes(const struct nodes_replay *replay)
{
	return replay->model->n_nodes;
}

uint32_t nodes_replay_node_of(const struct nodes_replay *replay, uint64_t addr)
{
	return node_of_address(replay->model, addr);
}

void nodes_replay_seed(struct nodes_replay *replay, uint32_t slot, uint64_t start, uint64_t size,
		       uint32_t origin, bool lazy)
{
	const struct node_area area = {.start = start, .size = size, .origin = origin};

	nodes_seed_add(replay->model, slot, &area, lazy);
}

/* --- requests and frees --- */

struct vmap_request nodes_replay_vmap_request(const struct nodes_request *request)
{
	return (struct vmap_request){
		.size = request->size,
		.align = request->align,
		.vstart = request->vstart,
		.vend = request->vend,
	};
}

static bool foretell_pool(const struct nodes *model, const struct nodes_request *request,
			  struct nodes_answer *answer)
{
	const struct vmap_request wanted = nodes_replay_vmap_request(request);
	const struct size_pools *pools = &model->nodes[request->cpu % model->n_nodes].pools;
	uint64_t pages = request->size / PAGE_SIZE;

	if (!nodes_may_pool(model, &wanted) || !size_pools_has(pools, pages))
		return false;
	answer->addr = model->store.at[pools->by_pages[pages].head].start;
	answer->misaligned = answer->addr & (request->align - 1);
	answer->found = answer->pooled = !answer->misaligned;
	return answer->found;
}

static struct op_pcpu *chunk_of(const struct nodes_request *request)
{
	struct op_pcpu *pcpu = g_malloc0(sizeof(*pcpu) + sizeof(pcpu->area[0]));

	pcpu->align = request->align;
	pcpu->n_areas = 1;
	pcpu->area[0].size = request->size;
	return pcpu;
}

static void foretell_chunk(const struct nodes *model, const struct nodes_request *request,
			   struct nodes_answer *answer)
{
	g_autofree struct op_pcpu *pcpu = chunk_of(request);
	uint64_t visited = 0;

	answer->found = free_tree_find_pcpu(&model->free, pcpu, model->vstart, model->vend,
					    &answer->addr, &visited);
}

static void foretell_tree(const struct nodes *model, const struct nodes_request *request,
			  struct nodes_answer *answer)
{
	const struct vmap_request wanted = nodes_replay_vmap_request(request);
	struct free_search search = {0};
	uint32_t node = free_tree_find(&model->free, &wanted, &search);

	if (!node)
		return;
	answer->addr =
		align_up(MAX(area_at(&model->free.tree, node)->start, wanted.vstart), wanted.align);
	answer->found = answer->addr + wanted.size <= wanted.vend;
	answer->certain =
		wanted.align <= PAGE_SIZE ||
		area_size(area_at(&model->free.tree, node)) >= wanted.size + wanted.align - 1;
}

struct nodes_answer nodes_replay_foretell(const struct nodes_replay *replay,
					  const struct nodes_request *request)
{
	struct nodes_answer answer = {0};

	nodes_settle(replay->model);
	if (request->percpu)
		foretell_chunk(replay->model, request, &answer);
	else if (!foretell_pool(replay->model, request, &answer))
		foretell_tree(replay->model, request, &answer);
	return answer;
}

static int run_stages(struct nodes_replay *replay, struct call *call, int stage)
{
	while (stage >= 0)
		stage = vmap_nodes.stages[stage].run(replay->model, call);
	g_assert(!call->message);
	return stage;
}

static int run_op(struct nodes_replay *replay, const struct op *op, uint64_t *addr)
{
	struct call call = {.op = op, .addr = NO_ADDR};
	int result = run_stages(replay, &call, vmap_nodes.entry[op->kind]);

	*addr = call.addr;
	return result;
}

uint64_t nodes_replay_alloc(struct nodes_replay *replay, const struct nodes_request *request,
			    uint32_t slot)
{
	uint64_t addr;

	if (request->percpu) { /* its one area is an area like others, but of no origin */
		addr = nodes_replay_foretell(replay, request).addr;
		nodes_replay_grant(replay, request, slot, addr);
		return addr;
	}
	const struct op op = {
		.kind = OP_VMAP_ALLOC,
		.slot = slot,
		.cpu = (uint16_t)request->cpu,
		.flags = OP_HAS_VSTART | OP_HAS_VEND,
		.vmap = {request->size, request->align, request->vstart, request->vend},
	};

	g_assert(nodes_replay_foretell(replay, request).found);
	run_op(replay, &op, &addr);
	return addr;
}

void nodes_replay_fail(struct nodes_replay *replay, const struct nodes_request *request)
{
	struct nodes *model = replay->model;
	struct size_pools *pools = &model->nodes[request->cpu % model->n_nodes].pools;
	uint64_t start;

	if (!request->percpu && nodes_replay_foretell(replay, request).misaligned)
		size_pools_take(pools, &model->store, (unsigned)(request->size / PAGE_SIZE),
				request->align, &start);
}

bool nodes_replay_has(const struct nodes_replay *replay, uint32_t slot)
{
	nodes_settle(replay->model);
	return slot < replay->model->objects->len &&
	       nodes_object(replay->model, slot)->kind != OBJECT_NONE;
}

void nodes_replay_release(struct nodes_replay *replay, uint32_t slot)
{
	const struct op op = {.kind = OP_VMAP_FREE, .slot = slot};
	uint64_t addr;

	if (nodes_replay_has(replay, slot))
		run_op(replay, &op, &addr);
}

/* --- purges --- */

/* Which of its node's steps a stage belongs to. */
static uint32_t step_of(const struct nodes_replay *replay, int stage)
{
	const struct nodes *model = replay->model;
	uint32_t node = model->purge.node ? (uint32_t)(model->purge.node - model->nodes) : 0;

	switch (stage) {
	case NODES_NEXT_POOL:
	case NODES_DECAY:
	case NODES_DECAY_REST:
	case NODES_HANG_BACK:
		return 3 * node;
	case NODES_DECAYED:
		return 3 * node + 1;
	case NODES_DETACH:
	case NODES_NEXT_NODE:
		return 3 * node + 2;
	case NODES_FLUSH:
		return NODES_REFILL_STEP(model->n_nodes);
	case NODES_NEXT_REFILL:
	case NODES_REFILL:
		return NODES_REFILL_STEP(model->n_nodes) + 2 * node;
	case NODES_RELEASE:
		return NODES_REFILL_STEP(model->n_nodes) + 2 * node + 1;
	default: /* what comes first */
		return 0;
	}
}

void nodes_replay_purge_begin(struct nodes_replay *replay, bool full)
{
	g_assert(!nodes_replay_purging(replay));
	nodes_settle(replay->model);
	/* a request that overflows is who purges in full */
	replay->purge_op = (struct op){.kind = full ? OP_VMAP_ALLOC : OP_VMAP_PURGE};
	replay->purge_call = (struct call){.addr = NO_ADDR};
	replay->stage = NODES_PURGE_BEGIN;
}

bool nodes_replay_purging(const struct nodes_replay *replay)
{
	return replay->stage != 0;
}

uint32_t nodes_replay_purge_next(const struct nodes_replay *replay)
{
	g_assert(nodes_replay_purging(replay));
	return step_of(replay, replay->stage);
}

void nodes_replay_purge_to(struct nodes_replay *replay, uint32_t step)
{
	replay->purge_call.op = &replay->purge_op; /* after a copy it is another */
	while (nodes_replay_purging(replay) && nodes_replay_purge_next(replay) < step) {
		int stage =
			vmap_nodes.stages[replay->stage].run(replay->model, &replay->purge_call);

		g_assert(!replay->purge_call.message);
		replay->stage = stage >= 0 && stage != NODES_RETRY ? stage : 0;
	}
}

uint64_t nodes_replay_purgeable(const struct nodes_replay *replay)
{
	const struct nodes *model = replay->model;
	uint32_t step = replay->stage ? nodes_replay_purge_next(replay) : 0;
	uint64_t n = 0;

	for (uint32_t i = 0; i < model->n_nodes; i++) {
		n += model->nodes[i].purging.n;
		if (step <= 3 * i + 2) /* its detach is to come */
			n += model->nodes[i].lazy.n;
	}
	return n;
}

static uint64_t mix(uint64_t digest, uint64_t value)
{
	digest = (digest ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return digest ^ digest >> 32;
}

uint64_t nodes_replay_digest(const struct nodes_replay *replay)
{
	const struct nodes *model = replay->model;
	uint64_t digest = mix((uint64_t)replay->stage, model->free.tree.n);

	digest = mix(digest, model->free.space.total_bytes);
	for (uint32_t i = 0; i < model->n_nodes; i++) {
		const struct vmap_node *node = &model->nodes[i];

		digest = mix(digest, node->pools.areas);
		digest = mix(digest, node->pools.pages);
		digest = mix(digest, node->lazy.n);
		digest = mix(digest, node->purging.n);
	}
	return replay->stage ? mix(digest, nodes_replay_purge_next(replay)) : digest;
}

void nodes_replay_shrink(struct nodes_replay *replay)
{
	const struct op op = {.kind = OP_SHRINK};
	uint64_t addr;

	g_assert(!nodes_replay_purging(replay));
	run_op(replay, &op, &addr);
}

/* --- what there is --- */

struct nodes_counts nodes_replay_counts(const struct nodes_replay *replay)
{
	const struct nodes *model = replay->model;

	nodes_settle(replay->model);
	struct nodes_counts counts = {
		.busy = model->busy_areas,
		.lazy = model->lazy_areas,
		.lazy_pages = model->lazy_pages,
		.last_purged = model->purge.report.areas,
	};

	for (uint32_t i = 0; i < model->n_nodes; i++) {
		counts.pooled += model->nodes[i].pools.areas;
		counts.pooled_pages += model->nodes[i].pools.pages;
		counts.detached += model->nodes[i].purging.n;
	}
	return counts;
}

void nodes_replay_pools(const struct nodes_replay *replay, uint64_t *n, unsigned pages_max)
{
	const struct nodes *model = replay->model;

	for (unsigned pages = 1; pages <= MIN(pages_max, POOL_PAGES_MAX); pages++) {
		n[pages] = 0;
		for (uint32_t i = 0; i < model->n_nodes; i++)
			n[pages] += model->nodes[i].pools.by_pages[pages].len;
	}
}

static void lazy_areas(const struct area_list *list, nodes_area_fn fn, void *ctx)
{
	for (uint32_t i = 0; i < list->n; i++) {
		const struct node_area *area = &list->at[i];

		fn(ctx, area->start, area->size, true);
	}
}

void nodes_replay_areas(const struct nodes_replay *replay, nodes_area_fn fn, void *ctx)
{
	const struct nodes *model = replay->model;

	nodes_settle(replay->model);
	for (unsigned i = 0; i < model->objects->len; i++) {
		const struct nodes_object *object =
			&g_array_index(model->objects, struct nodes_object, i);

		if (object->kind == OBJECT_AREA)
			fn(ctx, object->area.start, object->area.size, false);
	}
	for (uint32_t i = 0; i < model->n_nodes; i++) {
		lazy_areas(&model->nodes[i].lazy, fn, ctx);
		lazy_areas(&model->nodes[i].purging, fn, ctx);
	}
}

char *nodes_replay_check(const struct nodes_replay *replay)
{
	g_assert(!nodes_replay_purging(replay));
	nodes_settle(replay->model);
	return nodes_check(replay->model);
}
