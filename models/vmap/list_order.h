/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_VMAP_LIST_ORDER_H
#define KMSIM_MODELS_VMAP_LIST_ORDER_H

/*
 * How many entries of a list walk lie where a hardware prefetcher has not looked yet: jumps. The
 * list is in the order of addresses; how far that is the order in memory depends on which CPUs
 * allocated and freed the descriptors (area_slab.h).
 *
 * The prefetcher is that of Intel cores since Nehalem ("Intel 64 and IA-32 Architectures
 * Optimization Reference Manual", "Data Prefetch to L2 and Last Level Cache"): 32 streams, each
 * within a page of 4 KiB and in one direction, up to 20 lines ahead; and lines in pairs. Streams
 * are replaced in the order in which they began (an assumption). What that is worth on a machine is
 * its profile's business: one without a prefetcher prices a jump at nothing more than any entry.
 *
 * Entries are not looked at each time that the simulated kernel walks over them. One walk is, each
 * time the list has changed as often as it has entries, and the share of jumps in recent
 * ones is taken for all.
 */

#include "models/vmap/area_slab.h"
#include "models/vmap/area_tree.h"

struct list_order {
	struct area_slab slab;
	GArray *object;		 /* of uint32_t: each node's object */
	GArray *streams;	 /* struct stream, by slab */
	GArray *walked;		 /* of uint32_t: nodes of the walk that is looked at */
	uint64_t begun;		 /* streams, ever */
	uint64_t entries, jumps; /* of recent walks */
	uint64_t changes;	 /* of the list since the last one */
};

void list_order_init(struct list_order *order, uint32_t cpus);
void list_order_clear(struct list_order *order);

/* @cpu allocates the descriptor of @node. */
void list_order_add(struct list_order *order, uint32_t node, uint32_t cpu);

/* It is to be freed soon: fetch what that looks at. */
void list_order_prefetch(const struct list_order *order, uint32_t node);

/* @cpu frees it. */
void list_order_remove(struct list_order *order, uint32_t node, uint32_t cpu);

/*
 * Jumps among the @hops entries that a walk over the list of @tree has gone over, @last the last of
 * them: an estimate.
 */
uint64_t list_order_jumps(struct list_order *order, const struct area_tree *tree, uint32_t last,
			  uint64_t hops);

#endif
