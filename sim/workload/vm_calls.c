// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/vm_calls.h"

#include "sim/base/prefetch.h"

struct vm_worker {
	enum {
		IDLE,
		ALLOCATING, /* the last op asked for an area of the call */
		UNDOING,    /* one was refused: giving back those before it */
		FREEING,
		ENDED
	} state;
	bool ok; /* what became of the last op */
	uint32_t holder;
	uint8_t freed;	/* FREEING: areas of the holder freed so far */
	uint64_t pages; /* ALLOCATING: of the area last asked for, without guard page */
	bool no_page_array;
	uint8_t *held; /* by holder: areas it holds: its own, the page array, the array's … */
	/*
	 * By level and holder: what the id is made of. Replaced by an unused number when the
	 * request is refused, since in a trace the id counts as made all the same.
	 */
	uint32_t *number;
	uint32_t unused;
};

/* With fewer a worker's turn comes before what is fetched for it. */
#define AHEAD_WORKERS_MIN 5

/* Level 0 is the area itself, 1 its page array, 2 the array's page array. */
#define LEVELS 3

/* Something that is read with the next op, and by then has been fetched. */
struct vm_ahead {
	const uint32_t *at; /* NULL: nothing */
	uint32_t cpu;
};

struct vm_source {
	struct op_source base;
	const struct vm_generator *generator;
	void *state;
	uint32_t n_workers, n_holders;
	uint32_t turn; /* ANY_CPU: the worker whose turn it is */
	unsigned pointer_bytes;
	struct vm_worker *workers;
	bool looks_ahead;
	/* of what a worker will free next: its holder, and the number that its id is made of */
	struct vm_ahead holder_ahead, number_ahead;
	/* what CPU 0 does before any worker begins */
	GArray *boot;	    /* struct op */
	guint booted;	    /* of these, handed out */
	uint64_t boot_ids;  /* ids 1 … are the boot's */
	bool *boot_refused; /* by id */
};

static uint32_t *area_number(const struct vm_source *source, uint32_t cpu, unsigned level)
{
	const struct vm_worker *worker = &source->workers[cpu];

	g_assert(level < LEVELS);
	return &worker->number[(uint64_t)level * source->n_holders + worker->holder];
}

static uint64_t id_of(const struct vm_source *source, uint32_t cpu, uint32_t number)
{
	return (uint64_t)number * source->n_workers + cpu + 1 + source->boot_ids;
}

static uint64_t area_id(const struct vm_source *source, uint32_t cpu, unsigned level)
{
	return id_of(source, cpu, *area_number(source, cpu, level));
}

static void put_alloc(struct vm_source *source, uint32_t cpu, unsigned level, uint64_t align,
		      const struct vm_window *window, struct op *op)
{
	const struct vm_worker *worker = &source->workers[cpu];

	*op = (struct op){
		.kind = OP_VMAP_ALLOC,
		.cpu = (uint16_t)cpu,
		.id = area_id(source, cpu, level),
		.vmap = {.size = (worker->pages + 1) << PAGE_SHIFT, .align = align},
	};
	if (window) {
		op->flags = OP_HAS_VSTART | OP_HAS_VEND;
		op->vmap.vstart = window->start;
		op->vmap.vend = window->end;
	}
}

static void put_free(struct vm_source *source, uint32_t cpu, unsigned level, struct op *op)
{
	*op = (struct op){
		.kind = OP_VMAP_FREE,
		.cpu = (uint16_t)cpu,
		.id = area_id(source, cpu, level),
	};
}

/* After an area was had: ask for its page array, if that needs vmalloc. */
static bool put_page_array(struct vm_source *source, uint32_t cpu, unsigned level, struct op *op)
{
	struct vm_worker *worker = &source->workers[cpu];
	uint64_t bytes = worker->pages * source->pointer_bytes;

	if (worker->no_page_array || bytes <= PAGE_SIZE)
		return false;
	worker->pages = align_up(bytes, PAGE_SIZE) >> PAGE_SHIFT;
	put_alloc(source, cpu, level, 1, NULL, op);
	return true;
}

/* The next op of the call under way. False: the call is over; *ok says how. */
static bool continue_call(struct vm_source *source, uint32_t cpu, bool *ok, struct op *op)
{
	struct vm_worker *worker = &source->workers[cpu];
	uint8_t *held = &worker->held[worker->holder];

	*ok = true;
	if (worker->state == ALLOCATING && worker->ok)
		return put_page_array(source, cpu, ++*held, op);
	if (worker->state == ALLOCATING) {
		worker->state = UNDOING;
		*area_number(source, cpu, *held) = worker->unused++;
	}
	if (worker->state == UNDOING) {
		*ok = false;
		if (!*held)
			return false;
		put_free(source, cpu, --*held, op);
		return true;
	}
	if (worker->state == FREEING && worker->freed < *held) {
		put_free(source, cpu, worker->freed++, op);
		return true;
	}
	if (worker->state == FREEING)
		*held = 0;
	return false;
}

/* The first op of @call. False: it needs none. */
static bool begin_call(struct vm_source *source, uint32_t cpu, const struct vm_call *call,
		       struct op *op)
{
	struct vm_worker *worker = &source->workers[cpu];
	bool ok;

	worker->holder = call->holder;
	switch (call->kind) {
	case VM_ALLOC:
		g_assert(call->holder < source->n_holders && !worker->held[call->holder]);
		worker->state = ALLOCATING;
		worker->pages = call->pages;
		worker->no_page_array = call->no_page_array;
		put_alloc(source, cpu, 0, call->align, call->window, op);
		op->flags |= (call->zero ? OP_ZERO : 0) | (call->no_page_array ? OP_UNBACKED : 0) |
			     (call->drawn ? OP_DRAWN : 0);
		return true;
	case VM_FREE:
		g_assert(call->holder < source->n_holders);
		worker->state = FREEING;
		worker->freed = 0;
		return continue_call(source, cpu, &ok, op);
	case VM_MARK:
		worker->state = IDLE;
		*op = (struct op){.kind = OP_MARK, .cpu = (uint16_t)cpu, .mark = call->mark};
		return true;
	}
	g_assert_not_reached();
}

/* The next op of the boot; it is handed over. False: there is none left. */
static bool next_of_boot(struct vm_source *source, struct op *op)
{
	while (source->booted < source->boot->len) {
		struct op *next = &g_array_index(source->boot, struct op, source->booted++);

		*op = *next;
		*next = (struct op){0};
		if (op->kind != OP_VMAP_FREE || !source->boot_refused[op->id])
			return true;
	}
	return false;
}

/* The others begin when CPU 0 is asked for more, so that its last op of the boot is done. */
static enum source_next boot_first(struct vm_source *source, uint32_t cpu, struct op *op)
{
	if (cpu)
		return SOURCE_WAIT;
	if (next_of_boot(source, op))
		return SOURCE_OP;
	g_clear_pointer(&source->boot, g_array_unref);
	source->base.released++;
	return SOURCE_END;
}

static enum source_next next_of(struct vm_source *source, uint32_t cpu, struct op *op)
{
	struct vm_worker *worker = &source->workers[cpu];
	bool ok;

	if (worker->state == ENDED)
		return SOURCE_END;
	if (G_UNLIKELY(source->boot)) {
		enum source_next next = boot_first(source, cpu, op);

		if (next != SOURCE_END)
			return next;
	}
	if (!continue_call(source, cpu, &ok, op)) {
		struct vm_call call;

		do {
			call = (struct vm_call){.align = 1};
			if (!source->generator->next(source->state, cpu, ok, &call)) {
				worker->state = ENDED;
				return SOURCE_END;
			}
			ok = true;
		} while (!begin_call(source, cpu, &call, op));
	}
	worker->ok = true;
	return SOURCE_OP;
}

/*
 * With many workers, what is kept of an area that one of them will free has been forgotten by the
 * caches, and each part of it leads to the next: they are fetched one with each op.
 */
static void look_ahead(struct vm_source *source, uint32_t cpu)
{
	struct vm_ahead holder = source->holder_ahead, number = source->number_ahead;

	source->base.near_id = source->base.far_id;
	source->base.far_id = number.at ? id_of(source, number.cpu, *number.at) + 1 : 0;
	source->number_ahead = (struct vm_ahead){.cpu = holder.cpu};
	if (holder.at) {
		const struct vm_worker *worker = &source->workers[holder.cpu];

		source->number_ahead.at = &worker->number[*holder.at];
		prefetch(source->number_ahead.at);
		prefetch(&worker->held[*holder.at]);
	}
	source->holder_ahead =
		(struct vm_ahead){source->generator->coming(source->state, cpu), cpu};
	prefetch(source->holder_ahead.at);
}

static enum source_next vm_source_next(struct op_source *base, uint32_t cpu, struct op *op,
				       GError **error)
{
	struct vm_source *source = (struct vm_source *)base;

	(void)error;
	if (cpu != ANY_CPU && cpu >= source->n_workers)
		return SOURCE_END;
	if (cpu != ANY_CPU) {
		enum source_next next = next_of(source, cpu, op);

		if (source->looks_ahead && next == SOURCE_OP)
			look_ahead(source, cpu);
		return next;
	}
	if (source->boot && next_of_boot(source, op))
		return SOURCE_OP;
	for (uint32_t tried = 0; tried < source->n_workers; tried++) {
		cpu = source->turn;
		source->turn = cpu + 1 < source->n_workers ? cpu + 1 : 0;
		if (next_of(source, cpu, op) == SOURCE_OP)
			return SOURCE_OP;
	}
	return SOURCE_END;
}

static void vm_source_result(struct op_source *base, const struct op *op, bool ok, uint64_t addr)
{
	struct vm_source *source = (struct vm_source *)base;

	(void)addr;
	if (G_UNLIKELY(source->boot) && op->id <= source->boot_ids)
		source->boot_refused[op->id] = !ok;
	else
		source->workers[op->cpu].ok = ok;
}

static unsigned vm_source_progress(struct op_source *base)
{
	struct vm_source *source = (struct vm_source *)base;

	return source->generator->progress ? source->generator->progress(source->state) : 0;
}

static void vm_source_destroy(struct op_source *base)
{
	struct vm_source *source = (struct vm_source *)base;

	source->generator->destroy(source->state);
	for (uint32_t cpu = 0; cpu < source->n_workers; cpu++) {
		g_free(source->workers[cpu].held);
		g_free(source->workers[cpu].number);
	}
	g_free(source->workers);
	if (source->boot)
		g_array_unref(source->boot);
	g_free(source->boot_refused);
	g_free(source);
}

static const struct op_source_ops vm_source_ops = {
	.name = "workload",
	.next = vm_source_next,
	.result = vm_source_result,
	.progress = vm_source_progress,
	.destroy = vm_source_destroy,
};

static void init_worker(struct vm_worker *worker, uint32_t holders)
{
	worker->held = g_new0(uint8_t, holders);
	worker->unused = LEVELS * holders;
	worker->number = g_new(uint32_t, worker->unused);
	for (uint32_t i = 0; i < worker->unused; i++)
		worker->number[i] = i;
}

static void set_boot(struct vm_source *source, GArray *boot)
{
	for (guint i = 0; i < boot->len; i++)
		source->boot_ids = MAX(source->boot_ids, g_array_index(boot, struct op, i).id);
	source->boot_refused = g_new0(bool, source->boot_ids + 1);
	if (boot->len)
		source->boot = boot;
	else
		g_array_unref(boot);
}

struct op_source *vm_source_new(const struct vm_generator *generator, void *state,
				const struct trace_header *header, uint32_t workers,
				uint32_t holders, unsigned pointer_bytes, GArray *boot)
{
	struct vm_source *source = g_new0(struct vm_source, 1);

	g_assert(workers && workers <= header->cpus);
	source->base.ops = &vm_source_ops;
	source->base.header = *header;
	source->base.per_cpu = true;
	source->generator = generator;
	source->looks_ahead = generator->coming && workers >= AHEAD_WORKERS_MIN;
	source->state = state;
	source->n_workers = workers;
	source->n_holders = holders;
	source->pointer_bytes = pointer_bytes;
	source->workers = g_new0(struct vm_worker, workers);
	for (uint32_t cpu = 0; cpu < workers; cpu++)
		init_worker(&source->workers[cpu], holders);
	set_boot(source, boot);
	return &source->base;
}
