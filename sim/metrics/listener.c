// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/metrics/listener.h"

#include "sim/base/units.h"
#include "sim/metrics/tracefs_text.h"

#define PID_FIRST 1001 /* of a CPU's workload */
#define PID_TASKS 51   /* of the first background task */

const char *tracepoint_name(enum tracepoint_id id)
{
	static const char *const names[TRACEPOINTS] = {
#define X(tracepoint, name, fields) [TRACEPOINT_##tracepoint] = name,
		TRACEPOINT_LIST(X)
#undef X
	};

	return names[id];
}

static uint32_t n_tasks(const struct model_ops *model_ops)
{
	uint32_t n = 0;

	while (model_ops->background && model_ops->background[n].name)
		n++;
	return n;
}

struct listener *listener_new(const struct listener_config *config)
{
	struct listener *listener = g_new0(struct listener, 1);
	unsigned order = config->memory ? config->memory->pageblock_order : 0;

	listener->config = *config;
	listener->compaction = compaction_log_new(order ? order : PAGEBLOCK_ORDER_DEFAULT);
	if (config->events_file) {
		listener->orders = g_array_new(FALSE, TRUE, sizeof(uint8_t));
		tracefs_put_header(config->events_file, config->cpus + n_tasks(config->model_ops));
	}
	return listener;
}

void listener_free(struct listener *listener)
{
	if (!listener)
		return;
	compaction_log_free(listener->compaction);
	g_clear_pointer(&listener->orders, g_array_unref);
	g_free(listener);
}

static struct tracefs_task task_at(const struct listener *listener, uint32_t cpu, uint32_t task,
				   uint64_t t_cycles)
{
	const struct listener_config *config = &listener->config;

	return (struct tracefs_task){
		.comm = task ? config->model_ops->background[task - 1].name : "workload",
		.pid = task ? PID_TASKS + task - 1 : PID_FIRST + cpu,
		.cpu = cpu,
		.t_ns = mul_div(t_cycles, NS_PER_S, config->clock_hz),
	};
}

void listener_emit(void *ctx, const struct tracepoint *tracepoint)
{
	struct listener *listener = ctx;
	const struct engine_moment moment = engine_moment_of(&listener->now, listener->config.cpus);

	listener->counts[tracepoint->id]++;
	compaction_log_take(listener->compaction, &moment, tracepoint);
	if (!listener->config.events_file)
		return;
	struct tracefs_task task = task_at(listener, moment.cpu, moment.task, moment.t_cycles);

	tracefs_put(listener->config.events_file, &task, tracepoint, listener->config.memory);
}

static uint8_t *order_of(struct listener *listener, uint32_t slot)
{
	if (slot >= listener->orders->len)
		g_array_set_size(listener->orders, slot + 1);
	return &g_array_index(listener->orders, uint8_t, slot);
}

void listener_op(struct listener *listener, const struct op_record *record)
{
	const struct op *op = record->op;
	struct writer *file = listener->config.events_file;

	if (!file || record->status > STATUS_FAIL)
		return;
	struct tracefs_task task =
		task_at(listener, op->cpu, 0, record->t_start_cycles + record->latency_cycles);

	if (op->kind == OP_PAGE_ALLOC || op->kind == OP_PAGE_SEED)
		*order_of(listener, op->slot) = (uint8_t)op->page.order;
	if (op->kind == OP_PAGE_ALLOC)
		tracefs_put_alloc(file, &task, op, record->has_addr ? record->addr : NO_ADDR);
	else if (op->kind == OP_PAGE_FREE && record->has_addr)
		tracefs_put_free(file, &task, record->addr, *order_of(listener, op->slot));
}
