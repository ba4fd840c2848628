/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MACHINE_ZONE_COUNTS_H
#define KMSIM_MACHINE_ZONE_COUNTS_H

/*
 * What /proc/buddyinfo and /proc/pagetypeinfo tell of the zones: taken from a simulated one, or
 * read from a recorded file; printed byte by byte as the kernel does (mm/vmstat.c,
 * frag_show_print, pagetypeinfo_showfree_print, pagetypeinfo_showblockcount_print).
 */

#include "sim/machine/memory_map.h"

#define ZONE_NAME_MAX 16

struct zone_counts {
	unsigned node;
	char name[ZONE_NAME_MAX];
	uint64_t nr_free[MAX_ORDER_DEFAULT];
	uint64_t by_type[LIST_TYPES][MAX_ORDER_DEFAULT]; /* of those, on the lists of a type */
	uint64_t blocks[LIST_TYPES];			 /* pageblocks */
	bool capped; /* the kernel did not count one of them to its end: ">100000" */
};

/* The kernel's name of a type: "Unmovable" … */
const char *list_type_name(enum list_type type);

/* Append what /proc/buddyinfo and /proc/pagetypeinfo of a machine with these zones say. */
void print_buddyinfo(GString *text, const struct zone_counts *zones, unsigned n);
void print_pagetypeinfo(GString *text, const struct zone_counts *zones, unsigned n);

/*
 * Read a file's text. Returns an array of struct zone_counts in the file's order, or NULL with the
 * error set ("N: …", N the line) if it is no such file or of a kernel with another largest order or
 * pageblock size. pagetypeinfo fills nr_free with the sums over the types; counts of CMA lists and
 * blocks are taken as movable, since there is no such type here; what the kernel printed as
 * ">100000" is taken as that number.
 */
GArray *parse_buddyinfo(const char *text, GError **error);
GArray *parse_pagetypeinfo(const char *text, GError **error);

#endif
