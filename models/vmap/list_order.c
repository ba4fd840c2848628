// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/vmap/list_order.h"

#include "sim/base/units.h"

#include <stdlib.h>

#define STREAMS	    32
#define LINES_AHEAD 20
#define LINE_BYTES  64
#define WALK_MIN    64 /* shorter walks stay in the first-level cache */

/* What is fetched ahead in a page. */
struct stream {
	uint64_t began; /* number of the stream; 0: none yet */
	int8_t line;	/* last one asked for */
	int8_t direction;
};

void list_order_init(struct list_order *order, uint32_t cpus)
{
	*order = (struct list_order){
		.object = g_array_new(FALSE, TRUE, sizeof(uint32_t)),
		.streams = g_array_new(FALSE, TRUE, sizeof(struct stream)),
		.walked = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
	};
	area_slab_init(&order->slab, cpus);
}

void list_order_clear(struct list_order *order)
{
	area_slab_clear(&order->slab);
	g_array_unref(order->object);
	g_array_unref(order->streams);
	g_array_unref(order->walked);
}

static uint32_t *object_of(const struct list_order *order, uint32_t node)
{
	return &g_array_index(order->object, uint32_t, node);
}

void list_order_add(struct list_order *order, uint32_t node, uint32_t cpu)
{
	if (node >= order->object->len)
		g_array_set_size(order->object, node + 1);
	*object_of(order, node) = area_slab_alloc(&order->slab, cpu);
	order->changes++;
}

void list_order_prefetch(const struct list_order *order, uint32_t node)
{
	prefetch(object_of(order, node));
}

void list_order_remove(struct list_order *order, uint32_t node, uint32_t cpu)
{
	area_slab_free(&order->slab, cpu, *object_of(order, node));
	order->changes++;
}

/* Whether the prefetcher has fetched the object's line; and it learns of it. */
static bool foreseen(struct list_order *order, uint32_t object)
{
	struct stream *stream = &g_array_index(order->streams, struct stream, slab_of(object));
	int line = (int)slab_index(object) * SLAB_OBJECT_BYTES / LINE_BYTES;
	bool known = stream->began && order->begun - stream->began < STREAMS;

	if (!known) {
		*stream = (struct stream){.began = ++order->begun, .line = (int8_t)line};
		return false;
	}
	int ahead = line - stream->line;
	int direction = ahead ? (ahead > 0) - (ahead < 0) : stream->direction;
	bool pair = line / 2 == stream->line / 2;
	bool streamed = direction == stream->direction && abs(ahead) <= LINES_AHEAD;

	stream->line = (int8_t)line;
	stream->direction = (int8_t)direction;
	return pair || streamed;
}

/* Older walks count half as soon as they are as long as the list. */
static void forget_old_walks(struct list_order *order, uint64_t n)
{
	if (order->entries < n)
		return;
	order->entries /= 2;
	order->jumps /= 2;
}

static void look_at(struct list_order *order, const struct area_tree *tree, uint32_t last,
		    uint64_t hops)
{
	g_array_set_size(order->walked, 0);
	for (uint32_t node = last; node && order->walked->len < hops;
	     node = tree->pool->at[node].prev)
		g_array_append_val(order->walked, node);
	if (order->streams->len < order->slab.slabs->len)
		g_array_set_size(order->streams, order->slab.slabs->len);
	order->begun += STREAMS; /* those of the walk before are gone */
	for (unsigned i = order->walked->len; i--;) {
		uint32_t node = g_array_index(order->walked, uint32_t, i);

		order->jumps += !foreseen(order, *object_of(order, node));
	}
	order->entries += order->walked->len;
}

uint64_t list_order_jumps(struct list_order *order, const struct area_tree *tree, uint32_t last,
			  uint64_t hops)
{
	if (hops < WALK_MIN)
		return 0;
	if (!order->entries || order->changes >= tree->n) {
		forget_old_walks(order, tree->n);
		look_at(order, tree, last, hops);
		order->changes = 0;
	}
	return mul_div(hops, order->jumps, order->entries);
}
