// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stages with the locks of v6.3: busy and free tree each under its own (e36176be1c39, v5.5), lazily
 * freed areas joined in a tree of theirs (96e2db456135, v5.11) out of the busy one (dd3b8353bae7,
 * v5.4), purged by a worker (690467c81b1a, v5.18).
 */
#include "models/vmap/vmap_space_internal.h"

#include "sim/base/units.h"

int vmap_stage_insert(void *model, struct call *call)
{
	struct vmap_space *space = model;
	uint64_t n = call->op->kind == OP_PCPU_ALLOC ? call->op->pcpu->n_areas : 1;

	for (uint64_t i = 0; i < n; i++)
		vmap_count_descent(space, call, call->addr, space->busy_areas - space->lazy_areas);
	count(call, STEP_REBALANCE, n);
	return vmap_found(space, call);
}

void vmap_lazy_join(struct vmap_space *space, uint64_t start, uint64_t end)
{
	struct area_tree *tree = &space->lazy_tree;
	uint32_t below = area_tree_at_or_below(tree, start);
	uint32_t above = below ? area_at(tree, below)->next : tree->first;

	space->lazy_areas++;
	space->lazy_pages += (end - start) / PAGE_SIZE;
	if (above && area_at(tree, above)->start == end) {
		end = area_at(tree, above)->end;
		area_tree_erase(tree, above);
		area_delete(tree->pool, above);
		above = below ? area_at(tree, below)->next : tree->first;
	}
	if (below && area_at(tree, below)->end == start)
		area_tree_resize(tree, below, area_at(tree, below)->start, end);
	else
		area_tree_insert_before(tree, area_new(tree->pool, start, end), above);
}

/* One area a turn: those of a percpu chunk are freed one by one. */
int vmap_stage_lazy_insert(void *model, struct call *call)
{
	struct vmap_space *space = model;
	struct vmap_object *object = object_at(space, call->op->slot);
	uint32_t n;
	const struct vmap_ref *ref = &object_refs(object, &n)[call->scratch[SCRATCH_NEXT_AREA]++];

	count_busy_descent(call, &space->purge_descent, ref->start, space->lazy_tree.n);
	count(call, STEP_LAZY_PUSH, 1);
	vmap_lazy_join(space, ref->start, ref->start + ref->size);
	vmap_add_busy(space, 0);
	if (space->lazy_pages > space->lazy_max_pages)
		call->wake |= 1;
	if (call->scratch[SCRATCH_NEXT_AREA] < n)
		return STAGE_LAZY_INSERT;
	vmap_object_end(object);
	return vmap_freed(space, call);
}

int vmap_stage_collect_joined(void *model, struct call *call)
{
	struct vmap_space *space = model;

	if (!space->lazy_tree.n)
		return vmap_after_purge(space, call);
	space->purges++;
	space->purging_tree = space->lazy_tree;
	area_tree_init(&space->lazy_tree, &space->lazy_pool, AREA_PLAIN);
	uint64_t areas = space->lazy_areas;

	space->lazy_areas = 0;
	vmap_add_busy(space, -areas);
	vm_backing_purge(&space->backing);
	descent_round(&space->descent);
	descent_round(&space->purge_descent);
	return STAGE_FLUSH_JOINED;
}

int vmap_stage_flush_joined(void *model, struct call *call)
{
	const struct vmap_space *space = model;

	count(call, STEP_TLB_FLUSH, 1);
	count(call, STEP_TLB_FLUSH_CPU, space->cpus - 1);
	return STAGE_RELEASE_JOINED;
}

int vmap_stage_release_joined(void *model, struct call *call)
{
	struct vmap_space *space = model;
	struct area_tree *tree = &space->purging_tree;
	uint32_t node = tree->first;
	const struct area *area = area_at(tree, node);
	const struct vmap_ref ref = {.start = area->start, .size = area_size(area)};

	area_tree_erase(tree, node);
	area_delete(tree->pool, node);
	space->allocator->release(space, call, &ref);
	space->lazy_pages -= ref.size / PAGE_SIZE;
	if (call->message)
		return CALL_BROKEN;
	if (!tree->n)
		return vmap_after_purge(space, call);
	return space->lazy_pages / 2 >= space->lazy_max_pages ? STAGE_RELEASE_JOINED
							      : STAGE_RELEASE_JOINED_YIELDING;
}
