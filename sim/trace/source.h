/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_SOURCE_H
#define KMSIM_TRACE_SOURCE_H

/*
 * First seam: the op source. Trace readers and generators are the same thing to
 * everything downstream: a header, then ops one at a time.
 */

#include "sim/base/units.h"
#include "sim/machine/memory_map.h"
#include "sim/trace/op.h"

#include <glib.h>
#include <jansson.h>

/* What the machine that was recorded counted itself, by the names of the model's counters. */
struct recorded_count {
	char *name;
	uint64_t value;
};

/* The first line of a trace. A setting that is absent there is not "given". */
struct trace_header {
	uint32_t cpus; /* 1 … TRACE_CPUS_MAX */
	bool vstart_given, vend_given, lazy_max_pages_given;
	uint64_t vstart, vend; /* default x86-64 without KASLR */
	uint64_t lazy_max_pages;
	struct memory_map *memory; /* NULL: it says nothing of zones; may be replaced before an op
				      is asked for */
	GArray *recorded;	   /* struct recorded_count; NULL: none */
	char *origin;		   /* NULL: none */
};

#define TRACE_CPUS_MAX	     4096
#define VMALLOC_START_X86_64 UINT64_C(0xffffc90000000000)
#define VMALLOC_END_X86_64   UINT64_C(0xffffe8ffffffffff)

/* Every setting at its default: one CPU, the x86-64 window, lazy_max_pages for one CPU. */
void trace_header_init(struct trace_header *header);
void trace_header_clear(struct trace_header *header);

/* An empty array for trace_header.recorded. */
GArray *recorded_counts_new(void);

/*
 * The kernel's limit of lazily freed pages before a purge: fls(cpus) * 32 MiB in pages
 * (lazy_max_pages() in mm/vmalloc.c, any version).
 */
uint64_t trace_default_lazy_max_pages(uint32_t cpus);

#define ANY_CPU UINT32_MAX

enum source_next {
	SOURCE_BAD_OP = -2, /* one bad op: the error and source->fault are set, more may follow */
	SOURCE_ERROR = -1,  /* the error is set, nothing can follow */
	SOURCE_END,	    /* nothing more (for that CPU) */
	SOURCE_OP,	    /* *op is filled */
	SOURCE_WAIT, /* per_cpu, not for ANY_CPU: ask again once source->released has grown */
};

/* What can be wrong with one op, as --lenient counts it. */
#define OP_FAULT_LIST(X)                                                                           \
	X(SYNTAX, "not JSON, or truncated")                                                        \
	X(KIND, "unknown op")                                                                      \
	X(FIELD, "missing or mistyped field")                                                      \
	X(VALUE, "value not allowed")                                                              \
	X(ID, "id live already, or not live")                                                      \
	X(SEED, "seed out of place or overlapping")                                                \
	X(TIME, "time stamps")                                                                     \
	X(CPU, "cpu out of range")

enum op_fault {
#define X(fault, name) FAULT_##fault,
	OP_FAULT_LIST(X)
#undef X
	OP_FAULTS
};

/* In words, as in the list above. */
const char *op_fault_name(enum op_fault fault);

struct op_source;

struct op_source_ops {
	const char *name;
	/*
	 * The next op. A source with per_cpu set is asked for the next op of one CPU, or of
	 * ANY_CPU; the others are always asked for ANY_CPU and yield ops in the order of the file.
	 * The op's seq and slot are set by op_stream.
	 */
	enum source_next (*next)(struct op_source *source, uint32_t cpu, struct op *op,
				 GError **error);
	/* What became of an op it yielded; NULL: does not want to know. */
	void (*result)(struct op_source *source, const struct op *op, bool ok, uint64_t addr);
	/*
	 * What it measured itself while it ran, as an object; NULL: it measures nothing. Asked for
	 * at the end of a run.
	 */
	json_t *(*figures)(const struct op_source *source);
	/*
	 * Where the last op came from, for messages: "FILE:LINE: ", to be freed. NULL: "".
	 */
	char *(*where)(struct op_source *source);
	/* Share of the source consumed, 0 … 1000; NULL: unknown. */
	unsigned (*progress)(struct op_source *source);
	void (*destroy)(struct op_source *source);
};

/* What every source begins with. */
struct op_source {
	const struct op_source_ops *ops;
	struct trace_header header;
	bool per_cpu;
	bool timed;	 /* it wants now_ns */
	uint64_t now_ns; /* before result(): when that op ended; 0 where nothing tells */
	/*
	 * Hints: ids + 1 (0: none) that ops some way on will name. What is kept of the first is
	 * fetched; of the second, which is closer by, it is there, and leads to what it names.
	 */
	uint64_t far_id, near_id;
	uint64_t released;	 /* barriers that CPUs told to wait have got past */
	enum op_fault fault;	 /* of the last SOURCE_BAD_OP */
	uint64_t unknown_keys;	 /* keys that were ignored */
	char *first_unknown_key; /* "FILE:LINE: 'KEY'" of the first; NULL: none */
};

static inline enum source_next op_source_next(struct op_source *source, uint32_t cpu, struct op *op,
					      GError **error)
{
	return source->ops->next(source, cpu, op, error);
}

/* "FILE:LINE: " of the last op, or "". To be freed. */
char *op_source_where(struct op_source *source);

/* Count a key that nothing knows, and remember where the first of them stood. */
void op_source_note_unknown(struct op_source *source, const char *key);

void op_source_destroy(struct op_source *source);

#endif
