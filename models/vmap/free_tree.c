// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/vmap/free_tree.h"

#include "models/vmap/area_walk.h"
#include "sim/base/units.h"

#define LOWEST_ADDR  UINT64_C(1)
#define HIGHEST_ADDR UINT64_MAX

/* Numbers of searches are kept in struct area.left_count. */
#define SEARCH_NUMBER_MASK (UINT32_MAX >> 1)
#define WARM_SEARCHES	   4 /* of some 8 KiB each: cpu_profile.c, OP_BYTES */

const char *fit_name(enum fit fit)
{
	static const char *const names[] = {
		[FIT_FULL] = "FL", [FIT_LEFT] = "LE", [FIT_RIGHT] = "RE", [FIT_NONE] = "NE"};

	return names[fit];
}

/* Change the limits of a block in place, where it keeps its rank in the tree. */
static void resize(struct free_tree *free, uint32_t node, uint64_t start, uint64_t end,
		   struct call *call)
{
	struct area *area = area_at(&free->tree, node);

	free_space_goes(&free->space, area->start, area->end);
	free_space_appears(&free->space, start, end);
	count(call, STEP_PROPAGATE, area_tree_resize(&free->tree, node, start, end));
}

static uint32_t insert(struct free_tree *free, uint64_t start, uint64_t end, uint32_t next,
		       struct call *call)
{
	uint32_t node = area_new(&free->pool, start, end);

	area_tree_insert_before(&free->tree, node, next);
	free_space_appears(&free->space, start, end);
	count(call, STEP_REBALANCE, 1);
	return node;
}

static void erase(struct free_tree *free, uint32_t node, struct call *call)
{
	struct area *area = area_at(&free->tree, node);

	free_space_goes(&free->space, area->start, area->end);
	area_tree_erase(&free->tree, node);
	area_delete(&free->pool, node);
	count(call, STEP_REBALANCE, 1);
	count(call, STEP_DESC_FREE, 1);
}

void free_tree_init(struct free_tree *free, enum free_search_rule rule, uint64_t vstart,
		    uint64_t vend)
{
	struct call ignored = {0};

	*free = (struct free_tree){.space = {.vstart = vstart, .vend = vend}, .rule = rule};
	area_pool_init(&free->pool);
	area_tree_init(&free->tree, &free->pool, AREA_MAX_SIZE);
	insert(free, LOWEST_ADDR, HIGHEST_ADDR, NIL, &ignored);
}

void free_tree_clear(struct free_tree *free)
{
	area_fingers_clear(&free->fingers);
	area_pool_clear(&free->pool);
}

void free_tree_copy(struct free_tree *free, const struct free_tree *from)
{
	*free = *from;
	free->fingers = (struct area_fingers){0}; /* hints only, made anew */
	area_pool_copy(&free->pool, &from->pool);
	free->tree.pool = &free->pool;
}

void free_tree_fill(struct free_tree *free, const struct vmap_range *busy, unsigned n)
{
	struct call ignored = {0};
	uint64_t start = LOWEST_ADDR;

	free_tree_clear(free);
	area_pool_init(&free->pool);
	area_tree_init(&free->tree, &free->pool, AREA_MAX_SIZE);
	free->space.blocks = free->space.total_bytes = 0;
	for (unsigned i = 0; i < n; i++) {
		if (start < busy[i].start)
			insert(free, start, busy[i].start, NIL, &ignored);
		start = busy[i].end;
	}
	if (start < HIGHEST_ADDR)
		insert(free, start, HIGHEST_ADDR, NIL, &ignored);
}

static inline bool fits(const struct area *area, uint64_t size, uint64_t align, uint64_t vstart)
{
	uint64_t room = area_size(area);

	if (room < size) /* as most that a search passes */
		return false;
	return align_up(MAX(area->start, vstart), align) - area->start <= room - size;
}

/*
 * Go back up from @area to a parent that fits, or whose right subtree must hold a fit. By the later
 * rule *vstart is raised there, so that the search does not enter that subtree twice.
 */
static inline struct area *roll_back(const struct free_tree *free, struct area *area, uint64_t size,
				     uint64_t align, uint64_t *vstart, uint64_t length,
				     struct free_search *search, bool *found)
{
	struct area *at = free->pool.at;

	while ((area = &at[area->parent]) != at) {
		search->visited++;
		search->climbed++;
		if (fits(area, size, align, *vstart)) {
			*found = true;
			return area;
		}
		if (area->child_max[RIGHT] >= length && *vstart <= area->start) {
			if (free->rule == SEARCH_V6_1)
				*vstart = area->start + 1;
			return &at[area->child[RIGHT]];
		}
	}
	return at;
}

/* A free area this long holds the request wherever it begins, or so the rule has it. */
static uint64_t search_length(enum free_search_rule rule, const struct vmap_request *request)
{
	bool exact =
		request->align <= PAGE_SIZE || request->vend - request->vstart == request->size;

	return rule == SEARCH_V6_1 && exact ? request->size : request->size + request->align - 1;
}

/*
 * The search is at @node: has it been there lately? What few searches before went to is still in
 * the first-level cache.
 */
static inline void note_visit(struct free_search *search, struct area *area)
{
	uint32_t ago = (search->number - area->left_count) & SEARCH_NUMBER_MASK;

	search->lines += ago > WARM_SEARCHES;
	area->left_count = search->number & SEARCH_NUMBER_MASK;
}

/* What is found; at[NIL] if nothing is. @noted: the search has a number. */
static G_ALWAYS_INLINE inline const struct area *find(const struct free_tree *free,
						      const struct vmap_request *request,
						      struct free_search *search, bool noted)
{
	struct area *at = free->pool.at, *area = &at[free->tree.root];
	uint64_t size = request->size, align = request->align, vstart = request->vstart;
	uint64_t length = search_length(free->rule, request);
	bool found = false;

	/* A length that wraps matches every node and fits none: the kernel's search would not end.
	 */
	if (length < size)
		return at;
	while (area != at && !found) {
		struct area *left = &at[area->child[LEFT]], *right = &at[area->child[RIGHT]];

		search->visited++;
		/* where it goes nobody can foretell; it need not wait for that to fetch it */
		prefetch(left);
		prefetch(right);
		if (noted)
			note_visit(search, area);
		if (vstart < area->start && area->child_max[LEFT] >= length)
			area = left;
		else if (fits(area, size, align, vstart))
			found = true;
		else if (area->child_max[RIGHT] >= length)
			area = right;
		else
			area = roll_back(free, area, size, align, &vstart, length, search, &found);
	}
	return area;
}

uint32_t free_tree_find(const struct free_tree *free, const struct vmap_request *request,
			struct free_search *search)
{
	struct free_search did = *search; /* nothing else points to it: it lies in registers */
	const struct area *area =
		did.number ? find(free, request, &did, true) : find(free, request, &did, false);

	*search = did;
	return (uint32_t)(area - free->pool.at);
}

enum fit free_tree_carve(struct free_tree *free, uint32_t node, uint64_t addr, uint64_t size,
			 struct call *call)
{
	const struct area *area = area_at(&free->tree, node);
	uint64_t start = area->start, end = area->end;

	if (start == addr && end == addr + size) {
		erase(free, node, call);
		return FIT_FULL;
	}
	if (start == addr) {
		resize(free, node, addr + size, end, call);
		return FIT_LEFT;
	}
	if (end == addr + size) {
		resize(free, node, start, addr, call);
		return FIT_RIGHT;
	}
	/* The node keeps the upper part; the new one below it is its predecessor. */
	resize(free, node, addr + size, end, call);
	insert(free, start, addr, node, call);
	count(call, STEP_DESC_ALLOC, 1);
	return FIT_NONE;
}

bool free_tree_alloc(struct free_tree *free, const struct vmap_request *request,
		     struct free_search *search, struct call *call, uint64_t *addr, enum fit *fit)
{
	search->number = ++free->searches | 1u << 31;
	uint32_t node = free_tree_find(free, request, search);

	count(call, STEP_FREE_LINE, search->lines);
	if (!node)
		return false;
	/* from the request's own vstart, even where the search has raised it */
	*addr = align_up(MAX(area_at(&free->tree, node)->start, request->vstart), request->align);
	if (*addr + request->size > request->vend)
		return false;
	*fit = free_tree_carve(free, node, *addr, request->size, call);
	return true;
}

void free_tree_release(struct free_tree *free, uint64_t start, uint64_t end, struct call *call)
{
	struct area_tree *tree = &free->tree;
	uint32_t prev = area_fingers_at_or_below(&free->fingers, tree, start);
	uint32_t next = prev ? area_at(tree, prev)->next : tree->first;
	bool meets_next = next && area_at(tree, next)->start == end;
	bool meets_prev = prev && area_at(tree, prev)->end == start;

	count(call, STEP_FREE_VISIT, fls64(tree->n));
	count(call, STEP_FREE_LINE, descent_new_levels(&free->released, start, tree->n));
	if (meets_next && meets_prev) {
		end = area_at(tree, next)->end;
		erase(free, next, call);
	}
	uint32_t node = meets_prev ? prev : next;

	if (meets_prev)
		resize(free, node, area_at(tree, prev)->start, end, call);
	else if (meets_next)
		resize(free, node, start, area_at(tree, next)->end, call);
	else
		node = insert(free, start, end, next, call);
	area_fingers_point(&free->fingers, tree, start, node);
	if (meets_prev || meets_next)
		count(call, STEP_DESC_FREE, 1); /* that of the released area */
}

/* The last block with start <= addr, or one that ends at or above addr met on the way down. */
static uint32_t enclosing(const struct free_tree *free, uint64_t addr, uint64_t *visited)
{
	const struct area *at = free->pool.at;
	uint32_t found = NIL;

	for (uint32_t node = free->tree.root; node;) {
		++*visited;
		if (at[node].start > addr) {
			node = at[node].child[LEFT];
			continue;
		}
		found = node;
		if (at[node].end >= addr)
			break;
		node = at[node].child[RIGHT];
	}
	return found;
}

/* From @node downwards the first block with an aligned end above its start; *top is that end. */
static uint32_t highest_aligned(const struct free_tree *free, uint32_t node, uint64_t align,
				uint64_t limit, uint64_t *top, uint64_t *visited)
{
	for (; node; node = area_at(&free->tree, node)->prev) {
		const struct area *area = area_at(&free->tree, node);

		++*visited;
		*top = MIN(align_down(area->end, align), limit);
		if (*top > area->start)
			return node;
	}
	*top = 0;
	return NIL;
}

static uint32_t highest_offset(const struct op_pcpu *pcpu)
{
	uint32_t highest = 0;

	for (uint32_t i = 1; i < pcpu->n_areas; i++) {
		if (pcpu->area[i].offset > pcpu->area[highest].offset)
			highest = i;
	}
	return highest;
}

bool free_tree_find_pcpu(const struct free_tree *free, const struct op_pcpu *pcpu, uint64_t vstart,
			 uint64_t vend, uint64_t *base, uint64_t *visited)
{
	uint64_t align = pcpu->align, limit = align_down(vend, align),
		 low = align_up(vstart, align);
	uint32_t i = highest_offset(pcpu), term = i;
	uint64_t length = pcpu->area[i].offset + pcpu->area[i].size, top;
	uint32_t node =
		highest_aligned(free, enclosing(free, limit, visited), align, limit, &top, visited);

	*base = top - length;
	for (;;) {
		/* compared with the length added, so that a base below 0 is seen */
		if (!node || *base + length < low + length)
			return false;
		const struct op_pcpu_area *area = &pcpu->area[i];
		const struct area *block = area_at(&free->tree, node);
		bool above = *base + area->offset + area->size > block->end;

		if (above || *base + area->offset < block->start) {
			node = highest_aligned(free, above ? node : block->prev, align, limit, &top,
					       visited);
			*base = top - (area->offset + area->size);
			term = i;
			continue;
		}
		i = (i ? i : pcpu->n_areas) - 1;
		if (i == term)
			return true;
		node = enclosing(free, *base + pcpu->area[i].offset + pcpu->area[i].size, visited);
	}
}

uint64_t free_tree_largest(const struct free_tree *free)
{
	const struct free_space *space = &free->space;
	/* blocks that reach over an edge of the window count with what lies inside */
	uint32_t low = area_tree_at_or_below(&free->tree, space->vstart);
	uint32_t high = area_tree_at_or_below(&free->tree, space->vend - 1);
	uint64_t last_start = high ? area_at(&free->tree, high)->start : 0, largest = 0;

	if (low)
		largest = free_space_bytes(space, area_at(&free->tree, low)->start,
					   area_at(&free->tree, low)->end);
	if (high)
		largest = MAX(largest,
			      free_space_bytes(space, last_start, area_at(&free->tree, high)->end));
	return MAX(largest, area_tree_max_between(&free->tree, space->vstart, last_start));
}

/* Where a walk over the free areas stands: busy is what lies between two of them. */
struct range_walk {
	uint64_t at;
	busy_range_fn fn;
	void *ctx;
};

static void pass_free(void *ctx, const struct area *area)
{
	struct range_walk *walk = ctx;

	if (walk->at < area->start)
		walk->fn(walk->ctx, walk->at, area->start);
	walk->at = area->end;
}

void free_tree_busy_ranges(const struct free_tree *free, uint64_t start, uint64_t end,
			   busy_range_fn fn, void *ctx)
{
	uint32_t node = area_tree_at_or_below(&free->tree, start);
	struct range_walk walk = {start, fn, ctx};

	if (node)
		walk.at = MAX(start, area_at(&free->tree, node)->end);
	area_list_walk(&free->tree, start + 1, end, pass_free, &walk);
	if (walk.at < end)
		fn(ctx, walk.at, end);
}

/* What the kernel keeps in the node itself, as subtree_max_size, is kept in its parent here. */
static uint64_t kept_max(const struct area *at, uint32_t node)
{
	uint32_t parent = at[node].parent;

	return parent ? at[parent].child_max[at[parent].child[RIGHT] == node] : area_max(&at[node]);
}

char *free_tree_check_propagate(const struct free_tree *free)
{
	const struct area *at = free->pool.at;

	for (uint32_t node = free->tree.first; node; node = at[node].next) {
		uint64_t max = area_size(&at[node]), kept = kept_max(at, node);

		for (unsigned side = LEFT; side <= RIGHT; side++) {
			if (at[node].child[side])
				max = MAX(max, kept_max(at, at[node].child[side]));
		}
		if (max != kept)
			return g_strdup_printf("tree is corrupted: free area 0x%" G_GINT64_MODIFIER
					       "x-0x%" G_GINT64_MODIFIER
					       "x has subtree_max_size %" G_GUINT64_FORMAT
					       ", should be %" G_GUINT64_FORMAT,
					       at[node].start, at[node].end, kept, max);
	}
	return NULL;
}

char *free_tree_check_lowest(const struct free_tree *free, uint64_t size, uint64_t vstart)
{
	struct free_search ignored = {0};
	const struct area *at = free->pool.at;
	const struct vmap_request request = {
		.size = size, .align = 1, .vstart = vstart, .vend = UINT64_MAX};
	uint32_t found = free_tree_find(free, &request, &ignored);
	uint32_t lowest = free->tree.first;

	while (lowest && !fits(&at[lowest], size, 1, vstart))
		lowest = at[lowest].next;
	if (found == lowest)
		return NULL;
	return g_strdup_printf(
		"not lowest: for %" G_GUINT64_FORMAT " bytes at or above 0x%" G_GINT64_MODIFIER
		"x the search gives 0x%" G_GINT64_MODIFIER "x, the scan 0x%" G_GINT64_MODIFIER "x",
		size, vstart, at[found].start, at[lowest].start);
}

char *free_tree_check(const struct free_tree *free)
{
	const struct area *at = free->pool.at;
	char *message = area_tree_check(&free->tree, "free tree");
	uint64_t blocks = 0, bytes = 0;

	for (uint32_t node = free->tree.first; !message && node; node = at[node].next) {
		uint64_t in_window = free_space_bytes(&free->space, at[node].start, at[node].end);

		blocks += in_window != 0;
		bytes += in_window;
		if (at[node].next && at[at[node].next].start == at[node].end)
			message = g_strdup_printf("free tree: areas touch at 0x%" G_GINT64_MODIFIER
						  "x",
						  at[node].end);
	}
	if (!message && (blocks != free->space.blocks || bytes != free->space.total_bytes))
		message = g_strdup("free tree: the counts of the window are wrong");
	return message;
}

uint64_t free_tree_footprint(const struct free_tree *free)
{
	return free->tree.n * VMAP_AREA_BYTES;
}
