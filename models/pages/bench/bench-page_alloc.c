// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The page allocator alone, without an engine around it, in a zone of 64 GiB: single pages through
 * a per-CPU list, and all orders and types at random with half of the zone taken; beside it, on the
 * same requests, a plain buddy allocator of one type with a struct of pointers a page. CPU time
 * of this process, the best of three runs.
 */
#include "models/pages/pcp.h"
#include "sim/base/rng.h"

#include <stdio.h>
#include <time.h>

#define PAGES	   (UINT64_C(64) << 18)
#define PAIRS	   5000000
#define LIVE_PAGES 10000
#define OPS	   3000000
#define LIVE_MAX   40000 /* of 186 pages on the average */
#define RUNS	   3

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* --- the reference: what a textbook has ------------------------------------------------- */

struct plain_page {
	struct plain_page *prev, *next;
	int order; /* of the free chunk that it is the first page of; −1: none */
};

struct plain_buddy {
	struct plain_page *pages;
	struct plain_page *lists[MAX_ORDER_NR];
};

static void plain_push(struct plain_buddy *buddy, struct plain_page *page, int order)
{
	page->order = order;
	page->prev = NULL;
	page->next = buddy->lists[order];
	if (page->next)
		page->next->prev = page;
	buddy->lists[order] = page;
}

static void plain_remove(struct plain_buddy *buddy, struct plain_page *page)
{
	if (page->prev)
		page->prev->next = page->next;
	else
		buddy->lists[page->order] = page->next;
	if (page->next)
		page->next->prev = page->prev;
	page->order = -1;
}

static uint64_t plain_alloc(struct plain_buddy *buddy, int order)
{
	int from = order;

	while (from < MAX_ORDER_NR && !buddy->lists[from])
		from++;
	if (from == MAX_ORDER_NR)
		return PFN_NONE;
	struct plain_page *page = buddy->lists[from];

	plain_remove(buddy, page);
	while (from-- > order)
		plain_push(buddy, page + (UINT64_C(1) << from), from);
	return (uint64_t)(page - buddy->pages);
}

static void plain_free(struct plain_buddy *buddy, uint64_t pfn, int order)
{
	for (; order < MAX_ORDER_NR - 1; order++) {
		uint64_t other = pfn ^ (UINT64_C(1) << order);

		if (buddy->pages[other].order != order)
			break;
		plain_remove(buddy, &buddy->pages[other]);
		pfn &= other;
	}
	plain_push(buddy, &buddy->pages[pfn], order);
}

static struct plain_buddy *plain_new(void)
{
	struct plain_buddy *buddy = g_new0(struct plain_buddy, 1);

	buddy->pages = g_new0(struct plain_page, PAGES);
	for (uint64_t pfn = 0; pfn < PAGES; pfn++)
		buddy->pages[pfn].order = -1;
	for (uint64_t pfn = 0; pfn < PAGES; pfn += UINT64_C(1) << (MAX_ORDER_NR - 1))
		plain_push(buddy, &buddy->pages[pfn], MAX_ORDER_NR - 1);
	return buddy;
}

/* --- requests --------------------------------------------------------------------------- */

struct live {
	uint64_t pfn;
	unsigned order;
};

/* Either of the two allocators. */
struct bench {
	struct zone zone;
	struct plain_buddy *plain; /* NULL: the zone */
	struct live *live;
	unsigned n;
};

static void alloc_one(struct bench *bench, struct rng *rng)
{
	unsigned order = (unsigned)rng_below(rng, MAX_ORDER_NR);
	enum list_type type = (enum list_type)rng_below(rng, 3);
	uint64_t pfn = bench->plain ? plain_alloc(bench->plain, (int)order)
				    : zone_alloc(&bench->zone, order, type, false, USE_LRU, NULL);

	g_assert(pfn != PFN_NONE);
	bench->live[bench->n++] = (struct live){pfn, order};
}

static void free_one(struct bench *bench, struct rng *rng)
{
	struct live *victim = &bench->live[rng_below(rng, bench->n)];

	if (bench->plain)
		plain_free(bench->plain, victim->pfn, (int)victim->order);
	else
		zone_free(&bench->zone, victim->pfn, victim->order,
			  block_type(bench->zone.map, victim->pfn));
	*victim = bench->live[--bench->n];
}

static double random_orders(struct bench *bench)
{
	struct rng rng;

	rng_init(&rng, 1, "bench");
	bench->n = 0;
	double start = seconds();

	for (unsigned i = 0; i < OPS; i++) {
		if (!bench->n || (bench->n < LIVE_MAX && rng_below(&rng, 100) < 52))
			alloc_one(bench, &rng);
		else
			free_one(bench, &rng);
	}
	double took = seconds() - start;

	while (bench->n)
		free_one(bench, &rng);
	return took;
}

/* Each page is freed LIVE_PAGES allocations later. */
static double single_pages(struct bench *bench)
{
	uint64_t *live = g_new(uint64_t, LIVE_PAGES);
	unsigned high, batch, refilled;
	struct pcp pcp;

	pcp_sizes(bench->zone.managed_pages, &high, &batch);
	pcp_init(&pcp, &bench->zone, high, batch);
	double start = seconds();

	for (unsigned i = 0; i < PAIRS + LIVE_PAGES; i++) {
		uint64_t *slot = &live[i % LIVE_PAGES];

		if (i >= LIVE_PAGES)
			pcp_free(&pcp, *slot, NULL);
		if (i < PAIRS)
			*slot = pcp_alloc(&pcp, LIST_MOVABLE, false, USE_LRU, &refilled, NULL);
	}
	double took = seconds() - start;

	pcp_drain(&pcp, pcp.count, NULL);
	pcp_clear(&pcp);
	g_free(live);
	return took;
}

static double best_of(double (*run)(struct bench *bench), struct bench *bench)
{
	double best = 1e9;

	for (unsigned i = 0; i < RUNS; i++)
		best = MIN(best, run(bench));
	return best;
}

int main(void)
{
	struct memmap *map = memmap_new(0, PAGES);
	struct bench bench = {.live = g_new(struct live, LIVE_MAX)};

	zone_init(&bench.zone, map, 0, "Normal", 0, PAGES);
	zone_free_boot(&bench.zone, 0, PAGES);
	double pairs = best_of(single_pages, &bench), random = best_of(random_orders, &bench);

	bench.plain = plain_new();
	double plain = best_of(random_orders, &bench);

	printf("%-44s %8.1f million pairs/s\n", "order 0, per-CPU list", PAIRS / pairs / 1e6);
	printf("%-44s %8.1f million ops/s\n", "all orders and types, random", OPS / random / 1e6);
	printf("%-44s %8.1f million ops/s (%.2f of it)\n", "  a plain buddy with pointers",
	       OPS / plain / 1e6, plain / random);
	printf("%-44s %8.3f bytes a page (%zu)\n", "page frames", (double)memmap_bytes(map) / PAGES,
	       sizeof(struct plain_page));
	g_free(bench.plain->pages);
	g_free(bench.plain);
	g_free(bench.live);
	zone_clear(&bench.zone);
	memmap_free(map);
	return 0;
}
