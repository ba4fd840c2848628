// SPDX-License-Identifier: GPL-2.0-or-later
/* The invariants of vmap-nodes: every address belongs to one area, one pool entry or the tree. */
#include "models/vmap/nodes.h"

struct cover {
	GArray *ranges; /* struct vmap_range: all that is not in the free tree */
	char *message;
};

static void G_GNUC_PRINTF(2, 3) complain(struct cover *cover, const char *format, ...)
{
	va_list args;

	if (cover->message)
		return;
	va_start(args, format);
	cover->message = g_strdup_vprintf(format, args);
	va_end(args);
}

static void add(struct cover *cover, uint64_t start, uint64_t size)
{
	const struct vmap_range range = {start, start + size};

	if (size)
		g_array_append_val(cover->ranges, range);
}

/* The areas of an object; how many there are. */
static uint64_t add_object(struct cover *cover, const struct nodes_object *object)
{
	uint64_t n = 0;

	if (object->kind == OBJECT_AREA) {
		add(cover, object->area.start, object->area.size);
		return 1;
	}
	for (uint32_t i = 0; object->kind == OBJECT_CHUNK && i < object->n; i++) {
		add(cover, object->areas[i].start, object->areas[i].size);
		n += object->areas[i].size != 0;
	}
	return n;
}

static void check_busy(const struct nodes *model, struct cover *cover)
{
	uint64_t n = 0, by_node = 0;

	for (unsigned i = 0; i < model->objects->len; i++)
		n += add_object(cover, &g_array_index(model->objects, struct nodes_object, i));
	for (uint32_t i = 0; i < model->blocks.blocks->len; i++) {
		const struct vmap_block *block = vmap_blocks_at(&model->blocks, i);

		add(cover, block->area.start, block->area.size);
		n += block->area.size != 0;
		if (block->area.size && block->free + block->dirty > VMAP_BLOCK_PAGES)
			complain(cover, "vmap block 0x%" G_GINT64_MODIFIER "x: free %u, dirty %u",
				 block->area.start, block->free, block->dirty);
	}
	for (uint32_t i = 0; i < model->n_nodes; i++)
		by_node += model->nodes[i].busy;
	if (n != model->busy_areas || by_node != n)
		complain(cover, "busy areas: the count is wrong");
}

static uint64_t add_lazy(const struct nodes *model, struct cover *cover, uint32_t node,
			 const struct area_list *list)
{
	uint64_t pages = 0;

	for (uint32_t i = 0; i < list->n; i++) {
		const struct node_area *area = &list->at[i];

		add(cover, area->start, area->size);
		pages += area->size / PAGE_SIZE;
		if (node_of_area(model, area) != node)
			complain(cover, "node %u: a lazy area of another node", node);
	}
	return pages;
}

static void check_lazy(const struct nodes *model, struct cover *cover)
{
	uint64_t n = 0, pages = 0;

	for (uint32_t i = 0; i < model->n_nodes; i++) {
		const struct vmap_node *node = &model->nodes[i];

		pages += add_lazy(model, cover, i, &node->lazy);
		pages += add_lazy(model, cover, i, &node->purging);
		n += node->lazy.n + node->purging.n;
	}
	if (n != model->lazy_areas || pages != model->lazy_pages)
		complain(cover, "lazily freed areas: the count is wrong");
}

static void check_pool(const struct nodes *model, struct cover *cover, uint32_t node,
		       unsigned pages)
{
	const struct pool_list *list = &model->nodes[node].pools.by_pages[pages];
	uint32_t entry = list->head, last = 0;

	for (uint32_t i = 0; i < list->len; i++, entry = model->store.at[entry].next) {
		add(cover, model->store.at[entry].start, pages * PAGE_SIZE);
		last = entry;
	}
	if (list->len && (last != list->tail || entry))
		complain(cover, "node %u: the pool of %u pages does not end at its tail", node,
			 pages);
	if ((size_pools_next(&model->nodes[node].pools, pages) == pages) != (list->len != 0))
		complain(cover, "node %u: the bit of the pool of %u pages is wrong", node, pages);
}

static void check_pools(const struct nodes *model, struct cover *cover)
{
	for (uint32_t i = 0; i < model->n_nodes; i++) {
		const struct size_pools *pools = &model->nodes[i].pools;
		uint64_t areas = 0, bytes = 0;

		for (unsigned pages = 1; pages <= POOL_PAGES_MAX; pages++) {
			check_pool(model, cover, i, pages);
			areas += pools->by_pages[pages].len;
			bytes += pools->by_pages[pages].len * pages;
		}
		if (areas != pools->areas || bytes != pools->pages)
			complain(cover, "node %u: the count of its pools is wrong", i);
	}
}

static int by_start(const void *a, const void *b)
{
	const struct vmap_range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

struct walk {
	struct cover *cover;
	unsigned next; /* range */
};

/* What is not in the tree, from @start to @end: the next ranges must be just that. */
static void take_ranges(void *ctx, uint64_t start, uint64_t end)
{
	struct walk *walk = ctx;
	const GArray *ranges = walk->cover->ranges;
	uint64_t at = start;

	while (walk->next < ranges->len && at < end) {
		const struct vmap_range *range =
			&g_array_index(ranges, struct vmap_range, walk->next);

		if (range->start != at)
			break;
		at = range->end;
		walk->next++;
	}
	if (at != end)
		complain(walk->cover,
			 "addresses 0x%" G_GINT64_MODIFIER "x-0x%" G_GINT64_MODIFIER
			 "x are neither free nor one area's",
			 at, end);
}

char *nodes_check(struct nodes *model)
{
	struct cover cover = {
		.ranges = g_array_new(FALSE, FALSE, sizeof(struct vmap_range)),
		.message = free_tree_check(&model->free),
	};
	struct walk walk = {.cover = &cover};

	check_busy(model, &cover);
	check_lazy(model, &cover);
	check_pools(model, &cover);
	if (model->withheld)
		g_array_append_vals(cover.ranges, model->withheld->data, model->withheld->len);
	g_array_sort(cover.ranges, by_start);
	free_tree_busy_ranges(&model->free, 1, UINT64_MAX, take_ranges, &walk);
	if (walk.next != cover.ranges->len)
		complain(&cover, "an area is in the free tree, too");
	g_array_unref(cover.ranges);
	return cover.message;
}
