// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmap-nodes under concurrency: stages of several CPUs' ops and of the drain in random order, with
 * only the purge mutex between them, which is more than a run with all the locks can come to. In
 * the end every address belongs to somebody, and to one only.
 */
#include "models/builtin.h"
#include "models/model_run.h"
#include "models/vmap/nodes.h"
#include "sim/base/param.h"
#include "sim/base/rng.h"

#define VSTART	     UINT64_C(0xffffc90000000000)
#define VEND	     (VSTART + (UINT64_C(48) << 20))
#define CPUS	     4u
#define LIVE	     400u
#define TURNS	     200000u
#define CHECK_TURNS  5000u
#define CHUNK_ALIGN  (UINT64_C(1) << 20)
#define CHUNK_OFFSET (UINT64_C(3) << 20)

struct task {
	struct op op;
	struct call call;
	int stage; /* below 0: idle */
};

struct world {
	struct model_run run;
	struct rng rng;
	struct task tasks[CPUS + 1]; /* the last is the drain */
	struct task *mutex;	     /* who holds it */
	bool woken;
	bool going[LIVE];	     /* named by an op that goes on */
	enum op_kind ended_by[LIVE]; /* of what is live; 0: nothing is */
	struct op_pcpu *chunk;
};

static void set_up(struct world *world, const char *version)
{
	struct param_value params[PARAM_MAX];
	GError *error = NULL;

	*world = (struct world){0};
	rng_init(&world->rng, 3, version);
	param_defaults(vmap_nodes.params, params);
	param_set(vmap_nodes.params, params, "", "version", version, &error);
	g_assert_no_error(error);
	model_run_init(&world->run, &vmap_nodes,
		       (struct model_env){.cpus = CPUS,
					  .vstart = VSTART,
					  .vend = VEND,
					  .lazy_max_pages = 1000,
					  .params = params},
		       &error);
	g_assert_no_error(error);
	for (unsigned i = 0; i <= CPUS; i++)
		world->tasks[i].stage = CALL_DONE;
	world->chunk = g_malloc0(sizeof(*world->chunk) + 2 * sizeof(struct op_pcpu_area));
	world->chunk->align = CHUNK_ALIGN;
	world->chunk->n_areas = 2;
	world->chunk->area[0].size = world->chunk->area[1].size = CHUNK_ALIGN;
	world->chunk->area[1].offset = CHUNK_OFFSET;
}

static void choose_request(struct world *world, struct op *op)
{
	switch (rng_below(&world->rng, 20)) {
	case 0:
		op->kind = OP_PCPU_ALLOC;
		op->pcpu = world->chunk;
		break;
	case 1:
	case 2:
	case 3:
		op->kind = OP_MAP_RAM;
		op->ram.pages = 1 + rng_below(&world->rng, 80);
		break;
	default:
		op->kind = OP_VMAP_ALLOC;
		op->vmap.size = (1 + rng_below(&world->rng, 30)) * PAGE_SIZE;
		op->vmap.align = rng_below(&world->rng, 3) ? 1 : 4 * PAGE_SIZE;
	}
}

static void choose_op(struct world *world, struct op *op)
{
	*op = (struct op){.slot = (uint32_t)rng_below(&world->rng, LIVE)};
	if (!rng_below(&world->rng, 100)) {
		op->kind = rng_below(&world->rng, 2) ? OP_SHRINK : OP_VMAP_PURGE;
		return;
	}
	while (world->going[op->slot])
		op->slot = (uint32_t)rng_below(&world->rng, LIVE);
	world->going[op->slot] = true;
	if (world->ended_by[op->slot])
		op->kind = (uint8_t)world->ended_by[op->slot];
	else
		choose_request(world, op);
}

static void begin(struct world *world, struct task *task)
{
	uint32_t number = (uint32_t)(task - world->tasks);

	if (number == CPUS) {
		if (!world->woken)
			return;
		world->woken = false;
		task->op = (struct op){.kind = OP_MARK};
		task->stage = vmap_nodes.background[0].entry;
	} else {
		choose_op(world, &task->op);
		task->op.cpu = (uint16_t)number;
		task->stage = vmap_nodes.entry[task->op.kind];
	}
	task->call =
		(struct call){.op = &task->op, .addr = NO_ADDR, .task = number == CPUS ? 1 : 0};
}

static void end(struct world *world, const struct task *task)
{
	static const enum op_kind ends[OP_KINDS] = {[OP_VMAP_ALLOC] = OP_VMAP_FREE,
						    [OP_MAP_RAM] = OP_UNMAP_RAM,
						    [OP_PCPU_ALLOC] = OP_PCPU_FREE};
	const struct op *op = &task->op;

	g_assert_cmpint(task->stage, >=, CALL_FAIL);
	if (op_id_role(op->kind) == ID_NONE)
		return;
	world->going[op->slot] = false;
	world->ended_by[op->slot] = task->stage == CALL_DONE ? ends[op->kind] : 0;
}

static void turn(struct world *world, struct task *task)
{
	const struct stage *stage = &vmap_nodes.stages[task->stage];
	bool needs_mutex = stage->holds & LOCK_BIT(LOCK_PURGE);

	if (needs_mutex && world->mutex && world->mutex != task)
		return;
	world->mutex = needs_mutex ? task : world->mutex;
	task->stage = stage->run(world->run.model, &task->call);
	world->woken |= task->call.wake != 0;
	task->call.wake = 0;
	if (world->mutex == task &&
	    (task->stage < 0 || !(vmap_nodes.stages[task->stage].holds & LOCK_BIT(LOCK_PURGE))))
		world->mutex = NULL;
	if (task->stage < 0)
		end(world, task);
}

/* Let all that goes on come to its end. */
static void settle(struct world *world)
{
	bool going = true;

	while (going) {
		going = false;
		for (unsigned i = 0; i <= CPUS; i++) {
			if (world->tasks[i].stage >= 0)
				turn(world, &world->tasks[i]);
			going |= world->tasks[i].stage >= 0;
		}
	}
}

static void test_interleaved(gconstpointer version)
{
	struct world world;
	uint64_t counters[NODES_COUNTERS];

	set_up(&world, version);
	for (unsigned i = 1; i <= TURNS; i++) {
		struct task *task = &world.tasks[rng_below(&world.rng, CPUS + 1)];

		if (task->stage < 0)
			begin(&world, task);
		if (task->stage >= 0)
			turn(&world, task);
		if (i % CHECK_TURNS)
			continue;
		settle(&world);
		g_autofree char *message = vmap_nodes.check(world.run.model);

		g_assert_cmpstr(message, ==, NULL);
	}
	vmap_nodes.read_counters(world.run.model, counters);
	g_assert_cmpuint(counters[COUNTER_POOL_HITS], >, 100);
	g_assert_cmpuint(counters[COUNTER_DRAINS], >, 10);
	g_assert_cmpuint(counters[COUNTER_OVERFLOW_PURGES], >, 10);
	g_assert_cmpuint(counters[COUNTER_BLOCKS_RETIRED], >, 0);
	g_free(world.chunk);
	model_run_clear(&world.run);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/vmap-nodes/interleaved/v6.12", "v6.12", test_interleaved);
	g_test_add_data_func("/vmap-nodes/interleaved/v6.18", "v6.18", test_interleaved);
	return g_test_run();
}
