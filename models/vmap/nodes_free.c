// SPDX-License-Identifier: GPL-2.0-or-later
/* Frees: nothing is given back, areas become lazy (v6.12 free_vmap_area_noflush()). */
#include "models/vmap/nodes.h"

void nodes_unlink(struct nodes *model, struct call *call, const struct node_area *area)
{
	struct vmap_node *node = &model->nodes[call->lock_instance[LOCK_BUSY]];

	count_busy_descent(call, &node->descent, area->start, node->busy);
	count(call, STEP_REBALANCE, 1);
	node->busy--;
	model->busy_areas--;
	model->lazy_pages += area->size / PAGE_SIZE;
	call->scratch[SCRATCH_LAZY] = model->lazy_pages;
	call->lock_instance[LOCK_LAZY] = node_of_area(model, area);
}

void nodes_lazy_insert(struct nodes *model, struct call *call, const struct node_area *area,
		       uint64_t lazy_pages)
{
	struct vmap_node *node = &model->nodes[call->lock_instance[LOCK_LAZY]];

	count_busy_descent(call, &node->lazy_descent, area->start, node->lazy.n);
	count(call, STEP_LAZY_PUSH, 1);
	*area_list_extend(&node->lazy, 1) = *area;
	model->lazy_areas++;
	nodes_busy_changed(model);
	if (lazy_pages > model->lazy_max_pages && !model->trace_drains)
		call->wake |= 1;
}

/* The area of the call's id that is to go next. */
static const struct node_area *going(struct nodes *model, const struct call *call)
{
	const struct nodes_object *object = nodes_object(model, call->op->slot);

	if (call->scratch[SCRATCH_BLOCK])
		return &vmap_blocks_at(&model->blocks, (uint32_t)call->scratch[SCRATCH_BLOCK] - 1)
				->area;
	return object->kind == OBJECT_CHUNK ? &object->areas[call->scratch[SCRATCH_NEXT_AREA]]
					    : &object->area;
}

static int unlink_next(struct nodes *model, struct call *call)
{
	call->lock_instance[LOCK_BUSY] = node_of_address(model, going(model, call)->start);
	return NODES_UNLINK;
}

int nodes_stage_free(void *data, struct call *call)
{
	struct nodes *model = data;

	nodes_settle(model);
	const struct nodes_object *object = nodes_object(model, call->op->slot);

	if (object->kind == OBJECT_PIECE) {
		call->addr = object->addr;
		call->lock_instance[LOCK_BLOCKS] = vmap_blocks_at(&model->blocks, object->n)->cpu;
		return NODES_UNMAP_PIECE;
	}
	call->addr = object->kind == OBJECT_CHUNK ? object->base : object->area.start;
	return unlink_next(model, call);
}

int nodes_stage_unmap_piece(void *data, struct call *call)
{
	struct nodes *model = data;
	struct nodes_object *object = nodes_object(model, call->op->slot);

	if (!vmap_blocks_unmap(&model->blocks, object->n, object->addr, object->pages)) {
		nodes_object_clear(object);
		return CALL_DONE;
	}
	call->scratch[SCRATCH_BLOCK] = object->n + 1;
	return unlink_next(model, call);
}

/* Is the call a vfree() whose work beside the areas is priced, too? */
static bool works(struct nodes *model, const struct call *call)
{
	return model->backing.on && call->op->kind == OP_VMAP_FREE &&
	       nodes_object(model, call->op->slot)->kind == OBJECT_AREA;
}

int nodes_stage_unlink(void *data, struct call *call)
{
	struct nodes *model = data;

	nodes_unlink(model, call, going(model, call));
	return works(model, call) ? NODES_UNMAP : NODES_LAZY_FREE;
}

int nodes_stage_lazy_free(void *data, struct call *call)
{
	struct nodes *model = data;
	struct nodes_object *object = nodes_object(model, call->op->slot);
	bool more = works(model, call);

	nodes_lazy_insert(model, call, going(model, call), call->scratch[SCRATCH_LAZY]);
	if (object->kind == OBJECT_CHUNK) {
		object->areas[call->scratch[SCRATCH_NEXT_AREA]++].size = 0;
		if (call->scratch[SCRATCH_NEXT_AREA] < object->n)
			return unlink_next(model, call);
	}
	if (call->scratch[SCRATCH_BLOCK])
		vmap_blocks_delete(&model->blocks, (uint32_t)call->scratch[SCRATCH_BLOCK] - 1);
	nodes_object_clear(object);
	return more ? NODES_GIVE_PAGES : CALL_DONE;
}
