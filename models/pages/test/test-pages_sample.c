// SPDX-License-Identifier: GPL-2.0-or-later
/* What the pages model tells of its zones, against what the test knows of its own requests. */
#include "models/builtin.h"
#include "models/model_run.h"
#include "models/pages/pages.h"
#include "models/pages/zone_count.h"
#include "sim/base/rng.h"

#define START	0x40000
#define EDGE	(START + 3000) /* between two zones, inside a pageblock */
#define HOLE	(START + 5000)
#define HOLE_TO (START + 5700)
#define END	(START + 8192)
#define LIVE	600

static void set_up(struct model_run *run)
{
	struct memory_map *memory = memory_map_new();
	struct pfn_range hole = {HOLE, HOLE_TO};
	struct param_value params[PARAM_MAX];
	GError *error = NULL;

	param_defaults(pages_model.params, params);
	memory_map_add_zone(memory, "low", START, EDGE);
	g_array_append_val(memory_map_add_zone(memory, "high", EDGE, END)->holes, hole);
	model_run_init(run, &pages_model,
		       (struct model_env){.cpus = 2, .memory = memory, .params = params}, &error);
	g_assert_no_error(error);
	memory_map_free(memory);
}

/* Sums over the blocks of a zone. */
struct sums {
	uint64_t blocks, next_pfn, present, free, movable, unmovable;
	uint64_t unmovable_blocks, mixed_blocks;
};

static void add_block(void *ctx, const struct block_sample *block)
{
	struct sums *sums = ctx;

	g_assert_cmpuint(block->pfn % PAGEBLOCK_PAGES, ==, 0);
	g_assert_cmpuint(block->pfn, >=, sums->next_pfn);
	g_assert_cmpuint(0u + block->free + block->movable + block->unmovable, <=, block->present);
	sums->next_pfn = block->pfn + PAGEBLOCK_PAGES;
	sums->blocks++;
	sums->present += block->present;
	sums->free += block->free;
	sums->movable += block->movable;
	sums->unmovable += block->unmovable;
	sums->unmovable_blocks += block->unmovable > 0;
	sums->mixed_blocks += block->unmovable && block->movable;
}

static uint64_t pages_on_lists(const struct zone_sample *sample)
{
	uint64_t pages = 0;

	for (unsigned type = 0; type < LIST_TYPES; type++) {
		for (unsigned order = 0; order < SAMPLE_ORDERS; order++)
			pages += sample->nr_free[type][order] << order;
	}
	return pages;
}

static struct sums check_zone(struct model_run *run, unsigned zone, uint64_t present)
{
	struct zone_sample sample;
	struct sums sums = {0};
	uint64_t blocks = 0;

	pages_model.sample_zone(run->model, zone, &sample);
	pages_model.blocks(run->model, zone, add_block, &sums);
	g_assert_cmpuint(sums.present, ==, present);
	g_assert_cmpuint(sums.free, ==, pages_on_lists(&sample));
	g_assert_cmpuint(sums.free + sums.movable + sums.unmovable + sample.pcp_pages, ==, present);
	g_assert_cmpuint(sums.unmovable_blocks, ==, sample.unmovable_blocks);
	g_assert_cmpuint(sums.mixed_blocks, ==, sample.mixed_blocks);
	const struct zone *counted = &((struct pages *)run->model)->machine.zones[zone];
	const struct zone_counts counts = zone_count(counted, 0);

	/* as the kernel counts them: one sample each 512 pages from the zone's start */
	for (unsigned type = 0; type < LIST_TYPES; type++) {
		g_assert_cmpuint(sample.blocks[type], ==, counts.blocks[type]);
		blocks += sample.blocks[type];
	}
	g_assert_cmpuint(blocks, ==, zone ? (END - EDGE + 511) / 512 : (EDGE - START + 511) / 512);
	return sums;
}

static void random_op(struct rng *rng, struct op *op, bool live)
{
	op->cpu = (uint16_t)rng_below(rng, 2);
	if (!rng_below(rng, 50)) {
		op->kind = OP_COMPACT;
		op->page.order = -1;
		op->page.mode = COMPACT_SYNC;
		return;
	}
	op->kind = live ? OP_PAGE_FREE : OP_PAGE_ALLOC;
	op->page.mt = (uint8_t)rng_below(rng, MIGRATETYPES);
	op->page.order = rng_below(rng, 3) ? 0 : (int8_t)rng_below(rng, 10);
	if (op->page.order == 9)
		op->flags |= OP_THP;
	if (!rng_below(rng, 10))
		op->flags |= OP_PINNED;
}

static void test_random(void)
{
	uint64_t live_pages[2] = {0}, most[2] = {0}; /* unmovable, movable */
	struct op live[LIVE] = {0};
	struct model_run run;
	struct rng rng;

	rng_init(&rng, 1, "pages-sample");
	set_up(&run);
	for (unsigned i = 0; i < 5000; i++) {
		uint32_t slot = (uint32_t)rng_below(&rng, LIVE);
		struct op op = {.slot = slot}, *held = &live[slot];

		random_op(&rng, &op, held->kind == OP_PAGE_ALLOC);
		bool done = model_run_op(&run, &op) == CALL_DONE;

		if (op.kind == OP_PAGE_FREE) {
			live_pages[held->page.mt == MT_MOVABLE] -= 1u << held->page.order;
			held->kind = OP_PAGE_FREE;
		} else if (op.kind == OP_PAGE_ALLOC && done) {
			live_pages[op.page.mt == MT_MOVABLE] += 1u << op.page.order;
			*held = op;
		}
		struct sums low = check_zone(&run, 0, EDGE - START);
		struct sums high = check_zone(&run, 1, END - EDGE - (HOLE_TO - HOLE));

		g_assert_cmpuint(low.movable + high.movable, ==, live_pages[1]);
		g_assert_cmpuint(low.unmovable + high.unmovable, ==, live_pages[0]);
		most[0] = MAX(most[0], low.mixed_blocks);
		most[1] = MAX(most[1], high.mixed_blocks);
	}
	g_assert_cmpuint(most[0], >, 0);
	g_assert_cmpuint(most[1], >, 0);
	model_run_clear(&run);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pages-sample/random", test_random);
	return g_test_run();
}
