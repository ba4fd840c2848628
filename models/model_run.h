/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODEL_RUN_H
#define KMSIM_MODEL_RUN_H

/* A model on its own: one op after another, no engine, no time, nobody else. For tests and tools.
 */

#include "models/model.h"

struct model_run {
	const struct model_ops *ops;
	void *model;
	struct footprint footprint;
	struct call call;     /* of the last op: answers */
	uint64_t work[STEPS]; /* of the last op, all its stages */
};

/* Create the model; @env's footprint is filled in. False with the error set if it refuses. */
bool model_run_init(struct model_run *run, const struct model_ops *ops, struct model_env env,
		    GError **error);

/* Perform @op straight through, then the background tasks it woke. Returns CALL_DONE, CALL_FAIL,
 * CALL_OOPS, CALL_BROKEN or CALL_INPUT. */
int model_run_op(struct model_run *run, const struct op *op);

void model_run_clear(struct model_run *run);

#endif
