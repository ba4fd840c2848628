/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_RECORD_FAMILIES_H
#define KMSIM_RECORD_FAMILIES_H

/*
 * Which trace events a recording has. An event belongs to a family, which is what a user asks for;
 * docs/importing.md says what becomes of each.
 */

#include <glib.h>
#include <stdbool.h>

enum family {
	FAMILY_VMAP,
	FAMILY_PAGES,
	FAMILY_COMPACTION,
	FAMILIES
};

#define FAMILY_BIT(family) (1u << (family))

struct family_event {
	enum family family;
	const char *system, *name;
	bool required; /* without it the family is of no use; the others are recorded if there */
};

/* Every event of every family; ends with a NULL name. */
extern const struct family_event family_events[];

/* "vmap". */
const char *family_name(enum family family);

/*
 * The set that "vmap,pages" names, in FAMILY_BIT()s. False with the error set (KMSIM_ERROR_USAGE).
 */
bool families_parse(const char *text, unsigned *families, GError **error);

#endif
