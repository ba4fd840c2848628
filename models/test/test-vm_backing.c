// SPDX-License-Identifier: GPL-2.0-or-later
/* Pages behind areas: per-CPU lists beside a plain count, page tables, descents and what is new of
 * them. */
#include "models/vmap/descent.h"
#include "models/vmap/vm_backing.h"

#include "sim/base/rng.h"

#define CPUS 3

struct fixture {
	struct footprint footprint;
	struct model_env env;
	struct vm_backing backing;
	struct op op;
	struct call call;
};

static void set_up(struct fixture *f, enum vm_work work, bool bulk)
{
	*f = (struct fixture){.op = {.kind = OP_VMAP_ALLOC}};
	f->env = (struct model_env){.cpus = CPUS, .footprint = &f->footprint};
	f->call.op = &f->op;
	vm_backing_init(&f->backing, work, bulk, &f->env);
}

static uint64_t counted(struct fixture *f, enum step step)
{
	uint64_t n = f->call.work[step];

	f->call.work[step] = 0;
	return n;
}

static void test_area_alone(void)
{
	struct fixture f;

	set_up(&f, WORK_AREA, false);
	f.op.vmap.size = 10 * PAGE_SIZE;
	g_assert_cmpuint(vm_backing_pages(&f.backing, &f.op), ==, 0);
	vm_backing_begin(&f.backing, &f.call);
	vm_backing_end(&f.backing, &f.call);
	vm_backing_purge(&f.backing);
	g_assert_cmpuint(f.call.worked, ==, 0);
	vm_backing_clear(&f.backing);
}

static void test_pages_of(void)
{
	struct fixture f;

	set_up(&f, WORK_VMALLOC, false);
	f.op.vmap.size = 10 * PAGE_SIZE; /* the guard page has none */
	g_assert_cmpuint(vm_backing_pages(&f.backing, &f.op), ==, 9);
	f.op.flags = OP_UNBACKED;
	g_assert_cmpuint(vm_backing_pages(&f.backing, &f.op), ==, 0);
	vm_backing_clear(&f.backing);
}

/* Lists are within their limits, each page is counted once, none is lost between list and zone. */
static void test_lists(void)
{
	struct fixture f;
	struct rng rng;
	uint64_t held = 0, from_zone = 0, on_lists = 0;

	rng_init(&rng, 1, "test-vm_backing");
	set_up(&f, WORK_VMALLOC, false);
	for (unsigned i = 0; i < 200000; i++) {
		uint64_t pages = rng_below(&rng, 300) + 1, left = pages;
		bool take = held < pages || rng_below(&rng, 2);

		f.op.cpu = (uint16_t)rng_below(&rng, CPUS);
		while ((left = take ? vm_backing_take(&f.backing, &f.call, left)
				    : vm_backing_put(&f.backing, &f.call, left))) {
			if (take)
				vm_backing_refill(&f.backing, &f.call);
			else
				vm_backing_drain(&f.backing, &f.call);
			from_zone += (take ? 1u : -1u) * counted(&f, STEP_BUDDY_OP);
		}
		held += take ? pages : -pages;
		g_assert_cmpuint(counted(&f, STEP_PCP_OP), ==, pages);
		g_assert_cmpuint(counted(&f, STEP_PAGE_CALL), ==, pages);
		g_assert_cmpuint(f.backing.list[f.op.cpu], <=, 378);
		on_lists = 0;
		for (unsigned cpu = 0; cpu < CPUS; cpu++)
			on_lists += f.backing.list[cpu];
		g_assert_cmpuint((uint32_t)from_zone, ==, (uint32_t)(held + on_lists));
	}
	vm_backing_clear(&f.backing);
}

static void test_cleared_and_bulk(void)
{
	struct fixture f;

	set_up(&f, WORK_VMALLOC, true);
	f.op.flags = OP_ZERO;
	for (unsigned i = 0; i < 4; i++)
		vm_backing_refill(&f.backing, &f.call);
	g_assert_cmpuint(vm_backing_take(&f.backing, &f.call, 201), ==, 0);
	g_assert_cmpuint(counted(&f, STEP_PAGE_ZERO), ==, 201);
	g_assert_cmpuint(counted(&f, STEP_PCP_OP), ==, 201);
	g_assert_cmpuint(counted(&f, STEP_PAGE_CALL), ==, 3); /* a hundred at a time */
	vm_backing_clear(&f.backing);
}

static void test_page_tables(void)
{
	struct fixture f;
	const uint64_t base = UINT64_C(0xffffc90000000000), table = UINT64_C(2) << 20;

	set_up(&f, WORK_VMALLOC, false);
	vm_backing_map(&f.backing, &f.call, base, 8);
	g_assert_cmpuint(counted(&f, STEP_PAGE_TABLE), ==, 1);
	g_assert_cmpuint(counted(&f, STEP_PTE_SET), ==, 8);
	g_assert_cmpuint(counted(&f, STEP_PTE_LINE), ==, 1); /* 64 bytes: 8 entries */
	vm_backing_map(&f.backing, &f.call, base + 7 * PAGE_SIZE, 2);
	g_assert_cmpuint(counted(&f, STEP_PAGE_TABLE), ==, 0);
	g_assert_cmpuint(counted(&f, STEP_PTE_LINE), ==, 2);
	vm_backing_map(&f.backing, &f.call, base + table - PAGE_SIZE, 2 + 512);
	g_assert_cmpuint(counted(&f, STEP_PAGE_TABLE), ==, 2);
	g_assert_cmpuint(counted(&f, STEP_PTE_LINE), ==, 1 + 64 + 1);
	vm_backing_unmap(&f.backing, &f.call, base + table - PAGE_SIZE, 2 + 512);
	g_assert_cmpuint(counted(&f, STEP_PTE_CLEAR), ==, 514);
	vm_backing_map(&f.backing, &f.call, base + table, 1); /* tables stay */
	g_assert_cmpuint(counted(&f, STEP_PAGE_TABLE), ==, 0);
	vm_backing_clear(&f.backing);
}

/* Lines that are gone over between two purges; what two areas share counts once. */
static void test_pte_footprint(void)
{
	struct fixture f;
	const uint64_t base = UINT64_C(0xffffc90000000000);

	set_up(&f, WORK_VMALLOC, false);
	for (unsigned i = 0; i < 64; i++)
		vm_backing_map(&f.backing, &f.call, base + i * 2 * PAGE_SIZE, 1);
	g_assert_cmpuint(f.footprint.held[SET_PTES], ==, 16 * 64);
	vm_backing_purge(&f.backing);
	vm_backing_map(&f.backing, &f.call, base, 1);
	g_assert_cmpuint(f.footprint.held[SET_PTES], ==, 16 * 64);
	vm_backing_purge(&f.backing);
	vm_backing_purge(&f.backing);
	g_assert_cmpuint(f.footprint.held[SET_PTES], ==, 0);
	vm_backing_clear(&f.backing);
}

/* Neighbours' page-table entries share a line: it moves where the CPU differs from the last one's.
 */
static void test_transfers(void)
{
	struct fixture f;
	const uint64_t base = UINT64_C(0xffffc90000000000);

	set_up(&f, WORK_VMALLOC, false);
	for (unsigned i = 0; i < 4; i++) {
		f.op.cpu = (uint16_t)(i % 2);
		vm_backing_map(&f.backing, &f.call, base + i * 2 * PAGE_SIZE, 1);
		g_assert_cmpuint(counted(&f, STEP_LINE_TRANSFER), ==, i > 0);
	}
	vm_backing_unmap(&f.backing, &f.call, base, 1); /* the same CPU as the last one */
	g_assert_cmpuint(counted(&f, STEP_LINE_TRANSFER), ==, 0);
	vm_backing_map(&f.backing, &f.call, base + 8 * PAGE_SIZE, 1);
	f.op.cpu = 2;
	vm_backing_map(&f.backing, &f.call, base + 16 * PAGE_SIZE, 1); /* lines of its own */
	g_assert_cmpuint(counted(&f, STEP_LINE_TRANSFER), ==, 0);
	for (unsigned i = 0; i < 3; i++) {
		f.op.cpu = (uint16_t)(i / 2);
		vm_backing_lazy(&f.backing, &f.call);
		g_assert_cmpuint(counted(&f, STEP_LINE_TRANSFER), ==, i == 2);
	}
	vm_backing_clear(&f.backing);
}

/* A sweep finds a new node at each step; going back and forth finds none; far apart is a path. */
static void test_descents(void)
{
	struct descent descent = {0};
	struct rng rng;
	uint64_t addr = UINT64_C(1) << 40, levels = 0;

	for (unsigned i = 0; i < 1000; i++) {
		addr += 2 * PAGE_SIZE;
		levels = descent_new_levels(&descent, addr, 1 << 16);
		g_assert_cmpuint(descent_new_levels(&descent, addr, 1 << 16), ==, 0);
	}
	g_assert_cmpuint(levels, ==, 1);
	g_assert_cmpuint(descent_new_levels(&descent, addr - 800 * 2 * PAGE_SIZE, 1 << 16), >=, 10);
	g_assert_cmpuint(descent_new_levels(&descent, addr, 7), ==,
			 3); /* no deeper than the tree */
	descent_round(&descent);
	g_assert_cmpuint(descent_new_levels(&descent, addr + 2 * PAGE_SIZE, 1 << 16), ==, 1);
	rng_init(&rng, 2, "test-vm_backing");
	levels = 0;
	for (unsigned i = 0; i < 1000; i++)
		levels += descent_new_levels(
			&descent, (UINT64_C(1) << 40) + rng_below(&rng, 1 << 20) * PAGE_SIZE,
			1 << 10);
	g_assert_cmpuint(levels, >, 1000 * 7);
	g_assert_cmpuint(levels, <=, 1000 * 11);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/vm_backing/area-alone", test_area_alone);
	g_test_add_func("/vm_backing/pages-of", test_pages_of);
	g_test_add_func("/vm_backing/lists", test_lists);
	g_test_add_func("/vm_backing/cleared-and-bulk", test_cleared_and_bulk);
	g_test_add_func("/vm_backing/page-tables", test_page_tables);
	g_test_add_func("/vm_backing/pte-footprint", test_pte_footprint);
	g_test_add_func("/vm_backing/transfers", test_transfers);
	g_test_add_func("/vm_backing/descents", test_descents);
	return g_test_run();
}
