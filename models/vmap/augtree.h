/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_VMAP_AUGTREE_H
#define KMSIM_MODELS_VMAP_AUGTREE_H

/* Inside of vmap-augtree, for tests that corrupt its tree. */

#include "models/vmap/free_checks.h"
#include "models/vmap/vmap_space.h"

struct augtree {
	struct vmap_space space;
	struct free_tree free;
	struct free_checks checks;
};

#endif
