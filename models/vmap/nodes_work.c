// SPDX-License-Identifier: GPL-2.0-or-later
/* The stages of vmalloc() and vfree() beside the area allocator (work=vmalloc). */
#include "models/vmap/nodes.h"

/* nr_vmalloc_pages */
static int pages_counted(struct call *call)
{
	call->lock_instance[LOCK_COUNTER] = VM_COUNTER_PAGES;
	return NODES_COUNT_PAGES;
}

int nodes_stage_take_pages(void *data, struct call *call)
{
	struct nodes *model = data;

	if (!vm_backing_stage_take(&model->backing, call, &call->scratch[SCRATCH_PAGES]))
		return NODES_REFILL_PAGES;
	return pages_counted(call);
}

int nodes_stage_count_pages(void *data G_GNUC_UNUSED, struct call *call G_GNUC_UNUSED)
{
	return CALL_DONE;
}

int nodes_stage_count_lazy(void *data G_GNUC_UNUSED, struct call *call G_GNUC_UNUSED)
{
	return NODES_LAZY_FREE;
}

int nodes_stage_refill_pages(void *data, struct call *call)
{
	struct nodes *model = data;

	vm_backing_refill(&model->backing, call);
	return NODES_TAKE_PAGES;
}

int nodes_stage_unmap(void *data, struct call *call)
{
	struct nodes *model = data;
	const struct nodes_object *object = nodes_object(model, call->op->slot);
	uint64_t mapped = object->area.size / PAGE_SIZE - 1;

	call->scratch[SCRATCH_PAGES] = object->n;
	if (mapped)
		vm_backing_unmap(&model->backing, call, call->addr, mapped);
	call->lock_instance[LOCK_COUNTER] = VM_COUNTER_LAZY;
	return NODES_COUNT_LAZY;
}

int nodes_stage_give_pages(void *data, struct call *call)
{
	struct nodes *model = data;

	if (!vm_backing_stage_give(&model->backing, call, &call->scratch[SCRATCH_PAGES]))
		return NODES_DRAIN_PAGES;
	return pages_counted(call);
}

int nodes_stage_drain_pages(void *data, struct call *call)
{
	struct nodes *model = data;

	vm_backing_drain(&model->backing, call);
	return NODES_GIVE_PAGES;
}
