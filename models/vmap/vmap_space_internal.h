/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_VMAP_VMAP_SPACE_INTERNAL_H
#define KMSIM_MODELS_VMAP_VMAP_SPACE_INTERNAL_H

/* What the stages of vmap_space.c, vmap_split.c and vmap_work.c share. */

#include "models/vmap/vmap_space.h"

/* What an id names: one area, or the areas of a percpu chunk. */
struct vmap_object {
	union {
		struct vmap_ref one;
		struct {
			struct vmap_ref *many; /* owned, n of them */
			uint64_t base;
		};
	};
	uint32_t n;	/* 0: one */
	uint32_t pages; /* of its own, behind the area */
};

/* How the stages use call->scratch. */
enum {
	SCRATCH_PURGED,
	SCRATCH_NEXT_AREA,
	SCRATCH_PAGES, /* still to be taken from the page allocator, or given back */
	SCRATCH_MAPPED /* pages of an area that is being freed */
};

static inline struct vmap_object *object_at(struct vmap_space *space, uint32_t slot)
{
	return &g_array_index(space->objects, struct vmap_object, slot);
}

static inline struct vmap_ref *object_refs(struct vmap_object *object, uint32_t *n)
{
	*n = object->n ? object->n : 1;
	return object->n ? object->many : &object->one;
}

/* Nothing of the object is used any more. */
void vmap_object_end(struct vmap_object *object);

/* @n areas more; lazily freed ones count until they are purged. */
void vmap_add_busy(struct vmap_space *space, uint64_t n);

/* Where an op goes on: when its area is found, when a purge is over, when it has freed its areas.
 */
int vmap_found(struct vmap_space *space, struct call *call);
int vmap_after_purge(struct vmap_space *space, const struct call *call);
int vmap_freed(struct vmap_space *space, const struct call *call);

/* First stage of a purge. */
int vmap_purge_stage(const struct vmap_space *space);

/* An area has been freed, and waits for the next purge. vmap_split.c */
void vmap_lazy_join(struct vmap_space *space, uint64_t start, uint64_t end);

int vmap_stage_insert(void *model, struct call *call); /* vmap_split.c */
int vmap_stage_lazy_insert(void *model, struct call *call);
int vmap_stage_collect_joined(void *model, struct call *call);
int vmap_stage_flush_joined(void *model, struct call *call);
int vmap_stage_release_joined(void *model, struct call *call);
int vmap_stage_attach(void *model, struct call *call); /* vmap_work.c */
int vmap_stage_take_pages(void *model, struct call *call);
int vmap_stage_count_pages(void *model, struct call *call);
int vmap_stage_count_lazy(void *model, struct call *call);
int vmap_stage_refill(void *model, struct call *call);
int vmap_stage_look_up_again(void *model, struct call *call);
int vmap_stage_detach(void *model, struct call *call);
int vmap_stage_unmap(void *model, struct call *call);
int vmap_stage_give_pages(void *model, struct call *call);
int vmap_stage_drain_pages(void *model, struct call *call);

#endif
