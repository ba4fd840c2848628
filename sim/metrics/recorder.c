// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/metrics/recorder.h"

#include "sim/metrics/ops_csv.h"

struct recorder {
	struct recorder_config config;
	struct address_map *map;   /* NULL: the model cannot tell */
	struct zone_sample *zones; /* being sampled */
	bool began;
	bool tells;	  /* ops one by one: to a file, or to what the listener writes */
	uint64_t map_due; /* number of the op after which a column is taken */
	uint64_t last_seq;
	struct figures figures; /* it begins with what every op changes, as this ends with that */
};

struct recorder *recorder_new(const struct recorder_config *config)
{
	struct recorder *recorder = g_new0(struct recorder, 1);

	recorder->config = *config;
	if (config->model_ops->sample_zone && config->memory)
		recorder->figures.n_zones = config->memory->zones->len;
	recorder->zones = g_new0(struct zone_sample, recorder->figures.n_zones);
	recorder->figures.zones_start = g_new0(struct zone_sample, recorder->figures.n_zones);
	recorder->figures.series = series_new(recorder->figures.n_zones);
	if (config->model_ops->blocks && config->memory)
		recorder->figures.blocks = block_maps_new();
	recorder->figures.sections = sections_new();
	recorder->figures.listener = config->listener;
	recorder->figures.has_vmap = config->model_ops->sample_vmap;
	recorder->map_due = UINT64_MAX;
	if (config->model_ops->busy_ranges) {
		recorder->map = address_map_new(config->vstart, config->vend);
		recorder->map_due = 1;
	}
	recorder->tells =
		config->ops_file || (config->listener && config->listener->config.events_file);
	if (config->ops_file)
		ops_csv_header(config->ops_file);
	return recorder;
}

static void sample_zones(struct recorder *recorder, struct zone_sample *zones)
{
	const struct recorder_config *config = &recorder->config;

	for (unsigned i = 0; i < recorder->figures.n_zones; i++) {
		zones[i] = (struct zone_sample){0};
		config->model_ops->sample_zone(config->model, i, &zones[i]);
	}
}

static void take_sample(struct recorder *recorder, uint64_t t_cycles)
{
	struct vmap_sample vmap = {0};

	if (recorder->figures.has_vmap)
		recorder->config.model_ops->sample_vmap(recorder->config.model, &vmap);
	sample_zones(recorder, recorder->zones);
	series_add(recorder->figures.series, recorder->figures.ops, recorder->last_seq, t_cycles,
		   &vmap, recorder->zones);
}

static void take_column(struct recorder *recorder, uint64_t t_cycles)
{
	recorder->map_due = address_map_add(recorder->map, recorder->figures.ops, t_cycles,
					    recorder->config.model_ops, recorder->config.model);
}

static void take_blocks(struct recorder *recorder, const char *name, uint64_t t_cycles, bool mark)
{
	const struct recorder_config *config = &recorder->config;

	if (!recorder->figures.blocks)
		return;
	(mark ? block_maps_mark
	      : block_maps_add)(recorder->figures.blocks, name, recorder->figures.ops, t_cycles,
				config->model_ops, config->model, config->memory->zones->len);
}

void recorder_begin(void *ctx)
{
	struct recorder *recorder = ctx;

	recorder->began = true;
	sample_zones(recorder, recorder->figures.zones_start);
	take_blocks(recorder, "start", 0, false);
}

static void count_order(struct figures *figures, const struct op_record *record)
{
	int order = record->op->page.order;

	if (order < 0 || order >= SAMPLE_ORDERS)
		return;
	struct order_figures *figures_of = &figures->orders[order];

	histogram_add(record->status == STATUS_OK ? &figures_of->granted : &figures_of->refused,
		      record->latency_cycles);
	figures_of->recorded_refused += (record->op->flags & OP_FAILED) != 0;
	struct type_figures *of_type = &figures->types[record->op->page.mt];

	if (record->status == STATUS_OK)
		of_type->granted++;
	else
		of_type->refused++;
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
	const struct op *op = record->op;
	struct kind_figures *kind = &figures->kinds[op->kind];

	kind->status[record->status]++;
	if (record->status > STATUS_FAIL)
		return; /* skipped or cut short: its latency says nothing */
	histogram_add(&kind->latency, record->latency_cycles);
	kind->wait_cycles += record->wait_cycles;
	kind->steps += record->steps;
	if (G_UNLIKELY(record->steps > kind->steps_max))
		kind->steps_max = record->steps;
	if (op_id_role(op->kind) != ID_MADE || op_is_seed(op))
		return;
	histogram_add(&figures->steps, record->steps);
	if (op->kind == OP_PAGE_ALLOC)
		count_order(figures, record);
	series_request(figures->series, record->latency_cycles);
	if (op->flags & (OP_FAILED | OP_HAS_ADDR))
		compare_with_recorded(&figures->recorded, record);
}

static G_NO_INLINE void tell(struct recorder *recorder, const struct op_record *record)
{
	const struct recorder_config *config = &recorder->config;

	if (config->ops_file)
		ops_csv_line(config->ops_file, record, !config->model_ops->replays);
	if (config->listener)
		listener_op(config->listener, record);
}

/* What is to be taken down after the op: a sample, a column of the map, a mark's pageblocks. */
static G_NO_INLINE void take_state(struct recorder *recorder, const struct op_record *record,
				   bool sample)
{
	uint64_t t_done = record->t_start_cycles + record->latency_cycles;

	if (sample)
		take_sample(recorder, t_done);
	if (recorder->figures.ops >= recorder->map_due)
		take_column(recorder, t_done);
	if (record->op->kind == OP_MARK)
		take_blocks(recorder, record->op->mark ? record->op->mark : "mark", t_done, true);
}

void recorder_op(void *ctx, const struct op_record *record)
{
	struct recorder *recorder = ctx;
	struct figures *figures = &recorder->figures;
	const struct op *op = record->op;

	count_op(figures, record);
	if (G_UNLIKELY(recorder->tells))
		tell(recorder, record);
	if (op_is_seed(op))
		return; /* what is there before the run begins is its state, not its course */
	sections_op(figures->sections, record);
	if (op->flags & OP_HAS_T)
		figures->timed = true;
	recorder->last_seq = op->seq;
	bool sample = series_due(figures->series);

	if (G_UNLIKELY(++figures->ops >= recorder->map_due || sample || op->kind == OP_MARK))
		take_state(recorder, record, sample);
}

static unsigned n_counters(const struct model_ops *model_ops)
{
	unsigned n = 0;

	while (model_ops->counters && model_ops->counters[n].name)
		n++;
	return n;
}

static void read_counters(struct recorder *recorder)
{
	const struct recorder_config *config = &recorder->config;
	unsigned n = n_counters(config->model_ops);

	if (!n)
		return;
	recorder->figures.counters = g_new0(uint64_t, n);
	config->model_ops->read_counters(config->model, recorder->figures.counters);
}

/*
 * An address space of which the recording does not say a word is not known, rather than empty.
 */
static void forget_unrecorded(struct recorder *recorder)
{
	static const enum op_kind kinds[] = {OP_VMAP_ALLOC, OP_VMAP_FREE,  OP_VMAP_PURGE,
					     OP_VMAP_SEED,  OP_PCPU_ALLOC, OP_PCPU_FREE};
	uint64_t said = 0;

	if (!recorder->config.model_ops->replays)
		return;
	for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
		for (unsigned status = 0; status < OP_STATUSES; status++)
			said += recorder->figures.kinds[kinds[i]].status[status];
	}
	if (said)
		return;
	recorder->figures.has_vmap = false;
	for (unsigned i = 0; i < recorder->figures.series->n; i++)
		recorder->figures.series->samples[i].vmap = (struct vmap_sample){0};
	g_clear_pointer(&recorder->map, address_map_free);
}

const struct figures *recorder_finish(struct recorder *recorder, const struct engine_totals *totals)
{
	if (!recorder->began)
		recorder_begin(recorder);
	forget_unrecorded(recorder);
	take_sample(recorder, totals->end_cycles);
	take_blocks(recorder, "end", totals->end_cycles, false);
	read_counters(recorder);
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
	for (unsigned order = 0; order < SAMPLE_ORDERS; order++) {
		histogram_clear(&recorder->figures.orders[order].granted);
		histogram_clear(&recorder->figures.orders[order].refused);
	}
	histogram_clear(&recorder->figures.steps);
	block_maps_free(recorder->figures.blocks);
	g_free(recorder->figures.zones_start);
	g_free(recorder->figures.counters);
	g_free(recorder->zones);
	series_free(recorder->figures.series);
	sections_free(recorder->figures.sections);
	address_map_free(recorder->map);
	g_free(recorder->figures.map);
	g_free(recorder);
}
