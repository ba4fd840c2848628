/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_METRICS_SECTIONS_H
#define KMSIM_METRICS_SECTIONS_H

/*
 * Sections of a run: what a CPU did between two of its marks. The mark "NAME:start" begins the
 * section NAME on its CPU, any other mark "NAME:WORD" of that CPU ends it as WORD: "test:fix_size:
 * start" and "test:fix_size:passed", or "compact:start" and "compact:end". Sections of different
 * names may lie within each other. A mark that ends nothing begun is no business of theirs.
 */

#include "sim/engine/engine.h"

#define SECTION_NAMES_MAX 64 /* of one CPU; more are left out, and counted */
#define SECTION_WORDS_MAX 8  /* ends told apart; the others count as the last of them */

struct section {
	char *name;
	uint32_t cpu;
	uint64_t runs; /* that ended */
	bool open;     /* one has begun and not ended */
	struct section_word {
		char *word;
		uint64_t runs;
	} words[SECTION_WORDS_MAX]; /* how they ended, in the order of their first */
	unsigned n_words;
	uint64_t total_cycles, min_cycles, max_cycles; /* from the first mark to the second */
	uint64_t first_start_cycles, last_end_cycles;  /* of the first and last run that ended */
	uint64_t ops, steps;	  /* of the CPU within: ops, search steps; marks not counted */
	struct work_account work; /* of the CPU within, in ops of all kinds */
	/* of the run that is open: when it began, and what the CPU had done until then */
	uint64_t start_cycles, start_ops, start_steps;
	struct work_account start_work;
};

struct sections;

struct sections *sections_new(void);
void sections_free(struct sections *sections);

/* One op is done, and is no seed. */
void sections_op(struct sections *sections, const struct op_record *record);

/* By CPU, then in the order in which they first began; *n of them. Owned by @sections. */
const struct section *const *sections_list(struct sections *sections, unsigned *n);

/* Beginnings for which there was no room. */
uint64_t sections_left_out(const struct sections *sections);

#endif
