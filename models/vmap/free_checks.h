/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_VMAP_FREE_CHECKS_H
#define KMSIM_MODELS_VMAP_FREE_CHECKS_H

/* The kernel's two debug checks of the free tree, as the parameter check= selects them. */

#include "models/vmap/free_tree.h"
#include "sim/base/rng.h"

enum {
	CHECK_PROPAGATE = 1,
	CHECK_LOWEST = 2
};

extern const struct param_word free_check_words[];

#define FREE_CHECK_PARAM                                                                           \
	{                                                                                          \
		.name = "check", .type = PARAM_WORD, .default_text = "none",                       \
		.words = free_check_words,                                                         \
		.help = "debug checks after every change: subtree_max_size, lowest match"          \
	}

struct free_checks {
	uint64_t which; /* CHECK_… */
	struct rng rng; /* where the lowest-match check looks */
};

/* @owner names the stream of random places. */
void free_checks_init(struct free_checks *checks, uint64_t which, uint64_t seed, const char *owner);

/*
 * After a change of the tree: NULL or a message (to be freed). @size: of the request that was met;
 * 0 if it was none.
 */
char *free_checks_run(struct free_checks *checks, const struct free_tree *free, uint64_t size);

#endif
