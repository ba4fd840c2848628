/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MACHINE_MACHINE_FILE_H
#define KMSIM_MACHINE_MACHINE_FILE_H

/* Machine files: the memory of a machine as JSON. Those that ship are models/machine/NAME.json. */

#include "sim/machine/memory_map.h"

#include <jansson.h>

/*
 * The machine @name: a file if it has a '/' or ends in .json, else one of those that ship. NULL
 * with the error set: KMSIM_ERROR_INPUT "FILE: cause", KMSIM_ERROR_USAGE for an unknown name (lists
 * the known ones), KMSIM_ERROR_IO.
 */
struct memory_map *memory_map_load(const char *name, GError **error);

/*
 * @map as a machine file that memory_map_load() reads, with what follows from it: spanned, present
 * and managed pages of every zone, and totals, sections among them.
 */
json_t *memory_map_to_machine_json(const struct memory_map *map);

/* Names of the machines that ship, NULL-terminated, sorted. To be freed with g_strfreev(). */
char **machine_names(void);

#endif
