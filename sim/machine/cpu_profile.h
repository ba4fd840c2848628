/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MACHINE_CPU_PROFILE_H
#define KMSIM_MACHINE_CPU_PROFILE_H

/*
 * Third seam: the cost profile, what a primitive step costs on a named CPU, as
 * data (models/cpu/NAME.json). A step costs fixed cycles plus loads; what a load costs
 * follows from the footprint of the set it walks over, by a latency curve.
 * docs/cost-profiles.md describes the file.
 */

#include "sim/base/units.h"
#include "sim/machine/step.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define PRICE_SHIFT 10 /* prices are cycles << PRICE_SHIFT */

/*
 * Prices on one kind of core, by price_bucket() of the footprint and step: those of one footprint
 * lie together, most of all those of none, which are asked for all the time.
 */
typedef uint64_t price_table[PRICE_BUCKETS][64];

/*
 * Of spin locks and mutexes, in cycles of the profile's clock. Moving a lock's line, and those of
 * what it protects, to another CPU takes less within a cluster (CPUs that share a cache) than
 * between two.
 */
struct lock_prices {
	uint64_t take_cycles; /* take and release, nobody else around */
	/* more, if another CPU had it last, of another cluster or of the same */
	uint64_t bounce_cycles, bounce_near_cycles;
	/* from a release to the waiter's go */
	uint64_t handover_cycles, handover_near_cycles;
	/* one cache line moved, for locks that say how many (model_ops.lock_lines) */
	uint64_t line_cycles, line_near_cycles;
	/* more work for the holder of a lock while others wait for it, in thousandths */
	uint64_t watched_permille;
	/*
	 * CPU i is of cluster i modulo this. Of those that want a contended line, the cluster that
	 * has it serves its own first, so waiters of a cluster stand together in the queue.
	 */
	uint32_t clusters;
};

/* CPUs that are threads of one core. */
struct smt {
	/* CPU i shares its core with CPU i XOR this; 0: with none. */
	uint32_t sibling_xor;
	/* What work takes while the sibling works too, in thousandths of what it takes alone. */
	uint64_t slowdown_permille;
};

struct cpu_profile;

/*
 * Load the profile @name: a file if it has a '/' or ends in .json, else one of those that
 * ship. NULL with the error set (KMSIM_ERROR_INPUT "FILE: cause", KMSIM_ERROR_USAGE for
 * an unknown name, which lists the known ones, KMSIM_ERROR_IO).
 */
struct cpu_profile *cpu_profile_load(const char *name, GError **error);

/*
 * Cores of one machine can differ: kinds of core are numbered from 0. Which is that of simulated
 * CPU @cpu (0 where the profile does not mention it)?
 */
unsigned cpu_profile_core(const struct cpu_profile *profile, uint32_t cpu);

/*
 * Price of one step on a kind of core over a set of @footprint_bytes: cycles of the profile's clock
 * << PRICE_SHIFT, rounded down from those of the core. The latency is interpolated on the logarithm
 * of the footprint, in 1/16ths of a doubling; for ACCESS_TREE it is the mean over the levels of a
 * descent (level k finds its node within the top 2^k nodes).
 */
uint64_t cpu_profile_price(const struct cpu_profile *profile, unsigned core, enum step step,
			   uint64_t footprint_bytes);

/* The same for all steps and footprints, for those who ask often. */
const price_table *cpu_profile_prices(const struct cpu_profile *profile, unsigned core);

/* Prices of locks, and what threads of one core do to each other. Borrowed from @profile. */
const struct lock_prices *cpu_profile_locks(const struct cpu_profile *profile);
const struct smt *cpu_profile_smt(const struct cpu_profile *profile);
/* Cycles a second, of the profile: all times of a run are counted in them. */
uint64_t cpu_profile_clock_hz(const struct cpu_profile *profile);
/* What the machine's own benchmarks count in: the unit of "cycles" that they print. */
uint64_t cpu_profile_timer_hz(const struct cpu_profile *profile);
/* As the profile's file says. */
const char *cpu_profile_name(const struct cpu_profile *profile);
const char *cpu_profile_summary(const struct cpu_profile *profile);
/*
 * What its figures rest on, in a line: how many groups of them are fitted to measurements, how many
 * are estimates, and how many others' (published, measured elsewhere), as their sources say.
 */
const char *cpu_profile_rests_on(const struct cpu_profile *profile);
/* SHA-256 of the profile's text, hexadecimal. */
const char *cpu_profile_digest(const struct cpu_profile *profile);

/* Names of the profiles that ship, NULL-terminated, sorted. To be freed with g_strfreev(). */
char **cpu_profile_names(void);

void cpu_profile_free(struct cpu_profile *profile);

#endif
