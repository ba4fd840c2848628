// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What happens at the end of a pageblock when compaction looks for free pages around one it has
 * found. Memory is laid out so that it matters: blocks of movable pages, with free pages here and
 * there and at the block's end, lie among blocks of unmovable ones that begin with a free page, and
 * in the middle there is no memory. Then compaction, huge pages, and churn, round after round.
 * docs/workloads.md has the steps.
 */
#include "sim/base/error.h"
#include "sim/base/rng.h"
#include "sim/workload/builtin.h"
#include "sim/workload/live_set.h"
#include "sim/workload/page_settings.h"

enum {
	P_HOLE = PAGES_COMMON,
	P_UNMOVABLE_BLOCKS,
	P_FREE,
	P_ROUNDS,
	P_ASKS,
	P_KERNEL,
};

#define BLOCK_ORDER 9
#define BLOCK_PAGES (1u << BLOCK_ORDER)

static const struct param params[] = {
	PAGE_WORKLOAD_PARAMS("1", "n"),
	[P_HOLE] = PAGE_NUMBER("hole", "sections", "1", 0, 1024,
			       "without struct pages in the middle, where machine is not given"),
	[P_UNMOVABLE_BLOCKS] =
		PAGE_NUMBER("unmovable_blocks", "%", "30", 0, 90, "pageblocks that are unmovable"),
	[P_FREE] = PAGE_NUMBER("free", "%", "8", 3, 50, "of the movable blocks: free pages"),
	[P_ROUNDS] = PAGE_NUMBER("rounds", NULL, "20", 1, 1 << 20, "of compaction and churn"),
	[P_ASKS] = PAGE_NUMBER("asks", NULL, "16", 1, 1 << 16,
			       "times a round that memory is compacted for a huge page"),
	[P_KERNEL] = PAGE_NUMBER("kernel", "%", "20", 0, 100,
				 "unmovable pages freed and asked for again in a round"),
	{0},
};

#define RESERVE 2 /* % left free when free chunks are being broken up */

/* Pages of one kind that are live; their ids. */
struct pool {
	struct live_set live;
	uint32_t *id; /* by number of the live set */
};

struct probe {
	const struct memory_map *memory; /* the header's */
	uint64_t unmovable_blocks, free_share, rounds, asks, kernel;
	struct rng rng;
	unsigned step;
	bool begun;	      /* the step */
	uint64_t pages, held; /* of the seeded blocks; thereof held */
	uint64_t free_target, kernel_target, reserve;
	/* seeding: zone, the block in it, the page in the block; where it may be free */
	unsigned zone;
	uint64_t block_pfn;
	uint32_t page;
	bool in_block, unmovable;
	bool vacant[BLOCK_PAGES];
	uint32_t big; /* the half block that stays */
	struct pool movable, kernel_pages, huge;
	uint64_t round;
	uint64_t left;	    /* of the step */
	struct pool *asked; /* that the last request was for; NULL: it was none */
	uint64_t asked_pages;
};

static const struct page_want movable_page = {.mt = MT_MOVABLE, .flags = OP_LRU};
static const struct page_want kernel_page = {.mt = MT_UNMOVABLE};
static const struct page_want kernel_half_block = {.order = BLOCK_ORDER - 1, .mt = MT_UNMOVABLE};

/* As kcompactd would, but through all of the zone whatever was found before. */
static const struct page_want compaction = {
	.order = BLOCK_ORDER,
	.mt = MT_MOVABLE,
	.mode = COMPACT_SYNC_LIGHT,
	.flags = OP_WHOLE_ZONE | OP_IGNORE_SKIP,
};
static const struct page_want huge_if_there = {
	.order = BLOCK_ORDER,
	.mt = MT_MOVABLE,
	.flags = OP_LRU | OP_THP | OP_HAS_GFP,
	.gfp = PAGE_GFP_MASK_THP_LIGHT,
};
static const struct page_want huge_page = {
	.order = BLOCK_ORDER, .mt = MT_MOVABLE, .flags = OP_LRU | OP_THP};

static void pool_init(struct pool *pool, uint64_t room)
{
	live_set_init(&pool->live, 0, (uint32_t)room);
	pool->id = g_new0(uint32_t, room);
}

static void pool_clear(struct pool *pool)
{
	live_set_clear(&pool->live);
	g_free(pool->id);
}

static bool ask(struct probe *probe, struct pool *pool, const struct page_want *want,
		struct page_call *call)
{
	probe->asked = pool;
	probe->asked_pages = UINT64_C(1) << want->order;
	probe->held += probe->asked_pages;
	return page_alloc(call, want, &pool->id[live_set_add(&pool->live)]);
}

static void refused(struct probe *probe)
{
	live_set_drop(&probe->asked->live);
	probe->held -= probe->asked_pages;
}

static bool give(struct probe *probe, struct pool *pool, unsigned order, struct page_call *call)
{
	probe->held -= UINT64_C(1) << order;
	return page_free(call, &pool->id[live_set_remove(&pool->live, VICTIM_RANDOM, &probe->rng)]);
}

static uint64_t free_pages(const struct probe *probe)
{
	return probe->pages - probe->held;
}

/* --- the layout ------------------------------------------------------------------------- */

/* Free: in a movable block some pages at random, and every other time the last one. */
static void lay_out_block(struct probe *probe)
{
	probe->unmovable = rng_below(&probe->rng, 100) < probe->unmovable_blocks;
	probe->page = 0;
	for (unsigned i = 0; i < BLOCK_PAGES; i++)
		probe->vacant[i] =
			!probe->unmovable && rng_below(&probe->rng, 100) < probe->free_share;
	if (!probe->unmovable && rng_below(&probe->rng, 2))
		probe->vacant[BLOCK_PAGES - 1] = true;
	if (probe->unmovable) {
		unsigned first = 1u << rng_below(&probe->rng, 4); /* 1, 2, 4 or 8 pages */

		for (unsigned i = 0; i < first; i++)
			probe->vacant[i] = true;
	}
}

/* The next whole pageblock of the machine that the allocator gets. False: there is none. */
static bool next_block(struct probe *probe)
{
	for (; probe->zone < probe->memory->zones->len; probe->zone++, probe->block_pfn = 0) {
		const struct memory_zone *zone = memory_map_zone(probe->memory, probe->zone);
		uint64_t kept =
			zone->managed_pages ? memory_zone_present(zone) - zone->managed_pages : 0;

		if (!probe->block_pfn)
			probe->block_pfn = align_up(zone->start_pfn, BLOCK_PAGES);
		while (probe->block_pfn + BLOCK_PAGES + kept <= zone->end_pfn) {
			uint64_t pfn = probe->block_pfn;

			probe->block_pfn += BLOCK_PAGES;
			if (memory_map_present(probe->memory, pfn, pfn + BLOCK_PAGES))
				return true;
		}
	}
	return false;
}

static bool put_seed(struct probe *probe, const struct page_want *want, struct pool *pool,
		     struct page_call *call)
{
	call->kind = PAGE_CALL_SEED;
	call->want = *want;
	call->pfn = probe->block_pfn - BLOCK_PAGES + probe->page;
	call->held = pool ? &pool->id[live_set_add(&pool->live)] : &probe->big;
	probe->big = 0;
	probe->page += 1u << want->order;
	probe->held += UINT64_C(1) << want->order;
	return true;
}

/* Steps: fill in the next call, or return false when the step is over. */

/* A page each, but for the upper half of an unmovable block. */
static bool seed(struct probe *probe, bool ok, struct page_call *call)
{
	(void)ok;
	for (;;) {
		if (!probe->in_block) {
			if (!next_block(probe))
				break;
			lay_out_block(probe);
			probe->in_block = true;
			probe->pages += BLOCK_PAGES;
		}
		while (probe->page < BLOCK_PAGES && probe->vacant[probe->page])
			probe->page++;
		if (probe->page == BLOCK_PAGES)
			probe->in_block = false;
		else if (!probe->unmovable)
			return put_seed(probe, &movable_page, &probe->movable, call);
		else if (probe->page >= BLOCK_PAGES / 2)
			return put_seed(probe, &kernel_half_block, NULL, call);
		else
			return put_seed(probe, &kernel_page, &probe->kernel_pages, call);
	}
	probe->free_target = free_pages(probe);
	probe->kernel_target = probe->kernel_pages.live.n;
	probe->reserve = percent(probe->pages, RESERVE);
	return false;
}

static bool mark_rounds(struct probe *probe, bool ok, struct page_call *call)
{
	(void)ok;
	return !probe->begun && page_mark(call, probe->round ? "round" : "rounds:start");
}

/* Compact until there is a huge page, take it, again; until there is none. */
static bool take(struct probe *probe, bool ok, struct page_call *call)
{
	if (!probe->begun)
		probe->left = 2 * probe->asks;
	if (!ok || !probe->left--)
		return false;
	if (probe->left % 2 == 0)
		return ask(probe, &probe->huge, &huge_if_there, call);
	call->kind = PAGE_CALL_COMPACT;
	call->want = compaction;
	return true;
}

static bool give_back(struct probe *probe, bool ok, struct page_call *call)
{
	(void)ok;
	return probe->huge.live.n && give(probe, &probe->huge, BLOCK_ORDER, call);
}

/* Small pages are taken until hardly any are free: large chunks are broken up. */
static bool break_up(struct probe *probe, bool ok, struct page_call *call)
{
	return ok && free_pages(probe) > probe->reserve && !live_set_full(&probe->movable.live) &&
	       ask(probe, &probe->movable, &movable_page, call);
}

/* As many as before are freed, here and there. */
static bool scatter(struct probe *probe, bool ok, struct page_call *call)
{
	(void)ok;
	return free_pages(probe) < probe->free_target && probe->movable.live.n &&
	       give(probe, &probe->movable, 0, call);
}

static bool kernel_frees(struct probe *probe, bool ok, struct page_call *call)
{
	(void)ok;
	if (!probe->begun)
		probe->left = percent(probe->kernel_pages.live.n, probe->kernel);
	return probe->left && probe->left-- && give(probe, &probe->kernel_pages, 0, call);
}

static bool kernel_asks(struct probe *probe, bool ok, struct page_call *call)
{
	return ok && probe->kernel_pages.live.n < probe->kernel_target &&
	       ask(probe, &probe->kernel_pages, &kernel_page, call);
}

/* What the memory is worth now: as many huge pages as there are pages free for. */
static bool ask_at_end(struct probe *probe, bool ok, struct page_call *call)
{
	(void)ok;
	if (!probe->begun) {
		probe->left = 1 + free_pages(probe) / BLOCK_PAGES;
		return page_mark(call, "final:start");
	}
	if (!probe->left--)
		return false;
	return probe->left ? ask(probe, &probe->huge, &huge_page, call)
			   : page_mark(call, "final:end");
}

typedef bool (*step_fn)(struct probe *, bool, struct page_call *);

static const step_fn steps[] = {
	seed,	 mark_rounds,  take,	    give_back,	break_up,
	scatter, kernel_frees, kernel_asks, ask_at_end,
};

#define FIRST_OF_ROUND 1
#define LAST_OF_ROUND  7

static void next_step(struct probe *probe)
{
	probe->begun = false;
	if (probe->step == LAST_OF_ROUND && ++probe->round < probe->rounds)
		probe->step = FIRST_OF_ROUND;
	else
		probe->step++;
}

static bool probe_next(void *state, uint32_t worker, const struct page_answer *last,
		       struct page_call *call)
{
	struct probe *probe = state;
	bool ok = !probe->asked || last->ok;

	(void)worker;
	if (!ok)
		refused(probe);
	probe->asked = NULL;
	for (; probe->step < G_N_ELEMENTS(steps); next_step(probe)) {
		if (steps[probe->step](probe, ok || !probe->begun, call)) {
			probe->begun = true;
			return true;
		}
	}
	return false;
}

static unsigned probe_progress(void *state)
{
	const struct probe *probe = state;

	return (unsigned)mul_div(probe->round, 1000, probe->rounds);
}

static void probe_destroy(void *state)
{
	struct probe *probe = state;

	pool_clear(&probe->movable);
	pool_clear(&probe->kernel_pages);
	pool_clear(&probe->huge);
	g_free(probe);
}

static struct op_source *probe_create(const struct workload_env *env,
				      const struct param_value *values, GError **error)
{
	static const struct page_generator generator = {
		.name = "stray_probe",
		.next = probe_next,
		.progress = probe_progress,
		.destroy = probe_destroy,
	};
	struct trace_header header;

	if (!page_settings_header(env, values, (uint32_t)values[PAGES_CPUS].value,
				  values[P_HOLE].value * SECTION_PAGES_X86_64, &header, error))
		return NULL;
	uint64_t managed = managed_pages(header.memory);
	struct probe probe = {
		.memory = header.memory,
		.unmovable_blocks = values[P_UNMOVABLE_BLOCKS].value,
		.free_share = values[P_FREE].value,
		.rounds = values[P_ROUNDS].value,
		.asks = values[P_ASKS].value,
		.kernel = values[P_KERNEL].value,
	};

	rng_init(&probe.rng, env->seed, "stray_probe");
	pool_init(&probe.movable, managed);
	pool_init(&probe.kernel_pages, managed / 2);
	pool_init(&probe.huge, MAX(probe.asks, managed / BLOCK_PAGES) + 1);
	return page_source_new(&generator, g_memdup2(&probe, sizeof(probe)), &header, 1);
}

const struct workload_ops workload_stray_probe = {
	.name = "stray_probe",
	.summary = "compaction at the ends of pageblocks: strays, and what they cost",
	.params = params,
	.create = probe_create,
};
