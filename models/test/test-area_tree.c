// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/vmap/area_walk.h"

#include "sim/base/rng.h"

#define AREAS 400

static void assert_sound(const struct area_tree *tree)
{
	g_autofree char *message = area_tree_check(tree, "tree");

	g_assert_cmpstr(message, ==, NULL);
}

/* A walk at once is what the list says. */
static void assert_pass(const struct area_tree *tree, uint32_t from, uint64_t least)
{
	const struct area *at = tree->pool->at;
	struct area_pass pass = area_tree_pass(tree, from, least);
	uint64_t passed = 0, largest = 0;
	uint32_t node = from;

	for (; node && at[node].value < least; node = at[node].next, passed++)
		largest = MAX(largest, at[node].value);
	g_assert_cmpuint(pass.stop, ==, node);
	g_assert_cmpuint(pass.passed, ==, passed);
	g_assert_cmpuint(pass.largest, ==, largest);
}

/* Random insertions and removals; every invariant after each. */
static void test_random(gconstpointer augment)
{
	struct area_pool pool;
	struct area_tree tree;
	uint32_t nodes[AREAS] = {0};
	struct rng rng;

	rng_init(&rng, 3, "area_tree");
	area_pool_init(&pool);
	area_tree_init(&tree, &pool, (enum area_augment)GPOINTER_TO_INT(augment));
	for (unsigned round = 0; round < 20000; round++) {
		uint64_t i = rng_below(&rng, AREAS), start = i * 100 + 1;

		if (nodes[i]) {
			area_tree_erase(&tree, nodes[i]);
			area_delete(&pool, nodes[i]);
			nodes[i] = NIL;
		} else {
			uint32_t prev = area_tree_at_or_below(&tree, start);

			g_assert_true(!prev || pool.at[prev].start < start);
			nodes[i] = area_new(&pool, start, start + 1 + rng_below(&rng, 99));
			area_tree_insert_before(&tree, nodes[i],
						prev ? pool.at[prev].next : tree.first);
		}
		assert_sound(&tree);
		i = rng_below(&rng, AREAS);
		if (tree.augment == AREA_MAX_GAP && nodes[i])
			assert_pass(&tree, nodes[i], 1 + rng_below(&rng, 1000));
	}
	/* nodes are used again: the pool never holds more than were live at once */
	g_assert_cmpuint(pool.n, <=, AREAS + 1);
	area_pool_clear(&pool);
}

/*
 * Shapes worked out by hand with the textbook's algorithms: ascending keys 1 … 8 give
 * the tree 4(2(1,3),6(5,7(-,8))).
 */
static void test_shape(void)
{
	struct area_pool pool;
	struct area_tree tree;

	area_pool_init(&pool);
	area_tree_init(&tree, &pool, AREA_PLAIN);
	for (uint64_t key = 1; key <= 8; key++)
		area_tree_insert_before(&tree, area_new(&pool, key * 10, key * 10 + 1), NIL);
	const struct area *at = pool.at, *root = &at[tree.root];

	g_assert_cmpuint(root->start, ==, 40);
	g_assert_cmpuint(at[root->child[LEFT]].start, ==, 20);
	g_assert_cmpuint(at[root->child[RIGHT]].start, ==, 60);
	g_assert_cmpuint(at[at[root->child[RIGHT]].child[RIGHT]].start, ==, 70);
	g_assert_cmpuint(at[at[at[root->child[RIGHT]].child[RIGHT]].child[RIGHT]].start, ==, 80);
	/* 40 has two children: its successor 50 takes its place */
	area_tree_erase(&tree, tree.root);
	g_assert_cmpuint(at[tree.root].start, ==, 50);
	assert_sound(&tree);
	area_pool_clear(&pool);
}

/* What a walk gives, beside what the list says. */
struct expected {
	const struct area_tree *tree;
	uint32_t next; /* NIL: nothing more */
	uint64_t high, least;
};

static void skip(struct expected *expected)
{
	const struct area *at = expected->tree->pool->at;

	while (expected->next && at[expected->next].value < expected->least)
		expected->next = at[expected->next].next;
	if (expected->next && at[expected->next].start >= expected->high)
		expected->next = NIL;
}

static void compare(void *ctx, const struct area *area)
{
	struct expected *expected = ctx;

	g_assert_true(area == area_at(expected->tree, expected->next));
	expected->next = area->next;
	skip(expected);
}

static void assert_many(const struct area_tree *tree, const uint64_t *addr, unsigned n)
{
	uint32_t found[AREA_TREE_MANY];

	area_tree_at_or_below_many(tree, addr, n, found);
	for (unsigned i = 0; i < n; i++)
		g_assert_cmpuint(found[i], ==, area_tree_at_or_below(tree, addr[i]));
}

/* Several addresses at once are found as one by one, in trees of all sizes. */
static void test_many(void)
{
	struct area_pool pool;
	struct area_tree tree;
	struct rng rng;
	uint64_t addr[AREA_TREE_MANY] = {0};

	rng_init(&rng, 6, "area_many");
	area_pool_init(&pool);
	area_tree_init(&tree, &pool, AREA_MAX_SIZE);
	for (uint64_t n = 1; n <= 2000; n++) {
		uint64_t start = rng_below(&rng, 10000) * 4 + 1;
		uint32_t prev = area_tree_at_or_below(&tree, start);

		assert_many(&tree, addr, (unsigned)rng_below(&rng, AREA_TREE_MANY + 1));
		addr[n % AREA_TREE_MANY] = start + rng_below(&rng, 8);
		if (!prev || pool.at[prev].end <= start)
			area_tree_insert_before(&tree, area_new(&pool, start, start + 4),
						prev ? pool.at[prev].next : tree.first);
	}
	area_pool_clear(&pool);
}

static void assert_walk(const struct area_tree *tree, uint64_t low, uint64_t high, uint64_t least)
{
	struct expected expected = {tree, area_tree_at_or_above(tree, low), high, least};

	skip(&expected);
	area_tree_walk(tree, low, high, least, compare, &expected);
	g_assert_cmpuint(expected.next, ==, NIL);
	expected = (struct expected){tree, area_tree_at_or_above(tree, low), high, 0};
	skip(&expected);
	area_list_walk(tree, low, high, compare, &expected);
	g_assert_cmpuint(expected.next, ==, NIL);
}

/* Trees of all sizes, so that a walk takes one bunch or several on top of each other. */
static void test_walk(gconstpointer augment)
{
	struct area_pool pool;
	struct area_tree tree;
	struct rng rng;

	rng_init(&rng, 5, "area_walk");
	area_pool_init(&pool);
	area_tree_init(&tree, &pool, (enum area_augment)GPOINTER_TO_INT(augment));
	assert_walk(&tree, 0, UINT64_MAX, 1);
	for (uint64_t n = 1, span = 64; n <= 300000; n++) {
		uint64_t start = rng_below(&rng, span) * 4 + 1;
		uint32_t prev = area_tree_at_or_below(&tree, start);

		if (n == span / 2)
			span *= 2;
		if (!prev || pool.at[prev].end <= start) /* sizes: half of those with room touch */
			area_tree_insert_before(
				&tree, area_new(&pool, start, start + 4 - rng_below(&rng, 2)),
				prev ? pool.at[prev].next : tree.first);
		if (n % (n < 4000 ? 13 : 29989))
			continue;
		uint64_t low = rng_below(&rng, span * 4), high = rng_below(&rng, span * 4);

		assert_walk(&tree, 0, UINT64_MAX, 1);
		assert_walk(&tree, 0, UINT64_MAX, 1 + rng_below(&rng, 100));
		assert_walk(&tree, MIN(low, high), MAX(low, high), 1 + rng_below(&rng, 5));
	}
	area_pool_clear(&pool);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/area_tree/random/plain", GINT_TO_POINTER(AREA_PLAIN), test_random);
	g_test_add_data_func("/area_tree/random/size", GINT_TO_POINTER(AREA_MAX_SIZE), test_random);
	g_test_add_data_func("/area_tree/random/gap", GINT_TO_POINTER(AREA_MAX_GAP), test_random);
	g_test_add_func("/area_tree/shape", test_shape);
	g_test_add_func("/area_tree/many", test_many);
	g_test_add_data_func("/area_tree/walk/size", GINT_TO_POINTER(AREA_MAX_SIZE), test_walk);
	g_test_add_data_func("/area_tree/walk/gap", GINT_TO_POINTER(AREA_MAX_GAP), test_walk);
	return g_test_run();
}
