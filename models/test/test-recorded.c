// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The model `recorded` against a naive one that marks pages: random recordings, in which
 * areas come and go, purges take some, and ranges are given out again without a purge or a free
 * that anybody saw.
 */
#include "models/builtin.h"
#include "models/model_run.h"
#include "sim/base/rng.h"
#include "sim/base/units.h"

#include <string.h>

#define VSTART UINT64_C(0x100000)
#define PAGES  256
#define VEND   (VSTART + PAGES * PAGE_SIZE)
#define SLOTS  40

struct naive_area {
	uint64_t start, pages;
	uint64_t freed; /* 0: it lives */
	uint32_t slot;
};

struct fixture {
	struct model_run run;
	GArray *areas;	  /* struct naive_area, busy and lazy */
	bool live[SLOTS]; /* ids; the area may have gone already */
	uint64_t frees, early, purges;
	struct rng rng;
};

static void set_up(struct fixture *f, uint64_t seed)
{
	struct param_value params[PARAM_MAX];

	memset(f, 0, sizeof(*f));
	param_defaults(recorded_model.params, params);
	g_assert_true(model_run_init(
		&f->run, &recorded_model,
		(struct model_env){.cpus = 1, .vstart = VSTART, .vend = VEND, .params = params},
		NULL));
	f->areas = g_array_new(FALSE, FALSE, sizeof(struct naive_area));
	rng_init(&f->rng, seed, "test-recorded");
}

static void tear_down(struct fixture *f)
{
	model_run_clear(&f->run);
	g_array_unref(f->areas);
}

static struct naive_area *area_of(struct fixture *f, guint i)
{
	return &g_array_index(f->areas, struct naive_area, i);
}

static void drop_overlapping(struct fixture *f, uint64_t start, uint64_t pages)
{
	for (guint i = f->areas->len; i--;) {
		const struct naive_area *area = area_of(f, i);

		if (area->start >= start + pages * PAGE_SIZE ||
		    start >= area->start + area->pages * PAGE_SIZE)
			continue;
		f->early += area->freed != 0;
		g_array_remove_index(f->areas, i);
	}
}

static void naive_purge(struct fixture *f, uint64_t n)
{
	uint64_t before = n;

	n -= MIN(n, f->early);
	f->early = 0;
	for (; n; n--) {
		guint first = G_MAXUINT;

		for (guint i = 0; i < f->areas->len; i++) {
			if (area_of(f, i)->freed &&
			    (first == G_MAXUINT || area_of(f, i)->freed < area_of(f, first)->freed))
				first = i;
		}
		if (first == G_MAXUINT)
			break;
		g_array_remove_index(f->areas, first);
	}
	f->purges += n < before;
}

static void compare(struct fixture *f)
{
	bool busy[PAGES] = {false};
	struct vmap_sample want = {.purges = f->purges}, got;
	uint64_t run = 0;

	for (guint i = 0; i < f->areas->len; i++) {
		const struct naive_area *area = area_of(f, i);

		want.busy_areas++;
		want.lazy_pages += area->freed ? area->pages : 0;
		for (uint64_t page = 0; page < area->pages; page++)
			busy[(area->start - VSTART) / PAGE_SIZE + page] = true;
	}
	for (unsigned page = 0; page < PAGES; page++) {
		run = busy[page] ? 0 : run + PAGE_SIZE;
		want.free_blocks += run == PAGE_SIZE;
		want.total_free_bytes += busy[page] ? 0 : PAGE_SIZE;
		want.largest_free_bytes = MAX(want.largest_free_bytes, run);
	}
	recorded_model.sample_vmap(f->run.model, &got);
	g_assert_cmpuint(got.busy_areas, ==, want.busy_areas);
	g_assert_cmpuint(got.lazy_pages, ==, want.lazy_pages);
	g_assert_cmpuint(got.free_blocks, ==, want.free_blocks);
	g_assert_cmpuint(got.total_free_bytes, ==, want.total_free_bytes);
	g_assert_cmpuint(got.largest_free_bytes, ==, want.largest_free_bytes);
	g_assert_cmpuint(got.purges, ==, want.purges);
	g_assert_false(got.has_pools);
	g_autofree char *message = recorded_model.check(f->run.model);

	g_assert_cmpstr(message, ==, NULL);
}

/* An op does no work that has a price, and takes no steps. */
static int perform(struct fixture *f, struct op op)
{
	int result = model_run_op(&f->run, &op);

	for (unsigned step = 0; step < STEPS; step++)
		g_assert_cmpuint(f->run.work[step], ==, 0);
	g_assert_cmpuint(f->run.call.steps, ==, 0);
	return result;
}

static uint64_t free_page(struct fixture *f, uint64_t pages, bool anywhere)
{
	for (;;) {
		uint64_t at = rng_below(&f->rng, PAGES - pages), start = VSTART + at * PAGE_SIZE;
		bool free = true;

		for (guint i = 0; i < f->areas->len; i++) {
			const struct naive_area *area = area_of(f, i);

			free &= area->start >= start + pages * PAGE_SIZE ||
				start >= area->start + area->pages * PAGE_SIZE;
		}
		if (free || anywhere)
			return start;
		anywhere = !rng_below(&f->rng, 20); /* it may be full */
	}
}

static void put(struct fixture *f, uint32_t slot, enum op_kind kind, bool lazy, bool anywhere)
{
	uint64_t pages = 1 + rng_below(&f->rng, 12), start = free_page(f, pages, anywhere);
	struct op op = {.kind = (uint8_t)kind,
			.slot = slot,
			.addr = start,
			.flags = OP_HAS_ADDR | (lazy ? OP_LAZY : 0),
			.vmap = {.size = pages * PAGE_SIZE, .align = 1}};

	drop_overlapping(f, start, pages);
	g_assert_cmpint(perform(f, op), ==, CALL_DONE);
	g_assert_cmphex(f->run.call.addr, ==, start);
	struct naive_area area = {start, pages, lazy ? ++f->frees : 0, slot};

	g_array_append_val(f->areas, area);
	f->live[slot] = !lazy;
}

static void take(struct fixture *f, uint32_t slot)
{
	for (guint i = 0; i < f->areas->len; i++) {
		if (area_of(f, i)->slot == slot && !area_of(f, i)->freed)
			area_of(f, i)->freed = ++f->frees;
	}
	g_assert_cmpint(perform(f, (struct op){.kind = OP_VMAP_FREE, .slot = slot}), ==, CALL_DONE);
	f->live[slot] = false;
}

static void purge(struct fixture *f)
{
	uint64_t n = rng_below(&f->rng, 12);
	bool says = rng_below(&f->rng, 5) > 0;
	struct op op = {.kind = OP_VMAP_PURGE,
			.flags = says ? OP_HAS_N : 0,
			.purge = {.n = n, .why = PURGE_DRAIN}};

	naive_purge(f, says ? n : UINT64_MAX);
	g_assert_cmpint(perform(f, op), ==, CALL_DONE);
}

static void test_random(void)
{
	for (uint64_t seed = 1; seed <= 60; seed++) {
		struct fixture f;

		set_up(&f, seed);
		/* seeds do not overlap, and lazy ones are no ids that anybody frees */
		for (uint32_t slot = 0; slot < 5; slot++) {
			f.early = 0;
			put(&f, slot, OP_VMAP_SEED, slot % 2, false);
			if (f.early || f.areas->len < slot + 1)
				break;
		}
		for (unsigned i = 0; i < 400; i++) {
			uint32_t slot = (uint32_t)rng_below(&f.rng, SLOTS);
			bool anywhere = !rng_below(&f.rng, 8);

			if (!rng_below(&f.rng, 10))
				purge(&f);
			else if (f.live[slot])
				take(&f, slot);
			else
				put(&f, slot, OP_VMAP_ALLOC, false, anywhere);
			compare(&f);
		}
		tear_down(&f);
	}
}

static void test_refusals(void)
{
	struct fixture f;

	set_up(&f, 1);
	struct op op = {.kind = OP_VMAP_ALLOC, .vmap = {.size = PAGE_SIZE, .align = 1}};

	op.flags = OP_FAILED;
	g_assert_cmpint(perform(&f, op), ==, CALL_FAIL);
	op.flags = 0;
	g_assert_cmpint(perform(&f, op), ==, CALL_INPUT);
	g_assert_nonnull(strstr(f.run.call.message, "no address was recorded"));
	op.flags = OP_HAS_ADDR;
	op.addr = UINT64_MAX - PAGE_SIZE + 1;
	g_assert_cmpint(perform(&f, op), ==, CALL_INPUT);
	compare(&f);
	tear_down(&f);
}

/* The areas of a chunk come and go together; the half of a purge takes nothing. */
static void test_chunk(void)
{
	struct fixture f;
	g_autofree struct op_pcpu *pcpu =
		g_malloc0(sizeof(*pcpu) + 2 * sizeof(struct op_pcpu_area));
	struct vmap_sample sample;

	set_up(&f, 1);
	*pcpu = (struct op_pcpu){.align = PAGE_SIZE, .n_areas = 2};
	pcpu->area[0] = (struct op_pcpu_area){0, 2 * PAGE_SIZE};
	pcpu->area[1] = (struct op_pcpu_area){8 * PAGE_SIZE, 2 * PAGE_SIZE};
	struct op op = {.kind = OP_PCPU_ALLOC, .flags = OP_HAS_ADDR, .addr = VSTART, .pcpu = pcpu};

	g_assert_cmpint(perform(&f, op), ==, CALL_DONE);
	g_assert_cmphex(f.run.call.addr, ==, VSTART);
	g_assert_cmpint(perform(&f, (struct op){.kind = OP_PCPU_FREE}), ==, CALL_DONE);
	g_assert_cmphex(f.run.call.addr, ==, VSTART);
	g_assert_cmpint(
		perform(&f, (struct op){.kind = OP_VMAP_PURGE, .purge = {.why = PURGE_DETACH}}), ==,
		CALL_DONE);
	recorded_model.sample_vmap(f.run.model, &sample);
	g_assert_cmpuint(sample.busy_areas, ==, 2);
	g_assert_cmpuint(sample.lazy_pages, ==, 4);
	g_assert_cmpint(perform(&f, (struct op){.kind = OP_VMAP_PURGE}), ==, CALL_DONE);
	recorded_model.sample_vmap(f.run.model, &sample);
	g_assert_cmpuint(sample.busy_areas, ==, 0);
	g_assert_cmpuint(sample.free_blocks, ==, 1);
	tear_down(&f);
}

/* A block of frames is where the recording says; what became of it then, it does not say. */
static void test_pages(void)
{
	struct fixture f;
	struct op op = {.kind = OP_PAGE_ALLOC, .slot = 1, .addr = 0x1234, .page = {.order = 2}};

	set_up(&f, 1);
	g_assert_cmpint(perform(&f, op), ==, CALL_INPUT);
	g_assert_nonnull(strstr(f.run.call.message, "no pfn was recorded"));
	op.flags = OP_FAILED;
	g_assert_cmpint(perform(&f, op), ==, CALL_FAIL);
	op.flags = OP_HAS_ADDR;
	g_assert_cmpint(perform(&f, op), ==, CALL_DONE);
	g_assert_cmpuint(f.run.call.addr, ==, 0x1234);
	op.kind = OP_PAGE_FREE;
	g_assert_cmpint(perform(&f, op), ==, CALL_DONE);
	g_assert_true(f.run.call.addr == NO_ADDR);
	/* drawn, maybe */
	op.kind = OP_PAGE_SEED;
	g_assert_cmpint(perform(&f, op), ==, CALL_DONE);
	g_assert_true(f.run.call.addr == NO_ADDR);
	g_assert_cmpint(perform(&f, (struct op){.kind = OP_COMPACT, .page = {.order = -1}}), ==,
			CALL_DONE);
	compare(&f);
	tear_down(&f);
}

/* The machine's shrinker ran; what is in pools looks free before and after. */
static void test_shrink(void)
{
	struct fixture f;

	set_up(&f, 1);
	g_assert_true(recorded_model.kinds & OP_BIT(OP_SHRINK));
	g_assert_cmpint(perform(&f, (struct op){.kind = OP_SHRINK}), ==, CALL_DONE);
	compare(&f);
	tear_down(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/recorded/random", test_random);
	g_test_add_func("/recorded/refusals", test_refusals);
	g_test_add_func("/recorded/chunk", test_chunk);
	g_test_add_func("/recorded/pages", test_pages);
	g_test_add_func("/recorded/shrink", test_shrink);
	return g_test_run();
}
