// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where descriptors lie in memory, and how many entries of a list walk a prefetcher does not
 * foresee.
 */
#include "models/vmap/list_order.h"

#include "sim/base/rng.h"

#define CPUS 4

/* Objects in the order of memory. */
static uint64_t place(uint32_t object)
{
	return (uint64_t)slab_of(object) * SLAB_OBJECTS + slab_index(object);
}

/* --- the slab allocator ------------------------------------------------------------------ */

static void test_new_slab_ascends(void)
{
	struct area_slab slab;

	area_slab_init(&slab, 1);
	uint64_t last = place(area_slab_alloc(&slab, 0));

	for (unsigned i = 1; i < 3 * SLAB_OBJECTS; i++) {
		uint64_t next = place(area_slab_alloc(&slab, 0));

		g_assert_cmpuint(next, ==, last + 1);
		last = next;
	}
	area_slab_clear(&slab);
}

static void test_last_freed_is_first_used(void)
{
	struct area_slab slab;
	uint32_t object[10];

	area_slab_init(&slab, 1);
	for (unsigned i = 0; i < 10; i++)
		object[i] = area_slab_alloc(&slab, 0);
	area_slab_free(&slab, 0, object[3]);
	area_slab_free(&slab, 0, object[7]);
	g_assert_cmpuint(place(area_slab_alloc(&slab, 0)), ==, place(object[7]));
	g_assert_cmpuint(place(area_slab_alloc(&slab, 0)), ==, place(object[3]));
	area_slab_clear(&slab);
}

static void test_cpus_have_slabs_of_their_own(void)
{
	struct area_slab slab;

	area_slab_init(&slab, 2);
	uint32_t first = area_slab_alloc(&slab, 0), second = area_slab_alloc(&slab, 1);

	g_assert_cmpuint(slab_of(first), !=, slab_of(second));
	/* freed by the other CPU, it waits in its slab until the owner's list is used up */
	area_slab_free(&slab, 1, first);
	for (unsigned i = 1; i < SLAB_OBJECTS; i++)
		g_assert_cmpuint(place(area_slab_alloc(&slab, 0)), ==, place(first) + i);
	g_assert_cmpuint(place(area_slab_alloc(&slab, 0)), ==, place(first));
	area_slab_clear(&slab);
}

static void test_full_slab_goes_to_who_frees(void)
{
	struct area_slab slab;
	uint32_t object[2 * SLAB_OBJECTS];

	area_slab_init(&slab, 2);
	for (unsigned i = 0; i < 2 * SLAB_OBJECTS; i++)
		object[i] = area_slab_alloc(&slab, 0);
	area_slab_free(&slab, 1, object[5]); /* of the first slab, which is used up */
	g_assert_cmpuint(place(area_slab_alloc(&slab, 1)), ==, place(object[5]));
	area_slab_clear(&slab);
}

/* 100 used-up slabs lose all objects: more than a CPU and the node keep. */
static void test_empty_slabs_are_given_back(void)
{
	struct area_slab slab;
	uint32_t object[100 * SLAB_OBJECTS];

	area_slab_init(&slab, 1);
	for (unsigned i = 0; i < G_N_ELEMENTS(object); i++)
		object[i] = area_slab_alloc(&slab, 0);
	for (unsigned i = 0; i < G_N_ELEMENTS(object); i++)
		area_slab_free(&slab, 0, object[i]);
	g_assert_cmpuint(slab.unused->len, >, 50);
	g_assert_cmpuint(slab.n_partial, <=, 5 + 1);
	area_slab_clear(&slab);
}

/* Against a set: no object is handed out twice, and none is lost. */
static void test_random(void)
{
	g_autoptr(GHashTable) used = g_hash_table_new(NULL, NULL);
	g_autoptr(GArray) live = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	struct area_slab slab;
	struct rng rng;

	rng_init(&rng, 1, "list_order");
	area_slab_init(&slab, CPUS);
	for (unsigned i = 0; i < 200000; i++) {
		uint32_t cpu = (uint32_t)rng_below(&rng, CPUS);
		bool fills = (i / 10000) % 2 == 0;

		if (live->len == 0 || rng_below(&rng, 10) < (fills ? 7u : 3u)) {
			uint32_t object = area_slab_alloc(&slab, cpu);

			g_assert_cmpuint(slab_index(object), <, SLAB_OBJECTS);
			g_assert_true(g_hash_table_add(used, GUINT_TO_POINTER(place(object))));
			g_array_append_val(live, object);
		} else {
			unsigned k = (unsigned)rng_below(&rng, live->len);
			uint32_t object = g_array_index(live, uint32_t, k);

			g_array_remove_index_fast(live, k);
			g_hash_table_remove(used, GUINT_TO_POINTER(place(object)));
			area_slab_free(&slab, cpu, object);
		}
	}
	uint64_t in_use = 0;

	for (unsigned i = 1; i < slab.slabs->len; i++)
		in_use += g_array_index(slab.slabs, struct slab, i).in_use;
	g_assert_cmpuint(in_use, ==, live->len);
	/* all that is free is used before memory is taken anew: what no CPU or list has is little
	 */
	g_assert_cmpuint(slab.slabs->len, <, 200000 / SLAB_OBJECTS);
	area_slab_clear(&slab);
}

/* --- jumps ------------------------------------------------------------------------------- */

struct fixture {
	struct area_pool pool;
	struct area_tree list;
	struct list_order order;
	uint64_t end;
};

static void set_up(struct fixture *f)
{
	area_pool_init(&f->pool);
	area_tree_init(&f->list, &f->pool, AREA_MAX_GAP);
	list_order_init(&f->order, CPUS);
	f->end = 0;
}

static void tear_down(struct fixture *f)
{
	list_order_clear(&f->order);
	area_pool_clear(&f->pool);
}

static uint32_t append(struct fixture *f, uint32_t cpu)
{
	uint32_t node = area_new(&f->pool, f->end, f->end + 1);

	f->end += 2;
	area_tree_insert_before(&f->list, node, NIL);
	list_order_add(&f->order, node, cpu);
	return node;
}

static void take_out(struct fixture *f, uint32_t node, uint32_t cpu)
{
	list_order_remove(&f->order, node, cpu);
	area_tree_erase(&f->list, node);
	area_delete(&f->pool, node);
}

static uint64_t jumps(struct fixture *f)
{
	return list_order_jumps(&f->order, &f->list, f->list.last, f->list.n);
}

/* In the order of memory: a jump to each slab, and one before its direction is known. */
static void test_one_cpu(void)
{
	struct fixture f;

	set_up(&f);
	for (unsigned i = 0; i < 100 * SLAB_OBJECTS; i++)
		append(&f, 0);
	g_assert_cmpuint(jumps(&f), ==, 100);
	tear_down(&f);
}

/* Each CPU's slab is a stream of its own. */
static void test_cpus_by_turns(void)
{
	struct fixture f;

	set_up(&f);
	for (unsigned i = 0; i < 100 * SLAB_OBJECTS; i++)
		append(&f, i % CPUS);
	g_assert_cmpuint(jumps(&f), ==, 100);
	tear_down(&f);
}

/* What was freed at random is used again: nothing is in order. */
static void test_shuffled(void)
{
	g_autofree uint32_t *node = g_new(uint32_t, 100 * SLAB_OBJECTS);
	struct fixture f;
	struct rng rng;

	set_up(&f);
	rng_init(&rng, 2, "list_order");
	for (uint32_t i = 0; i < 100 * SLAB_OBJECTS; i++) {
		uint32_t k = (uint32_t)rng_below(&rng, i + 1);

		node[i] = node[k];
		node[k] = append(&f, 0);
	}
	for (unsigned i = 0; i < 99 * SLAB_OBJECTS; i++)
		take_out(&f, node[i], i % CPUS);
	for (unsigned i = 0; i < 99 * SLAB_OBJECTS; i++)
		append(&f, i % CPUS);
	g_assert_cmpuint(jumps(&f), >, f.list.n / 3);
	g_assert_cmpuint(jumps(&f), <, f.list.n);
	tear_down(&f);
}

static void test_short_walks_have_none(void)
{
	struct fixture f;

	set_up(&f);
	for (unsigned i = 0; i < 63; i++)
		append(&f, i % CPUS);
	g_assert_cmpuint(jumps(&f), ==, 0);
	append(&f, 0);
	g_assert_cmpuint(jumps(&f), >, 0);
	tear_down(&f);
}

/* A walk that was not looked at has its share of what was found in the last that was. */
static void test_share(void)
{
	struct fixture f;

	set_up(&f);
	for (unsigned i = 0; i < 100 * SLAB_OBJECTS; i++)
		append(&f, 0);
	g_assert_cmpuint(jumps(&f), ==, 100);
	g_assert_cmpuint(list_order_jumps(&f.order, &f.list, f.list.last, 10 * SLAB_OBJECTS), ==,
			 10);
	tear_down(&f);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/area_slab/new-slab-ascends", test_new_slab_ascends);
	g_test_add_func("/area_slab/last-freed-is-first-used", test_last_freed_is_first_used);
	g_test_add_func("/area_slab/cpus-have-slabs-of-their-own",
			test_cpus_have_slabs_of_their_own);
	g_test_add_func("/area_slab/full-slab-goes-to-who-frees", test_full_slab_goes_to_who_frees);
	g_test_add_func("/area_slab/empty-slabs-are-given-back", test_empty_slabs_are_given_back);
	g_test_add_func("/area_slab/random", test_random);
	g_test_add_func("/list_order/one-cpu", test_one_cpu);
	g_test_add_func("/list_order/cpus-by-turns", test_cpus_by_turns);
	g_test_add_func("/list_order/shuffled", test_shuffled);
	g_test_add_func("/list_order/short-walks-have-none", test_short_walks_have_none);
	g_test_add_func("/list_order/share", test_share);
	return g_test_run();
}
