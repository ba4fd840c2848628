/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MACHINE_CPU_PROFILE_H
#define KMSIM_MACHINE_CPU_PROFILE_H

/*
 * Third seam: the cost profile, what a primitive step costs on a named CPU, as
 * data (models/cpu/NAME.json). A step costs fixed cycles plus loads; what a load costs
 * follows from the footprint of the set it walks over, by a latency curve.
 * docs/cost-profiles.md describes the file.
 */

#include "sim/machine/step.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define PRICE_SHIFT 10 /* prices are cycles << PRICE_SHIFT */

struct lock_prices {
	uint64_t take_cycles;	  /* take and release, nobody else around */
	uint64_t bounce_cycles;	  /* more, if another CPU had it last */
	uint64_t handover_cycles; /* from a release to the waiter's go */
};

struct cpu_profile;

/*
 * Load the profile @name: a file if it has a '/' or ends in .json, else one of those that
 * ship. NULL with the error set (KMSIM_ERROR_INPUT "FILE: cause", KMSIM_ERROR_USAGE for
 * an unknown name, which lists the known ones, KMSIM_ERROR_IO).
 */
struct cpu_profile *cpu_profile_load(const char *name, GError **error);

/*
 * Price of one step over a set of @footprint_bytes: cycles << PRICE_SHIFT. The latency is
 * interpolated on the logarithm of the footprint, in 1/16ths of a doubling; for ACCESS_TREE it is
 * the mean over the levels of a descent (level k finds its node within the top 2^k nodes).
 */
uint64_t cpu_profile_price(const struct cpu_profile *profile, enum step step,
			   uint64_t footprint_bytes);

const struct lock_prices *cpu_profile_locks(const struct cpu_profile *profile);
uint64_t cpu_profile_clock_hz(const struct cpu_profile *profile);
const char *cpu_profile_name(const struct cpu_profile *profile);
const char *cpu_profile_summary(const struct cpu_profile *profile);
/* SHA-256 of the profile's text, hexadecimal. */
const char *cpu_profile_digest(const struct cpu_profile *profile);

/* Names of the profiles that ship, NULL-terminated, sorted. To be freed with g_strfreev(). */
char **cpu_profile_names(void);

void cpu_profile_free(struct cpu_profile *profile);

#endif
