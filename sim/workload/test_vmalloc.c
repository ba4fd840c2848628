// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's own benchmark module lib/test_vmalloc.c (v5.1, v5.2): its parameters, the modes of
 * its script, and workers that run the tests of vmalloc_tests.c.
 */
#include "sim/base/error.h"
#include "sim/base/rng.h"
#include "sim/workload/builtin.h"
#include "sim/workload/settings.h"
#include "sim/workload/vmalloc_tests.h"

#include <string.h>

enum {
	P_MODE = WORKLOAD_COMMON,
	P_SINGLE_CPU_TEST, /* from here in the order of struct mode */
	P_SEQUENTIAL_TEST_ORDER,
	P_TEST_REPEAT_COUNT,
	P_TEST_LOOP_COUNT,
	P_RUN_TEST_MASK,
	P_FULL_FIT_AREAS,
	P_LONG_BUSY_AREAS,
	P_NR_PAGES,
	P_NR_THREADS,
};

enum {
	MODE_MODULE,
	MODE_PERFORMANCE,
	MODE_SMOKE,
	MODE_STRESS
};

static const struct param_word mode_words[] = {
	{"module", MODE_MODULE},
	{"performance", MODE_PERFORMANCE},
	{"smoke", MODE_SMOKE},
	{"stress", MODE_STRESS},
	{NULL, 0},
};

/* The module's defaults, and what the modes of test_vmalloc.sh put in their place. */
static const uint64_t modes[][4] = {
	/* single_cpu_test, sequential_test_order, test_repeat_count, test_loop_count */
	[MODE_MODULE] = {0, 0, 1, 1000000},
	[MODE_PERFORMANCE] = {1, 1, 3, 1000000},
	[MODE_SMOKE] = {1, 0, 10, 10000},
	[MODE_STRESS] = {0, 0, 20, 1000000},
};

static const struct param params[] = {
	WORKLOAD_PARAMS,
	[P_MODE] = {.name = "mode",
		    .type = PARAM_WORD,
		    .default_text = "module",
		    .words = mode_words,
		    .help = "defaults of the next four, as test_vmalloc.sh sets them"},
	[P_SINGLE_CPU_TEST] = {.name = "single_cpu_test",
			       .type = PARAM_WORD,
			       .words = bool_words,
			       .help = "run on the first CPU only"},
	[P_SEQUENTIAL_TEST_ORDER] = {.name = "sequential_test_order",
				     .type = PARAM_WORD,
				     .words = bool_words,
				     .help = "false: each worker shuffles the order of the tests"},
	[P_TEST_REPEAT_COUNT] = {.name = "test_repeat_count",
				 .type = PARAM_UINT,
				 .max = INT32_MAX,
				 .help = "runs of each test"},
	[P_TEST_LOOP_COUNT] = {.name = "test_loop_count",
			       .type = PARAM_UINT,
			       .max = INT32_MAX,
			       .help = "loops within a test"},
	[P_RUN_TEST_MASK] = {.name = "run_test_mask",
			     .type = PARAM_UINT,
			     .default_text = "2147483647",
			     .max = INT32_MAX,
			     .help = "bit i selects test i"},
	[P_FULL_FIT_AREAS] = {.name = "full_fit_areas",
			      .type = PARAM_UINT,
			      .min = 1,
			      .max = 1 << 24,
			      .help = "full_fit: areas of each kind (default: 8192 * fls(cpus))"},
	[P_LONG_BUSY_AREAS] = {.name = "long_busy_areas",
			       .type = PARAM_UINT,
			       .default_text = "15000",
			       .min = 1,
			       .max = 1 << 24,
			       .help = "long_busy_list: areas held"},
	/* the names that later versions of the module have for them (v5.13) */
	[P_NR_PAGES] = {.name = "nr_pages",
			.type = PARAM_UINT,
			.default_text = "3",
			.min = 1,
			.max = 1 << 20,
			.unit = "pages",
			.help = "fix_size: size of an area"},
	[P_NR_THREADS] = {.name = "nr_threads",
			  .type = PARAM_UINT,
			  .min = 1,
			  .max = TRACE_CPUS_MAX,
			  .help = "workers, on as many CPUs (default: by single_cpu_test)",
			  .default_note = "by single_cpu_test"},
	{0},
};

struct worker {
	struct rng rng;
	uint8_t order[VMALLOC_TESTS];
	unsigned turn; /* index in order */
	uint64_t repeat;
	bool running, failed;
	const struct test_phase *phase; /* where the run of the test is */
	uint64_t i;
	unsigned step;
};

struct test_vmalloc {
	const struct arch *arch;
	uint64_t times[TIMES];
	uint64_t repeats, mask, nr_pages;
	uint32_t n_workers;
	struct worker *workers;
};

/*
 * The next step of the test that runs; NULL: it is over. Once a request has failed the
 * rest is cleaning up: nothing is asked for any more, and what is held is freed.
 */
static const struct test_step *next_step(const struct test_vmalloc *test, struct worker *worker)
{
	for (; worker->phase->times != NEVER; worker->phase++, worker->i = 0) {
		const struct test_step *steps = worker->phase->steps;

		for (; worker->i < test->times[worker->phase->times]; worker->i++) {
			while (worker->step < STEPS_PER_PHASE && steps[worker->step].kind) {
				const struct test_step *step = &steps[worker->step++];

				if (step->kind == STEP_FREE || !worker->failed)
					return step;
			}
			worker->step = 0;
			if (worker->failed && steps[0].kind == STEP_ALLOC)
				break;
		}
	}
	return NULL;
}

static void make_call(const struct test_vmalloc *test, struct worker *worker,
		      const struct test_step *step, struct vm_call *call)
{
	call->kind = step->kind == STEP_ALLOC ? VM_ALLOC : VM_FREE;
	call->holder = (uint32_t)(step->holder + worker->i * step->stride);
	call->pages = step->nr_pages ? test->nr_pages : step->pages;
	if (step->pointers) {
		uint64_t bytes = test->times[step->pointers] * test->arch->pointer_bytes;

		call->pages = align_up(bytes, PAGE_SIZE) >> PAGE_SHIFT;
	}
	if (step->shape)
		step->shape(test->arch, &worker->rng, worker->i, call);
}

static bool mark(struct vm_call *call, unsigned index, const char *what)
{
	call->kind = VM_MARK;
	call->mark = g_strdup_printf("test:%s:%s", vmalloc_tests[index].name, what);
	return true;
}

static bool begin_run(const struct test_vmalloc *test, struct worker *worker, struct vm_call *call)
{
	if (worker->repeat == test->repeats) {
		worker->turn++;
		worker->repeat = 0;
	}
	while (worker->turn < VMALLOC_TESTS && !(test->mask >> worker->order[worker->turn] & 1))
		worker->turn++;
	if (worker->turn == VMALLOC_TESTS)
		return false;
	worker->running = true;
	worker->failed = false;
	worker->phase = vmalloc_tests[worker->order[worker->turn]].phases;
	worker->i = 0;
	worker->step = 0;
	return mark(call, worker->order[worker->turn], "start");
}

static bool test_vmalloc_next(void *state, uint32_t index, bool ok, struct vm_call *call)
{
	struct test_vmalloc *test = state;
	struct worker *worker = &test->workers[index];
	const struct test_step *step;

	if (!worker->running)
		return begin_run(test, worker, call);
	if (!ok && !worker->phase->unchecked)
		worker->failed = true;
	step = next_step(test, worker);
	if (step) {
		make_call(test, worker, step, call);
		return true;
	}
	worker->running = false;
	worker->repeat++;
	return mark(call, worker->order[worker->turn], worker->failed ? "failed" : "passed");
}

static unsigned test_vmalloc_progress(void *state)
{
	const struct test_vmalloc *test = state;
	uint64_t done = 0;

	for (uint32_t i = 0; i < test->n_workers; i++)
		done += test->workers[i].turn * test->repeats + test->workers[i].repeat;
	return (unsigned)(done * 1000 / (test->n_workers * test->repeats * VMALLOC_TESTS));
}

static void test_vmalloc_destroy(void *state)
{
	struct test_vmalloc *test = state;

	g_free(test->workers);
	g_free(test);
}

/* The driver's shuffle: j is drawn below i, not up to i (Sattolo's algorithm). */
static void shuffle(struct worker *worker)
{
	for (unsigned i = VMALLOC_TESTS - 1; i > 0; i--) {
		uint64_t j = rng_below(&worker->rng, i);
		uint8_t swapped = worker->order[i];

		worker->order[i] = worker->order[j];
		worker->order[j] = swapped;
	}
}

static void init_workers(struct test_vmalloc *test, uint64_t seed, bool sequential)
{
	test->workers = g_new0(struct worker, test->n_workers);
	for (uint32_t i = 0; i < test->n_workers; i++) {
		struct worker *worker = &test->workers[i];
		g_autofree char *stream = g_strdup_printf("test_vmalloc/%u", i);

		rng_init(&worker->rng, seed, stream);
		for (unsigned k = 0; k < VMALLOC_TESTS; k++)
			worker->order[k] = (uint8_t)k;
		if (!sequential)
			shuffle(worker);
	}
}

/* What was given, or else what the mode says. */
static uint64_t mode_value(const struct param_value *values, unsigned index)
{
	if (values[index].set)
		return values[index].value;
	return modes[values[P_MODE].value][index - P_SINGLE_CPU_TEST];
}

static uint64_t loops_of(const struct param_value *values)
{
	return MAX(1, mode_value(values, P_TEST_LOOP_COUNT));
}

/* 0 with the error set if the machine has fewer CPUs. */
static uint32_t workers_of(const struct param_value *values, uint32_t cpus, GError **error)
{
	const struct param_value *threads = &values[P_NR_THREADS];

	if (!threads->set)
		return mode_value(values, P_SINGLE_CPU_TEST) ? 1 : cpus;
	if (threads->value <= cpus)
		return (uint32_t)threads->value;
	set_usage_error(error, "nr_threads=%" G_GUINT64_FORMAT ": the machine has %u CPUs",
			threads->value, cpus);
	return 0;
}

static bool find_own_params(const char *name, const struct param **table, GError **error)
{
	*table = params;
	if (!strcmp(name, "test_vmalloc"))
		return true;
	set_usage_error(error, "%s: is another workload", name);
	return false;
}

uint64_t test_vmalloc_loops(const char *spec)
{
	struct param_value values[PARAM_MAX];
	g_autofree char *name = NULL;

	if (!spec || !param_parse_spec(spec, find_own_params, &name, values, NULL))
		return 0;
	return loops_of(values);
}

static struct op_source *test_vmalloc_create(const struct workload_env *env,
					     const struct param_value *values, GError **error)
{
	static const struct vm_generator generator = {
		.name = "test_vmalloc",
		.next = test_vmalloc_next,
		.progress = test_vmalloc_progress,
		.destroy = test_vmalloc_destroy,
	};
	uint64_t mask = values[P_RUN_TEST_MASK].value;
	struct trace_header header;

	if (!(mask & ((1 << VMALLOC_TESTS) - 1))) {
		set_usage_error(error, "run_test_mask=%" G_GUINT64_FORMAT " selects no test", mask);
		return NULL;
	}
	if (!settings_header(env, values, &header, error))
		return NULL;
	uint32_t n_workers = workers_of(values, header.cpus, error);

	if (!n_workers)
		return NULL;
	GArray *boot = settings_boot(env, values, &header, error);

	if (!boot)
		return NULL;
	const struct param_value *areas = &values[P_FULL_FIT_AREAS];
	struct test_vmalloc *test = g_new(struct test_vmalloc, 1);

	*test = (struct test_vmalloc){
		.arch = settings_arch(values),
		.times = {[ONCE] = 1,
			  [LOOPS] = loops_of(values),
			  /* lazy_max_pages() of the driver's machine, whatever the trace's limit */
			  [FULL_FIT_AREAS] = areas->set ? areas->value
							: trace_default_lazy_max_pages(header.cpus),
			  [LONG_BUSY_AREAS] = values[P_LONG_BUSY_AREAS].value,
			  [PCPU_OBJECTS] = 35000,
			  [SHIFTS] = 64},
		.repeats = MAX(1, mode_value(values, P_TEST_REPEAT_COUNT)),
		.mask = mask,
		.nr_pages = values[P_NR_PAGES].value,
		.n_workers = n_workers,
	};
	init_workers(test, env->seed, mode_value(values, P_SEQUENTIAL_TEST_ORDER));
	uint64_t most = MAX(2 * test->times[FULL_FIT_AREAS], test->times[LONG_BUSY_AREAS]);

	return vm_source_new(&generator, test, &header, test->n_workers,
			     (uint32_t)(HOLD_AREAS + most), test->arch->pointer_bytes, boot);
}

const struct workload_ops workload_test_vmalloc = {
	.name = "test_vmalloc",
	.summary = "the kernel's vmalloc benchmark: its eight tests, parameters and modes",
	.params = params,
	.create = test_vmalloc_create,
};
