// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The null model: accepts every op, does nothing, answers every request with success and no
 * address. What a run of it takes is what the simulator itself costs.
 */
#include "models/builtin.h"

static int do_nothing(void *model, struct call *call)
{
	(void)model, (void)call;
	return CALL_DONE;
}

static void *null_create(const struct model_env *env, GError **error)
{
	(void)env, (void)error;
	return g_malloc(1); /* NULL would be a failure */
}

static const struct stage stages[] = {{.name = "nothing", .run = do_nothing}};

const struct model_ops null_model = {
	.magic = KMSIM_MODEL_MAGIC,
	.version = KMSIM_MODEL_VERSION,
	.size = sizeof(struct model_ops),
	.name = "null",
	.summary = "accepts every op and does nothing",
	.kinds = OP_BIT(OP_KINDS) - 1,
	.stages = stages,
	.n_stages = G_N_ELEMENTS(stages),
	.create = null_create,
	.destroy = g_free,
};
