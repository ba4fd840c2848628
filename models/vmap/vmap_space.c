// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/vmap/vmap_space.h"

#include "sim/base/units.h"

/* What an id names: one area, or the areas of a percpu chunk. */
struct vmap_object {
	union {
		struct vmap_ref one;
		struct {
			struct vmap_ref *many; /* owned, n of them */
			uint64_t base;
		};
	};
	uint32_t n; /* 0: one */
};

struct vmap_seed {
	struct vmap_ref ref;
	uint32_t slot;
	bool lazy;
};

const struct param_word vmap_lazy_words[] = {{"none", LAZY_NONE}, {NULL, 0}};
const char *const vmap_lock_names[] = {
	[LOCK_VMAP_PURGE] = "vmap_purge_lock", [LOCK_VMAP_AREA] = "vmap_area_lock", NULL};

/* How the stages use call->scratch. */
enum {
	SCRATCH_PURGED,
	SCRATCH_NEXT_AREA,
	SCRATCH_PURGE_LEFT
};

void vmap_space_init(struct vmap_space *space, const struct vmap_allocator *allocator,
		     const struct model_env *env)
{
	*space = (struct vmap_space){
		.allocator = allocator,
		.footprint = env->footprint,
		.vstart = env->vstart,
		.vend = env->vend,
		.lazy_max_pages = env->lazy_max_pages,
		.cpus = env->cpus,
		.objects = g_array_new(FALSE, TRUE, sizeof(struct vmap_object)),
		.lazy = g_array_new(FALSE, FALSE, sizeof(struct vmap_ref)),
		.purging = g_array_new(FALSE, FALSE, sizeof(struct vmap_ref)),
		.seeds = g_array_new(FALSE, FALSE, sizeof(struct vmap_seed)),
	};
}

static struct vmap_object *object_at(struct vmap_space *space, uint32_t slot)
{
	return &g_array_index(space->objects, struct vmap_object, slot);
}

static struct vmap_object *object_new(struct vmap_space *space, uint32_t slot)
{
	if (slot >= space->objects->len)
		g_array_set_size(space->objects, slot + 1);
	struct vmap_object *object = object_at(space, slot);

	*object = (struct vmap_object){0};
	return object;
}

static struct vmap_ref *object_refs(struct vmap_object *object, uint32_t *n)
{
	*n = object->n ? object->n : 1;
	return object->n ? object->many : &object->one;
}

void vmap_space_clear(struct vmap_space *space)
{
	for (unsigned i = 0; i < space->objects->len; i++) {
		if (object_at(space, i)->n)
			g_free(object_at(space, i)->many);
	}
	g_array_unref(space->objects);
	g_array_unref(space->lazy);
	g_array_unref(space->purging);
	g_clear_pointer(&space->seeds, g_array_unref);
}

static void add_busy(struct vmap_space *space, uint64_t n)
{
	space->busy_areas += n;
	space->footprint->bytes[SET_BUSY] = space->busy_areas * VMAP_AREA_BYTES;
}

static int seed_by_address(const void *a, const void *b)
{
	const struct vmap_seed *const *x = a, *const *y = b;

	return (*x)->ref.start < (*y)->ref.start ? -1 : (*x)->ref.start > (*y)->ref.start;
}

static void seed_allocator(struct vmap_space *space, GArray *seeds)
{
	g_autofree struct vmap_seed **sorted = g_new(struct vmap_seed *, seeds->len + 1);
	g_autofree struct vmap_ref **refs = g_new(struct vmap_ref *, seeds->len + 1);

	for (unsigned i = 0; i < seeds->len; i++)
		sorted[i] = &g_array_index(seeds, struct vmap_seed, i);
	qsort(sorted, seeds->len, sizeof(struct vmap_seed *), seed_by_address);
	for (unsigned i = 0; i < seeds->len; i++)
		refs[i] = &sorted[i]->ref;
	space->allocator->seed(space, refs, seeds->len);
}

void vmap_space_settle(struct vmap_space *space)
{
	GArray *seeds = space->seeds;

	if (!seeds)
		return;
	space->seeds = NULL;
	seed_allocator(space, seeds);
	add_busy(space, seeds->len);
	for (unsigned i = 0; i < seeds->len; i++) {
		struct vmap_seed *seed = &g_array_index(seeds, struct vmap_seed, i);

		if (seed->lazy) {
			g_array_append_val(space->lazy, seed->ref);
			space->lazy_pages += seed->ref.size / PAGE_SIZE;
		} else {
			object_new(space, seed->slot)->one = seed->ref;
		}
	}
	g_array_unref(seeds);
}

static int stage_seed(void *model, struct call *call)
{
	struct vmap_space *space = model;
	const struct op *op = call->op;
	struct vmap_seed seed = {
		.ref = {.start = op->addr, .size = op->vmap.size},
		.slot = op->slot,
		.lazy = op->flags & OP_LAZY,
	};

	call->addr = op->addr;
	/* where frees take effect at once, what was freed is gone */
	if (!seed.lazy || space->lazy_max_pages)
		g_array_append_val(space->seeds, seed);
	return CALL_DONE;
}

static int stage_prepare(void *model, struct call *call)
{
	vmap_space_settle(model);
	count(call, STEP_DESC_ALLOC, call->op->kind == OP_PCPU_ALLOC ? call->op->pcpu->n_areas : 1);
	return STAGE_SEARCH;
}

static enum attempt search_one(struct vmap_space *space, struct call *call)
{
	const struct op *op = call->op;
	const struct vmap_request request = {
		.size = op->vmap.size,
		.align = op->vmap.align,
		.vstart = op->flags & OP_HAS_VSTART ? op->vmap.vstart : space->vstart,
		.vend = op->flags & OP_HAS_VEND ? op->vmap.vend : space->vend,
	};
	struct vmap_ref ref;
	enum attempt attempt = space->allocator->attempt(space, call, &request, &ref);

	if (attempt == ATTEMPT_OK) {
		object_new(space, op->slot)->one = ref;
		call->addr = ref.start;
		add_busy(space, 1);
	}
	return attempt;
}

static enum attempt search_pcpu(struct vmap_space *space, struct call *call)
{
	const struct op_pcpu *pcpu = call->op->pcpu;
	struct vmap_ref *refs = g_new(struct vmap_ref, pcpu->n_areas);
	enum attempt attempt = space->allocator->attempt_pcpu(space, call, pcpu, refs);

	if (attempt != ATTEMPT_OK) {
		g_free(refs);
		return attempt;
	}
	struct vmap_object *object = object_new(space, call->op->slot);

	call->addr = refs[0].start - pcpu->area[0].offset;
	object->many = refs;
	object->base = call->addr;
	object->n = pcpu->n_areas;
	add_busy(space, pcpu->n_areas);
	return ATTEMPT_OK;
}

static int stage_search(void *model, struct call *call)
{
	bool pcpu = call->op->kind == OP_PCPU_ALLOC;

	switch (pcpu ? search_pcpu(model, call) : search_one(model, call)) {
	case ATTEMPT_OK:
		return call->message ? CALL_BROKEN : CALL_DONE;
	case ATTEMPT_OOPS:
		return CALL_OOPS;
	default:
		break;
	}
	if (call->scratch[SCRATCH_PURGED])
		return CALL_FAIL;
	call->scratch[SCRATCH_PURGED] = 1;
	return STAGE_COLLECT;
}

/* Where an op goes on when its purge is over. */
static int after_purge(const struct call *call)
{
	switch (op_id_role(call->op->kind)) {
	case ID_MADE:
		return STAGE_RETRY;
	case ID_ENDED:
		return STAGE_LAZY_FREE;
	default:
		return CALL_DONE;
	}
}

static int ref_descending(const void *a, const void *b)
{
	const struct vmap_ref *x = a, *y = b;

	return x->start > y->start ? -1 : x->start < y->start;
}

/* The lowest area last, since a purge begins there. */
static void sort_and_join(GArray *list)
{
	struct vmap_ref *refs = (struct vmap_ref *)(void *)list->data;
	unsigned n = 0;

	qsort(refs, list->len, sizeof(*refs), ref_descending);
	for (unsigned i = 1; i < list->len; i++) {
		struct vmap_ref *above = &refs[n];

		if (refs[i].start + refs[i].size == above->start) {
			above->start = refs[i].start;
			above->size += refs[i].size;
			above->joined++;
		} else {
			refs[++n] = refs[i];
		}
	}
	g_array_set_size(list, n + 1);
}

static int stage_collect(void *model, struct call *call)
{
	struct vmap_space *space = model;
	GArray *list = space->lazy;

	if (!list->len)
		return after_purge(call);
	space->lazy = space->purging;
	space->purging = list;
	if (space->allocator->purge_joins)
		sort_and_join(list);
	count(call, STEP_TLB_FLUSH, 1);
	count(call, STEP_TLB_FLUSH_CPU, space->cpus - 1);
	return STAGE_RELEASE;
}

/* A purge knows what it is going to release: this many areas ahead it says so. */
#define EXPECT_AHEAD 4

static void expect_next(const struct vmap_space *space, const GArray *list)
{
	const struct vmap_ref *refs = (const struct vmap_ref *)(const void *)list->data;

	if (list->len > EXPECT_AHEAD)
		space->allocator->expect(space, &refs[list->len - 1 - EXPECT_AHEAD], false);
	if (list->len > 1)
		space->allocator->expect(space, &refs[list->len - 2], true);
}

static int stage_release(void *model, struct call *call)
{
	struct vmap_space *space = model;
	GArray *list = space->purging;
	struct vmap_ref ref = g_array_index(list, struct vmap_ref, list->len - 1);

	g_array_set_size(list, list->len - 1);
	expect_next(space, list);
	space->allocator->release(space, call, &ref);
	add_busy(space, -(uint64_t)ref.joined - 1);
	space->lazy_pages -= ref.size / PAGE_SIZE;
	if (call->message)
		return CALL_BROKEN;
	if (!list->len)
		return after_purge(call);
	bool keep = space->allocator->purge_keeps_lock &&
		    space->lazy_pages / 2 >= space->lazy_max_pages;

	return keep ? STAGE_RELEASE : STAGE_RELEASE_YIELDING;
}

static int stage_retry(void *model G_GNUC_UNUSED, struct call *call G_GNUC_UNUSED)
{
	return STAGE_SEARCH;
}

static int release_at_once(struct vmap_space *space, struct call *call, struct vmap_object *object)
{
	uint32_t n;
	struct vmap_ref *refs = object_refs(object, &n);

	for (uint32_t i = 0; i < n && !call->message; i++)
		space->allocator->release(space, call, &refs[i]);
	add_busy(space, -(uint64_t)n);
	if (object->n)
		g_free(object->many);
	*object = (struct vmap_object){0};
	return call->message ? CALL_BROKEN : CALL_DONE;
}

static int stage_look_up(void *model, struct call *call)
{
	struct vmap_space *space = model;

	vmap_space_settle(space);
	struct vmap_object *object = object_at(space, call->op->slot);
	uint32_t n;
	struct vmap_ref *refs = object_refs(object, &n);

	call->addr = object->n ? object->base : refs[0].start;
	count(call, STEP_BUSY_VISIT, n * fls64(space->busy_areas));
	return space->lazy_max_pages ? STAGE_LAZY_FREE : release_at_once(space, call, object);
}

/* One area a turn: the kernel frees the areas of a percpu chunk one by one. */
static int stage_lazy_free(void *model, struct call *call)
{
	struct vmap_space *space = model;
	struct vmap_object *object = object_at(space, call->op->slot);
	uint32_t n;
	struct vmap_ref *refs = object_refs(object, &n);
	uint64_t i = call->scratch[SCRATCH_NEXT_AREA]++;

	if (i == n) {
		if (object->n)
			g_free(object->many);
		*object = (struct vmap_object){0};
		return CALL_DONE;
	}
	g_array_append_val(space->lazy, refs[i]);
	space->lazy_pages += refs[i].size / PAGE_SIZE;
	count(call, STEP_LAZY_PUSH, 1);
	if (space->lazy_pages > space->lazy_max_pages)
		return STAGE_TRY_COLLECT;
	return i + 1 < n || object->n ? STAGE_LAZY_FREE : CALL_DONE;
}

static int stage_explicit_purge(void *model, struct call *call)
{
	vmap_space_settle(model);
	/* purges that a recording's own kernel did by its rules are not this kernel's */
	return call->op->purge.why == PURGE_EXPLICIT ? STAGE_COLLECT : CALL_DONE;
}

#define PURGE_LOCK LOCK_BIT(LOCK_VMAP_PURGE)
#define AREA_LOCK  LOCK_BIT(LOCK_VMAP_AREA)

const struct stage vmap_stages[VMAP_STAGES] = {
	[STAGE_PREPARE] = {.name = "prepare", .run = stage_prepare},
	[STAGE_SEARCH] = {.name = "search", .holds = AREA_LOCK, .run = stage_search},
	[STAGE_COLLECT] = {.name = "collect", .holds = PURGE_LOCK, .run = stage_collect},
	[STAGE_RELEASE] = {.name = "release",
			   .holds = PURGE_LOCK | AREA_LOCK,
			   .run = stage_release},
	[STAGE_RELEASE_YIELDING] = {.name = "release, letting others in",
				    .holds = PURGE_LOCK | AREA_LOCK,
				    .yields = AREA_LOCK,
				    .run = stage_release},
	[STAGE_RETRY] = {.name = "retry", .run = stage_retry},
	[STAGE_LOOK_UP] = {.name = "look up", .holds = AREA_LOCK, .run = stage_look_up},
	[STAGE_LAZY_FREE] = {.name = "lazy free", .run = stage_lazy_free},
	[STAGE_TRY_COLLECT] = {.name = "collect, if nobody else does",
			       .holds = PURGE_LOCK,
			       .tries = PURGE_LOCK,
			       .busy = STAGE_LAZY_FREE,
			       .run = stage_collect},
	[STAGE_EXPLICIT_PURGE] = {.name = "purge", .run = stage_explicit_purge},
	[STAGE_SEED] = {.name = "seed", .run = stage_seed},
};
