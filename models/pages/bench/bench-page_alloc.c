// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The page allocator alone, without an engine around it, in a zone of 64 GiB: single pages through
 * a per-CPU list, and all orders and types at random with half of the zone taken; beside it, on the
 * same requests, a plain buddy allocator of one type with a struct of pointers a page.
 */
#include "models/pages/pcp.h"
#include "sim/base/bench/bench.h"
#include "sim/base/rng.h"

#define PAGES	   (UINT64_C(64) << 18)
#define PAIRS	   5000000
#define LIVE_PAGES 10000
#define OPS	   3000000
#define LIVE_MAX   40000 /* of 186 pages on the average */
#define RUNS	   3

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

static void random_orders(struct bench *bench, struct bench_result *result)
{
	struct rng rng;

	rng_init(&rng, 1, "bench");
	bench->live = g_new(struct live, LIVE_MAX);
	result->ops = bench_ops(OPS);
	double start = bench_seconds();

	for (uint64_t i = 0; i < result->ops; i++) {
		if (!bench->n || (bench->n < LIVE_MAX && rng_below(&rng, 100) < 52))
			alloc_one(bench, &rng);
		else
			free_one(bench, &rng);
	}
	result->seconds = bench_seconds() - start;
	g_free(bench->live);
}

static struct memmap *zone_new(struct zone *zone)
{
	struct memmap *map = memmap_new(0, PAGES);

	zone_init(zone, map, 0, "Normal", 0, PAGES);
	zone_free_boot(zone, 0, PAGES);
	return map;
}

static void run_zone(const void *arg G_GNUC_UNUSED, struct bench_result *result)
{
	struct bench bench = {.n = 0};
	struct memmap *map = zone_new(&bench.zone);

	random_orders(&bench, result);
	result->objects = PAGES;
	result->object_bytes = memmap_bytes(map);
	zone_clear(&bench.zone);
	memmap_free(map);
}

static void run_plain(const void *arg G_GNUC_UNUSED, struct bench_result *result)
{
	struct bench bench = {.plain = plain_new()};

	random_orders(&bench, result);
	result->objects = PAGES;
	result->object_bytes = PAGES * sizeof(struct plain_page);
	g_free(bench.plain->pages);
	g_free(bench.plain);
}

/* Each page is freed LIVE_PAGES allocations later. */
static void run_single_pages(const void *arg G_GNUC_UNUSED, struct bench_result *result)
{
	uint64_t *live = g_new(uint64_t, LIVE_PAGES), pairs = bench_ops(2 * PAIRS) / 2;
	unsigned high, batch, refilled;
	struct zone zone;
	struct memmap *map = zone_new(&zone);
	struct pcp pcp;

	pcp_sizes(zone.managed_pages, &high, &batch);
	pcp_init(&pcp, &zone, high, batch);
	double start = bench_seconds();

	for (uint64_t i = 0; i < pairs + LIVE_PAGES; i++) {
		uint64_t *slot = &live[i % LIVE_PAGES];

		if (i >= LIVE_PAGES)
			pcp_free(&pcp, *slot, NULL);
		if (i < pairs)
			*slot = pcp_alloc(&pcp, LIST_MOVABLE, false, USE_LRU, &refilled, NULL);
	}
	result->seconds = bench_seconds() - start;
	result->ops = 2 * pairs;
	pcp_drain(&pcp, pcp.count, NULL);
	pcp_clear(&pcp);
	g_free(live);
	zone_clear(&zone);
	memmap_free(map);
}

int main(void)
{
	struct bench_result pairs = bench_measure(run_single_pages, NULL, RUNS);
	struct bench_result random = bench_measure(run_zone, NULL, RUNS);
	struct bench_result plain = bench_measure(run_plain, NULL, RUNS);

	bench_row("pages, 64 GiB, order 0, per-CPU list", &pairs, NULL, NULL);
	bench_row("pages, 64 GiB, all orders and types", &random, &plain,
		  "a plain buddy with pointers");
	bench_row("  that plain buddy", &plain, NULL, NULL);
	return 0;
}
