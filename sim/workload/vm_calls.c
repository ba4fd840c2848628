// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/vm_calls.h"

#include "sim/base/prefetch.h"

struct vm_worker {
	enum {
		IDLE,
		ALLOCATING, /* the last op asked for an area of the call */
		UNDOING,    /* one was refused: giving back those before it */
		FREEING,    /* there are more to free */
		ENDED
	} state;
	uint32_t holder;
	bool ok; /* what became of the last op */
	bool no_page_array;
	uint8_t freed; /* FREEING: areas of the holder freed so far */
	uint16_t cpu;
	uint32_t unused;   /* a number that no id is made of */
	uint64_t first_id; /* that of number 0; those of the next are as many on as there are
			      workers */
	uint64_t pages;	   /* ALLOCATING: of the area last asked for, without guard page */
	uint8_t *held;	   /* by holder: areas it holds: its own, the page array, the array's … */
	/*
	 * By level and holder: what the id is made of. Replaced by an unused number when the
	 * request is refused, since in a trace the id counts as made all the same.
	 */
	uint32_t *number;
};

/* With fewer a worker's turn comes before what is fetched for it. */
#define AHEAD_WORKERS_MIN 5

/* Level 0 is the area itself, 1 its page array, 2 the array's page array. */
#define LEVELS 3

/*
 * Something that is read with the next op, and by then has been fetched. About every other time
 * there is nothing; as nobody could foretell when, that is no branch, but something to read, too.
 */
struct vm_ahead {
	const uint32_t *at; /* &nothing: there is nothing */
	const struct vm_worker *worker;
};

static const uint32_t nothing;

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

static uint32_t *area_number(const struct vm_source *source, const struct vm_worker *worker,
			     unsigned level)
{
	g_assert(level < LEVELS);
	return &worker->number[(uint64_t)level * source->n_holders + worker->holder];
}

static uint64_t id_of(const struct vm_source *source, const struct vm_worker *worker,
		      uint32_t number)
{
	return (uint64_t)number * source->n_workers + worker->first_id;
}

static uint64_t area_id(const struct vm_source *source, const struct vm_worker *worker,
			unsigned level)
{
	return id_of(source, worker, *area_number(source, worker, level));
}

static inline void put_alloc(const struct vm_source *source, const struct vm_worker *worker,
			     unsigned level, uint64_t align, const struct vm_window *window,
			     struct op *op)
{
	*op = (struct op){
		.kind = OP_VMAP_ALLOC,
		.cpu = worker->cpu,
		.id = area_id(source, worker, level),
		.vmap = {.size = (worker->pages + 1) << PAGE_SHIFT, .align = align},
	};
	if (window) {
		op->flags = OP_HAS_VSTART | OP_HAS_VEND;
		op->vmap.vstart = window->start;
		op->vmap.vend = window->end;
	}
}

static inline void put_free(const struct vm_source *source, const struct vm_worker *worker,
			    unsigned level, struct op *op)
{
	*op = (struct op){
		.kind = OP_VMAP_FREE,
		.cpu = worker->cpu,
		.id = area_id(source, worker, level),
	};
}

/* After an area was had: ask for its page array, if that needs vmalloc. */
static bool put_page_array(const struct vm_source *source, struct vm_worker *worker, unsigned level,
			   struct op *op)
{
	uint64_t bytes = worker->pages * source->pointer_bytes;

	if (worker->no_page_array || bytes <= PAGE_SIZE)
		return false;
	worker->pages = align_up(bytes, PAGE_SIZE) >> PAGE_SHIFT;
	put_alloc(source, worker, level, 1, NULL, op);
	return true;
}

/* An area was refused: give back the next of those that the holder has. */
static G_NO_INLINE bool undo(const struct vm_source *source, struct vm_worker *worker,
			     struct op *op)
{
	uint8_t *held = &worker->held[worker->holder];

	if (worker->state == ALLOCATING) {
		worker->state = UNDOING;
		*area_number(source, worker, *held) = worker->unused++;
	}
	if (!*held)
		return false;
	put_free(source, worker, --*held, op);
	return true;
}

/* The next area of the holder. With the last of them the call is over. */
static void free_next(const struct vm_source *source, struct vm_worker *worker, struct op *op)
{
	uint8_t *held = &worker->held[worker->holder];

	put_free(source, worker, worker->freed++, op);
	if (worker->freed == *held) {
		*held = 0;
		worker->state = IDLE;
	}
}

/* The next op of the call under way. False: the call is over. */
static bool continue_call(const struct vm_source *source, struct vm_worker *worker, struct op *op)
{
	if (worker->state == IDLE)
		return false;
	if (worker->state == ALLOCATING && worker->ok)
		return put_page_array(source, worker, ++worker->held[worker->holder], op);
	if (worker->state != FREEING)
		return undo(source, worker, op);
	free_next(source, worker, op);
	return true;
}

/* The first op of @call. False: it needs none. */
static bool begin_call(const struct vm_source *source, struct vm_worker *worker,
		       const struct vm_call *call, struct op *op)
{
	worker->holder = call->holder;
	switch (call->kind) {
	case VM_ALLOC:
		g_assert(call->holder < source->n_holders && !worker->held[call->holder]);
		worker->state = ALLOCATING;
		worker->pages = call->pages;
		worker->no_page_array = call->no_page_array;
		put_alloc(source, worker, 0, call->align, call->window, op);
		op->flags |= (call->zero ? OP_ZERO : 0) | (call->no_page_array ? OP_UNBACKED : 0) |
			     (call->drawn ? OP_DRAWN : 0);
		return true;
	case VM_FREE:
		g_assert(call->holder < source->n_holders);
		worker->state = worker->held[call->holder] ? FREEING : IDLE;
		if (worker->state == IDLE)
			return false;
		worker->freed = 0;
		free_next(source, worker, op);
		return true;
	case VM_MARK:
		worker->state = IDLE;
		*op = (struct op){.kind = OP_MARK, .cpu = worker->cpu, .mark = call->mark};
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
static G_NO_INLINE enum source_next boot_first(struct vm_source *source, uint32_t cpu,
					       struct op *op)
{
	if (cpu)
		return SOURCE_WAIT;
	if (next_of_boot(source, op))
		return SOURCE_OP;
	g_clear_pointer(&source->boot, g_array_unref);
	source->base.released++;
	return SOURCE_END;
}

/*
 * The next call of @worker that needs an op, and the first op of it. False: it has none left.
 * *coming: vm_call.coming.
 */
static bool next_call(const struct vm_source *source, struct vm_worker *worker, struct op *op,
		      const uint32_t **coming)
{
	struct vm_call call;

	do {
		bool ok = worker->state != UNDOING;

		call = (struct vm_call){.align = 1};
		if (!source->generator->next(source->state, worker->cpu, ok, &call)) {
			worker->state = ENDED;
			return false;
		}
	} while (!begin_call(source, worker, &call, op));
	*coming = call.coming;
	return true;
}

/*
 * With many workers, what is kept of an area that one of them will free has been forgotten by the
 * caches, and each part of it leads to the next: they are fetched one with each op. @coming: where
 * the holder stands that @worker will free next, or NULL.
 */
static void look_ahead(struct vm_source *source, const struct vm_worker *worker,
		       const uint32_t *coming)
{
	struct vm_ahead holder = source->holder_ahead, number = source->number_ahead;
	const uint32_t *number_at = &holder.worker->number[*holder.at];
	uint64_t id = id_of(source, number.worker, *number.at);

	prefetch(coming);
	prefetch(number_at);
	prefetch(&holder.worker->held[*holder.at]);
	source->base.near_id = source->base.far_id;
	source->base.far_id = number.at == &nothing ? 0 : id + 1;
	source->number_ahead.at = holder.at == &nothing ? &nothing : number_at;
	source->number_ahead.worker = holder.worker;
	source->holder_ahead.at = coming ? coming : &nothing;
	source->holder_ahead.worker = worker;
}

static enum source_next next_of(struct vm_source *source, uint32_t cpu, struct op *op)
{
	struct vm_worker *worker = &source->workers[cpu];
	const uint32_t *coming = NULL;

	if (worker->state == ENDED)
		return SOURCE_END;
	if (G_UNLIKELY(source->boot)) {
		enum source_next next = boot_first(source, cpu, op);

		if (next != SOURCE_END)
			return next;
	}
	if (!continue_call(source, worker, op) && !next_call(source, worker, op, &coming))
		return SOURCE_END;
	worker->ok = true;
	if (source->looks_ahead)
		look_ahead(source, worker, coming);
	return SOURCE_OP;
}

/* The next op of the worker whose turn it is, or of the first after it that has one. */
static G_NO_INLINE enum source_next next_in_turn(struct vm_source *source, struct op *op)
{
	if (source->boot && next_of_boot(source, op))
		return SOURCE_OP;
	for (uint32_t tried = 0; tried < source->n_workers; tried++) {
		uint32_t cpu = source->turn;

		source->turn = cpu + 1 < source->n_workers ? cpu + 1 : 0;
		if (next_of(source, cpu, op) == SOURCE_OP)
			return SOURCE_OP;
	}
	return SOURCE_END;
}

static enum source_next vm_source_next(struct op_source *base, uint32_t cpu, struct op *op,
				       GError **error)
{
	struct vm_source *source = (struct vm_source *)base;

	(void)error;
	if (cpu < source->n_workers)
		return next_of(source, cpu, op);
	return cpu == ANY_CPU ? next_in_turn(source, op) : SOURCE_END;
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

static void init_worker(struct vm_worker *worker, uint32_t cpu, uint64_t boot_ids, uint32_t holders)
{
	worker->cpu = (uint16_t)cpu;
	worker->first_id = cpu + 1 + boot_ids;
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
	source->looks_ahead = workers >= AHEAD_WORKERS_MIN;
	source->state = state;
	source->n_workers = workers;
	source->n_holders = holders;
	source->pointer_bytes = pointer_bytes;
	source->workers = g_new0(struct vm_worker, workers);
	source->holder_ahead = source->number_ahead =
		(struct vm_ahead){&nothing, &source->workers[0]};
	set_boot(source, boot);
	for (uint32_t cpu = 0; cpu < workers; cpu++)
		init_worker(&source->workers[cpu], cpu, source->boot_ids, holders);
	return &source->base;
}
