/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_VMAP_AREA_SLAB_H
#define KMSIM_MODELS_VMAP_AREA_SLAB_H

/*
 * Where descriptors of areas lie in memory: the slab allocator that they come from, SLUB as of
 * v4.15 to v5.1 (mm/slub.c), for kmalloc(sizeof(struct vmap_area)), 96 bytes, 42 to a page.
 *
 *   CPU 0: free objects ──> its slab ──> its partial slabs ──┐
 *   CPU 1: free objects ──> its slab ──> its partial slabs ──┴─> the node's ──> a new one
 *
 * A CPU allocates from the slab that it has; one that is used up is on no list until one of its
 * objects is freed, and then belongs to the CPU that freed it. With one CPU, whose areas are freed
 * in the order of their making, objects come out in the order of their addresses. With several
 * that free each other's they do not.
 *
 * Simplified: nobody else allocates objects of this size, freelists are not shuffled
 * (CONFIG_SLAB_FREELIST_RANDOM is off), and what is freed by RCU is free at once.
 */

#include <glib.h>
#include <stdint.h>

#define SLAB_OBJECT_BYTES 96
#define SLAB_OBJECTS	  (4096 / SLAB_OBJECT_BYTES)

struct slab {
	uint8_t next[SLAB_OBJECTS]; /* of the freelists that its objects are on */
	uint8_t free;		    /* the slab's own freelist; the CPU that has it has another */
	uint8_t in_use;
	uint8_t place;		       /* enum slab_place */
	uint32_t list_prev, list_next; /* of partial slabs; a CPU's has no prev */
	uint32_t partial_objects; /* free ones on a CPU's list up to here, as they were put on */
};

struct slab_cpu {
	uint32_t slab;
	uint32_t partial; /* the last put on, which is used first */
	uint8_t free;
};

struct area_slab {
	GArray *slabs;	/* struct slab; 0 is none */
	GArray *unused; /* of uint32_t: slabs given back, the last one is the next to be used */
	struct slab_cpu *cpu;
	uint32_t cpus;
	uint32_t partial_first, partial_last; /* of the node */
	uint32_t n_partial;
};

/* An object's number: its slab's, and in the low bits which of its SLAB_OBJECTS it is. */
#define SLAB_INDEX_BITS 6

static inline uint32_t slab_of(uint32_t object)
{
	return object >> SLAB_INDEX_BITS;
}

static inline unsigned slab_index(uint32_t object)
{
	return object & ((1u << SLAB_INDEX_BITS) - 1);
}

void area_slab_init(struct area_slab *slab, uint32_t cpus);
void area_slab_clear(struct area_slab *slab);

/* The object that kmalloc() on @cpu returns. */
uint32_t area_slab_alloc(struct area_slab *slab, uint32_t cpu);

/* kfree() on @cpu. */
void area_slab_free(struct area_slab *slab, uint32_t cpu, uint32_t object);

#endif
