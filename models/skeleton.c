// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A model to copy: a small allocator of address space that works. docs/writing-a-model.md walks
 * through it; models/model.h says the same in general. Comments below begin with Required
 * or Not required where the interface has a say.
 *
 * Its data structure is one list of busy areas, ascending by address:
 *
 *     vstart                                                      vend
 *       |  [area] <-> [area]      <->      [area] <-> [area]        |
 *                           ^~~ a hole ~~^
 *
 * A request walks the list to the first hole that is large enough, which takes O(N) steps. A
 * free takes effect at once.
 */
#include "models/builtin.h"

#include "sim/base/units.h"

/* Not required: parameters, what comes after the name in --model skeleton,fit=next. */
enum {
	PARAM_FIT
};
enum {
	FIT_FIRST,
	FIT_NEXT
};

static const struct param_word fit_words[] = {{"first", FIT_FIRST}, {"next", FIT_NEXT}, {NULL, 0}};

static const struct param params[] = {
	[PARAM_FIT] = {.name = "fit",
		       .type = PARAM_WORD,
		       .default_text = "first",
		       .words = fit_words,
		       .help = "search from the bottom, or from the last area given out"},
	{.name = NULL},
};

/* Not required: the locks that stages run under. */
enum {
	AREA_LOCK
};
static const char *const locks[] = {"area_lock", NULL};

#define AREA_BYTES 64 /* of a descriptor in the simulated kernel, a cache line */

struct area {
	uint64_t start, end; /* [start, end) */
	struct area *prev, *next;
};

struct skeleton {
	uint64_t vstart, vend;
	uint64_t fit;
	struct footprint *footprint;
	struct area *first, *last;
	struct area *cursor; /* the last area given out; NULL: none */
	uint64_t n_areas;
	GPtrArray *by_slot; /* the struct area of each op's slot; NULL: none lives there */
};

static void set_n_areas(struct skeleton *skeleton, uint64_t n)
{
	skeleton->n_areas = n;
	/* The price of a hop depends on how much memory the list takes up. */
	footprint_note(skeleton->footprint, SET_BUSY, n * AREA_BYTES);
}

/* Make [start, start + size) busy; @next is the first area above it, or NULL. */
static void insert(struct skeleton *skeleton, const struct op *op, uint64_t start, uint64_t size,
		   struct area *next)
{
	struct area *area = g_new(struct area, 1);
	struct area *prev = next ? next->prev : skeleton->last;

	*area = (struct area){.start = start, .end = start + size, .prev = prev, .next = next};
	*(prev ? &prev->next : &skeleton->first) = area;
	*(next ? &next->prev : &skeleton->last) = area;
	set_n_areas(skeleton, skeleton->n_areas + 1);
	/* Slots are small and dense, so an array finds the area when the free comes. */
	if (op->slot >= skeleton->by_slot->len)
		g_ptr_array_set_size(skeleton->by_slot, (int)op->slot + 1);
	skeleton->by_slot->pdata[op->slot] = area;
}

/*
 * The lowest address for @op above @from (NULL: in its whole window). True if there
 * is one: *addr, and *next, the first area above it.
 */
static bool find_hole(const struct skeleton *skeleton, struct call *call, const struct area *from,
		      uint64_t *addr, struct area **next)
{
	const struct op *op = call->op;
	uint64_t size = op->vmap.size, align = op->vmap.align;
	/* An op may have a window of its own, as the module loader's have. */
	uint64_t vstart = op->flags & OP_HAS_VSTART ? op->vmap.vstart : skeleton->vstart;
	uint64_t vend = op->flags & OP_HAS_VEND ? op->vmap.vend : skeleton->vend;
	uint64_t low = from && from->end > vstart ? from->end : vstart;
	uint64_t at = align_up(low, align), hops = 0;
	struct area *area = from ? from->next : skeleton->first;

	for (; area && at >= low; area = area->next) {
		hops++;
		if (area->end <= at)
			continue;
		if (at < area->start && area->start - at >= size)
			break;
		low = area->end;
		at = align_up(low, align); /* below low: it wrapped round */
	}
	count(call, STEP_LIST_HOP, hops);
	call->steps += hops;
	*addr = at;
	*next = area;
	return at >= low && at < vend && vend - at >= size;
}

/*
 * The functions of the stages. Each is run at the moment its locks are held, changes the
 * model, counts the steps that a kernel would have taken, and returns the next stage.
 */
enum {
	STAGE_PREPARE,
	STAGE_SEARCH,
	STAGE_UNLINK,
	STAGE_RELEASE,
	STAGE_SEED,
};

static int run_prepare(void *model, struct call *call)
{
	(void)model;
	count(call, STEP_DESC_ALLOC, 1);
	return STAGE_SEARCH;
}

static int run_search(void *model, struct call *call)
{
	struct skeleton *skeleton = model;
	const struct area *cursor = skeleton->fit == FIT_NEXT ? skeleton->cursor : NULL;
	uint64_t addr;
	struct area *next;

	if (!find_hole(skeleton, call, cursor, &addr, &next) &&
	    !(cursor && find_hole(skeleton, call, NULL, &addr, &next))) {
		count(call, STEP_DESC_FREE, 1);
		return CALL_FAIL;
	}
	insert(skeleton, call->op, addr, call->op->vmap.size, next);
	skeleton->cursor = skeleton->by_slot->pdata[call->op->slot];
	call->addr = addr; /* the answer */
	return CALL_DONE;
}

static int run_unlink(void *model, struct call *call)
{
	struct skeleton *skeleton = model;
	struct area *area = skeleton->by_slot->pdata[call->op->slot];

	call->addr = area->start; /* what was freed: ops.csv shows it */
	*(area->prev ? &area->prev->next : &skeleton->first) = area->next;
	*(area->next ? &area->next->prev : &skeleton->last) = area->prev;
	if (skeleton->cursor == area)
		skeleton->cursor = area->prev;
	skeleton->by_slot->pdata[call->op->slot] = NULL;
	set_n_areas(skeleton, skeleton->n_areas - 1);
	g_free(area);
	return STAGE_RELEASE;
}

static int run_release(void *model, struct call *call)
{
	(void)model;
	count(call, STEP_DESC_FREE, 1);
	return CALL_DONE;
}

/* An area that was there before the trace began: its address is given, and it costs nothing. */
static int run_seed(void *model, struct call *call)
{
	struct skeleton *skeleton = model;
	const struct op *op = call->op;
	struct area *next = skeleton->first;

	if (op->flags & OP_LAZY) /* freed already, and here a free takes effect at once */
		return CALL_DONE;
	while (next && next->start < op->addr)
		next = next->next;
	insert(skeleton, op, op->addr, op->vmap.size, next);
	call->addr = op->addr;
	return CALL_DONE;
}

/*
 * Required: the stages. Between prepare and search, and between unlink and release, the
 * simulated CPU may have to wait for area_lock, or give it to another.
 */
static const struct stage stages[] = {
	[STAGE_PREPARE] = {.name = "prepare", .run = run_prepare},
	[STAGE_SEARCH] = {.name = "search", .holds = LOCK_BIT(AREA_LOCK), .run = run_search},
	[STAGE_UNLINK] = {.name = "unlink", .holds = LOCK_BIT(AREA_LOCK), .run = run_unlink},
	[STAGE_RELEASE] = {.name = "release", .run = run_release},
	[STAGE_SEED] = {.name = "seed", .run = run_seed},
};

/* Required. */
static void *skeleton_create(const struct model_env *env, GError **error)
{
	struct skeleton *skeleton;

	if (env->vstart >= env->vend) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			    "skeleton: the window is empty");
		return NULL;
	}
	skeleton = g_new0(struct skeleton, 1);
	skeleton->vstart = env->vstart;
	skeleton->vend = env->vend;
	skeleton->fit = env->params[PARAM_FIT].value;
	skeleton->footprint = env->footprint;
	skeleton->by_slot = g_ptr_array_new();
	return skeleton;
}

/* Required. */
static void skeleton_destroy(void *model)
{
	struct skeleton *skeleton = model;
	struct area *next;

	for (struct area *area = skeleton->first; area; area = next) {
		next = area->next;
		g_free(area);
	}
	g_ptr_array_unref(skeleton->by_slot);
	g_free(skeleton);
}

/* Not required: without it there are no curves of fragmentation. */
static void skeleton_sample(void *model, struct vmap_sample *sample)
{
	const struct skeleton *skeleton = model;
	uint64_t at = skeleton->vstart; /* what lies below is accounted for */

	*sample = (struct vmap_sample){.busy_areas = skeleton->n_areas};
	for (const struct area *area = skeleton->first; at < skeleton->vend;
	     area = area ? area->next : NULL) {
		uint64_t limit = area ? MIN(area->start, skeleton->vend) : skeleton->vend;

		if (limit > at) {
			sample->free_blocks++;
			sample->total_free_bytes += limit - at;
			sample->largest_free_bytes = MAX(sample->largest_free_bytes, limit - at);
		}
		at = area ? MAX(at, area->end) : skeleton->vend;
	}
}

/* Not required: without it there is no map of the address space. */
static void skeleton_busy_ranges(void *model, uint64_t start, uint64_t end, busy_range_fn fn,
				 void *ctx)
{
	const struct skeleton *skeleton = model;
	const struct area *area = skeleton->first;

	while (area && area->start < end) {
		const struct area *last = area;

		while (last->next && last->next->start == last->end) /* they touch: one range */
			last = last->next;
		if (last->end > start)
			fn(ctx, area->start, last->end);
		area = last->next;
	}
}

/* Not required, but it finds your mistakes: every rule that the data structure keeps. */
static char *skeleton_check(void *model)
{
	const struct skeleton *skeleton = model;
	uint64_t n = 0, live = 0;

	for (const struct area *area = skeleton->first; area; area = area->next, n++) {
		if (area->start >= area->end || (area->next && area->end > area->next->start))
			return g_strdup_printf("area 0x%" G_GINT64_MODIFIER
					       "x: empty, or runs into the next",
					       area->start);
		if (area->next ? area->next->prev != area : skeleton->last != area)
			return g_strdup_printf("area 0x%" G_GINT64_MODIFIER "x: wrongly linked",
					       area->start);
	}
	for (unsigned i = 0; i < skeleton->by_slot->len; i++)
		live += skeleton->by_slot->pdata[i] != NULL;
	if (n != skeleton->n_areas || n != live)
		return g_strdup_printf("%" G_GUINT64_FORMAT " areas listed, %" G_GUINT64_FORMAT
				       " counted, %" G_GUINT64_FORMAT " live",
				       n, skeleton->n_areas, live);
	return NULL;
}

/* The one symbol of this file; models/builtin.h names it. */
const struct model_ops skeleton_model = {
	.magic = KMSIM_MODEL_MAGIC,
	.version = KMSIM_MODEL_VERSION,
	.size = sizeof(struct model_ops),
	.name = "skeleton",
	.summary = "a model to copy: first fit over one list, no kernel's",
	.kinds = OP_BIT(OP_VMAP_ALLOC) | OP_BIT(OP_VMAP_FREE) | OP_BIT(OP_VMAP_SEED),
	.params = params,
	.locks = locks,
	.stages = stages,
	.n_stages = G_N_ELEMENTS(stages),
	.entry =
		{
			[OP_VMAP_ALLOC] = STAGE_PREPARE,
			[OP_VMAP_FREE] = STAGE_UNLINK,
			[OP_VMAP_SEED] = STAGE_SEED,
		},
	.create = skeleton_create,
	.destroy = skeleton_destroy,
	.sample_vmap = skeleton_sample,
	.busy_ranges = skeleton_busy_ranges,
	.check = skeleton_check,
};
