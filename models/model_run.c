// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/model_run.h"

bool model_run_init(struct model_run *run, const struct model_ops *ops, struct model_env env,
		    GError **error)
{
	*run = (struct model_run){.ops = ops};
	env.footprint = &run->footprint;
	run->model = ops->create(&env, error);
	return run->model != NULL;
}

static int run_stages(struct model_run *run, struct call *call, int stage)
{
	while (stage >= 0) {
		stage = run->ops->stages[stage].run(run->model, call);
		for (unsigned i = 0; i < STEPS; i++) {
			run->work[i] += call->work[i];
			call->work[i] = 0;
		}
	}
	return stage;
}

/* What @wake woke, and what that woke in turn; a crash there is one of the op. */
static int run_background(struct model_run *run, uint32_t wake, int result)
{
	const struct op nothing = {.kind = OP_MARK};

	while (wake && result > CALL_OOPS) {
		uint32_t task = (uint32_t)__builtin_ctz(wake);
		struct call call = {.op = &nothing, .addr = NO_ADDR, .task = task + 1};
		int ended = run_stages(run, &call, run->ops->background[task].entry);

		if (ended <= CALL_OOPS)
			result = ended;
		if (call.message)
			run->call.message = call.message;
		wake = (wake & (wake - 1)) | call.wake;
	}
	return result;
}

int model_run_op(struct model_run *run, const struct op *op)
{
	g_free(run->call.message);
	run->call = (struct call){.op = op, .addr = NO_ADDR};
	for (unsigned i = 0; i < STEPS; i++)
		run->work[i] = 0;
	int result = run_stages(run, &run->call, run->ops->entry[op->kind]);

	return run_background(run, run->call.wake, result);
}

void model_run_clear(struct model_run *run)
{
	g_free(run->call.message);
	if (run->model)
		run->ops->destroy(run->model);
}
