// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/builtin.h"
#include "models/model_run.h"
#include "sim/base/rng.h"
#include "sim/base/units.h"

#include <string.h>

#define VSTART (UINT64_C(16) << 20)
#define VEND   (VSTART + 64 * PAGE_SIZE)

/* A model on its own, and the work of all its ops so far. */
struct fixture {
	struct model_run run;
	uint64_t work[STEPS];
};

static void set_up(struct fixture *f, const struct model_ops *ops, const char *fit)
{
	struct param_value params[PARAM_MAX];
	g_autoptr(GError) error = NULL;

	*f = (struct fixture){0};
	param_defaults(ops->params, params);
	if (fit)
		g_assert_true(param_set(ops->params, params, ops->name, "fit", fit, NULL));
	g_assert_true(model_run_init(
		&f->run, ops,
		(struct model_env){.cpus = 1, .vstart = VSTART, .vend = VEND, .params = params},
		&error));
	g_assert_no_error(error);
}

static int perform(struct fixture *f, const struct op *op)
{
	int end = model_run_op(&f->run, op);

	for (unsigned i = 0; i < STEPS; i++)
		f->work[i] += f->run.work[i];
	if (f->run.ops->check) {
		g_autofree char *broken = f->run.ops->check(f->run.model);

		g_assert_cmpstr(broken, ==, NULL);
	}
	return end;
}

/* Answer for a request of @pages in slot @slot; 0 if there is none. */
static uint64_t request(struct fixture *f, uint32_t slot, uint64_t pages, uint64_t align)
{
	const struct op op = {.kind = OP_VMAP_ALLOC,
			      .slot = slot,
			      .vmap = {.size = pages * PAGE_SIZE, .align = align}};

	return perform(f, &op) == CALL_DONE ? f->run.call.addr : 0;
}

/* The address that was freed. */
static uint64_t release(struct fixture *f, uint32_t slot)
{
	const struct op op = {.kind = OP_VMAP_FREE, .slot = slot};

	g_assert_cmpint(perform(f, &op), ==, CALL_DONE);
	return f->run.call.addr;
}

static void test_first_fit(void)
{
	struct fixture f;

	set_up(&f, &skeleton_model, NULL);
	g_assert_cmphex(request(&f, 0, 2, 1), ==, VSTART);
	g_assert_cmpuint(f.run.call.steps, ==, 0);
	g_assert_cmphex(request(&f, 1, 1, 1), ==, VSTART + 2 * PAGE_SIZE);
	g_assert_cmphex(request(&f, 2, 1, 4 * PAGE_SIZE), ==, VSTART + 4 * PAGE_SIZE);
	g_assert_cmphex(request(&f, 3, 2, 1), ==, VSTART + 5 * PAGE_SIZE);
	g_assert_cmpuint(f.run.call.steps, ==, 3);
	g_assert_cmpuint(f.run.footprint.held[SET_BUSY], ==, 4 * 64);
	g_assert_cmphex(release(&f, 0), ==, VSTART);
	g_assert_cmphex(request(&f, 4, 1, 1), ==, VSTART);
	g_assert_cmpuint(f.run.call.steps, ==, 1); /* the area that ends the hole was looked at */
	g_assert_cmpuint(f.work[STEP_DESC_ALLOC], ==, 5);
	g_assert_cmpuint(f.work[STEP_DESC_FREE], ==, 1);
	g_assert_cmpuint(f.work[STEP_LIST_HOP], ==, 0 + 1 + 2 + 3 + 1);
	model_run_clear(&f.run);
}

static void test_next_fit(void)
{
	struct fixture f;

	set_up(&f, &skeleton_model, "next");
	for (uint32_t i = 0; i < 4; i++)
		g_assert_cmphex(request(&f, i, 1, 1), ==, VSTART + i * PAGE_SIZE);
	g_assert_cmpuint(f.work[STEP_LIST_HOP], ==, 0); /* always behind the last one */
	release(&f, 0);
	g_assert_cmphex(request(&f, 0, 1, 1), ==, VSTART + 4 * PAGE_SIZE);
	g_assert_cmphex(request(&f, 4, 59, 1), ==, VSTART + 5 * PAGE_SIZE);
	g_assert_cmphex(request(&f, 5, 1, 1), ==, VSTART); /* from the bottom again */
	g_assert_cmphex(request(&f, 6, 1, 1), ==, 0);
	model_run_clear(&f.run);
}

static void test_windows(void)
{
	struct op op = {.kind = OP_VMAP_ALLOC,
			.flags = OP_HAS_VSTART | OP_HAS_VEND,
			.vmap = {PAGE_SIZE, 1, VEND, VEND + PAGE_SIZE}};
	struct fixture f;

	set_up(&f, &skeleton_model, NULL);
	g_assert_cmpint(perform(&f, &op), ==, CALL_DONE);
	g_assert_cmphex(f.run.call.addr, ==, VEND);
	op.slot = 1;
	g_assert_cmpint(perform(&f, &op), ==, CALL_FAIL); /* full */
	g_assert_cmpuint(f.run.work[STEP_DESC_FREE], ==, 1);
	g_assert_cmphex(request(&f, 1, 65, 1), ==, 0);
	g_assert_cmphex(request(&f, 1, 1, UINT64_C(1) << 63), ==, 0);
	op.vmap.vstart = UINT64_MAX - 100; /* rounding it up wraps to 0 */
	op.vmap.vend = UINT64_MAX;
	op.vmap.align = PAGE_SIZE;
	g_assert_cmpint(perform(&f, &op), ==, CALL_FAIL);
	g_assert_cmphex(request(&f, 1, 64, 1), ==, VSTART);
	model_run_clear(&f.run);
}

static void append_range(void *ctx, uint64_t start, uint64_t end)
{
	g_string_append_printf(ctx, "%" G_GUINT64_FORMAT "+%" G_GUINT64_FORMAT " ",
			       (start - VSTART) / PAGE_SIZE, (end - start) / PAGE_SIZE);
}

static void test_state(void)
{
	const struct op seed = {.kind = OP_VMAP_SEED,
				.slot = 9,
				.addr = VSTART + 8 * PAGE_SIZE,
				.vmap = {.size = 2 * PAGE_SIZE}};
	g_autoptr(GString) ranges = g_string_new(NULL);
	struct vmap_sample sample;
	struct fixture f;

	set_up(&f, &skeleton_model, NULL);
	g_assert_cmpint(perform(&f, &seed), ==, CALL_DONE);
	request(&f, 0, 3, 1);
	request(&f, 1, 2, 1);
	f.run.ops->sample_vmap(f.run.model, &sample);
	g_assert_cmpuint(sample.busy_areas, ==, 3);
	g_assert_cmpuint(sample.free_blocks, ==, 2);
	g_assert_cmpuint(sample.total_free_bytes, ==, (64 - 7) * PAGE_SIZE);
	g_assert_cmpuint(sample.largest_free_bytes, ==, (64 - 10) * PAGE_SIZE);
	f.run.ops->busy_ranges(f.run.model, VSTART, VEND, append_range, ranges);
	g_assert_cmpstr(ranges->str, ==, "0+5 8+2 ");
	g_string_truncate(ranges, 0);
	f.run.ops->busy_ranges(f.run.model, VSTART + 5 * PAGE_SIZE, VSTART + 9 * PAGE_SIZE,
			       append_range, ranges);
	g_assert_cmpstr(ranges->str, ==, "8+2 ");
	model_run_clear(&f.run);
}

/* Any mix of ops: areas are disjoint (check() after every op), inside, aligned, and conserved. */
static void test_random(gconstpointer fit)
{
	uint64_t pages[64] = {0}, used = 0;
	struct fixture f;
	struct rng rng;

	set_up(&f, &skeleton_model, fit);
	rng_init(&rng, 1, "test-skeleton");
	for (unsigned i = 0; i < 5000; i++) {
		uint32_t slot = (uint32_t)rng_below(&rng, G_N_ELEMENTS(pages));
		uint64_t n = 1 + rng_below(&rng, 6), align = PAGE_SIZE << rng_below(&rng, 3);
		struct vmap_sample sample;

		if (pages[slot]) {
			release(&f, slot);
			used -= pages[slot];
			pages[slot] = 0;
		} else {
			uint64_t addr = request(&f, slot, n, align);

			pages[slot] = addr ? n : 0;
			used += pages[slot];
			g_assert_true(!addr || (addr >= VSTART && addr + n * PAGE_SIZE <= VEND &&
						!(addr % align)));
		}
		f.run.ops->sample_vmap(f.run.model, &sample);
		g_assert_cmpuint(sample.total_free_bytes, ==, VEND - VSTART - used * PAGE_SIZE);
	}
	model_run_clear(&f.run);
}

static void test_empty_window(void)
{
	struct param_value params[PARAM_MAX];
	struct footprint footprint = {0};
	g_autoptr(GError) error = NULL;

	param_defaults(skeleton_model.params, params);
	g_assert_null(skeleton_model.create(
		&(struct model_env){
			.vstart = VEND, .vend = VSTART, .params = params, .footprint = &footprint},
		&error));
	g_assert_nonnull(error);
}

static void test_null(void)
{
	struct fixture f;

	set_up(&f, &null_model, NULL);
	for (uint8_t kind = 0; kind < OP_KINDS; kind++) {
		const struct op op = {.kind = kind};

		g_assert_true(f.run.ops->kinds & OP_BIT(kind));
		g_assert_cmpint(perform(&f, &op), ==, CALL_DONE);
		g_assert_cmphex(f.run.call.addr, ==, NO_ADDR);
	}
	for (unsigned i = 0; i < STEPS; i++)
		g_assert_cmpuint(f.work[i], ==, 0);
	model_run_clear(&f.run);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/null/accepts-everything", test_null);
	g_test_add_func("/skeleton/first-fit", test_first_fit);
	g_test_add_func("/skeleton/next-fit", test_next_fit);
	g_test_add_func("/skeleton/windows", test_windows);
	g_test_add_func("/skeleton/state", test_state);
	g_test_add_data_func("/skeleton/random/first", "first", test_random);
	g_test_add_data_func("/skeleton/random/next", "next", test_random);
	g_test_add_func("/skeleton/empty-window", test_empty_window);
	return g_test_run();
}
