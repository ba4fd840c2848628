// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Properties of the vmap models on random ops, against a naive allocator that keeps a sorted
 * array of what is live: no overlap, alignment, window, conservation; the lowest fit
 * where that is promised. And what the data of the kernel's answers does not hold.
 */
#include "models/builtin.h"
#include "models/model_run.h"
#include "models/vmap/augtree.h"
#include "sim/base/rng.h"
#include "sim/base/units.h"

#include <string.h>

#define VSTART UINT64_C(0xffffc90000000000)
#define VEND   (VSTART + (UINT64_C(64) << 20))
#define LIVE   300

struct live {
	uint64_t start, end; /* end 0: not live */
};

struct naive {
	struct live areas[LIVE];
};

struct fixture {
	struct model_run run;
	struct naive naive;
	struct rng rng;
	bool lowest_promised; /* augtree, align 1, nothing lazy */
};

static void set_up(struct fixture *f, const struct model_ops *ops, uint64_t lazy_max_pages,
		   const char *key, const char *value)
{
	struct param_value params[PARAM_MAX];
	GError *error = NULL;

	memset(f, 0, sizeof(*f));
	param_defaults(ops->params, params);
	if (key)
		param_set(ops->params, params, ops->name, key, value, &error);
	g_assert_no_error(error);
	model_run_init(&f->run, ops,
		       (struct model_env){.cpus = 2,
					  .vstart = VSTART,
					  .vend = VEND,
					  .lazy_max_pages = lazy_max_pages,
					  .seed = 1,
					  .params = params},
		       &error);
	g_assert_no_error(error);
	rng_init(&f->rng, 11, "test-vmap");
	f->lowest_promised = ops == &vmap_augtree && !lazy_max_pages;
}

static void assert_sound(struct fixture *f)
{
	g_autofree char *message = f->run.ops->check(f->run.model);

	g_assert_cmpstr(message, ==, NULL);
}

static struct vmap_sample sample(struct fixture *f)
{
	struct vmap_sample sample;

	f->run.ops->sample_vmap(f->run.model, &sample);
	return sample;
}

/* Lowest address at which @size fits between the live areas; 0 if there is none. */
static uint64_t naive_lowest(const struct naive *naive, uint64_t size, uint64_t vstart,
			     uint64_t vend)
{
	uint64_t best = 0;

	for (unsigned i = 0; i <= LIVE; i++) {
		/* the candidates: the start of the window, and every end */
		uint64_t at = i == LIVE ? vstart : naive->areas[i].end;
		bool free = at >= vstart && at + size <= vend;

		for (unsigned j = 0; free && j < LIVE; j++)
			free = at + size <= naive->areas[j].start || at >= naive->areas[j].end;
		if (free && (!best || at < best))
			best = at;
	}
	return best;
}

static void check_answer(struct fixture *f, const struct op *op, uint64_t addr, uint64_t vstart,
			 uint64_t vend)
{
	uint64_t end = addr + op->vmap.size;

	g_assert_cmphex(addr % op->vmap.align, ==, 0);
	g_assert_cmphex(addr, >=, vstart);
	g_assert_cmphex(end, <=, vend);
	for (unsigned i = 0; i < LIVE; i++)
		g_assert_true(end <= f->naive.areas[i].start || addr >= f->naive.areas[i].end);
}

static void alloc(struct fixture *f, uint32_t slot)
{
	struct op op = {.kind = OP_VMAP_ALLOC, .slot = slot};
	uint64_t vstart = VSTART, vend = VEND;

	op.vmap.size = (1 + rng_below(&f->rng, rng_below(&f->rng, 8) ? 40 : 2000)) * PAGE_SIZE;
	op.vmap.align = rng_below(&f->rng, 3) ? 1 : UINT64_C(1) << rng_below(&f->rng, 20);
	if (!rng_below(&f->rng, 4)) {
		op.flags = OP_HAS_VSTART | OP_HAS_VEND;
		op.vmap.vstart = vstart = VSTART + rng_below(&f->rng, 8192) * PAGE_SIZE;
		op.vmap.vend = vend = vstart + rng_below(&f->rng, 8192) * PAGE_SIZE;
	}
	int result = model_run_op(&f->run, &op);
	uint64_t lowest =
		op.vmap.align == 1 ? naive_lowest(&f->naive, op.vmap.size, vstart, vend) : 0;

	g_assert_true(result == CALL_DONE || result == CALL_FAIL);
	if (result == CALL_DONE) {
		check_answer(f, &op, f->run.call.addr, vstart, vend);
		if (lowest && f->lowest_promised)
			g_assert_cmphex(f->run.call.addr, ==, lowest);
		f->naive.areas[slot].start = f->run.call.addr;
		f->naive.areas[slot].end = f->run.call.addr + op.vmap.size;
	} else if (f->lowest_promised) {
		g_assert_cmphex(lowest, ==, 0);
	}
}

static void release(struct fixture *f, uint32_t slot)
{
	const struct op op = {.kind = OP_VMAP_FREE, .slot = slot};

	g_assert_cmpint(model_run_op(&f->run, &op), ==, CALL_DONE);
	g_assert_cmphex(f->run.call.addr, ==, f->naive.areas[slot].start);
	f->naive.areas[slot] = (struct live){0};
}

static void check_conservation(struct fixture *f, uint64_t lazy_max_pages)
{
	struct vmap_sample now = sample(f);
	uint64_t live = 0, bytes = 0;

	for (unsigned i = 0; i < LIVE; i++) {
		live += f->naive.areas[i].end != 0;
		bytes += f->naive.areas[i].end - f->naive.areas[i].start;
	}
	g_assert_cmpuint(now.total_free_bytes + bytes + now.lazy_pages * PAGE_SIZE, ==,
			 VEND - VSTART);
	g_assert_cmpuint(now.largest_free_bytes, <=, now.total_free_bytes);
	g_assert_cmpuint(now.lazy_pages, <=, lazy_max_pages);
	g_assert_cmpuint(now.busy_areas, >=, live);
	if (!now.lazy_pages)
		g_assert_cmpuint(now.busy_areas, ==, live);
}

static const struct random_case {
	const struct model_ops *ops;
	uint64_t lazy_max_pages;
	const char *key, *value;
} random_cases[] = {
	{&vmap_busylist, 0, NULL, NULL},       {&vmap_busylist, 500, NULL, NULL},
	{&vmap_augtree, 0, "check", "all"},    {&vmap_augtree, 500, "check", "all"},
	{&vmap_augtree, 0, "version", "v6.1"}, {&vmap_augtree, 500, "version", "v6.1"},
};

static void test_random(gconstpointer data)
{
	const struct random_case *c = data;
	struct fixture f;

	set_up(&f, c->ops, c->lazy_max_pages, c->key, c->value);
	for (unsigned i = 0; i < 20000; i++) {
		uint32_t slot = (uint32_t)rng_below(&f.rng, LIVE);

		if (f.naive.areas[slot].end)
			release(&f, slot);
		else
			alloc(&f, slot);
		check_conservation(&f, c->lazy_max_pages);
		assert_sound(&f);
	}
	model_run_clear(&f.run);
}

struct ranges {
	uint64_t last_end, bytes;
};

static void add_range(void *ctx, uint64_t start, uint64_t end)
{
	struct ranges *ranges = ctx;

	g_assert_cmphex(start, <, end);
	g_assert_cmphex(start, >, ranges->last_end); /* maximal: ranges do not touch */
	ranges->last_end = end;
	ranges->bytes += end - start;
}

static uint64_t live_bytes(const struct naive *naive, uint64_t low, uint64_t high)
{
	uint64_t bytes = 0;

	for (unsigned i = 0; i < LIVE; i++) {
		uint64_t start = MAX(naive->areas[i].start, low);
		uint64_t end = MIN(naive->areas[i].end, high);

		bytes += start < end ? end - start : 0;
	}
	return bytes;
}

/* The busy ranges of a window, or of a part of it, are what is not free in it. */
static void test_busy_ranges(gconstpointer ops)
{
	struct fixture f;

	set_up(&f, ops, 0, NULL, NULL);
	for (unsigned i = 0; i < 3000; i++) {
		uint32_t slot = (uint32_t)rng_below(&f.rng, LIVE);
		struct ranges ranges = {0};

		if (f.naive.areas[slot].end)
			release(&f, slot);
		else
			alloc(&f, slot);
		f.run.ops->busy_ranges(f.run.model, VSTART, VEND, add_range, &ranges);
		g_assert_cmpuint(ranges.bytes, ==, VEND - VSTART - sample(&f).total_free_bytes);
		uint64_t low = VSTART + rng_below(&f.rng, 16384) * PAGE_SIZE;
		uint64_t high = low + (1 + rng_below(&f.rng, 4096)) * PAGE_SIZE;

		ranges = (struct ranges){.last_end = low - 1};
		f.run.ops->busy_ranges(f.run.model, low, high, add_range, &ranges);
		g_assert_cmphex(ranges.last_end, <=, high);
		g_assert_cmpuint(ranges.bytes, ==, live_bytes(&f.naive, low, high));
	}
	model_run_clear(&f.run);
}

static int request(struct fixture *f, uint32_t slot, uint64_t size, uint64_t align)
{
	struct op op = {.kind = OP_VMAP_ALLOC, .slot = slot};

	op.vmap.size = size;
	op.vmap.align = align;
	return model_run_op(&f->run, &op);
}

/* An alignment that wraps to 0: a crash before v5.1-rc3, a plain failure since (afd07389d3f4). */
static void test_align_wraps(void)
{
	struct fixture f;

	set_up(&f, &vmap_busylist, 0, "version", "v4.20");
	g_assert_cmpint(request(&f, 0, PAGE_SIZE, UINT64_C(1) << 46), ==, CALL_OOPS);
	g_assert_nonnull(strstr(f.run.call.message, "below vstart"));
	model_run_clear(&f.run);
	set_up(&f, &vmap_busylist, 0, NULL, NULL);
	g_assert_cmpint(request(&f, 0, PAGE_SIZE, UINT64_C(1) << 46), ==, CALL_FAIL);
	model_run_clear(&f.run);
}

/* size + align − 1 wraps: it fits nowhere, and the search ends. */
static void test_length_wraps(gconstpointer ops)
{
	struct fixture f;

	set_up(&f, ops, 0, NULL, NULL);
	g_assert_cmpint(request(&f, 0, UINT64_C(1) << 63, UINT64_C(1) << 63), ==, CALL_FAIL);
	g_assert_cmpint(request(&f, 0, -PAGE_SIZE, 1), ==, CALL_FAIL);
	g_assert_cmpint(request(&f, 0, -PAGE_SIZE, UINT64_C(1) << 63), ==, CALL_FAIL);
	assert_sound(&f);
	model_run_clear(&f.run);
}

static void add_seed(struct fixture *f, uint32_t slot, uint64_t addr, uint64_t pages, bool lazy)
{
	struct op op = {
		.kind = OP_VMAP_SEED, .slot = slot, .addr = addr, .flags = lazy ? OP_LAZY : 0};

	op.vmap.size = pages * PAGE_SIZE;
	g_assert_cmpint(model_run_op(&f->run, &op), ==, CALL_DONE);
}

/* Seeds in any order; a lazy one occupies its place until a purge. */
static void test_seeds(gconstpointer ops)
{
	const struct op purge = {.kind = OP_VMAP_PURGE}, end = {.kind = OP_VMAP_FREE, .slot = 0};
	struct fixture f;

	set_up(&f, ops, 100, NULL, NULL);
	add_seed(&f, 0, VSTART + 4 * PAGE_SIZE, 2, false);
	add_seed(&f, 1, VSTART, 2, true);
	add_seed(&f, 2, VSTART + 2 * PAGE_SIZE, 2, false);
	g_assert_cmpuint(sample(&f).busy_areas, ==, 3);
	g_assert_cmpuint(sample(&f).lazy_pages, ==, 2);
	g_assert_cmpint(request(&f, 3, 2 * PAGE_SIZE, 1), ==, CALL_DONE);
	g_assert_cmphex(f.run.call.addr, ==, VSTART + 6 * PAGE_SIZE);
	g_assert_cmpint(model_run_op(&f.run, &purge), ==, CALL_DONE);
	g_assert_cmpuint(sample(&f).busy_areas, ==, 3);
	g_assert_cmpint(model_run_op(&f.run, &end), ==, CALL_DONE);
	g_assert_cmphex(f.run.call.addr, ==, VSTART + 4 * PAGE_SIZE);
	assert_sound(&f);
	model_run_clear(&f.run);
	/* where frees take effect at once, a lazy seed is gone already */
	set_up(&f, ops, 0, NULL, NULL);
	add_seed(&f, 1, VSTART, 2, true);
	g_assert_cmpuint(sample(&f).busy_areas, ==, 0);
	model_run_clear(&f.run);
}

/* A recording's purges are not this kernel's; an explicit one is. */
static void test_purge_why(gconstpointer ops)
{
	const struct op end = {.kind = OP_VMAP_FREE, .slot = 0};
	struct op purge = {.kind = OP_VMAP_PURGE};
	struct fixture f;

	set_up(&f, ops, LAZY_NONE, NULL, NULL);
	g_assert_cmpint(request(&f, 0, PAGE_SIZE, 1), ==, CALL_DONE);
	g_assert_cmpint(model_run_op(&f.run, &end), ==, CALL_DONE);
	purge.purge.why = PURGE_DRAIN;
	model_run_op(&f.run, &purge);
	g_assert_cmpuint(sample(&f).lazy_pages, ==, 1);
	purge.purge.why = PURGE_EXPLICIT;
	model_run_op(&f.run, &purge);
	g_assert_cmpuint(sample(&f).lazy_pages, ==, 0);
	model_run_clear(&f.run);
}

#define CHUNK_AREAS 3
#define MIB	    (UINT64_C(1) << 20)

static struct op *new_chunk(uint32_t slot)
{
	static const struct op_pcpu_area areas[CHUNK_AREAS] = {
		{4 * MIB, 2 * MIB}, {0, MIB}, {10 * MIB, MIB}};
	struct op *op = g_new0(struct op, 1);

	*op = (struct op){.kind = OP_PCPU_ALLOC, .slot = slot};
	op->pcpu = g_malloc0(sizeof(*op->pcpu) + sizeof(areas));
	op->pcpu->align = MIB;
	op->pcpu->n_areas = CHUNK_AREAS;
	memcpy(op->pcpu->area, areas, sizeof(areas));
	return op;
}

static bool chunk_fits(const struct fixture *f, const struct op_pcpu *pcpu, uint64_t base)
{
	for (unsigned i = 0; i < pcpu->n_areas; i++) {
		uint64_t start = base + pcpu->area[i].offset, end = start + pcpu->area[i].size;

		if (start < VSTART || end > VEND)
			return false;
		for (unsigned j = 0; j < LIVE; j++) {
			if (start < f->naive.areas[j].end && f->naive.areas[j].start < end)
				return false;
		}
	}
	return true;
}

/* Chunks go to the highest base at which all their areas fit, among areas put at random. */
static void test_pcpu(gconstpointer ops)
{
	for (unsigned round = 0; round < 200; round++) {
		struct fixture f;
		uint64_t base = align_down(VEND, MIB) - 11 * MIB;

		set_up(&f, ops, 0, NULL, NULL);
		rng_init(&f.rng, round, "pcpu");
		for (uint32_t i = 0; i < 20; i++) {
			uint64_t start = VSTART + (i * 3 + rng_below(&f.rng, 2)) * MIB;

			if (rng_below(&f.rng, 3))
				continue;
			add_seed(&f, i, start, 1 + rng_below(&f.rng, 256), false);
			f.naive.areas[i] = (struct live){start, start + MIB};
		}
		struct op *chunk = new_chunk(LIVE);
		int result = model_run_op(&f.run, chunk);

		while (base >= VSTART && !chunk_fits(&f, chunk->pcpu, base))
			base -= MIB;
		g_assert_cmpint(result, ==, base >= VSTART ? CALL_DONE : CALL_FAIL);
		if (result == CALL_DONE) {
			const struct op end = {.kind = OP_PCPU_FREE, .slot = LIVE};
			uint64_t busy = sample(&f).busy_areas;

			g_assert_cmphex(f.run.call.addr, ==, base);
			g_assert_cmpint(model_run_op(&f.run, &end), ==, CALL_DONE);
			g_assert_cmphex(f.run.call.addr, ==, base);
			g_assert_cmpuint(sample(&f).busy_areas, ==, busy - CHUNK_AREAS);
		}
		assert_sound(&f);
		op_clear(chunk);
		g_free(chunk);
		model_run_clear(&f.run);
	}
}

/* Many free areas, so that the tree has depth. */
static void make_holes(struct fixture *f)
{
	for (uint32_t i = 0; i < 100; i++)
		g_assert_cmpint(request(f, i, (1 + i % 7) * PAGE_SIZE, 1), ==, CALL_DONE);
	for (uint32_t i = 0; i < 100; i += 2) {
		const struct op end = {.kind = OP_VMAP_FREE, .slot = i};

		model_run_op(&f->run, &end);
	}
}

/* DEBUG_AUGMENT_PROPAGATE_CHECK sees a subtree_max_size that is wrong, as function and as check=.
 */
static void test_propagate_check(void)
{
	struct fixture f;

	set_up(&f, &vmap_augtree, 0, "check", "propagate");
	make_holes(&f);
	struct free_tree *free = &((struct augtree *)f.run.model)->free;
	struct area *above = &free->pool.at[free->pool.at[free->tree.first].parent];

	g_assert_null(free_tree_check_propagate(free));
	above->child_max[LEFT] += PAGE_SIZE;
	g_autofree char *message = free_tree_check_propagate(free);

	g_assert_nonnull(strstr(message, "tree is corrupted"));
	/* high up in the window, so that the search does not repair it on its way */
	g_assert_cmpint(request(&f, 200, 16 * PAGE_SIZE, 1), ==, CALL_BROKEN);
	g_assert_nonnull(strstr(f.run.call.message, "tree is corrupted"));
	model_run_clear(&f.run);
}

/* DEBUG_AUGMENT_LOWEST_MATCH_CHECK sees that the search misses what the scan finds. */
static void test_lowest_check(void)
{
	struct fixture f;

	set_up(&f, &vmap_augtree, 0, "check", "lowest");
	/* the check looks at random places in the first 4 GiB: spread the areas over them */
	for (uint32_t i = 0; i < 100; i++)
		add_seed(&f, i, VSTART + i * 40 * MIB, 1, false);
	g_assert_cmpint(request(&f, 200, PAGE_SIZE, 1), ==, CALL_DONE);
	struct free_tree *free = &((struct augtree *)f.run.model)->free;
	struct area *root = &free->pool.at[free->tree.root];

	g_assert_null(free_tree_check_lowest(free, PAGE_SIZE, VSTART));
	/* nothing seems to be left of the root: the search goes right */
	root->child_max[LEFT] = 0;
	g_autofree char *message = free_tree_check_lowest(free, PAGE_SIZE, VSTART);

	g_assert_nonnull(strstr(message, "not lowest"));
	/* the model looks somewhere else at each request: some request meets it */
	bool fired = false;

	for (uint32_t i = 201; i < 280 && !fired; i++) {
		struct op op = {
			.kind = OP_VMAP_ALLOC, .slot = i, .flags = OP_HAS_VSTART | OP_HAS_VEND};

		/* from above the damage, so that it stays */
		op.vmap.size = PAGE_SIZE;
		op.vmap.align = 1;
		op.vmap.vstart = VSTART + 80 * 40 * MIB;
		op.vmap.vend = op.vmap.vstart + 40 * MIB;
		int result = model_run_op(&f.run, &op);

		fired = result == CALL_BROKEN && strstr(f.run.call.message, "not lowest");
	}
	g_assert_true(fired);
	model_run_clear(&f.run);
}

static void add_for_both(const char *path, GTestDataFunc test)
{
	g_autofree char *busylist = g_strdup_printf("/vmap/%s/busylist", path);
	g_autofree char *augtree = g_strdup_printf("/vmap/%s/augtree", path);

	g_test_add_data_func(busylist, &vmap_busylist, test);
	g_test_add_data_func(augtree, &vmap_augtree, test);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (unsigned i = 0; i < G_N_ELEMENTS(random_cases); i++) {
		const struct random_case *c = &random_cases[i];
		g_autofree char *path =
			g_strdup_printf("/vmap/random/%s/%s/lazy-%" G_GUINT64_FORMAT, c->ops->name,
					c->value ? c->value : "default", c->lazy_max_pages);

		g_test_add_data_func(path, c, test_random);
	}
	add_for_both("busy-ranges", test_busy_ranges);
	add_for_both("length-wraps", test_length_wraps);
	add_for_both("seeds", test_seeds);
	add_for_both("purge-why", test_purge_why);
	add_for_both("pcpu", test_pcpu);
	g_test_add_func("/vmap/align-wraps", test_align_wraps);
	g_test_add_func("/vmap/check/propagate", test_propagate_check);
	g_test_add_func("/vmap/check/lowest", test_lowest_check);
	return g_test_run();
}
