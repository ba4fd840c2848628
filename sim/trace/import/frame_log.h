/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_IMPORT_FRAME_LOG_H
#define KMSIM_TRACE_IMPORT_FRAME_LOG_H

/*
 * What events tell of each page frame: what it was before the first one that names it, and after
 * the last one. A frame that none names is not known. Targets of a migration have no event: such
 * a frame is what its last event says.
 */

#include <glib.h>
#include <stdint.h>

enum frame_state {
	FRAME_UNTOLD,
	FRAME_FREE,
	FRAME_MOVABLE,
	FRAME_UNMOVABLE, /* or reclaimable */
	FRAME_IN_USE,	 /* nothing tells as what */
};

struct frame_log;

struct frame_log *frame_log_new(void);
void frame_log_free(struct frame_log *log);

/* The 2^@order frames from @pfn, of one pageblock or whole ones, were @before and are @after. */
void frame_log_tell(struct frame_log *log, uint64_t pfn, unsigned order, enum frame_state before,
		    enum frame_state after);

/* struct machine_block, as machine_record.h has them; the caller's. */
GArray *frame_log_start(const struct frame_log *log);
GArray *frame_log_end(const struct frame_log *log);

#endif
