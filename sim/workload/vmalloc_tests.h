/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_WORKLOAD_VMALLOC_TESTS_H
#define KMSIM_WORKLOAD_VMALLOC_TESTS_H

/*
 * The eight tests of test_vmalloc as tables: a test is a list of phases, a phase a few steps
 * done so many times.
 */

#include "sim/base/rng.h"
#include "sim/workload/settings.h"

/* What a worker holds. */
enum holder {
	HOLD_P,
	HOLD_Q,
	HOLD_ARRAY,
	HOLD_ARRAY_2,
	HOLD_AREAS
};

/* How many times. */
enum times {
	NEVER, /* ends a list of phases */
	ONCE,
	LOOPS,
	FULL_FIT_AREAS,
	LONG_BUSY_AREAS,
	PCPU_OBJECTS,
	SHIFTS,
	TIMES
};

struct test_step {
	enum {
		STEP_NONE,
		STEP_ALLOC,
		STEP_FREE
	} kind;
	unsigned holder, stride; /* holder + i * stride, in the i-th time */
	unsigned pages;
	bool nr_pages;	     /* as many pages as the parameter of that name says */
	enum times pointers; /* if not NEVER: pages for an array of that many pointers */
	/* Random or changing requests: fill in what differs, in the @i-th time. NULL: none. */
	void (*shape)(const struct arch *arch, struct rng *rng, uint64_t i, struct vm_call *call);
};

#define STEPS_PER_PHASE 4

struct test_phase {
	enum times times;
	struct test_step steps[STEPS_PER_PHASE];
	bool unchecked; /* the driver does not look whether requests failed */
};

#define VMALLOC_TESTS 8

struct vmalloc_test {
	const char *name;
	const struct test_phase *phases;
};

/* In the order of the driver's table: bit i of run_test_mask is entry i. */
extern const struct vmalloc_test vmalloc_tests[VMALLOC_TESTS];

/*
 * Loops within a test, as the spec "test_vmalloc[,key=value…]" of a workload has it
 * (test_vmalloc.c). 0: @spec is NULL, or no such workload.
 */
uint64_t test_vmalloc_loops(const char *spec);

#endif
