// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/vmap/area_slab.h"

#include <stdbool.h>

#define NO_OBJECT UINT8_MAX
#define NO_SLAB	  0

/* What v4.15 to v5.1 set for objects of less than 256 bytes. */
#define CPU_PARTIAL 30 /* free objects that a CPU keeps on partial slabs */
#define MIN_PARTIAL 5  /* slabs that a node keeps though they are empty */

enum slab_place {
	PLACE_FULL, /* on no list */
	PLACE_CPU,
	PLACE_CPU_PARTIAL,
	PLACE_NODE_PARTIAL
};

static struct slab *slab_at(struct area_slab *slab, uint32_t i)
{
	return &g_array_index(slab->slabs, struct slab, i);
}

void area_slab_init(struct area_slab *slab, uint32_t cpus)
{
	*slab = (struct area_slab){
		.slabs = g_array_new(FALSE, TRUE, sizeof(struct slab)),
		.unused = g_array_new(FALSE, FALSE, sizeof(uint32_t)),
		.cpu = g_new0(struct slab_cpu, cpus),
		.cpus = cpus,
	};
	g_array_set_size(slab->slabs, 1);
	for (uint32_t i = 0; i < cpus; i++)
		slab->cpu[i].free = NO_OBJECT;
}

void area_slab_clear(struct area_slab *slab)
{
	g_free(slab->cpu);
	g_array_unref(slab->slabs);
	g_array_unref(slab->unused);
}

/* --- partial slabs of the node ----------------------------------------------------------- */

static void node_partial_add(struct area_slab *slab, uint32_t i)
{
	struct slab *added = slab_at(slab, i);

	added->place = PLACE_NODE_PARTIAL;
	added->list_prev = slab->partial_last;
	added->list_next = NO_SLAB;
	if (slab->partial_last)
		slab_at(slab, slab->partial_last)->list_next = i;
	else
		slab->partial_first = i;
	slab->partial_last = i;
	slab->n_partial++;
}

static void node_partial_remove(struct area_slab *slab, uint32_t i)
{
	const struct slab *removed = slab_at(slab, i);
	uint32_t prev = removed->list_prev, next = removed->list_next;

	if (prev)
		slab_at(slab, prev)->list_next = next;
	else
		slab->partial_first = next;
	if (next)
		slab_at(slab, next)->list_prev = prev;
	else
		slab->partial_last = prev;
	slab->n_partial--;
}

/* --- partial slabs of a CPU -------------------------------------------------------------- */

/* The last one put on. */
static uint32_t cpu_partial_take(struct area_slab *slab, struct slab_cpu *cpu)
{
	uint32_t i = cpu->partial;

	cpu->partial = slab_at(slab, i)->list_next;
	return i;
}

/* All of them go to the node, which gives those back that are empty, if it has enough. */
static void cpu_partial_flush(struct area_slab *slab, struct slab_cpu *cpu)
{
	while (cpu->partial) {
		uint32_t i = cpu_partial_take(slab, cpu);

		if (!slab_at(slab, i)->in_use && slab->n_partial >= MIN_PARTIAL)
			g_array_append_val(slab->unused, i);
		else
			node_partial_add(slab, i);
	}
}

static void cpu_partial_add(struct area_slab *slab, struct slab_cpu *cpu, uint32_t i)
{
	struct slab *added = slab_at(slab, i);
	uint32_t before = cpu->partial ? slab_at(slab, cpu->partial)->partial_objects : 0;

	added->place = PLACE_CPU_PARTIAL;
	added->list_next = cpu->partial;
	added->partial_objects = before + SLAB_OBJECTS - added->in_use;
	cpu->partial = i;
}

static bool cpu_partial_full(struct area_slab *slab, const struct slab_cpu *cpu)
{
	return cpu->partial && slab_at(slab, cpu->partial)->partial_objects > CPU_PARTIAL;
}

/* --- allocating -------------------------------------------------------------------------- */

static uint32_t new_slab(struct area_slab *slab)
{
	GArray *unused = slab->unused;
	uint32_t i = slab->slabs->len;

	if (unused->len) {
		i = g_array_index(unused, uint32_t, unused->len - 1);
		g_array_set_size(unused, unused->len - 1);
	} else {
		g_array_set_size(slab->slabs, i + 1);
	}
	struct slab *made = slab_at(slab, i);

	for (unsigned object = 0; object < SLAB_OBJECTS; object++)
		made->next[object] = (uint8_t)(object + 1);
	made->next[SLAB_OBJECTS - 1] = NO_OBJECT;
	made->free = 0;
	made->in_use = 0;
	return i;
}

/* The node's first, and more of them for the CPU's list until that has half of what it may. */
static uint32_t take_from_node(struct area_slab *slab, struct slab_cpu *cpu)
{
	uint32_t first = slab->partial_first;

	node_partial_remove(slab, first);
	uint32_t objects = SLAB_OBJECTS - slab_at(slab, first)->in_use;

	while (slab->partial_first && objects <= CPU_PARTIAL / 2) {
		uint32_t more = slab->partial_first;

		node_partial_remove(slab, more);
		cpu_partial_add(slab, cpu, more);
		objects += SLAB_OBJECTS - slab_at(slab, more)->in_use;
	}
	return first;
}

/* The CPU's freelist is empty: what was freed to its slab meanwhile, or another slab. */
static void refill(struct area_slab *slab, struct slab_cpu *cpu)
{
	struct slab *current = slab_at(slab, cpu->slab);

	if (!cpu->slab || current->free == NO_OBJECT) {
		current->place = PLACE_FULL;
		if (cpu->partial)
			cpu->slab = cpu_partial_take(slab, cpu);
		else if (slab->partial_first)
			cpu->slab = take_from_node(slab, cpu);
		else
			cpu->slab = new_slab(slab);
		current = slab_at(slab, cpu->slab);
		current->place = PLACE_CPU;
	}
	cpu->free = current->free;
	current->free = NO_OBJECT;
}

uint32_t area_slab_alloc(struct area_slab *slab, uint32_t cpu_index)
{
	struct slab_cpu *cpu = &slab->cpu[cpu_index];

	if (cpu->free == NO_OBJECT)
		refill(slab, cpu);
	struct slab *current = slab_at(slab, cpu->slab);
	uint32_t index = cpu->free;

	cpu->free = current->next[index];
	current->in_use++;
	return cpu->slab << SLAB_INDEX_BITS | index;
}

/* --- freeing ----------------------------------------------------------------------------- */

void area_slab_free(struct area_slab *slab, uint32_t cpu_index, uint32_t object)
{
	struct slab_cpu *cpu = &slab->cpu[cpu_index];
	uint32_t i = slab_of(object);
	struct slab *of = slab_at(slab, i);
	uint8_t *list = i == cpu->slab ? &cpu->free : &of->free;

	of->next[slab_index(object)] = *list;
	*list = (uint8_t)slab_index(object);
	of->in_use--;
	if (of->place == PLACE_FULL) {
		if (cpu_partial_full(slab, cpu))
			cpu_partial_flush(slab, cpu);
		cpu_partial_add(slab, cpu, i);
	} else if (of->place == PLACE_NODE_PARTIAL && !of->in_use &&
		   slab->n_partial >= MIN_PARTIAL) {
		node_partial_remove(slab, i);
		g_array_append_val(slab->unused, i);
	}
}
