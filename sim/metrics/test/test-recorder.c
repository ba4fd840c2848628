// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/metrics/recorder.h"

#include <glib/gstdio.h>

/* A model of which only its state is asked: as many pages busy as its value says. */
static void sample_vmap(void *model, struct vmap_sample *sample)
{
	*sample = (struct vmap_sample){.busy_areas = *(uint64_t *)model};
}

static void busy_ranges(void *model, uint64_t start, uint64_t end, busy_range_fn fn, void *ctx)
{
	(void)end;
	fn(ctx, start, start + *(uint64_t *)model * PAGE_SIZE);
}

static const struct model_ops state_ops = {.sample_vmap = sample_vmap, .busy_ranges = busy_ranges};
static const struct model_ops blind_ops = {.name = "blind"};

static struct recorder *new_recorder(const struct model_ops *model_ops, uint64_t *model,
				     struct writer *ops_file)
{
	return recorder_new(&(struct recorder_config){.model_ops = model_ops,
						      .model = model,
						      .vstart = 0x10000,
						      .vend = 0x10000000,
						      .ops_file = ops_file});
}

static void test_counts(void)
{
	uint64_t busy = 3;
	struct recorder *recorder = new_recorder(&state_ops, &busy, NULL);
	struct op op = {.kind = OP_VMAP_ALLOC, .flags = OP_HAS_T};
	struct op_record record = {.op = &op};

	for (uint64_t i = 1; i <= 100; i++) {
		op.seq = i - 1;
		record.status = i % 10 ? STATUS_OK : STATUS_FAIL;
		record.t_start_cycles = i * 1000;
		record.latency_cycles = i;
		record.wait_cycles = 2;
		record.steps = i;
		recorder_op(recorder, &record);
	}
	op.kind = OP_VMAP_FREE;
	record.status = STATUS_SKIPPED;
	recorder_op(recorder, &record);

	const struct figures *figures =
		recorder_finish(recorder, &(struct engine_totals){.end_cycles = 200000});
	const struct kind_figures *allocs = &figures->kinds[OP_VMAP_ALLOC];

	g_assert_cmpuint(figures->ops, ==, 101);
	g_assert_true(figures->timed);
	g_assert_cmpuint(allocs->status[STATUS_OK], ==, 90);
	g_assert_cmpuint(allocs->status[STATUS_FAIL], ==, 10);
	g_assert_cmpuint(allocs->latency.count, ==, 100);
	g_assert_cmpuint(allocs->latency.sum, ==, 5050);
	g_assert_cmpuint(allocs->wait_cycles, ==, 200);
	g_assert_cmpuint(allocs->steps, ==, 5050);
	g_assert_cmpuint(allocs->steps_max, ==, 100);
	g_assert_cmpuint(figures->steps.count, ==, 100);
	g_assert_cmpuint(figures->kinds[OP_VMAP_FREE].status[STATUS_SKIPPED], ==, 1);
	g_assert_cmpuint(figures->kinds[OP_VMAP_FREE].latency.count, ==, 0);
	g_assert_true(figures->has_vmap);
	g_assert_cmpuint(figures->series->n, ==, 101);
	g_assert_cmpuint(figures->series->samples[4].t_cycles, ==, 5005);
	g_assert_cmpuint(figures->series->samples[100].t_cycles, ==, 200000);
	g_assert_cmpuint(figures->series->samples[100].vmap.busy_areas, ==, 3);
	g_assert_nonnull(figures->map);
	g_assert_cmphex(figures->map->low, ==, 0x10000);
	g_assert_cmpuint(figures->map->n_rows, ==, 3);
	recorder_free(recorder);
}

/* Recorded answers: of requests only, and a failure is no address. */
static void test_recorded(void)
{
	static const struct {
		enum op_kind kind;
		uint32_t flags;
		enum op_status status;
		uint64_t addr;
		struct recorded_figures add;
	} cases[] = {
		{OP_VMAP_ALLOC, OP_HAS_ADDR, STATUS_OK, 0x5000, {1, 1, 0, 0}},
		{OP_VMAP_ALLOC, OP_HAS_ADDR, STATUS_OK, 0x6000, {1, 0, 0, 0}},
		{OP_VMAP_ALLOC, OP_HAS_ADDR, STATUS_FAIL, 0, {1, 0, 0, 0}},
		{OP_VMAP_ALLOC, 0, STATUS_OK, 0x5000, {0, 0, 0, 0}},
		{OP_VMAP_ALLOC, OP_FAILED, STATUS_FAIL, 0, {0, 0, 1, 1}},
		{OP_VMAP_ALLOC, OP_FAILED, STATUS_OK, 0x5000, {0, 0, 1, 0}},
		{OP_VMAP_SEED, OP_HAS_ADDR, STATUS_OK, 0x5000, {0, 0, 0, 0}},
		{OP_VMAP_FREE, OP_HAS_ADDR, STATUS_OK, 0x5000, {0, 0, 0, 0}},
	};
	struct recorded_figures sum = {0};
	struct recorder *recorder = new_recorder(&blind_ops, NULL, NULL);

	for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct op op = {
			.kind = (uint8_t)cases[i].kind, .flags = cases[i].flags, .addr = 0x5000};

		recorder_op(recorder, &(struct op_record){.op = &op,
							  .status = cases[i].status,
							  .has_addr = cases[i].status == STATUS_OK,
							  .addr = cases[i].addr});
		sum.addresses += cases[i].add.addresses;
		sum.same_address += cases[i].add.same_address;
		sum.failures += cases[i].add.failures;
		sum.same_failure += cases[i].add.same_failure;
	}
	const struct figures *figures = recorder_finish(recorder, &(struct engine_totals){0});

	g_assert_cmpuint(figures->recorded.addresses, ==, sum.addresses);
	g_assert_cmpuint(figures->recorded.same_address, ==, sum.same_address);
	g_assert_cmpuint(figures->recorded.failures, ==, sum.failures);
	g_assert_cmpuint(figures->recorded.same_failure, ==, sum.same_failure);
	g_assert_cmpuint(figures->ops, ==, G_N_ELEMENTS(cases) - 1); /* the seed is no op */
	g_assert_false(figures->has_vmap);
	g_assert_null(figures->map);
	recorder_free(recorder);
}

static const struct {
	struct op op;
	struct op_record record;
	const char *line;
} lines[] = {
	{{.seq = 0, .kind = OP_VMAP_SEED, .id = 7},
	 {.has_addr = true, .addr = 0xffffc90000000000},
	 "0,0,0,vmap_seed,7,0xffffc90000000000,ok,0,0,0,"},
	{{.seq = 1, .kind = OP_VMAP_ALLOC, .id = UINT64_MAX, .cpu = 3},
	 {.has_addr = true,
	  .addr = 0xabc000,
	  .t_start_cycles = 12345678901,
	  .latency_cycles = 1000,
	  .wait_cycles = 10,
	  .steps = 42,
	  .note_key = "fit",
	  .note_value = "LE"},
	 "1,12345678901,3,vmap_alloc,18446744073709551615,0xabc000,ok,1000,10,42,fit=LE"},
	{{.seq = 2, .kind = OP_VMAP_ALLOC, .id = 2},
	 {.status = STATUS_FAIL, .t_start_cycles = 1, .latency_cycles = 9},
	 "2,1,0,vmap_alloc,2,,fail,9,0,0,"},
	{{.seq = 3, .kind = OP_VMAP_FREE, .id = 2},
	 {.status = STATUS_SKIPPED},
	 "3,0,0,vmap_free,2,,skipped,0,0,0,"},
	{{.seq = 4, .kind = OP_VMAP_PURGE}, {0}, "4,0,0,vmap_purge,,,ok,0,0,0,"},
	{{.seq = 5, .kind = OP_MARK}, {0}, "5,0,0,mark,,,ok,0,0,0,"},
	{{.seq = 6, .kind = OP_PAGE_ALLOC, .id = 1, .page = {.order = 9, .mt = MT_MOVABLE}},
	 {.has_addr = true, .addr = 1048576, .note_key = "fallback", .note_value = "1"},
	 "6,0,0,page_alloc,1,1048576,ok,0,0,0,order=9;mt=movable;fallback=1"},
	{{.seq = 6, .kind = OP_PAGE_SEED, .id = 2, .page = {.order = 0}},
	 {.has_addr = true, .addr = 4096},
	 "6,0,0,page_seed,2,4096,ok,0,0,0,order=0;mt=unmovable"},
	{{.seq = 6, .kind = OP_PAGE_FREE, .id = 1},
	 {.has_addr = true, .addr = 1048576, .note_key = "reclaimed", .note_value = "1"},
	 "6,0,0,page_free,1,1048576,ok,0,0,0,reclaimed=1"},
	{{.seq = 6, .kind = OP_COMPACT, .page = {.order = -1, .mode = COMPACT_SYNC_LIGHT}},
	 {.note_key = "result", .note_value = "complete"},
	 "6,0,0,compact,,,ok,0,0,0,order=-1;mode=sync-light;result=complete"},
	{{.seq = 7, .kind = OP_PCPU_FREE, .id = 9},
	 {.has_addr = true, .status = STATUS_OOPS},
	 "7,0,0,pcpu_free,9,0x0,oops,0,0,0,"},
};

static void test_ops_csv(void)
{
	g_autofree char *folder = g_dir_make_tmp("kmsim-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "ops.csv", NULL);
	g_autofree char *text = NULL;
	struct writer *writer = writer_open(path, NULL);
	struct recorder *recorder = new_recorder(&blind_ops, NULL, writer);
	g_autoptr(GString) expected = g_string_new(
		"seq,t_start_cycles,cpu,op,id,addr,status,latency_cycles,wait_cycles,steps,"
		"detail\n");

	for (unsigned i = 0; i < G_N_ELEMENTS(lines); i++) {
		struct op_record record = lines[i].record;

		record.op = &lines[i].op;
		recorder_op(recorder, &record);
		g_string_append_printf(expected, "%s\n", lines[i].line);
	}
	g_assert_true(writer_commit(writer, NULL));
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, expected->str);
	recorder_free(recorder);
	g_unlink(path);
	g_rmdir(folder);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/recorder/counts", test_counts);
	g_test_add_func("/recorder/recorded", test_recorded);
	g_test_add_func("/recorder/ops-csv", test_ops_csv);
	return g_test_run();
}
