// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/metrics/sections.h"

#include "sim/base/rng.h"

#include <string.h>

static void mark(struct sections *sections, uint16_t cpu, const char *name, uint64_t t)
{
	struct op op = {.kind = OP_MARK, .cpu = cpu, .mark = (char *)name};

	sections_op(sections, &(struct op_record){.op = &op, .t_start_cycles = t});
}

static void work(struct sections *sections, uint16_t cpu, uint64_t steps)
{
	struct op op = {.kind = OP_VMAP_ALLOC, .cpu = cpu};

	sections_op(sections, &(struct op_record){.op = &op, .steps = steps});
}

static const struct section *only(struct sections *sections)
{
	unsigned n;
	const struct section *const *list = sections_list(sections, &n);

	g_assert_cmpuint(n, ==, 1);
	return list[0];
}

static void test_runs(void)
{
	struct sections *sections = sections_new();

	work(sections, 0, 1000); /* before: not counted */
	mark(sections, 0, "test:a:start", 100);
	work(sections, 0, 7);
	work(sections, 1, 1000); /* another CPU's */
	work(sections, 0, 3);
	mark(sections, 0, "test:a:passed", 150);
	work(sections, 0, 1000); /* between */
	mark(sections, 0, "test:a:start", 200);
	mark(sections, 0, "test:a:failed", 210);
	mark(sections, 0, "test:a:start", 300);
	mark(sections, 0, "test:a:passed", 400);
	const struct section *a = only(sections);

	g_assert_cmpstr(a->name, ==, "test:a");
	g_assert_cmpuint(a->cpu, ==, 0);
	g_assert_cmpuint(a->runs, ==, 3);
	g_assert_false(a->open);
	g_assert_cmpuint(a->total_cycles, ==, 160);
	g_assert_cmpuint(a->min_cycles, ==, 10);
	g_assert_cmpuint(a->max_cycles, ==, 100);
	g_assert_cmpuint(a->first_start_cycles, ==, 100);
	g_assert_cmpuint(a->last_end_cycles, ==, 400);
	g_assert_cmpuint(a->ops, ==, 2);
	g_assert_cmpuint(a->steps, ==, 10);
	g_assert_cmpuint(a->n_words, ==, 2);
	g_assert_cmpstr(a->words[0].word, ==, "passed");
	g_assert_cmpuint(a->words[0].runs, ==, 2);
	g_assert_cmpstr(a->words[1].word, ==, "failed");
	g_assert_cmpuint(a->words[1].runs, ==, 1);
	sections_free(sections);
}

/* An op with its price in the accounts of its CPU, as the engine keeps them. */
static void priced(struct work_account *accounts, enum op_kind kind, uint64_t n)
{
	struct work_account *account = &accounts[kind];

	account->step[STEP_LIST_HOP].count += n;
	account->step[STEP_LIST_HOP].price += n << PRICE_SHIFT;
	account->work_cycles += n + 3;
	account->before_cycles += 1;
	account->lock_cycles += 2;
	account->slowed_cycles += 1;
	account->wait_cycles[2] += 5 * n;
}

static void mark_with(struct sections *sections, const struct work_account *accounts,
		      const char *name, uint64_t t)
{
	struct op op = {.kind = OP_MARK, .mark = (char *)name};

	sections_op(sections,
		    &(struct op_record){.op = &op, .t_start_cycles = t, .accounts = accounts});
}

/* What the CPU did between the marks, in ops of all kinds, summed over the runs. */
static void test_work(void)
{
	struct sections *sections = sections_new();
	struct work_account accounts[OP_KINDS];

	memset(accounts, 0, sizeof(accounts));
	priced(accounts, OP_VMAP_ALLOC, 1000);
	mark_with(sections, accounts, "a:start", 0);
	priced(accounts, OP_VMAP_ALLOC, 10);
	priced(accounts, OP_VMAP_FREE, 7);
	mark_with(sections, accounts, "a:end", 1000);
	priced(accounts, OP_VMAP_FREE, 1000);
	mark_with(sections, accounts, "a:start", 2000);
	priced(accounts, OP_VMAP_ALLOC, 30);
	mark_with(sections, accounts, "a:end", 3000);
	mark_with(sections, accounts, "a:start", 4000); /* open: in no figure */
	priced(accounts, OP_VMAP_ALLOC, 500);
	const struct work_account *in = &only(sections)->work;

	g_assert_cmpuint(in->step[STEP_LIST_HOP].count, ==, 47);
	g_assert_cmpuint(in->step[STEP_LIST_HOP].price, ==, UINT64_C(47) << PRICE_SHIFT);
	g_assert_cmpuint(in->work_cycles, ==, 47 + 9);
	g_assert_cmpuint(in->before_cycles, ==, 3);
	g_assert_cmpuint(in->lock_cycles, ==, 6);
	g_assert_cmpuint(in->slowed_cycles, ==, 3);
	g_assert_cmpuint(in->wait_cycles[2], ==, 5 * 47);
	g_assert_cmpuint(in->wait_cycles[0], ==, 0);
	sections_free(sections);
}

/* A section that never ends has no time; what begins twice without an end begins at the second. */
static void test_open(void)
{
	struct sections *sections = sections_new();

	mark(sections, 3, "compact:start", 5);
	work(sections, 3, 1);
	g_assert_true(only(sections)->open);
	g_assert_cmpuint(only(sections)->runs, ==, 0);
	g_assert_cmpuint(only(sections)->ops, ==, 0);
	mark(sections, 3, "compact:start", 50);
	mark(sections, 3, "compact:end", 60);
	g_assert_cmpuint(only(sections)->total_cycles, ==, 10);
	mark(sections, 3, "compact:end", 90); /* nothing is open: not heard */
	g_assert_cmpuint(only(sections)->runs, ==, 1);
	sections_free(sections);
}

static void test_other_marks(void)
{
	static const char *const others[] = {
		"mix:steady", "load:3:failed", "steady", ":start", "a:", ":", ""};
	struct sections *sections = sections_new();
	struct op unnamed = {.kind = OP_MARK};
	unsigned n;

	for (unsigned i = 0; i < G_N_ELEMENTS(others); i++)
		mark(sections, 0, others[i], i);
	sections_op(sections, &(struct op_record){.op = &unnamed});
	sections_list(sections, &n);
	g_assert_cmpuint(n, ==, 0);
	/* names of which one begins like the other */
	mark(sections, 0, "test:fix:start", 10);
	mark(sections, 0, "test:fix_size:end", 20);
	mark(sections, 0, "test:fi:end", 20);
	g_assert_true(only(sections)->open);
	sections_free(sections);
}

static void test_bounded(void)
{
	struct sections *sections = sections_new();
	unsigned n;

	for (unsigned i = 0; i < SECTION_NAMES_MAX + 5; i++) {
		g_autofree char *name = g_strdup_printf("s%u:start", i);
		g_autofree char *end = g_strdup_printf("s%u:end", i);

		mark(sections, 0, name, i);
		mark(sections, 0, end, i + 1);
	}
	for (unsigned i = 0; i < SECTION_WORDS_MAX + 3; i++) {
		g_autofree char *end = g_strdup_printf("s0:end%u", i);

		mark(sections, 0, "s0:start", 1000);
		mark(sections, 0, end, 1001);
	}
	const struct section *const *list = sections_list(sections, &n);

	g_assert_cmpuint(n, ==, SECTION_NAMES_MAX);
	g_assert_cmpuint(sections_left_out(sections), ==, 5);
	g_assert_cmpuint(list[0]->runs, ==, 1 + SECTION_WORDS_MAX + 3);
	g_assert_cmpuint(list[0]->n_words, ==, SECTION_WORDS_MAX);
	g_assert_cmpuint(list[0]->words[SECTION_WORDS_MAX - 1].runs, ==, 1 + 4);
	sections_free(sections);
}

/* Random marks and ops of several CPUs, against a naive reading of what was written down. */
#define CPUS  3
#define NAMES 4

struct naive {
	bool open;
	uint64_t start, runs, total, ops, steps; /* with those of the run that is open */
	uint64_t ended_ops, ended_steps;
};

static void random_event(struct rng *rng, struct sections *sections,
			 struct naive naive[CPUS][NAMES], uint64_t t)
{
	uint16_t cpu = (uint16_t)rng_below(rng, CPUS);
	uint64_t what = rng_below(rng, 3), i = rng_below(rng, NAMES), steps = rng_below(rng, 9);
	g_autofree char *name = g_strdup_printf("n%u:%s", (unsigned)i, what ? "done" : "start");
	struct naive *of = &naive[cpu][i];

	if (what == 2) {
		work(sections, cpu, steps);
		for (unsigned k = 0; k < NAMES; k++) {
			naive[cpu][k].ops += naive[cpu][k].open;
			naive[cpu][k].steps += naive[cpu][k].open ? steps : 0;
		}
		return;
	}
	mark(sections, cpu, name, t);
	if (what == 1 && of->open) {
		of->runs++;
		of->total += t - of->start;
		of->ended_ops = of->ops;
		of->ended_steps = of->steps;
		of->open = false;
	} else if (!what) {
		*of = (struct naive){true,	    t,
				     of->runs,	    of->total,
				     of->ended_ops, of->ended_steps,
				     of->ended_ops, of->ended_steps};
	}
}

static void test_random(void)
{
	struct sections *sections = sections_new();
	struct naive naive[CPUS][NAMES] = {{{0}}};
	struct rng rng;
	unsigned n;

	rng_init(&rng, 1, "test-sections");
	for (uint64_t t = 0; t < 20000; t++)
		random_event(&rng, sections, naive, t);
	const struct section *const *list = sections_list(sections, &n);

	g_assert_cmpuint(n, ==, CPUS * NAMES);
	for (unsigned k = 0; k < n; k++) {
		const struct naive *of = &naive[list[k]->cpu][list[k]->name[1] - '0'];

		g_assert_cmpuint(list[k]->runs, ==, of->runs);
		g_assert_cmpint(list[k]->open, ==, of->open);
		g_assert_cmpuint(list[k]->total_cycles, ==, of->total);
		g_assert_cmpuint(list[k]->ops, ==, of->ended_ops);
		g_assert_cmpuint(list[k]->steps, ==, of->ended_steps);
		g_assert_cmpuint(list[k]->cpu, ==, k / NAMES);
	}
	sections_free(sections);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sections/runs", test_runs);
	g_test_add_func("/sections/work", test_work);
	g_test_add_func("/sections/open", test_open);
	g_test_add_func("/sections/other-marks", test_other_marks);
	g_test_add_func("/sections/bounded", test_bounded);
	g_test_add_func("/sections/random", test_random);
	return g_test_run();
}
