/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_PAGES_TEST_GOLDEN_H
#define KMSIM_MODELS_PAGES_TEST_GOLDEN_H

/*
 * golden-pages compares the page allocator and compaction with what the kernel's own code answered.
 * A family is one kind of file; families.c lists them.
 */

#include "models/pages/memmap.h"
#include "sim/base/reader.h"

#include <jansson.h>

/* One file's score. */
struct golden {
	struct reader *reader;
	uint64_t compared, wrong;
	char *first_wrong;
};

struct golden_family {
	const char *name;
	/* A file is of the first family all of whose words are in its first READER_PEEK_MAX bytes.
	 */
	const char *words[3];
	/* Compare the whole file. False with the error set: not understood. */
	bool (*run)(struct golden *golden, GError **error);
};

extern const struct golden_family *const golden_families[]; /* NULL ends it */

/* Call @line for each line of a JSON Lines file, until one returns false. */
bool golden_lines(struct golden *golden,
		  bool (*line)(struct golden *golden, json_t *line, void *data, GError **error),
		  void *data, GError **error);

/* Count an answer. @what is for the message: what was computed. */
void golden_number(struct golden *golden, const char *what, int64_t got, int64_t expected);
void golden_text(struct golden *golden, const char *what, const char *got, const char *expected);

/* Count @n numbers, and that @expected has as many. NULL: it should have none. */
void golden_numbers(struct golden *golden, const char *what, const int64_t *got, size_t n,
		    const json_t *expected);

/* The pfns of a free list, head to tail. */
void golden_list(struct golden *golden, const char *what, const struct memmap *map,
		 const struct free_list *list, const json_t *expected);

/* Integer at @key; 0 where there is none. */
int64_t golden_int(const json_t *object, const char *key);

/* nr_free and the like: array to @counts, missing elements are 0. */
void golden_orders(const json_t *array, uint64_t counts[MAX_ORDER_NR]);

#endif
