// SPDX-License-Identifier: GPL-2.0-or-later
/* A random mix of areas: sizes, alignments, windows, lifetimes. Made to be cheap. */
#include "sim/base/error.h"
#include "sim/workload/builtin.h"
#include "sim/workload/live_set.h"
#include "sim/workload/settings.h"
#include "sim/workload/sizes.h"

enum {
	P_OPS = WORKLOAD_COMMON,
	P_LIVE,
	P_MIN_PAGES,
	P_MAX_PAGES,
	P_SIZES,
	P_LIFETIME,
	P_PAGE_ALIGN,
	P_STACK_ALIGN,
	P_POW2_ALIGN,
	P_MAX_ALIGN,
	P_MODULE_SHARE,
	P_MODULES_VSTART,
	P_MODULES_VEND,
};

static const struct param_word size_words[] = {
	{"uniform", SIZES_UNIFORM},
	{"small", SIZES_SMALL},
	{"pow2", SIZES_POW2},
	{NULL, 0},
};

static const struct param_word lifetime_words[] = {
	{"random", VICTIM_RANDOM},
	{"fifo", VICTIM_OLDEST},
	{"lifo", VICTIM_NEWEST},
	{NULL, 0},
};

#define SHARE_PARAM(text, what)                                                                    \
	{                                                                                          \
		.name = (text), .type = PARAM_UINT, .unit = "%", .default_text = "0", .max = 100,  \
		.help = (what)                                                                     \
	}

static const struct param params[] = {
	WORKLOAD_PARAMS,
	[P_OPS] = {.name = "ops",
		   .type = PARAM_UINT,
		   .default_text = "100000",
		   .min = 1,
		   .help = "allocations and frees, all CPUs together"},
	[P_LIVE] = {.name = "live",
		    .type = PARAM_UINT,
		    .unit = "areas",
		    .default_text = "1000",
		    .min = 1,
		    .max = 1 << 24,
		    .help = "areas to grow to, all CPUs together"},
	[P_MIN_PAGES] = {.name = "min_pages",
			 .type = PARAM_UINT,
			 .unit = "pages",
			 .default_text = "1",
			 .min = 1,
			 .max = VM_PAGES_MAX,
			 .help = "smallest size, without the guard page"},
	[P_MAX_PAGES] = {.name = "max_pages",
			 .type = PARAM_UINT,
			 .unit = "pages",
			 .default_text = "100",
			 .min = 1,
			 .max = VM_PAGES_MAX,
			 .help = "largest size, without the guard page"},
	[P_SIZES] = {.name = "sizes",
		     .type = PARAM_WORD,
		     .default_text = "uniform",
		     .words = size_words,
		     .help = "distribution of the sizes"},
	[P_LIFETIME] = {.name = "lifetime",
			.type = PARAM_WORD,
			.default_text = "random",
			.words = lifetime_words,
			.help = "which live area is freed"},
	[P_PAGE_ALIGN] = SHARE_PARAM("page_align", "requests aligned to a page"),
	[P_STACK_ALIGN] = SHARE_PARAM("stack_align", "requests aligned like a kernel stack"),
	[P_POW2_ALIGN] = SHARE_PARAM("pow2_align", "requests with a random power-of-two alignment"),
	[P_MAX_ALIGN] = {.name = "max_align",
			 .type = PARAM_UINT,
			 .unit = "bytes",
			 .default_text = "65536",
			 .min = PAGE_SIZE,
			 .max = UINT64_C(1) << 40,
			 .help = "largest of the random alignments, a power of two"},
	[P_MODULE_SHARE] = SHARE_PARAM("module_share", "requests in the module window, by page"),
	MODULE_WINDOW_PARAMS(P_MODULES_VSTART, P_MODULES_VEND),
	{0},
};

struct worker {
	struct rng rng;
	struct live_set live;
	uint64_t ops_left; /* calls left to make */
	bool grown;
	/*
	 * While the set is full: which one goes next, and the random numbers from there on. If the
	 * area that made it full is refused, another is chosen.
	 */
	uint32_t victim;
	struct rng after_victim;
};

struct vmap_mix {
	struct size_range sizes;
	enum victim victim;
	/* Below which draw of 0 … 99 a request is aligned to a page, a stack, at random. */
	uint64_t page_below, stack_below, pow2_below;
	uint64_t module_share;
	uint64_t thread_align;
	unsigned align_exponents; /* number of random alignments: PAGE_SIZE << 0 … n − 1 */
	struct vm_window modules;
	uint64_t ops;
	uint32_t n_workers;
	struct worker *workers;
};

static uint64_t draw_align(const struct vmap_mix *mix, struct rng *rng)
{
	uint64_t draw = rng_below(rng, 100);

	if (draw < mix->page_below)
		return PAGE_SIZE;
	if (draw < mix->stack_below)
		return mix->thread_align;
	if (draw < mix->pow2_below)
		return PAGE_SIZE << rng_below(rng, mix->align_exponents);
	return 1;
}

/* Not every request may lie anywhere. */
static G_NO_INLINE void place(const struct vmap_mix *mix, struct rng *rng, struct vm_call *call)
{
	if (mix->module_share && rng_below(rng, 100) < mix->module_share) {
		call->window = &mix->modules;
		call->align = PAGE_SIZE;
	} else if (mix->pow2_below) {
		call->align = draw_align(mix, rng);
	}
}

static void allocate(const struct vmap_mix *mix, struct worker *worker, struct vm_call *call)
{
	call->kind = VM_ALLOC;
	call->no_page_array = true;
	call->holder = live_set_add(&worker->live);
	call->pages = draw_pages(&mix->sizes, &worker->rng);
	if (mix->module_share | mix->pow2_below)
		place(mix, &worker->rng, call);
}

/* The set is full: what is freed next is certain, unless the area that made it so is refused. */
static const uint32_t *choose_ahead(const struct vmap_mix *mix, struct worker *worker)
{
	struct live_set *live = &worker->live;

	worker->after_victim = worker->rng;
	worker->victim = live_set_choose(live, mix->victim, &worker->after_victim);
	return &live->number[live_set_at(live, worker->victim)];
}

/* Free one when full, or when the last request was refused; otherwise allocate. */
static bool vmap_mix_next(void *state, uint32_t index, bool ok, struct vm_call *call)
{
	struct vmap_mix *mix = state;
	struct worker *worker = &mix->workers[index];
	struct live_set *live = &worker->live;

	if (!ok)
		live_set_drop(live);
	if (!worker->ops_left)
		return false;
	if (!worker->grown && live_set_full(live)) {
		worker->grown = true;
		call->kind = VM_MARK;
		call->mark = g_strdup("mix:steady");
		return true;
	}
	worker->ops_left--;
	if (live_set_full(live)) {
		call->kind = VM_FREE;
		call->holder = live_set_remove_chosen(live, mix->victim, worker->victim);
		worker->rng = worker->after_victim;
	} else if (!ok && live->n) {
		call->kind = VM_FREE;
		call->holder = live_set_remove(live, mix->victim, &worker->rng);
	} else {
		allocate(mix, worker, call);
		if (live_set_full(live))
			call->coming = choose_ahead(mix, worker);
	}
	return true;
}

static unsigned vmap_mix_progress(void *state)
{
	const struct vmap_mix *mix = state;
	uint64_t left = 0;

	for (uint32_t i = 0; i < mix->n_workers; i++)
		left += mix->workers[i].ops_left;
	return (unsigned)(1000 - mul_div(left, 1000, mix->ops));
}

static void vmap_mix_destroy(void *state)
{
	struct vmap_mix *mix = state;

	for (uint32_t i = 0; i < mix->n_workers; i++)
		live_set_clear(&mix->workers[i].live);
	g_free(mix->workers);
	g_free(mix);
}

/* The part of @total that worker @i of @n has: parts differ by one at most. */
static uint64_t part(uint64_t total, uint32_t i, uint32_t n)
{
	return total / n + (i < total % n ? 1 : 0);
}

static bool check(const struct param_value *values, const struct vmap_mix *mix, uint32_t cpus,
		  GError **error)
{
	if (mix->sizes.min > mix->sizes.max)
		set_usage_error(error, "min_pages is larger than max_pages");
	else if (mix->sizes.mix == SIZES_POW2 && !size_range_has_pow2(&mix->sizes))
		set_usage_error(error, "no power of two from min_pages to max_pages");
	else if (mix->pow2_below > 100)
		set_usage_error(error, "page_align, stack_align and pow2_align exceed 100 %%");
	else if (!is_power_of_two(values[P_MAX_ALIGN].value))
		set_usage_error(error, "max_align is no power of two");
	else if (values[P_LIVE].value < cpus)
		set_usage_error(error, "live is less than one area a CPU");
	else
		return true;
	return false;
}

static void init_workers(struct vmap_mix *mix, uint64_t seed, uint64_t live)
{
	mix->workers = g_new0(struct worker, mix->n_workers);
	for (uint32_t i = 0; i < mix->n_workers; i++) {
		struct worker *worker = &mix->workers[i];
		g_autofree char *stream = g_strdup_printf("vmap_mix/%u", i);

		rng_init(&worker->rng, seed, stream);
		live_set_init(&worker->live, 0, (uint32_t)part(live, i, mix->n_workers));
		worker->ops_left = part(mix->ops, i, mix->n_workers);
	}
}

static struct op_source *vmap_mix_create(const struct workload_env *env,
					 const struct param_value *values, GError **error)
{
	static const struct vm_generator generator = {
		.name = "vmap_mix",
		.next = vmap_mix_next,
		.progress = vmap_mix_progress,
		.destroy = vmap_mix_destroy,
	};
	const struct arch *arch = settings_arch(values);
	uint64_t page = values[P_PAGE_ALIGN].value, stack = values[P_STACK_ALIGN].value;
	struct vmap_mix mix = {
		.sizes = {values[P_MIN_PAGES].value, values[P_MAX_PAGES].value,
			  (enum size_mix)values[P_SIZES].value},
		.victim = (enum victim)values[P_LIFETIME].value,
		.page_below = page,
		.stack_below = page + stack,
		.pow2_below = page + stack + values[P_POW2_ALIGN].value,
		.module_share = values[P_MODULE_SHARE].value,
		.thread_align = arch->thread_align,
		.align_exponents = fls64(values[P_MAX_ALIGN].value) - PAGE_SHIFT,
		.modules = arch->modules,
		.ops = values[P_OPS].value,
	};
	struct trace_header header;

	if (!settings_header(env, values, &header, error) ||
	    !settings_window(&mix.modules, &values[P_MODULES_VSTART], &values[P_MODULES_VEND],
			     error) ||
	    !check(values, &mix, header.cpus, error))
		return NULL;
	GArray *boot = settings_boot(env, values, &header, error);

	if (!boot)
		return NULL;
	mix.n_workers = header.cpus;
	init_workers(&mix, env->seed, values[P_LIVE].value);
	uint32_t most = (uint32_t)part(values[P_LIVE].value, 0, mix.n_workers);

	return vm_source_new(&generator, g_memdup2(&mix, sizeof(mix)), &header, mix.n_workers, most,
			     arch->pointer_bytes, boot);
}

const struct workload_ops workload_vmap_mix = {
	.name = "vmap_mix",
	.summary = "a random mix of areas: sizes, alignments, windows, lifetimes",
	.params = params,
	.create = vmap_mix_create,
};
