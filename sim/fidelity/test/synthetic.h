/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_FIDELITY_TEST_SYNTHETIC_H
#define KMSIM_FIDELITY_TEST_SYNTHETIC_H

/* Recordings of a machine that is the model itself, of which everything is known. */

#include "sim/fidelity/fidelity.h"

#define SYNTHETIC_VSTART UINT64_C(0xffffc90000000000)
#define SYNTHETIC_VEND	 UINT64_C(0xffffe8ffffffffff)

struct synthetic {
	const char *version; /* "v6.12" */
	uint32_t cpus, ops;
	/* How many requests of other CPUs may fall between two steps of a purge, on average, in
	 * tenths. 0: purges are over before anybody notices. */
	uint32_t spread;
	uint32_t shrinks; /* one in so many ops; 0: never */
	uint64_t seed;
};

/* Text of tracefs, from boot on. To be freed. */
char *synthetic_text(const struct synthetic *synthetic);

/* The same in a file of its own, read. The file is gone. */
struct timeline *synthetic_timeline(const struct synthetic *synthetic);

/* @text as a file that ends with the test. To be freed and unlinked. */
char *text_file(const char *text);

#endif
