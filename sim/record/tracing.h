/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_RECORD_TRACING_H
#define KMSIM_RECORD_TRACING_H

/*
 * A tracefs instance of our own: buffers and switches that nobody else uses. By libtracefs; a build
 * without it says so in tracing_open().
 */

#include "sim/record/undo.h"

#include <stdint.h>
#include <stdio.h>

struct tracing;

/* What one CPU's buffer holds. */
struct tracing_buffer {
	uint32_t cpu;
	uint64_t entries; /* events in it */
	uint64_t lost;	  /* that found no room */
};

/*
 * Find tracefs. Where it is not mounted, a mount is made that nobody else sees and that ends with
 * this process. NULL with the error set (KMSIM_ERROR_IO), which says what to do.
 */
struct tracing *tracing_open(GError **error);

/* Does this kernel have the event @system:@name? */
bool tracing_has_event(const struct tracing *tracing, const char *system, const char *name);

/*
 * Make the instance, switched off: buffers of @buffer_kib a CPU that keep the first events rather
 * than the last, the clock @clock, pointers not hashed. It is in @undo from then on. False with the
 * error set: KMSIM_ERROR_IO, KMSIM_ERROR_USAGE for a clock that there is not.
 */
bool tracing_begin(struct tracing *tracing, const char *clock, uint64_t buffer_kib,
		   struct undo *undo, GError **error);

/* Each of these: false with the error set (KMSIM_ERROR_IO). */
bool tracing_enable(struct tracing *tracing, const char *system, const char *name, bool on,
		    GError **error);
bool tracing_on(struct tracing *tracing, bool on, GError **error);
bool tracing_clear(struct tracing *tracing, GError **error);
bool tracing_mark(struct tracing *tracing, const char *text, GError **error);

/* struct tracing_buffer of every CPU, ascending. To be freed. */
GArray *tracing_buffers(struct tracing *tracing);

/* The text of everything in the buffers; reading takes nothing out. NULL with the error set. */
FILE *tracing_text(struct tracing *tracing, GError **error);

/* KiB a CPU, as the kernel has rounded them. */
uint64_t tracing_buffer_kib(struct tracing *tracing);

/* Ends with the instance. NULL is fine. */
void tracing_close(struct tracing *tracing);

#endif
