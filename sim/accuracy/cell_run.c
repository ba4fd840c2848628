// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/accuracy/cell_run.h"

#include "sim/base/error.h"
#include "sim/report/result.h"
#include "sim/workload/vmalloc_tests.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

/* --- one task ---------------------------------------------------------------------------- */

struct variant_spec cell_task_spec(const struct cells *cells, const struct cell_task *task)
{
	const struct cell_run *run = cells_run(cells, task->run);
	GString *workload = g_string_new(run->workload);

	if (task->loops)
		g_string_append_printf(workload,
				       ",test_loop_count=%" PRIu64 ",test_repeat_count=%" PRIu64,
				       task->loops, task->repeats);
	return (struct variant_spec){
		.name = g_strdup_printf("%s %" PRIu64, run->id, task->seed),
		.source = g_string_free(workload, FALSE),
		.workload = true,
		.model = g_strdup(run->model),
		.profile = g_strdup(task->profile),
		.order = ORDER_TIME,
		.seed = task->seed,
	};
}

/* Figures of result.json that cells want of the run. */
static json_t *figures_of(const struct cells *cells, unsigned run, const json_t *variant)
{
	json_t *figures = json_object();

	for (unsigned i = 0; i < cells->cells->len; i++) {
		const struct cell *cell = cells_cell(cells, i);
		json_t *value;

		if (cell->measure == MEASURE_FIGURE && cell->run == run &&
		    (value = json_at(variant, cell->path)))
			json_object_set(figures, cell->path, value);
	}
	return figures;
}

static json_t *answer_of(const struct cells *cells, const struct cell_task *task,
			 const struct variant_run *run)
{
	const struct variant_result result = variant_result_of(run);
	json_t *variant = variant_result_json(&result);
	json_t *answer = json_object();
	static const char *const kept[] = {"profile",  "profile_digest", "clock_hz",
					   "timer_hz", "source",	 "sections"};

	for (unsigned i = 0; i < G_N_ELEMENTS(kept); i++)
		json_object_set(answer, kept[i], json_object_get(variant, kept[i]));
	json_object_set(answer, "busy_cycles", json_at(variant, "totals/busy_cycles"));
	json_object_set(answer, "wait_cycles", json_at(variant, "totals/lock_wait_cycles"));
	json_object_set_new(answer, "figures", figures_of(cells, task->run, variant));
	json_decref(variant);
	return answer;
}

json_t *cell_task_execute(const struct cells *cells, const struct cell_task *task,
			  const struct variant_hooks *hooks, GError **error)
{
	struct variant_spec spec = cell_task_spec(cells, task);
	json_t *answer = NULL;
	struct variant_run run;

	if (!variant_execute(&spec, hooks, &run, error)) {
		g_prefix_error(error, "%s: ", spec.name);
	} else {
		if (run.totals.end == END_INTERRUPTED)
			set_interrupted_error(error);
		else if (run.totals.end == END_OOPS || run.totals.end == END_BROKEN)
			set_input_error(error, "%s: %s", spec.name,
					run.totals.end_message ? run.totals.end_message : "oops");
		else
			answer = answer_of(cells, task, &run);
		variant_run_clear(&run);
	}
	variant_spec_clear(&spec);
	return answer;
}

char *cell_task_digest(const struct cells *cells, const struct cell_task *task, GError **error)
{
	struct cpu_profile *profile = cpu_profile_load(task->profile, error);

	if (!profile)
		return NULL;
	struct variant_spec spec = cell_task_spec(cells, task);
	g_autoptr(GString) text = g_string_new(NULL);

	g_string_printf(text, "kmsim %s\n%s\n%s\n%s\n%" PRIu64 "\n", KMSIM_VERSION, spec.source,
			spec.model, cpu_profile_digest(profile), task->seed);
	for (unsigned i = 0; i < cells->cells->len; i++) {
		const struct cell *cell = cells_cell(cells, i);

		if (cell->measure == MEASURE_FIGURE && cell->run == task->run)
			g_string_append_printf(text, "%s\n", cell->path);
	}
	variant_spec_clear(&spec);
	cpu_profile_free(profile);
	return g_compute_checksum_for_string(G_CHECKSUM_SHA256, text->str, -1);
}

/* --- all of them ------------------------------------------------------------------------- */

unsigned cell_run_layouts(const struct cell_answers *answers, unsigned run)
{
	uint64_t most = cells_run(answers->cells, run)->layouts;
	unsigned all = answers->effort.layouts;

	return most && most < all && !answers->effort.quick ? (unsigned)most : all;
}

unsigned cell_layouts(const struct cell_answers *answers, unsigned cell)
{
	unsigned n = answers->cells->runs->len, layouts = answers->effort.layouts;
	g_autofree bool *needed = g_new0(bool, n);

	cells_need(answers->cells, cell, needed);
	for (unsigned run = 0; run < n; run++) {
		if (needed[run])
			layouts = MIN(layouts, cell_run_layouts(answers, run));
	}
	return layouts;
}

/* Tasks of one run on one layout, by their lengths. */
static void add_tasks(struct cell_answers *answers, unsigned index, uint64_t seed,
		      const char *profile)
{
	const struct cell_run *run = cells_run(answers->cells, index);
	struct cell_task task = {
		.run = index,
		.seed = seed,
		.loops = run->loops,
		.repeats = answers->effort.one_pass ? MIN(run->repeats, 1) : run->repeats,
		.profile = profile,
	};

	if (answers->effort.quick && run->loops) {
		task.loops = run->quick_loops[0];
		task.repeats = 1;
		g_array_append_val(answers->tasks, task);
		task.loops = run->quick_loops[1];
	}
	g_array_append_val(answers->tasks, task);
}

struct cell_answers *cell_answers_new(const struct cells *cells, const struct cell_effort *effort,
				      const bool *needed, GHashTable *profiles)
{
	struct cell_answers *answers = g_new0(struct cell_answers, 1);

	answers->cells = cells;
	answers->effort = *effort;
	answers->tasks = g_array_new(FALSE, FALSE, sizeof(struct cell_task));
	answers->first = g_new(unsigned, cells->runs->len);
	for (unsigned i = 0; i < cells->runs->len; i++) {
		const char *profile = cells_run(cells, i)->profile;
		const char *other = profiles ? g_hash_table_lookup(profiles, profile) : NULL;

		unsigned layouts = needed[i] ? cell_run_layouts(answers, i) : 0;

		answers->first[i] = needed[i] ? answers->tasks->len : UINT_MAX;
		for (unsigned layout = 0; layout < layouts; layout++)
			add_tasks(answers, i, layout + 1, other ? other : profile);
	}
	answers->of = g_new0(json_t *, answers->tasks->len);
	return answers;
}

void cell_answers_free(struct cell_answers *answers)
{
	if (!answers)
		return;
	for (unsigned i = 0; i < answers->tasks->len; i++)
		json_decref(answers->of[i]);
	g_free(answers->of);
	g_free(answers->first);
	g_array_unref(answers->tasks);
	g_free(answers);
}

/* --- figures ----------------------------------------------------------------------------- */

/* Over the CPUs that ran it. */
struct test_times {
	double cycles; /* of one run of the test, summed over CPUs */
	unsigned cpus;
	double begin, end; /* of all tests that count */
};

/* @test: NULL for all. */
static struct test_times times_of(const json_t *answer, const char *test)
{
	struct test_times times = {0};
	json_t *section;
	size_t i;

	json_array_foreach (json_at(answer, "sections/list"), i, section) {
		const char *name = json_string_at(section, "name");
		double runs = json_number_at(section, "runs");

		if (!g_str_has_prefix(name, "test:") || runs <= 0 ||
		    (test && strcmp(name + strlen("test:"), test)))
			continue;
		double begin = json_number_at(section, "first_start_cycles");

		times.begin = times.cpus ? MIN(times.begin, begin) : begin;
		times.end = MAX(times.end, json_number_at(section, "last_end_cycles"));
		times.cycles += json_number_at(section, "total_cycles") / runs;
		times.cpus++;
	}
	return times;
}

/* What one run says, at its own length. */
static bool measure(const struct cell *cell, const struct cell_run *run,
		    const struct cell_task *task, const json_t *answer, double *value)
{
	double clock_hz = json_number_at(answer, "clock_hz");
	bool one_test = cell->measure == MEASURE_TEST_US || cell->measure == MEASURE_PAIR_US;
	struct test_times times = times_of(answer, one_test ? cell->test : NULL);

	if (cell->measure == MEASURE_FIGURE) {
		json_t *figure = json_object_get(json_object_get(answer, "figures"), cell->path);

		*value = json_number_value(figure) / cell->divisor;
		return json_is_number(figure);
	}
	if (!times.cpus)
		return false;
	double passes = (double)run->repeats / (double)task->repeats;
	double seconds = (times.end - times.begin) / clock_hz * passes;
	double one_us = times.cycles / times.cpus / clock_hz * 1e6;

	if (cell->measure == MEASURE_RAW_TICKS)
		*value = seconds * json_number_at(answer, "timer_hz");
	else if (cell->measure == MEASURE_WALL_S)
		*value = seconds;
	else
		*value = cell->measure == MEASURE_TEST_US ? one_us : one_us / (double)task->loops;
	return true;
}

static double sum_of(const struct cell_answers *answers, const GArray *terms, unsigned layout,
		     bool *known)
{
	double sum = 0, value;

	for (unsigned i = 0; i < terms->len; i++) {
		if (cell_value(answers, g_array_index(terms, unsigned, i), layout, &value))
			sum += value;
		else
			*known = false;
	}
	return sum;
}

/* Does its time grow with the number of loops? Two of the tests have none. */
static bool grows(const struct cell *cell)
{
	for (unsigned i = 0; cell->measure == MEASURE_TEST_US && i < VMALLOC_TESTS; i++) {
		const struct test_phase *phase = vmalloc_tests[i].phases;

		if (strcmp(vmalloc_tests[i].name, cell->test))
			continue;
		while (phase->times != NEVER && phase->times != LOOPS)
			phase++;
		return phase->times == LOOPS;
	}
	return cell->measure != MEASURE_PAIR_US;
}

/* Through two short runs a straight line, to the length that was published. */
static double extend(const struct cell_run *run, const struct cell_task *tasks,
		     const double *values)
{
	double slope = (values[1] - values[0]) / (double)(tasks[1].loops - tasks[0].loops);

	return values[1] + slope * ((double)run->loops - (double)tasks[1].loops);
}

/* Tasks of one run on one layout: two lengths where a quick run extends a line. */
static unsigned lengths_of(const struct cell_answers *answers, unsigned run)
{
	return answers->effort.quick && cells_run(answers->cells, run)->loops ? 2 : 1;
}

bool cell_was_run(const struct cell_answers *answers, unsigned cell)
{
	unsigned n = answers->cells->runs->len;
	g_autofree bool *needed = g_new0(bool, n);
	bool all = true;

	cells_need(answers->cells, cell, needed);
	for (unsigned run = 0; run < n; run++) {
		unsigned first = answers->first[run];
		unsigned tasks = cell_run_layouts(answers, run) * lengths_of(answers, run);

		for (unsigned i = 0; needed[run] && i < tasks; i++)
			all &= first != UINT_MAX && answers->of[first + i];
	}
	return all;
}

bool cell_value(const struct cell_answers *answers, unsigned index, unsigned layout, double *value)
{
	const struct cell *cell = cells_cell(answers->cells, index);

	if (cell->measure == MEASURE_RATIO) {
		bool known = true;
		double above = sum_of(answers, cell->above_line, layout, &known);
		double below = sum_of(answers, cell->below_line, layout, &known);

		*value = below > 0 ? above / below : 0;
		return known && below > 0;
	}
	const struct cell_run *run = cells_run(answers->cells, cell->run);
	unsigned lengths = lengths_of(answers, cell->run);

	if (answers->first[cell->run] == UINT_MAX)
		return false;
	unsigned first = answers->first[cell->run] + layout * lengths;
	const struct cell_task *tasks = &g_array_index(answers->tasks, struct cell_task, first);
	double values[2];

	for (unsigned i = 0; i < lengths; i++) {
		json_t *answer = answers->of[first + i];

		if (!answer || !measure(cell, run, &tasks[i], answer, &values[i]))
			return false;
	}
	*value = values[lengths - 1];
	if (lengths > 1 && grows(cell))
		*value = extend(run, tasks, values);
	return true;
}

bool cell_waiting(const struct cell_answers *answers, unsigned run, unsigned layout,
		  double *percent)
{
	unsigned lengths = lengths_of(answers, run);

	if (answers->first[run] == UINT_MAX)
		return false;
	json_t *answer = answers->of[answers->first[run] + (layout + 1) * lengths - 1];
	double wait = json_number_at(answer, "wait_cycles");
	double all = json_number_at(answer, "busy_cycles") + wait;

	*percent = all > 0 ? 100 * wait / all : 0;
	return all > 0;
}
