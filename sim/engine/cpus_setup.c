// SPDX-License-Identifier: GPL-2.0-or-later
/* CPUs, background tasks and locks as a run begins, and what they come to when it is over. */
#include "sim/engine/cpus.h"

/* @n times @bytes, 0: what every stage goes through begins with a cache line. */
static void *new_lines(size_t n, size_t bytes)
{
	return g_aligned_alloc0(n, bytes, CACHE_LINE_BYTES);
}

static void init_cpus(struct engine *engine)
{
	const struct engine_config *config = engine->config;
	const struct smt *smt = cpu_profile_smt(config->profile);
	static const enum cpu_state nobody = CPU_IDLE;

	engine->cpus = new_lines(config->cpus + engine->n_tasks, sizeof(struct sim_cpu));
	engine->prices = g_new(const price_table *, config->cpus);
	for (uint32_t i = 0; i < config->cpus + engine->n_tasks; i++) {
		struct sim_cpu *cpu = &engine->cpus[i];
		uint32_t sibling = i ^ smt->sibling_xor;

		cpu->number = i;
		cpu->cluster = i % engine->lock_prices.clusters;
		cpu->sibling = &nobody;
		if (i >= config->cpus)
			continue;
		if (sibling != i && sibling < config->cpus)
			cpu->sibling = &engine->cpus[sibling].state;
		engine->prices[i] =
			cpu_profile_prices(config->profile, cpu_profile_core(config->profile, i));
	}
	if (smt->sibling_xor)
		engine->sibling_permille[CPU_WORKING] = smt->slowdown_permille - 1000;
	engine->watched_permille = engine->lock_prices.watched_permille;
	engine->slows = engine->sibling_permille[CPU_WORKING] || engine->watched_permille;
}

static void init_tasks(struct engine *engine)
{
	for (uint32_t i = 0; i < engine->n_tasks; i++) {
		struct sim_cpu *cpu = &engine->cpus[engine->config->cpus + i];

		cpu->call.task = i + 1;
		cpu->prices = cpu_profile_prices(engine->config->profile, 0);
		engine->totals->background[i].name = engine->ops->background[i].name;
		engine->idle_tasks |= UINT32_C(1) << i;
	}
	engine->totals->n_background = engine->n_tasks;
}

static void init_locks(struct engine *engine)
{
	const struct model_ops *ops = engine->ops;
	uint32_t first[MODEL_LOCKS_MAX], n_locks = 0;
	unsigned class = 0;

	for (; ops->locks && ops->locks[class]; class ++) {
		first[class] = n_locks;
		n_locks += ops->lock_instances ? ops->lock_instances(engine->model, class) : 1;
		engine->totals->locks[class].name = ops->locks[class];
	}
	engine->totals->n_locks = class;
	engine->locks = new_lines(MAX(n_locks, 1), sizeof(struct sim_lock));
	engine->locks_end = engine->locks + n_locks;
	while (class --)
		engine->class_locks[class] = engine->locks + first[class];
}

void cpus_init(struct engine *engine)
{
	const struct engine_config *config = engine->config;

	while (engine->ops->background && engine->ops->background[engine->n_tasks].name)
		engine->n_tasks++;
	engine->model = config->model;
	engine->stages = engine->ops->stages;
	engine->bucket = config->footprint->bucket;
	engine->lock_prices = *cpu_profile_locks(config->profile);
	engine->accounts = new_lines((size_t)config->cpus * OP_KINDS + engine->n_tasks,
				     sizeof(struct work_account));
	event_queue_init(&engine->events, config->cpus + engine->n_tasks);
	init_cpus(engine);
	init_tasks(engine);
	init_locks(engine);
}

void cpus_clear(struct engine *engine)
{
	for (uint32_t i = 0; i < engine->config->cpus + engine->n_tasks; i++) {
		op_clear(&engine->cpus[i].op);
		g_free(engine->cpus[i].call.message);
	}
	event_queue_clear(&engine->events);
	g_aligned_free(engine->cpus);
	g_free(engine->prices);
	g_aligned_free(engine->locks);
	g_aligned_free(engine->accounts);
	g_free(engine->slot_state);
}

static void sum_up_accounts(struct engine *engine)
{
	struct engine_totals *totals = engine->totals;
	uint64_t n = (uint64_t)engine->config->cpus * OP_KINDS;

	for (uint64_t i = 0; i < n; i++)
		work_account_add(&totals->kinds[i % OP_KINDS], &engine->accounts[i]);
	for (unsigned kind = 0; kind < OP_KINDS; kind++)
		totals->busy_cycles += totals->kinds[kind].work_cycles;
	for (uint32_t i = 0; i < engine->n_tasks; i++) {
		work_account_add(&totals->tasks, &engine->accounts[n + i]);
		totals->background[i].busy_cycles = engine->accounts[n + i].work_cycles;
	}
}

static void sum_up_locks(struct engine *engine)
{
	unsigned n = engine->totals->n_locks;

	for (unsigned class = 0; class < n; class ++) {
		struct lock_totals *sum = &engine->totals->locks[class];
		const struct sim_lock *end =
			class + 1 < n ? engine->class_locks[class + 1] : engine->locks_end;

		for (const struct sim_lock *lock = engine->class_locks[class]; lock < end; lock++) {
			sum->takes += lock->takes;
			sum->contended += lock->contended;
			sum->wait_cycles += lock->wait_cycles;
			sum->held_cycles += lock->held_cycles;
		}
	}
}

void cpus_sum_up(struct engine *engine)
{
	struct engine_totals *totals = engine->totals;

	sum_up_accounts(engine);
	sum_up_locks(engine);
	for (unsigned step = 0; step < STEPS; step++) {
		uint64_t price = totals->tasks.step[step].price;

		totals->step_count[step] = totals->tasks.step[step].count;
		for (unsigned kind = 0; kind < OP_KINDS; kind++) {
			totals->step_count[step] += totals->kinds[kind].step[step].count;
			price += totals->kinds[kind].step[step].price;
		}
		totals->step_cycles[step] = price >> PRICE_SHIFT;
	}
}
