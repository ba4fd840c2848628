/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_TEST_GOLDEN_H
#define KMSIM_MODELS_TEST_GOLDEN_H

/* What the programs have in common that compare models with what the kernel's own code answered. */

#include "sim/base/reader.h"

#include <jansson.h>

/* One file's score. */
struct golden {
	struct reader *reader;
	uint64_t compared, wrong;
	char *first_wrong;
};

/* Compare the whole file. False with the error set: not understood. */
typedef bool (*golden_fn)(struct golden *golden, GError **error);

/*
 * The program: compare the files of the command line, or without any those of @folder, each with
 * @run. One TAP line a file. Returns the exit status: 1 if an answer was wrong, or a file not
 * understood.
 */
int golden_main(int argc, char **argv, const char *folder, golden_fn run);

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

/* Integer at @key; 0 where there is none. */
int64_t golden_int(const json_t *object, const char *key);

#endif
