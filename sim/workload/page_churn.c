// SPDX-License-Identifier: GPL-2.0-or-later
/* Pages come and go at random: orders, migratetypes, lifetimes. Made to be cheap. */
#include "sim/base/error.h"
#include "sim/base/rng.h"
#include "sim/workload/builtin.h"
#include "sim/workload/live_set.h"
#include "sim/workload/page_settings.h"

enum {
	P_OPS = PAGES_COMMON,
	P_FILL,
	P_MAX_ORDER,
	P_ORDERS,
	P_UNMOVABLE,
	P_RECLAIMABLE,
	P_PINNED,
	P_LIFETIME,
};

enum {
	ORDERS_SMALL,
	ORDERS_UNIFORM
};

static const struct param_word order_words[] = {
	{"small", ORDERS_SMALL}, {"uniform", ORDERS_UNIFORM}, {NULL, 0}};

static const struct param_word lifetime_words[] = {
	{"random", VICTIM_RANDOM},
	{"fifo", VICTIM_OLDEST},
	{"lifo", VICTIM_NEWEST},
	{NULL, 0},
};

static const struct param params[] = {
	PAGE_WORKLOAD_PARAMS("1", "y"),
	[P_OPS] = PAGE_NUMBER("ops", NULL, "500000", 1, 0, "requests and frees, all CPUs together"),
	[P_FILL] = PAGE_NUMBER("fill", "%", "70", 1, 100, "memory held, all CPUs together"),
	[P_MAX_ORDER] = PAGE_NUMBER("max_order", NULL, "3", 0, 10, "highest order asked for"),
	[P_ORDERS] = {.name = "orders",
		      .type = PARAM_WORD,
		      .default_text = "small",
		      .words = order_words,
		      .help = "small: each order half as often as the one below; uniform"},
	[P_UNMOVABLE] = PAGE_NUMBER("unmovable", "%", "15", 0, 100, "requests that are unmovable"),
	[P_RECLAIMABLE] = PAGE_NUMBER("reclaimable", "%", "5", 0, 100,
				      "requests of the reclaimable type (slabs)"),
	[P_PINNED] = PAGE_NUMBER("pinned", "%", "0", 0, 100,
				 "requests for movable pages that are pinned; the rest is movable"),
	[P_LIFETIME] = {.name = "lifetime",
			.type = PARAM_WORD,
			.default_text = "random",
			.words = lifetime_words,
			.help = "which live chunk is freed"},
	{0},
};

struct worker {
	struct rng rng;
	struct live_set live;
	uint32_t *id;		       /* by number of the live set */
	uint8_t *order;		       /* likewise */
	uint64_t ops_left, held, fill; /* held and fill: pages */
	int8_t asked;		       /* order of the last request; −1: the last call was none */
	uint32_t newest;	       /* its number */
	bool grown;
};

struct churn {
	unsigned max_order;
	bool uniform;
	enum victim victim;
	uint64_t unmovable_below, reclaimable_below, pinned_below; /* draws of 0 … 99 */
	uint64_t ops;
	uint32_t n_workers;
	struct worker *workers;
};

/* The number of leading heads of a coin, at most max_order: P(o) halves with each order. */
static unsigned draw_order(const struct churn *churn, struct rng *rng)
{
	if (churn->uniform)
		return (unsigned)rng_below(rng, churn->max_order + 1);
	unsigned order = (unsigned)__builtin_ctzll(rng_next(rng) | UINT64_C(1) << 63);

	return MIN(order, churn->max_order);
}

static bool allocate(const struct churn *churn, struct worker *worker, struct page_call *call)
{
	uint64_t draw = rng_below(&worker->rng, 100);
	struct page_want want = {.mt = MT_MOVABLE, .flags = OP_LRU};

	if (draw < churn->unmovable_below)
		want = (struct page_want){.mt = MT_UNMOVABLE};
	else if (draw < churn->reclaimable_below)
		want = (struct page_want){.mt = MT_RECLAIMABLE};
	else if (draw < churn->pinned_below)
		want.flags |= OP_PINNED;
	want.order = worker->asked = (int8_t)draw_order(churn, &worker->rng);
	worker->newest = live_set_add(&worker->live);
	worker->order[worker->newest] = (uint8_t)want.order;
	worker->held += UINT64_C(1) << want.order;
	return page_alloc(call, &want, &worker->id[worker->newest]);
}

static bool release(const struct churn *churn, struct worker *worker, struct page_call *call)
{
	uint32_t gone = live_set_remove(&worker->live, churn->victim, &worker->rng);

	worker->asked = -1;
	worker->held -= UINT64_C(1) << worker->order[gone];
	return page_free(call, &worker->id[gone]);
}

/* Free one when enough is held, or when the last request was refused; otherwise allocate. */
static bool churn_next(void *state, uint32_t index, const struct page_answer *last,
		       struct page_call *call)
{
	struct churn *churn = state;
	struct worker *worker = &churn->workers[index];
	bool full = worker->held >= worker->fill;

	if (!last->ok) {
		live_set_drop(&worker->live);
		worker->held -= UINT64_C(1) << worker->asked;
	}
	if (!worker->ops_left)
		return false;
	if (!worker->grown && full) {
		worker->grown = true;
		return page_mark(call, "churn:steady");
	}
	worker->ops_left--;
	return (full || !last->ok) && worker->live.n ? release(churn, worker, call)
						     : allocate(churn, worker, call);
}

static unsigned churn_progress(void *state)
{
	const struct churn *churn = state;
	uint64_t left = 0;

	for (uint32_t i = 0; i < churn->n_workers; i++)
		left += churn->workers[i].ops_left;
	return (unsigned)(1000 - mul_div(left, 1000, churn->ops));
}

static void churn_destroy(void *state)
{
	struct churn *churn = state;

	for (uint32_t i = 0; i < churn->n_workers; i++) {
		live_set_clear(&churn->workers[i].live);
		g_free(churn->workers[i].id);
		g_free(churn->workers[i].order);
	}
	g_free(churn->workers);
	g_free(churn);
}

static void init_workers(struct churn *churn, uint64_t seed, uint64_t pages)
{
	uint64_t n = churn->n_workers;

	churn->workers = g_new0(struct worker, n);
	for (uint32_t i = 0; i < n; i++) {
		struct worker *worker = &churn->workers[i];
		g_autofree char *stream = g_strdup_printf("page_churn/%u", i);
		uint32_t room = (uint32_t)(pages / n) + 2;

		rng_init(&worker->rng, seed, stream);
		worker->fill = MAX(pages / n, 1);
		worker->ops_left = churn->ops / n + (i < churn->ops % n ? 1 : 0);
		worker->asked = -1;
		live_set_init(&worker->live, 0, room);
		worker->id = g_new0(uint32_t, room);
		worker->order = g_new0(uint8_t, room);
	}
}

static struct op_source *churn_create(const struct workload_env *env,
				      const struct param_value *values, GError **error)
{
	static const struct page_generator generator = {
		.name = "page_churn",
		.next = churn_next,
		.progress = churn_progress,
		.destroy = churn_destroy,
	};
	uint64_t unmovable = values[P_UNMOVABLE].value;
	uint64_t reclaimable = unmovable + values[P_RECLAIMABLE].value;
	struct churn churn = {
		.max_order = (unsigned)values[P_MAX_ORDER].value,
		.uniform = values[P_ORDERS].value == ORDERS_UNIFORM,
		.victim = (enum victim)values[P_LIFETIME].value,
		.unmovable_below = unmovable,
		.reclaimable_below = reclaimable,
		.pinned_below = reclaimable + values[P_PINNED].value,
		.ops = values[P_OPS].value,
	};
	struct trace_header header;

	if (churn.pinned_below > 100) {
		set_usage_error(error, "unmovable, reclaimable and pinned exceed 100 %%");
		return NULL;
	}
	if (!page_settings_header(env, values, (uint32_t)values[PAGES_CPUS].value, 0, &header,
				  error))
		return NULL;
	churn.n_workers = header.cpus;
	init_workers(&churn, env->seed,
		     percent(managed_pages(header.memory), values[P_FILL].value));
	return page_source_new(&generator, g_memdup2(&churn, sizeof(churn)), &header,
			       churn.n_workers);
}

const struct workload_ops workload_page_churn = {
	.name = "page_churn",
	.summary = "pages come and go at random: orders, migratetypes, lifetimes",
	.params = params,
	.create = churn_create,
};
