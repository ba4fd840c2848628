// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fragments memory to a wanted degree: fills it, pins pages in a share of the pageblocks, frees
 * small holes at random until enough is free, and takes what larger chunks are left. Then it
 * compacts and asks for large chunks, if asked to. docs/workloads.md has the steps.
 */
#include "sim/base/error.h"
#include "sim/base/rng.h"
#include "sim/workload/builtin.h"
#include "sim/workload/page_settings.h"

enum {
	P_FILL = PAGES_COMMON,
	P_UNMOVABLE,
	P_PINNED_BLOCKS,
	P_PINS,
	P_CLUSTER,
	P_FREE,
	P_HOLE_ORDER,
	P_LIMIT_ORDER,
	P_COMPACTIONS,
	P_REQUESTS,
	P_REQUEST_ORDER,
};

#define ORDER_MAX   10 /* of a chunk */
#define BLOCK_ORDER 9
#define BLOCK_PAGES (1u << BLOCK_ORDER)
#define SLACK	    2 /* % */

static const struct param params[] = {
	PAGE_WORKLOAD_PARAMS("1", "y"),
	[P_FILL] = PAGE_NUMBER("fill", "%", "100", 1, 100, "memory to fill, or until refused"),
	[P_UNMOVABLE] = PAGE_NUMBER("unmovable", "%", "3", 0, 100,
				    "of the fill: pages of the kernel's own"),
	[P_PINNED_BLOCKS] =
		PAGE_NUMBER("pinned_blocks", "%", "50", 0, 100, "pageblocks to pin pages in"),
	[P_PINS] =
		PAGE_NUMBER("pins", "pages", "1", 1, BLOCK_PAGES, "pages pinned in each of them"),
	[P_CLUSTER] = PAGE_NUMBER("cluster", "pageblocks", "1", 1, 1 << 20,
				  "pageblocks with pins lie together in runs of so many"),
	[P_FREE] = PAGE_NUMBER("free", "%", "30", 0, 99, "memory free at the end"),
	[P_HOLE_ORDER] =
		PAGE_NUMBER("hole_order", NULL, "3", 0, BLOCK_ORDER, "order of the holes made"),
	[P_LIMIT_ORDER] = PAGE_NUMBER("limit_order", NULL, "8", 0, ORDER_MAX,
				      "no free chunk is of a higher order"),
	[P_COMPACTIONS] = PAGE_NUMBER("compactions", NULL, "1", 0, 1000,
				      "times that all memory is compacted then"),
	[P_REQUESTS] = PAGE_NUMBER("requests", "%", "80", 0, 100,
				   "of what is free then: asked for in large chunks"),
	[P_REQUEST_ORDER] = PAGE_NUMBER("request_order", NULL, "9", 0, ORDER_MAX, "their order"),
	{0},
};

/* Beside ids: a page that is held for good, as a pin or because a chunk must not become whole. */
#define KEPT UINT32_MAX

struct fragmenter {
	uint64_t values[PARAM_MAX]; /* of the parameters */
	struct rng rng;
	uint64_t managed, held; /* pages */
	uint64_t base_pfn;	/* of held_at[0]: aligned to what no chunk crosses */
	uint32_t n_frames;
	uint32_t *held_at; /* by frame: the id of the movable page there, 0 or KEPT */
	uint32_t next_frame;
	uint32_t word; /* where the id of a request goes */
	unsigned phase;
	bool asked;	      /* the last call was a request */
	uint64_t done, goal;  /* of the phase */
	uint32_t at, end;     /* frames being worked through */
	uint32_t block, left; /* pinning: blocks of the cluster, pins of the block still to do */
	uint32_t clusters_left, clusters_wanted;
	bool plugging;	  /* scattering: a large chunk was asked for */
	bool reask;	  /* pinning: a page was freed, to be asked for again */
	uint32_t *groups; /* scattering: of hole_order, in a random order as far as drawn */
	uint32_t n_groups, drawn;
	GArray *chunks; /* uint32_t: ids of the large requests */
};

static const struct page_want movable_page = {.mt = MT_MOVABLE, .flags = OP_LRU};
static const struct page_want pinned_page = {.mt = MT_MOVABLE, .flags = OP_LRU | OP_PINNED};
static const struct page_want kernel_page = {.mt = MT_UNMOVABLE};

/*
 * Note a granted page. Where nothing tells its pfn, or compaction has moved the page that was
 * there, it counts as the next one in the order of the requests.
 */
static void note_page(struct fragmenter *f, uint64_t pfn, uint32_t id)
{
	uint64_t frame = pfn - f->base_pfn;

	if (frame >= f->n_frames || f->held_at[frame]) {
		while (f->next_frame < f->n_frames && f->held_at[f->next_frame])
			f->next_frame++;
		frame = f->next_frame;
	}
	if (frame < f->n_frames)
		f->held_at[frame] = id;
}

/* Phases: fill in the next call, or return false when the phase is over. */

static bool fill(struct fragmenter *f, const struct page_answer *last, struct page_call *call)
{
	bool movable = f->asked && f->word;

	if (!f->asked)
		f->goal = percent(f->managed, f->values[P_FILL]);
	else if (!last->ok)
		return false;
	else
		f->held++;
	if (movable && !f->left)
		note_page(f, last->pfn, f->word);
	if (f->held >= f->goal)
		return false;
	f->word = 0;
	f->left = rng_below(&f->rng, 100) < f->values[P_UNMOVABLE];
	return page_alloc(call, f->left ? &kernel_page : &movable_page, &f->word);
}

static void begin_pinning(struct fragmenter *f)
{
	uint64_t blocks = f->n_frames / BLOCK_PAGES;

	f->clusters_left = (uint32_t)(blocks / f->values[P_CLUSTER]);
	f->clusters_wanted = (uint32_t)percent(f->clusters_left, f->values[P_PINNED_BLOCKS]);
	f->block = 0;
}

/* Selection sampling: every set of that many clusters is equally likely. False: none is left. */
static bool next_cluster(struct fragmenter *f)
{
	while (f->clusters_left) {
		bool chosen = rng_below(&f->rng, f->clusters_left--) < f->clusters_wanted;

		f->at = f->block;
		f->block += (uint32_t)f->values[P_CLUSTER];
		f->end = f->block;
		f->clusters_wanted -= chosen;
		if (chosen)
			return true;
	}
	return false;
}

/* A random movable page of @block. NULL: it has none, or hardly any. */
static uint32_t *draw_page(struct fragmenter *f, uint32_t block)
{
	for (unsigned tries = 0; tries < 4 * BLOCK_PAGES; tries++) {
		uint32_t *held = &f->held_at[block * BLOCK_PAGES + rng_below(&f->rng, BLOCK_PAGES)];

		if (*held && *held != KEPT)
			return held;
	}
	return NULL;
}

/* A page is pinned by giving it back and asking for a pinned one, which gets the same place. */
static bool pin(struct fragmenter *f, const struct page_answer *last, struct page_call *call)
{
	if (!f->asked)
		begin_pinning(f);
	if (f->word) {
		note_page(f, last->pfn, KEPT);
		f->word = 0;
	}
	if (f->reask) {
		f->reask = false;
		return page_alloc(call, &pinned_page, &f->word);
	}
	for (;;) {
		if (!f->left && f->at == f->end) {
			if (!next_cluster(f))
				return false;
			f->left = (uint32_t)f->values[P_PINS];
		} else if (!f->left) {
			f->left = ++f->at < f->end ? (uint32_t)f->values[P_PINS] : 0;
		} else {
			uint32_t *held = draw_page(f, f->at);

			f->left = held ? f->left - 1 : 0;
			f->reask = held;
			if (held)
				return page_free(call, held);
		}
	}
}

/* In every group of pages that could become a chunk of too high an order, one is held for good. */
static void keep_one_in_each(struct fragmenter *f, uint32_t group)
{
	for (uint32_t first = 0; first < f->n_frames; first += group) {
		uint32_t candidates = 0, *chosen = NULL;

		for (uint32_t i = first; i < first + group; i++) {
			if (f->held_at[i] == KEPT) {
				chosen = NULL;
				break;
			}
			if (f->held_at[i] && !rng_below(&f->rng, ++candidates))
				chosen = &f->held_at[i];
		}
		if (chosen)
			*chosen = KEPT;
	}
}

static void begin_scattering(struct fragmenter *f)
{
	if (f->values[P_LIMIT_ORDER] < ORDER_MAX)
		keep_one_in_each(f, 2u << f->values[P_LIMIT_ORDER]);
	f->n_groups = f->n_frames >> f->values[P_HOLE_ORDER];
	f->groups = g_new(uint32_t, f->n_groups);
	for (uint32_t i = 0; i < f->n_groups; i++)
		f->groups[i] = i;
}

/* The next hole, by a shuffle that goes as far as holes are made. False: there is none. */
static bool next_group(struct fragmenter *f)
{
	if (f->drawn == f->n_groups)
		return false;
	uint32_t other = f->drawn + (uint32_t)rng_below(&f->rng, f->n_groups - f->drawn);
	uint32_t group = f->groups[other];

	f->groups[other] = f->groups[f->drawn++];
	f->at = group << f->values[P_HOLE_ORDER];
	f->end = f->at + (1u << f->values[P_HOLE_ORDER]);
	return true;
}

/* Make holes until no more than @most pages are held. */
static bool scatter_to(struct fragmenter *f, uint64_t most, struct page_call *call)
{
	if (!f->groups)
		begin_scattering(f);
	while (f->held > most) {
		if (f->at == f->end && !next_group(f))
			return false;
		while (f->at < f->end) {
			uint32_t *held = &f->held_at[f->at++];

			if (!*held || *held == KEPT)
				continue;
			f->held--;
			return page_free(call, held);
		}
	}
	return false;
}

/* Above the watermarks again, or a page given back could not be had again. */
static bool slacken(struct fragmenter *f, const struct page_answer *last, struct page_call *call)
{
	(void)last;
	if (!f->asked)
		f->goal = f->held - MIN(f->held, percent(f->managed, SLACK));
	return scatter_to(f, f->goal, call);
}

/* A chunk that is still whole: taken, and held for good. False: of this order there are none. */
static bool plug(struct fragmenter *f, struct page_call *call)
{
	unsigned order = (unsigned)f->values[P_LIMIT_ORDER] + 1;
	const struct page_want chunk = {.order = (int8_t)order,
					.mt = MT_MOVABLE,
					.flags = OP_LRU | OP_PINNED | OP_HAS_GFP,
					.gfp = PAGE_GFP_MASK_THP_LIGHT};

	if (order > ORDER_MAX || f->held + (1u << order) > f->managed)
		return false;
	f->plugging = true;
	f->word = 0;
	return page_alloc(call, &chunk, &f->word);
}

/*
 * Holes until enough is free; then what is still whole (the reserve below the watermarks was) is
 * taken, and as much is freed elsewhere; until nothing whole is left.
 */
static bool scatter(struct fragmenter *f, const struct page_answer *last, struct page_call *call)
{
	bool refused = f->plugging && !last->ok;

	if (f->plugging && last->ok)
		f->held += 2u << f->values[P_LIMIT_ORDER];
	f->plugging = false;
	if (scatter_to(f, f->managed - percent(f->managed, f->values[P_FREE]), call))
		return true;
	return !refused && plug(f, call);
}

static bool tell(struct fragmenter *f, const struct page_answer *last, struct page_call *call)
{
	(void)last;
	return !f->asked && page_mark(call, "fragmented");
}

static bool compact(struct fragmenter *f, const struct page_answer *last, struct page_call *call)
{
	uint64_t i = f->done++;

	(void)last;
	if (!f->asked)
		f->goal = f->values[P_COMPACTIONS] ? f->values[P_COMPACTIONS] + 2 : 0;
	if (i >= f->goal)
		return false;
	if (i == 0 || i == f->goal - 1)
		return page_mark(call, i ? "compact:end" : "compact:start");
	call->kind = PAGE_CALL_COMPACT;
	call->want = (struct page_want){.order = -1, .mt = MT_MOVABLE, .mode = COMPACT_SYNC};
	return true;
}

static bool ask(struct fragmenter *f, const struct page_answer *last, struct page_call *call)
{
	unsigned order = (unsigned)f->values[P_REQUEST_ORDER];
	uint64_t i = f->done++;

	(void)last;
	if (!f->asked) {
		uint64_t free = f->managed - f->held;
		uint64_t n = percent(free, f->values[P_REQUESTS]) >> order;

		g_array_set_size(f->chunks, (guint)n);
		f->goal = n ? n + 2 : 0;
	}
	if (i >= f->goal)
		return false;
	if (i == 0 || i == f->goal - 1)
		return page_mark(call, i ? "requests:end" : "requests:start");
	return page_alloc(
		call,
		&(struct page_want){.order = (int8_t)order, .mt = MT_MOVABLE, .flags = OP_LRU},
		&g_array_index(f->chunks, uint32_t, i - 1));
}

typedef bool (*phase_fn)(struct fragmenter *, const struct page_answer *, struct page_call *);

static const phase_fn phases[] = {fill, slacken, pin, scatter, tell, compact, ask};

static bool fragmenter_next(void *state, uint32_t worker, const struct page_answer *last,
			    struct page_call *call)
{
	struct fragmenter *f = state;

	(void)worker;
	while (f->phase < G_N_ELEMENTS(phases)) {
		if (phases[f->phase](f, last, call)) {
			f->asked = true;
			return true;
		}
		f->phase++;
		f->asked = false;
		f->word = f->left = f->at = f->end = 0;
		f->done = f->goal = 0;
	}
	return false;
}

/* Nearly all ops fill. */
static unsigned fragmenter_progress(void *state)
{
	const struct fragmenter *f = state;

	return f->phase ? 900 : (unsigned)mul_div(f->held, 900, f->managed);
}

static void fragmenter_destroy(void *state)
{
	struct fragmenter *f = state;

	g_array_unref(f->chunks);
	g_free(f->held_at);
	g_free(f->groups);
	g_free(f);
}

static struct op_source *fragmenter_create(const struct workload_env *env,
					   const struct param_value *values, GError **error)
{
	static const struct page_generator generator = {
		.name = "page_fragmenter",
		.next = fragmenter_next,
		.progress = fragmenter_progress,
		.destroy = fragmenter_destroy,
	};
	struct trace_header header;
	uint64_t start_pfn;

	if (values[P_HOLE_ORDER].value > values[P_LIMIT_ORDER].value) {
		set_usage_error(error, "hole_order is higher than limit_order");
		return NULL;
	}
	if (!page_settings_header(env, values, (uint32_t)values[PAGES_CPUS].value, 0, &header,
				  error))
		return NULL;
	struct fragmenter *f = g_new0(struct fragmenter, 1);
	uint64_t spanned = spanned_pages(header.memory, &start_pfn);

	for (unsigned i = 0; i < G_N_ELEMENTS(params); i++)
		f->values[i] = values[i].value;
	rng_init(&f->rng, env->seed, "page_fragmenter");
	f->managed = managed_pages(header.memory);
	f->base_pfn = align_down(start_pfn, 2u << ORDER_MAX);
	f->n_frames = (uint32_t)align_up(start_pfn - f->base_pfn + spanned, 2u << ORDER_MAX);
	f->held_at = g_new0(uint32_t, f->n_frames);
	f->chunks = g_array_new(FALSE, TRUE, sizeof(uint32_t));
	return page_source_new(&generator, f, &header, 1);
}

const struct workload_ops workload_page_fragmenter = {
	.name = "page_fragmenter",
	.summary = "fragments memory to a wanted degree, then compacts and asks for large chunks",
	.params = params,
	.create = fragmenter_create,
};
