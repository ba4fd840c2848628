// SPDX-License-Identifier: GPL-2.0-or-later
/* What the ids of a trace name, where their pages are, and how these are given back. */
#include "models/pages/image.h"

enum page_use request_use(const struct op *op)
{
	if (op->page.mt != MT_MOVABLE)
		return op->page.mt == MT_RECLAIMABLE ? USE_RECLAIMABLE : USE_UNMOVABLE;
	return op->flags & OP_PINNED ? USE_LRU_PINNED : USE_LRU;
}

struct page_object *object_at(struct pages *model, uint32_t slot)
{
	if (G_UNLIKELY(slot & SLOT_UNNAMED))
		return &g_array_index(model->unnamed, struct page_object, slot & ~SLOT_UNNAMED);
	if (slot >= model->objects->len)
		g_array_set_size(model->objects, slot + 1);
	return &g_array_index(model->objects, struct page_object, slot);
}

void set_owner(struct pages *model, uint64_t pfn, uint32_t owner)
{
	uint32_t *at = &model->owner[pfn - model->map_start];

	/* what was never anybody's stays untouched, and takes no memory */
	if (*at != owner)
		*at = owner;
}

uint32_t owner_of(struct pages *model, uint64_t pfn)
{
	uint32_t owner = model->owner[pfn - model->map_start];

	for (unsigned order = 1; order < MAX_ORDER_NR && !owner; order++) {
		uint64_t first = pfn & ~((UINT64_C(1) << order) - 1);
		uint32_t link =
			first < model->map_start ? 0 : model->owner[first - model->map_start];
		const struct page_object *object = link ? object_at(model, link - 1) : NULL;

		if (object && !object->scattered && pfn - first < UINT64_C(1) << object->order)
			owner = link;
	}
	return owner;
}

/* --- seeds ------------------------------------------------------------------------------ */

int stage_seed(void *data, struct call *call)
{
	struct pages *model = data;
	const struct op *op = call->op;
	struct page_seed seed = {
		.pfn = op->addr,
		.order = (unsigned)op->page.order,
		.type = request_type(op),
		.use = request_use(op),
		.slot = op->slot,
	};
	const struct zone *zone = machine_zone(&model->machine, seed.pfn);

	call->addr = seed.pfn;
	g_array_append_val(model->seeds, seed);
	object_at(model, seed.slot)->order = (uint8_t)seed.order;
	if (model->restored) /* the image knows */
		return CALL_DONE;
	if ((op->flags & (OP_RECLAIMABLE | OP_PINNED)) == OP_RECLAIMABLE && zone)
		reclaim_add(model, seed.slot, zone->number);
	return CALL_DONE;
}

void settle(struct pages *model)
{
	GArray *seeds = g_steal_pointer(&model->seeds);

	if (!seeds)
		return;
	if (model->restored) {
		model->boot_message = image_adopt_seeds(model, seeds);
		g_array_unref(seeds);
		return;
	}
	model->boot_message =
		machine_boot(&model->machine, (struct page_seed *)(void *)seeds->data, seeds->len);
	for (unsigned i = 0; i < seeds->len && !model->boot_message; i++) {
		const struct page_seed *seed = &g_array_index(seeds, struct page_seed, i);

		object_at(model, seed->slot)->pfn = seed->pfn;
		if (seed->use == USE_LRU) {
			set_owner(model, seed->pfn, seed->slot + 1);
			object_at(model, seed->slot)->owns = true;
		}
	}
	g_array_unref(seeds);
	limits_init(model);
}

bool booted(struct pages *model, struct call *call)
{
	settle(model);
	if (model->boot_message)
		call->message = g_strdup(model->boot_message);
	return !model->boot_message;
}

/* --- giving pages back ------------------------------------------------------------------ */

void free_page(void *data, uint64_t pfn)
{
	struct pages *model = data;
	struct zone *zone = &model->machine.zones[memmap_zone(model->machine.map, pfn)];
	unsigned drained = 1;

	if (model->pcp)
		drained = pcp_free(machine_pcp(&model->machine, model->cpu, zone), pfn, NULL);
	else
		zone_free(zone, pfn, 0, block_type(model->machine.map, pfn));
	count(model->call, model->pcp ? STEP_PCP_OP : STEP_BUDDY_OP, 1);
	if (model->pcp)
		count(model->call, STEP_BUDDY_OP, drained);
}

static void drain_list(struct pages *model, struct pcp *pcp)
{
	count(model->call, STEP_BUDDY_OP, pcp->count);
	pcp_drain(pcp, pcp->count, NULL);
}

void drain_cpu(struct pages *model, const struct zone *zone)
{
	if (model->pcp)
		drain_list(model, machine_pcp(&model->machine, model->cpu, zone));
}

void drain_all(struct pages *model, const struct zone *zone)
{
	for (uint32_t cpu = 0; model->pcp && cpu < model->machine.cpus; cpu++)
		drain_list(model, machine_pcp(&model->machine, cpu, zone));
}

uint64_t object_page(const struct pages *model, const struct page_object *object, uint32_t i)
{
	return object->scattered ? object->scattered[i] + model->map_start : object->pfn + i;
}

bool object_isolated(const struct pages *model, const struct page_object *object)
{
	for (uint32_t i = 0; model->sources_out && i < 1u << object->order; i++) {
		if (page_use(model->machine.map, object_page(model, object, i)) == USE_ISOLATED)
			return true;
	}
	return false;
}

/* A page that a run has isolated is freed by that run. */
static void free_singly(struct pages *model, struct page_object *object)
{
	for (uint32_t i = 0; i < 1u << object->order; i++) {
		uint64_t pfn = object_page(model, object, i);

		if (object->owns)
			set_owner(model, pfn, 0);
		if (page_use(model->machine.map, pfn) == USE_ISOLATED)
			page_set_use(model->machine.map, pfn, 1, USE_ISOLATED_FREED);
		else
			free_page(model, pfn);
	}
	g_clear_pointer(&object->scattered, g_free);
}

void object_free(struct pages *model, struct page_object *object)
{
	if (object->reclaimable)
		reclaim_remove(model, object);
	if (object->scattered || (!object->order && model->pcp) || object_isolated(model, object)) {
		free_singly(model, object);
	} else {
		struct memmap *map = model->machine.map;
		struct zone *zone = &model->machine.zones[memmap_zone(map, object->pfn)];

		if (object->owns)
			set_owner(model, object->pfn, 0);
		count(model->call, STEP_BUDDY_OP,
		      1 + zone_free(zone, object->pfn, object->order,
				    block_type(map, object->pfn)));
	}
	object->pfn = PFN_NONE;
}
