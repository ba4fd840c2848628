// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * THP allocation under pressure of the page cache, as thpscale of mmtests: writers of small files,
 * more of them than memory holds, readers over them, and while these go on threads that fault huge
 * pages. Between two of these phases every CPU waits for all others. docs/workloads.md has the
 * steps.
 */
#include "sim/base/error.h"
#include "sim/workload/builtin.h"
#include "sim/workload/fault_times.h"
#include "sim/workload/file_ring.h"
#include "sim/workload/page_settings.h"
#include "sim/workload/thp_memory.h"

enum {
	P_WRITERS = PAGES_COMMON,
	P_FILES,
	P_FILE_SIZE,
	P_READS,
	P_READ_ORDER,
	P_SLAB_FILES,
	P_THREADS,
	P_THP,
	P_DISK,
	P_FILL,
	P_DEFRAG,
};

enum {
	READ_SEQUENTIAL,
	READ_RANDOM
};

static const struct param_word read_order_words[] = {
	{"sequential", READ_SEQUENTIAL}, {"random", READ_RANDOM}, {NULL, 0}};

static const struct param params[] = {
	PAGE_WORKLOAD_PARAMS(NULL, "y"),
	[P_WRITERS] = PAGE_NUMBER("writers", NULL, "4", 1, TRACE_CPUS_MAX,
				  "CPUs that write files, and then read them"),
	[P_FILES] = PAGE_NUMBER("files", "%", "150", 0, 1000, "of the memory: files written"),
	[P_FILE_SIZE] = PAGE_NUMBER("file_size", "KiB", "64", 4, 1 << 20, "size of a file"),
	[P_READS] = PAGE_NUMBER(
		"reads", "%", "100", 0, 1000,
		"of the files: files read before huge pages are faulted; 0: nobody reads"),
	[P_READ_ORDER] =
		{.name = "read_order",
		 .type = PARAM_WORD,
		 .default_text = "sequential",
		 .words = read_order_words,
		 .help = "files are read as they were written, over and over, or at random"},
	[P_SLAB_FILES] = PAGE_NUMBER("slab_files", "files", "16", 0, 1 << 20,
				     "whose inodes, dentries and tree nodes share a 32 KiB slab; "
				     "0: no slabs"),
	[P_THREADS] =
		PAGE_NUMBER("threads", NULL, "4", 1, TRACE_CPUS_MAX, "CPUs that fault huge pages"),
	[P_THP] = PAGE_NUMBER("thp", "%", "75", 0, 100, "of the memory: faulted by all threads"),
	[P_DISK] = PAGE_NUMBER("disk", "MB/s", "500", 0, 1000000,
			       "that files are written and read at; 0: without delay"),
	[P_FILL] = PAGE_NUMBER("fill", "ns", "600", 0, 1000000,
			       "to clear and write 4 KiB of memory that was faulted"),
	[P_DEFRAG] = {.name = "defrag",
		      .type = PARAM_WORD,
		      .default_text = "madvise",
		      .words = thp_defrag_words,
		      .help = "what a huge page fault may do (transparent_hugepage/defrag; with "
			      "madvise the memory is advised)"},
	{0},
};

enum phase {
	PHASE_WRITE,
	PHASE_READ,
	PHASE_FAULT,
	PHASE_UNMAP,
	PHASES
};

struct part {
	uint32_t first, end;
};

struct worker {
	struct rng rng;
	enum phase phase;
	bool begun;	      /* the phase: its mark is set */
	struct part files;    /* that it writes and reads */
	struct part slots;    /* that it faults */
	uint32_t at;	      /* file or slot in turn; of readers: reads done */
	uint32_t file;	      /* being read */
	uint32_t *slabs;      /* ids by file / slab_files, from that of its first file */
	uint32_t page;	      /* of the file or slot in turn */
	bool slab_asked;      /* of the file in turn */
	bool reading, reread; /* a file; the page in turn is free */
	uint32_t drop_file;   /* being dropped, page by page */
	uint32_t drop_page;
	uint32_t oldest; /* of threads: the next of its share of all files to drop */
	/* The request that is to be made again if it is refused. */
	struct page_want want;
	uint32_t *held;
	bool pending, retried;
	struct thp_work work; /* on pages that it got */
	uint64_t t_fault_ns;  /* when the fault in turn began */
};

struct stress {
	uint32_t pages_per_file, slab_files, n_files, n_slots, writers, threads, n_workers;
	uint32_t faulting; /* threads that are not done */
	bool random;	   /* files are read in any order */
	uint64_t reads, goal, done;
	uint64_t disk_ns, fill_ns; /* a page */
	struct page_want huge;
	uint32_t *file_ids;	    /* by file and page */
	uint32_t *slab_ids;	    /* of each writer by file / slab_files */
	struct file_ring in_memory; /* by writer */
	struct thp_slot *slots;
	struct worker *workers;
	uint64_t now_ns;
	struct fault_times times;
};

/* The slab allocator tries for a large slab without much ado, then takes a page. */
static const struct page_want large_slab = {
	.order = 3,
	.mt = MT_RECLAIMABLE,
	.flags = OP_HAS_GFP | OP_RECLAIMABLE,
	.gfp = PAGE_GFP_IO | PAGE_GFP_FS | PAGE_GFP_KSWAPD_RECLAIM | PAGE_GFP_NORETRY |
	       PAGE_GFP_NOWARN | PAGE_GFP_COMP | PAGE_GFP_NOMEMALLOC,
};
static const struct page_want small_slab = {.mt = MT_RECLAIMABLE, .flags = OP_RECLAIMABLE};

/* A file that can go, for want of memory: the oldest. False: there is none. */
static bool victim(struct stress *s, uint32_t w, uint32_t *file)
{
	struct worker *worker = &s->workers[w];

	if (w < s->writers)
		return file_ring_drop_oldest(&s->in_memory, w, file);
	*file = worker->oldest;
	worker->oldest += s->threads;
	return *file < s->n_files;
}

static bool request(struct worker *worker, const struct page_want *want, uint32_t *held,
		    struct page_call *call)
{
	worker->want = *want;
	worker->held = held;
	worker->pending = true;
	worker->retried = false;
	return page_alloc(call, want, held);
}

/* One page of the file that is being dropped. False: it is gone. */
static bool drop(struct stress *s, struct worker *worker, struct page_call *call)
{
	while (worker->drop_page) {
		uint64_t i = (uint64_t)worker->drop_file * s->pages_per_file + --worker->drop_page;

		if (s->file_ids[i])
			return page_free(call, &s->file_ids[i]);
	}
	return false;
}

static void begin_drop(struct stress *s, struct worker *worker, uint32_t file)
{
	worker->drop_file = file;
	worker->drop_page = s->pages_per_file;
}

/*
 * A request was refused: a slab is asked for as a single page; a page once more, after the oldest
 * file has been dropped; then it is done without. False: nothing to do about it.
 */
static bool back_off(struct stress *s, uint32_t w, struct page_call *call)
{
	struct worker *worker = &s->workers[w];
	uint32_t file;

	if (worker->want.order == large_slab.order)
		return request(worker, &small_slab, worker->held, call);
	if (worker->retried || !victim(s, w, &file))
		return false;
	begin_drop(s, worker, file);
	worker->retried = true;
	return drop(s, worker, call) || page_alloc(call, &worker->want, worker->held);
}

/*
 * The slab of @file, for the first of some files: asked for once, granted or not. A reader gives
 * the one that was there back first.
 */
static bool load_slab(struct stress *s, struct worker *worker, uint32_t file,
		      struct page_call *call)
{
	uint32_t *id = &worker->slabs[(file - worker->files.first) / s->slab_files];

	if (worker->slab_asked)
		return false;
	if (*id)
		return page_free(call, id);
	worker->slab_asked = true;
	return request(worker, &large_slab, id, call);
}

static bool write_files(struct stress *s, uint32_t w, struct page_call *call)
{
	struct worker *worker = &s->workers[w];

	for (; worker->at < worker->files.end; worker->at++) {
		uint64_t first = (uint64_t)worker->at * s->pages_per_file;

		if (s->slab_files && (worker->at - worker->files.first) % s->slab_files == 0 &&
		    load_slab(s, worker, worker->at, call))
			return true;
		if (worker->page < s->pages_per_file) {
			s->done++;
			return request(worker, &cache_page, &s->file_ids[first + worker->page++],
				       call);
		}
		file_ring_use(&s->in_memory, w, worker->at);
		worker->page = 0;
		worker->slab_asked = false;
	}
	return false;
}

/*
 * Read the file in turn: each page is given back and asked for anew. One that was in memory comes
 * from this CPU's list, and so stays where it is, as the youngest; one that was reclaimed comes in.
 */
static bool read_file(struct stress *s, struct worker *worker, struct page_call *call)
{
	uint64_t i = (uint64_t)worker->file * s->pages_per_file + worker->page;

	if (s->slab_files && worker->at % s->slab_files == 0 &&
	    load_slab(s, worker, worker->file, call))
		return true;
	if (worker->page == s->pages_per_file)
		return false;
	worker->reread = !worker->reread;
	if (worker->reread)
		return page_free(call, &s->file_ids[i]);
	worker->page++;
	s->done++;
	return request(worker, &cache_page, &s->file_ids[i], call);
}

static bool goes_on_reading(const struct stress *s, const struct worker *worker, uint32_t n)
{
	if (worker->phase == PHASE_FAULT)
		return s->reads && s->faulting > 0;
	return worker->at < percent(n, s->reads);
}

static uint32_t next_file(const struct stress *s, struct worker *worker, uint32_t n)
{
	return s->random ? (uint32_t)rng_below(&worker->rng, n) : worker->at % n;
}

static bool read_files(struct stress *s, uint32_t w, struct page_call *call)
{
	struct worker *worker = &s->workers[w];
	uint32_t n = worker->files.end - worker->files.first;

	while (n && (worker->reading || goes_on_reading(s, worker, n))) {
		if (!worker->reading)
			worker->file = worker->files.first + next_file(s, worker, n);
		worker->reading = true;
		if (read_file(s, worker, call))
			return true;
		file_ring_use(&s->in_memory, w, worker->file);
		worker->reading = worker->slab_asked = false;
		worker->page = 0;
		worker->at++;
	}
	return false;
}

/* A fault: a page table, a huge page; if that is refused, its pages one by one. */
static bool fault_slots(struct stress *s, uint32_t w, struct page_call *call)
{
	struct worker *worker = &s->workers[w];

	for (; worker->at < worker->slots.end; worker->at++) {
		struct thp_slot *slot = &s->slots[worker->at];
		uint32_t step = worker->page++;

		s->done++;
		if (step == 0) {
			worker->t_fault_ns = s->now_ns + worker->work.owed_ns;
			return request(worker, &table_page, &slot->table, call);
		}
		if (step == 1)
			return page_alloc(call, &s->huge, &slot->huge);
		if (step == 2 && !slot->huge)
			slot->base = g_new0(uint32_t, HUGE_PAGES);
		if (slot->base && step - 2 < HUGE_PAGES)
			return request(worker, &anon_page, &slot->base[step - 2], call);
		fault_times_add(&s->times, slot->huge,
				s->now_ns + worker->work.owed_ns - worker->t_fault_ns);
		worker->page = 0;
	}
	s->faulting--;
	return false;
}

static bool unmap_slots(struct stress *s, uint32_t w, struct page_call *call)
{
	struct worker *worker = &s->workers[w];

	for (; worker->at < worker->slots.end; worker->at++) {
		struct thp_slot *slot = &s->slots[worker->at];

		while (slot->base && worker->page < HUGE_PAGES) {
			if (slot->base[worker->page++])
				return page_free(call, &slot->base[worker->page - 1]);
		}
		if (slot->huge)
			return page_free(call, &slot->huge);
		if (slot->table)
			return page_free(call, &slot->table);
		worker->page = 0;
	}
	return false;
}

static bool nothing(struct stress *s G_GNUC_UNUSED, uint32_t w G_GNUC_UNUSED,
		    struct page_call *call G_GNUC_UNUSED)
{
	return false;
}

/* By phase: what writers do, who read later on, and what threads do. */
static bool (*const phase_fns[PHASES][2])(struct stress *, uint32_t, struct page_call *) = {
	[PHASE_WRITE] = {write_files, nothing},
	[PHASE_READ] = {read_files, nothing},
	[PHASE_FAULT] = {read_files, fault_slots},
	[PHASE_UNMAP] = {nothing, unmap_slots},
};

/* Everyone meets before a phase; CPU 0 puts down its mark. */
static bool begin_phase(struct stress *s, uint32_t w, struct page_call *call)
{
	static const char *const marks[] = {"write", "read", "fault", "unmap"};
	struct worker *worker = &s->workers[w];
	bool thread = w >= s->writers;

	worker->begun = true;
	worker->page = 0;
	worker->slab_asked = worker->reading = worker->reread = false;
	if (thread)
		worker->at = worker->slots.first;
	else if (worker->phase < PHASE_FAULT)
		worker->at = worker->phase == PHASE_WRITE ? worker->files.first : 0;
	return w == 0 && page_mark(call, marks[worker->phase]);
}

static bool next_call(struct stress *s, uint32_t w, const struct page_answer *last,
		      struct page_call *call)
{
	struct worker *worker = &s->workers[w];

	if (drop(s, worker, call))
		return true;
	if (worker->pending && worker->retried && !*worker->held && last->ok)
		return page_alloc(call, &worker->want, worker->held);
	if (worker->pending && !last->ok && back_off(s, w, call))
		return true;
	worker->pending = false;
	if (worker->phase == PHASES)
		return false;
	if (!worker->begun && begin_phase(s, w, call))
		return true;
	if (phase_fns[worker->phase][w >= s->writers](s, w, call))
		return true;
	worker->phase++;
	worker->begun = false;
	call->kind = PAGE_CALL_BARRIER;
	return true;
}

static bool stress_next(void *state, uint32_t w, const struct page_answer *last,
			struct page_call *call)
{
	struct stress *s = state;
	struct worker *worker = &s->workers[w];

	s->now_ns = last->now_ns;
	if (last->ok)
		thp_work_granted(&worker->work, &worker->rng, s->disk_ns, s->fill_ns);
	thp_work_reset(&worker->work);
	if (!next_call(s, w, last, call))
		return false;
	if (call->kind == PAGE_CALL_ALLOC)
		thp_work_before(&worker->work, call);
	return true;
}

static unsigned stress_progress(void *state)
{
	const struct stress *s = state;

	return s->goal ? (unsigned)mul_div(MIN(s->done, s->goal), 1000, s->goal) : 0;
}

static json_t *stress_figures(const void *state)
{
	return fault_times_json(&((const struct stress *)state)->times);
}

static void stress_destroy(void *state)
{
	struct stress *s = state;

	thp_slots_free(s->slots, s->n_slots);
	g_free(s->workers);
	g_free(s->file_ids);
	g_free(s->slab_ids);
	file_ring_clear(&s->in_memory);
	g_free(s);
}

static struct part part_of(uint32_t total, uint32_t i, uint32_t n)
{
	if (i >= n)
		return (struct part){0};
	return (struct part){(uint32_t)mul_div(total, i, n), (uint32_t)mul_div(total, i + 1, n)};
}

static void init_workers(struct stress *s, uint64_t seed)
{
	s->workers = g_new0(struct worker, s->n_workers);
	for (uint32_t w = 0; w < s->n_workers; w++) {
		struct worker *worker = &s->workers[w];
		g_autofree char *stream = g_strdup_printf("thp_stress/%u", w);

		rng_init(&worker->rng, seed, stream);
		thp_work_reset(&worker->work);
		if (w >= s->writers) {
			worker->oldest = w - s->writers;
			worker->slots = part_of(s->n_slots, w - s->writers, s->threads);
			continue;
		}
		worker->files = part_of(s->n_files, w, s->writers);
		if (s->slab_files)
			worker->slabs = s->slab_ids + worker->files.first / s->slab_files + w;
	}
}

static void init_files(struct stress *s)
{
	s->file_ids = g_new0(uint32_t, (uint64_t)s->n_files * s->pages_per_file);
	s->slab_ids =
		g_new0(uint32_t, s->slab_files ? s->n_files / s->slab_files + s->writers + 1 : 0);
	file_ring_init(&s->in_memory, s->n_files, s->n_workers);
	s->slots = g_new0(struct thp_slot, s->n_slots);
}

static bool header_of(const struct workload_env *env, const struct param_value *values,
		      struct trace_header *header, uint32_t workers, GError **error)
{
	uint32_t cpus = values[PAGES_CPUS].set ? (uint32_t)values[PAGES_CPUS].value : workers;

	if ((env->cpus ? env->cpus : cpus) < workers) {
		set_usage_error(error, "each of %u writers and threads needs a CPU of its own",
				workers);
		return false;
	}
	return page_settings_header(env, values, cpus, 0, header, error);
}

static struct op_source *stress_create(const struct workload_env *env,
				       const struct param_value *values, GError **error)
{
	static const struct page_generator generator = {
		.name = "thp_stress",
		.next = stress_next,
		.progress = stress_progress,
		.figures = stress_figures,
		.destroy = stress_destroy,
	};
	struct stress stress = {
		.pages_per_file = (uint32_t)(values[P_FILE_SIZE].value / 4),
		.slab_files = (uint32_t)values[P_SLAB_FILES].value,
		.writers = (uint32_t)values[P_WRITERS].value,
		.threads = (uint32_t)values[P_THREADS].value,
		.reads = values[P_READS].value,
		.random = values[P_READ_ORDER].value == READ_RANDOM,
		.fill_ns = values[P_FILL].value,
		.huge = thp_want(values[P_DEFRAG].value, values[P_DEFRAG].value != DEFRAG_ALWAYS),
	};
	struct trace_header header;

	stress.n_workers = stress.writers + stress.threads;
	stress.faulting = stress.threads;
	if (!header_of(env, values, &header, stress.n_workers, error))
		return NULL;
	if (values[P_DISK].value)
		stress.disk_ns =
			mul_div(stress.writers, PAGE_SIZE * UINT64_C(1000), values[P_DISK].value);
	uint64_t managed = managed_pages(header.memory);
	uint64_t file_pages = percent(managed, values[P_FILES].value);

	stress.n_files = (uint32_t)(file_pages / stress.pages_per_file);
	stress.n_slots = (uint32_t)(percent(managed, values[P_THP].value) / HUGE_PAGES);
	stress.goal = file_pages + percent(file_pages, stress.reads) + 2 * (uint64_t)stress.n_slots;
	init_files(&stress);
	init_workers(&stress, env->seed);
	return page_source_new(&generator, g_memdup2(&stress, sizeof(stress)), &header,
			       stress.n_workers);
}

const struct workload_ops workload_thp_stress = {
	.name = "thp_stress",
	.summary = "small files beyond what memory holds, then threads that fault huge pages",
	.params = params,
	.create = stress_create,
};
