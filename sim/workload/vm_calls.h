/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_WORKLOAD_VM_CALLS_H
#define KMSIM_WORKLOAD_VM_CALLS_H

/*
 * What generators are written in: calls as kernel code makes them (vmalloc, ioremap, vfree),
 * one worker a CPU. This layer turns them into ops:
 *
 * - an allocation asks for one page more than the caller, the guard page;
 * - vmalloc keeps pointers to its pages in an array, which comes from vmalloc itself when
 *   it is larger than a page (so on for the array's own array). The area is asked for first, then
 *   the array; freed in the same order. If the array is refused, the area is given back and
 *   the call as a whole fails (mm/vmalloc.c, __vmalloc_area_node() and __vunmap(), v5.1);
 * - freeing what holds nothing does nothing, as vfree(NULL).
 *
 * A worker names what it holds by holders, small numbers of its own. Ids of ops are
 * made of them, dense over all workers, and the same whatever the interleaving. They are used
 * again after the free, but not after a refusal.
 */

#include "sim/trace/source.h"
#include "sim/workload/arch.h"

#define VM_PAGES_MAX (UINT64_C(1) << 26)

enum vm_call_kind {
	VM_ALLOC,
	VM_FREE,
	VM_MARK
};

struct vm_call {
	enum vm_call_kind kind;
	bool no_page_array; /* VM_ALLOC: maps something else than its own pages (ioremap) */
	bool zero;	    /* VM_ALLOC: its pages are cleared (vzalloc) */
	bool drawn;	    /* VM_ALLOC: a random number was drawn for it */
	uint32_t holder;    /* VM_ALLOC: one that holds nothing; VM_FREE: any */
	uint64_t pages;	    /* VM_ALLOC: without the guard page, 1 … VM_PAGES_MAX */
	uint64_t align;	    /* VM_ALLOC: bytes, a power of two */
	const struct vm_window *window; /* VM_ALLOC: NULL: the default window */
	char *mark;			/* VM_MARK: handed over */
	/*
	 * Where the holder stands that the worker will free next, if this call gets what it asks
	 * for and that is certain already; NULL if not. What is kept of that one can be fetched
	 * then: it is read with the next op, of whichever worker.
	 */
	const uint32_t *coming;
};

struct vm_generator {
	const char *name;
	/*
	 * The next call of @worker; false: it has none left, and is not asked again. @ok: whether
	 * its last call got what it asked for (true at first, and after everything but VM_ALLOC).
	 * *call is zero but for align, which is 1.
	 */
	bool (*next)(void *state, uint32_t worker, bool ok, struct vm_call *call);
	/* Share done, 0 … 1000. NULL: unknown. */
	unsigned (*progress)(void *state);
	void (*destroy)(void *state);
};

/*
 * A source of the ops of @generator; takes over @state and what @header owns. Worker w runs on
 * CPU w; @workers is at most header->cpus. @holders: how many a worker has. @boot: ops that CPU 0
 * does before any worker begins (boot.h); taken over. Frees of what was refused are left out.
 */
struct op_source *vm_source_new(const struct vm_generator *generator, void *state,
				const struct trace_header *header, uint32_t workers,
				uint32_t holders, unsigned pointer_bytes, GArray *boot);

#endif
