/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_BUILTIN_H
#define KMSIM_MODELS_BUILTIN_H

#include "models/model.h"

/*
 * The models that are part of the program, in the order in which they are listed: the
 * name of each one's struct model_ops. To add a model, add its file and a line here.
 */
#define BUILTIN_MODELS(X)                                                                          \
	X(null_model)                                                                              \
	X(vmap_busylist)                                                                           \
	X(vmap_augtree)                                                                            \
	X(vmap_nodes)                                                                              \
	X(recorded_model)                                                                          \
	X(pages_model)                                                                             \
	X(skeleton_model)

#define X(ops) extern const struct model_ops ops;
BUILTIN_MODELS(X)
#undef X

#endif
