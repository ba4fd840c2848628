// SPDX-License-Identifier: GPL-2.0-or-later
/* Booted machines: recorded ones as seeds, drawn ones as requests before anything else. */
#include "sim/workload/boot.h"

#include "sim/workload/settings.h"
#include "sim/workload/test/collect.h"

#include <glib/gstdio.h>

#define QUICK "mode=performance,test_loop_count=1,full_fit_areas=1,long_busy_areas=1"

static const char *const shipped[] = {"cloud-6.1-2cpu", "cloud-6.12-2cpu", "guest-6.18-2cpu",
				      "initrd-6.12-2cpu", "initrd-6.12-4cpu"};

static guint count_from(const GArray *ops, enum op_kind kind, uint32_t flag)
{
	guint n = 0;

	for (guint i = 0; i < ops->len; i++)
		n += op_at(ops, i)->kind == kind && op_at(ops, i)->flags & flag;
	return n;
}

/* Every shipped boot, in every layout, is seeds that op_stream takes: in the window, disjoint. */
static void test_shipped(void)
{
	static const char *const archs[] = {"x86_64", "arm64-39", "arm64-48", "arm32"};

	for (guint i = 0; i < G_N_ELEMENTS(shipped) * G_N_ELEMENTS(archs); i++) {
		g_autofree char *spec = g_strdup_printf("test_vmalloc," QUICK ",boot=%s,arch=%s",
							shipped[i / G_N_ELEMENTS(archs)],
							archs[i % G_N_ELEMENTS(archs)]);
		GArray *ops = collect(spec, 1, NULL);
		guint seeds = count_kind(ops, OP_VMAP_SEED);

		g_test_message("%s: %u seeds", spec, seeds);
		g_assert_cmpuint(seeds, >=, 80);
		for (guint k = 0; k < seeds; k++)
			g_assert_cmpint(op_at(ops, k)->kind, ==, OP_VMAP_SEED);
		g_array_unref(ops);
	}
}

/* On x86-64 nothing is left out, and distances to the ends of the windows are as recorded. */
static void test_moved(void)
{
	GArray *ops = collect("test_vmalloc," QUICK ",boot=initrd-6.12-4cpu", 1, NULL);
	const struct op *first = op_at(ops, 0);
	guint modules = 0, chunks = 0;

	g_assert_cmpuint(count_kind(ops, OP_VMAP_SEED), ==, 111);
	g_assert_cmpuint(count_from(ops, OP_VMAP_SEED, OP_LAZY), ==, 4);
	g_assert_cmphex(first->addr, ==, VMALLOC_START_X86_64);
	g_assert_cmpuint(first->vmap.size, ==, 20480);
	for (guint i = 0; i < ops->len; i++) {
		const struct op *op = op_at(ops, i);

		if (op->kind != OP_VMAP_SEED)
			continue;
		modules += op->addr == 0xffffffffc007d000;
		/* 0xffffee43bfc00000 of a window that ended at 0xffffee43bfffffff */
		chunks += op->addr == VMALLOC_END_X86_64 + 1 - 0x400000 && op->vmap.size == 2 << 20;
	}
	g_assert_cmpuint(modules, ==, 1);
	g_assert_cmpuint(chunks, ==, 1);
	g_array_unref(ops);
}

static GArray *drawn(const char *more, uint64_t seed)
{
	g_autofree char *spec = g_strconcat("test_vmalloc," QUICK ",boot=drawn", more, NULL);

	return collect(spec, seed, NULL);
}

static guint end_of_boot(const GArray *ops)
{
	guint i = 0;

	g_assert_cmpstr(op_at(ops, 0)->mark, ==, "boot:start");
	while (op_at(ops, i)->kind != OP_MARK || strcmp(op_at(ops, i)->mark, "boot:end"))
		i++;
	return i;
}

/* Stacks that are live after the boot are its tasks, whatever the seed. */
static void test_tasks(void)
{
	static const struct {
		const char *more;
		uint64_t align;
		guint tasks;
	} cases[] = {
		{",cpus=2", 16 << 10, 66},
		{",cpus=4", 16 << 10, 86},
		{",boot_tasks=1", 16 << 10, 1},
		{",boot_tasks=333", 16 << 10, 333},
		{",arch=arm64-39,cpus=8", 32 << 10, 126},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases) * 5; i++) {
		guint c = i / 5;
		GArray *ops = drawn(cases[c].more, i % 5);
		guint end = end_of_boot(ops), stacks = 0, irq_stacks = 0;
		g_autoptr(GHashTable) live = g_hash_table_new(NULL, NULL);

		for (guint k = 0; k < end; k++) {
			const struct op *op = op_at(ops, k);
			void *id = GSIZE_TO_POINTER(op->id);

			g_assert_cmpuint(op->cpu, ==, 0);
			if (op->kind == OP_VMAP_ALLOC && op->vmap.align == cases[c].align &&
			    op->vmap.size == 20480)
				g_hash_table_add(live, id);
			else if (op->kind == OP_VMAP_FREE)
				g_hash_table_remove(live, id);
		}
		stacks = g_hash_table_size(live);
		if (cases[c].align == 32 << 10)
			irq_stacks = 8; /* aligned alike there */
		g_assert_cmpuint(stacks, ==, cases[c].tasks + irq_stacks);
		g_array_unref(ops);
	}
}

/* Boots of one machine differ, those of one seed do not. */
static void test_seeds(void)
{
	GArray *first = drawn(",cpus=4", 1), *again = drawn(",cpus=4", 1),
	       *other = drawn(",cpus=4", 2);

	g_assert_true(same_ops(first, again));
	g_assert_false(same_ops(first, other));
	g_array_unref(first);
	g_array_unref(again);
	g_array_unref(other);
}

/* As many as were recorded, by and large: 138 and 144 requests, 53 and 38 freed. */
static void test_figures(void)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		GArray *ops = drawn(",cpus=4", seed);
		guint end = end_of_boot(ops), asked = 0, freed = 0, purges = 0, lazy = 0;

		for (guint i = 0; i < end; i++) {
			asked += op_at(ops, i)->kind == OP_VMAP_ALLOC;
			freed += op_at(ops, i)->kind == OP_VMAP_FREE;
			purges += op_at(ops, i)->kind == OP_VMAP_PURGE;
			lazy += purges && op_at(ops, i)->kind == OP_VMAP_FREE;
		}
		g_assert_cmpuint(asked, >, 150);
		g_assert_cmpuint(asked, <, 165);
		g_assert_cmpuint(freed, >, 45);
		g_assert_cmpuint(freed, <, 60);
		g_assert_cmpuint(purges, ==, 1);
		g_assert_cmpuint(lazy, >=, 1);
		g_assert_cmpuint(lazy, <=, 4);
		g_array_unref(ops);
	}
}

static bool refuse_stacks(const struct op *op)
{
	return op->vmap.align != 16 << 10;
}

/* Programs end, tasks stay, each module purges and gives its file back. */
static void test_programs(void)
{
	GArray *ops = drawn(",cpus=2,boot_tasks=100,boot_programs=300,boot_modules=20", 3);
	GArray *none = drawn(",cpus=2", 3);
	guint end = end_of_boot(ops), before = end_of_boot(none);
	gint64 stacks = 0;

	for (guint i = 0; i < end; i++) {
		const struct op *op = op_at(ops, i);

		if (i < before) /* the kernel's own boot is the same */
			g_assert_true(same_op(op, op_at(none, i)));
		else
			stacks += op->kind == OP_VMAP_ALLOC ? 1 : op->kind == OP_VMAP_FREE ? -1 : 0;
	}
	g_assert_cmpint(stacks, ==, 100 - 66);
	/* and, after the last purge, any number of programs up to a round of lazy freeing */
	guint least = (100 - 66) + 2 * 300 + 3 * 20, more = end - before - least;

	g_assert_cmpuint(end - before, >=, least);
	g_assert_cmpuint(more % 2, ==, 0);
	g_assert_cmpuint(more, <=, 2 * 16384 / 5);
	GArray *other = drawn(",cpus=2,boot_tasks=100,boot_programs=300,boot_modules=20", 4);

	g_assert_cmpuint(end_of_boot(other), !=, end);
	g_array_unref(other);
	g_array_unref(ops);
	g_array_unref(none);
}

/* What was refused is not freed; the worker's own areas are judged apart from the boot's. */
static void test_refused(void)
{
	GArray *ops = collect("test_vmalloc," QUICK ",boot=drawn,cpus=2", 1, refuse_stacks);

	for (guint i = 0; i < end_of_boot(ops); i++)
		g_assert_false(op_at(ops, i)->kind == OP_VMAP_FREE &&
			       op_at(ops, i)->vmap.align == 16 << 10);
	g_assert_cmpuint(count_marks(ops, "test:fix_size:passed"), ==, 3);
	g_array_unref(ops);
}

/* The others wait until the boot's last op is done, and then do what they do without a boot. */
static void test_others_wait(void)
{
	struct op_source *source = source_of("vmap_mix,ops=60,live=10,cpus=3,boot=drawn", 1);
	GArray *with, *without = collect("vmap_mix,ops=60,live=10,cpus=3", 1, NULL);
	struct op op;

	g_assert_cmpint(op_source_next(source, 1, &op, NULL), ==, SOURCE_WAIT);
	g_assert_cmpint(op_source_next(source, 0, &op, NULL), ==, SOURCE_OP);
	g_assert_cmpstr(op.mark, ==, "boot:start");
	op_clear(&op);
	while (op_source_next(source, 0, &op, NULL) == SOURCE_OP && !source->released)
		op_clear(&op);
	op_clear(&op);
	g_assert_cmpuint(source->released, ==, 1);
	g_assert_cmpint(op_source_next(source, 2, &op, NULL), ==, SOURCE_OP);
	op_clear(&op);
	op_source_destroy(source);

	with = collect("vmap_mix,ops=60,live=10,cpus=3,boot=drawn", 1, NULL);
	guint boot = end_of_boot(with) + 1;

	g_assert_cmpuint(with->len, ==, boot + without->len);
	for (guint i = 0; i < without->len; i++) {
		const struct op *a = op_at(with, boot + i), *b = op_at(without, i);

		g_assert_cmpint(a->kind, ==, b->kind);
		g_assert_cmpuint(a->cpu, ==, b->cpu);
		if (a->kind == OP_VMAP_ALLOC)
			g_assert_cmpuint(a->vmap.size, ==, b->vmap.size);
	}
	g_array_unref(with);
	g_array_unref(without);
}

static GArray *try(const char *text, const char *boot, GError **error)
{
	g_autofree char *dir = g_dir_make_tmp("kmsim-boot-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "vmallocinfo", NULL);
	struct workload_env env = {.seed = 1};
	g_autofree char *spec =
		g_strdup_printf("test_vmalloc," QUICK ",boot=%s", boot ? boot : path);
	GArray *ops = NULL;

	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	struct op_source *source = workload_source_new(spec, &env, error);

	if (source) {
		ops = collect_from(source, ANY_CPU, NULL);
		op_source_destroy(source);
	}
	g_remove(path);
	g_rmdir(dir);
	return ops;
}

static void assert_refused(const char *text, const char *boot, const char *message)
{
	GError *error = NULL;

	g_assert_null(try(text, boot, &error));
	g_assert_nonnull(error);
	if (!strstr(error->message, message))
		g_error("'%s' is not in '%s'", message, error->message);
	g_error_free(error);
}

static void test_files(void)
{
	GError *error = NULL;
	GArray *ops = try("0xffffa50000000000-0xffffa50000003000   12288 one+0x1/0x2 vmalloc\n"
			  "0xffffa50000003000-0xffffa50000005000    8192 unpurged vm_area\n"
			  "0xffffa50000001000-0xffffa50000004000   12288 torn\n",
			  NULL, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(count_kind(ops, OP_VMAP_SEED), ==, 2);
	g_assert_cmphex(op_at(ops, 1)->addr, ==, VMALLOC_START_X86_64 + 0x3000);
	g_assert_true(op_at(ops, 1)->flags & OP_LAZY);
	g_array_unref(ops);
	assert_refused("0xffffa50000000000-0xffffa50000003000   12288 one\nnonsense\n", NULL,
		       "vmallocinfo:2: ");
	assert_refused("", NULL, "no area");
	assert_refused("0x0000000000000000-0x0000000000000000    8192 x\n", NULL, "kptr_restrict");
	assert_refused("", "/no/such/file", "/no/such/file");
	assert_refused("", "no-such",
		       "known: none, drawn, cloud-6.1-2cpu, cloud-6.12-2cpu, "
		       "guest-6.18-2cpu, initrd-6.12-2cpu, initrd-6.12-4cpu");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/boot/shipped", test_shipped);
	g_test_add_func("/boot/moved", test_moved);
	g_test_add_func("/boot/tasks", test_tasks);
	g_test_add_func("/boot/seeds", test_seeds);
	g_test_add_func("/boot/figures", test_figures);
	g_test_add_func("/boot/programs", test_programs);
	g_test_add_func("/boot/refused", test_refused);
	g_test_add_func("/boot/others-wait", test_others_wait);
	g_test_add_func("/boot/files", test_files);
	return g_test_run();
}
