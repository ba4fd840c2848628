// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Purges: pools decay into the free tree, lazily freed areas go to the pools that they came from,
 * or to the tree (v6.12 __purge_vmap_area_lazy()). A full one puts all in the tree.
 */
#include "models/vmap/nodes.h"

#include <string.h>

static uint32_t number_of(const struct nodes *model, const struct vmap_node *node)
{
	return (uint32_t)(node - model->nodes);
}

static bool is_full(const struct purge *purge)
{
	return purge->report.kind == PURGE_IS_OVERFLOW || purge->report.kind == PURGE_IS_SHRINK;
}

static enum purge_kind kind_of(const struct call *call)
{
	static const enum purge_kind by_why[] = {
		[PURGE_EXPLICIT] = PURGE_IS_ALIASES,
		[PURGE_DRAIN] = PURGE_IS_DRAIN,
		[PURGE_DETACH] = PURGE_IS_DETACH,
	};

	if (call->task)
		return PURGE_IS_DRAIN;
	if (call->op->kind == OP_SHRINK)
		return PURGE_IS_SHRINK;
	return call->op->kind == OP_VMAP_PURGE ? by_why[call->op->purge.why] : PURGE_IS_OVERFLOW;
}

/* What is sorted begins with its start. */
static inline uint64_t start_of(const void *element)
{
	return *(const uint64_t *)element;
}

static int start_ascending(const void *a, const void *b)
{
	return start_of(a) < start_of(b) ? -1 : start_of(a) > start_of(b);
}

/* Few elements, as a node mostly has, are sorted faster in place than through qsort(). */
#define SORT_IN_PLACE 64
#define SORTED_BYTES  sizeof(struct node_area)

/* @n elements of @bytes, SORTED_BYTES at most. */
static inline void sort_by_start(void *list, unsigned n, size_t bytes)
{
	char *const first = list, moved[SORTED_BYTES];

	if (n > SORT_IN_PLACE) {
		qsort(list, n, bytes, start_ascending);
		return;
	}
	for (char *at = first + bytes; at < first + n * bytes; at += bytes) {
		uint64_t start = start_of(at);
		char *place = at;

		while (place > first && start_of(place - bytes) > start)
			place -= bytes;
		memcpy(moved, at, bytes);
		memmove(place + bytes, place, (size_t)(at - place));
		memcpy(place, moved, bytes);
	}
}

int nodes_stage_purge(void *data, struct call *call)
{
	struct nodes *model = data;
	enum purge_kind kind = kind_of(call);

	nodes_settle(model);
	/* purges that a recording's own kernel did by its rules are not this kernel's */
	if ((kind == PURGE_IS_DRAIN || kind == PURGE_IS_DETACH) && !model->trace_drains)
		return CALL_DONE;
	return NODES_PURGE_BEGIN;
}

static int finish(struct nodes *model, struct call *call)
{
	static const enum nodes_counter by_kind[] = {
		[PURGE_IS_DRAIN] = COUNTER_DRAINS,
		[PURGE_IS_ALIASES] = COUNTER_EXPLICIT_PURGES,
		[PURGE_IS_OVERFLOW] = COUNTER_OVERFLOW_PURGES,
		[PURGE_IS_SHRINK] = COUNTER_SHRINKS,
	};
	const struct purge_report *report = &model->purge.report;

	/* one that came in two halves counts when the second is done */
	model->purges += report->kind != PURGE_IS_DETACH && (report->areas > 0 || model->detached);
	model->detached = report->kind == PURGE_IS_DETACH;
	if (!model->detached)
		model->counters[by_kind[report->kind]]++;
	model->counters[COUNTER_PURGED_AREAS] += report->areas;
	model->counters[COUNTER_HELPED_NODES] += report->helpers;
	nodes_busy_changed(model);
	if (call->message)
		return CALL_BROKEN;
	return report->kind == PURGE_IS_OVERFLOW ? NODES_RETRY : CALL_DONE;
}

/* --- refill --- */

static bool refills(const struct purge *purge, const struct node_area *area)
{
	return area->origin && !is_full(purge) && area->size / PAGE_SIZE <= POOL_PAGES_MAX;
}

static int next_refill_node(struct nodes *model, struct call *call, uint32_t from);

static int node_refilled(struct nodes *model, struct call *call)
{
	struct purge *purge = &model->purge;
	uint32_t node = number_of(model, purge->node);

	model->lazy_pages -= purge->node_pages;
	model->lazy_areas -= purge->node->purging.n;
	purge->node->purging.n = 0;
	purge->report.to_tree[node] += purge->to_tree.n;
	return purge->to_tree.n ? NODES_RELEASE : next_refill_node(model, call, node + 1);
}

/* Does an area come next that goes to a pool? */
static bool refill_follows(const struct purge *purge)
{
	const struct area_list *list = &purge->node->purging;

	return purge->next < list->n && refills(purge, &list->at[purge->next]);
}

/* Up to the next area that goes to a pool; on the way, those that do not. */
static int next_refill(struct nodes *model, struct call *call)
{
	struct purge *purge = &model->purge;
	const struct area_list *list = &purge->node->purging;

	for (; !refill_follows(purge); purge->next++) {
		if (purge->next == list->n)
			return node_refilled(model, call);
		const struct node_area *area = &list->at[purge->next];

		purge->node_pages += area->size / PAGE_SIZE;
		*range_list_extend(&purge->to_tree, 1) =
			(struct vmap_range){area->start, area->start + area->size};
	}
	call->lock_instance[LOCK_POOL] = number_of(model, purge->node);
	return NODES_REFILL;
}

static int next_refill_node(struct nodes *model, struct call *call, uint32_t from)
{
	struct purge *purge = &model->purge;

	while (from < model->n_nodes && !model->nodes[from].purging.n)
		from++;
	if (from == model->n_nodes)
		return finish(model, call);
	purge->node = &model->nodes[from];
	purge->next = 0;
	purge->node_pages = 0;
	return next_refill(model, call);
}

int nodes_stage_refill(void *data, struct call *call)
{
	struct nodes *model = data;
	struct purge *purge = &model->purge;
	const struct node_area *area = &purge->node->purging.at[purge->next++];

	size_pools_push(&purge->node->pools, &model->store, (unsigned)(area->size / PAGE_SIZE),
			area->start);
	count(call, STEP_LAZY_PUSH, 1);
	purge->node_pages += area->size / PAGE_SIZE;
	purge->report.to_pool[number_of(model, purge->node)]++;
	model->counters[COUNTER_REFILLED_AREAS]++;
	return refill_follows(purge) ? NODES_REFILL : NODES_NEXT_REFILL;
}

int nodes_stage_next_refill(void *data, struct call *call)
{
	return next_refill(data, call);
}

/* A purge knows what it is going to release: so many ranges at a time are made ready for it. */
#define EXPECTED AREA_TREE_MANY

static void expect(struct nodes *model, const struct vmap_range *ranges, unsigned n)
{
	uint64_t start[EXPECTED];

	for (unsigned i = 0; i < n; i++)
		start[i] = ranges[i].start;
	area_fingers_expect(&model->free.fingers, &model->free.tree, start, n);
}

static void release(struct nodes *model, struct call *call, const struct vmap_range *range)
{
	free_tree_release(&model->free, range->start, range->end, call);
	nodes_free_changed(model, call, 0);
}

int nodes_stage_release(void *data, struct call *call)
{
	struct nodes *model = data;
	struct range_list *list = &model->purge.to_tree;
	const struct vmap_range *ranges = list->at;

	for (unsigned i = list->n; i--;) {
		if (i % EXPECTED == EXPECTED - 1 || i == list->n - 1)
			expect(model, &ranges[i - i % EXPECTED], i % EXPECTED + 1);
		release(model, call, &ranges[i]);
	}
	list->n = 0;
	return next_refill_node(model, call, number_of(model, model->purge.node) + 1);
}

/* How many nodes the kernel leaves to work items. Here the purging task does them, too. */
static uint64_t helpers(const struct nodes *model, uint64_t with_work)
{
	uint64_t wanted = model->lazy_pages / MAX(model->lazy_max_pages, 1);

	return with_work ? CLAMP(wanted, 1, with_work) - 1 : 0;
}

int nodes_stage_flush(void *data, struct call *call)
{
	struct nodes *model = data;
	struct purge_report *report = &model->purge.report;
	uint64_t with_work = 0;

	report->start = model->purge.unmapped.start;
	report->end = model->purge.unmapped.end;
	for (uint32_t i = 0; i < model->n_nodes; i++) {
		const struct area_list *list = &model->nodes[i].purging;
		const struct node_area *areas = list->at;

		if (!list->n)
			continue;
		with_work++;
		report->areas += list->n;
		report->start = MIN(report->start, areas[0].start);
		report->end = MAX(report->end, areas[list->n - 1].start + areas[list->n - 1].size);
		for (unsigned j = 0; j < list->n; j++)
			report->pages += areas[j].size / PAGE_SIZE;
	}
	report->helpers = helpers(model, with_work);
	vm_backing_purge(&model->backing);
	count(call, STEP_TLB_FLUSH, 1);
	count(call, STEP_TLB_FLUSH_CPU, model->cpus - 1);
	return next_refill_node(model, call, 0);
}

/* --- decay, and taking the lazy areas --- */

static bool needs_flush(const struct nodes *model)
{
	if (model->purge.unmapped.end)
		return true;
	for (uint32_t i = 0; i < model->n_nodes; i++) {
		if (model->nodes[i].purging.n)
			return true;
	}
	return false;
}

static int next_pool(struct nodes *model, struct call *call);

static int next_node(struct nodes *model, struct call *call)
{
	struct purge *purge = &model->purge;

	purge->pages = 1;
	if (++purge->node < model->nodes + model->n_nodes)
		return next_pool(model, call);
	if (purge->report.kind == PURGE_IS_SHRINK || purge->report.kind == PURGE_IS_DETACH)
		return finish(model, call);
	return needs_flush(model) ? NODES_FLUSH : finish(model, call);
}

static int node_decayed(struct nodes *model, struct call *call)
{
	const struct purge *purge = &model->purge;

	if (purge->report.kind == PURGE_IS_SHRINK || !purge->node->lazy.n)
		return next_node(model, call);
	call->lock_instance[LOCK_LAZY] = number_of(model, purge->node);
	return NODES_DETACH;
}

static int next_pool(struct nodes *model, struct call *call)
{
	struct purge *purge = &model->purge;

	purge->pages = size_pools_next(&purge->node->pools, purge->pages);
	if (purge->pages) {
		call->lock_instance[LOCK_POOL] = number_of(model, purge->node);
		return NODES_DECAY;
	}
	return purge->decayed.n ? NODES_DECAYED : node_decayed(model, call);
}

/* How much of a pool of @len goes: all, a quarter, or what an off-by-one made of the quarter. */
static uint32_t decays(const struct nodes *model, uint32_t len)
{
	if (is_full(&model->purge))
		return len;
	return len < 4 && !model->keeps_short_pools ? len : len / 4;
}

int nodes_stage_decay(void *data, struct call *call)
{
	struct nodes *model = data;
	struct purge *purge = &model->purge;
	uint64_t bytes = purge->pages * PAGE_SIZE;
	uint32_t n;

	purge->rest = size_pools_detach(&purge->node->pools, purge->pages);
	n = decays(model, purge->rest.len);
	struct vmap_range *gone = range_list_extend(&purge->decayed, n);

	for (uint32_t i = 0; i < n; i++) {
		uint64_t start = pool_list_pop(&purge->rest, &model->store);

		gone[i] = (struct vmap_range){start, start + bytes};
	}
	count(call, STEP_LAZY_PUSH, n);
	purge->report.decayed[number_of(model, purge->node)] += n;
	model->counters[COUNTER_DECAYED_AREAS] += n;
	if (purge->rest.len)
		return NODES_DECAY_REST;
	purge->pages++;
	return NODES_NEXT_POOL;
}

/* What was taken is sorted, while a request misses the pool. */
int nodes_stage_decay_rest(void *data G_GNUC_UNUSED, struct call *call G_GNUC_UNUSED)
{
	return NODES_HANG_BACK;
}

int nodes_stage_next_pool(void *data, struct call *call)
{
	return next_pool(data, call);
}

int nodes_stage_hang_back(void *data, struct call *call G_GNUC_UNUSED)
{
	struct nodes *model = data;
	struct purge *purge = &model->purge;

	size_pools_attach(&purge->node->pools, purge->pages, purge->rest);
	purge->rest = (struct pool_list){0};
	purge->pages++;
	return NODES_NEXT_POOL;
}

/* Ascending, what touches joined. */
int nodes_stage_decayed(void *data, struct call *call)
{
	struct nodes *model = data;
	struct range_list *list = &model->purge.decayed;
	struct vmap_range *ranges = list->at, last;

	if (!list->n) /* a replay has taken it out of our hands */
		return node_decayed(model, call);
	sort_by_start(ranges, list->n, sizeof(*ranges));
	last = ranges[0];
	for (unsigned i = 0; i < list->n; i++) {
		if (i % EXPECTED == 0)
			expect(model, &ranges[i], MIN(EXPECTED, list->n - i));
		if (!i)
			continue;
		if (ranges[i].start == last.end) {
			last.end = ranges[i].end;
			continue;
		}
		release(model, call, &last);
		last = ranges[i];
	}
	release(model, call, &last);
	list->n = 0;
	return node_decayed(model, call);
}

int nodes_stage_detach(void *data, struct call *call G_GNUC_UNUSED)
{
	struct nodes *model = data;
	struct vmap_node *node = model->purge.node;

	uint32_t n = node->lazy.n;

	memcpy(area_list_extend(&node->purging, n), node->lazy.at, n * sizeof(*node->lazy.at));
	node->lazy.n = 0;
	sort_by_start(node->purging.at, node->purging.n, sizeof(struct node_area));
	return NODES_NEXT_NODE;
}

int nodes_stage_next_node(void *data, struct call *call)
{
	return next_node(data, call);
}

/* --- what comes first --- */

static int next_retired(struct nodes *model, struct call *call)
{
	struct purge *purge = &model->purge;

	if (purge->next == purge->retired->len) {
		purge->node = model->nodes;
		purge->pages = 1;
		return next_pool(model, call);
	}
	uint32_t block = g_array_index(purge->retired, uint32_t, purge->next);
	uint64_t start = vmap_blocks_at(&model->blocks, block)->area.start;

	call->lock_instance[LOCK_BUSY] = node_of_address(model, start);
	return NODES_RETIRE;
}

/* vm_unmap_aliases() spares blocks with at least this many pages left. */
#define ALIASES_SPARE_FREE (VMAP_BLOCK_PAGES / 4)

int nodes_stage_purge_begin(void *data, struct call *call)
{
	struct nodes *model = data;
	struct purge *purge = &model->purge;

	purge->report = (struct purge_report){.kind = kind_of(call)};
	purge->next = 0;
	purge->unmapped = (struct vmap_range){.start = UINT64_MAX};
	g_array_set_size(purge->retired, 0);
	if (model->detached && !is_full(purge) && purge->report.kind != PURGE_IS_DETACH)
		return needs_flush(model) ? NODES_FLUSH : finish(model, call);
	if (purge->report.kind == PURGE_IS_OVERFLOW) {
		vmap_blocks_retire(&model->blocks, VMAP_BLOCK_PAGES, purge->retired);
	} else if (purge->report.kind == PURGE_IS_ALIASES) {
		vmap_blocks_retire(&model->blocks, ALIASES_SPARE_FREE, purge->retired);
		vmap_blocks_flush(&model->blocks, &purge->unmapped);
	}
	model->counters[COUNTER_BLOCKS_RETIRED] += purge->retired->len;
	return next_retired(model, call);
}

int nodes_stage_retire(void *data, struct call *call)
{
	struct nodes *model = data;
	const struct purge *purge = &model->purge;
	uint32_t block = g_array_index(purge->retired, uint32_t, purge->next);

	nodes_unlink(model, call, &vmap_blocks_at(&model->blocks, block)->area);
	return NODES_RETIRE_LAZY;
}

int nodes_stage_retire_lazy(void *data, struct call *call)
{
	struct nodes *model = data;
	struct purge *purge = &model->purge;
	uint32_t block = g_array_index(purge->retired, uint32_t, purge->next++);

	nodes_lazy_insert(model, call, &vmap_blocks_at(&model->blocks, block)->area,
			  call->scratch[SCRATCH_LAZY]);
	vmap_blocks_delete(&model->blocks, block);
	return NODES_NEXT_RETIRED;
}

int nodes_stage_next_retired(void *data, struct call *call)
{
	return next_retired(data, call);
}
