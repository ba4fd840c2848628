// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/vmap/vmap_space_internal.h"

#include "sim/base/units.h"

struct vmap_seed {
	struct vmap_ref ref;
	uint32_t slot;
	bool lazy;
};

const struct param_word vmap_lazy_words[] = {{"none", LAZY_NONE}, {NULL, 0}};
const char *const vmap_lock_names[] = {[LOCK_VMAP_PURGE] = "vmap_purge_lock",
				       [LOCK_VMAP_AREA] = "vmap_area_lock",
				       [LOCK_VMAP_FREE] = "free_vmap_area_lock",
				       [LOCK_VMAP_LAZY] = "purge_vmap_area_lock",
				       [LOCK_VMAP_ZONE] = "zone_lock",
				       [LOCK_VMAP_COUNTER] = VM_COUNTER_NAME,
				       NULL};

uint32_t vmap_lock_instances(void *model G_GNUC_UNUSED, unsigned lock)
{
	return lock == LOCK_VMAP_COUNTER ? VM_COUNTERS : 1;
}

void vmap_space_init(struct vmap_space *space, const struct vmap_allocator *allocator,
		     const struct model_env *env, enum vm_work work, bool bulk)
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
	vm_backing_init(&space->backing, work, bulk, env);
	space->gone_to = g_new0(uint64_t, MAX(env->cpus, 1));
	area_pool_init(&space->lazy_pool);
	area_tree_init(&space->lazy_tree, &space->lazy_pool, AREA_PLAIN);
	area_tree_init(&space->purging_tree, &space->lazy_pool, AREA_PLAIN);
}

void vmap_space_coming(void *model, uint32_t slot)
{
	const struct vmap_space *space = model;

	if (slot < space->objects->len)
		prefetch(&g_array_index(space->objects, struct vmap_object, slot));
}

static struct vmap_object *object_new(struct vmap_space *space, uint32_t slot)
{
	if (slot >= space->objects->len)
		g_array_set_size(space->objects, slot + 1);
	struct vmap_object *object = object_at(space, slot);

	*object = (struct vmap_object){0};
	return object;
}

void vmap_object_end(struct vmap_object *object)
{
	if (object->n)
		g_free(object->many);
	*object = (struct vmap_object){0};
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
	g_free(space->gone_to);
	vm_backing_clear(&space->backing);
	area_pool_clear(&space->lazy_pool);
}

void vmap_add_busy(struct vmap_space *space, uint64_t n)
{
	space->busy_areas += n;
	footprint_note(space->footprint, SET_BUSY,
		       (space->busy_areas - space->lazy_areas) * VMAP_AREA_BYTES);
}

uint64_t vmap_new_levels(struct vmap_space *space, const struct call *call, uint64_t addr,
			 uint64_t nodes)
{
	uint64_t *gone_to = &space->gone_to[call->op->cpu];

	space->descent.last = *gone_to;
	*gone_to = addr;
	return descent_new_levels(&space->descent, addr, nodes);
}

void vmap_count_descent(struct vmap_space *space, struct call *call, uint64_t addr, uint64_t nodes)
{
	count(call, STEP_BUSY_VISIT, fls64(nodes));
	count(call, STEP_BUSY_LINE, vmap_new_levels(space, call, addr, nodes));
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
	vmap_add_busy(space, seeds->len);
	for (unsigned i = 0; i < seeds->len; i++) {
		struct vmap_seed *seed = &g_array_index(seeds, struct vmap_seed, i);

		if (seed->lazy && space->allocator->splits_locks) {
			vmap_lazy_join(space, seed->ref.start, seed->ref.start + seed->ref.size);
			vmap_add_busy(space, 0);
		} else if (seed->lazy) {
			g_array_append_val(space->lazy, seed->ref);
			space->lazy_pages += seed->ref.size / PAGE_SIZE;
		} else {
			struct vmap_object *object = object_new(space, seed->slot);

			object->one = seed->ref;
			if (space->backing.on)
				object->pages = (uint32_t)(seed->ref.size / PAGE_SIZE - 1);
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
	struct vmap_space *space = model;

	vmap_space_settle(space);
	count(call, STEP_DESC_ALLOC, call->op->kind == OP_PCPU_ALLOC ? call->op->pcpu->n_areas : 1);
	if (call->op->kind == OP_VMAP_ALLOC)
		vm_backing_begin(&space->backing, call);
	return space->allocator->splits_locks ? STAGE_SEARCH_FREE : STAGE_SEARCH;
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
		vmap_add_busy(space, 1);
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
	vmap_add_busy(space, pcpu->n_areas);
	return ATTEMPT_OK;
}

int vmap_found(struct vmap_space *space, struct call *call)
{
	if (call->message)
		return CALL_BROKEN;
	return space->backing.on && call->op->kind == OP_VMAP_ALLOC ? STAGE_ATTACH : CALL_DONE;
}

int vmap_purge_stage(const struct vmap_space *space)
{
	return space->allocator->splits_locks ? STAGE_COLLECT_JOINED : STAGE_COLLECT;
}

static int stage_search(void *model, struct call *call)
{
	struct vmap_space *space = model;
	bool pcpu = call->op->kind == OP_PCPU_ALLOC;

	switch (pcpu ? search_pcpu(space, call) : search_one(space, call)) {
	case ATTEMPT_OK:
		if (space->allocator->splits_locks && !call->message)
			return STAGE_INSERT;
		return vmap_found(space, call);
	case ATTEMPT_OOPS:
		return CALL_OOPS;
	default:
		break;
	}
	if (call->scratch[SCRATCH_PURGED])
		return CALL_FAIL;
	call->scratch[SCRATCH_PURGED] = 1;
	return vmap_purge_stage(space);
}

int vmap_after_purge(struct vmap_space *space, const struct call *call)
{
	switch (op_id_role(call->op->kind)) {
	case ID_MADE:
		return STAGE_RETRY;
	case ID_ENDED:
		return space->allocator->splits_locks ? vmap_freed(space, call) : STAGE_LAZY_FREE;
	default:
		return CALL_DONE;
	}
}

/* A purge knows what it is going to release: so many areas at a time it says so. */
static void expect_next(struct vmap_space *space, const GArray *list, unsigned n)
{
	const struct vmap_ref *end = &g_array_index(list, struct vmap_ref, list->len);

	space->allocator->expect(space, end - n, n);
}

static int stage_collect(void *model, struct call *call)
{
	struct vmap_space *space = model;
	GArray *list = space->lazy;

	if (!list->len)
		return vmap_after_purge(space, call);
	space->purges++;
	space->lazy = space->purging;
	space->purging = list;
	footprint_note(space->footprint, SET_LAZY, list->len * (uint64_t)VMAP_AREA_BYTES);
	vm_backing_purge(&space->backing);
	descent_round(&space->descent);
	descent_round(&space->purge_descent);
	expect_next(space, list, list->len % EXPECTED_MAX);
	count(call, STEP_TLB_FLUSH, 1);
	count(call, STEP_TLB_FLUSH_CPU, space->cpus - 1);
	return STAGE_RELEASE;
}

static int stage_release(void *model, struct call *call)
{
	struct vmap_space *space = model;
	GArray *list = space->purging;
	struct vmap_ref ref = g_array_index(list, struct vmap_ref, list->len - 1);

	if (list->len % EXPECTED_MAX == 0)
		expect_next(space, list, EXPECTED_MAX);
	g_array_set_size(list, list->len - 1);
	space->allocator->release(space, call, &ref);
	vmap_add_busy(space, -UINT64_C(1));
	space->lazy_pages -= ref.size / PAGE_SIZE;
	if (call->message)
		return CALL_BROKEN;
	if (!list->len)
		return vmap_after_purge(space, call);
	bool keep = space->allocator->purge_keeps_lock &&
		    space->lazy_pages / 2 >= space->lazy_max_pages;

	return keep ? STAGE_RELEASE : STAGE_RELEASE_YIELDING;
}

static int stage_retry(void *model, struct call *call G_GNUC_UNUSED)
{
	const struct vmap_space *space = model;

	return space->allocator->splits_locks ? STAGE_SEARCH_FREE : STAGE_SEARCH;
}

/* After the lazy free: its pages, if it has any. */
int vmap_freed(struct vmap_space *space, const struct call *call)
{
	bool more = space->backing.on && call->op->kind == OP_VMAP_FREE;

	return more ? STAGE_GIVE_PAGES : CALL_DONE;
}

static int release_at_once(struct vmap_space *space, struct call *call, struct vmap_object *object)
{
	uint32_t n;
	struct vmap_ref *refs = object_refs(object, &n);

	for (uint32_t i = 0; i < n && !call->message; i++)
		space->allocator->release(space, call, &refs[i]);
	vmap_add_busy(space, -(uint64_t)n);
	bool more = space->backing.on && !object->n;

	vmap_object_end(object);
	if (call->message)
		return CALL_BROKEN;
	return more ? STAGE_UNMAP : CALL_DONE;
}

/* Where a free goes on when its area is found (v6.3: and taken out of the busy tree). */
static int looked_up(const struct vmap_space *space, const struct vmap_object *object)
{
	bool split = space->allocator->splits_locks;

	if (!space->backing.on || object->n)
		return split ? STAGE_LAZY_INSERT : STAGE_LAZY_FREE;
	return split ? STAGE_UNMAP : STAGE_LOOK_UP_AGAIN;
}

static int stage_look_up(void *model, struct call *call)
{
	struct vmap_space *space = model;

	vmap_space_settle(space);
	struct vmap_object *object = object_at(space, call->op->slot);
	uint32_t n;
	struct vmap_ref *refs = object_refs(object, &n);

	call->addr = object->n ? object->base : refs[0].start;
	call->scratch[SCRATCH_PAGES] = object->pages;
	call->scratch[SCRATCH_MAPPED] = refs[0].size / PAGE_SIZE - 1;
	for (uint32_t i = 0; i < n; i++)
		vmap_count_descent(space, call, refs[i].start,
				   space->busy_areas - space->lazy_areas);
	if (space->allocator->splits_locks)
		count(call, STEP_REBALANCE, n);
	return space->lazy_max_pages ? looked_up(space, object)
				     : release_at_once(space, call, object);
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
		vmap_object_end(object);
		return vmap_freed(space, call);
	}
	g_array_append_val(space->lazy, refs[i]);
	space->lazy_pages += refs[i].size / PAGE_SIZE;
	count(call, STEP_LAZY_PUSH, 1);
	vm_backing_lazy(&space->backing, call);
	if (space->lazy_pages > space->lazy_max_pages)
		return STAGE_TRY_COLLECT;
	return i + 1 < n || object->n ? STAGE_LAZY_FREE : vmap_freed(space, call);
}

static int stage_explicit_purge(void *model, struct call *call)
{
	vmap_space_settle(model);
	/* purges that a recording's own kernel did by its rules are not this kernel's */
	return call->op->purge.why == PURGE_EXPLICIT ? vmap_purge_stage(model) : CALL_DONE;
}

/*
 * Cache lines that move with a lock, estimates: its own, and those of the two areas beside the one
 * that is linked in or out (one of them its parent in the tree). The others change nothing but the
 * area that the CPU has at hand.
 */
#define TREE_LINES 3
#define LOCK_LINES 1

#define PURGE_LOCK LOCK_BIT(LOCK_VMAP_PURGE)
#define AREA_LOCK  LOCK_BIT(LOCK_VMAP_AREA)
#define FREE_LOCK  LOCK_BIT(LOCK_VMAP_FREE)
#define LAZY_LOCK  LOCK_BIT(LOCK_VMAP_LAZY)
#define ZONE_LOCK  LOCK_BIT(LOCK_VMAP_ZONE)
#define COUNTER	   LOCK_BIT(LOCK_VMAP_COUNTER)

const struct background_task vmap_background[] = {{.name = "drain", .entry = STAGE_COLLECT_JOINED},
						  {.name = NULL}};

const struct stage vmap_stages[VMAP_STAGES] = {
	[STAGE_PREPARE] = {.name = "prepare", .run = stage_prepare},
	[STAGE_SEARCH] = {.name = "search",
			  .holds = AREA_LOCK,
			  .lines = TREE_LINES,
			  .run = stage_search},
	[STAGE_COLLECT] = {.name = "collect", .holds = PURGE_LOCK, .run = stage_collect},
	[STAGE_RELEASE] = {.name = "release",
			   .holds = PURGE_LOCK | AREA_LOCK,
			   .lines = TREE_LINES,
			   .run = stage_release},
	[STAGE_RELEASE_YIELDING] = {.name = "release, letting others in",
				    .holds = PURGE_LOCK | AREA_LOCK,
				    .yields = AREA_LOCK,
				    .lines = TREE_LINES,
				    .run = stage_release},
	[STAGE_RETRY] = {.name = "retry", .run = stage_retry},
	[STAGE_LOOK_UP] = {.name = "look up",
			   .holds = AREA_LOCK,
			   .lines = TREE_LINES,
			   .run = stage_look_up},
	[STAGE_LAZY_FREE] = {.name = "lazy free", .run = stage_lazy_free},
	[STAGE_TRY_COLLECT] = {.name = "collect, if nobody else does",
			       .holds = PURGE_LOCK,
			       .tries = PURGE_LOCK,
			       .busy = STAGE_LAZY_FREE,
			       .run = stage_collect},
	[STAGE_EXPLICIT_PURGE] = {.name = "purge", .run = stage_explicit_purge},
	[STAGE_SEED] = {.name = "seed", .run = stage_seed},
	[STAGE_SEARCH_FREE] = {.name = "search free",
			       .holds = FREE_LOCK,
			       .lines = TREE_LINES,
			       .run = stage_search},
	[STAGE_INSERT] = {.name = "insert",
			  .holds = AREA_LOCK,
			  .lines = TREE_LINES,
			  .run = vmap_stage_insert},
	[STAGE_ATTACH] = {.name = "attach",
			  .holds = AREA_LOCK,
			  .retakes = AREA_LOCK,
			  .lines = LOCK_LINES,
			  .run = vmap_stage_attach},
	[STAGE_TAKE_PAGES] = {.name = "take pages", .run = vmap_stage_take_pages},
	[STAGE_COUNT_PAGES] = {.name = "count pages",
			       .holds = COUNTER,
			       .run = vmap_stage_count_pages},
	[STAGE_COUNT_LAZY] = {.name = "count lazy pages",
			      .holds = COUNTER,
			      .run = vmap_stage_count_lazy},
	[STAGE_REFILL] = {.name = "refill", .holds = ZONE_LOCK, .run = vmap_stage_refill},
	[STAGE_LOOK_UP_AGAIN] = {.name = "look up again",
				 .holds = AREA_LOCK,
				 .retakes = AREA_LOCK,
				 .lines = LOCK_LINES,
				 .run = vmap_stage_look_up_again},
	[STAGE_DETACH] = {.name = "detach",
			  .holds = AREA_LOCK,
			  .retakes = AREA_LOCK,
			  .lines = LOCK_LINES,
			  .run = vmap_stage_detach},
	[STAGE_UNMAP] = {.name = "unmap", .run = vmap_stage_unmap},
	[STAGE_GIVE_PAGES] = {.name = "give pages", .run = vmap_stage_give_pages},
	[STAGE_DRAIN_PAGES] = {.name = "drain pages",
			       .holds = ZONE_LOCK,
			       .run = vmap_stage_drain_pages},
	[STAGE_LAZY_INSERT] = {.name = "lazy insert",
			       .holds = LAZY_LOCK,
			       .retakes = LAZY_LOCK,
			       .lines = TREE_LINES,
			       .run = vmap_stage_lazy_insert},
	[STAGE_COLLECT_JOINED] = {.name = "collect what is joined",
				  .holds = PURGE_LOCK | LAZY_LOCK,
				  .run = vmap_stage_collect_joined},
	[STAGE_FLUSH_JOINED] = {.name = "flush",
				.holds = PURGE_LOCK,
				.run = vmap_stage_flush_joined},
	[STAGE_RELEASE_JOINED] = {.name = "release what is joined",
				  .holds = PURGE_LOCK | FREE_LOCK,
				  .lines = TREE_LINES,
				  .run = vmap_stage_release_joined},
	[STAGE_RELEASE_JOINED_YIELDING] = {.name = "release what is joined, letting others in",
					   .holds = PURGE_LOCK | FREE_LOCK,
					   .yields = FREE_LOCK,
					   .lines = TREE_LINES,
					   .run = vmap_stage_release_joined},
};
