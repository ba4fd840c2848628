/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_PAGES_TEST_GOLDEN_H
#define KMSIM_MODELS_PAGES_TEST_GOLDEN_H

/*
 * golden-pages compares the page allocator and compaction with what the kernel's own code answered.
 * A family is one kind of file; families.c lists them.
 */

#include "models/pages/memmap.h"
#include "models/test/golden.h"

struct golden_family {
	const char *name;
	/* A file is of the first family all of whose words are in its first READER_PEEK_MAX bytes.
	 */
	const char *words[3];
	/* Compare the whole file. False with the error set: not understood. */
	golden_fn run;
};

extern const struct golden_family *const golden_families[]; /* NULL ends it */

/* The pfns of a free list, head to tail. */
void golden_list(struct golden *golden, const char *what, const struct memmap *map,
		 const struct free_list *list, const json_t *expected);

/* nr_free and the like: array to @counts, missing elements are 0. */
void golden_orders(const json_t *array, uint64_t counts[MAX_ORDER_NR]);

#endif
