// SPDX-License-Identifier: GPL-2.0-or-later
/* What docs/workloads.md claims of the workloads of page ops, when they run on the pages model. */
#include "models/builtin.h"
#include "models/model_run.h"
#include "sim/trace/op_stream.h"
#include "sim/workload/workload.h"

#include <string.h>

#define ORDERS	     SAMPLE_ORDERS
#define COUNTERS_MAX 128

/* One run, op by op, in turns of the CPUs. */
struct trial {
	struct model_run run;
	struct op_source *source;
	struct op_stream *stream;
	GByteArray *refused;		       /* by slot */
	uint64_t made[ORDERS], denied[ORDERS]; /* since the last mark, but page cache */
	uint64_t oopses;
	char *mark; /* the last */
};

static struct trial *trial_new(const char *workload, const char *rule, uint64_t seed)
{
	struct trial *trial = g_new0(struct trial, 1);
	const struct workload_env env = {.seed = seed};
	struct param_value params[PARAM_MAX];
	GError *error = NULL;

	trial->source = workload_source_new(workload, &env, &error);
	g_assert_no_error(error);
	param_defaults(pages_model.params, params);
	if (rule)
		param_set(pages_model.params, params, "", "isolate_around", rule, &error);
	param_set(pages_model.params, params, "", "on_oops", "count", &error);
	g_assert_no_error(error);
	model_run_init(&trial->run, &pages_model,
		       (struct model_env){.cpus = trial->source->header.cpus,
					  .memory = trial->source->header.memory,
					  .params = params},
		       &error);
	g_assert_no_error(error);
	trial->stream = op_stream_new(trial->source, trial->source->header.cpus, false);
	trial->refused = g_byte_array_new();
	return trial;
}

static void trial_free(struct trial *trial)
{
	g_autofree char *message = pages_model.check(trial->run.model);

	g_assert_cmpstr(message, ==, NULL);
	model_run_clear(&trial->run);
	op_stream_free(trial->stream);
	op_source_destroy(trial->source);
	g_byte_array_unref(trial->refused);
	g_free(trial->mark);
	g_free(trial);
}

/* The free of what was refused is no op. */
static bool perform(struct trial *trial, const struct op *op)
{
	bool makes = op_id_role(op->kind) == ID_MADE;

	if (op_id_role(op->kind) == ID_ENDED && trial->refused->data[op->slot])
		return true;
	bool ok = model_run_op(&trial->run, op) == CALL_DONE;

	if (makes && op->slot >= trial->refused->len)
		g_byte_array_set_size(trial->refused, 2 * op->slot + 64);
	if (makes)
		trial->refused->data[op->slot] = !ok;
	if (op->kind == OP_PAGE_ALLOC && !(op->flags & OP_RECLAIMABLE))
		(ok ? trial->made : trial->denied)[op->page.order]++;
	trial->oopses += op->kind == OP_COMPACT && !ok;
	return ok;
}

/* Run to the mark @name, and to the end if that is NULL. Counts begin with the mark before it. */
static void run_to(struct trial *trial, const char *name)
{
	GError *error = NULL;
	struct op op;

	while (op_stream_next(trial->stream, ANY_CPU, &op, &error) == SOURCE_OP) {
		if (op.kind == OP_MARK) {
			bool there = !g_strcmp0(op.mark, name);

			g_free(trial->mark);
			trial->mark = g_steal_pointer(&op.mark);
			if (there)
				return;
			memset(trial->made, 0, sizeof(trial->made));
			memset(trial->denied, 0, sizeof(trial->denied));
			continue;
		}
		bool ok = perform(trial, &op);

		op_stream_result(trial->stream, &op, ok, trial->run.call.addr);
		if (op_id_role(op.kind) == ID_ENDED)
			op_stream_release(trial->stream, op.slot);
	}
	g_assert_no_error(error);
	g_assert_null(name);
}

/* Run on from a mark: what was counted up to it is over. */
static void run_on_to(struct trial *trial, const char *name)
{
	memset(trial->made, 0, sizeof(trial->made));
	memset(trial->denied, 0, sizeof(trial->denied));
	run_to(trial, name);
}

static uint64_t free_chunks(struct trial *trial, unsigned zone, unsigned order)
{
	struct zone_sample sample;
	uint64_t n = 0;

	pages_model.sample_zone(trial->run.model, zone, &sample);
	for (unsigned type = 0; type < LIST_TYPES; type++)
		n += sample.nr_free[type][order];
	return n;
}

/* In all zones, those on per-CPU lists included. */
static uint64_t free_pages(struct trial *trial)
{
	struct zone_sample sample;
	uint64_t pages = 0;

	for (unsigned zone = 0; zone < trial->source->header.memory->zones->len; zone++) {
		pages_model.sample_zone(trial->run.model, zone, &sample);
		pages += sample.pcp_pages;
		for (unsigned order = 0; order < ORDERS; order++)
			pages += free_chunks(trial, zone, order) << order;
	}
	return pages;
}

static uint64_t counter(struct trial *trial, const char *name)
{
	uint64_t values[COUNTERS_MAX];

	pages_model.read_counters(trial->run.model, values);
	for (unsigned i = 0; pages_model.counters[i].name; i++) {
		g_assert_cmpuint(i, <, COUNTERS_MAX);
		if (!strcmp(pages_model.counters[i].name, name))
			return values[i];
	}
	g_assert_not_reached();
}

/* --- page_fragmenter -------------------------------------------------------------------- */

static void assert_fragmented(const char *spec, unsigned limit, uint64_t pages, unsigned percent)
{
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct trial *trial = trial_new(spec, NULL, seed);

		run_to(trial, "fragmented");
		for (unsigned order = limit + 1; order < ORDERS; order++)
			g_assert_cmpuint(free_chunks(trial, 0, order), ==, 0);
		g_assert_cmpuint(free_pages(trial) * 100, >=, pages * percent - pages / 10);
		g_assert_cmpuint(free_pages(trial) * 100, <=, pages * percent + pages);
		trial_free(trial);
	}
}

static void test_fragmented(void)
{
	assert_fragmented("page_fragmenter,memory=128", 8, 32768, 30);
	assert_fragmented("page_fragmenter,memory=128,free=40,limit_order=3,hole_order=0", 3, 32768,
			  40);
	assert_fragmented("page_fragmenter,memory=128,free=10,limit_order=5,unmovable=10", 5, 32768,
			  10);
}

/* Compaction makes large chunks where pageblocks are free of pins, and nowhere else. */
static void assert_huge_after_compaction(const char *spec, uint64_t least, uint64_t most)
{
	struct trial *trial = trial_new(spec, NULL, 1);

	run_to(trial, "requests:start");
	run_on_to(trial, "requests:end");
	g_assert_cmpuint(trial->made[9] + trial->denied[9], ==, 15); /* 80 % of 30 % of 64 */
	g_assert_cmpuint(trial->made[9], >=, least);
	g_assert_cmpuint(trial->made[9], <=, most);
	trial_free(trial);
}

static void test_pins_decide(void)
{
	assert_huge_after_compaction("page_fragmenter,memory=128,pinned_blocks=0", 14, 15);
	assert_huge_after_compaction("page_fragmenter,memory=128,pinned_blocks=100", 0, 0);
	assert_huge_after_compaction("page_fragmenter,memory=128,pinned_blocks=0,compactions=0", 1,
				     15);
}

/* --- page_churn ------------------------------------------------------------------------- */

static void test_churn(void)
{
	struct trial *trial = trial_new("page_churn,memory=128,cpus=2,ops=200000", NULL, 1);

	run_to(trial, NULL);
	/* 70 % held; a chunk more or less on each CPU */
	g_assert_cmpuint(free_pages(trial), >=, 32768 * 30 / 100 - 16);
	g_assert_cmpuint(free_pages(trial), <=, 32768 * 30 / 100 + 16);
	trial_free(trial);
}

/* --- thp_stress ------------------------------------------------------------------------- */

static void test_stress(void)
{
	struct trial *trial = trial_new("thp_stress,memory=128", NULL, 1);

	run_to(trial, "fault");
	/* more files were written than there is memory: it is full, and was reclaimed */
	g_assert_cmpuint(free_pages(trial), <, 32768 / 10);
	g_assert_cmpuint(counter(trial, "pgsteal_kswapd"), >, 32768 / 2);
	run_on_to(trial, "unmap");
	g_assert_cmpuint(trial->made[9] + trial->denied[9], ==, 48);
	/* a page table for each, and small pages where there is no huge one */
	g_assert_cmpuint(trial->made[0], ==, 48 + 512 * trial->denied[9]);
	run_on_to(trial, NULL);
	/* what three quarters of the memory had been given for is free again */
	g_assert_cmpuint(free_pages(trial), >, 32768 * 3 / 4);
	trial_free(trial);
}

/* A fault that may neither compact nor reclaim gets hardly any; one that may gets some. */
static void test_stress_defrag(void)
{
	uint64_t huge[2];

	for (unsigned i = 0; i < 2; i++) {
		struct trial *trial = trial_new(i ? "thp_stress,memory=128,defrag=madvise"
						  : "thp_stress,memory=128,defrag=never",
						NULL, 1);

		run_to(trial, "fault");
		run_on_to(trial, "unmap");
		huge[i] = trial->made[9];
		trial_free(trial);
	}
	g_assert_cmpuint(huge[0], <, huge[1]);
}

/* --- mixed_server ----------------------------------------------------------------------- */

static uint64_t huge_pages_of_server(const char *spec)
{
	struct trial *trial = trial_new(spec, NULL, 1);

	run_to(trial, "server:steady");
	uint64_t steady = free_pages(trial);

	g_assert_cmpuint(steady, <, 32768 / 5);
	run_on_to(trial, "server:last");
	uint64_t made = trial->made[9];

	g_assert_cmpuint(made + trial->denied[9], >, 20);
	g_assert_cmpuint(free_pages(trial), <, 32768 / 5);
	run_on_to(trial, NULL);
	g_assert_cmpuint(trial->made[9] + trial->denied[9], ==, 1);
	if (!made)
		g_assert_cmpuint(trial->denied[9], ==, 1);
	trial_free(trial);
	return made;
}

/* One page in a hundred that is pinned is enough. */
static void test_server(void)
{
	const char *spec = "mixed_server,memory=128,ops=100000,probe_every=1000";
	g_autofree char *without = g_strconcat(spec, ",pins=0", NULL);

	g_assert_cmpuint(huge_pages_of_server(spec), ==, 0);
	g_assert_cmpuint(huge_pages_of_server(without), >, 5);
}

/* --- stray_probe ------------------------------------------------------------------------ */

struct strays {
	uint64_t examined, targets, polluted, free_scanned, oopses;
};

static struct strays probe(const char *spec, const char *rule)
{
	struct trial *trial = trial_new(spec, rule, 1);

	run_to(trial, NULL);
	struct strays strays = {
		.examined = counter(trial, "stray_examined_block"),
		.targets = counter(trial, "stray_target_block"),
		.polluted = counter(trial, "stray_polluted_blocks"),
		.free_scanned = counter(trial, "compact_free_scanned"),
		.oopses = trial->oopses,
	};

	trial_free(trial);
	return strays;
}

/* Beside a section without struct pages: the off-by-one as described crashes, the others do not. */
static void test_strays_crash(void)
{
	const char *spec = "stray_probe,memory=256,rounds=5";
	struct strays inclusive = probe(spec, "inclusive");

	g_assert_cmpuint(inclusive.oopses, >, 0);
	g_assert_cmpuint(inclusive.examined, >, 0);
	g_assert_cmpuint(probe(spec, "v5.1").oopses, ==, 0);
	g_assert_cmpuint(probe(spec, "v5.2").oopses, ==, 0);
}

/* Where memory does not end with a section it strays silently; what was released strays nowhere. */
static void test_strays_silently(void)
{
	const char *spec = "stray_probe,memory=250,hole=0,rounds=5";
	struct strays inclusive = probe(spec, "inclusive");
	struct strays v5_1 = probe(spec, "v5.1"), v5_2 = probe(spec, "v5.2");

	g_assert_cmpuint(inclusive.oopses, ==, 0);
	g_assert_cmpuint(inclusive.examined, >, 100);
	g_assert_cmpuint(inclusive.targets, >, 10);
	g_assert_cmpuint(inclusive.polluted, >, 5);
	g_assert_cmpuint(v5_1.examined + v5_1.targets, ==, 0);
	g_assert_cmpuint(v5_2.examined + v5_2.targets, ==, 0);
	/* the last page of a block: v5.1 looks at it, v5.2 does not */
	g_assert_cmpuint(v5_1.free_scanned, !=, v5_2.free_scanned);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/page_fragmenter/fragmented", test_fragmented);
	g_test_add_func("/page_fragmenter/pins-decide", test_pins_decide);
	g_test_add_func("/page_churn/held", test_churn);
	g_test_add_func("/thp_stress/phases", test_stress);
	g_test_add_func("/thp_stress/defrag", test_stress_defrag);
	g_test_add_func("/mixed_server/pins", test_server);
	g_test_add_func("/stray_probe/crash", test_strays_crash);
	g_test_add_func("/stray_probe/silent", test_strays_silently);
	return g_test_run();
}
