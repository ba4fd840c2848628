/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_BASE_BENCH_BENCH_H
#define KMSIM_BASE_BENCH_BENCH_H

/*
 * What benchmark programs share: each measurement runs in a process of its own, so that its peak
 * memory is its own and no heap is warm from the one before; the programs' rows make up one
 * table.
 *
 * Environment: BENCH_OPS caps the length of every measurement; BENCH_JSON names a file to which
 * each row is appended as a line of JSON; BENCH_CONTINUED leaves out the heading. Times are CPU
 * time.
 */

#include <stdbool.h>
#include <stdint.h>

struct bench_result {
	uint64_t ops;
	double seconds;
	uint64_t objects;      /* that lived at once; 0: not counted */
	uint64_t object_bytes; /* memory for all of them */
	uint64_t peak_rss;     /* bytes; set by bench_measure() */
	uint64_t check;	       /* what two measurements of the same work must agree on */
};

/* Does the work described by @arg, and fills all but peak_rss. */
typedef void (*bench_fn)(const void *arg, struct bench_result *result);

/* The fastest of @runs, each in a process of its own. Exits where one of them crashes. */
struct bench_result bench_measure(bench_fn fn, const void *arg, unsigned runs);

/*
 * Print a row. @reference, measured in the same run, is what the speed is compared with (NULL:
 * nothing); @reference_name says what it was.
 */
void bench_row(const char *workload, const struct bench_result *result,
	       const struct bench_result *reference, const char *reference_name);

/* @ops, or BENCH_OPS where that is less. */
uint64_t bench_ops(uint64_t ops);

/* CPU time of this process so far, in seconds. */
double bench_seconds(void);

/* Resident memory of this process now, in bytes. */
uint64_t bench_rss(void);

#endif
