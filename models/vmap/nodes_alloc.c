// SPDX-License-Identifier: GPL-2.0-or-later
/* Requests: from a pool of the CPU's node, or from the free tree (v6.12 alloc_vmap_area()). */
#include "models/vmap/nodes.h"

/* Whether the call asks for a piece of a vmap block. */
static bool wants_piece(const struct call *call)
{
	return call->op->kind == OP_MAP_RAM && call->op->ram.pages <= VMAP_BLOCK_PIECE_MAX;
}

static struct vmap_request request_of(const struct nodes *model, const struct call *call)
{
	const struct op *op = call->op;
	struct vmap_request request = {.vstart = model->vstart, .vend = model->vend};

	if (wants_piece(call)) {
		request.size = request.align = VMAP_BLOCK_BYTES;
	} else if (op->kind == OP_MAP_RAM) {
		request.size = op->ram.pages * PAGE_SIZE;
		request.align = PAGE_SIZE;
	} else {
		request.size = op->vmap.size;
		request.align = op->vmap.align;
		if (op->flags & OP_HAS_VSTART)
			request.vstart = op->vmap.vstart;
		if (op->flags & OP_HAS_VEND)
			request.vend = op->vmap.vend;
	}
	return request;
}

bool nodes_may_pool(const struct nodes *model, const struct vmap_request *request)
{
	return model->n_nodes > 1 && request->vstart == model->vstart &&
	       request->vend == model->vend;
}

static int miss(struct nodes *model, struct call *call, const struct vmap_request *request)
{
	model->counters[COUNTER_POOL_MISSES] +=
		nodes_may_pool(model, request) && request->size / PAGE_SIZE <= POOL_PAGES_MAX;
	count(call, STEP_DESC_ALLOC, 1);
	return NODES_SEARCH;
}

static int choose(struct nodes *model, struct call *call)
{
	const struct vmap_request request = request_of(model, call);
	uint32_t node = call->op->cpu % model->n_nodes;

	/* looked at without the lock */
	if (!nodes_may_pool(model, &request) ||
	    !size_pools_has(&model->nodes[node].pools, request.size / PAGE_SIZE))
		return miss(model, call, &request);
	call->lock_instance[LOCK_POOL] = node;
	return NODES_POOL;
}

int nodes_stage_prepare(void *data, struct call *call)
{
	struct nodes *model = data;

	nodes_settle(model);
	if (call->op->kind == OP_PCPU_ALLOC) {
		count(call, STEP_DESC_ALLOC, call->op->pcpu->n_areas);
		return NODES_SEARCH;
	}
	if (call->op->kind == OP_VMAP_ALLOC)
		vm_backing_begin(&model->backing, call);
	if (!wants_piece(call))
		return choose(model, call);
	call->lock_instance[LOCK_BLOCKS] = call->op->cpu;
	return NODES_MAP_RAM;
}

static void new_piece(struct nodes *model, struct call *call, uint32_t block, uint64_t addr)
{
	struct nodes_object *object = nodes_object_new(model, call->op->slot);

	*object = (struct nodes_object){
		.kind = OBJECT_PIECE,
		.n = block,
		.addr = addr,
		.pages = (uint32_t)call->op->ram.pages,
	};
	call->addr = addr;
}

int nodes_stage_map_ram(void *data, struct call *call)
{
	struct nodes *model = data;
	uint64_t addr, looked_at = 0;
	uint32_t block;
	bool found = vmap_blocks_map(&model->blocks, call->op->cpu, (uint32_t)call->op->ram.pages,
				     &block, &addr, &looked_at);

	count(call, STEP_LIST_HOP, looked_at);
	if (!found)
		return choose(model, call);
	new_piece(model, call, block, addr);
	return CALL_DONE;
}

/* The request is met: the area is the id's, and goes into the busy tree next. */
static int met(struct nodes *model, struct call *call, const struct vmap_request *request,
	       uint64_t start)
{
	bool may_pool = nodes_may_pool(model, request);
	uint32_t origin = may_pool ? call->op->cpu % model->n_nodes + 1 : 0;

	if (wants_piece(call)) {
		const struct node_area area = {start, request->size, origin};
		uint32_t block =
			vmap_blocks_new(&model->blocks, &area, (uint32_t)call->op->ram.pages);

		call->scratch[SCRATCH_BLOCK] = block + 1;
		new_piece(model, call, block, start);
	} else {
		struct nodes_object *object = nodes_object_new(model, call->op->slot);

		*object = (struct nodes_object){
			.kind = OBJECT_AREA,
			.n = (uint32_t)vm_backing_pages(&model->backing, call->op),
			.area = {start, request->size, origin},
		};
		call->addr = start;
	}
	call->lock_instance[LOCK_BUSY] = node_of_address(model, start);
	return NODES_INSERT;
}

int nodes_stage_pool(void *data, struct call *call)
{
	struct nodes *model = data;
	const struct vmap_request request = request_of(model, call);
	struct vmap_node *node = &model->nodes[call->lock_instance[LOCK_POOL]];
	unsigned pages = (unsigned)(request.size / PAGE_SIZE);
	uint64_t start;

	if (!size_pools_has(&node->pools, pages)) /* somebody else was faster */
		return miss(model, call, &request);
	count(call, STEP_LAZY_PUSH, 1);
	if (!size_pools_take(&node->pools, &model->store, pages, request.align, &start)) {
		model->counters[COUNTER_POOL_MISALIGNED]++;
		return miss(model, call, &request);
	}
	model->counters[COUNTER_POOL_HITS]++;
	call->note_key = "src";
	call->note_value = "pool";
	return met(model, call, &request, start);
}

static int overflow(struct call *call)
{
	if (call->scratch[SCRATCH_PURGED])
		return CALL_FAIL;
	call->scratch[SCRATCH_PURGED] = 1;
	return NODES_PURGE_BEGIN;
}

static int search_one(struct nodes *model, struct call *call)
{
	const struct vmap_request request = request_of(model, call);
	struct free_search search = {0};
	uint64_t addr;
	enum fit fit;
	bool found = free_tree_alloc(&model->free, &request, &search, call, &addr, &fit);

	call->steps += search.visited;
	count(call, STEP_FREE_VISIT, search.visited - search.climbed);
	count(call, STEP_FREE_CLIMB, search.climbed);
	if (!found)
		return overflow(call);
	call->note_key = "fit";
	call->note_value = fit_name(fit);
	nodes_free_changed(model, call, request.size);
	return met(model, call, &request, addr);
}

static int search_chunk(struct nodes *model, struct call *call)
{
	const struct op_pcpu *pcpu = call->op->pcpu;
	uint64_t base, visited = 0;
	bool found = free_tree_find_pcpu(&model->free, pcpu, model->vstart, model->vend, &base,
					 &visited);

	call->steps += visited;
	count(call, STEP_FREE_VISIT, visited);
	if (!found)
		return overflow(call);
	struct nodes_object *object = nodes_object_new(model, call->op->slot);

	*object = (struct nodes_object){
		.kind = OBJECT_CHUNK,
		.n = pcpu->n_areas,
		.areas = g_new0(struct node_area, pcpu->n_areas),
		.base = base,
	};
	for (uint32_t i = 0; i < pcpu->n_areas; i++) {
		uint64_t start = base + pcpu->area[i].offset, size = pcpu->area[i].size;
		uint32_t block = area_tree_at_or_below(&model->free.tree, start);

		free_tree_carve(&model->free, block, start, size, call);
		object->areas[i] = (struct node_area){.start = start, .size = size};
	}
	nodes_free_changed(model, call, 0);
	call->addr = base;
	call->lock_instance[LOCK_BUSY] = node_of_address(model, object->areas[0].start);
	return NODES_INSERT;
}

int nodes_stage_search(void *data, struct call *call)
{
	return call->op->kind == OP_PCPU_ALLOC ? search_chunk(data, call) : search_one(data, call);
}

/* One area a turn. */
int nodes_stage_insert(void *data, struct call *call)
{
	struct nodes *model = data;
	struct vmap_node *node = &model->nodes[call->lock_instance[LOCK_BUSY]];

	if (call->message)
		return CALL_BROKEN;
	count_busy_descent(call, &node->descent, call->addr, node->busy);
	count(call, STEP_REBALANCE, 1);
	node->busy++;
	model->busy_areas++;
	nodes_busy_changed(model);
	if (call->op->kind == OP_PCPU_ALLOC) {
		const struct nodes_object *object = nodes_object(model, call->op->slot);
		uint64_t next = ++call->scratch[SCRATCH_NEXT_AREA];

		return next == object->n ? CALL_DONE : NODES_NEXT_INSERT;
	}
	if (model->backing.on && call->op->kind == OP_VMAP_ALLOC) {
		call->scratch[SCRATCH_PAGES] = nodes_object(model, call->op->slot)->n;
		return NODES_TAKE_PAGES;
	}
	if (!call->scratch[SCRATCH_BLOCK])
		return CALL_DONE;
	call->lock_instance[LOCK_BLOCKS] = call->op->cpu;
	return NODES_ENQUEUE;
}

int nodes_stage_next_insert(void *data, struct call *call)
{
	struct nodes *model = data;
	const struct nodes_object *object = nodes_object(model, call->op->slot);
	const struct node_area *next = &object->areas[call->scratch[SCRATCH_NEXT_AREA]];

	call->lock_instance[LOCK_BUSY] = node_of_address(model, next->start);
	return NODES_INSERT;
}

int nodes_stage_enqueue(void *data, struct call *call)
{
	struct nodes *model = data;

	vmap_blocks_enqueue(&model->blocks, (uint32_t)call->scratch[SCRATCH_BLOCK] - 1,
			    call->op->cpu);
	return CALL_DONE;
}
