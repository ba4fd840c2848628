// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmap-nodes in the hands of a replay: what is foretold is what an op gets, a copy is a copy, a
 * purge in steps is the same purge, and whatever is put right, every address stays in one place.
 */
#include "models/vmap/nodes_replay.h"
#include "sim/base/rng.h"
#include "sim/base/units.h"

#define VSTART	     UINT64_C(0xffffc90000000000)
#define WINDOW_PAGES 6000u
#define VEND	     (VSTART + WINDOW_PAGES * PAGE_SIZE)
#define CPUS	     3u
#define LIVE	     120u

struct fixture {
	struct nodes_replay *replay;
	struct rng rng;
	struct {
		uint64_t start, size; /* size 0: none */
	} live[LIVE];
};

static void set_up(struct fixture *f, gconstpointer name)
{
	const struct nodes_replay_setup setup = {"v6.18", CPUS, VSTART, VEND, 400};

	*f = (struct fixture){.replay = nodes_replay_new(&setup, NULL)};
	g_assert_nonnull(f->replay);
	rng_init(&f->rng, 1, name);
}

static void tear_down(struct fixture *f, gconstpointer name G_GNUC_UNUSED)
{
	nodes_replay_free(f->replay);
}

static uint32_t below(struct fixture *f, uint32_t n)
{
	return (uint32_t)rng_below(&f->rng, n);
}

static void check(const struct nodes_replay *replay)
{
	g_autofree char *message = nodes_replay_check(replay);

	g_assert_cmpstr(message, ==, NULL);
}

static struct nodes_request random_request(struct fixture *f)
{
	return (struct nodes_request){
		.size = (2 + below(f, 8)) * PAGE_SIZE,
		.align = below(f, 2) ? 1 : UINT64_C(1) << (12 + below(f, 4)),
		.vstart = VSTART,
		.vend = VEND,
		.cpu = below(f, CPUS),
	};
}

/* A request of @f's, free slot or not, is made or its area freed. */
static void random_op(struct fixture *f, struct nodes_replay *replay, uint32_t slot,
		      const struct nodes_request *request)
{
	if (nodes_replay_has(replay, slot)) {
		nodes_replay_release(replay, slot);
	} else if (nodes_replay_foretell(replay, request).found) {
		uint64_t foretold = nodes_replay_foretell(replay, request).addr;

		g_assert_cmphex(nodes_replay_alloc(replay, request, slot), ==, foretold);
		f->live[slot].start = foretold;
		f->live[slot].size = request->size;
	}
}

static void purge(struct nodes_replay *replay, bool full)
{
	nodes_replay_purge_begin(replay, full);
	nodes_replay_purge_to(replay, NODES_PURGE_STEPS(CPUS));
	g_assert_false(nodes_replay_purging(replay));
}

static void fill(struct fixture *f, unsigned ops)
{
	for (unsigned i = 0; i < ops; i++) {
		const struct nodes_request request = random_request(f);

		random_op(f, f->replay, below(f, LIVE), &request);
		if (!below(f, 40))
			purge(f->replay, !below(f, 8));
	}
}

static void foretold(struct fixture *f, gconstpointer name G_GNUC_UNUSED)
{
	fill(f, 4000); /* random_op() compares */
	check(f->replay);
	g_assert_cmpuint(nodes_replay_counts(f->replay).pooled, >, 0);
}

/* The same ops on both, and then other ones: the first must not notice. */
static void copies(struct fixture *f, gconstpointer name G_GNUC_UNUSED)
{
	fill(f, 1500);
	struct nodes_replay *copy = nodes_replay_copy(f->replay), *kept;

	for (unsigned i = 0; i < 500; i++) {
		const struct nodes_request request = random_request(f);
		uint32_t slot = below(f, LIVE);

		g_assert_cmphex(nodes_replay_foretell(copy, &request).addr, ==,
				nodes_replay_foretell(f->replay, &request).addr);
		random_op(f, f->replay, slot, &request);
		random_op(f, copy, slot, &request);
		if (!below(f, 40)) {
			purge(f->replay, false);
			purge(copy, false);
		}
		g_assert_cmphex(nodes_replay_digest(copy), ==, nodes_replay_digest(f->replay));
	}
	kept = nodes_replay_copy(f->replay);
	for (uint32_t slot = 0; slot < LIVE; slot++)
		nodes_replay_release(copy, slot);
	purge(copy, true);
	check(copy);
	check(f->replay);
	g_assert_cmphex(nodes_replay_digest(kept), ==, nodes_replay_digest(f->replay));
	g_assert_cmphex(nodes_replay_digest(copy), !=, nodes_replay_digest(f->replay));
	nodes_replay_free(copy);
	nodes_replay_free(kept);
}

/* Stopped wherever it can be stopped, and copied there, a purge does what it does at once. */
static void steps(struct fixture *f, gconstpointer name G_GNUC_UNUSED)
{
	for (unsigned round = 0; round < 60; round++) {
		struct nodes_replay *whole;
		uint32_t step = 0;

		fill(f, 60);
		whole = nodes_replay_copy(f->replay);
		purge(whole, round % 4 == 0);
		nodes_replay_purge_begin(f->replay, round % 4 == 0);
		while (nodes_replay_purging(f->replay)) {
			struct nodes_replay *copy = nodes_replay_copy(f->replay);

			nodes_replay_free(f->replay);
			f->replay = copy;
			g_assert_cmpuint(nodes_replay_purge_next(copy), >=, step);
			step += 1 + below(f, 3);
			nodes_replay_purge_to(f->replay, step);
		}
		check(f->replay);
		g_assert_cmphex(nodes_replay_digest(whole), ==, nodes_replay_digest(f->replay));
		g_assert_cmpuint(nodes_replay_counts(whole).last_purged, ==,
				 nodes_replay_counts(f->replay).last_purged);
		nodes_replay_free(whole);
	}
}

/* Somewhere in the window, which may be busy, but not with what is asked for next. */
static uint64_t random_place(struct fixture *f, const struct nodes_request *request)
{
	uint64_t align = MAX(request->align, PAGE_SIZE);

	return align_up(VSTART + below(f, 2000) * PAGE_SIZE, align);
}

/* Answers put right, at any time, wherever the model has the area. */
static void put_right(struct fixture *f, gconstpointer name G_GNUC_UNUSED)
{
	unsigned seen[NODES_IN_PARTS + 1] = {0};

	for (unsigned i = 0; i < 6000; i++) {
		const struct nodes_request request = random_request(f);
		uint32_t slot = below(f, LIVE);

		random_op(f, f->replay, slot, &request);
		if (!nodes_replay_purging(f->replay) && !below(f, 30))
			nodes_replay_purge_begin(f->replay, !below(f, 5));
		if (nodes_replay_purging(f->replay))
			nodes_replay_purge_to(f->replay, nodes_replay_purge_next(f->replay) + 1);
		if (!nodes_replay_has(f->replay, slot) && below(f, 2)) {
			uint64_t start = random_place(f, &request);

			seen[nodes_replay_where(f->replay, start, request.size).where]++;
			nodes_replay_grant(f->replay, &request, slot, start);
			g_assert_cmpint(nodes_replay_where(f->replay, start, request.size).where,
					==, NODES_IN_USE);
		}
		if (!nodes_replay_purging(f->replay))
			check(f->replay);
	}
	g_assert_cmpuint(seen[NODES_IN_TREE], >, 0);
	g_assert_cmpuint(seen[NODES_IN_POOL], >, 0);
	g_assert_cmpuint(seen[NODES_IN_LAZY], >, 0);
	g_assert_cmpuint(seen[NODES_IN_USE], >, 0);
	g_assert_cmpuint(seen[NODES_IN_PARTS], >, 0);
}

/* The very area that the model has somewhere is taken from just there. */
static void exact_place(struct fixture *f, gconstpointer name G_GNUC_UNUSED)
{
	const struct nodes_request request = {4 * PAGE_SIZE, 1, VSTART, VEND, 1, false};
	uint64_t start[4];

	for (uint32_t i = 0; i < 4; i++)
		start[i] = nodes_replay_alloc(f->replay, &request, i);
	for (uint32_t i = 0; i < 4; i++)
		nodes_replay_release(f->replay, i);
	g_assert_cmpint(nodes_replay_where(f->replay, start[0], request.size).where, ==,
			NODES_IN_LAZY);
	nodes_replay_grant(f->replay, &request, 0, start[0]);
	g_assert_cmpuint(nodes_replay_counts(f->replay).lazy, ==, 3);
	g_assert_cmpuint(nodes_replay_counts(f->replay).lazy_pages, ==, 12);
	purge(f->replay, false);
	const struct nodes_place place = nodes_replay_where(f->replay, start[2], request.size);

	/* refilled ascending, each at the head: 3, 2, 1 */
	g_assert_cmpint(place.where, ==, NODES_IN_POOL);
	g_assert_cmpuint(place.node, ==, 1);
	g_assert_cmpuint(place.depth, ==, 1);
	nodes_replay_grant(f->replay, &request, 5, start[2]);
	g_assert_cmpuint(nodes_replay_counts(f->replay).pooled, ==, 2);
	g_assert_cmphex(nodes_replay_foretell(f->replay, &request).addr, ==, start[3]);
	nodes_replay_rotate_pool(f->replay, &request, 1, 1);
	g_assert_cmphex(nodes_replay_foretell(f->replay, &request).addr, ==, start[1]);
	check(f->replay);
}

/* An area is moved from wherever it waits to another node, in the order of addresses. */
static void moved(struct fixture *f, gconstpointer name G_GNUC_UNUSED)
{
	const struct nodes_request request = {4 * PAGE_SIZE, 1, VSTART, VEND, 1, false};
	struct nodes_request other = request;
	uint64_t start[5];

	other.cpu = 2;
	for (uint32_t i = 0; i < 5; i++)
		start[i] = nodes_replay_alloc(f->replay, i % 2 ? &other : &request, i);
	for (uint32_t i = 0; i < 5; i++)
		nodes_replay_release(f->replay, i);
	nodes_replay_move(f->replay, start[4], request.size, 2);
	g_assert_cmpuint(nodes_replay_where(f->replay, start[4], request.size).node, ==, 2);
	purge(f->replay, false);
	check(f->replay);
	/* 2 and 0 on node 1, 4, 3 and 1 on node 2 */
	nodes_replay_move(f->replay, start[2], request.size, 2);
	nodes_replay_move(f->replay, start[0], request.size, 2);
	check(f->replay);
	for (uint32_t i = 0; i < 5; i++) {
		g_assert_cmphex(nodes_replay_foretell(f->replay, &other).addr, ==, start[4 - i]);
		nodes_replay_alloc(f->replay, &other, i);
	}
	g_assert_false(nodes_replay_foretell(f->replay, &request).pooled);
	/* what is in use, or in the tree, stays */
	nodes_replay_move(f->replay, start[0], request.size, 0);
	nodes_replay_move(f->replay, VSTART + 1000 * PAGE_SIZE, request.size, 0);
	g_assert_cmpuint(nodes_replay_counts(f->replay).pooled, ==, 0);
	check(f->replay);
}

/* A head that is not there: with three nodes it is nowhere until it is granted. */
static void unpooled(struct fixture *f, gconstpointer name G_GNUC_UNUSED)
{
	const struct nodes_request request = {4 * PAGE_SIZE, 1, VSTART, VEND, 1, false};
	uint64_t start[3];

	for (uint32_t i = 0; i < 3; i++)
		start[i] = nodes_replay_alloc(f->replay, &request, i);
	for (uint32_t i = 0; i < 3; i++)
		nodes_replay_release(f->replay, i);
	purge(f->replay, false);
	nodes_replay_unpool(f->replay, &request, 1);
	check(f->replay);
	g_assert_cmpint(nodes_replay_where(f->replay, start[2], request.size).where, ==,
			NODES_WITHHELD);
	nodes_replay_other_pool(f->replay, &request, 1);
	check(f->replay);
	g_assert_cmpint(nodes_replay_where(f->replay, start[1], request.size).where, ==,
			NODES_WITHHELD);
	g_assert_cmphex(nodes_replay_foretell(f->replay, &request).addr, ==, start[0]);
	nodes_replay_grant(f->replay, &request, 0, start[2]);
	nodes_replay_shrink(f->replay);
	nodes_replay_give_back(f->replay);
	check(f->replay);
	g_assert_cmphex(nodes_replay_foretell(f->replay, &request).addr, ==, start[0]);
}

/* Of two nodes it is in the pool of the other, behind what is there. */
static void of_the_other(struct fixture *f G_GNUC_UNUSED, gconstpointer name G_GNUC_UNUSED)
{
	const struct nodes_replay_setup setup = {"v6.18", 2, VSTART, VEND, 400};
	struct nodes_replay *replay = nodes_replay_new(&setup, NULL);
	const struct nodes_request request[2] = {{4 * PAGE_SIZE, 1, VSTART, VEND, 0, false},
						 {4 * PAGE_SIZE, 1, VSTART, VEND, 1, false}};
	uint64_t start[2];

	for (uint32_t i = 0; i < 2; i++)
		start[i] = nodes_replay_alloc(replay, &request[i], i);
	for (uint32_t i = 0; i < 2; i++)
		nodes_replay_release(replay, i);
	purge(replay, false);
	nodes_replay_other_pool(replay, &request[0], 0);
	check(replay);
	g_assert_false(nodes_replay_foretell(replay, &request[0]).pooled);
	for (uint32_t i = 0; i < 2; i++)
		g_assert_cmphex(nodes_replay_alloc(replay, &request[1], i), ==, start[1 - i]);
	nodes_replay_free(replay);
}

/* A hole that is withheld is foretold no more, can be granted, in part, and comes back. */
static void withheld(struct fixture *f, gconstpointer name G_GNUC_UNUSED)
{
	const struct nodes_request request = {4 * PAGE_SIZE, 1, VSTART, VEND, 0, false};
	struct nodes_request larger = request;

	larger.size = 16 * PAGE_SIZE;
	nodes_replay_alloc(f->replay, &larger, 0);
	nodes_replay_alloc(f->replay, &request, 1);
	nodes_replay_release(f->replay, 0);
	purge(f->replay, true);
	g_assert_cmphex(nodes_replay_foretell(f->replay, &request).addr, ==, VSTART);
	g_assert_true(nodes_replay_withhold(f->replay, &request, VSTART, UINT64_MAX));
	g_assert_cmphex(nodes_replay_foretell(f->replay, &request).addr, ==,
			VSTART + 20 * PAGE_SIZE);
	g_assert_cmpint(nodes_replay_where(f->replay, VSTART, PAGE_SIZE).where, ==, NODES_WITHHELD);
	nodes_replay_grant(f->replay, &request, 2, VSTART + 8 * PAGE_SIZE);
	check(f->replay);
	g_assert_cmphex(nodes_replay_foretell(f->replay, &request).addr, ==,
			VSTART + 20 * PAGE_SIZE);
	nodes_replay_give_back(f->replay);
	check(f->replay);
	g_assert_cmphex(nodes_replay_foretell(f->replay, &request).addr, ==, VSTART);
	/* what is not foretold cannot be withheld */
	g_assert_false(nodes_replay_withhold(f->replay, &request, VSTART + PAGE_SIZE, UINT64_MAX));
}

/* A short hole on the way to a long one is passed over once it is a leaf; free space is the same.
 */
static void passed_over(struct fixture *f, gconstpointer name G_GNUC_UNUSED)
{
	unsigned passed = 0;

	for (unsigned i = 0; i < 3000; i++) {
		struct nodes_request request = random_request(f);
		struct nodes_answer answer;

		random_op(f, f->replay, below(f, LIVE), &request);
		if (!below(f, 60))
			purge(f->replay, true);
		request.align = 4 * PAGE_SIZE;
		answer = nodes_replay_foretell(f->replay, &request);
		if (answer.found && !answer.pooled &&
		    nodes_replay_pass_over(f->replay, &request, answer.addr)) {
			g_assert_false(answer.certain);
			passed++;
		}
		check(f->replay);
	}
	g_assert_cmpuint(passed, >, 0);
}

/* Origins that a snapshot tells of decide where a seed goes. */
static void seeds(struct fixture *f, gconstpointer name G_GNUC_UNUSED)
{
	const struct nodes_request request = {4 * PAGE_SIZE, 1, VSTART, VEND, 2, false};

	nodes_replay_seed(f->replay, 0, VSTART, 4 * PAGE_SIZE, 3, false);
	nodes_replay_seed(f->replay, 0, VSTART + 8 * PAGE_SIZE, 4 * PAGE_SIZE, 3, true);
	nodes_replay_release(f->replay, 0);
	g_assert_cmpuint(nodes_replay_counts(f->replay).lazy, ==, 2);
	purge(f->replay, false);
	g_assert_cmpuint(nodes_replay_counts(f->replay).pooled, ==, 2);
	g_assert_cmphex(nodes_replay_foretell(f->replay, &request).addr, ==,
			VSTART + 8 * PAGE_SIZE);
	check(f->replay);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *path;
		void (*run)(struct fixture *, gconstpointer);
	} tests[] = {
		{"/vmap-nodes/replay/foretold", foretold},
		{"/vmap-nodes/replay/copies", copies},
		{"/vmap-nodes/replay/steps", steps},
		{"/vmap-nodes/replay/put-right", put_right},
		{"/vmap-nodes/replay/exact-place", exact_place},
		{"/vmap-nodes/replay/moved", moved},
		{"/vmap-nodes/replay/unpooled", unpooled},
		{"/vmap-nodes/replay/of-the-other", of_the_other},
		{"/vmap-nodes/replay/withheld", withheld},
		{"/vmap-nodes/replay/passed-over", passed_over},
		{"/vmap-nodes/replay/seeds", seeds},
	};

	g_test_init(&argc, &argv, NULL);
	for (unsigned i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, struct fixture, tests[i].path, set_up, tests[i].run,
			   tear_down);
	return g_test_run();
}
