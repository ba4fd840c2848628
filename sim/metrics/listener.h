/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_METRICS_LISTENER_H
#define KMSIM_METRICS_LISTENER_H

/*
 * Hears the tracepoints of a model: counts them, keeps what compaction scanned, and writes all of
 * them down as text where that is asked for. It is there before the model is.
 */

#include "sim/base/writer.h"
#include "sim/metrics/compaction_log.h"

struct listener_config {
	const struct model_ops *model_ops;
	const struct memory_map *memory; /* outlives the run; NULL: none */
	uint32_t cpus;
	uint64_t clock_hz;
	struct writer *events_file; /* gets the text; the caller commits it. NULL: not wanted */
};

struct listener {
	struct listener_config config;
	struct engine_now now; /* engine_config.now */
	uint64_t counts[TRACEPOINTS];
	struct compaction_log *compaction;
	GArray *orders; /* uint8_t by slot: of live pages, for the text */
};

/* Writes the head of the events file, too. */
struct listener *listener_new(const struct listener_config *config);
void listener_free(struct listener *listener);

/* model_env.emit; @ctx is the listener. */
void listener_emit(void *ctx, const struct tracepoint *tracepoint);

/* An op is done: page requests and frees are events, too. */
void listener_op(struct listener *listener, const struct op_record *record);

/* The name of a tracepoint. */
const char *tracepoint_name(enum tracepoint_id id);

#endif
