// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmap-busylist: Linux up to v5.1 (mm/vmalloc.c, alloc_vmap_area() and __free_vmap_area() before
 * commit 68ad4a330433).
 *
 * Busy areas only, in a red-black tree and an ascending list. A request walks the list
 * from a start point, a cached area or a descent of the tree, to the first hole that is large
 * enough: O(N). The cached search start and the largest hole it skipped make it first fit only
 * approximately. `search=walk` walks as the kernel does; `search=tree` finds where that walk ends,
 * and how long it is, without it (gap_search.h).
 */
#include "models/vmap/busylist.h"

#include "sim/base/units.h"

enum {
	VERSION_V4_20 = 420,
	VERSION_V5_1 = 501
};

static const struct param_word version_words[] = {
	{"v5.1", VERSION_V5_1}, {"v4.20", VERSION_V4_20}, {NULL, 0}};
enum {
	SEARCH_TREE,
	SEARCH_WALK
};

static const struct param_word search_words[] = {
	{"tree", SEARCH_TREE}, {"walk", SEARCH_WALK}, {NULL, 0}};

enum {
	PARAM_VERSION,
	PARAM_SEARCH,
	PARAM_WORK
};

static const struct param busylist_params[] = {
	[PARAM_VERSION] =
		{.name = "version",
		 .type = PARAM_WORD,
		 .default_text = "v5.1",
		 .words = version_words,
		 .help = "kernel whose rules it follows; v4.20 crashes where an alignment wraps"},
	[PARAM_SEARCH] = {.name = "search",
			  .type = PARAM_WORD,
			  .default_text = "tree",
			  .words = search_words,
			  .help = "how the simulator finds the hole; the answer is the same"},
	[PARAM_WORK] = VM_WORK_PARAM,
	VMAP_PARAMS,
	{.name = NULL},
};

/*
 * The lowest area that ends at or above @addr, except that the descent stops at one that
 * holds or touches @addr.
 */
static uint32_t find_start(const struct busylist *model, uint64_t addr, uint64_t *descended)
{
	uint32_t found = NIL;

	for (uint32_t node = model->busy.root; node;) {
		const struct area *area = busy_at(model, node);

		++*descended;
		if (area->end >= addr) {
			found = node;
			if (area->start <= addr)
				break;
			node = area->child[LEFT];
		} else {
			node = area->child[RIGHT];
		}
	}
	return found;
}

static void forget_cache(struct busylist *model)
{
	model->cache = NIL;
	model->hole = 0;
}

/* Where a search stands: at @addr, before the area @next. */
struct search {
	const struct vmap_request *request;
	uint64_t addr;
	uint32_t next;
	uint64_t hops;
};

/* Where the search begins. False on overflow. */
static bool start_point(struct busylist *model, struct call *call, struct search *search)
{
	const struct vmap_request *request = search->request;
	uint64_t descended = 0;

	if (request->size < model->hole || request->vstart < model->cached_vstart ||
	    request->align < model->cached_align)
		forget_cache(model);
	if (!model->cache)
		model->hole = 0;
	model->cached_vstart = request->vstart;
	model->cached_align = request->align;
	if (model->cache) {
		search->next = model->cache;
		search->addr = align_up(busy_at(model, model->cache)->end, request->align);
		if (search->addr >= request->vstart)
			return search->addr + request->size >= search->addr;
		forget_cache(model);
	}
	search->addr = align_up(request->vstart, request->align);
	if (search->addr + request->size < search->addr)
		return false;
	search->next = find_start(model, search->addr, &descended);
	count(call, STEP_BUSY_VISIT, descended);
	count(call, STEP_BUSY_LINE,
	      vmap_new_levels(&model->space, call, search->addr, model->space.busy_areas));
	return true;
}

static bool goes_on(const struct busylist *model, const struct search *search)
{
	uint64_t end = search->addr + search->request->size;

	return search->next && end > busy_at(model, search->next)->start &&
	       end <= search->request->vend;
}

/* One turn of the kernel's loop. False on overflow. */
static bool step_over(struct busylist *model, struct search *search)
{
	const struct area *area = busy_at(model, search->next);

	search->hops++;
	if (search->addr + model->hole < area->start)
		model->hole = area->start - search->addr;
	search->addr = align_up(area->end, search->request->align);
	search->next = area->next;
	return search->addr + search->request->size >= search->addr;
}

/* Step over areas until the hole before the next is large enough. False on overflow. */
static bool walk(struct busylist *model, struct search *search)
{
	while (goes_on(model, search)) {
		if (!step_over(model, search))
			return false;
	}
	return true;
}

/*
 * The same without the turns. The first is taken as it is, since the search may stand anywhere
 * before it; from then on it stands at the end of the area before.
 */
static bool jump(struct busylist *model, struct search *search)
{
	const struct vmap_request *request = search->request;

	if (!goes_on(model, search))
		return true;
	if (!step_over(model, search))
		return false;
	if (!goes_on(model, search))
		return true;
	struct gap_walk walked = gap_walk(&model->gaps, search->next, request->size, request->align,
					  request->vend, model->hole);
	uint32_t last = walked.stop ? busy_at(model, walked.stop)->prev : model->busy.last;
	uint64_t end = busy_at(model, last)->end;

	/* addr + hole wraps near the end of the address space, and then the kernel's hole shrinks
	 */
	if (end + walked.hole < end)
		return walk(model, search);
	model->hole = walked.hole;
	search->hops += walked.hops;
	search->addr = align_up(end, request->align);
	search->next = walked.stop;
	return search->addr + request->size >= search->addr;
}

/* Where the hole is: the search's addr and next. False on overflow. */
static bool find_hole(struct busylist *model, struct search *search, struct call *call)
{
	bool found = model->walks ? walk(model, search) : jump(model, search);

	uint32_t last = search->next ? busy_at(model, search->next)->prev : model->busy.last;

	call->steps += search->hops;
	count(call, STEP_LIST_HOP, search->hops);
	count(call, STEP_LIST_JUMP,
	      list_order_jumps(&model->order, &model->busy, last, search->hops));
	return found;
}

/*
 * [start, end) between @prev and @next is used now. What lies before the first area or behind the
 * last is free, but no gap.
 */
static void block_splits(struct busylist *model, uint32_t prev, uint32_t next, uint64_t start,
			 uint64_t end)
{
	struct block block = between(model, prev, next);

	free_space_goes(&model->free, block.start, block.end);
	free_space_appears(&model->free, block.start, start);
	free_space_appears(&model->free, end, block.end);
	if (prev && next)
		gap_index_split(&model->gaps, block.start, start, end, block.end);
	else if (prev)
		gap_index_note(&model->gaps, block.start, start, true);
	else if (next)
		gap_index_note(&model->gaps, end, block.end, true);
}

/* It is not used any more. */
static void block_joins(struct busylist *model, uint32_t prev, uint32_t next, uint64_t start,
			uint64_t end)
{
	struct block block = between(model, prev, next);

	free_space_goes(&model->free, block.start, start);
	free_space_goes(&model->free, end, block.end);
	free_space_appears(&model->free, block.start, block.end);
	if (prev && next)
		gap_index_join(&model->gaps, block.start, start, end, block.end);
	else if (prev)
		gap_index_note(&model->gaps, block.start, start, false);
	else if (next)
		gap_index_note(&model->gaps, end, block.end, false);
}

static uint32_t insert_before(struct busylist *model, uint64_t start, uint64_t end, uint32_t next,
			      uint32_t cpu)
{
	uint32_t prev = next ? busy_at(model, next)->prev : model->busy.last;
	uint32_t node = area_new(&model->pool, start, end);

	list_order_add(&model->order, node, cpu);
	block_splits(model, prev, next, start, end);
	area_tree_insert_before(&model->busy, node, next);
	return node;
}

static void take_out(struct busylist *model, uint32_t node, uint32_t cpu)
{
	const struct area *area = busy_at(model, node);

	block_joins(model, area->prev, area->next, area->start, area->end);
	area_tree_erase(&model->busy, node);
	list_order_remove(&model->order, node, cpu);
	area_delete(&model->pool, node);
}

static enum attempt busylist_attempt(struct vmap_space *space, struct call *call,
				     const struct vmap_request *request, struct vmap_ref *ref)
{
	struct busylist *model = (struct busylist *)space;
	struct search search = {.request = request};

	if (!start_point(model, call, &search) || !find_hole(model, &search, call) ||
	    search.addr + request->size > request->vend)
		return ATTEMPT_OVERFLOW;
	uint64_t addr = search.addr;

	if (addr < request->vstart) {
		if (!model->wrap_oopses)
			return ATTEMPT_OVERFLOW;
		call->message = g_strdup_printf(
			"kernel BUG in alloc_vmap_area: address 0x%" G_GINT64_MODIFIER
			"x lies below vstart 0x%" G_GINT64_MODIFIER "x (align 0x%" G_GINT64_MODIFIER
			"x wrapped)",
			addr, request->vstart, request->align);
		return ATTEMPT_OOPS;
	}
	uint32_t node =
		insert_before(model, addr, addr + request->size, search.next, call->op->cpu);

	model->cache = node;
	vmap_count_descent(space, call, addr, space->busy_areas);
	count(call, STEP_REBALANCE, 1);
	*ref = (struct vmap_ref){.start = addr, .size = request->size, .handle = node};
	return ATTEMPT_OK;
}

/* The busy area with the highest start below @end, if it reaches above @start. */
static uint32_t conflicting(const struct busylist *model, uint64_t start, uint64_t end)
{
	uint32_t node = area_tree_at_or_below(&model->busy, end - 1);

	return node && busy_at(model, node)->end > start ? node : NIL;
}

/*
 * The highest base at or below @top for which no area of the chunk meets a busy one: wherever
 * one does, the base goes down until that area ends below the busy one. Sound; v5.1's own walk is
 * not claimed to be followed step by step.
 */
static bool find_pcpu_base(struct busylist *model, const struct op_pcpu *pcpu, uint64_t top,
			   struct call *call, uint64_t *base)
{
	uint64_t length = 0, low = model->space.vstart;

	for (uint32_t i = 0; i < pcpu->n_areas; i++)
		length = MAX(length, pcpu->area[i].offset + pcpu->area[i].size);
	top = align_down(top, pcpu->align);
	if (top < low || top - low < length)
		return false;
	*base = align_down(top - length, pcpu->align);
	for (uint32_t i = 0; i < pcpu->n_areas;) {
		uint64_t start = *base + pcpu->area[i].offset, end = start + pcpu->area[i].size;
		uint32_t node = conflicting(model, start, end);

		call->steps++;
		if (!node) {
			i++;
			continue;
		}
		uint64_t below = end - align_down(busy_at(model, node)->start, pcpu->align);

		if (*base < low || *base - low < below)
			return false;
		*base -= below;
		i = 0;
	}
	return *base >= low;
}

static enum attempt busylist_attempt_pcpu(struct vmap_space *space, struct call *call,
					  const struct op_pcpu *pcpu, struct vmap_ref *refs)
{
	struct busylist *model = (struct busylist *)space;
	uint64_t base, before = call->steps;
	bool found = find_pcpu_base(model, pcpu, model->pcpu_hole, call, &base);
	uint64_t highest = 0;

	count(call, STEP_LIST_HOP, call->steps - before);
	if (!found)
		return ATTEMPT_OVERFLOW;
	for (uint32_t i = 0; i < pcpu->n_areas; i++) {
		uint64_t start = base + pcpu->area[i].offset, end = start + pcpu->area[i].size;
		uint32_t below = area_tree_at_or_below(&model->busy, start);
		uint32_t next = below ? busy_at(model, below)->next : model->busy.first;
		uint32_t node = insert_before(model, start, end, next, call->op->cpu);

		count(call, STEP_REBALANCE, 1);
		refs[i] = (struct vmap_ref){
			.start = start, .size = pcpu->area[i].size, .handle = node};
		highest = MAX(highest, start);
	}
	model->pcpu_hole = highest;
	return ATTEMPT_OK;
}

static void busylist_release(struct vmap_space *space, struct call *call,
			     const struct vmap_ref *ref)
{
	struct busylist *model = (struct busylist *)space;
	const struct area *area = busy_at(model, ref->handle);

	if (model->cache) {
		if (area->end < model->cached_vstart)
			model->cache = NIL;
		else if (area->start <= busy_at(model, model->cache)->start)
			model->cache = area->prev;
	}
	if (area->end > space->vstart && area->end <= space->vend)
		model->pcpu_hole = MAX(model->pcpu_hole, area->end);
	count(call, STEP_BUSY_LINE,
	      descent_new_levels(&space->purge_descent, area->start, space->busy_areas));
	take_out(model, ref->handle, call->op->cpu);
	count(call, STEP_REBALANCE, 1);
	count(call, STEP_RCU_FREE, 1); /* kfree_rcu() up to v5.1 */
}

static void busylist_expect(struct vmap_space *space, const struct vmap_ref *refs, unsigned n)
{
	const struct busylist *model = (const struct busylist *)space;

	for (unsigned i = 0; i < n; i++)
		list_order_prefetch(&model->order, refs[i].handle);
	for (unsigned round = 0; round < AREA_PREFETCH_ROUNDS; round++) {
		for (unsigned i = n; i--;)
			area_prefetch(&model->busy, refs[i].handle, round);
	}
}

static void busylist_seed(struct vmap_space *space, struct vmap_ref **refs, unsigned n)
{
	struct busylist *model = (struct busylist *)space;

	for (unsigned i = 0; i < n; i++) {
		uint64_t start = refs[i]->start;

		refs[i]->handle = insert_before(model, start, start + refs[i]->size, NIL, 0);
	}
}

static const struct vmap_allocator busylist_allocator = {
	.attempt = busylist_attempt,
	.attempt_pcpu = busylist_attempt_pcpu,
	.release = busylist_release,
	.expect = busylist_expect,
	.seed = busylist_seed,
};

static void *busylist_create(const struct model_env *env, GError **error G_GNUC_UNUSED)
{
	struct busylist *model = g_new0(struct busylist, 1);

	vmap_space_init(&model->space, &busylist_allocator, env,
			(enum vm_work)env->params[PARAM_WORK].value, false);
	area_pool_init(&model->pool);
	area_tree_init(&model->busy, &model->pool, AREA_MAX_GAP);
	gap_index_init(&model->gaps, &model->busy);
	list_order_init(&model->order, MAX(env->cpus, 1));
	model->free = (struct free_space){.vstart = env->vstart, .vend = env->vend};
	free_space_appears(&model->free, 0, UINT64_MAX);
	model->pcpu_hole = env->vend;
	model->walks = env->params[PARAM_SEARCH].value == SEARCH_WALK;
	model->wrap_oopses = env->params[PARAM_VERSION].value < VERSION_V5_1;
	return model;
}

static void busylist_destroy(void *data)
{
	struct busylist *model = data;

	vmap_space_clear(&model->space);
	gap_index_clear(&model->gaps);
	list_order_clear(&model->order);
	area_pool_clear(&model->pool);
	g_free(model);
}

const struct model_ops vmap_busylist = {
	.magic = KMSIM_MODEL_MAGIC,
	.version = KMSIM_MODEL_VERSION,
	.size = sizeof(struct model_ops),
	.name = "vmap-busylist",
	.summary = "v5.1 and before: busy areas in a list, O(N) hole search",
	.kinds = VMAP_KINDS,
	.params = busylist_params,
	.locks = vmap_lock_names,
	.atomics = LOCK_BIT(LOCK_VMAP_COUNTER),
	.lock_instances = vmap_lock_instances,
	.stages = vmap_stages,
	.n_stages = VMAP_STAGES,
	.entry = VMAP_ENTRY,
	.create = busylist_create,
	.destroy = busylist_destroy,
	.coming = vmap_space_coming,
	.sample_vmap = busylist_sample,
	.busy_ranges = busylist_busy_ranges,
	.check = busylist_check,
};
