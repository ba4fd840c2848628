// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A server: page cache, anonymous memory, slabs, page tables, network buffers, and pages that
 * devices have pinned, each with lifetimes of its own. Once it is steady it asks for a huge page
 * now and then, and for one at the end. docs/workloads.md has the steps.
 */
#include "sim/base/error.h"
#include "sim/base/rng.h"
#include "sim/workload/builtin.h"
#include "sim/workload/live_set.h"
#include "sim/workload/page_settings.h"

enum {
	P_OPS = PAGES_COMMON,
	P_CACHE,
	P_ANON,
	P_TABLES,
	P_SLAB,
	P_SLAB_RECLAIMABLE,
	P_NETWORK,
	P_PINS,
	P_SURGE,
	P_SURGE_EVERY,
	P_WARMUP,
	P_PROBE_EVERY,
};

#define SHARE_MAX 200 /* %: the page cache may want more than there is */

static const struct param params[] = {
	PAGE_WORKLOAD_PARAMS("4", "y"),
	[P_OPS] = PAGE_NUMBER("ops", NULL, "400000", 0, 0, "requests once steady, all CPUs"),
	[P_CACHE] = PAGE_NUMBER("cache", "%", "70", 0, SHARE_MAX, "of the memory: file pages used"),
	[P_ANON] = PAGE_NUMBER("anon", "%", "25", 0, 100, "of the memory: anonymous pages"),
	[P_TABLES] = PAGE_NUMBER("tables", "%", "1", 0, 100, "of the memory: page tables, stacks"),
	[P_SLAB] = PAGE_NUMBER("slab", "%", "4", 0, 100, "of the memory: unmovable slabs"),
	[P_SLAB_RECLAIMABLE] = PAGE_NUMBER("slab_reclaimable", "%", "6", 0, 100,
					   "of the memory: slabs of inodes and dentries"),
	[P_NETWORK] = PAGE_NUMBER("network", "%", "1", 0, 100, "of the memory: packet buffers"),
	[P_PINS] = PAGE_NUMBER("pins", "%", "2", 0, 100, "of the memory: user pages pinned"),
	[P_SURGE] = PAGE_NUMBER("surge", "%", "100", 0, 1000,
				"slabs and network grow by so much at the height of a surge"),
	[P_SURGE_EVERY] = PAGE_NUMBER("surge_every", "requests", "50000", 1, 0,
				      "from one surge to the next, all CPUs"),
	[P_WARMUP] = PAGE_NUMBER("warmup", "%", "200", 0, 10000,
				 "of the memory: asked for until the server counts as steady"),
	[P_PROBE_EVERY] = PAGE_NUMBER("probe_every", "requests", "2000", 1, 0,
				      "of CPU 0, from one request for 2 MiB to the next"),
	{0},
};

#define SLAB_ORDERS 4

/* Pages of one kind. */
struct population {
	unsigned share; /* parameter: % of the memory */
	struct page_want want;
	uint8_t weight[SLAB_ORDERS]; /* how often which order is asked for */
	unsigned rate;		     /* how often one of this kind is replaced, against others */
	enum victim victim;
	bool surges;
	bool may_fall_back; /* to order 0, where a larger order is refused */
};

#define ATOMIC OP_HAS_GFP, PAGE_GFP_MASK_ATOMIC | PAGE_GFP_NOWARN

/* clang-format off */
static const struct population populations[] = {
	/* share              order mt mode flags, gfp                         orders     rate */
	{P_CACHE, {0, MT_MOVABLE, 0, OP_LRU | OP_RECLAIMABLE, 0},           {1, 0, 0, 0}, 90,
	 VICTIM_OLDEST, false, false},
	{P_ANON, {0, MT_MOVABLE, 0, OP_LRU, 0},                             {1, 0, 0, 0}, 24,
	 VICTIM_RANDOM, false, false},
	{P_TABLES, {0, MT_UNMOVABLE, 0, 0, 0},                              {9, 0, 1, 0}, 4,
	 VICTIM_RANDOM, false, false},
	{P_SLAB, {0, MT_UNMOVABLE, 0, 0, 0},                                {4, 3, 2, 3}, 6,
	 VICTIM_RANDOM, true, true},
	{P_SLAB_RECLAIMABLE, {0, MT_RECLAIMABLE, 0, 0, 0},                  {2, 2, 1, 5}, 6,
	 VICTIM_RANDOM, true, true},
	{P_NETWORK, {0, MT_UNMOVABLE, 0, ATOMIC},                           {7, 0, 0, 3}, 28,
	 VICTIM_OLDEST, true, true},
	{P_PINS, {0, MT_MOVABLE, 0, OP_LRU | OP_PINNED, 0},                 {1, 0, 0, 0}, 2,
	 VICTIM_RANDOM, false, false},
};
/* clang-format on */

#define POPULATIONS G_N_ELEMENTS(populations)
#define CACHE	    0 /* its index */
#define DROP_BATCH  32
#define HUGE_ORDER  9

/* What a worker has of a population. */
struct group {
	struct live_set live;
	uint32_t *id;	      /* by number of the live set */
	uint8_t *order;	      /* likewise */
	uint64_t held, share; /* pages */
};

enum stage {
	STAGE_GROW,
	STAGE_WARM_UP,
	STAGE_STEADY,
	STAGE_LAST,
	STAGES
};

struct worker {
	struct rng rng;
	enum stage stage;
	bool begun; /* the stage: its mark is set */
	struct group groups[POPULATIONS];
	uint64_t requests; /* so far */
	uint64_t left;	   /* of the stage: requests, or pages to ask for */
	/* The last request, which is made again in another way if it is refused. */
	bool asked, dropped;
	unsigned population;
	uint32_t newest;
	struct page_want want;
	unsigned to_drop; /* pages of the page cache, for want of memory */
	bool replace;	  /* one has been freed for this one */
	uint32_t probe;	  /* id of the huge page */
	uint64_t next_probe;
};

struct server {
	uint64_t ops, warmup, surge, surge_every, probe_every;
	unsigned total_rate;
	uint32_t n_workers;
	struct worker *workers;
};

static const struct page_want huge_page = {
	.order = HUGE_ORDER, .mt = MT_MOVABLE, .flags = OP_LRU | OP_THP};

/* Pages of population @i that a worker wants now: its share, more in a surge (a triangle). */
static uint64_t wanted(const struct server *server, const struct worker *worker, unsigned i)
{
	uint64_t share = worker->groups[i].share, period = server->surge_every;

	if (!populations[i].surges || worker->stage == STAGE_GROW)
		return share;
	/* they do not all surge at the same time */
	uint64_t at = (worker->requests + i * period / POPULATIONS) % period;
	uint64_t height = 2 * MIN(at, period - at);

	return share + mul_div(share * server->surge / 100, height, period);
}

static bool ask(struct worker *worker, struct page_call *call)
{
	struct group *group = &worker->groups[worker->population];

	worker->asked = true;
	group->order[worker->newest] = (uint8_t)worker->want.order;
	return page_alloc(call, &worker->want, &group->id[worker->newest]);
}

static bool allocate(struct worker *worker, unsigned i, struct page_call *call)
{
	const struct population *population = &populations[i];
	struct group *group = &worker->groups[i];
	unsigned sum = 0, order = 0;

	for (unsigned o = 0; o < SLAB_ORDERS; o++)
		sum += population->weight[o];
	unsigned draw = (unsigned)rng_below(&worker->rng, sum);

	while (draw >= population->weight[order])
		draw -= population->weight[order++];
	worker->population = i;
	worker->newest = live_set_add(&group->live);
	worker->want = population->want;
	worker->want.order = (int8_t)order;
	worker->dropped = false;
	group->held += UINT64_C(1) << order;
	worker->requests++;
	worker->left -= MIN(worker->left, worker->stage == STAGE_STEADY ? 1 : UINT64_C(1) << order);
	return ask(worker, call);
}

static bool release(struct worker *worker, unsigned i, struct page_call *call)
{
	struct group *group = &worker->groups[i];
	uint32_t gone = live_set_remove(&group->live, populations[i].victim, &worker->rng);

	group->held -= UINT64_C(1) << group->order[gone];
	return page_free(call, &group->id[gone]);
}

/*
 * The last request was refused. A slab or packet buffer does with a single page; then the oldest of
 * the page cache goes, once; then it is done without. False: that is so.
 */
static bool back_off(struct worker *worker, struct page_call *call)
{
	struct group *group = &worker->groups[worker->population];

	if (worker->want.order && populations[worker->population].may_fall_back) {
		group->held -= (UINT64_C(1) << worker->want.order) - 1;
		worker->want.order = 0;
		return ask(worker, call);
	}
	if (!worker->dropped && !(worker->want.gfp & PAGE_GFP_ATOMIC) &&
	    worker->population != CACHE) {
		worker->dropped = true;
		worker->to_drop = DROP_BATCH;
		return false;
	}
	group->held -= UINT64_C(1) << worker->want.order;
	live_set_drop(&group->live);
	worker->asked = false;
	if (worker->population == CACHE)
		worker->to_drop = DROP_BATCH;
	return false;
}

/* Which population is furthest from what it wants is chosen most often. False: none lacks any. */
static bool grow(struct server *server, struct worker *worker, struct page_call *call)
{
	uint64_t lack[POPULATIONS], sum = 0;
	unsigned i = 0;

	for (unsigned p = 0; p < POPULATIONS; p++) {
		uint64_t want = wanted(server, worker, p), held = worker->groups[p].held;

		lack[p] = held < want ? want - held : 0;
		sum += lack[p];
	}
	if (!sum || !worker->left)
		return false;
	uint64_t draw = rng_below(&worker->rng, sum);

	while (draw >= lack[i])
		draw -= lack[i++];
	return allocate(worker, i, call);
}

static unsigned draw_population(const struct server *server, struct rng *rng)
{
	unsigned draw = (unsigned)rng_below(rng, server->total_rate), i = 0;

	while (draw >= populations[i].rate)
		draw -= populations[i++].rate;
	return i;
}

/* Replace one: of those that hold more than they want, several go. */
static bool replace(struct server *server, struct worker *worker, struct page_call *call)
{
	if (worker->replace) {
		uint64_t want = wanted(server, worker, worker->population);
		struct group *group = &worker->groups[worker->population];

		worker->replace = group->held > want && group->live.n;
		return worker->replace ? release(worker, worker->population, call)
				       : allocate(worker, worker->population, call);
	}
	if (!worker->left)
		return false;
	unsigned i = draw_population(server, &worker->rng);
	struct group *group = &worker->groups[i];

	while (!group->share) {
		i = draw_population(server, &worker->rng);
		group = &worker->groups[i];
	}
	worker->population = i;
	worker->replace = group->held >= wanted(server, worker, i) && group->live.n;
	return worker->replace ? release(worker, i, call) : allocate(worker, i, call);
}

/* CPU 0 asks for a huge page now and then, and gives it back. False: not now. */
static bool probe(struct server *server, struct worker *worker, struct page_call *call)
{
	if (worker->probe)
		return page_free(call, &worker->probe);
	if (worker != server->workers || worker->requests < worker->next_probe)
		return false;
	worker->next_probe = worker->requests + server->probe_every;
	return page_alloc(call, &huge_page, &worker->probe);
}

static bool steady(struct server *server, struct worker *worker, struct page_call *call)
{
	return probe(server, worker, call) || replace(server, worker, call);
}

static bool last_request(struct server *server, struct worker *worker, struct page_call *call)
{
	if (worker != server->workers || !worker->left)
		return false;
	worker->left = 0;
	return page_alloc(call, &huge_page, &worker->probe);
}

static bool (*const stage_fns[])(struct server *, struct worker *, struct page_call *) = {
	[STAGE_GROW] = grow,
	[STAGE_WARM_UP] = replace,
	[STAGE_STEADY] = steady,
	[STAGE_LAST] = last_request,
};

static bool begin_stage(struct server *server, struct worker *worker, struct page_call *call)
{
	static const char *const marks[] = {"server:boot", "server:grown", "server:steady",
					    "server:last"};
	uint64_t held = 0;

	for (unsigned i = 0; i < POPULATIONS; i++)
		held += worker->groups[i].share;
	const uint64_t lefts[] = {
		[STAGE_GROW] = 2 * held, /* where requests are refused it may never be there */
		[STAGE_WARM_UP] = held ? server->warmup / server->n_workers : 0,
		[STAGE_STEADY] = held ? server->ops / server->n_workers : 0,
		[STAGE_LAST] = 1,
	};

	worker->begun = true;
	worker->replace = false;
	worker->left = lefts[worker->stage];
	worker->next_probe = worker->requests;
	return worker == server->workers && page_mark(call, marks[worker->stage]);
}

static bool server_next(void *state, uint32_t index, const struct page_answer *last,
			struct page_call *call)
{
	struct server *server = state;
	struct worker *worker = &server->workers[index];
	struct group *cache = &worker->groups[CACHE];

	if (worker->asked && !last->ok && back_off(worker, call))
		return true;
	while (worker->to_drop && cache->live.n) {
		worker->to_drop--;
		return release(worker, CACHE, call);
	}
	worker->to_drop = 0;
	if (worker->asked && worker->dropped &&
	    !worker->groups[worker->population].id[worker->newest])
		return ask(worker, call);
	worker->asked = false;
	if (worker->stage == STAGES)
		return false;
	if (!worker->begun && begin_stage(server, worker, call))
		return true;
	if (stage_fns[worker->stage](server, worker, call))
		return true;
	worker->stage++;
	worker->begun = false;
	call->kind = PAGE_CALL_BARRIER;
	return true;
}

static unsigned server_progress(void *state)
{
	const struct server *server = state;
	const struct worker *worker = &server->workers[0];

	return (unsigned)worker->stage * (1000 / STAGES);
}

static void server_destroy(void *state)
{
	struct server *server = state;

	for (uint32_t w = 0; w < server->n_workers; w++) {
		for (unsigned i = 0; i < POPULATIONS; i++) {
			struct group *group = &server->workers[w].groups[i];

			live_set_clear(&group->live);
			g_free(group->id);
			g_free(group->order);
		}
	}
	g_free(server->workers);
	g_free(server);
}

static void init_group(const struct server *server, struct group *group, unsigned i, uint64_t pages)
{
	uint64_t most = pages + (populations[i].surges ? pages * server->surge / 100 : 0);
	uint32_t room = (uint32_t)most + 2; /* chunks, if all are single pages */

	group->share = pages;
	live_set_init(&group->live, 0, room);
	group->id = g_new0(uint32_t, room);
	group->order = g_new0(uint8_t, room);
}

static void init_workers(struct server *server, const struct param_value *values, uint64_t managed,
			 uint64_t seed)
{
	server->workers = g_new0(struct worker, server->n_workers);
	for (uint32_t w = 0; w < server->n_workers; w++) {
		g_autofree char *stream = g_strdup_printf("mixed_server/%u", w);

		rng_init(&server->workers[w].rng, seed, stream);
		for (unsigned i = 0; i < POPULATIONS; i++)
			init_group(server, &server->workers[w].groups[i], i,
				   percent(managed, values[populations[i].share].value) /
					   server->n_workers);
	}
	for (unsigned i = 0; i < POPULATIONS; i++)
		server->total_rate += populations[i].rate;
}

static struct op_source *server_create(const struct workload_env *env,
				       const struct param_value *values, GError **error)
{
	static const struct page_generator generator = {
		.name = "mixed_server",
		.next = server_next,
		.progress = server_progress,
		.destroy = server_destroy,
	};
	struct server server = {
		.ops = values[P_OPS].value,
		.surge = values[P_SURGE].value,
		.surge_every = values[P_SURGE_EVERY].value,
		.probe_every = values[P_PROBE_EVERY].value,
	};
	struct trace_header header;
	uint64_t others = 0;

	for (unsigned i = 0; i < POPULATIONS; i++) {
		if (i != CACHE)
			others += values[populations[i].share].value;
	}
	if (others > 95) {
		set_usage_error(error, "what is not page cache exceeds 95 %% of the memory");
		return NULL;
	}
	if (!page_settings_header(env, values, (uint32_t)values[PAGES_CPUS].value, 0, &header,
				  error))
		return NULL;
	uint64_t managed = managed_pages(header.memory);

	server.n_workers = header.cpus;
	server.warmup = percent(managed, values[P_WARMUP].value);
	server.surge_every = MAX(server.surge_every / header.cpus, 2);
	init_workers(&server, values, managed, env->seed);
	return page_source_new(&generator, g_memdup2(&server, sizeof(server)), &header,
			       server.n_workers);
}

const struct workload_ops workload_mixed_server = {
	.name = "mixed_server",
	.summary = "page cache, anonymous memory, slabs, network buffers and pins of a server",
	.params = params,
	.create = server_create,
};
