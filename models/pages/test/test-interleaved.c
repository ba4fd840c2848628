// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pages model under concurrency: stages of several CPUs' ops and of the background tasks, in
 * random order, with the invariants after each; in the end every page is there.
 *
 * Without an engine and its locks every order is possible, and so more than a run can come to.
 */
#include "models/builtin.h"
#include "models/model_run.h"
#include "models/pages/memmap.h"
#include "sim/base/rng.h"

#include <string.h>

#define CPUS	   4
#define TASKS	   2
#define START	   0x40000
#define ZONE_PAGES 4096 /* 16 MiB, eight pageblocks; two zones */
#define LIVE	   6000
#define TURNS	   200000

struct cpu {
	struct op op;
	struct call call;
	int stage; /* below 0: idle */
};

struct world {
	struct model_run run;
	struct rng rng;
	struct cpu cpus[CPUS + TASKS];
	uint32_t woken;
	bool busy[LIVE], live[LIVE]; /* named by an op that goes on; made */
	uint64_t met, failed, reclaimed;
};

static const struct {
	const char *name, *settings[2][2];
} variants[] = {
	{"default", {{NULL}}},
	{"linear", {{"compaction", "linear"}}},
	{"inclusive", {{"isolate_around", "inclusive"}}},
	{"no-pcp", {{"pcp", "off"}}},
	{"no-reclaim", {{"reclaim", "off"}, {"kswapd", "off"}}},
	{"scan-limit-max", {{"scan_limit", "max"}}},
};

static void set_up(struct world *world, unsigned variant)
{
	struct memory_map *memory = memory_map_new();
	struct param_value params[PARAM_MAX];
	GError *error = NULL;

	*world = (struct world){0};
	rng_init(&world->rng, variant, "interleaved");
	param_defaults(pages_model.params, params);
	for (unsigned i = 0; i < 2 && variants[variant].settings[i][0]; i++)
		param_set(pages_model.params, params, "", variants[variant].settings[i][0],
			  variants[variant].settings[i][1], &error);
	memory_map_add_zone(memory, "DMA32", START, START + ZONE_PAGES);
	memory_map_add_zone(memory, "Normal", START + ZONE_PAGES, START + 2 * ZONE_PAGES);
	model_run_init(&world->run, &pages_model,
		       (struct model_env){.cpus = CPUS, .memory = memory, .params = params},
		       &error);
	g_assert_no_error(error);
	memory_map_free(memory);
	for (unsigned i = 0; i < CPUS + TASKS; i++)
		world->cpus[i].stage = CALL_DONE;
}

static void random_request(struct rng *rng, struct op *op)
{
	op->kind = OP_PAGE_ALLOC;
	op->page.mt = rng_below(rng, 10) < 7 ? MT_MOVABLE : (uint8_t)rng_below(rng, MIGRATETYPES);
	op->page.order = rng_below(rng, 4) ? 0 : (int8_t)rng_below(rng, PAGEBLOCK_ORDER + 1);
	if (op->page.order == PAGEBLOCK_ORDER)
		op->flags |= OP_THP;
	if (!rng_below(rng, 20))
		op->flags |= OP_PINNED;
	if (rng_below(rng, 2))
		op->flags |= OP_RECLAIMABLE;
	if (!rng_below(rng, 8)) { /* every combination of flags there is */
		op->flags |= OP_HAS_GFP;
		op->page.gfp = (uint32_t)rng_below(rng, 1u << 23);
	}
}

static void begin(struct world *world, struct cpu *cpu, unsigned number)
{
	uint32_t slot = (uint32_t)rng_below(&world->rng, LIVE);

	if (world->busy[slot])
		return;
	cpu->op = (struct op){.kind = OP_PAGE_FREE, .slot = slot, .cpu = (uint16_t)number};
	if (!rng_below(&world->rng, 500)) {
		cpu->op.kind = OP_COMPACT;
		cpu->op.page.order = rng_below(&world->rng, 2) ? -1 : 9;
		cpu->op.page.mode = COMPACT_SYNC;
	} else {
		if (!world->live[slot])
			random_request(&world->rng, &cpu->op);
		world->busy[slot] = true;
	}
	cpu->call = (struct call){.op = &cpu->op, .addr = NO_ADDR};
	cpu->stage = pages_model.entry[cpu->op.kind];
}

static void ended(struct world *world, struct cpu *cpu)
{
	g_assert_cmpint(cpu->stage, !=, CALL_OOPS);
	g_assert_cmpint(cpu->stage, !=, CALL_BROKEN);
	if (cpu->call.task || cpu->op.kind == OP_COMPACT)
		return;
	world->busy[cpu->op.slot] = false;
	if (cpu->op.kind == OP_PAGE_FREE) {
		g_assert_cmpint(cpu->stage, ==, CALL_DONE);
		world->live[cpu->op.slot] = false;
		world->reclaimed += !g_strcmp0(cpu->call.note_key, "reclaimed");
	} else {
		world->live[cpu->op.slot] = cpu->stage == CALL_DONE;
		world->met += cpu->stage == CALL_DONE;
		world->failed += cpu->stage == CALL_FAIL;
	}
}

static void step(struct world *world, struct cpu *cpu)
{
	cpu->stage = pages_model.stages[cpu->stage].run(world->run.model, &cpu->call);
	world->woken |= cpu->call.wake;
	cpu->call.wake = 0;
	if (cpu->stage < 0)
		ended(world, cpu);
}

static void begin_task(struct world *world, unsigned task)
{
	struct cpu *cpu = &world->cpus[CPUS + task];

	world->woken &= ~(1u << task);
	cpu->op = (struct op){.kind = OP_MARK};
	cpu->call = (struct call){.op = &cpu->op, .addr = NO_ADDR, .task = task + 1};
	cpu->stage = pages_model.background[task].entry;
}

static void turn(struct world *world, bool begins)
{
	unsigned number = (unsigned)rng_below(&world->rng, CPUS + TASKS);
	struct cpu *cpu = &world->cpus[number];

	if (cpu->stage >= 0)
		step(world, cpu);
	else if (number >= CPUS && world->woken & 1u << (number - CPUS))
		begin_task(world, number - CPUS);
	else if (number < CPUS && begins)
		begin(world, cpu, number);
}

static bool idle(const struct world *world)
{
	for (unsigned i = 0; i < CPUS + TASKS; i++) {
		if (world->cpus[i].stage >= 0)
			return false;
	}
	return !world->woken;
}

static void assert_sound(struct world *world)
{
	g_autofree char *message = pages_model.check(world->run.model);

	g_assert_cmpstr(message, ==, NULL);
}

/* Free pages of both zones, those on per-CPU lists included. */
static uint64_t free_pages(struct world *world)
{
	uint64_t pages = 0;

	for (unsigned zone = 0; zone < 2; zone++) {
		struct zone_sample sample;

		pages_model.sample_zone(world->run.model, zone, &sample);
		pages += sample.pcp_pages;
		for (unsigned type = 0; type < LIST_TYPES; type++) {
			for (unsigned order = 0; order < SAMPLE_ORDERS; order++)
				pages += sample.nr_free[type][order] << order;
		}
	}
	return pages;
}

static uint64_t counter(struct world *world, const char *name)
{
	uint64_t values[64];
	unsigned i = 0;

	while (strcmp(pages_model.counters[i].name, name))
		i++;
	pages_model.read_counters(world->run.model, values);
	return values[i];
}

static void test_interleaved(gconstpointer data)
{
	unsigned variant = GPOINTER_TO_UINT(data);
	struct world world;

	set_up(&world, variant);
	for (unsigned i = 0; i < TURNS; i++) {
		turn(&world, true);
		if (i % 16 == 0)
			assert_sound(&world);
	}
	for (unsigned i = 0; !idle(&world); i++) {
		g_assert_cmpuint(i, <, 1000000);
		turn(&world, false);
	}
	assert_sound(&world);
	g_assert_cmpuint(world.met, >, 1000);
	g_assert_cmpuint(world.failed, >, 10);
	g_assert_cmpuint(counter(&world, "pgmigrate_success"), >, 100);
	if (strcmp(variants[variant].name, "no-reclaim")) {
		g_assert_cmpuint(world.reclaimed, >, 100);
		g_assert_cmpuint(counter(&world, "pgsteal_kswapd"), >, 100);
		g_assert_cmpuint(counter(&world, "pgsteal_direct"), >, 100);
	}
	/* all that was given out comes back */
	for (uint32_t slot = 0; slot < LIVE; slot++) {
		const struct op op = {.kind = OP_PAGE_FREE, .slot = slot};

		if (world.live[slot])
			g_assert_cmpint(model_run_op(&world.run, &op), ==, CALL_DONE);
	}
	assert_sound(&world);
	g_assert_cmpuint(free_pages(&world), ==, 2 * ZONE_PAGES);
	model_run_clear(&world.run);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (unsigned i = 0; i < G_N_ELEMENTS(variants); i++) {
		g_autofree char *path = g_strdup_printf("/pages/interleaved/%s", variants[i].name);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_interleaved);
	}
	return g_test_run();
}
