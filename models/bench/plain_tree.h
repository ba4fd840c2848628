/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_BENCH_PLAIN_TREE_H
#define KMSIM_MODELS_BENCH_PLAIN_TREE_H

/*
 * A textbook red-black tree (Cormen et al., chapter 13) of areas with pointers, each node a
 * malloc(), augmented with the largest size below: what one would write without a simulator around
 * it. The same steps as area_tree.h, so the same shape.
 */

#include <stdbool.h>
#include <stdint.h>

struct plain_area {
	uint64_t start, end, subtree_max;
	struct plain_area *parent, *child[2], *prev, *next;
	bool red;
};

struct plain_tree {
	struct plain_area *root, *first, *last;
};

static inline uint64_t plain_max(const struct plain_area *area)
{
	return area ? area->subtree_max : 0;
}

/* The last area with start <= @addr; NULL if there is none. */
struct plain_area *plain_at_or_below(const struct plain_tree *tree, uint64_t addr);

/* malloc() and link one in before @next (NULL: at the end); unlink and free() one. */
struct plain_area *plain_insert(struct plain_tree *tree, uint64_t start, uint64_t end,
				struct plain_area *next);
void plain_erase(struct plain_tree *tree, struct plain_area *area);

/* Its size changed. */
void plain_propagate(struct plain_area *area);

#endif
