/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_BASE_BIG_ARRAY_H
#define KMSIM_BASE_BIG_ARRAY_H

/*
 * Memory of arrays that are indexed at random and may become very large: it begins on a cache
 * line, new bytes are 0, and once it is large it lies in huge pages (where the system has them for
 * the asking), which a random access finds without walking the page table. Growing a large array
 * copies nothing, and what was never touched takes no memory.
 */

#include <stddef.h>

#define CACHE_LINE_BYTES 64

/*
 * Memory of @bytes that begins with what @array (NULL: nothing) had in its @old_bytes; @array is
 * gone then. @old_bytes is what the last call was given, 0 for NULL. Never fails: without
 * memory the program ends.
 */
void *big_array_grow(void *array, size_t old_bytes, size_t bytes);

void big_array_free(void *array, size_t bytes);

#endif
