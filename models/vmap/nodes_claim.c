// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Putting the model right: an area is found, wherever the model has it, and taken from there. Where
 * its addresses are a part of something else, or parts of several things, these go to the tree
 * first.
 */
#include "models/vmap/nodes_replay_state.h"

static bool overlaps(uint64_t start, uint64_t size, const struct vmap_range *range)
{
	return start < range->end && start + size > range->start;
}

static void to_tree(struct nodes *model, uint64_t start, uint64_t end)
{
	struct call ignored = {0};

	free_tree_release(&model->free, start, end, &ignored);
}

/* --- pools --- */

static void claim_pools(struct nodes *model, const struct vmap_range *range, bool *whole)
{
	unsigned pages;
	uint32_t depth;

	for (uint32_t i = 0; i < model->n_nodes; i++) {
		struct size_pools *pools = &model->nodes[i].pools;

		while (size_pools_overlapping(pools, &model->store, range->start, range->end,
					      &pages, &depth)) {
			uint64_t start = size_pools_remove(pools, &model->store, pages, depth);
			uint64_t end = start + pages * PAGE_SIZE;

			*whole = start == range->start && end == range->end;
			if (!*whole)
				to_tree(model, start, end);
		}
	}
}

/* --- lists of areas, and of ranges that a purge has in hand --- */

/* The refill of a node that has begun has looked at some areas already: they are in to_tree. */
static bool looked_at(struct nodes_replay *replay, const struct area_list *list, uint32_t i)
{
	const struct purge *purge = &replay->model->purge;

	return replay->stage == NODES_NEXT_REFILL && list == &purge->node->purging &&
	       i < purge->next;
}

/* The refill has chosen the next area, not counted it: which one it is is to be asked again. */
static void choose_again(struct nodes_replay *replay)
{
	if (replay->stage == NODES_REFILL)
		replay->stage = NODES_NEXT_REFILL;
}

static void claim_areas(struct nodes_replay *replay, struct area_list *list,
			const struct vmap_range *range, bool *whole)
{
	struct nodes *model = replay->model;

	for (uint32_t i = list->n; i--;) {
		const struct node_area area = list->at[i];
		uint64_t pages = area.size / PAGE_SIZE;

		if (!overlaps(area.start, area.size, range))
			continue;
		model->lazy_areas--;
		model->lazy_pages -= pages;
		if (looked_at(replay, list, i)) {
			model->purge.next--;
			model->purge.node_pages -= pages;
		} else {
			*whole = area.start == range->start &&
				 area.size == range->end - range->start;
			if (!*whole)
				to_tree(model, area.start, area.start + area.size);
		}
		area_list_remove(list, i);
	}
}

static void claim_ranges(struct nodes *model, struct range_list *list,
			 const struct vmap_range *range, bool *whole)
{
	for (uint32_t i = list->n; i--;) {
		const struct vmap_range one = list->at[i];

		if (!overlaps(one.start, one.end - one.start, range))
			continue;
		range_list_remove(list, i);
		*whole = one.start == range->start && one.end == range->end;
		if (!*whole)
			to_tree(model, one.start, one.end);
	}
}

/* What is left of a withheld hole stays one, or two. */
static void claim_withheld(struct nodes *model, const struct vmap_range *range)
{
	for (unsigned i = model->withheld->len; i--;) {
		const struct vmap_range one = g_array_index(model->withheld, struct vmap_range, i);
		const struct vmap_range below = {one.start, range->start};
		const struct vmap_range above = {range->end, one.end};

		if (!overlaps(one.start, one.end - one.start, range))
			continue;
		g_array_remove_index(model->withheld, i);
		if (below.start < below.end)
			g_array_append_val(model->withheld, below);
		if (above.start < above.end)
			g_array_append_val(model->withheld, above);
		to_tree(model, MAX(one.start, range->start), MIN(one.end, range->end));
	}
}

static void claim_busy(struct nodes *model, const struct vmap_range *range, bool *whole)
{
	for (unsigned i = 0; i < model->objects->len; i++) {
		struct nodes_object *object = nodes_object(model, i);
		const struct node_area area = object->area;

		if (object->kind != OBJECT_AREA || !overlaps(area.start, area.size, range))
			continue;
		nodes_object_clear(object);
		model->nodes[node_of_address(model, area.start)].busy--;
		model->busy_areas--;
		*whole = area.start == range->start && area.size == range->end - range->start;
		if (!*whole)
			to_tree(model, area.start, area.start + area.size);
	}
}

/* Is all of @range free and in the tree? */
static uint32_t tree_block(const struct nodes *model, const struct vmap_range *range)
{
	uint32_t node = area_tree_at_or_below(&model->free.tree, range->start);

	return node && area_at(&model->free.tree, node)->end >= range->end ? node : NIL;
}

static void claim(struct nodes_replay *replay, const struct vmap_range *range)
{
	struct nodes *model = replay->model;
	struct call ignored = {0};
	bool whole = false;
	uint32_t node = tree_block(model, range);

	if (!node) {
		choose_again(replay);
		claim_pools(model, range, &whole);
		for (uint32_t i = 0; i < model->n_nodes; i++) {
			claim_areas(replay, &model->nodes[i].lazy, range, &whole);
			claim_areas(replay, &model->nodes[i].purging, range, &whole);
		}
		claim_ranges(model, &model->purge.decayed, range, &whole);
		claim_ranges(model, &model->purge.to_tree, range, &whole);
		claim_busy(model, range, &whole);
		claim_withheld(model, range);
		if (whole)
			return;
		node = tree_block(model, range);
	}
	g_assert(node);
	free_tree_carve(&model->free, node, range->start, range->end - range->start, &ignored);
}

void nodes_replay_grant(struct nodes_replay *replay, const struct nodes_request *request,
			uint32_t slot, uint64_t addr)
{
	struct nodes *model = replay->model;
	const struct vmap_request wanted = nodes_replay_vmap_request(request);
	const struct vmap_range range = {addr, addr + request->size};
	struct nodes_object *object;

	nodes_settle(model);
	claim(replay, &range);
	object = nodes_object_new(model, slot);
	g_assert(object->kind == OBJECT_NONE);
	*object = (struct nodes_object){
		.kind = OBJECT_AREA,
		.area = {.start = addr, .size = request->size},
	};
	if (!request->percpu && nodes_may_pool(model, &wanted))
		object->area.origin = request->cpu % model->n_nodes + 1;
	model->nodes[node_of_address(model, addr)].busy++;
	model->busy_areas++;
	footprint_note(model->footprint, SET_FREE, free_tree_footprint(&model->free));
	nodes_busy_changed(model);
}

void nodes_replay_rotate_pool(struct nodes_replay *replay, const struct nodes_request *request,
			      uint32_t node, uint32_t depth)
{
	struct nodes *model = replay->model;

	while (depth--)
		size_pools_rotate(&model->nodes[node].pools, &model->store,
				  (unsigned)(request->size / PAGE_SIZE));
}

void nodes_replay_other_pool(struct nodes_replay *replay, const struct nodes_request *request,
			     uint32_t node)
{
	struct nodes *model = replay->model;
	unsigned pages = (unsigned)(request->size / PAGE_SIZE);

	if (model->n_nodes != 2) {
		nodes_replay_unpool(replay, request, node);
		return;
	}
	uint64_t start = size_pools_remove(&model->nodes[node].pools, &model->store, pages, 0);
	struct size_pools *other = &model->nodes[!node].pools;

	size_pools_push(other, &model->store, pages, start);
	size_pools_rotate(other, &model->store, pages);
}

void nodes_replay_unpool(struct nodes_replay *replay, const struct nodes_request *request,
			 uint32_t node)
{
	struct nodes *model = replay->model;
	unsigned pages = (unsigned)(request->size / PAGE_SIZE);
	uint64_t start = size_pools_remove(&model->nodes[node].pools, &model->store, pages, 0);
	const struct vmap_range range = {start, start + request->size};

	g_array_append_val(model->withheld, range);
}

bool nodes_replay_withhold(struct nodes_replay *replay, const struct nodes_request *request,
			   uint64_t addr, uint64_t limit)
{
	struct nodes *model = replay->model;
	const struct nodes_answer answer = nodes_replay_foretell(replay, request);
	uint32_t node = area_tree_at_or_below(&model->free.tree, addr);
	const struct area *hole = area_at(&model->free.tree, node);
	struct call ignored = {0};
	struct vmap_range range;

	if (!answer.certain || answer.addr != addr)
		return false;
	range = (struct vmap_range){MAX(hole->start, request->vstart), hole->end};
	if (range.start < limit && limit < range.end)
		range.end = limit;
	g_array_append_val(model->withheld, range);
	free_tree_carve(&model->free, node, range.start, range.end - range.start, &ignored);
	return true;
}

void nodes_replay_give_back(struct nodes_replay *replay)
{
	struct nodes *model = replay->model;

	for (unsigned i = 0; i < model->withheld->len; i++) {
		const struct vmap_range *range =
			&g_array_index(model->withheld, struct vmap_range, i);

		to_tree(model, range->start, range->end);
	}
	g_array_set_size(model->withheld, 0);
}

bool nodes_replay_pass_over(struct nodes_replay *replay, const struct nodes_request *request,
			    uint64_t addr)
{
	struct free_tree *free = &replay->model->free;
	uint32_t node = area_tree_at_or_below(&free->tree, addr), next;
	const struct area *hole = area_at(&free->tree, node);

	if (request->align <= PAGE_SIZE || !node || hole->end <= addr ||
	    area_size(hole) >= request->size + request->align - 1 ||
	    !(hole->child[LEFT] || hole->child[RIGHT]))
		return false;
	next = hole->next;
	area_tree_erase(&free->tree, node);
	area_tree_insert_before(&free->tree, node, next);
	return true;
}

static void move_lazy(struct nodes *model, uint32_t from, uint64_t start, uint32_t to)
{
	struct area_list *list = &model->nodes[from].lazy;

	for (uint32_t i = 0; i < list->n; i++) {
		struct node_area area = list->at[i];

		if (area.start != start)
			continue;
		area.origin = to + 1;
		*area_list_extend(&model->nodes[to].lazy, 1) = area;
		area_list_remove(list, i);
		return;
	}
}

void nodes_replay_move(struct nodes_replay *replay, uint64_t start, uint64_t size, uint32_t node)
{
	struct nodes *model = replay->model;
	const struct nodes_place place = nodes_replay_where(replay, start, size);
	unsigned pages = (unsigned)(size / PAGE_SIZE);

	if (place.node == node)
		return;
	if (place.where == NODES_IN_LAZY) {
		move_lazy(model, place.node, start, node);
	} else if (place.where == NODES_IN_POOL) {
		size_pools_remove(&model->nodes[place.node].pools, &model->store, pages,
				  place.depth);
		size_pools_insert(&model->nodes[node].pools, &model->store, pages, start);
	}
}

/* --- where it is --- */

static bool in_list(const struct area_list *list, uint64_t start, uint64_t size)
{
	for (uint32_t i = 0; i < list->n; i++) {
		const struct node_area *area = &list->at[i];

		if (area->start == start && area->size == size)
			return true;
	}
	return false;
}

static bool in_use(const struct nodes *model, const struct vmap_range *range)
{
	for (unsigned i = 0; i < model->objects->len; i++) {
		const struct nodes_object *object =
			&g_array_index(model->objects, struct nodes_object, i);

		if (object->kind == OBJECT_AREA &&
		    overlaps(object->area.start, object->area.size, range))
			return true;
	}
	return false;
}

static bool in_ranges(const struct range_list *list, uint64_t start)
{
	for (uint32_t i = 0; i < list->n; i++) {
		if (list->at[i].start == start)
			return true;
	}
	return false;
}

static bool in_hand(const struct purge *purge, uint64_t start)
{
	return in_ranges(&purge->decayed, start) || in_ranges(&purge->to_tree, start);
}

static bool is_withheld(const struct nodes *model, const struct vmap_range *range)
{
	for (unsigned i = 0; i < model->withheld->len; i++) {
		const struct vmap_range *one =
			&g_array_index(model->withheld, struct vmap_range, i);

		if (overlaps(one->start, one->end - one->start, range))
			return true;
	}
	return false;
}

struct nodes_place nodes_replay_where(const struct nodes_replay *replay, uint64_t start,
				      uint64_t size)
{
	const struct nodes *model = replay->model;
	const struct vmap_range range = {start, start + size};
	struct nodes_place place = {NODES_IN_TREE, 0, 0};
	uint64_t pages = size / PAGE_SIZE;

	nodes_settle(replay->model);
	if (tree_block(model, &range))
		return place;
	for (place.node = 0; place.node < model->n_nodes; place.node++) {
		const struct vmap_node *node = &model->nodes[place.node];

		place.where = NODES_IN_POOL;
		if (pages <= POOL_PAGES_MAX &&
		    size_pools_find(&node->pools, &model->store, (unsigned)pages, start,
				    &place.depth))
			return place;
		place.where = NODES_IN_LAZY;
		if (in_list(&node->lazy, start, size))
			return place;
		place.where = NODES_IN_PURGE;
		if (in_list(&node->purging, start, size))
			return place;
	}
	place.node = 0;
	place.where = is_withheld(model, &range)      ? NODES_WITHHELD
		      : in_use(model, &range)	      ? NODES_IN_USE
		      : in_hand(&model->purge, start) ? NODES_IN_PURGE
						      : NODES_IN_PARTS;
	return place;
}
