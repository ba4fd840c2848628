/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_PAGES_TEST_GOLDEN_WORLD_H
#define KMSIM_MODELS_PAGES_TEST_GOLDEN_WORLD_H

/* A zone as a row of golden data describes it, a run over it, and what it did, as JSON. */

#include "models/pages/compact.h"
#include "models/pages/test/golden.h"

struct world {
	struct memmap *map;
	uint64_t start_pfn, end_pfn; /* of the map */
	struct zone zone, other;     /* @other has all pages that @zone has not */
	struct zone *zones[2];	     /* by number */
	struct compact_rules rules;
	struct compact_observer observer;
	struct compact_control cc;

	/* What happened. */
	json_t *scans, *isolated, *migrations;
	GArray *examined; /* uint64_t */
};

/* The zone of @row over the map [start, end) less its holes; every page is in use and stays. */
void world_init(struct world *world, const json_t *row, uint64_t start_pfn, uint64_t end_pfn);
void world_clear(struct world *world);

/* Free chunks as a row lists them: "3M": [pfn, ...]; without a letter movable. */
void world_place_lists(struct world *world, const json_t *lists);

/*
 * Play every version of a row's results with @play, which returns what that gave, and compare all
 * that the row has. Always true, as golden_lines() wants it.
 */
bool world_each_version(struct golden *golden, const json_t *row,
			json_t *(*play)(const json_t *row, const char *version));

/* Fields of rows. A missing number is 0. */
uint64_t row_number(const json_t *row, const char *key);
enum compact_mode row_mode(const json_t *row);
uint64_t array_number(const json_t *array, size_t index);
enum list_type type_of_letter(char letter);

/* "v5.1" … → a value of isolate_around; "v5.2" is what 5.2 was released with. */
enum isolate_around rule_of(const char *version);

/* What is left behind. */
json_t *world_skip_blocks(const struct world *world);
json_t *world_examined_ranges(const struct world *world);
json_t *world_fingerprints(const struct world *world, unsigned n_types,
			   const enum list_type *types);

#endif
