/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_VMAP_NODES_REPLAY_STATE_H
#define KMSIM_MODELS_VMAP_NODES_REPLAY_STATE_H

/* Inside of nodes_replay.h: nodes_replay.c, nodes_claim.c. */

#include "models/vmap/nodes.h"
#include "models/vmap/nodes_replay.h"

struct nodes_replay {
	struct nodes *model;
	struct footprint footprint;
	int stage; /* that the purge goes on with; 0: none is half done */
	struct op purge_op;
	struct call purge_call;
};

G_STATIC_ASSERT(NODES_SEED == 0); /* no stage of a purge */

struct vmap_request nodes_replay_vmap_request(const struct nodes_request *request);

#endif
