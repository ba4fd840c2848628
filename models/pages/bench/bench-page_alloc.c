// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The page allocator alone, without an engine around it, in a zone of 64 GiB: single pages through
 * a per-CPU list, and all orders and types at random in a zone that is nearly full. CPU time of
 * this process; what the page frames take.
 */
#include "models/pages/pcp.h"
#include "sim/base/rng.h"

#include <stdio.h>
#include <time.h>

#define PAGES	   (UINT64_C(64) << 18)
#define PAIRS	   20000000
#define LIVE_PAGES 10000
#define OPS	   5000000
#define LIVE_MAX   400000

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* Each page is freed LIVE_PAGES allocations later. */
static void single_pages(struct zone *zone)
{
	uint64_t *live = g_new(uint64_t, LIVE_PAGES);
	unsigned high, batch, refilled;
	struct pcp pcp;

	pcp_sizes(zone->managed_pages, &high, &batch);
	pcp_init(&pcp, zone, high, batch);
	double start = seconds();

	for (unsigned i = 0; i < PAIRS + LIVE_PAGES; i++) {
		uint64_t *slot = &live[i % LIVE_PAGES];

		if (i >= LIVE_PAGES)
			pcp_free(&pcp, *slot, NULL);
		if (i < PAIRS)
			*slot = pcp_alloc(&pcp, LIST_MOVABLE, false, USE_LRU, &refilled, NULL);
	}
	printf("%-40s %8.1f million/s\n", "order 0, per-CPU list, pairs",
	       PAIRS / (seconds() - start) / 1e6);
	pcp_drain(&pcp, pcp.count, NULL);
	pcp_clear(&pcp);
	g_free(live);
}

struct live {
	uint64_t pfn;
	unsigned order;
};

static unsigned alloc_one(struct zone *zone, struct rng *rng, struct live *live, unsigned n)
{
	unsigned order = (unsigned)rng_below(rng, MAX_ORDER_NR);
	enum list_type type = (enum list_type)rng_below(rng, 3);
	uint64_t pfn = zone_alloc(zone, order, type, false, USE_LRU, NULL);

	if (pfn == PFN_NONE)
		return n;
	live[n] = (struct live){pfn, order};
	return n + 1;
}

static unsigned free_one(struct zone *zone, struct rng *rng, struct live *live, unsigned n)
{
	struct live *victim = &live[rng_below(rng, n)];

	zone_free(zone, victim->pfn, victim->order, block_type(zone->map, victim->pfn));
	*victim = live[n - 1];
	return n - 1;
}

static void random_orders(struct zone *zone)
{
	struct live *live = g_new(struct live, LIVE_MAX);
	unsigned n = 0;
	struct rng rng;

	rng_init(&rng, 1, "bench");
	double start = seconds();

	for (unsigned i = 0; i < OPS; i++) {
		if (!n || (n < LIVE_MAX && rng_below(&rng, 100) < 52))
			n = alloc_one(zone, &rng, live, n);
		else
			n = free_one(zone, &rng, live, n);
	}
	printf("%-40s %8.1f million/s\n", "all orders and types, random, ops",
	       OPS / (seconds() - start) / 1e6);
	g_free(live);
}

int main(void)
{
	struct memmap *map = memmap_new(0, PAGES);
	struct zone zone;

	zone_init(&zone, map, 0, "Normal", 0, PAGES);
	zone_free_boot(&zone, 0, PAGES);
	single_pages(&zone);
	random_orders(&zone);
	printf("%-40s %8.3f bytes\n", "page frames, a page",
	       (double)memmap_bytes(map) / (double)PAGES);
	zone_clear(&zone);
	memmap_free(map);
	return 0;
}
