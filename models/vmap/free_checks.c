// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/vmap/free_checks.h"

const struct param_word free_check_words[] = {{"none", 0},
					      {"propagate", CHECK_PROPAGATE},
					      {"lowest", CHECK_LOWEST},
					      {"all", CHECK_PROPAGATE | CHECK_LOWEST},
					      {NULL, 0}};

void free_checks_init(struct free_checks *checks, uint64_t which, uint64_t seed, const char *owner)
{
	checks->which = which;
	rng_init(&checks->rng, seed, owner);
}

char *free_checks_run(struct free_checks *checks, const struct free_tree *free, uint64_t size)
{
	char *message = NULL;

	if (checks->which & CHECK_PROPAGATE)
		message = free_tree_check_propagate(free);
	if (checks->which & CHECK_LOWEST && size && !message)
		message = free_tree_check_lowest(
			free, size, free->space.vstart + (uint32_t)rng_next(&checks->rng));
	return message;
}
