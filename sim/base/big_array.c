// SPDX-License-Identifier: GPL-2.0-or-later
#define _GNU_SOURCE /* mremap() */
#include "sim/base/big_array.h"

#include <glib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE  ((size_t)2 << 20)
#define MAPPED_MIN HUGE_PAGE /* arrays from this size on have a mapping of their own */

static size_t round_up(size_t bytes, size_t unit)
{
	return (bytes + unit - 1) / unit * unit;
}

/* Mapped memory that begins on a huge page. */
static void *map(size_t bytes)
{
	size_t wanted = round_up(bytes, HUGE_PAGE), got = wanted + HUGE_PAGE;
	char *at = mmap(NULL, got, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		g_error("out of memory: %zu bytes", bytes);
	size_t head = round_up((uintptr_t)at, HUGE_PAGE) - (uintptr_t)at;

	if (head)
		munmap(at, head);
	munmap(at + head + wanted, got - head - wanted);
	(void)madvise(at + head, wanted, MADV_HUGEPAGE);
	return at + head;
}

static void *allocate(size_t bytes)
{
	if (bytes >= MAPPED_MIN)
		return map(bytes);
	void *array = aligned_alloc(CACHE_LINE_BYTES, round_up(bytes, CACHE_LINE_BYTES));

	if (!array)
		g_error("out of memory: %zu bytes", bytes);
	return memset(array, 0, bytes);
}

void *big_array_grow(void *array, size_t old_bytes, size_t bytes)
{
	void *grown = allocate(bytes);

	if (old_bytes >= MAPPED_MIN) {
		/* the pages move, their content does not */
		size_t moved = round_up(old_bytes, HUGE_PAGE);

		if (mremap(array, moved, moved, MREMAP_MAYMOVE | MREMAP_FIXED, grown) == MAP_FAILED)
			g_error("out of memory: %zu bytes", bytes);
		return grown;
	}
	if (array)
		memcpy(grown, array, old_bytes);
	free(array);
	return grown;
}

void big_array_free(void *array, size_t bytes)
{
	if (bytes >= MAPPED_MIN)
		munmap(array, round_up(bytes, HUGE_PAGE));
	else
		free(array);
}
