// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * recorded: what the kernel that was recorded did. A request is where it was then, a purge takes
 * the areas that were freed first, as many as it took then. It decides nothing and does no work
 * that could be priced.
 *
 * What vmap nodes keep in pools looks free: no event tells of it. Of page frames it says where a
 * request was met. The state of zones and what compaction did are in no op: the recording's own
 * events and files tell them (sim/trace/machine_record.h).
 */
#include "models/builtin.h"

#include "models/vmap/free_tree.h"

#include "sim/base/units.h"

#include <string.h>

/* What an id names: one area, or those of a percpu chunk; of page frames nothing is kept. */
struct object {
	uint64_t base;
	uint32_t n;
	uint32_t one;	/* n is 1: its node in the busy tree; NIL: gone already */
	uint32_t *many; /* owned, n of them */
};

/* Of a node of the busy tree. */
struct owner {
	uint32_t slot;	/* while it lives */
	uint64_t freed; /* number of its free; 0: it lives */
};

struct lazy_area {
	uint32_t node;
	uint64_t freed; /* stale where its node's owner says something else */
};

#define RECORDED_COUNTER_LIST(X)                                                                   \
	X(PURGES, "purges", "purges that took areas")                                              \
	X(PURGED_AREAS, "purged_areas", "areas that they took")                                    \
	X(PURGED_EARLY, "purged_early",                                                            \
	  "of these, given out again before the event of their purge")                             \
	X(UNKNOWN_FREES, "unseen_frees", "live areas whose range was given out again")

enum {
#define X(id, name, what) COUNTER_##id,
	RECORDED_COUNTER_LIST(X)
#undef X
	COUNTERS
};

struct recorded {
	struct free_tree free;
	struct area_pool pool;
	struct area_tree busy; /* lazily freed areas, too */
	GArray *owners;	       /* struct owner by node */
	GArray *objects;       /* struct object by slot */
	GArray *lazy;	       /* struct lazy_area, first freed first */
	guint next_lazy;       /* index of the first that counts */
	uint64_t frees;
	uint64_t lazy_pages;
	uint64_t early;	      /* areas of a purge whose event has not come */
	struct call unpriced; /* takes the counts of the free tree */
	uint64_t counters[COUNTERS];
};

static struct owner *owner_of(struct recorded *model, uint32_t node)
{
	if (node >= model->owners->len)
		g_array_set_size(model->owners, node + 1);
	return &g_array_index(model->owners, struct owner, node);
}

static struct object *object_at(struct recorded *model, uint32_t slot)
{
	if (slot >= model->objects->len)
		g_array_set_size(model->objects, slot + 1);
	return &g_array_index(model->objects, struct object, slot);
}

static uint32_t *nodes_of(struct object *object)
{
	return object->many ? object->many : &object->one;
}

static void clear_object(struct object *object)
{
	g_free(object->many);
	*object = (struct object){0};
}

/* --- areas --- */

static uint64_t pages_of(const struct area *area)
{
	return area_size(area) / PAGE_SIZE;
}

static void take_out(struct recorded *model, uint32_t node)
{
	struct area area = *area_at(&model->busy, node);

	area_tree_erase(&model->busy, node);
	area_delete(&model->pool, node);
	*owner_of(model, node) = (struct owner){0};
	free_tree_release(&model->free, area.start, area.end, &model->unpriced);
}

static void release_lazy(struct recorded *model, uint32_t node)
{
	model->lazy_pages -= pages_of(area_at(&model->busy, node));
	model->counters[COUNTER_PURGED_AREAS]++;
	take_out(model, node);
}

/* Its free was not recorded. */
static void forget_live(struct recorded *model, uint32_t node)
{
	struct object *object = object_at(model, owner_of(model, node)->slot);
	uint32_t *nodes = nodes_of(object);

	for (uint32_t i = 0; i < object->n; i++) {
		if (nodes[i] == node)
			nodes[i] = NIL;
	}
	model->counters[COUNTER_UNKNOWN_FREES]++;
	take_out(model, node);
}

/* The busy area that reaches highest into [start, end); NIL if it is free. */
static uint32_t busy_in(const struct recorded *model, uint64_t start, uint64_t end)
{
	uint32_t node = area_tree_at_or_below(&model->busy, end - 1);

	return node && area_at(&model->busy, node)->end > start ? node : NIL;
}

/* Whatever was there has gone: the machine gave the range out. */
static void make_room(struct recorded *model, uint64_t start, uint64_t end)
{
	uint32_t node;

	while ((node = busy_in(model, start, end))) {
		if (!owner_of(model, node)->freed) {
			forget_live(model, node);
			continue;
		}
		/* the event of a purge comes at its end */
		model->early++;
		model->counters[COUNTER_PURGED_EARLY]++;
		release_lazy(model, node);
	}
}

static uint32_t put(struct recorded *model, uint32_t slot, uint64_t start, uint64_t size)
{
	uint32_t node = area_new(&model->pool, start, start + size);
	uint32_t below = area_tree_at_or_below(&model->busy, start);
	uint32_t next = below ? area_at(&model->busy, below)->next : model->busy.first;

	area_tree_insert_before(&model->busy, node, next);
	*owner_of(model, node) = (struct owner){.slot = slot};
	free_tree_carve(&model->free, area_tree_at_or_below(&model->free.tree, start), start, size,
			&model->unpriced);
	return node;
}

static void set_lazy(struct recorded *model, uint32_t node)
{
	struct owner *owner = owner_of(model, node);
	struct lazy_area lazy = {node, ++model->frees};

	owner->freed = lazy.freed;
	g_array_append_val(model->lazy, lazy);
	model->lazy_pages += pages_of(area_at(&model->busy, node));
}

/* --- ops --- */

static int stage_seed(void *data, struct call *call)
{
	struct recorded *model = data;
	const struct op *op = call->op;
	uint32_t node = put(model, op->slot, op->addr, op->vmap.size);

	call->addr = op->addr;
	if (op->flags & OP_LAZY)
		set_lazy(model, node);
	else
		*object_at(model, op->slot) = (struct object){op->addr, 1, node, NULL};
	return CALL_DONE;
}

/* Is [start, start + size) an area at all, in the addresses that there are? */
static bool is_range(uint64_t start, uint64_t size)
{
	return start && size <= UINT64_MAX - start;
}

static int no_address(struct call *call)
{
	call->message = g_strdup_printf("%s of id %" G_GUINT64_FORMAT
					": no address was recorded, or one that cannot be",
					op_kind_name(call->op->kind), call->op->id);
	return CALL_INPUT;
}

static int stage_alloc(void *data, struct call *call)
{
	struct recorded *model = data;
	const struct op *op = call->op;

	if (op->flags & OP_FAILED)
		return CALL_FAIL;
	if (!(op->flags & OP_HAS_ADDR) || !is_range(op->addr, op->vmap.size))
		return no_address(call);
	make_room(model, op->addr, op->addr + op->vmap.size);
	uint32_t node = put(model, op->slot, op->addr, op->vmap.size);

	*object_at(model, op->slot) = (struct object){op->addr, 1, node, NULL};
	call->addr = op->addr;
	return CALL_DONE;
}

static int stage_alloc_pcpu(void *data, struct call *call)
{
	struct recorded *model = data;
	const struct op *op = call->op;
	const struct op_pcpu *pcpu = op->pcpu;

	if (op->flags & OP_FAILED)
		return CALL_FAIL;
	for (uint32_t i = 0; i < pcpu->n_areas; i++) {
		uint64_t start = op->addr + pcpu->area[i].offset;

		if (!(op->flags & OP_HAS_ADDR) || start < op->addr ||
		    !is_range(start, pcpu->area[i].size))
			return no_address(call);
	}
	struct object object = {op->addr, pcpu->n_areas, NIL, g_new(uint32_t, pcpu->n_areas)};

	for (uint32_t i = 0; i < pcpu->n_areas; i++) {
		uint64_t start = op->addr + pcpu->area[i].offset, size = pcpu->area[i].size;

		make_room(model, start, start + size);
		object.many[i] = put(model, op->slot, start, size);
	}
	*object_at(model, op->slot) = object;
	call->addr = op->addr;
	return CALL_DONE;
}

static int stage_free(void *data, struct call *call)
{
	struct recorded *model = data;
	struct object *object = object_at(model, call->op->slot);
	const uint32_t *nodes = nodes_of(object);

	call->addr = object->base;
	for (uint32_t i = 0; i < object->n; i++) {
		if (nodes[i])
			set_lazy(model, nodes[i]);
	}
	clear_object(object);
	return CALL_DONE;
}

/* The area that was freed first and has not been purged; NIL if there is none. */
static uint32_t first_lazy(struct recorded *model)
{
	while (model->next_lazy < model->lazy->len) {
		const struct lazy_area *lazy =
			&g_array_index(model->lazy, struct lazy_area, model->next_lazy++);

		if (owner_of(model, lazy->node)->freed == lazy->freed)
			return lazy->node;
	}
	g_array_set_size(model->lazy, 0);
	model->next_lazy = 0;
	return NIL;
}

static int stage_purge(void *data, struct call *call)
{
	struct recorded *model = data;
	const struct op *op = call->op;
	uint64_t left = op->flags & OP_HAS_N ? op->purge.n : UINT64_MAX;
	uint64_t early = MIN(model->early, left);
	bool took = early > 0;
	uint32_t node;

	/* the half of one that only takes areas off the lists: the rest follows */
	if (op->purge.why == PURGE_DETACH)
		return CALL_DONE;
	model->early = 0;
	for (left -= early; left && (node = first_lazy(model)); left--) {
		release_lazy(model, node);
		took = true;
	}
	model->counters[COUNTER_PURGES] += took;
	return CALL_DONE;
}

static int stage_page_alloc(void *data G_GNUC_UNUSED, struct call *call)
{
	const struct op *op = call->op;

	if (op->flags & OP_FAILED)
		return CALL_FAIL;
	if (!(op->flags & OP_HAS_ADDR)) {
		call->message = g_strdup_printf(
			"page_alloc of id %" G_GUINT64_FORMAT ": no pfn was recorded", op->id);
		return CALL_INPUT;
	}
	call->addr = op->addr;
	return CALL_DONE;
}

/*
 * Most page seeds lie where a draw has put them, and compaction may have moved what is freed: none
 * is said to lie anywhere. What a compaction did is in no op. What the shrinker emptied looked free
 * before.
 */
static int stage_nothing_told(void *data G_GNUC_UNUSED, struct call *call G_GNUC_UNUSED)
{
	return CALL_DONE;
}

/* --- the model --- */

static void *recorded_create(const struct model_env *env, GError **error G_GNUC_UNUSED)
{
	struct recorded *model = g_new0(struct recorded, 1);

	free_tree_init(&model->free, SEARCH_V5_2, env->vstart, env->vend);
	area_pool_init(&model->pool);
	area_tree_init(&model->busy, &model->pool, AREA_PLAIN);
	model->owners = g_array_new(FALSE, TRUE, sizeof(struct owner));
	model->objects = g_array_new(FALSE, TRUE, sizeof(struct object));
	model->lazy = g_array_new(FALSE, FALSE, sizeof(struct lazy_area));
	return model;
}

static void recorded_destroy(void *data)
{
	struct recorded *model = data;

	for (guint i = 0; i < model->objects->len; i++)
		clear_object(object_at(model, i));
	g_array_unref(model->objects);
	g_array_unref(model->owners);
	g_array_unref(model->lazy);
	area_pool_clear(&model->pool);
	free_tree_clear(&model->free);
	g_free(model);
}

static void recorded_sample(void *data, struct vmap_sample *sample)
{
	const struct recorded *model = data;

	*sample = (struct vmap_sample){
		.busy_areas = model->busy.n,
		.lazy_pages = model->lazy_pages,
		.free_blocks = model->free.space.blocks,
		.largest_free_bytes = free_tree_largest(&model->free),
		.total_free_bytes = model->free.space.total_bytes,
		.purges = model->counters[COUNTER_PURGES],
	};
}

static void recorded_busy_ranges(void *data, uint64_t start, uint64_t end, busy_range_fn fn,
				 void *ctx)
{
	const struct recorded *model = data;

	free_tree_busy_ranges(&model->free, start, end, fn, ctx);
}

static void recorded_read_counters(void *data, uint64_t *values)
{
	const struct recorded *model = data;

	memcpy(values, model->counters, sizeof(model->counters));
}

static char *check_lazy_pages(struct recorded *model)
{
	uint64_t pages = 0;

	for (uint32_t node = model->busy.first; node; node = area_at(&model->busy, node)->next) {
		if (owner_of(model, node)->freed)
			pages += pages_of(area_at(&model->busy, node));
	}
	return pages == model->lazy_pages ? NULL : g_strdup("the number of lazy pages is wrong");
}

static char *recorded_check(void *data)
{
	struct recorded *model = data;
	char *message = area_tree_check(&model->busy, "busy tree");

	message = message ? message : free_tree_check(&model->free);
	return message ? message : check_lazy_pages(model);
}

enum {
	STAGE_SEED,
	STAGE_ALLOC,
	STAGE_ALLOC_PCPU,
	STAGE_FREE,
	STAGE_PURGE,
	STAGE_PAGE_ALLOC,
	STAGE_NOTHING_TOLD
};

static const struct stage stages[] = {
	[STAGE_SEED] = {.name = "seed", .run = stage_seed},
	[STAGE_ALLOC] = {.name = "alloc", .run = stage_alloc},
	[STAGE_ALLOC_PCPU] = {.name = "alloc percpu", .run = stage_alloc_pcpu},
	[STAGE_FREE] = {.name = "free", .run = stage_free},
	[STAGE_PURGE] = {.name = "purge", .run = stage_purge},
	[STAGE_PAGE_ALLOC] = {.name = "page alloc", .run = stage_page_alloc},
	[STAGE_NOTHING_TOLD] = {.name = "nothing told", .run = stage_nothing_told},
};

static const struct model_counter counters[] = {
#define X(id, name, what) [COUNTER_##id] = {name, what},
	RECORDED_COUNTER_LIST(X)
#undef X
		{NULL, NULL}};

const struct model_ops recorded_model = {
	.magic = KMSIM_MODEL_MAGIC,
	.version = KMSIM_MODEL_VERSION,
	.size = sizeof(struct model_ops),
	.name = "recorded",
	.summary = "what the recorded kernel did (kmsim whatif only)",
	.replays = true,
	.kinds = OP_BIT(OP_VMAP_ALLOC) | OP_BIT(OP_VMAP_FREE) | OP_BIT(OP_VMAP_PURGE) |
		 OP_BIT(OP_PCPU_ALLOC) | OP_BIT(OP_PCPU_FREE) | OP_BIT(OP_VMAP_SEED) |
		 OP_BIT(OP_PAGE_ALLOC) | OP_BIT(OP_PAGE_FREE) | OP_BIT(OP_PAGE_SEED) |
		 OP_BIT(OP_COMPACT) | OP_BIT(OP_SHRINK),
	.stages = stages,
	.n_stages = G_N_ELEMENTS(stages),
	.entry = {[OP_VMAP_SEED] = STAGE_SEED,
		  [OP_VMAP_ALLOC] = STAGE_ALLOC,
		  [OP_PCPU_ALLOC] = STAGE_ALLOC_PCPU,
		  [OP_VMAP_FREE] = STAGE_FREE,
		  [OP_PCPU_FREE] = STAGE_FREE,
		  [OP_VMAP_PURGE] = STAGE_PURGE,
		  [OP_PAGE_SEED] = STAGE_NOTHING_TOLD,
		  [OP_PAGE_ALLOC] = STAGE_PAGE_ALLOC,
		  [OP_PAGE_FREE] = STAGE_NOTHING_TOLD,
		  [OP_COMPACT] = STAGE_NOTHING_TOLD,
		  [OP_SHRINK] = STAGE_NOTHING_TOLD},
	.create = recorded_create,
	.destroy = recorded_destroy,
	.sample_vmap = recorded_sample,
	.busy_ranges = recorded_busy_ranges,
	.counters = counters,
	.read_counters = recorded_read_counters,
	.check = recorded_check,
};
