/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_BENCH_PLAIN_VMAP_H
#define KMSIM_MODELS_BENCH_PLAIN_VMAP_H

/*
 * The two allocators in plain C, with lazy freeing but nothing else: no counts, no prices, no
 * windows of a request's own, alignment 1. What the models are measured against.
 */

#include <stdint.h>

struct plain_vmap;

/* @slots: areas that may live at once, named 0 … slots − 1. */
struct plain_vmap *plain_augtree_new(uint64_t vstart, uint64_t vend, uint64_t lazy_max_pages,
				     uint32_t slots);
uint64_t plain_augtree_alloc(struct plain_vmap *vmap, uint32_t slot, uint64_t size);
void plain_augtree_free(struct plain_vmap *vmap, uint32_t slot);

/* The walking list, with the cached start of the search. */
struct plain_vmap *plain_busylist_new(uint64_t vstart, uint64_t vend, uint64_t lazy_max_pages,
				      uint32_t slots);
uint64_t plain_busylist_alloc(struct plain_vmap *vmap, uint32_t slot, uint64_t size);
void plain_busylist_free(struct plain_vmap *vmap, uint32_t slot);

#endif
