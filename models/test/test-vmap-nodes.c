// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmap-nodes: random requests of several CPUs beside a naive version, which marks pages one by one;
 * and each rule that random requests do not meet.
 */
#include "models/builtin.h"
#include "models/model_run.h"
#include "models/vmap/nodes.h"
#include "sim/base/param.h"
#include "sim/base/rng.h"

#include <string.h>

#define VSTART	     UINT64_C(0xffffc90000000000)
#define WINDOW_PAGES 4000u
#define VEND	     (VSTART + WINDOW_PAGES * PAGE_SIZE)
#define CPUS	     3u
#define LIVE	     100u
#define LAZY_MAX     300u
#define SIZES	     12u /* pages; some are larger than a pool has them */

struct naive_area {
	uint32_t first, pages; /* of the window; pages 0: none */
	uint32_t origin;
};

struct naive {
	bool used[WINDOW_PAGES]; /* busy, lazy or pooled */
	struct naive_area live[LIVE];
	GArray *lazy;				 /* struct naive_area */
	GArray *pools[CPUS][POOL_PAGES_MAX + 1]; /* uint32_t first pages, the head last */
	uint32_t lazy_pages;
	uint64_t hits, drains;
	bool keeps_short_pools;
};

struct fixture {
	struct model_run run;
	struct naive naive;
	struct rng rng;
};

static void naive_init(struct naive *naive)
{
	naive->lazy = g_array_new(FALSE, FALSE, sizeof(struct naive_area));
	for (unsigned cpu = 0; cpu < CPUS; cpu++) {
		for (unsigned pages = 0; pages <= POOL_PAGES_MAX; pages++)
			naive->pools[cpu][pages] = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	}
}

static void naive_clear(struct naive *naive)
{
	g_array_unref(naive->lazy);
	for (unsigned cpu = 0; cpu < CPUS; cpu++) {
		for (unsigned pages = 0; pages <= POOL_PAGES_MAX; pages++)
			g_array_unref(naive->pools[cpu][pages]);
	}
}

static void mark(struct naive *naive, uint32_t first, uint32_t pages, bool used)
{
	for (uint32_t i = first; i < first + pages; i++) {
		g_assert_true(naive->used[i] != used);
		naive->used[i] = used;
	}
}

static void naive_decay(struct naive *naive, bool full)
{
	for (unsigned cpu = 0; cpu < CPUS; cpu++) {
		for (uint32_t pages = 1; pages <= POOL_PAGES_MAX; pages++) {
			GArray *pool = naive->pools[cpu][pages];
			unsigned n = pool->len / 4;

			if (full || (!n && !naive->keeps_short_pools))
				n = pool->len;
			for (; n; n--) {
				mark(naive, g_array_index(pool, uint32_t, pool->len - 1), pages,
				     false);
				g_array_set_size(pool, pool->len - 1);
			}
		}
	}
}

static int by_first(const void *a, const void *b)
{
	const struct naive_area *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

static void naive_purge(struct naive *naive, bool full)
{
	naive_decay(naive, full);
	g_array_sort(naive->lazy, by_first);
	for (unsigned i = 0; i < naive->lazy->len; i++) {
		const struct naive_area *area = &g_array_index(naive->lazy, struct naive_area, i);

		if (area->origin && !full && area->pages <= POOL_PAGES_MAX)
			g_array_append_val(naive->pools[area->origin - 1][area->pages],
					   area->first);
		else
			mark(naive, area->first, area->pages, false);
	}
	g_array_set_size(naive->lazy, 0);
	naive->lazy_pages = 0;
}

/* The lowest page with so many unused from it on; WINDOW_PAGES: none. */
static uint32_t naive_lowest(const struct naive *naive, uint32_t from, uint32_t to, uint32_t pages)
{
	uint32_t run = 0;

	for (uint32_t i = from; i < to; i++) {
		run = naive->used[i] ? 0 : run + 1;
		if (run == pages)
			return i + 1 - pages;
	}
	return WINDOW_PAGES;
}

static bool naive_alloc(struct naive *naive, uint32_t slot, uint32_t cpu, uint32_t pages,
			uint32_t from, uint32_t to)
{
	bool whole = from == 0 && to == WINDOW_PAGES;
	struct naive_area area = {.pages = pages, .origin = whole ? cpu + 1 : 0};

	if (whole && pages <= POOL_PAGES_MAX && naive->pools[cpu][pages]->len) {
		GArray *pool = naive->pools[cpu][pages];

		area.first = g_array_index(pool, uint32_t, pool->len - 1);
		g_array_set_size(pool, pool->len - 1);
		naive->hits++;
		naive->live[slot] = area;
		return true;
	}
	area.first = naive_lowest(naive, from, to, pages);
	if (area.first == WINDOW_PAGES) {
		naive_purge(naive, true);
		area.first = naive_lowest(naive, from, to, pages);
	}
	if (area.first == WINDOW_PAGES)
		return false;
	mark(naive, area.first, pages, true);
	naive->live[slot] = area;
	return true;
}

static void naive_free(struct naive *naive, uint32_t slot)
{
	g_array_append_val(naive->lazy, naive->live[slot]);
	naive->lazy_pages += naive->live[slot].pages;
	naive->live[slot] = (struct naive_area){0};
	if (naive->lazy_pages > LAZY_MAX) {
		naive_purge(naive, false);
		naive->drains++;
	}
}

static void set_up(struct fixture *f, uint32_t cpus, uint64_t lazy_max_pages, const char *key,
		   const char *value)
{
	struct param_value params[PARAM_MAX];
	GError *error = NULL;

	memset(f, 0, sizeof(*f));
	param_defaults(vmap_nodes.params, params);
	if (key)
		param_set(vmap_nodes.params, params, "vmap-nodes", key, value, &error);
	g_assert_no_error(error);
	model_run_init(&f->run, &vmap_nodes,
		       (struct model_env){.cpus = cpus,
					  .vstart = VSTART,
					  .vend = VEND,
					  .lazy_max_pages = lazy_max_pages,
					  .params = params},
		       &error);
	g_assert_no_error(error);
	rng_init(&f->rng, 5, "test-vmap-nodes");
}

static uint64_t counter(struct fixture *f, enum nodes_counter id)
{
	uint64_t values[NODES_COUNTERS];

	f->run.ops->read_counters(f->run.model, values);
	return values[id];
}

static void assert_sound(struct fixture *f)
{
	g_autofree char *message = f->run.ops->check(f->run.model);

	g_assert_cmpstr(message, ==, NULL);
}

static int request(struct fixture *f, uint32_t slot, uint32_t cpu, uint64_t pages, uint64_t align)
{
	struct op op = {.kind = OP_VMAP_ALLOC, .slot = slot, .cpu = (uint16_t)cpu};

	op.vmap.size = pages * PAGE_SIZE;
	op.vmap.align = align;
	return model_run_op(&f->run, &op);
}

static void release(struct fixture *f, uint32_t slot, uint32_t cpu, enum op_kind kind)
{
	const struct op op = {.kind = (uint8_t)kind, .slot = slot, .cpu = (uint16_t)cpu};

	g_assert_cmpint(model_run_op(&f->run, &op), ==, CALL_DONE);
}

static void purge(struct fixture *f, enum purge_why why)
{
	struct op op = {.kind = OP_VMAP_PURGE};

	op.purge.why = why;
	g_assert_cmpint(model_run_op(&f->run, &op), ==, CALL_DONE);
}

static void shrink(struct fixture *f)
{
	const struct op op = {.kind = OP_SHRINK};

	g_assert_cmpint(model_run_op(&f->run, &op), ==, CALL_DONE);
}

static uint64_t address_of_page(uint64_t page)
{
	return VSTART + page * PAGE_SIZE;
}

static void random_alloc(struct fixture *f, uint32_t slot)
{
	uint32_t cpu = (uint32_t)rng_below(&f->rng, CPUS);
	uint32_t pages = 1 + (uint32_t)rng_below(&f->rng, SIZES), from = 0, to = WINDOW_PAGES;
	struct op op = {.kind = OP_VMAP_ALLOC, .slot = slot, .cpu = (uint16_t)cpu};

	if (!rng_below(&f->rng, 20))
		pages += 250;
	if (!rng_below(&f->rng, 8)) {
		from = (uint32_t)rng_below(&f->rng, WINDOW_PAGES / 2);
		to = from + 1 + (uint32_t)rng_below(&f->rng, WINDOW_PAGES / 2 - 1);
		op.flags = OP_HAS_VSTART | OP_HAS_VEND;
	}
	op.vmap.size = pages * PAGE_SIZE;
	op.vmap.align = rng_below(&f->rng, 2) ? 1 : PAGE_SIZE;
	op.vmap.vstart = address_of_page(from);
	op.vmap.vend = address_of_page(to);
	bool expected = naive_alloc(&f->naive, slot, cpu, pages, from, to);

	g_assert_cmpint(model_run_op(&f->run, &op), ==, expected ? CALL_DONE : CALL_FAIL);
	if (expected)
		g_assert_cmphex(f->run.call.addr, ==, address_of_page(f->naive.live[slot].first));
}

static void random_step(struct fixture *f)
{
	uint32_t slot = (uint32_t)rng_below(&f->rng, LIVE);

	if (!rng_below(&f->rng, 100)) {
		purge(f, PURGE_EXPLICIT);
		naive_purge(&f->naive, false);
	} else if (!rng_below(&f->rng, 200)) {
		shrink(f);
		naive_decay(&f->naive, true);
	} else if (f->naive.live[slot].pages) {
		release(f, slot, (uint32_t)rng_below(&f->rng, CPUS), OP_VMAP_FREE);
		naive_free(&f->naive, slot);
	} else {
		random_alloc(f, slot);
	}
}

static void test_random(gconstpointer version)
{
	struct fixture f;

	set_up(&f, CPUS, LAZY_MAX, "version", version);
	naive_init(&f.naive);
	f.naive.keeps_short_pools = !strcmp(version, "v6.18");
	for (unsigned i = 0; i < 20000; i++) {
		random_step(&f);
		g_assert_cmpuint(counter(&f, COUNTER_POOL_HITS), ==, f.naive.hits);
		g_assert_cmpuint(counter(&f, COUNTER_DRAINS), ==, f.naive.drains);
		assert_sound(&f);
	}
	/* what it was all about has happened */
	g_assert_cmpuint(f.naive.hits, >, 1000);
	g_assert_cmpuint(f.naive.drains, >, 50);
	g_assert_cmpuint(counter(&f, COUNTER_OVERFLOW_PURGES), >, 10);
	naive_clear(&f.naive);
	model_run_clear(&f.run);
}

/* A head that the alignment does not suit goes to the tail; only one is looked at. */
static void test_misaligned_head(void)
{
	struct fixture f;

	set_up(&f, 2, LAZY_NONE, NULL, NULL);
	for (uint32_t i = 0; i < 3; i++)
		g_assert_cmpint(request(&f, i, 0, 1, 1), ==, CALL_DONE);
	release(&f, 0, 1, OP_VMAP_FREE); /* by another CPU: it goes back to its own node's pool */
	release(&f, 1, 1, OP_VMAP_FREE);
	purge(&f, PURGE_EXPLICIT);
	g_assert_cmpint(request(&f, 3, 1, 1, 1), ==,
			CALL_DONE); /* the other node's pool is empty */
	g_assert_cmphex(f.run.call.addr, ==, address_of_page(3));
	/* the pool's head is page 1: misaligned; then it is page 0 */
	g_assert_cmpint(request(&f, 4, 0, 1, 2 * PAGE_SIZE), ==, CALL_DONE);
	g_assert_cmphex(f.run.call.addr, ==, address_of_page(4));
	g_assert_cmpint(request(&f, 5, 0, 1, 2 * PAGE_SIZE), ==, CALL_DONE);
	g_assert_cmphex(f.run.call.addr, ==, address_of_page(0));
	g_assert_cmpint(request(&f, 6, 0, 1, 1), ==, CALL_DONE);
	g_assert_cmphex(f.run.call.addr, ==, address_of_page(1));
	g_assert_cmpuint(counter(&f, COUNTER_POOL_MISALIGNED), ==, 1);
	g_assert_cmpuint(counter(&f, COUNTER_POOL_HITS), ==, 2);
	assert_sound(&f);
	model_run_clear(&f.run);
}

/* One node has no pools, whether for want of CPUs or by the parameter. */
static void test_one_node(void)
{
	struct fixture f;

	set_up(&f, 4, LAZY_NONE, "nodes", "1");
	g_assert_cmpint(request(&f, 0, 3, 2, 1), ==, CALL_DONE);
	release(&f, 0, 3, OP_VMAP_FREE);
	purge(&f, PURGE_EXPLICIT);
	g_assert_cmpuint(counter(&f, COUNTER_NR_POOLED_AREAS), ==, 0);
	g_assert_cmpuint(counter(&f, COUNTER_POOL_MISSES), ==, 0);
	assert_sound(&f);
	model_run_clear(&f.run);
}

static void set_up_augtree(struct fixture *f)
{
	struct param_value params[PARAM_MAX];
	GError *error = NULL;

	memset(f, 0, sizeof(*f));
	param_defaults(vmap_augtree.params, params);
	param_set(vmap_augtree.params, params, "", "version", "v6.1", &error);
	model_run_init(&f->run, &vmap_augtree,
		       (struct model_env){.cpus = 1,
					  .vstart = VSTART,
					  .vend = VEND,
					  .lazy_max_pages = LAZY_MAX,
					  .params = params},
		       &error);
	g_assert_no_error(error);
}

/*
 * What one node gives a request aligned to a page at most is what v6.1 gives it: the two release in
 * another order, so their trees differ, but not in what is free.
 */
static void test_one_node_as_v6_1(void)
{
	struct fixture nodes, augtree;
	bool live[LIVE] = {false};

	set_up(&nodes, 1, LAZY_MAX, NULL, NULL);
	set_up_augtree(&augtree);
	for (unsigned i = 0; i < 20000; i++) {
		uint32_t slot = (uint32_t)rng_below(&nodes.rng, LIVE);
		uint64_t pages = 1 + rng_below(&nodes.rng, 130);

		if (live[slot]) {
			release(&nodes, slot, 0, OP_VMAP_FREE);
			release(&augtree, slot, 0, OP_VMAP_FREE);
			live[slot] = false;
			continue;
		}
		int result = request(&nodes, slot, 0, pages, PAGE_SIZE);

		g_assert_cmpint(request(&augtree, slot, 0, pages, PAGE_SIZE), ==, result);
		g_assert_cmphex(augtree.run.call.addr, ==, nodes.run.call.addr);
		live[slot] = result == CALL_DONE;
	}
	g_assert_cmpuint(counter(&nodes, COUNTER_DRAINS), >, 50);
	g_assert_cmpuint(counter(&nodes, COUNTER_OVERFLOW_PURGES), >, 50);
	model_run_clear(&nodes.run);
	model_run_clear(&augtree.run);
}

/* drain=trace: a drain is where the trace has it, at once or in halves; else it is ignored. */
static void test_trace_drains(void)
{
	struct fixture f;

	set_up(&f, 2, 1, "drain", "trace");
	g_assert_cmpint(request(&f, 0, 0, 2, 1), ==, CALL_DONE);
	g_assert_cmpint(request(&f, 1, 0, 2, 1), ==, CALL_DONE);
	release(&f, 0, 0, OP_VMAP_FREE);
	g_assert_cmpuint(counter(&f, COUNTER_DRAINS), ==, 0);
	purge(&f, PURGE_DETACH);
	release(&f, 1, 0, OP_VMAP_FREE); /* too late for this one */
	assert_sound(&f);
	purge(&f, PURGE_DRAIN);
	g_assert_cmpuint(counter(&f, COUNTER_PURGED_AREAS), ==, 1);
	purge(&f, PURGE_DRAIN);
	g_assert_cmpuint(counter(&f, COUNTER_PURGED_AREAS), ==, 2);
	g_assert_cmpuint(counter(&f, COUNTER_DRAINS), ==, 2);
	model_run_clear(&f.run);
	set_up(&f, 2, LAZY_NONE, NULL, NULL);
	g_assert_cmpint(request(&f, 0, 0, 2, 1), ==, CALL_DONE);
	release(&f, 0, 0, OP_VMAP_FREE);
	purge(&f, PURGE_DRAIN);
	g_assert_cmpuint(counter(&f, COUNTER_PURGED_AREAS), ==, 0);
	model_run_clear(&f.run);
}

/* Nobody knows where a seed came from: once freed and purged, it is in the tree, not in a pool. */
static void test_seeds(void)
{
	struct fixture f;

	set_up(&f, 2, LAZY_NONE, NULL, NULL);
	for (uint32_t i = 0; i < 2; i++) {
		struct op op = {.kind = OP_VMAP_SEED,
				.slot = i,
				.addr = address_of_page(20 - 10 * i),
				.flags = i ? OP_LAZY : 0};

		op.vmap.size = 2 * PAGE_SIZE;
		g_assert_cmpint(model_run_op(&f.run, &op), ==, CALL_DONE);
	}
	assert_sound(&f);
	release(&f, 0, 0, OP_VMAP_FREE);
	g_assert_cmphex(f.run.call.addr, ==, address_of_page(20));
	purge(&f, PURGE_EXPLICIT);
	g_assert_cmpuint(counter(&f, COUNTER_PURGED_AREAS), ==, 2);
	g_assert_cmpuint(counter(&f, COUNTER_NR_POOLED_AREAS), ==, 0);
	assert_sound(&f);
	model_run_clear(&f.run);
}

/* Pieces go upwards in a block and are not used again; when all have gone, so does the block. */
static void test_blocks(void)
{
	struct fixture f;
	struct op op = {.kind = OP_MAP_RAM, .cpu = 1};
	const unsigned pieces = VMAP_BLOCK_PAGES / VMAP_BLOCK_PIECE_MAX;

	set_up(&f, 2, LAZY_NONE, NULL, NULL);
	op.ram.pages = VMAP_BLOCK_PIECE_MAX - 1; /* rounded up */
	for (op.slot = 0; op.slot < pieces; op.slot++) {
		g_assert_cmpint(model_run_op(&f.run, &op), ==, CALL_DONE);
		g_assert_cmphex(f.run.call.addr % VMAP_BLOCK_BYTES, ==,
				op.slot * VMAP_BLOCK_PIECE_MAX * PAGE_SIZE);
		if (op.slot < pieces - 1)
			release(&f, op.slot, 0, OP_UNMAP_RAM);
		assert_sound(&f);
	}
	g_assert_cmpuint(((struct nodes *)f.run.model)->lazy_areas, ==, 0);
	release(&f, pieces - 1, 0, OP_UNMAP_RAM);
	g_assert_cmpuint(((struct nodes *)f.run.model)->lazy_pages, ==, VMAP_BLOCK_PAGES);
	assert_sound(&f);
	model_run_clear(&f.run);
}

/* The check sees what is wrong: an area twice, addresses that nobody has, a count. */
static void test_check(void)
{
	struct fixture f;

	set_up(&f, 2, LAZY_NONE, NULL, NULL);
	g_assert_cmpint(request(&f, 0, 0, 2, 1), ==, CALL_DONE);
	struct nodes *nodes = f.run.model;

	nodes->lazy_pages++;
	g_autofree char *count = nodes_check(nodes);

	g_assert_nonnull(strstr(count, "count is wrong"));
	nodes->lazy_pages--;
	size_pools_push(&nodes->nodes[1].pools, &nodes->store, 2, address_of_page(0));
	g_autofree char *twice = nodes_check(nodes);

	g_assert_nonnull(twice);
	uint64_t start;

	g_assert_true(size_pools_take(&nodes->nodes[1].pools, &nodes->store, 2, 1, &start));
	nodes_object(nodes, 0)->area.size -= PAGE_SIZE;
	g_autofree char *lost = nodes_check(nodes);

	g_assert_nonnull(strstr(lost, "neither free nor"));
	nodes_object(nodes, 0)->area.size += PAGE_SIZE;
	assert_sound(&f);
	model_run_clear(&f.run);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/vmap-nodes/random/v6.12", "v6.12", test_random);
	g_test_add_data_func("/vmap-nodes/random/v6.18", "v6.18", test_random);
	g_test_add_func("/vmap-nodes/misaligned-head", test_misaligned_head);
	g_test_add_func("/vmap-nodes/one-node", test_one_node);
	g_test_add_func("/vmap-nodes/one-node-as-v6.1", test_one_node_as_v6_1);
	g_test_add_func("/vmap-nodes/trace-drains", test_trace_drains);
	g_test_add_func("/vmap-nodes/seeds", test_seeds);
	g_test_add_func("/vmap-nodes/blocks", test_blocks);
	g_test_add_func("/vmap-nodes/check", test_check);
	return g_test_run();
}
