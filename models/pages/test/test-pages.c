// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pages model: random ops with every compaction and boundary rule, invariants after each;
 * ids follow pages that compaction moves; the published fault; seeds.
 */
#include "models/builtin.h"
#include "models/model_run.h"
#include "models/pages/pages.h"
#include "sim/base/rng.h"

#include <string.h>

#define START 0x46000 /* up to the end of a section: behind it are no struct pages */
#define PAGES 8192    /* 32 MiB, sixteen pageblocks */
#define LIVE  3000

struct span {
	uint64_t start_pfn, end_pfn;
	struct pfn_range hole; /* empty: none */
};

static bool set_up(struct model_run *run, const char *key, const char *value,
		   const struct span *zones, unsigned n_zones, GError **error)
{
	static const char *const names[] = {"a", "b"};
	struct memory_map *memory = memory_map_new();
	struct param_value params[PARAM_MAX];
	GError *unexpected = NULL;

	param_defaults(pages_model.params, params);
	if (key)
		param_set(pages_model.params, params, "", key, value, &unexpected);
	g_assert_no_error(unexpected);
	for (unsigned i = 0; i < n_zones; i++) {
		struct memory_zone *zone =
			memory_map_add_zone(memory, names[i], zones[i].start_pfn, zones[i].end_pfn);

		if (zones[i].hole.end_pfn)
			g_array_append_val(zone->holes, zones[i].hole);
	}
	bool ok = model_run_init(run, &pages_model,
				 (struct model_env){.cpus = 2, .memory = memory, .params = params},
				 error);

	memory_map_free(memory);
	return ok;
}

static const struct span one_zone = {START, START + PAGES, {0}};

static const struct {
	const char *key, *value;
} rules[] = {
	{NULL, NULL},
	{"compaction", "none"},
	{"compaction", "linear"},
	{"isolate_around", "v5.1"},
	{"isolate_around", "v5.12"},
	{"isolate_around", "v6.1"},
	{"isolate_around", "inclusive"},
	{"scan_limit", "max"},
	{"pcp", "off"},
	{"watermarks", "off"},
};

static void random_alloc(struct rng *rng, struct op *op)
{
	op->kind = OP_PAGE_ALLOC;
	op->page.mt = rng_below(rng, 10) < 7 ? MT_MOVABLE : (uint8_t)rng_below(rng, MIGRATETYPES);
	op->page.order = rng_below(rng, 5) ? 0 : (int8_t)rng_below(rng, MAX_ORDER_NR);
	if (op->page.order == PAGEBLOCK_ORDER && rng_below(rng, 2))
		op->flags |= OP_THP;
	if (!rng_below(rng, 20))
		op->flags |= OP_PINNED;
}

/* Two live blocks never share a page, when nothing moves them about. */
static void assert_apart(const uint64_t *pfn, const unsigned *order, uint32_t made)
{
	for (uint32_t i = 0; i < LIVE; i++) {
		if (i == made || pfn[i] == NO_ADDR)
			continue;
		g_assert_true(pfn[made] + (1u << order[made]) <= pfn[i] ||
			      pfn[i] + (1u << order[i]) <= pfn[made]);
	}
}

static void assert_sound(struct model_run *run)
{
	g_autofree char *message = pages_model.check(run->model);

	g_assert_cmpstr(message, ==, NULL);
}

static void test_random(gconstpointer data)
{
	unsigned rule = GPOINTER_TO_UINT(data), order[LIVE] = {0}, made = 0;
	bool moves = g_strcmp0(rules[rule].value, "none") != 0;
	uint64_t pfn[LIVE];
	struct model_run run;
	struct rng rng;
	GError *error = NULL;

	memset(pfn, 0xff, sizeof(pfn)); /* NO_ADDR */
	rng_init(&rng, rule, "test-pages");
	set_up(&run, rules[rule].key, rules[rule].value, &one_zone, 1, &error);
	g_assert_no_error(error);
	for (unsigned i = 0; i < 20000; i++) {
		uint32_t slot = (uint32_t)rng_below(&rng, LIVE);
		struct op op = {
			.kind = OP_PAGE_FREE, .slot = slot, .cpu = (uint16_t)rng_below(&rng, 2)};

		if (pfn[slot] == NO_ADDR)
			random_alloc(&rng, &op);
		if (!rng_below(&rng, 1000)) {
			op = (struct op){.kind = OP_COMPACT,
					 .page = {.order = -1, .mode = COMPACT_SYNC}};
			g_assert_cmpint(model_run_op(&run, &op), ==, CALL_DONE);
		} else if (op.kind == OP_PAGE_FREE) {
			g_assert_cmpint(model_run_op(&run, &op), ==, CALL_DONE);
			pfn[slot] = NO_ADDR;
		} else if (model_run_op(&run, &op) == CALL_DONE) {
			pfn[slot] = run.call.addr;
			order[slot] = (unsigned)op.page.order;
			g_assert_cmphex(pfn[slot] % (1u << order[slot]), ==, 0);
			g_assert_cmphex(pfn[slot], >=, START);
			g_assert_cmphex(pfn[slot], <, START + PAGES);
			if (!moves)
				assert_apart(pfn, order, slot);
			made++;
		}
		if (i % 10 == 0)
			assert_sound(&run);
	}
	g_assert_cmpuint(made, >, 1000);
	/* all that was ever given out can be given back: then the zone is whole again */
	for (uint32_t slot = 0; slot < LIVE; slot++) {
		const struct op op = {.kind = OP_PAGE_FREE, .slot = slot};

		if (pfn[slot] != NO_ADDR)
			g_assert_cmpint(model_run_op(&run, &op), ==, CALL_DONE);
	}
	assert_sound(&run);
	if (!g_strcmp0(rules[rule].key, "pcp")) {
		struct op op = {.kind = OP_PAGE_ALLOC, .page = {.order = 10, .mt = MT_MOVABLE}};

		/* without per-CPU lists nothing is held back: all but what the watermark keeps */
		for (op.slot = 0; op.slot < PAGES / 1024 - 1; op.slot++)
			g_assert_cmpint(model_run_op(&run, &op), ==, CALL_DONE);
	}
	model_run_clear(&run);
}

/* Every combination of what the op `compact` may say, sensible or not, leaves a sound machine. */
static void test_compact_anything(gconstpointer data)
{
	static const struct span zones[] = {{5, 6, {0}}, {1000, 1700, {1024, 1536}}};
	static const uint32_t flags[] = {OP_DIRECT, OP_WHOLE_ZONE, OP_IGNORE_SKIP};
	struct model_run run;
	GError *error = NULL;
	unsigned live = 0;

	set_up(&run, "compaction", data, zones, G_N_ELEMENTS(zones), &error);
	g_assert_no_error(error);
	for (uint32_t slot = 0; slot < 80; slot++) {
		struct op op = {.kind = OP_PAGE_ALLOC, .slot = slot, .page = {.mt = slot % 3 != 0}};

		live += model_run_op(&run, &op) == CALL_DONE;
	}
	g_assert_cmpuint(live, ==, 80);
	for (uint32_t slot = 0; slot < 80; slot += 5) {
		const struct op op = {.kind = OP_PAGE_FREE, .slot = slot};

		g_assert_cmpint(model_run_op(&run, &op), ==, CALL_DONE);
	}
	for (unsigned i = 0; i < MAX_ORDER_NR + 1; i++) {
		for (unsigned j = 0; j < 3 * MIGRATETYPES << G_N_ELEMENTS(flags); j++) {
			struct op op = {.kind = OP_COMPACT,
					.page = {.order = (int8_t)((int)i - 1),
						 .mode = (uint8_t)(j % 3),
						 .mt = (uint8_t)(j / 3 % MIGRATETYPES)}};

			for (unsigned bit = 0; bit < G_N_ELEMENTS(flags); bit++)
				op.flags |= j / 9 >> bit & 1 ? flags[bit] : 0;
			g_assert_cmpint(model_run_op(&run, &op), ==, CALL_DONE);
			assert_sound(&run);
		}
	}
	model_run_clear(&run);
}

static void seed(struct model_run *run, uint32_t slot, uint64_t pfn, int8_t order, uint8_t mt)
{
	struct op op = {.kind = OP_PAGE_SEED, .slot = slot, .addr = pfn};

	op.page.order = order;
	op.page.mt = mt;
	g_assert_cmpint(model_run_op(run, &op), ==, CALL_DONE);
}

/* DMA32 of a machine with RAM below 3 GiB: spec'd layout of the published oops. */
static const struct span dma32 = {0x1000, 0x100000, {0xc0000, 0x100000}};

static void seed_fault(struct model_run *run)
{
	uint32_t slot = 0;

	for (uint64_t block = 0x1000; block < 0x9a600; block += PAGEBLOCK_PAGES) {
		seed(run, slot++, block, 8, MT_UNMOVABLE);
		seed(run, slot++, block + 384, 7, MT_UNMOVABLE);
	}
	for (uint64_t block = 0x9a600; block < 0xc0000; block += PAGEBLOCK_PAGES)
		seed(run, slot++, block, 9, MT_MOVABLE);
}

static void test_published_fault(gconstpointer rule)
{
	bool cured = !strcmp(rule, "v5.2") || !strcmp(rule, "v5.12") || !strcmp(rule, "v6.1");
	struct op compact = {.kind = OP_COMPACT, .flags = OP_DIRECT};
	struct model_run run;

	set_up(&run, "isolate_around", rule, &dma32, 1, NULL);
	seed_fault(&run);
	compact.page.order = 9;
	compact.page.mt = MT_MOVABLE;
	compact.page.mode = COMPACT_SYNC_LIGHT;
	g_assert_cmpint(model_run_op(&run, &compact), ==, cured ? CALL_DONE : CALL_OOPS);
	if (!cured) {
		g_assert_nonnull(strstr(run.call.message, "address 0xffffea0003348000,"));
		g_assert_nonnull(strstr(run.call.message,
					"pfn 0xcd200 in isolate_freepages_block <- "
					"fast_isolate_around <- "));
		g_assert_nonnull(
			strstr(run.call.message,
			       "compact_zone <- compact_zone_order <- try_to_compact_pages"));
	}
	model_run_clear(&run);
}

/* The op is lost, the machine goes on without what its run had isolated. */
static void test_oops_counted(void)
{
	struct op compact = {.kind = OP_COMPACT, .flags = OP_DIRECT};
	const struct op free_moving = {.kind = OP_PAGE_FREE, .slot = 1};
	uint64_t counters[COUNTERS];
	struct model_run run;

	set_up(&run, "isolate_around", "v5.1", &dma32, 1, NULL);
	((struct pages *)run.model)->on_oops = OOPS_COUNT;
	seed_fault(&run);
	compact.page.order = 9;
	compact.page.mt = MT_MOVABLE;
	compact.page.mode = COMPACT_SYNC_LIGHT;
	g_assert_cmpint(model_run_op(&run, &compact), ==, CALL_FAIL);
	g_assert_cmpstr(run.call.note_key, ==, "oops");
	g_assert_null(run.call.message);
	pages_model.read_counters(run.model, counters);
	g_assert_cmpuint(counters[COUNTER_OOPSES], ==, 1);
	g_assert_cmpint(model_run_op(&run, &free_moving), ==, CALL_DONE);
	assert_sound(&run);
	model_run_clear(&run);
}

/* Seeds outside every zone, or in a hole, are told of by the first op behind them. */
static void test_bad_seed(void)
{
	const struct op op = {.kind = OP_PAGE_ALLOC};
	struct model_run run;

	set_up(&run, NULL, NULL, &one_zone, 1, NULL);
	seed(&run, 0, START + PAGES, 0, MT_MOVABLE);
	g_assert_cmpint(model_run_op(&run, &op), ==, CALL_INPUT);
	g_assert_nonnull(strstr(run.call.message, "lies in no zone"));
	model_run_clear(&run);
}

static void test_bad_zones(void)
{
	const struct span overlapping[] = {{0, 4096, {0}}, {2048, 8192, {0}}};
	const struct span huge = {0, UINT64_C(1) << 40, {0}};
	const struct {
		const struct span *zones;
		unsigned n;
		const char *message;
	} cases[] = {{NULL, 0, "needs zones"}, {overlapping, 2, "overlap"}, {&huge, 1, "1 TiB"}};

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		struct model_run run;

		g_assert_false(set_up(&run, NULL, NULL, cases[i].zones, cases[i].n, &error));
		g_assert_nonnull(strstr(error->message, cases[i].message));
		model_run_clear(&run);
	}
}

int main(int argc, char **argv)
{
	static const char *const around[] = {"v5.1",  "v5.2-rc1", "v5.2",
					     "v5.12", "v6.1",	  "inclusive"};

	g_test_init(&argc, &argv, NULL);
	for (unsigned i = 0; i < G_N_ELEMENTS(rules); i++) {
		g_autofree char *path = g_strdup_printf("/pages/random/%s-%s",
							rules[i].key ? rules[i].key : "default",
							rules[i].value ? rules[i].value : "rules");

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_random);
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(around); i++) {
		g_autofree char *path = g_strdup_printf("/pages/published-fault/%s", around[i]);

		g_test_add_data_func(path, around[i], test_published_fault);
	}
	g_test_add_data_func("/pages/compact-anything/linear", "linear", test_compact_anything);
	g_test_add_data_func("/pages/compact-anything/fast", "fast", test_compact_anything);
	g_test_add_func("/pages/oops-counted", test_oops_counted);
	g_test_add_func("/pages/bad-seed", test_bad_seed);
	g_test_add_func("/pages/bad-zones", test_bad_zones);
	return g_test_run();
}
