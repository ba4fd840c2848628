// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Workloads of page ops without a model: barriers, ids, what each asks for, refusals.
 * models/pages/test/test-page_workloads.c runs them on the page allocator.
 */
#include "sim/base/json_util.h"
#include "sim/workload/fault_times.h"
#include "sim/workload/page_calls.h"
#include "sim/workload/test/collect.h"

/* --- page_calls ------------------------------------------------------------------------- */

#define WORKERS 3

/* Worker w asks for w + 1 pages, meets the others, and gives its left neighbour's back. */
struct meeting {
	uint32_t held[WORKERS][WORKERS];
	unsigned step[WORKERS];
	unsigned before; /* asked for before the first came past the barrier */
	bool past;
};

static bool meet(void *state, uint32_t w, const struct page_answer *last, struct page_call *call)
{
	static const struct page_want page = {.mt = MT_MOVABLE};
	struct meeting *m = state;
	unsigned step = m->step[w]++, left = (w + WORKERS - 1) % WORKERS;

	g_assert_true(last->ok);
	if (step <= w) {
		g_assert_false(m->past);
		m->before++;
		return page_alloc(call, &page, &m->held[w][step]);
	}
	if (step == w + 1) {
		call->kind = PAGE_CALL_BARRIER;
		return true;
	}
	m->past = true;
	g_assert_cmpuint(m->before, ==, 6);
	if (step - w - 2 < WORKERS) /* some hold nothing: no op */
		return page_free(call, &m->held[left][step - w - 2]);
	return false;
}

static void no_destroy(void *state)
{
	(void)state;
}

static const struct page_generator meeting_generator = {
	.name = "meeting", .next = meet, .destroy = no_destroy};

static struct op_source *meeting_source(struct meeting *meeting)
{
	struct trace_header header;

	trace_header_init(&header);
	header.cpus = WORKERS;
	return page_source_new(&meeting_generator, meeting, &header, WORKERS);
}

static void test_barrier_in_turn(void)
{
	struct meeting meeting = {0};
	struct op_source *source = meeting_source(&meeting);
	GArray *ops = collect_from(source, ANY_CPU, NULL);

	g_assert_cmpuint(count_kind(ops, OP_PAGE_ALLOC), ==, 6);
	g_assert_cmpuint(count_kind(ops, OP_PAGE_FREE), ==, 6);
	g_assert_cmpuint(source->released, ==, 1);
	g_array_unref(ops);
	op_source_destroy(source);
}

/* Who comes first is told to wait until the last has come. */
static void test_barrier_by_cpu(void)
{
	struct meeting meeting = {0};
	struct op_source *source = meeting_source(&meeting);
	struct op op;

	for (uint32_t cpu = 0; cpu < WORKERS; cpu++) {
		for (unsigned i = 0; i <= cpu; i++)
			g_assert_cmpint(op_source_next(source, cpu, &op, NULL), ==, SOURCE_OP);
		g_assert_cmpint(op_source_next(source, cpu, &op, NULL), ==,
				cpu < WORKERS - 1 ? SOURCE_WAIT : SOURCE_OP);
	}
	g_assert_cmpuint(source->released, ==, 1);
	g_assert_cmpint(op_source_next(source, 0, &op, NULL), ==, SOURCE_OP);
	g_assert_cmpint(op.kind, ==, OP_PAGE_FREE);
	op_source_destroy(source);
}

/* Ids that were refused are not used again, others are. */
static bool refuse_large(const struct op *op)
{
	return op->page.order < 2;
}

static void test_ids(void)
{
	GArray *ops = collect("page_churn,memory=16,ops=20000,cpus=2", 1, NULL);

	for (guint i = 0; i < ops->len; i++)
		g_assert_cmpuint(op_at(ops, i)->id, <=, 4096);
	g_array_unref(ops);
	/* op_stream judges: an id that is live already would be an error */
	ops = collect("page_churn,memory=16,ops=20000,cpus=2", 1, refuse_large);
	g_assert_cmpuint(count_kind(ops, OP_PAGE_ALLOC), >, 9000);
	g_array_unref(ops);
}

/* --- what they ask for ------------------------------------------------------------------ */

/* Index of the mark @name, which must be there. */
static guint mark_at(const GArray *ops, const char *name)
{
	for (guint i = 0; i < ops->len; i++) {
		if (op_at(ops, i)->kind == OP_MARK && !strcmp(op_at(ops, i)->mark, name))
			return i;
	}
	g_assert_not_reached();
}

/* Pages asked for in [from, to) with all of @flags, by orders as a mask. */
static uint64_t pages_asked(const GArray *ops, guint from, guint to, uint32_t flags,
			    uint32_t orders)
{
	uint64_t pages = 0;

	for (guint i = from; i < to; i++) {
		const struct op *op = op_at(ops, i);

		if (op->kind == OP_PAGE_ALLOC && (op->flags & flags) == flags &&
		    orders >> op->page.order & 1)
			pages += UINT64_C(1) << op->page.order;
	}
	return pages;
}

static void assert_percent(uint64_t part, uint64_t whole, unsigned least, unsigned most)
{
	g_assert_cmpuint(part * 100, >=, whole * least);
	g_assert_cmpuint(part * 100, <=, whole * most);
}

static void test_churn(void)
{
	GArray *ops =
		collect("page_churn,memory=64,ops=200000,fill=50,unmovable=20,pinned=10", 1, NULL);
	uint64_t by_type[MIGRATETYPES] = {0}, by_order[4] = {0}, pinned = 0, n = 0;
	guint steady = mark_at(ops, "churn:steady");

	g_assert_cmpuint(pages_asked(ops, 0, steady, 0, ~0u), >=, 8192);
	g_assert_cmpuint(pages_asked(ops, 0, steady, 0, ~0u), <, 8192 + 8);
	for (guint i = 0; i < ops->len; i++) {
		const struct op *op = op_at(ops, i);

		if (op->kind != OP_PAGE_ALLOC)
			continue;
		n++;
		by_type[op->page.mt]++;
		by_order[op->page.order]++;
		pinned += op->flags & OP_PINNED ? 1 : 0;
	}
	assert_percent(by_type[MT_UNMOVABLE], n, 19, 21);
	assert_percent(by_type[MT_RECLAIMABLE], n, 4, 6);
	assert_percent(pinned, n, 9, 11);
	assert_percent(by_order[0], n, 49, 51);
	assert_percent(by_order[1], n, 24, 26);
	assert_percent(by_order[3], n, 11, 14);
	g_array_unref(ops);
}

/* Of the requests in [from, to) with @flags, ns of work that come before a page, on average. */
static uint64_t work_between(const GArray *ops, guint from, guint to, uint32_t flags)
{
	uint64_t ns = 0, n = 0;

	for (guint i = from; i < to; i++) {
		const struct op *op = op_at(ops, i);

		if (op->kind != OP_PAGE_ALLOC || !(op->flags & OP_LRU) ||
		    (op->flags & OP_RECLAIMABLE) != (flags & OP_RECLAIMABLE))
			continue;
		n++;
		ns += op->flags & OP_AFTER ? op->t_ns : 0;
	}
	return n ? ns / n : 0;
}

/* 64 MiB: 16384 pages. Files of 150 %, read as often, 24 slots of 2 MiB. */
static void assert_stress(grant_fn grant, uint64_t fallback_pages)
{
	GArray *ops = collect("thp_stress,memory=64", 1, grant);
	guint write = mark_at(ops, "write"), read = mark_at(ops, "read");
	guint fault = mark_at(ops, "fault"), unmap = mark_at(ops, "unmap");

	g_assert_cmpuint(pages_asked(ops, write, read, OP_RECLAIMABLE, 1), ==, 24576);
	g_assert_cmpuint(pages_asked(ops, read, fault, OP_RECLAIMABLE, 1), ==, 24576);
	/* readers go on meanwhile */
	g_assert_cmpuint(pages_asked(ops, fault, unmap, OP_RECLAIMABLE, 1), >, 0);
	g_assert_cmpuint(pages_asked(ops, fault, unmap, OP_THP, 1 << 9), ==, 24 * 512);
	/* and a page table each */
	g_assert_cmpuint(pages_asked(ops, fault, unmap, 0, 1) -
				 pages_asked(ops, fault, unmap, OP_RECLAIMABLE, 1),
			 ==, 24 + fallback_pages);
	g_assert_cmpuint(pages_asked(ops, unmap, ops->len, 0, ~0u), ==, 0);
	/* 4 KiB at 500 MB/s, which four share, and some of it before the slabs */
	assert_percent(work_between(ops, write, read, OP_RECLAIMABLE), 32768, 98, 101);
	/* the page before was written; the first comes after the page table */
	if (fallback_pages)
		assert_percent(work_between(ops, fault, unmap, 0), 600, 95, 105);
	g_array_unref(ops);
}

static bool refuse_huge(const struct op *op)
{
	return op->page.order < 9;
}

static void test_stress(void)
{
	assert_stress(NULL, 0);
	assert_stress(refuse_huge, 24 * 512);
}

static void test_stress_defrag(void)
{
	static const struct {
		const char *defrag;
		uint32_t with, without;
	} cases[] = {
		{"always", PAGE_GFP_DIRECT_RECLAIM | PAGE_GFP_NORETRY, PAGE_GFP_KSWAPD_RECLAIM},
		{"madvise", PAGE_GFP_DIRECT_RECLAIM, PAGE_GFP_NORETRY},
		{"defer", PAGE_GFP_KSWAPD_RECLAIM, PAGE_GFP_DIRECT_RECLAIM},
		{"never", 0, PAGE_GFP_DIRECT_RECLAIM | PAGE_GFP_KSWAPD_RECLAIM},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *spec =
			g_strdup_printf("thp_stress,memory=16,defrag=%s", cases[i].defrag);
		GArray *ops = collect(spec, 1, NULL);
		guint huge = 0;

		for (guint n = 0; n < ops->len; n++) {
			const struct op *op = op_at(ops, n);

			if (op->kind != OP_PAGE_ALLOC || !(op->flags & OP_THP))
				continue;
			huge++;
			g_assert_cmphex(op->page.gfp & cases[i].with, ==, cases[i].with);
			g_assert_cmphex(op->page.gfp & cases[i].without, ==, 0);
		}
		g_assert_cmpuint(huge, ==, 6);
		g_array_unref(ops);
	}
}

/* Where nothing is reclaimed, a writer that is refused gives up its oldest file, and goes on. */
static guint granted;

static bool grant_some(const struct op *op)
{
	return op->page.order || ++granted % 100;
}

static void test_stress_backs_off(void)
{
	GArray *ops;

	granted = 0;
	ops = collect("thp_stress,memory=16", 1, grant_some);
	guint read = mark_at(ops, "read"), freed = 0;

	for (guint i = 0; i < read; i++)
		freed += op_at(ops, i)->kind == OP_PAGE_FREE;
	g_assert_cmpuint(granted, >, 6144);
	/* a file of 16 pages each time, but where there was none yet */
	g_assert_cmpuint(freed, >, 6144 / 100 * 8);
	g_array_unref(ops);
}

/*
 * 64 MiB, three threads on two CPUs: each maps 8 slots of 2 MiB, reads a quarter as much, and
 * faults 4 of them. @small: what is faulted in small pages, of each 2 MiB that is mapped or
 * faulted.
 */
static void assert_scale(grant_fn grant, uint64_t small, const char *more)
{
	g_autofree char *spec = g_strconcat("thpscale,memory=64,cpus=2,threads=3", more, NULL);
	GArray *ops = collect(spec, 1, grant);
	guint map = mark_at(ops, "map"), fault = mark_at(ops, "fault"), freed = 0;
	uint64_t files = pages_asked(ops, map, fault, OP_RECLAIMABLE, 1);

	g_assert_cmpuint(pages_asked(ops, map, fault, OP_HALF_UNMAPPED, 1 << 9), ==,
			 strstr(more, "thp=madvise") ? 0 : 3 * 8 * 512);
	g_assert_cmpuint(files, ==, 3 * 8 * 512 / 4);
	/* a page table for each slot, and its pages */
	g_assert_cmpuint(pages_asked(ops, map, fault, 0, 1) - files, ==, 24 + 24 * small);
	for (guint i = map; i < fault; i++)
		freed += op_at(ops, i)->kind == OP_PAGE_FREE;
	g_assert_cmpuint(freed, ==, 24 * small / 2);
	g_assert_cmpuint(pages_asked(ops, fault, ops->len, OP_HALF_UNMAPPED, ~0u), ==, 0);
	g_assert_cmpuint(pages_asked(ops, fault, ops->len, OP_THP, 1 << 9), ==, 3 * 4 * 512);
	g_assert_cmpuint(pages_asked(ops, fault, ops->len, OP_RECLAIMABLE, 1), ==, 0);
	if (grant)
		assert_percent(work_between(ops, fault, ops->len, 0), 350 + 820, 80, 120);
	g_array_unref(ops);
}

static void test_scale(void)
{
	assert_scale(NULL, 0, "");
	assert_scale(refuse_huge, 512, "");
	assert_scale(refuse_huge, 512, ",thp=madvise");
}

/* What is mapped is not advised; what is faulted is. */
static void test_scale_defrag(void)
{
	GArray *ops = collect("thpscale,memory=64", 1, NULL);

	for (guint i = 0; i < ops->len; i++) {
		const struct op *op = op_at(ops, i);

		if (op->kind == OP_PAGE_ALLOC && op->flags & OP_THP)
			g_assert_cmphex(op->page.gfp & PAGE_GFP_DIRECT_RECLAIM, ==,
					op->flags & OP_HALF_UNMAPPED ? 0 : PAGE_GFP_DIRECT_RECLAIM);
	}
	g_array_unref(ops);
}

static void test_fault_times(void)
{
	struct fault_times times = {0};

	for (unsigned i = 0; i < 4; i++)
		fault_times_add(&times, i, 100 * (i + 1));
	json_t *figures = fault_times_json(&times);

	g_assert_cmpfloat(json_number_at(figures, "huge_percent"), ==, 75);
	g_assert_cmpfloat(json_number_at(figures, "both/mean_ns"), ==, 250);
	g_assert_cmpfloat(json_number_at(figures, "both/count"), ==, 4);
	g_assert_cmpfloat(json_number_at(figures, "base/mean_ns"), ==, 100);
	g_assert_cmpfloat(json_number_at(figures, "huge/mean_ns"), ==, 300);
	g_assert_cmpfloat(json_number_at(figures, "huge/max_ns"), ==, 400);
	json_decref(figures);
}

/* Each kind at its share when grown; probes are asked for, and one at the end. */
static void test_server(void)
{
	GArray *ops = collect("mixed_server,memory=64,cpus=2,ops=20000,probe_every=500", 1, NULL);
	guint grown = mark_at(ops, "server:grown"), steady = mark_at(ops, "server:steady");
	guint last = mark_at(ops, "server:last"), probes = 0;

	assert_percent(pages_asked(ops, 0, grown, OP_RECLAIMABLE, 1), 16384, 69, 71);
	g_assert_cmpuint(pages_asked(ops, 0, grown, OP_PINNED, 1), ==, 2 * (327 / 2)); /* 2 % */
	g_assert_cmpuint(pages_asked(ops, grown, steady, 0, ~0u), >=, 2 * 16384);
	for (guint i = 0; i < ops->len; i++)
		probes += op_at(ops, i)->kind == OP_PAGE_ALLOC && op_at(ops, i)->flags & OP_THP;
	g_assert_cmpuint(pages_asked(ops, 0, steady, OP_THP, ~0u), ==, 0);
	g_assert_cmpuint(probes, >=, 20 + 1);
	g_assert_cmpuint(probes, <=, 20 + 2);
	g_assert_cmpuint(pages_asked(ops, last, ops->len, OP_THP, ~0u), ==, 512);
	g_array_unref(ops);
}

/* Sections: 128 MiB, a hole of as much, 128 MiB. Every seed lies in memory (op_stream judges). */
static void test_probe(void)
{
	struct op_source *source = source_of("stray_probe,memory=256,rounds=2,asks=3", 1);
	const struct memory_zone *zone = memory_map_zone(source->header.memory, 0);
	GArray *ops = collect_from(source, ANY_CPU, NULL);
	uint64_t seeded = 0, last_pages = 0;

	g_assert_cmpuint(zone->end_pfn - zone->start_pfn, ==, 3 * SECTION_PAGES_X86_64);
	g_assert_cmpuint(zone->holes->len, ==, 1);
	for (guint i = 0; i < ops->len; i++) {
		const struct op *op = op_at(ops, i);

		if (op->kind != OP_PAGE_SEED)
			continue;
		seeded += UINT64_C(1) << op->page.order;
		last_pages += op->page.mt == MT_MOVABLE && op->addr % 512 == 511;
	}
	assert_percent(seeded, 65536, 93, 96); /* 8 % of seven blocks in ten are free */
	/* of 128 blocks seven in ten are movable, and of those every other one ends free */
	g_assert_cmpuint(last_pages, >, 25);
	g_assert_cmpuint(last_pages, <, 60);
	g_assert_cmpuint(count_kind(ops, OP_COMPACT), ==, 2 * 3);
	g_assert_cmpuint(count_marks(ops, "round"), ==, 1);
	g_array_unref(ops);
	op_source_destroy(source);
}

/* Sized by the machine named: DMA32 and DMA of 256 MiB. */
static void test_machine(void)
{
	struct op_source *source = source_of("page_churn,machine=tiny-256m,ops=1", 1);

	g_assert_cmpuint(source->header.memory->zones->len, ==, 2);
	g_assert_cmpuint(source->header.memory->min_free_kbytes, >, 8192);
	op_source_destroy(source);
	source = source_of("page_churn,machine=tiny-256m,ops=1,thp_min_free=n", 1);
	g_assert_cmpuint(source->header.memory->min_free_kbytes, ==, 0);
	op_source_destroy(source);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/page-calls/barrier/in-turn", test_barrier_in_turn);
	g_test_add_func("/page-calls/barrier/by-cpu", test_barrier_by_cpu);
	g_test_add_func("/page-calls/ids", test_ids);
	g_test_add_func("/page-workloads/machine", test_machine);
	g_test_add_func("/page_churn/mix", test_churn);
	g_test_add_func("/thp_stress/phases", test_stress);
	g_test_add_func("/thp_stress/defrag", test_stress_defrag);
	g_test_add_func("/thp_stress/backs-off", test_stress_backs_off);
	g_test_add_func("/thpscale/phases", test_scale);
	g_test_add_func("/thpscale/defrag", test_scale_defrag);
	g_test_add_func("/fault-times", test_fault_times);
	g_test_add_func("/mixed_server/stages", test_server);
	g_test_add_func("/stray_probe/layout", test_probe);
	return g_test_run();
}
