// SPDX-License-Identifier: GPL-2.0-or-later
/* What vmap-busylist tells of its address space, and whether all that it keeps agrees. */
#include "models/vmap/area_walk.h"
#include "models/vmap/busylist.h"

/* A busy range under way: it goes on to the next gap. */
struct range_walk {
	uint64_t window_start;
	uint64_t start;
	busy_range_fn fn;
	void *ctx;
};

static void end_range(const struct range_walk *walk, uint64_t end)
{
	if (end > walk->window_start)
		walk->fn(walk->ctx, MAX(walk->start, walk->window_start), end);
}

/* @area lies behind a gap. */
static void next_range(void *ctx, const struct area *area)
{
	struct range_walk *walk = ctx;

	end_range(walk, area->start - area->value);
	walk->start = area->start;
}

void busylist_busy_ranges(void *data, uint64_t start, uint64_t end, busy_range_fn fn, void *ctx)
{
	struct busylist *model = data;

	vmap_space_settle(&model->space);
	uint32_t first = area_tree_at_or_below(&model->busy, start);
	uint32_t last = area_tree_at_or_below(&model->busy, end - 1);

	if (!first)
		first = model->busy.first;
	if (!last || busy_at(model, first)->start >= end)
		return;
	struct range_walk walk = {start, busy_at(model, first)->start, fn, ctx};

	area_tree_walk(&model->busy, walk.start + 1, end, 1, next_range, &walk);
	end_range(&walk, MIN(busy_at(model, last)->end, end));
}

/* Of the gaps that lie within the window or reach into it. */
static uint64_t largest_free(const struct busylist *model)
{
	const struct free_space *free = &model->free;
	uint32_t low = area_tree_at_or_below(&model->busy, free->vstart);
	uint32_t first = low ? busy_at(model, low)->next : model->busy.first;
	uint32_t last = area_tree_at_or_below(&model->busy, free->vend - 1);
	struct block before = between(model, low, first);
	struct block after = between(model, last, last ? busy_at(model, last)->next : first);
	uint64_t largest = MAX(free_space_bytes(free, before.start, before.end),
			       free_space_bytes(free, after.start, after.end));

	if (!first || !last || busy_at(model, first)->start >= free->vend)
		return largest;
	return MAX(largest, area_tree_max_between(&model->busy, busy_at(model, first)->start + 1,
						  free->vend));
}

void busylist_sample(void *data, struct vmap_sample *sample)
{
	struct busylist *model = data;

	vmap_space_settle(&model->space);
	*sample = (struct vmap_sample){
		.busy_areas = model->space.busy_areas,
		.lazy_pages = model->space.lazy_pages,
		.purges = model->space.purges,
		.free_blocks = model->free.blocks,
		.largest_free_bytes = largest_free(model),
		.total_free_bytes = model->free.total_bytes,
	};
}

static char *check_free_space(const struct busylist *model)
{
	struct free_space counted = {.vstart = model->free.vstart, .vend = model->free.vend};
	uint64_t largest = 0;
	uint32_t node = NIL;

	do {
		uint32_t next = node ? busy_at(model, node)->next : model->busy.first;
		struct block block = between(model, node, next);

		free_space_appears(&counted, block.start, block.end);
		largest = MAX(largest, free_space_bytes(&counted, block.start, block.end));
		node = next;
	} while (node);
	if (counted.blocks != model->free.blocks ||
	    counted.total_bytes != model->free.total_bytes || largest != largest_free(model))
		return g_strdup("busy tree: the counts of the window are wrong");
	return NULL;
}

char *busylist_check(void *data)
{
	struct busylist *model = data;

	vmap_space_settle(&model->space);
	char *message = area_tree_check(&model->busy, "busy tree");

	if (!message && model->busy.n != model->space.busy_areas)
		message = g_strdup("busy tree: the number of areas is wrong");
	if (!message)
		message = check_free_space(model);
	return message ? message : gap_index_check(&model->gaps);
}
