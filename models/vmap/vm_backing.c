// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/vmap/vm_backing.h"

#include "sim/base/units.h"

#define BATCH	   63u
#define HIGH	   (6 * BATCH)
#define BULK_PAGES 100u /* asked for at a time */

#define OWNERS 1024 /* lines that are remembered; a power of two */

#define PTE_BYTES   8u
#define LINE_BYTES  64u
#define TABLE_SHIFT 21 /* a page table maps 2 MiB, with 4 KiB pages and entries of 8 bytes */
#define LEAF_SHIFT  15 /* bits of a leaf of the map of tables */
#define TABLE_BITS  (47 - TABLE_SHIFT + 1)

const struct param_word vm_work_words[] = {
	{"area", WORK_AREA}, {"vmalloc", WORK_VMALLOC}, {NULL, 0}};

void vm_backing_init(struct vm_backing *backing, enum vm_work work, bool bulk,
		     const struct model_env *env)
{
	*backing = (struct vm_backing){
		.on = work == WORK_VMALLOC,
		.bulk = bulk,
		.footprint = env->footprint,
	};
	if (!backing->on)
		return;
	backing->list = g_new0(uint32_t, env->cpus);
	backing->owners = g_new0(struct vm_line, OWNERS);
	backing->tables = g_new0(uint64_t *, 1u << (TABLE_BITS - LEAF_SHIFT));
}

void vm_backing_clear(struct vm_backing *backing)
{
	for (unsigned i = 0; backing->tables && i < 1u << (TABLE_BITS - LEAF_SHIFT); i++)
		g_free(backing->tables[i]);
	g_free(backing->tables);
	g_free(backing->list);
	g_free(backing->owners);
}

uint64_t vm_backing_pages(const struct vm_backing *backing, const struct op *op)
{
	bool backed = backing->on && op->kind == OP_VMAP_ALLOC && !(op->flags & OP_UNBACKED);

	return backed ? op->vmap.size / PAGE_SIZE - 1 : 0;
}

/* struct vm_struct, and the array of pointers to its pages. */
void vm_backing_begin(const struct vm_backing *backing, struct call *call)
{
	if (!backing->on)
		return;
	count(call, STEP_CALL, 1);
	count(call, STEP_DESC_ALLOC, 2);
}

void vm_backing_end(const struct vm_backing *backing, struct call *call)
{
	if (!backing->on)
		return;
	count(call, STEP_CALL, 1);
	count(call, STEP_DESC_FREE, 2);
}

uint64_t vm_backing_take(struct vm_backing *backing, struct call *call, uint64_t pages)
{
	uint32_t *list = &backing->list[call->op->cpu];
	uint64_t taken = MIN(pages, *list);

	if (!taken)
		return pages;
	*list -= (uint32_t)taken;
	count(call, STEP_PCP_OP, taken);
	count(call, STEP_PAGE_CALL, backing->bulk ? (taken + BULK_PAGES - 1) / BULK_PAGES : taken);
	if (call->op->flags & OP_ZERO)
		count(call, STEP_PAGE_ZERO, taken);
	return pages - taken;
}

uint64_t vm_backing_put(struct vm_backing *backing, struct call *call, uint64_t pages)
{
	uint32_t *list = &backing->list[call->op->cpu];
	uint64_t put = MIN(pages, HIGH - *list);

	if (!put)
		return pages;
	*list += (uint32_t)put;
	count(call, STEP_PCP_OP, put);
	count(call, STEP_PAGE_CALL, put);
	return pages - put;
}

void vm_backing_refill(struct vm_backing *backing, struct call *call)
{
	backing->list[call->op->cpu] += BATCH;
	count(call, STEP_BUDDY_OP, BATCH);
}

void vm_backing_drain(struct vm_backing *backing, struct call *call)
{
	backing->list[call->op->cpu] -= BATCH;
	count(call, STEP_BUDDY_OP, BATCH);
}

static bool new_table(struct vm_backing *backing, uint64_t index)
{
	uint64_t **leaf =
		&backing->tables[index >> LEAF_SHIFT & ((1u << (TABLE_BITS - LEAF_SHIFT)) - 1)];
	uint64_t bit = index & ((1u << LEAF_SHIFT) - 1), mask = UINT64_C(1) << (bit & 63);

	if (!*leaf)
		*leaf = g_new0(uint64_t, (1u << LEAF_SHIFT) / 64);
	if ((*leaf)[bit / 64] & mask)
		return false;
	(*leaf)[bit / 64] |= mask;
	return true;
}

/* The cache lines of the page-table entries of @pages at @start. */
static uint64_t first_line(uint64_t start)
{
	return start / PAGE_SIZE * PTE_BYTES / LINE_BYTES;
}

static uint64_t last_line(uint64_t start, uint64_t pages)
{
	return first_line(start + (pages - 1) * PAGE_SIZE);
}

/* The call's CPU writes @line. */
static void write_line(struct vm_backing *backing, struct call *call, uint64_t line)
{
	struct vm_line *owner = &backing->owners[line & (OWNERS - 1)];

	if (owner->line == line && owner->cpu != call->op->cpu)
		count(call, STEP_LINE_TRANSFER, 1);
	*owner = (struct vm_line){.line = line, .cpu = call->op->cpu};
}

void vm_backing_lazy(struct vm_backing *backing, struct call *call)
{
	uint32_t cpu = call->op->cpu + 1u;

	if (!backing->on)
		return;
	if (backing->lazy_cpu && backing->lazy_cpu != cpu)
		count(call, STEP_LINE_TRANSFER, 1);
	backing->lazy_cpu = cpu;
}

/*
 * Entries come into use again at the same addresses after each purge, so the set that is gone over
 * again and again is what was filled in a round.
 */
static void note_lines(struct vm_backing *backing)
{
	footprint_note(backing->footprint, SET_PTES,
		       MAX(backing->lines, backing->lines_before) * LINE_BYTES);
}

void vm_backing_map(struct vm_backing *backing, struct call *call, uint64_t start, uint64_t pages)
{
	uint64_t last_table = (start + (pages - 1) * PAGE_SIZE) >> TABLE_SHIFT;
	uint64_t first = first_line(start), last = last_line(start, pages);

	for (uint64_t index = start >> TABLE_SHIFT; index <= last_table; index++) {
		if (G_UNLIKELY(new_table(backing, index)))
			count(call, STEP_PAGE_TABLE, 1);
	}
	count(call, STEP_PTE_SET, pages);
	count(call, STEP_PTE_LINE, last - first + 1);
	write_line(backing, call, first);
	if (last != first)
		write_line(backing, call, last);
	backing->lines += last - first + (first != backing->last_line);
	backing->last_line = last;
	if (backing->lines > backing->lines_before)
		note_lines(backing);
}

void vm_backing_unmap(struct vm_backing *backing, struct call *call, uint64_t start, uint64_t pages)
{
	uint64_t first = first_line(start), last = last_line(start, pages);

	count(call, STEP_PTE_CLEAR, pages);
	count(call, STEP_PTE_LINE, last - first + 1);
	write_line(backing, call, first);
	if (last != first)
		write_line(backing, call, last);
}

void vm_backing_purge(struct vm_backing *backing)
{
	if (!backing->on)
		return;
	backing->lines_before = backing->lines;
	backing->lines = 0;
	note_lines(backing);
}

bool vm_backing_stage_take(struct vm_backing *backing, struct call *call, uint64_t *left)
{
	uint64_t mapped = call->op->vmap.size / PAGE_SIZE - 1;

	*left = vm_backing_take(backing, call, *left);
	if (*left)
		return false;
	if (mapped)
		vm_backing_map(backing, call, call->addr, mapped);
	return true;
}

bool vm_backing_stage_give(struct vm_backing *backing, struct call *call, uint64_t *left)
{
	*left = vm_backing_put(backing, call, *left);
	if (*left)
		return false;
	vm_backing_end(backing, call);
	return true;
}
