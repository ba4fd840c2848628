// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * thpscale of mmtests, as it was run on the compaction of v5.1: threads map most of the memory with
 * huge pages, unmap the first half of each, read a file, and then fault huge pages, timing each of
 * them. Threads share the CPUs. docs/workloads.md has the steps.
 */
#include "sim/base/error.h"
#include "sim/workload/builtin.h"
#include "sim/workload/fault_times.h"
#include "sim/workload/page_settings.h"
#include "sim/workload/thp_memory.h"

enum {
	P_THREADS = PAGES_COMMON,
	P_MAP,
	P_KERNEL,
	P_USED,
	P_DISK,
	P_FILL,
	P_FAULT,
	P_THP,
	P_DEFRAG,
};

static const struct param params[] = {
	PAGE_WORKLOAD_PARAMS("8", "y"),
	[P_THREADS] = PAGE_NUMBER("threads", NULL, "4", 1, 1 << 16, "that share the CPUs"),
	[P_MAP] =
		PAGE_NUMBER("map", "%", "80", 1, 90,
			    "of the memory: mapped first, by all threads; the file is a quarter of "
			    "it, what is faulted in the end half of it"),
	[P_KERNEL] = PAGE_NUMBER("kernel", "%", "2", 0, 50,
				 "of the memory: the kernel's and of no program, before"),
	[P_USED] = {.name = "used",
		    .type = PARAM_WORD,
		    .default_text = "y",
		    .words = bool_words,
		    .help = "the machine has run for a while: its free memory is in no order"},
	[P_DISK] = PAGE_NUMBER("disk", "MB/s", "500", 0, 1000000,
			       "that the file is read at; 0: without delay"),
	[P_FILL] = PAGE_NUMBER("fill", "ns", "350", 0, 1000000,
			       "to clear and write 4 KiB of memory that was faulted"),
	[P_FAULT] = PAGE_NUMBER("fault", "ns", "820", 0, 1000000,
				"a page fault, but for its pages and their filling"),
	[P_THP] =
		{.name = "thp",
		 .type = PARAM_WORD,
		 .default_text = "always",
		 .words = thp_words,
		 .help = "transparent_hugepage/enabled: always, or madvise, where the memory that "
			 "is mapped first comes in small pages"},
	[P_DEFRAG] = {.name = "defrag",
		      .type = PARAM_WORD,
		      .default_text = "madvise",
		      .words = thp_defrag_words,
		      .help = "what a huge page fault may do (transparent_hugepage/defrag; the "
			      "memory faulted in the end is advised, that mapped first is not)"},
	{0},
};

#define HALF_PAGES (HUGE_PAGES / 2)

/* Of the completely fair scheduler: 6 ms times 1 + log2 of the CPUs, shared by those that run. */
#define SCHED_LATENCY_NS UINT64_C(6000000)

enum phase {
	PHASE_MAP,
	PHASE_PUNCH, /* holes in what is mapped */
	PHASE_FILE,  /* read */
	PHASE_FAULT,
	PHASES
};

struct thread {
	struct rng rng;
	enum phase phase;
	struct thp_slot *mapped, *faulted;
	uint32_t n_mapped, n_faulted;
	uint32_t first_file_page, n_file_pages;
	uint32_t at, step; /* slot in turn and how far it is, or page of the file */
	bool timing;
	uint64_t t_fault_ns; /* since when the fault in turn is timed */
	struct thread *next; /* in the queue for a CPU */
};

/* Before all else: all memory is asked for, and given back. */
enum warm_up {
	WARM_UP_TAKE,
	WARM_UP_GIVE,
	WARM_UP_DONE
};

/* Between two of these all CPUs wait for each other. */
enum stage {
	STAGE_PREPARE, /* CPU 0 alone */
	STAGE_MAP,     /* until the file is read */
	STAGE_FAULT,
};

/* A CPU, and the thread that it runs. */
struct worker {
	struct thread *thread;
	uint64_t since_ns; /* that it has run it */
	enum stage stage;
	struct thp_work work; /* on pages that it got, and on faults */
};

struct scale {
	uint32_t cpus, n_waiting, n_threads, n_file_pages, n_seeds;
	uint64_t start_pfn;
	uint64_t disk_ns, fill_ns, fault_ns, slice_ns;
	struct page_want map_huge, fault_huge;
	bool map_is_huge;
	uint32_t seeded;
	enum warm_up warm_up;
	enum stage marked; /* the last stage that has its mark */
	uint32_t n_chunks, chunks_max;
	uint32_t *chunk_ids; /* of the warm-up */
	struct rng rng;
	uint32_t *seed_ids, *file_ids;
	struct thread *threads;
	struct thread *first, *last; /* that wait for a CPU */
	struct worker *workers;
	struct fault_times times;
	uint64_t done, goal;
};

/* without any effort */
static const struct page_want largest_chunk = {
	.order = 10, .mt = MT_MOVABLE, .flags = OP_LRU | OP_HAS_GFP};
static const struct page_want kernel_block = {.order = HUGE_ORDER, .mt = MT_UNMOVABLE};

/* --- threads and CPUs --------------------------------------------------------------------- */

static void enqueue(struct scale *s, struct thread *thread)
{
	thread->next = NULL;
	if (s->last)
		s->last->next = thread;
	else
		s->first = thread;
	s->last = thread;
}

static struct thread *dequeue(struct scale *s)
{
	struct thread *thread = s->first;

	if (!thread)
		return NULL;
	s->first = thread->next;
	if (!s->first)
		s->last = NULL;
	return thread;
}

/* A thread has used its slice up, and others wait: it is their turn. Between two requests. */
static void take_turns(struct scale *s, struct worker *worker, uint64_t now)
{
	if (worker->thread && s->first && now - worker->since_ns >= s->slice_ns) {
		enqueue(s, worker->thread);
		worker->thread = NULL;
	}
	if (worker->thread)
		return;
	worker->thread = dequeue(s);
	worker->since_ns = now;
}

/* --- what a thread does: each fills in the next call, or returns false at its end ---------- */

/* One page fault: a huge page and a page table, or a page table and 512 small pages. */
static bool fault_slot(struct scale *s, struct worker *worker, struct thp_slot *slot,
		       const struct page_want *huge, struct page_call *call)
{
	struct thread *thread = worker->thread;
	uint32_t step = thread->step++;

	if (step == 0) {
		worker->work.owed_ns += s->fault_ns;
		if (huge)
			return page_alloc(call, huge, &slot->huge);
		step = thread->step++;
	}
	if (step == 1)
		return page_alloc(call, &table_page, &slot->table);
	if (step == 2 && !slot->huge)
		slot->base = g_new0(uint32_t, HUGE_PAGES);
	if (!slot->base || step - 2 >= HUGE_PAGES)
		return false;
	worker->work.owed_ns += step > 2 ? s->fault_ns : 0;
	return page_alloc(call, &anon_page, &slot->base[step - 2]);
}

static bool map_memory(struct scale *s, struct worker *worker, struct page_call *call)
{
	struct thread *thread = worker->thread;
	const struct page_want *huge = s->map_is_huge ? &s->map_huge : NULL;

	for (; thread->at < thread->n_mapped; thread->at++) {
		struct thp_slot *slot = &thread->mapped[thread->at];

		if (thread->step == 0)
			s->done++;
		if (fault_slot(s, worker, slot, huge, call))
			return true;
		thread->step = 0;
	}
	return false;
}

/* Small pages of the first halves are given back; huge pages keep them until they are split. */
static bool punch_holes(struct thread *thread, struct page_call *call)
{
	for (; thread->at < thread->n_mapped; thread->at++, thread->step = 0) {
		struct thp_slot *slot = &thread->mapped[thread->at];

		if (slot->base && thread->step < HALF_PAGES)
			return page_free(call, &slot->base[thread->step++]);
	}
	return false;
}

static bool read_file(struct scale *s, struct worker *worker, struct page_call *call)
{
	struct thread *thread = worker->thread;

	if (thread->at == thread->n_file_pages)
		return false;
	return page_alloc(call, &cache_page, &s->file_ids[thread->first_file_page + thread->at++]);
}

/* Faults one after another; each begins when the one before it ends. */
static bool fault_memory(struct scale *s, struct worker *worker, uint64_t now,
			 struct page_call *call)
{
	struct thread *thread = worker->thread;

	if (!thread->timing)
		thread->t_fault_ns = now + worker->work.owed_ns;
	thread->timing = true;
	if (thread->step == 0)
		s->done++;
	if (fault_slot(s, worker, &thread->faulted[thread->at], &s->fault_huge, call))
		return true;
	fault_times_add(&s->times, thread->faulted[thread->at].huge,
			now + worker->work.owed_ns - thread->t_fault_ns);
	thread->t_fault_ns = now + worker->work.owed_ns;
	thread->step = 0;
	thread->at++;
	return false;
}

static void next_phase(struct thread *thread)
{
	thread->phase++;
	thread->at = thread->step = 0;
}

/* The thread that this CPU runs goes on. False: it is done, or its turn may be over. */
static bool run_thread(struct scale *s, struct worker *worker, uint64_t now, struct page_call *call)
{
	struct thread *thread = worker->thread;

	if (thread->phase == PHASE_MAP) {
		if (map_memory(s, worker, call))
			return true;
		next_phase(thread);
	}
	if (thread->phase == PHASE_PUNCH) {
		if (punch_holes(thread, call))
			return true;
		next_phase(thread);
	}
	if (thread->phase == PHASE_FILE) {
		if (read_file(s, worker, call))
			return true;
		next_phase(thread);
		worker->thread = NULL; /* and waits for all others */
		return false;
	}
	if (thread->at < thread->n_faulted && fault_memory(s, worker, now, call))
		return true;
	if (thread->at == thread->n_faulted)
		worker->thread = NULL;
	return false;
}

/* --- calls -------------------------------------------------------------------------------- */

/* What the kernel has: whole blocks, from the lower end. */
static bool seed(struct scale *s, struct page_call *call)
{
	call->kind = PAGE_CALL_SEED;
	call->want = kernel_block;
	call->pfn = s->start_pfn + ((uint64_t)s->seeded << HUGE_ORDER);
	call->held = &s->seed_ids[s->seeded++];
	return true;
}

/* The largest chunks, as many as there are, and back again in random order. */
static bool warm_up(struct scale *s, bool ok, struct page_call *call)
{
	if (s->warm_up == WARM_UP_TAKE) {
		if (s->n_chunks && !ok)
			s->n_chunks--; /* the last one was refused */
		else if (s->n_chunks < s->chunks_max)
			return page_alloc(call, &largest_chunk, &s->chunk_ids[s->n_chunks++]);
		s->warm_up = WARM_UP_GIVE;
	}
	if (s->warm_up == WARM_UP_GIVE && s->n_chunks) {
		uint32_t drawn = (uint32_t)rng_below(&s->rng, s->n_chunks--);
		uint32_t id = s->chunk_ids[drawn];

		s->chunk_ids[drawn] = s->chunk_ids[s->n_chunks];
		s->chunk_ids[s->n_chunks] = id;
		return page_free(call, &s->chunk_ids[s->n_chunks]);
	}
	s->warm_up = WARM_UP_DONE;
	return false;
}

/*
 * The last CPU to come here finds all threads at the same point: each CPU gets one, in order, and
 * the others queue up.
 */
static bool meet(struct scale *s, struct worker *worker, uint64_t now, struct page_call *call)
{
	worker->stage++;
	worker->work.owed_ns = 0;
	if (++s->n_waiting == s->cpus) {
		s->n_waiting = 0;
		for (uint32_t i = 0; i < s->n_threads; i++) {
			if (i >= s->cpus)
				enqueue(s, &s->threads[i]);
			else
				s->workers[i].thread = &s->threads[i];
		}
		for (uint32_t w = 0; w < s->cpus; w++)
			s->workers[w].since_ns = now;
	}
	call->kind = PAGE_CALL_BARRIER;
	return true;
}

static bool prepare(struct scale *s, const struct page_answer *last, struct page_call *call)
{
	if (s->seeded < s->n_seeds)
		return seed(s, call);
	return s->warm_up != WARM_UP_DONE && warm_up(s, last->ok, call);
}

static bool next_call(struct scale *s, uint32_t w, const struct page_answer *last,
		      struct page_call *call)
{
	struct worker *worker = &s->workers[w];

	if (worker->stage == STAGE_PREPARE)
		return (w == 0 && prepare(s, last, call)) || meet(s, worker, last->now_ns, call);
	if (s->marked != worker->stage) { /* this CPU is the first that comes here */
		s->marked = worker->stage;
		return page_mark(call, worker->stage == STAGE_MAP ? "map" : "fault");
	}
	for (;;) {
		take_turns(s, worker, last->now_ns + worker->work.owed_ns);
		if (!worker->thread)
			return worker->stage != STAGE_FAULT && meet(s, worker, last->now_ns, call);
		if (run_thread(s, worker, last->now_ns, call))
			return true;
	}
}

static bool scale_next(void *state, uint32_t w, const struct page_answer *last,
		       struct page_call *call)
{
	struct scale *s = state;
	struct worker *worker = &s->workers[w];

	if (last->ok && worker->thread)
		thp_work_granted(&worker->work, &worker->thread->rng, s->disk_ns, s->fill_ns);
	thp_work_reset(&worker->work);
	if (!next_call(s, w, last, call))
		return false;
	if (call->kind == PAGE_CALL_ALLOC || call->kind == PAGE_CALL_FREE)
		thp_work_before(&worker->work, call);
	return true;
}

static unsigned scale_progress(void *state)
{
	const struct scale *s = state;

	return s->goal ? (unsigned)mul_div(MIN(s->done, s->goal), 1000, s->goal) : 0;
}

static json_t *scale_figures(const void *state)
{
	return fault_times_json(&((const struct scale *)state)->times);
}

static void scale_destroy(void *state)
{
	struct scale *s = state;

	for (uint32_t i = 0; i < s->n_threads; i++) {
		thp_slots_free(s->threads[i].mapped, s->threads[i].n_mapped);
		thp_slots_free(s->threads[i].faulted, s->threads[i].n_faulted);
	}
	g_free(s->threads);
	g_free(s->workers);
	g_free(s->seed_ids);
	g_free(s->chunk_ids);
	g_free(s->file_ids);
	g_free(s);
}

/* Each maps whole huge pages, and faults half as many as its share of all is. */
static void init_threads(struct scale *s, uint64_t map_pages, uint64_t seed)
{
	uint64_t share = map_pages / s->n_threads;

	s->threads = g_new0(struct thread, s->n_threads);
	for (uint32_t i = 0; i < s->n_threads; i++) {
		struct thread *thread = &s->threads[i];
		g_autofree char *stream = g_strdup_printf("thpscale/%u", i);

		rng_init(&thread->rng, seed, stream);
		thread->n_mapped = (uint32_t)(share / HUGE_PAGES);
		thread->n_faulted = (uint32_t)(share / HUGE_PAGES / 2);
		thread->mapped = g_new0(struct thp_slot, thread->n_mapped);
		thread->faulted = g_new0(struct thp_slot, thread->n_faulted);
		thread->n_file_pages = thread->n_mapped * HUGE_PAGES / 4;
		thread->first_file_page = s->n_file_pages;
		s->n_file_pages += thread->n_file_pages;
		s->goal += thread->n_mapped + thread->n_faulted;
	}
	s->file_ids = g_new0(uint32_t, s->n_file_pages);
}

static struct op_source *scale_create(const struct workload_env *env,
				      const struct param_value *values, GError **error)
{
	static const struct page_generator generator = {
		.name = "thpscale",
		.next = scale_next,
		.progress = scale_progress,
		.figures = scale_figures,
		.destroy = scale_destroy,
	};
	struct scale scale = {
		.n_threads = (uint32_t)values[P_THREADS].value,
		.fill_ns = values[P_FILL].value,
		.fault_ns = values[P_FAULT].value,
		.map_is_huge = values[P_THP].value,
		.map_huge = thp_want(values[P_DEFRAG].value, false),
		.fault_huge = thp_want(values[P_DEFRAG].value, true),
	};
	struct trace_header header;

	if (!page_settings_header(env, values, (uint32_t)values[PAGES_CPUS].value, 0, &header,
				  error))
		return NULL;
	uint64_t managed = managed_pages(header.memory);

	scale.map_huge.flags |= OP_HALF_UNMAPPED;
	scale.cpus = header.cpus;
	scale.slice_ns = SCHED_LATENCY_NS * fls64(scale.cpus) * scale.cpus /
			 MAX(scale.cpus, scale.n_threads);
	if (values[P_DISK].value)
		scale.disk_ns = mul_div(MIN(scale.cpus, scale.n_threads),
					PAGE_SIZE * UINT64_C(1000), values[P_DISK].value);
	spanned_pages(header.memory, &scale.start_pfn);
	scale.start_pfn = align_up(scale.start_pfn, HUGE_PAGES);
	scale.n_seeds = (uint32_t)(percent(managed, values[P_KERNEL].value) / HUGE_PAGES);
	scale.seed_ids = g_new0(uint32_t, scale.n_seeds);
	scale.warm_up = values[P_USED].value ? WARM_UP_TAKE : WARM_UP_DONE;
	scale.chunks_max = (uint32_t)(managed >> largest_chunk.order) - scale.n_seeds / 2;
	scale.chunk_ids = g_new0(uint32_t, scale.chunks_max);
	rng_init(&scale.rng, env->seed, "thpscale/warm-up");
	init_threads(&scale, percent(managed, values[P_MAP].value), env->seed);
	scale.workers = g_new0(struct worker, scale.cpus);
	for (uint32_t w = 0; w < scale.cpus; w++)
		thp_work_reset(&scale.workers[w].work);
	return page_source_new(&generator, g_memdup2(&scale, sizeof(scale)), &header, scale.cpus);
}

const struct workload_ops workload_thpscale = {
	.name = "thpscale",
	.summary = "holes punched into huge pages, then threads that fault huge pages",
	.params = params,
	.create = scale_create,
};
