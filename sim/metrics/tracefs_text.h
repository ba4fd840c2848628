/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_METRICS_TRACEFS_TEXT_H
#define KMSIM_METRICS_TRACEFS_TEXT_H

/*
 * Tracepoints as the kernel prints them in tracefs (the file `trace`): pfns hexadecimal, as
 * since v5.15, page= the address of the struct page on x86_64, as with the option nohash-ptr.
 */

#include "models/model.h"
#include "sim/base/writer.h"

/* How a line begins: who, where and when. */
struct tracefs_task {
	const char *comm;
	uint32_t pid, cpu;
	uint64_t t_ns;
};

/* The comment lines that such a file begins with. */
void tracefs_put_header(struct writer *writer, uint32_t cpus);

/* A line. @memory names zones and has the pageblock order; NULL: nothing is known. */
void tracefs_put(struct writer *writer, const struct tracefs_task *task,
		 const struct tracepoint *tracepoint, const struct memory_map *memory);

/* The line of a page_alloc (@pfn NO_ADDR: it failed), and of a free. */
void tracefs_put_alloc(struct writer *writer, const struct tracefs_task *task, const struct op *op,
		       uint64_t pfn);
void tracefs_put_free(struct writer *writer, const struct tracefs_task *task, uint64_t pfn,
		      unsigned order);

#endif
