/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_BASE_UNITS_H
#define KMSIM_BASE_UNITS_H

/*
 * Sizes, addresses and time. Addresses and sizes are unsigned 64-bit and wrap
 * like the kernel's unsigned long. Products of a time and a frequency need 128
 * bits; nothing here uses floating point, so that results are the same bytes
 * everywhere.
 */

#include <stdbool.h>
#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  (UINT64_C(1) << PAGE_SHIFT)

__extension__ typedef unsigned __int128 uint128;

/* Smallest multiple of the power of two @align at or above @x, with wrap-around (may come out as
 * 0). */
static inline uint64_t align_up(uint64_t x, uint64_t align)
{
	return (x + align - 1) & ~(align - 1);
}

static inline uint64_t align_down(uint64_t x, uint64_t align)
{
	return x & ~(align - 1);
}

static inline bool is_power_of_two(uint64_t x)
{
	return x && !(x & (x - 1));
}

/* 1-based index of the highest set bit; 0 for 0. */
static inline unsigned fls64(uint64_t x)
{
	return x ? 64u - (unsigned)__builtin_clzll(x) : 0;
}

/* a * b / c without overflow, rounded down. @c must not be 0. */
static inline uint64_t mul_div(uint64_t a, uint64_t b, uint64_t c)
{
	return (uint64_t)((uint128)a * b / c);
}

#define NS_PER_S UINT64_C(1000000000)

#endif
