/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MACHINE_MEMORY_MAP_JSON_H
#define KMSIM_MACHINE_MEMORY_MAP_JSON_H

/* A memory map in JSON: part of a trace's header, and of machine files. docs/machines.md. */

#include "sim/machine/memory_map.h"

#include <jansson.h>

/* Told of keys that nothing knows, where a zone has them. */
typedef void (*unknown_key_fn)(void *ctx, const char *key);

/* Keys of an object that memory_map_from_json() reads; ends with NULL. */
extern const char *const memory_map_keys[];

/*
 * Read the keys that @object has of them. *map is NULL if it has no zones. False with
 * the error set (KMSIM_ERROR_INPUT, without a place).
 */
bool memory_map_from_json(json_t *object, struct memory_map **map, unknown_key_fn unknown,
			  void *ctx, GError **error);

/* Set the keys in @object; what is at its default is left out. */
void memory_map_to_json(const struct memory_map *map, json_t *object);

/* An integer, or a string in C notation. */
bool json_to_u64(const json_t *json, uint64_t *value);

#endif
