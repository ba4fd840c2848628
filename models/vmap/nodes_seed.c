// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What lived before the trace began. A trace does not tell where such an area came from, so it is
 * freed to its address's node (a replay may know, nodes_replay.h); the pools are empty.
 */
#include "models/vmap/nodes.h"

struct node_seed {
	struct node_area area;
	uint32_t slot;
	bool lazy;
};

void nodes_seed_add(struct nodes *model, uint32_t slot, const struct node_area *area, bool lazy)
{
	const struct node_seed seed = {.area = *area, .slot = slot, .lazy = lazy};

	if (!model->seeds)
		model->seeds = g_array_new(FALSE, FALSE, sizeof(struct node_seed));
	/* where frees take effect at once, what was freed is gone */
	if (!lazy || model->lazy_max_pages)
		g_array_append_val(model->seeds, seed);
}

int nodes_stage_seed(void *data, struct call *call)
{
	const struct op *op = call->op;
	const struct node_area area = {.start = op->addr, .size = op->vmap.size};

	call->addr = op->addr;
	nodes_seed_add(data, op->slot, &area, op->flags & OP_LAZY);
	return CALL_DONE;
}

static int by_address(const void *a, const void *b)
{
	const struct node_seed *x = a, *y = b;

	return x->area.start < y->area.start ? -1 : x->area.start > y->area.start;
}

static void give(struct nodes *model, const struct node_seed *seed)
{
	struct vmap_node *node = &model->nodes[node_of_address(model, seed->area.start)];

	if (seed->lazy) {
		*area_list_extend(&model->nodes[node_of_area(model, &seed->area)].lazy, 1) =
			seed->area;
		model->lazy_areas++;
		model->lazy_pages += seed->area.size / PAGE_SIZE;
		return;
	}
	*nodes_object_new(model, seed->slot) =
		(struct nodes_object){.kind = OBJECT_AREA, .area = seed->area};
	node->busy++;
	model->busy_areas++;
}

void nodes_hand_over_seeds(struct nodes *model)
{
	GArray *seeds = model->seeds;

	model->seeds = NULL;
	g_array_sort(seeds, by_address);
	g_autofree struct vmap_range *taken = g_new(struct vmap_range, seeds->len + 1);

	for (unsigned i = 0; i < seeds->len; i++) {
		const struct node_seed *seed = &g_array_index(seeds, struct node_seed, i);

		taken[i] =
			(struct vmap_range){seed->area.start, seed->area.start + seed->area.size};
		give(model, seed);
	}
	free_tree_fill(&model->free, taken, seeds->len);
	footprint_note(model->footprint, SET_FREE, free_tree_footprint(&model->free));
	nodes_busy_changed(model);
	g_array_unref(seeds);
}
