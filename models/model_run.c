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

int model_run_op(struct model_run *run, const struct op *op)
{
	int stage = run->ops->entry[op->kind];

	g_free(run->call.message);
	run->call = (struct call){.op = op, .addr = NO_ADDR};
	for (unsigned i = 0; i < STEPS; i++)
		run->work[i] = 0;
	while (stage >= 0) {
		stage = run->ops->stages[stage].run(run->model, &run->call);
		for (unsigned i = 0; i < STEPS; i++) {
			run->work[i] += run->call.work[i];
			run->call.work[i] = 0;
		}
	}
	return stage;
}

void model_run_clear(struct model_run *run)
{
	g_free(run->call.message);
	if (run->model)
		run->ops->destroy(run->model);
}
