/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_IMPORT_CONVERT_STATE_H
#define KMSIM_TRACE_IMPORT_CONVERT_STATE_H

/* What the two halves of the second pass share: areas (convert.c), pages (convert_pages.c). */

#include "sim/trace/import/block_map.h"
#include "sim/trace/import/convert.h"
#include "sim/trace/import/frame_log.h"

struct convert_pages {
	struct block_map *live;
	struct pfn_set *seen;
	struct compactions *compactions;
	guint next_asked; /* index into survey->pages.whole_zone */
	/* Ids of blocks that compaction moved to where nobody says, by order, longest away first */
	GQueue moved[MAX_ORDER_DEFAULT];
};

struct convert {
	const struct survey *survey;
	const struct trace_header *header;
	struct jsonl_writer *writer;
	struct import_account *account;
	struct machine_record *record; /* NULL: not wanted */
	struct frame_log *frames;      /* for it */
	uint64_t ops;		       /* written */
	struct area_map *live;
	struct convert_pages pages;
	uint64_t event;	    /* number of the next one, as the survey counts */
	guint next_retried; /* index into survey->retried */
	uint64_t last_id;
	bool begun; /* an op with a time was written */
	uint64_t t_begin_ns;
	uint64_t *last_t_ns; /* per CPU */
};

/* Write @op as it is. */
void convert_write(struct convert *convert, const struct op *op);

/* Write @op, which @event asks for, with its CPU and time. */
void convert_put(struct convert *convert, const struct event *event, struct op op);

void convert_pages_init(struct convert_pages *pages);
void convert_pages_clear(struct convert_pages *pages);
void convert_pages_take(struct convert *convert, const struct event *event);

#endif
