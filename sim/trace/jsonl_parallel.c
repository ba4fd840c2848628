// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/jsonl_parallel.h"

#include "sim/base/error.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

/* Of a line that is more, or less, than an op. */
struct remark {
	uint32_t line; /* of the chunk */
	uint32_t unknown_keys;
	enum source_next what;
	enum op_fault fault;
	GError *error; /* unless it is an op */
};

/*
 * A chunk belongs to one thread at a time; the semaphore that hands it on also makes visible
 * what was done to it.
 */
struct chunk {
	sem_t empty;   /* the caller is done with it: reader */
	sem_t cut;     /* it has lines: parser */
	sem_t decoded; /* it has ops: caller */

	GString *text; /* lines one behind the other, without newlines */
	GArray *ends;  /* size_t: where each of them ends in the text */
	uint64_t first_line;
	unsigned progress; /* of the reader at its end */
	bool last;	   /* nothing follows */
	GError *broken;	   /* the reader's: after the lines */
	bool broken_line;  /* it is a bad line, no end */

	GArray *ops;	 /* struct op; of a bad line: empty */
	GArray *remarks; /* struct remark */
	char *first_unknown_key;
};

struct jsonl_pipeline {
	struct reader *reader;
	struct jsonl_decoder decoder;
	size_t chunk_bytes;
	GThread *reader_thread;
	GThread **parsers;
	unsigned n_parsers;
	atomic_bool stopping;
	_Atomic uint64_t next_cut; /* number of the chunk that the next free parser takes */

	struct chunk *ring;
	unsigned n_chunks;
	/* the caller's */
	unsigned at; /* in the ring */
	bool in_chunk, ended;
	guint op, remark;
	unsigned progress;
};

/* Signals are for the caller, who is asked to end; these threads are told by it. */
static void wait_for(sem_t *semaphore)
{
	while (sem_wait(semaphore) && errno == EINTR)
		;
}

/* --- reader ----------------------------------------------------------------------------------- */

/* So many lines at most, be they ever so short: ops are larger than that. */
#define CHUNK_LINES 4096

/* The lines that there are without waiting, up to a chunk's worth, but one at least. */
static void cut_chunk(struct jsonl_pipeline *p, struct chunk *chunk)
{
	const char *line;
	size_t length;

	chunk->first_line = reader_line_number(p->reader) + 1;
	do {
		int got = reader_line(p->reader, &line, &length, &chunk->broken);

		if (got <= 0) {
			chunk->broken_line =
				g_error_matches(chunk->broken, KMSIM_ERROR, KMSIM_ERROR_INPUT);
			chunk->last = !chunk->broken_line;
			break;
		}
		g_string_append_len(chunk->text, line, (gssize)length);
		g_array_append_val(chunk->ends, chunk->text->len);
	} while (chunk->text->len < p->chunk_bytes && chunk->ends->len < CHUNK_LINES &&
		 reader_ready(p->reader));
	chunk->progress = reader_progress(p->reader);
}

static void *read_chunks(void *data)
{
	struct jsonl_pipeline *p = data;
	bool last = false;

	for (unsigned i = 0; !last; i = (i + 1) % p->n_chunks) {
		struct chunk *chunk = &p->ring[i];

		wait_for(&chunk->empty);
		if (atomic_load(&p->stopping))
			break;
		cut_chunk(p, chunk);
		last = chunk->last;
		sem_post(&chunk->cut);
	}
	return NULL;
}

/* --- parsers ---------------------------------------------------------------------------------- */

/* What a parser holds while it decodes. */
struct parsing {
	struct jsonl_decoder decoder;
	struct chunk *chunk;
	uint32_t unknown_keys; /* of the line */
};

static void note_unknown(void *ctx, const char *key)
{
	struct parsing *parsing = ctx;

	parsing->unknown_keys++;
	if (!parsing->chunk->first_unknown_key)
		parsing->chunk->first_unknown_key = g_strdup(key);
}

static void decode_line(struct parsing *parsing, const char *text, size_t length)
{
	struct chunk *chunk = parsing->chunk;
	struct remark remark = {.line = chunk->ops->len, .what = SOURCE_OP};
	struct op op;

	parsing->unknown_keys = 0;
	parsing->decoder.line = chunk->first_line + remark.line;
	if (!jsonl_decode(&parsing->decoder, text, length, &op, &remark.error)) {
		remark.what = SOURCE_BAD_OP;
		remark.fault = parsing->decoder.fault;
		op = (struct op){0};
	}
	g_array_append_val(chunk->ops, op);
	remark.unknown_keys = parsing->unknown_keys;
	if (remark.error || remark.unknown_keys)
		g_array_append_val(chunk->remarks, remark);
}

static void decode_chunk(struct parsing *parsing)
{
	struct chunk *chunk = parsing->chunk;
	size_t start = 0;

	for (guint i = 0; i < chunk->ends->len; i++) {
		size_t end = g_array_index(chunk->ends, size_t, i);

		decode_line(parsing, chunk->text->str + start, end - start);
		start = end;
	}
	if (!chunk->broken)
		return;
	/* it stands for one more line */
	struct remark remark = {
		.line = chunk->ops->len,
		.what = chunk->broken_line ? SOURCE_BAD_OP : SOURCE_ERROR,
		.fault = FAULT_SYNTAX,
		.error = g_steal_pointer(&chunk->broken),
	};
	const struct op none = {0};

	g_array_append_val(chunk->remarks, remark);
	g_array_append_val(chunk->ops, none);
}

static void *decode_chunks(void *data)
{
	struct jsonl_pipeline *p = data;
	struct parsing parsing = {.decoder = p->decoder};

	parsing.decoder.unknown = note_unknown;
	parsing.decoder.ctx = &parsing;
	while (!atomic_load(&p->stopping)) {
		parsing.chunk = &p->ring[atomic_fetch_add(&p->next_cut, 1) % p->n_chunks];
		wait_for(&parsing.chunk->cut);
		if (atomic_load(&p->stopping))
			break;
		decode_chunk(&parsing);
		sem_post(&parsing.chunk->decoded);
	}
	return NULL;
}

/* --- the caller ------------------------------------------------------------------------------- */

/* The chunk without what it had; @taken ops are the caller's. */
static void empty_chunk(struct chunk *chunk, guint taken)
{
	for (guint i = taken; i < chunk->ops->len; i++)
		op_clear(&g_array_index(chunk->ops, struct op, i));
	for (guint i = 0; i < chunk->remarks->len; i++)
		g_clear_error(&g_array_index(chunk->remarks, struct remark, i).error);
	g_array_set_size(chunk->ops, 0);
	g_array_set_size(chunk->remarks, 0);
	g_array_set_size(chunk->ends, 0);
	g_string_truncate(chunk->text, 0);
	g_clear_pointer(&chunk->first_unknown_key, g_free);
	g_clear_error(&chunk->broken);
}

/* Go to the next line, in the next chunk if need be. */
static enum source_next advance(struct jsonl_pipeline *p, GError **error)
{
	while (!p->ended) {
		struct chunk *chunk = &p->ring[p->at];

		if (!p->in_chunk && sem_wait(&chunk->decoded)) {
			set_interrupted_error(error);
			return SOURCE_ERROR;
		}
		p->in_chunk = true;
		if (p->op < chunk->ops->len)
			return SOURCE_OP;
		p->progress = chunk->progress;
		p->ended = chunk->last;
		p->in_chunk = false;
		empty_chunk(chunk, p->op);
		p->op = p->remark = 0;
		p->at = (p->at + 1) % p->n_chunks;
		sem_post(&chunk->empty);
	}
	return SOURCE_END;
}

enum source_next jsonl_pipeline_next(struct jsonl_pipeline *p, struct op *op,
				     struct jsonl_line *line, GError **error)
{
	enum source_next next = advance(p, error);

	if (next != SOURCE_OP) {
		*op = (struct op){0};
		return next;
	}
	struct chunk *chunk = &p->ring[p->at];
	struct remark *remark = p->remark < chunk->remarks->len
					? &g_array_index(chunk->remarks, struct remark, p->remark)
					: NULL;

	*op = g_array_index(chunk->ops, struct op, p->op);
	*line = (struct jsonl_line){.number = chunk->first_line + p->op};
	if (remark && remark->line == p->op) {
		p->remark++;
		next = remark->what;
		line->fault = remark->fault;
		line->unknown_keys = remark->unknown_keys;
		line->unknown_key = remark->unknown_keys ? chunk->first_unknown_key : NULL;
		if (remark->error)
			g_propagate_error(error, g_steal_pointer(&remark->error));
	}
	p->op++;
	return next;
}

unsigned jsonl_pipeline_progress(const struct jsonl_pipeline *pipeline)
{
	return pipeline->progress;
}

/* --- life ------------------------------------------------------------------------------------- */

static void init_chunk(struct chunk *chunk, size_t bytes)
{
	sem_init(&chunk->empty, 0, 1);
	sem_init(&chunk->cut, 0, 0);
	sem_init(&chunk->decoded, 0, 0);
	chunk->text = g_string_sized_new(bytes);
	chunk->ends = g_array_new(FALSE, FALSE, sizeof(size_t));
	chunk->ops = g_array_new(FALSE, FALSE, sizeof(struct op));
	chunk->remarks = g_array_new(FALSE, FALSE, sizeof(struct remark));
}

static void destroy_chunk(struct chunk *chunk, guint taken)
{
	empty_chunk(chunk, taken);
	sem_destroy(&chunk->empty);
	sem_destroy(&chunk->cut);
	sem_destroy(&chunk->decoded);
	g_string_free(chunk->text, TRUE);
	g_array_unref(chunk->ends);
	g_array_unref(chunk->ops);
	g_array_unref(chunk->remarks);
}

/* All signals go to the caller's thread. */
static void start_threads(struct jsonl_pipeline *p)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	p->reader_thread = g_thread_new("jsonl reader", read_chunks, p);
	for (unsigned i = 0; i < p->n_parsers; i++)
		p->parsers[i] = g_thread_new("jsonl parser", decode_chunks, p);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct jsonl_pipeline *jsonl_pipeline_new(struct reader *reader,
					  const struct jsonl_decoder *decoder, unsigned parsers,
					  size_t chunk_bytes)
{
	struct jsonl_pipeline *p = g_new0(struct jsonl_pipeline, 1);

	p->reader = reader;
	p->decoder = *decoder;
	p->chunk_bytes = chunk_bytes;
	p->n_parsers = parsers;
	p->parsers = g_new0(GThread *, parsers);
	/* one at the reader, one at the caller, and for each parser one in work and one to come */
	p->n_chunks = 2 * parsers + 2;
	p->ring = g_new0(struct chunk, p->n_chunks);
	for (unsigned i = 0; i < p->n_chunks; i++)
		init_chunk(&p->ring[i], chunk_bytes);
	start_threads(p);
	return p;
}

void jsonl_pipeline_free(struct jsonl_pipeline *p)
{
	if (!p)
		return;
	atomic_store(&p->stopping, true);
	reader_stop(p->reader);
	for (unsigned i = 0; i < p->n_chunks; i++) {
		sem_post(&p->ring[i].empty);
		sem_post(&p->ring[i].cut);
	}
	g_thread_join(p->reader_thread);
	for (unsigned i = 0; i < p->n_parsers; i++)
		g_thread_join(p->parsers[i]);
	for (unsigned i = 0; i < p->n_chunks; i++)
		destroy_chunk(&p->ring[i], i == p->at ? p->op : 0);
	g_free(p->ring);
	g_free(p->parsers);
	g_free(p);
}
