// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/live_set.h"
#include "sim/workload/settings.h"
#include "sim/workload/sizes.h"
#include "sim/workload/test/collect.h"

static void test_grows_then_replaces(void)
{
	GArray *ops = collect("vmap_mix,live=300,ops=2000", 1, NULL);
	guint live = 0;

	/* 300 requests, the mark, then a free and a request in turn */
	g_assert_cmpuint(ops->len, ==, 2001);
	g_assert_cmpstr(op_at(ops, 300)->mark, ==, "mix:steady");
	for (guint i = 0; i < ops->len; i++) {
		enum op_kind kind = op_at(ops, i)->kind;

		live += kind == OP_VMAP_ALLOC;
		live -= kind == OP_VMAP_FREE;
		if (i >= 300)
			g_assert_cmpuint(live, ==, (i - 300) % 2 ? 299 : 300);
	}
	g_array_unref(ops);
}

static void test_parts_add_up(void)
{
	GArray *ops = collect("vmap_mix,cpus=7,live=100,ops=1000", 1, NULL);

	g_assert_cmpuint(count_kind(ops, OP_VMAP_ALLOC) + count_kind(ops, OP_VMAP_FREE), ==, 1000);
	g_assert_cmpuint(count_kind(ops, OP_VMAP_ALLOC) - count_kind(ops, OP_VMAP_FREE), <=, 100);
	g_assert_cmpuint(count_marks(ops, "mix:steady"), ==, 7);
	g_array_unref(ops);
}

/* Position in @lived of @id, from the oldest. */
static guint age_rank(GArray *lived, uint64_t id)
{
	for (guint i = 0;; i++) {
		if (g_array_index(lived, uint64_t, i) == id)
			return i;
	}
}

/* Frees of the oldest and of the newest area, among @frees in the steady state. */
static void count_ends(const char *lifetime, guint *oldest, guint *newest, guint *frees)
{
	g_autofree char *spec = g_strdup_printf("vmap_mix,live=50,ops=5000,lifetime=%s", lifetime);
	GArray *ops = collect(spec, 1, NULL), *lived = g_array_new(FALSE, FALSE, sizeof(uint64_t));

	*oldest = *newest = *frees = 0;
	for (guint i = 0; i < ops->len; i++) {
		const struct op *op = op_at(ops, i);

		if (op->kind == OP_VMAP_ALLOC)
			g_array_append_val(lived, op->id);
		if (op->kind != OP_VMAP_FREE)
			continue;
		guint rank = age_rank(lived, op->id);

		*oldest += rank == 0;
		*newest += rank == lived->len - 1;
		++*frees;
		g_array_remove_index(lived, rank);
	}
	g_array_unref(lived);
	g_array_unref(ops);
}

static void test_lifetimes(void)
{
	guint oldest, newest, frees;

	count_ends("fifo", &oldest, &newest, &frees);
	g_assert_cmpuint(oldest, ==, frees);
	count_ends("lifo", &oldest, &newest, &frees);
	g_assert_cmpuint(newest, ==, frees);
	count_ends("random", &oldest, &newest, &frees);
	g_assert_cmpuint(frees, ==, 2475);
	g_assert_cmpuint(oldest, >, frees / 100); /* a fiftieth is expected */
	g_assert_cmpuint(oldest, <, frees / 25);
	g_assert_cmpuint(newest, >, frees / 100);
	g_assert_cmpuint(newest, <, frees / 25);
}

static void test_alignments_and_windows(void)
{
	GArray *ops = collect("vmap_mix,ops=20000,page_align=10,stack_align=20,pow2_align=30,"
			      "max_align=1048576,module_share=25",
			      1, NULL);
	guint plain = 0, page = 0, stack = 0, larger = 0, modules = 0, requests = 0;

	for (guint i = 0; i < ops->len; i++) {
		const struct op *op = op_at(ops, i);

		if (op->kind != OP_VMAP_ALLOC)
			continue;
		requests++;
		if (op->flags & OP_HAS_VSTART) {
			modules++;
			g_assert_cmphex(op->vmap.vstart, ==, 0xffffffffc0000000);
			g_assert_cmphex(op->vmap.vend, ==, 0xffffffffff000000);
			g_assert_cmpuint(op->vmap.align, ==, PAGE_SIZE);
			continue;
		}
		plain += op->vmap.align == 1;
		page += op->vmap.align == PAGE_SIZE;
		stack += op->vmap.align == 16384;
		larger += op->vmap.align > 16384;
		g_assert_cmpuint(op->vmap.align, <=, 1048576);
	}
	/* 25 % modules; of the rest 40 % plain, 10 and 20 % and a ninth of 30 %, six ninths of 30 %
	 */
	g_assert_cmpuint(requests, ==, 10500);
	g_assert_cmpuint(modules / 105, >=, 23);
	g_assert_cmpuint(modules / 105, <=, 27);
	g_assert_cmpuint(plain / 105, >=, 28);
	g_assert_cmpuint(plain / 105, <=, 32);
	g_assert_cmpuint(page / 105, >=, 9);
	g_assert_cmpuint(page / 105, <=, 11);
	g_assert_cmpuint(stack / 105, >=, 16);
	g_assert_cmpuint(stack / 105, <=, 19);
	g_assert_cmpuint(larger / 105, >=, 13);
	g_assert_cmpuint(larger / 105, <=, 17);
	g_array_unref(ops);
}

/* Refused requests are not lived with: one goes, another try comes; nothing dead is freed. */
static bool refuse_large(const struct op *op)
{
	return op->vmap.size < 50 * PAGE_SIZE;
}

static void test_refusals(void)
{
	GArray *ops = collect("vmap_mix,live=20,ops=4000", 1, refuse_large);

	guint after_refusal = 0, freed = 0;

	for (guint i = 0; i + 1 < ops->len; i++) {
		const struct op *op = op_at(ops, i);

		if (op->kind != OP_VMAP_ALLOC || refuse_large(op))
			continue;
		after_refusal++;
		freed += op_at(ops, i + 1)->kind == OP_VMAP_FREE;
	}
	g_assert_cmpuint(after_refusal, >, 500);
	g_assert_cmpuint(freed, >, after_refusal / 2); /* none where none is left to free */
	g_array_unref(ops);
}

static bool refuse_all(const struct op *op)
{
	(void)op;
	return false;
}

static void test_everything_refused(void)
{
	GArray *ops = collect("vmap_mix,live=20,ops=100", 1, refuse_all);

	g_assert_cmpuint(ops->len, ==, 100);
	g_assert_cmpuint(count_kind(ops, OP_VMAP_ALLOC), ==, 100);
	g_array_unref(ops);
}

static void assert_sizes(struct size_range range, uint64_t least_mean, uint64_t most_mean)
{
	uint64_t sum = 0, least = UINT64_MAX, most = 0;
	struct rng rng;

	rng_init(&rng, 1, "sizes");
	for (guint i = 0; i < 10000; i++) {
		uint64_t pages = draw_pages(&range, &rng);

		sum += pages;
		least = MIN(least, pages);
		most = MAX(most, pages);
		if (range.mix == SIZES_POW2)
			g_assert_true(is_power_of_two(pages));
	}
	g_assert_cmpuint(least, >=, range.min);
	g_assert_cmpuint(most, <=, range.max);
	g_assert_cmpuint(sum / 10000, >=, least_mean);
	g_assert_cmpuint(sum / 10000, <=, most_mean);
}

static void test_sizes(void)
{
	assert_sizes((struct size_range){1, 100, SIZES_UNIFORM}, 49, 52);
	assert_sizes((struct size_range){1, 100, SIZES_SMALL}, 24, 28);
	assert_sizes((struct size_range){1, 100, SIZES_POW2}, 17, 19); /* 127 / 7 */
	assert_sizes((struct size_range){3, 8, SIZES_POW2}, 5, 6);
	assert_sizes((struct size_range){5, 5, SIZES_SMALL}, 5, 5);
	g_assert_true(size_range_has_pow2(&(struct size_range){3, 4, SIZES_POW2}));
	g_assert_true(size_range_has_pow2(&(struct size_range){4, 4, SIZES_POW2}));
	g_assert_false(size_range_has_pow2(&(struct size_range){5, 7, SIZES_POW2}));
}

/* Whatever is added and removed, a number in use is never given out again. */
/* Where workers take turns, a source has said what one frees next before it does. */
static void test_hints(gconstpointer lifetime)
{
	g_autofree char *spec = g_strdup_printf("vmap_mix,cpus=8,live=400,ops=8000,lifetime=%s",
						(const char *)lifetime);
	struct op_source *source = source_of(spec, 1);
	g_autofree bool *said = g_new0(bool, 8000);
	unsigned frees = 0, foreseen = 0;

	for (uint32_t turn = 0; turn < 7000; turn++) {
		struct op op;

		g_assert_cmpint(op_source_next(source, turn % 8, &op, NULL), ==, SOURCE_OP);
		source->ops->result(source, &op, true, 0);
		if (op.kind == OP_VMAP_FREE) {
			frees++;
			foreseen += said[op.id];
			said[op.id] = false;
		}
		if (source->near_id)
			said[source->near_id - 1] = true;
		op_clear(&op);
	}
	g_assert_cmpuint(frees, >, 3000);
	g_assert_cmpuint(foreseen, >=, frees - 8); /* not the first of each */
	op_source_destroy(source);
}

static void test_live_set(void)
{
	struct live_set set;
	struct rng rng;
	bool used[40] = {false};

	rng_init(&rng, 3, "live_set");
	live_set_init(&set, 10, 30);
	for (guint i = 0; i < 20000; i++) {
		if (set.n && (live_set_full(&set) || rng_below(&rng, 2))) {
			enum victim victim = (enum victim)rng_below(&rng, VICTIM_NEWEST + 1);
			struct rng same = rng;
			uint32_t foretold =
				set.number[live_set_at(&set, live_set_choose(&set, victim, &same))];
			uint32_t gone = live_set_remove(&set, victim, &rng);

			g_assert_cmpuint(gone, ==, foretold);
			g_assert_true(used[gone]);
			used[gone] = false;
		} else {
			uint32_t added = live_set_add(&set);

			g_assert_cmpuint(added, >=, 10);
			g_assert_cmpuint(added, <, 40);
			g_assert_false(used[added]);
			used[added] = true;
		}
	}
	live_set_clear(&set);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/vmap_mix/grows-then-replaces", test_grows_then_replaces);
	g_test_add_func("/vmap_mix/parts-add-up", test_parts_add_up);
	g_test_add_func("/vmap_mix/lifetimes", test_lifetimes);
	g_test_add_func("/vmap_mix/alignments-and-windows", test_alignments_and_windows);
	g_test_add_func("/vmap_mix/refusals", test_refusals);
	g_test_add_func("/vmap_mix/everything-refused", test_everything_refused);
	g_test_add_func("/vmap_mix/sizes", test_sizes);
	g_test_add_data_func("/vmap_mix/hints/random", "random", test_hints);
	g_test_add_data_func("/vmap_mix/hints/fifo", "fifo", test_hints);
	g_test_add_data_func("/vmap_mix/hints/lifo", "lifo", test_hints);
	g_test_add_func("/vmap_mix/live-set", test_live_set);
	return g_test_run();
}
