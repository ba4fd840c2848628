/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_BASE_PREFETCH_H
#define KMSIM_BASE_PREFETCH_H

/*
 * Bring the cache line of @at, which is to be written, into the cache. GCC takes a function that
 * does nothing but __builtin_prefetch() for one without effect and drops the calls of it (seen with
 * 12.2); the empty asm keeps them.
 */
static inline void prefetch(const void *at)
{
	__builtin_prefetch(at, 1);
	__asm__ volatile("");
}

#endif
