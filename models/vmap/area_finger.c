// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/vmap/area_finger.h"

#include "sim/base/units.h"

#define FINGERS_MIN    1024
#define STEPS_ALONG    4 /* along the list, before a descent is cheaper */
#define FINGERS_A_NODE 1

void area_fingers_clear(struct area_fingers *fingers)
{
	g_clear_pointer(&fingers->node, g_free);
	fingers->n = 0;
}

/* The last node with start <= @addr, @node being one of them, if it is near. */
static bool step_up(const struct area *at, uint32_t node, uint64_t addr, uint32_t *found)
{
	for (unsigned i = 0; i < STEPS_ALONG; i++) {
		uint32_t next = at[node].next;

		*found = node;
		if (!next || at[next].start > addr)
			return true;
		node = next;
	}
	return false;
}

/* The same, @node being behind it. */
static bool step_down(const struct area *at, uint32_t node, uint64_t addr, uint32_t *found)
{
	for (unsigned i = 0; i < STEPS_ALONG; i++) {
		node = at[node].prev;
		*found = node;
		if (!node || at[node].start <= addr)
			return true;
	}
	return false;
}

/* The last node with start <= @addr, if it is near the finger for it. */
static bool near(const struct area_fingers *fingers, const struct area *at, uint64_t addr,
		 uint32_t *found)
{
	uint32_t node = area_finger(fingers, addr);

	/* a node that was given back has no size */
	if (!node || !at[node].end)
		return false;
	return at[node].start <= addr ? step_up(at, node, addr, found)
				      : step_down(at, node, addr, found);
}

uint32_t area_fingers_at_or_below(const struct area_fingers *fingers, const struct area_tree *tree,
				  uint64_t addr)
{
	uint32_t found;

	return near(fingers, tree->pool->at, addr, &found) ? found
							   : area_tree_at_or_below(tree, addr);
}

/* As many stretches as there are nodes, over the addresses that they lie in. */
static void spread(struct area_fingers *fingers, const struct area_tree *tree)
{
	const struct area *at = tree->pool->at;
	uint32_t second = at[tree->first].next; /* the first and the last reach far */
	uint64_t low = at[second ? second : tree->first].start, span = at[tree->last].start - low;

	area_fingers_clear(fingers);
	fingers->n = FINGERS_MIN;
	while (fingers->n < FINGERS_A_NODE * tree->n)
		fingers->n *= 2;
	fingers->shift = fls64(span / fingers->n);
	fingers->node = g_new0(uint32_t, fingers->n);
}

void area_fingers_point(struct area_fingers *fingers, const struct area_tree *tree, uint64_t addr,
			uint32_t node)
{
	if (G_UNLIKELY(tree->n > fingers->n))
		spread(fingers, tree);
	fingers->node[(addr >> fingers->shift) & (fingers->n - 1)] = node;
}

void area_fingers_expect(struct area_fingers *fingers, const struct area_tree *tree,
			 const uint64_t *addr, unsigned n)
{
	const struct area *at = tree->pool->at;
	uint64_t far[AREA_TREE_MANY] = {0};
	uint32_t found[AREA_TREE_MANY];
	unsigned n_far = 0;

	if (!tree->n)
		return;
	for (unsigned i = 0; i < n && fingers->n; i++)
		prefetch(&fingers->node[(addr[i] >> fingers->shift) & (fingers->n - 1)]);
	for (unsigned i = 0; i < n; i++)
		prefetch(&at[area_finger(fingers, addr[i])]);
	for (unsigned i = 0; i < n; i++) {
		if (!near(fingers, at, addr[i], found))
			far[n_far++] = addr[i];
	}
	area_tree_at_or_below_many(tree, far, n_far, found);
	for (unsigned i = 0; i < n_far; i++)
		area_fingers_point(fingers, tree, far[i], found[i]);
}
