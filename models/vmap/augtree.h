/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_VMAP_AUGTREE_H
#define KMSIM_MODELS_VMAP_AUGTREE_H

/* Inside of vmap-augtree, for tests that corrupt its tree. */

#include "models/vmap/free_tree.h"
#include "models/vmap/vmap_space.h"
#include "sim/base/rng.h"

enum {
	CHECK_PROPAGATE = 1,
	CHECK_LOWEST = 2
};

struct augtree {
	struct vmap_space space;
	struct free_tree free;
	uint64_t checks; /* CHECK_… to run after every change */
	struct rng rng;	 /* where the lowest-match check looks */
};

#endif
