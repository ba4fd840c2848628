// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/page_calls.h"

struct page_worker {
	bool ended;
	bool waiting;	  /* at a barrier */
	uint64_t barrier; /* source->base.released when it came there */
	uint32_t *asked;  /* the last op asked for pages: where the id goes */
	uint32_t id;	  /* of the last op */
	struct page_answer answer;
	GArray *unused;	 /* uint32_t: ids freed */
	uint32_t n_used; /* numbers that ids were made of so far */
};

struct page_source {
	struct op_source base;
	const struct page_generator *generator;
	void *state;
	uint32_t n_workers;
	uint32_t turn; /* ANY_CPU: the worker whose turn it is */
	uint32_t n_waiting, n_ended;
	struct page_worker *workers;
};

static uint32_t take_id(struct page_source *source, uint32_t cpu)
{
	struct page_worker *worker = &source->workers[cpu];
	GArray *unused = worker->unused;

	if (!unused->len)
		return worker->n_used++ * source->n_workers + cpu + 1;
	uint32_t id = g_array_index(unused, uint32_t, unused->len - 1);

	g_array_set_size(unused, unused->len - 1);
	return id;
}

/* The last call is over: the generator's word says what it holds. */
static void settle(struct page_worker *worker)
{
	if (!worker->asked)
		return;
	*worker->asked = worker->answer.ok ? worker->id : 0;
	worker->asked = NULL;
}

static void open_barrier(struct page_source *source)
{
	if (!source->n_waiting || source->n_waiting + source->n_ended < source->n_workers)
		return;
	source->n_waiting = 0;
	source->base.released++;
}

/* The first op of @call. False: it needs none. */
static bool begin_call(struct page_source *source, uint32_t cpu, const struct page_call *call,
		       struct op *op)
{
	struct page_worker *worker = &source->workers[cpu];
	const struct page_want *want = &call->want;

	*op = (struct op){.cpu = (uint16_t)cpu, .t_ns = call->after_ns};
	if (call->after_ns)
		op->flags = OP_AFTER;
	switch (call->kind) {
	case PAGE_CALL_SEED:
	case PAGE_CALL_ALLOC:
		g_assert(!*call->held);
		worker->asked = call->held;
		op->id = worker->id = take_id(source, cpu);
		op->kind = call->kind == PAGE_CALL_SEED ? OP_PAGE_SEED : OP_PAGE_ALLOC;
		op->addr = call->pfn;
		break;
	case PAGE_CALL_FREE:
		if (!*call->held)
			return false;
		op->kind = OP_PAGE_FREE;
		op->id = *call->held;
		g_array_append_val(worker->unused, *call->held);
		*call->held = 0;
		return true;
	case PAGE_CALL_COMPACT:
		op->kind = OP_COMPACT;
		break;
	case PAGE_CALL_MARK:
		op->kind = OP_MARK;
		op->mark = call->mark;
		return true;
	case PAGE_CALL_BARRIER:
		worker->waiting = true;
		worker->barrier = source->base.released;
		source->n_waiting++;
		open_barrier(source);
		return false;
	}
	op->flags |= want->flags | (call->kind == PAGE_CALL_SEED ? OP_HAS_ADDR : 0);
	op->page.order = want->order;
	op->page.mt = want->mt;
	op->page.mode = want->mode;
	op->page.gfp = want->gfp;
	return true;
}

static enum source_next next_of(struct page_source *source, uint32_t cpu, struct op *op)
{
	struct page_worker *worker = &source->workers[cpu];
	struct page_answer answer = worker->answer;

	settle(worker);
	for (;;) {
		struct page_call call = {0};

		if (worker->ended)
			return SOURCE_END;
		if (worker->waiting && worker->barrier == source->base.released)
			return SOURCE_WAIT;
		worker->waiting = false;
		answer.now_ns = source->base.now_ns;
		if (!source->generator->next(source->state, cpu, &answer, &call)) {
			worker->ended = true;
			source->n_ended++;
			open_barrier(source);
			return SOURCE_END;
		}
		answer = (struct page_answer){.ok = true};
		if (begin_call(source, cpu, &call, op))
			break;
	}
	worker->answer = (struct page_answer){.ok = true};
	return SOURCE_OP;
}

/* Every worker in turn; whoever waits is passed over. */
static enum source_next page_source_next(struct op_source *base, uint32_t cpu, struct op *op,
					 GError **error)
{
	struct page_source *source = (struct page_source *)base;

	(void)error;
	if (cpu != ANY_CPU)
		return cpu < source->n_workers ? next_of(source, cpu, op) : SOURCE_END;
	while (source->n_ended < source->n_workers) {
		cpu = source->turn;
		source->turn = cpu + 1 < source->n_workers ? cpu + 1 : 0;
		if (next_of(source, cpu, op) == SOURCE_OP)
			return SOURCE_OP;
	}
	return SOURCE_END;
}

static void page_source_result(struct op_source *base, const struct op *op, bool ok, uint64_t addr)
{
	struct page_source *source = (struct page_source *)base;

	source->workers[op->cpu].answer = (struct page_answer){.ok = ok, .pfn = addr};
}

static json_t *page_source_figures(const struct op_source *base)
{
	const struct page_source *source = (const struct page_source *)base;

	return source->generator->figures ? source->generator->figures(source->state) : NULL;
}

static unsigned page_source_progress(struct op_source *base)
{
	struct page_source *source = (struct page_source *)base;

	return source->generator->progress ? source->generator->progress(source->state) : 0;
}

static void page_source_destroy(struct op_source *base)
{
	struct page_source *source = (struct page_source *)base;

	source->generator->destroy(source->state);
	for (uint32_t cpu = 0; cpu < source->n_workers; cpu++)
		g_array_unref(source->workers[cpu].unused);
	g_free(source->workers);
	g_free(source);
}

static const struct op_source_ops page_source_ops = {
	.name = "workload",
	.next = page_source_next,
	.result = page_source_result,
	.progress = page_source_progress,
	.figures = page_source_figures,
	.destroy = page_source_destroy,
};

struct op_source *page_source_new(const struct page_generator *generator, void *state,
				  const struct trace_header *header, uint32_t workers)
{
	struct page_source *source = g_new0(struct page_source, 1);

	g_assert(workers && workers <= header->cpus);
	source->base.ops = &page_source_ops;
	source->base.header = *header;
	source->base.per_cpu = true;
	source->base.timed = generator->figures;
	source->generator = generator;
	source->state = state;
	source->n_workers = workers;
	source->workers = g_new0(struct page_worker, workers);
	for (uint32_t cpu = 0; cpu < workers; cpu++) {
		source->workers[cpu].answer.ok = true;
		source->workers[cpu].unused = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	}
	return &source->base;
}

bool page_mark(struct page_call *call, const char *text)
{
	call->kind = PAGE_CALL_MARK;
	call->mark = g_strdup(text);
	return true;
}

bool page_alloc(struct page_call *call, const struct page_want *want, uint32_t *held)
{
	call->kind = PAGE_CALL_ALLOC;
	call->want = *want;
	call->held = held;
	return true;
}

bool page_free(struct page_call *call, uint32_t *held)
{
	call->kind = PAGE_CALL_FREE;
	call->held = held;
	return true;
}
