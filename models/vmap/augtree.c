// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmap-augtree: Linux v5.2, commit 68ad4a330433 ("mm/vmalloc.c: keep track of free blocks
 * for vmap allocation").
 *
 * Free areas in a red-black tree augmented with the largest size below each node; busy areas
 * are looked up by slot here, so the depth of the kernel's busy tree is an estimate,
 * log2 of the number of busy areas.
 *
 * version=v6.1 places as v6.1 and v6.3 do: it has their search, and a purge releases in ascending
 * order, what touches joined before. Its locks and its purges in the freeing task are v5.2's.
 */
#include "models/vmap/augtree.h"

#include "sim/base/units.h"

static const struct param_word version_words[] = {
	{"v5.2", SEARCH_V5_2}, {"v6.1", SEARCH_V6_1}, {NULL, 0}};

enum {
	PARAM_CHECK,
	PARAM_VERSION,
	PARAM_WORK
};

static const struct param augtree_params[] = {
	[PARAM_CHECK] = FREE_CHECK_PARAM,
	[PARAM_VERSION] = {.name = "version",
			   .type = PARAM_WORD,
			   .default_text = "v5.2",
			   .words = version_words,
			   .help = "kernel whose rules it follows"},
	[PARAM_WORK] = VM_WORK_PARAM,
	VMAP_PARAMS,
	{.name = NULL},
};

static void after_change(struct augtree *model, struct call *call, uint64_t size)
{
	footprint_note(model->space.footprint, SET_FREE, free_tree_footprint(&model->free));
	if (!call->message)
		call->message = free_checks_run(&model->checks, &model->free, size);
}

static enum attempt augtree_attempt(struct vmap_space *space, struct call *call,
				    const struct vmap_request *request, struct vmap_ref *ref)
{
	struct augtree *model = (struct augtree *)space;
	struct free_search search = {0};
	uint64_t addr;
	enum fit fit;
	bool found = free_tree_alloc(&model->free, request, &search, call, &addr, &fit);

	call->steps += search.visited;
	count(call, STEP_FREE_VISIT, search.visited - search.climbed);
	count(call, STEP_FREE_CLIMB, search.climbed);
	if (!found)
		return ATTEMPT_OVERFLOW;
	call->note_key = "fit";
	call->note_value = fit_name(fit);
	if (!space->allocator->splits_locks) {
		vmap_count_descent(space, call, addr, space->busy_areas);
		count(call, STEP_REBALANCE, 1);
	}
	*ref = (struct vmap_ref){.start = addr, .size = request->size};
	after_change(model, call, request->size);
	return ATTEMPT_OK;
}

static enum attempt augtree_attempt_pcpu(struct vmap_space *space, struct call *call,
					 const struct op_pcpu *pcpu, struct vmap_ref *refs)
{
	struct augtree *model = (struct augtree *)space;
	uint64_t base, visited = 0;
	bool found = free_tree_find_pcpu(&model->free, pcpu, space->vstart, space->vend, &base,
					 &visited);

	call->steps += visited;
	count(call, STEP_FREE_VISIT, visited);
	if (!found)
		return ATTEMPT_OVERFLOW;
	for (uint32_t i = 0; i < pcpu->n_areas; i++) {
		uint64_t start = base + pcpu->area[i].offset, size = pcpu->area[i].size;
		uint32_t node = area_tree_at_or_below(&model->free.tree, start);

		free_tree_carve(&model->free, node, start, size, call);
		count(call, STEP_REBALANCE, !space->allocator->splits_locks);
		refs[i] = (struct vmap_ref){.start = start, .size = size};
	}
	after_change(model, call, 0);
	return ATTEMPT_OK;
}

static void augtree_release(struct vmap_space *space, struct call *call, const struct vmap_ref *ref)
{
	struct augtree *model = (struct augtree *)space;

	if (!space->allocator->splits_locks) { /* out of the busy tree */
		count(call, STEP_REBALANCE, 1);
		count(call, STEP_BUSY_LINE,
		      descent_new_levels(&space->purge_descent, ref->start, space->busy_areas));
	}
	free_tree_release(&model->free, ref->start, ref->start + ref->size, call);
	after_change(model, call, 0);
}

static void augtree_expect(struct vmap_space *space, const struct vmap_ref *refs, unsigned n)
{
	struct augtree *model = (struct augtree *)space;
	uint64_t start[EXPECTED_MAX];

	for (unsigned i = 0; i < n; i++)
		start[i] = refs[i].start;
	area_fingers_expect(&model->free.fingers, &model->free.tree, start, n);
}

static void augtree_seed(struct vmap_space *space, struct vmap_ref **refs, unsigned n)
{
	struct augtree *model = (struct augtree *)space;
	g_autofree struct vmap_range *busy = g_new(struct vmap_range, n + 1);

	for (unsigned i = 0; i < n; i++)
		busy[i] = (struct vmap_range){refs[i]->start, refs[i]->start + refs[i]->size};
	free_tree_fill(&model->free, busy, n);
}

static const struct vmap_allocator augtree_allocator = {
	.attempt = augtree_attempt,
	.attempt_pcpu = augtree_attempt_pcpu,
	.release = augtree_release,
	.expect = augtree_expect,
	.seed = augtree_seed,
	.purge_keeps_lock = true,
};

static const struct vmap_allocator augtree_v6_1_allocator = {
	.attempt = augtree_attempt,
	.attempt_pcpu = augtree_attempt_pcpu,
	.release = augtree_release,
	.expect = augtree_expect,
	.seed = augtree_seed,
	.purge_keeps_lock = true,
	.splits_locks = true,
};

static void *augtree_create(const struct model_env *env, GError **error G_GNUC_UNUSED)
{
	struct augtree *model = g_new0(struct augtree, 1);

	enum free_search_rule rule = (enum free_search_rule)env->params[PARAM_VERSION].value;

	vmap_space_init(&model->space,
			rule == SEARCH_V6_1 ? &augtree_v6_1_allocator : &augtree_allocator, env,
			(enum vm_work)env->params[PARAM_WORK].value, rule == SEARCH_V6_1);
	free_tree_init(&model->free, rule, env->vstart, env->vend);
	free_checks_init(&model->checks, env->params[PARAM_CHECK].value, env->seed, "vmap-augtree");
	footprint_note(env->footprint, SET_FREE, free_tree_footprint(&model->free));
	return model;
}

static void augtree_destroy(void *data)
{
	struct augtree *model = data;

	vmap_space_clear(&model->space);
	free_tree_clear(&model->free);
	g_free(model);
}

static void augtree_sample(void *data, struct vmap_sample *sample)
{
	struct augtree *model = data;

	vmap_space_settle(&model->space);
	*sample = (struct vmap_sample){
		.busy_areas = model->space.busy_areas,
		.lazy_pages = model->space.lazy_pages,
		.purges = model->space.purges,
		.free_blocks = model->free.space.blocks,
		.largest_free_bytes = free_tree_largest(&model->free),
		.total_free_bytes = model->free.space.total_bytes,
		.tree_nodes = model->free.tree.n,
	};
}

static void augtree_busy_ranges(void *data, uint64_t start, uint64_t end, busy_range_fn fn,
				void *ctx)
{
	struct augtree *model = data;

	vmap_space_settle(&model->space);
	free_tree_busy_ranges(&model->free, start, end, fn, ctx);
}

static char *augtree_check(void *data)
{
	struct augtree *model = data;

	vmap_space_settle(&model->space);
	return free_tree_check(&model->free);
}

const struct model_ops vmap_augtree = {
	.magic = KMSIM_MODEL_MAGIC,
	.version = KMSIM_MODEL_VERSION,
	.size = sizeof(struct model_ops),
	.name = "vmap-augtree",
	.summary = "v5.2: free areas in an augmented red-black tree, O(log N) search",
	.kinds = VMAP_KINDS,
	.params = augtree_params,
	.locks = vmap_lock_names,
	.atomics = LOCK_BIT(LOCK_VMAP_COUNTER),
	.lock_instances = vmap_lock_instances,
	.stages = vmap_stages,
	.n_stages = VMAP_STAGES,
	.entry = VMAP_ENTRY,
	.background = vmap_background,
	.create = augtree_create,
	.destroy = augtree_destroy,
	.coming = vmap_space_coming,
	.sample_vmap = augtree_sample,
	.busy_ranges = augtree_busy_ranges,
	.check = augtree_check,
};
