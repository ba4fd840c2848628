// SPDX-License-Identifier: GPL-2.0-or-later
/* The stages of vmalloc() and vfree() beside the area allocator (work=vmalloc). */
#include "models/vmap/vmap_space_internal.h"

#include "sim/base/units.h"

/* setup_vmalloc_vm(): under the lock, but a moment's work. */
int vmap_stage_attach(void *model, struct call *call)
{
	struct vmap_space *space = model;
	struct vmap_object *object = object_at(space, call->op->slot);

	object->pages = (uint32_t)vm_backing_pages(&space->backing, call->op);
	call->scratch[SCRATCH_PAGES] = object->pages;
	return STAGE_TAKE_PAGES;
}

/* nr_vmalloc_pages, since v5.3 (97105f0ab7b8). */
static int pages_counted(const struct vmap_space *space, struct call *call)
{
	call->lock_instance[LOCK_VMAP_COUNTER] = VM_COUNTER_PAGES;
	return space->allocator->splits_locks ? STAGE_COUNT_PAGES : CALL_DONE;
}

int vmap_stage_count_pages(void *model G_GNUC_UNUSED, struct call *call G_GNUC_UNUSED)
{
	return CALL_DONE;
}

int vmap_stage_count_lazy(void *model G_GNUC_UNUSED, struct call *call G_GNUC_UNUSED)
{
	return STAGE_LAZY_INSERT;
}

int vmap_stage_take_pages(void *model, struct call *call)
{
	struct vmap_space *space = model;

	if (!vm_backing_stage_take(&space->backing, call, &call->scratch[SCRATCH_PAGES]))
		return STAGE_REFILL;
	return pages_counted(space, call);
}

int vmap_stage_refill(void *model, struct call *call)
{
	struct vmap_space *space = model;

	vm_backing_refill(&space->backing, call);
	return STAGE_TAKE_PAGES;
}

int vmap_stage_look_up_again(void *model, struct call *call)
{
	struct vmap_space *space = model;

	vmap_count_descent(space, call, call->addr, space->busy_areas);
	return STAGE_DETACH;
}

int vmap_stage_detach(void *model G_GNUC_UNUSED, struct call *call G_GNUC_UNUSED)
{
	return STAGE_UNMAP;
}

int vmap_stage_unmap(void *model, struct call *call)
{
	struct vmap_space *space = model;

	if (call->scratch[SCRATCH_MAPPED])
		vm_backing_unmap(&space->backing, call, call->addr, call->scratch[SCRATCH_MAPPED]);
	if (!space->lazy_max_pages)
		return STAGE_GIVE_PAGES;
	call->lock_instance[LOCK_VMAP_COUNTER] = VM_COUNTER_LAZY;
	return space->allocator->splits_locks ? STAGE_COUNT_LAZY : STAGE_LAZY_FREE;
}

int vmap_stage_give_pages(void *model, struct call *call)
{
	struct vmap_space *space = model;

	if (!vm_backing_stage_give(&space->backing, call, &call->scratch[SCRATCH_PAGES]))
		return STAGE_DRAIN_PAGES;
	return pages_counted(space, call);
}

int vmap_stage_drain_pages(void *model, struct call *call)
{
	struct vmap_space *space = model;

	vm_backing_drain(&space->backing, call);
	return STAGE_GIVE_PAGES;
}
