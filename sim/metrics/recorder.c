// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/metrics/recorder.h"

#include "sim/metrics/ops_csv.h"

struct recorder {
	struct recorder_config config;
	struct figures figures;
	struct address_map *map; /* NULL: the model cannot tell */
	uint64_t map_due;	 /* number of the op after which a column is taken */
	uint64_t last_seq;
};

struct recorder *recorder_new(const struct recorder_config *config)
{
	struct recorder *recorder = g_new0(struct recorder, 1);

	recorder->config = *config;
	recorder->figures.series = series_new();
	recorder->figures.has_vmap = config->model_ops->sample_vmap;
	recorder->map_due = UINT64_MAX;
	if (config->model_ops->busy_ranges) {
		recorder->map = address_map_new(config->vstart, config->vend);
		recorder->map_due = 1;
	}
	if (config->ops_file)
		ops_csv_header(config->ops_file);
	return recorder;
}

static void take_sample(struct recorder *recorder, uint64_t t_cycles)
{
	struct vmap_sample vmap = {0};

	if (recorder->figures.has_vmap)
		recorder->config.model_ops->sample_vmap(recorder->config.model, &vmap);
	series_add(recorder->figures.series, recorder->figures.ops, recorder->last_seq, t_cycles,
		   &vmap);
}

static void take_column(struct recorder *recorder, uint64_t t_cycles)
{
	recorder->map_due = address_map_add(recorder->map, recorder->figures.ops, t_cycles,
					    recorder->config.model_ops, recorder->config.model);
}

static void compare_with_recorded(struct recorded_figures *recorded, const struct op_record *record)
{
	const struct op *op = record->op;

	if (op->flags & OP_FAILED) {
		recorded->failures++;
		recorded->same_failure += record->status == STATUS_FAIL;
	} else if (op->flags & OP_HAS_ADDR) {
		recorded->addresses++;
		recorded->same_address +=
			record->status == STATUS_OK && record->has_addr && record->addr == op->addr;
	}
}

static void count_op(struct figures *figures, const struct op_record *record)
{
	struct kind_figures *kind = &figures->kinds[record->op->kind];

	kind->status[record->status]++;
	if (record->status > STATUS_FAIL)
		return; /* skipped or cut short: its latency says nothing */
	histogram_add(&kind->latency, record->latency_cycles);
	kind->wait_cycles += record->wait_cycles;
	kind->steps += record->steps;
	kind->steps_max = MAX(kind->steps_max, record->steps);
	if (op_id_role(record->op->kind) != ID_MADE || op_is_seed(record->op))
		return;
	histogram_add(&figures->steps, record->steps);
	series_request(figures->series, record->latency_cycles);
	if (record->op->flags & (OP_FAILED | OP_HAS_ADDR))
		compare_with_recorded(&figures->recorded, record);
}

void recorder_op(void *ctx, const struct op_record *record)
{
	struct recorder *recorder = ctx;
	struct figures *figures = &recorder->figures;

	count_op(figures, record);
	if (G_UNLIKELY(recorder->config.ops_file))
		ops_csv_line(recorder->config.ops_file, record);
	if (op_is_seed(record->op))
		return; /* what is there before the run begins is its state, not its course */
	uint64_t t_done = record->t_start_cycles + record->latency_cycles;

	figures->ops++;
	figures->timed |= record->op->flags & OP_HAS_T;
	recorder->last_seq = record->op->seq;
	if (G_UNLIKELY(series_due(figures->series)))
		take_sample(recorder, t_done);
	if (G_UNLIKELY(figures->ops >= recorder->map_due))
		take_column(recorder, t_done);
}

const struct figures *recorder_finish(struct recorder *recorder, const struct engine_totals *totals)
{
	take_sample(recorder, totals->end_cycles);
	if (recorder->map) {
		take_column(recorder, totals->end_cycles);
		recorder->figures.map = address_map_grid(recorder->map);
		g_clear_pointer(&recorder->map, address_map_free);
	}
	return &recorder->figures;
}

void recorder_free(struct recorder *recorder)
{
	if (!recorder)
		return;
	for (unsigned kind = 0; kind < OP_KINDS; kind++)
		histogram_clear(&recorder->figures.kinds[kind].latency);
	histogram_clear(&recorder->figures.steps);
	series_free(recorder->figures.series);
	address_map_free(recorder->map);
	g_free(recorder->figures.map);
	g_free(recorder);
}
