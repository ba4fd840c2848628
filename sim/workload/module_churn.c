// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A machine that loads and unloads kernel modules among ordinary vmalloc traffic. Each worker draws
 * one step after the other (load or unload a module, replace a buffer, a device mapping, an
 * ordinary area) and works off the calls that the step consists of.
 */
#include "sim/base/error.h"
#include "sim/workload/builtin.h"
#include "sim/workload/live_set.h"
#include "sim/workload/settings.h"
#include "sim/workload/sizes.h"

enum {
	P_STEPS = WORKLOAD_COMMON,
	P_MODULES,
	P_RESIDENT,
	P_MODULE_MAX,
	P_FALLBACK,
	P_LEFTOVER,
	P_LIVE,
	P_LIVE_MAX,
	P_BUFFERS,
	P_BUFFER_MAX,
	P_IOREMAPS,
	P_IOREMAP_MAX,
	P_MODULE_SHARE,
	P_BUFFER_SHARE,
	P_IOREMAP_SHARE,
	P_UNTIL,
	P_MODULES_VSTART,
	P_MODULES_VEND,
};

enum {
	UNTIL_END,
	UNTIL_FAIL
};

static const struct param_word fallback_words[] = {{"none", 0}, {"vmalloc", 1}, {NULL, 0}};
static const struct param_word until_words[] = {
	{"end", UNTIL_END}, {"fail", UNTIL_FAIL}, {NULL, 0}};

#define MODULE_MIN  2 /* pages of the smallest module's core */
#define COUNT_MAX   (1 << 24)
#define PAGES_LIMIT (1 << 20)

#define NUMBER(text, the_unit, value, least, most, what)                                           \
	{                                                                                          \
		.name = (text), .type = PARAM_UINT, .unit = (the_unit), .default_text = (value),   \
		.min = (least), .max = (most), .help = (what)                                      \
	}

static const struct param params[] = {
	WORKLOAD_PARAMS,
	[P_STEPS] = NUMBER("steps", NULL, "20000", 1, COUNT_MAX, "steps, all CPUs together"),
	[P_MODULES] = NUMBER("modules", NULL, "200", 1, 65536, "most modules at a time, a CPU"),
	[P_RESIDENT] = NUMBER("resident", "%", "40", 0, 99, "modules that are never unloaded"),
	[P_MODULE_MAX] = NUMBER("module_max", "pages", "512", MODULE_MIN, PAGES_LIMIT,
				"core of the largest module"),
	[P_FALLBACK] = {.name = "fallback",
			.type = PARAM_WORD,
			.default_text = "none",
			.words = fallback_words,
			.help = "where a module goes that the module window refused"},
	[P_LEFTOVER] =
		NUMBER("leftover", "%", "0", 0, 100, "modules that leave a buffer behind for ever"),
	[P_LIVE] = NUMBER("live", "areas", "5000", 1, COUNT_MAX, "ordinary areas held, a CPU"),
	[P_LIVE_MAX] = NUMBER("live_max", "pages", "4", 1, PAGES_LIMIT, "largest ordinary area"),
	[P_BUFFERS] = NUMBER("buffers", "areas", "8", 1, COUNT_MAX, "buffers held, a CPU"),
	[P_BUFFER_MAX] = NUMBER("buffer_max", "pages", "64", 1, PAGES_LIMIT, "largest buffer"),
	[P_IOREMAPS] = NUMBER("ioremaps", "areas", "50", 1, COUNT_MAX, "device mappings, a CPU"),
	[P_IOREMAP_MAX] =
		NUMBER("ioremap_max", "pages", "256", 1, PAGES_LIMIT, "largest device mapping"),
	[P_MODULE_SHARE] = NUMBER("module_share", "%", "20", 0, 100, "steps that are for modules"),
	[P_BUFFER_SHARE] = NUMBER("buffer_share", "%", "20", 0, 100, "steps that are for buffers"),
	[P_IOREMAP_SHARE] = NUMBER("ioremap_share", "%", "5", 0, 100,
				   "steps that are for device mappings; the rest is ordinary"),
	[P_UNTIL] = {.name = "until",
		     .type = PARAM_WORD,
		     .default_text = "end",
		     .words = until_words,
		     .help = "fail: a CPU stops at its first module that cannot be loaded"},
	MODULE_WINDOW_PARAMS(P_MODULES_VSTART, P_MODULES_VEND),
	{0},
};

/* Holders of a module. Those of module m begin at m * MODULE_HOLDERS. */
enum {
	MODULE_IMAGE, /* its file, while it is loaded */
	MODULE_CORE,
	MODULE_INIT, /* until it is initialised */
	MODULE_BUFFERS,
	BUFFERS_MAX = 4,
	MODULE_HOLDERS = MODULE_BUFFERS + BUFFERS_MAX,
};

enum pool_kind {
	POOL_ORDINARY,
	POOL_BUFFERS,
	POOL_IOREMAPS,
	POOLS
};

/* Areas of one kind, of which one is replaced at a time. */
struct pool {
	struct size_range sizes;
	enum victim victim;
	bool ioremap;
	uint32_t room;
};

#define QUEUE_MAX 16

struct worker {
	struct rng rng;
	struct live_set pools[POOLS];
	struct live_set passing; /* modules that come and go; residents have the numbers above */
	uint32_t residents;
	uint32_t next_leftover; /* holder */
	uint64_t steps_left, loads;
	bool stopped;
	/* Calls of the step under way. */
	struct vm_call queue[QUEUE_MAX];
	unsigned at, end;
	/* What a refusal concerns: a module that is being loaded, or the newest of a pool. */
	bool loading;
	uint32_t module;
	struct live_set *pool;
};

struct churn {
	struct pool pools[POOLS];
	struct size_range core;
	struct vm_window modules;
	bool fallback, until_fail;
	uint64_t resident, leftover;			    /* % */
	uint64_t module_below, buffer_below, ioremap_below; /* which draw of 0 … 99 is what */
	uint32_t room_passing, room_residents;
	unsigned ioremap_max_order;
	uint64_t steps;
	uint32_t n_workers;
	struct worker *workers;
};

static struct vm_call *push(struct worker *worker, enum vm_call_kind kind, uint32_t holder)
{
	struct vm_call *call = &worker->queue[worker->end++];

	g_assert(worker->end <= QUEUE_MAX);
	*call = (struct vm_call){.kind = kind, .holder = holder, .align = 1};
	return call;
}

static void push_vmalloc(struct worker *worker, uint32_t holder, uint64_t pages)
{
	push(worker, VM_ALLOC, holder)->pages = pages;
}

static void push_module_alloc(struct churn *churn, struct worker *worker, uint32_t holder,
			      uint64_t pages)
{
	struct vm_call *call = push(worker, VM_ALLOC, holder);

	call->pages = pages;
	call->align = PAGE_SIZE;
	call->window = &churn->modules;
}

/* Whatever the module holds; the image and the init part are long gone, if it was loaded. */
static void push_unload(struct worker *worker, uint32_t module)
{
	for (uint32_t i = 0; i < MODULE_HOLDERS; i++)
		push(worker, VM_FREE, module * MODULE_HOLDERS + MODULE_HOLDERS - 1 - i);
}

/*
 * load_module() in kernel/module.c: read the file, get core and init part, copy, drop the file, run
 * the init function (which makes buffers), drop the init part.
 */
static void push_load(struct churn *churn, struct worker *worker, uint32_t module)
{
	uint32_t holder = module * MODULE_HOLDERS;
	uint64_t core = draw_pages(&churn->core, &worker->rng);
	uint64_t init = 1 + core / 8, image = core + core / 4 + init;
	uint64_t n_buffers = rng_below(&worker->rng, BUFFERS_MAX + 1);

	worker->loads++;
	worker->loading = true;
	worker->module = module;
	push_vmalloc(worker, holder + MODULE_IMAGE, image);
	push_module_alloc(churn, worker, holder + MODULE_CORE, core);
	push_module_alloc(churn, worker, holder + MODULE_INIT, init);
	push(worker, VM_FREE, holder + MODULE_IMAGE);
	for (uint32_t i = 0; i < n_buffers; i++)
		push_vmalloc(worker, holder + MODULE_BUFFERS + i, 1 + rng_below(&worker->rng, 16));
	if (rng_below(&worker->rng, 100) < churn->leftover)
		push_vmalloc(worker, worker->next_leftover++, 1 + rng_below(&worker->rng, 16));
	push(worker, VM_FREE, holder + MODULE_INIT);
}

/* Residents until there are enough, by chance; for the others half the room is used on average. */
static void module_step(struct churn *churn, struct worker *worker)
{
	struct live_set *passing = &worker->passing;

	if (worker->residents < churn->room_residents &&
	    rng_below(&worker->rng, 100) < churn->resident)
		push_load(churn, worker, churn->room_passing + worker->residents++);
	else if (rng_below(&worker->rng, passing->room) >= passing->n)
		push_load(churn, worker, live_set_add(passing));
	else
		push_unload(worker, live_set_remove(passing, VICTIM_RANDOM, &worker->rng));
}

/* __get_vm_area_node() in mm/vmalloc.c: the power of two at or above the size, within limits. */
static uint64_t ioremap_align(const struct churn *churn, uint64_t pages)
{
	unsigned order = fls64(pages - 1) + PAGE_SHIFT;

	return UINT64_C(1) << MIN(order, churn->ioremap_max_order);
}

static void pool_step(struct churn *churn, struct worker *worker, enum pool_kind kind)
{
	const struct pool *pool = &churn->pools[kind];
	struct live_set *live = &worker->pools[kind];

	if (live_set_full(live))
		push(worker, VM_FREE, live_set_remove(live, pool->victim, &worker->rng));
	struct vm_call *call = push(worker, VM_ALLOC, live_set_add(live));

	call->pages = draw_pages(&pool->sizes, &worker->rng);
	if (pool->ioremap) {
		call->align = ioremap_align(churn, call->pages);
		call->no_page_array = true;
	}
	worker->pool = live;
}

/* Ordinary areas come first: what was there before the first module. */
static void begin_step(struct churn *churn, struct worker *worker)
{
	uint64_t draw = rng_below(&worker->rng, 100);

	worker->loading = false;
	worker->pool = NULL;
	worker->at = worker->end = 0;
	worker->steps_left--;
	if (!worker->loads && !live_set_full(&worker->pools[POOL_ORDINARY]))
		pool_step(churn, worker, POOL_ORDINARY);
	else if (draw < churn->module_below)
		module_step(churn, worker);
	else if (draw < churn->buffer_below)
		pool_step(churn, worker, POOL_BUFFERS);
	else if (draw < churn->ioremap_below)
		pool_step(churn, worker, POOL_IOREMAPS);
	else
		pool_step(churn, worker, POOL_ORDINARY);
}

static void load_failed(struct churn *churn, struct worker *worker)
{
	if (worker->module >= churn->room_passing)
		worker->residents--;
	else
		live_set_drop(&worker->passing);
	worker->at = worker->end = 0;
	worker->loading = false;
	worker->stopped = churn->until_fail;
	push(worker, VM_MARK, 0);
	push_unload(worker, worker->module);
}

/* The last call was refused. */
static void refused(struct churn *churn, struct worker *worker)
{
	struct vm_call *last = &worker->queue[worker->at - 1];

	if (!worker->loading) {
		live_set_drop(worker->pool);
	} else if (last->window && churn->fallback) {
		last->window = NULL;
		worker->at--;
	} else {
		load_failed(churn, worker);
	}
}

static bool churn_next(void *state, uint32_t index, bool ok, struct vm_call *call)
{
	struct churn *churn = state;
	struct worker *worker = &churn->workers[index];

	if (!ok)
		refused(churn, worker);
	while (worker->at == worker->end) {
		if (!worker->steps_left || worker->stopped)
			return false;
		begin_step(churn, worker);
	}
	*call = worker->queue[worker->at++];
	if (call->kind == VM_MARK)
		call->mark = g_strdup_printf("load:%" G_GUINT64_FORMAT ":failed", worker->loads);
	return true;
}

static unsigned churn_progress(void *state)
{
	const struct churn *churn = state;
	uint64_t left = 0;

	for (uint32_t i = 0; i < churn->n_workers; i++)
		left += churn->workers[i].stopped ? 0 : churn->workers[i].steps_left;
	return (unsigned)(1000 - left * 1000 / churn->steps);
}

static void churn_destroy(void *state)
{
	struct churn *churn = state;

	for (uint32_t i = 0; i < churn->n_workers; i++) {
		live_set_clear(&churn->workers[i].passing);
		for (unsigned k = 0; k < POOLS; k++)
			live_set_clear(&churn->workers[i].pools[k]);
	}
	g_free(churn->workers);
	g_free(churn);
}

/* Holders: of the modules, the pools, and one for each leftover. Returns how many there are. */
static uint32_t init_workers(struct churn *churn, uint64_t seed)
{
	uint64_t steps = churn->steps / churn->n_workers, spare = churn->steps % churn->n_workers;
	uint32_t holders = 0;

	churn->workers = g_new0(struct worker, churn->n_workers);
	for (uint32_t i = 0; i < churn->n_workers; i++) {
		struct worker *worker = &churn->workers[i];
		g_autofree char *stream = g_strdup_printf("module_churn/%u", i);

		rng_init(&worker->rng, seed, stream);
		worker->steps_left = steps + (i < spare ? 1 : 0);
		live_set_init(&worker->passing, 0, churn->room_passing);
		holders = (churn->room_passing + churn->room_residents) * MODULE_HOLDERS;
		for (unsigned k = 0; k < POOLS; k++) {
			live_set_init(&worker->pools[k], holders, churn->pools[k].room);
			holders += churn->pools[k].room;
		}
		worker->next_leftover = holders;
	}
	return holders + (churn->leftover ? (uint32_t)steps + 1 : 0);
}

static void init_pools(struct churn *churn, const struct param_value *values)
{
	churn->pools[POOL_ORDINARY] = (struct pool){
		.sizes = {1, values[P_LIVE_MAX].value, SIZES_UNIFORM},
		.room = (uint32_t)values[P_LIVE].value,
	};
	churn->pools[POOL_BUFFERS] = (struct pool){
		.sizes = {1, values[P_BUFFER_MAX].value, SIZES_UNIFORM},
		.victim = VICTIM_OLDEST,
		.room = (uint32_t)values[P_BUFFERS].value,
	};
	churn->pools[POOL_IOREMAPS] = (struct pool){
		.sizes = {1, values[P_IOREMAP_MAX].value, SIZES_SMALL},
		.ioremap = true,
		.room = (uint32_t)values[P_IOREMAPS].value,
	};
}

static struct op_source *churn_create(const struct workload_env *env,
				      const struct param_value *values, GError **error)
{
	static const struct vm_generator generator = {
		.name = "module_churn",
		.next = churn_next,
		.progress = churn_progress,
		.destroy = churn_destroy,
	};
	const struct arch *arch = settings_arch(values);
	uint64_t modules = values[P_MODULES].value, resident = values[P_RESIDENT].value;
	uint64_t module_below = values[P_MODULE_SHARE].value;
	uint64_t buffer_below = module_below + values[P_BUFFER_SHARE].value;
	uint64_t ioremap_below = buffer_below + values[P_IOREMAP_SHARE].value;
	struct churn churn = {
		.core = {MODULE_MIN, values[P_MODULE_MAX].value, SIZES_SMALL},
		.modules = arch->modules,
		.fallback = values[P_FALLBACK].value,
		.until_fail = values[P_UNTIL].value == UNTIL_FAIL,
		.resident = resident,
		.leftover = values[P_LEFTOVER].value,
		.module_below = module_below,
		.buffer_below = buffer_below,
		.ioremap_below = ioremap_below,
		.room_residents = (uint32_t)(modules * resident / 100),
		.ioremap_max_order = arch->ioremap_max_order,
		.steps = values[P_STEPS].value,
	};
	struct trace_header header;

	if (ioremap_below > 100) {
		set_usage_error(error,
				"module_share, buffer_share and ioremap_share exceed 100 %%");
		return NULL;
	}
	if (!settings_header(env, values, &header, error) ||
	    !settings_window(&churn.modules, &values[P_MODULES_VSTART], &values[P_MODULES_VEND],
			     error))
		return NULL;
	GArray *boot = settings_boot(env, values, &header, error);

	if (!boot)
		return NULL;
	churn.room_passing = (uint32_t)modules - churn.room_residents;
	churn.n_workers = header.cpus;
	init_pools(&churn, values);
	uint32_t holders = init_workers(&churn, env->seed);

	return vm_source_new(&generator, g_memdup2(&churn, sizeof(churn)), &header, churn.n_workers,
			     holders, arch->pointer_bytes, boot);
}

const struct workload_ops workload_module_churn = {
	.name = "module_churn",
	.summary = "kernel modules loaded and unloaded among ordinary vmalloc traffic",
	.params = params,
	.create = churn_create,
};

const struct workload_ops workload_arm32_modules = {
	.name = "arm32_modules",
	.summary = "module_churn on a 32-bit ARM board, until a module no longer fits",
	.params = params,
	.preset = "arch=arm32,steps=1000000,modules=120,module_max=768,fallback=vmalloc,"
		  "leftover=30,live=600,live_max=8,buffers=6,buffer_max=2048,ioremaps=40,"
		  "ioremap_max=1024,until=fail",
	.create = churn_create,
};
