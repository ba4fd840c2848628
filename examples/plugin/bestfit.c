// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A kmsim model as a shared library: best fit. A request gets the smallest hole that is large
 * enough, the lowest of equal ones, found by looking at every area. `make` here, then
 *
 *     kmsim replay TRACE --plugin ./bestfit.so --model bestfit
 *
 * It keeps what is needed and leaves out what is not; models/skeleton.c in kmsim's sources
 * is the start for a model of your own.
 */
#include <kmsim/model.h>

#define AREA_BYTES 64 /* of a descriptor in the simulated kernel */

struct area {
	uint64_t start, end; /* [start, end) */
};

struct bestfit {
	uint64_t vstart, vend;
	struct footprint *footprint;
	GArray *areas;	/* struct area, ascending */
	GArray *starts; /* where the area of each slot starts */
};

static struct area *area_at(const struct bestfit *bestfit, unsigned i)
{
	return &g_array_index(bestfit->areas, struct area, i);
}

/* Index of the first area that starts at or above @addr. */
static unsigned lower_bound(const struct bestfit *bestfit, uint64_t addr)
{
	unsigned low = 0, high = bestfit->areas->len;

	while (low < high) {
		unsigned middle = low + (high - low) / 2;

		if (area_at(bestfit, middle)->start < addr)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void insert(struct bestfit *bestfit, const struct op *op, uint64_t start)
{
	const struct area area = {start, start + op->vmap.size};

	g_array_insert_val(bestfit->areas, lower_bound(bestfit, start), area);
	if (op->slot >= bestfit->starts->len)
		g_array_set_size(bestfit->starts, op->slot + 1);
	g_array_index(bestfit->starts, uint64_t, op->slot) = start;
	footprint_note(bestfit->footprint, SET_BUSY, bestfit->areas->len * AREA_BYTES);
}

/* One look at every hole. False if none is large enough. */
static bool find_hole(const struct bestfit *bestfit, const struct op *op, uint64_t *addr)
{
	uint64_t at = op->flags & OP_HAS_VSTART ? op->vmap.vstart : bestfit->vstart;
	uint64_t vend = op->flags & OP_HAS_VEND ? op->vmap.vend : bestfit->vend;
	uint64_t best = UINT64_MAX;

	for (unsigned i = 0; i <= bestfit->areas->len && at < vend; i++) {
		const struct area *area = i < bestfit->areas->len ? area_at(bestfit, i) : NULL;
		uint64_t limit = area ? MIN(area->start, vend) : vend;
		uint64_t start = (at + op->vmap.align - 1) & ~(op->vmap.align - 1);

		if (start >= at && start < limit && limit - start >= op->vmap.size &&
		    limit - at < best) {
			best = limit - at;
			*addr = start;
		}
		if (area)
			at = MAX(at, area->end);
	}
	return best != UINT64_MAX;
}

static int run_search(void *model, struct call *call)
{
	struct bestfit *bestfit = model;

	count(call, STEP_LIST_HOP, bestfit->areas->len);
	call->steps += bestfit->areas->len;
	if (!find_hole(bestfit, call->op, &call->addr))
		return CALL_FAIL;
	count(call, STEP_DESC_ALLOC, 1);
	insert(bestfit, call->op, call->addr);
	return CALL_DONE;
}

static int run_free(void *model, struct call *call)
{
	struct bestfit *bestfit = model;

	call->addr = g_array_index(bestfit->starts, uint64_t, call->op->slot);
	g_array_remove_index(bestfit->areas, lower_bound(bestfit, call->addr));
	footprint_note(bestfit->footprint, SET_BUSY, bestfit->areas->len * AREA_BYTES);
	count(call, STEP_DESC_FREE, 1);
	return CALL_DONE;
}

static int run_seed(void *model, struct call *call)
{
	if (!(call->op->flags & OP_LAZY)) /* else it was freed before the trace began */
		insert(model, call->op, call->addr = call->op->addr);
	return CALL_DONE;
}

static void *bestfit_create(const struct model_env *env, GError **error)
{
	struct bestfit *bestfit = g_new0(struct bestfit, 1);

	(void)error; /* any window will do */
	bestfit->vstart = env->vstart;
	bestfit->vend = env->vend;
	bestfit->footprint = env->footprint;
	bestfit->areas = g_array_new(FALSE, FALSE, sizeof(struct area));
	bestfit->starts = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	return bestfit;
}

static void bestfit_destroy(void *model)
{
	struct bestfit *bestfit = model;

	g_array_unref(bestfit->areas);
	g_array_unref(bestfit->starts);
	g_free(bestfit);
}

static const char *const locks[] = {"vmap_area_lock", NULL};

enum {
	STAGE_SEARCH,
	STAGE_FREE,
	STAGE_SEED
};
static const struct stage stages[] = {
	[STAGE_SEARCH] = {.name = "search", .holds = LOCK_BIT(0), .run = run_search},
	[STAGE_FREE] = {.name = "free", .holds = LOCK_BIT(0), .run = run_free},
	[STAGE_SEED] = {.name = "seed", .run = run_seed},
};

/* The one symbol that kmsim looks for. */
const struct model_ops *kmsim_model(void);
const struct model_ops *kmsim_model(void)
{
	static const struct model_ops ops = {
		.magic = KMSIM_MODEL_MAGIC,
		.version = KMSIM_MODEL_VERSION,
		.size = sizeof(ops),
		.name = "bestfit",
		.summary = "example of a plugin: the smallest hole that is large enough",
		.kinds = OP_BIT(OP_VMAP_ALLOC) | OP_BIT(OP_VMAP_FREE) | OP_BIT(OP_VMAP_SEED),
		.locks = locks,
		.stages = stages,
		.n_stages = G_N_ELEMENTS(stages),
		.entry = {[OP_VMAP_ALLOC] = STAGE_SEARCH,
			  [OP_VMAP_FREE] = STAGE_FREE,
			  [OP_VMAP_SEED] = STAGE_SEED},
		.create = bestfit_create,
		.destroy = bestfit_destroy,
	};
	return &ops;
}
