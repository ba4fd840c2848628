// SPDX-License-Identifier: GPL-2.0-or-later
/* What each test of lib/test_vmalloc.c does (v5.1, v5.2). */
#include "sim/workload/vmalloc_tests.h"

static void random_size(const struct arch *arch, struct rng *rng, uint64_t i, struct vm_call *call)
{
	(void)arch, (void)i;
	call->pages = rng_below(rng, 100) + 1;
	call->drawn = true;
}

static void fix_align(const struct arch *arch, struct rng *rng, uint64_t i, struct vm_call *call)
{
	(void)rng, (void)i;
	call->align = 2 * arch->thread_align;
	call->zero = true;
}

/* One random number for both, as the driver has it. */
static void random_size_align(const struct arch *arch, struct rng *rng, uint64_t i,
			      struct vm_call *call)
{
	uint32_t r = (uint32_t)(rng_next(rng) >> 32);

	(void)arch, (void)i;
	call->align = UINT64_C(1) << (r % 23);
	call->pages = r % 10 + 1;
	call->zero = true;
	call->drawn = true;
}

static void align_shift(const struct arch *arch, struct rng *rng, uint64_t i, struct vm_call *call)
{
	(void)arch, (void)rng;
	call->align = UINT64_C(1) << i;
}

/* clang-format off */
#define DO(n, ...)           {.times = (n), .steps = {__VA_ARGS__}}
#define DO_UNCHECKED(n, ...) {.times = (n), .unchecked = true, .steps = {__VA_ARGS__}}
#define ALLOC(h, ...)        {.kind = STEP_ALLOC, .holder = (h), __VA_ARGS__}
#define FREE(h)              {.kind = STEP_FREE, .holder = (h)}
#define FREE_EACH(h, by)     {.kind = STEP_FREE, .holder = (h), .stride = (by)}
#define END                  {.times = NEVER}

static const struct test_phase fix_size_phases[] = {
	DO(LOOPS, ALLOC(HOLD_P, .nr_pages = true), FREE(HOLD_P)),
	END,
};

/* Areas of two kinds in turn; those of one kind are freed: holes that fit exactly. */
static const struct test_phase full_fit_phases[] = {
	DO(ONCE, ALLOC(HOLD_ARRAY, .pointers = FULL_FIT_AREAS),
		 ALLOC(HOLD_ARRAY_2, .pointers = FULL_FIT_AREAS)),
	DO_UNCHECKED(FULL_FIT_AREAS, ALLOC(HOLD_AREAS, .stride = 2, .pages = 1),
				     ALLOC(HOLD_AREAS + 1, .stride = 2, .pages = 1)),
	DO(FULL_FIT_AREAS, FREE_EACH(HOLD_AREAS + 1, 2)),
	DO(LOOPS, ALLOC(HOLD_P, .pages = 1), FREE(HOLD_P)),
	DO(FULL_FIT_AREAS, FREE_EACH(HOLD_AREAS, 2)),
	DO(ONCE, FREE(HOLD_ARRAY), FREE(HOLD_ARRAY_2)),
	END,
};

static const struct test_phase long_busy_list_phases[] = {
	DO(ONCE, ALLOC(HOLD_ARRAY, .pointers = LONG_BUSY_AREAS)),
	DO_UNCHECKED(LONG_BUSY_AREAS, ALLOC(HOLD_AREAS, .stride = 1, .pages = 1)),
	DO(LOOPS, ALLOC(HOLD_P, .pages = 100), ALLOC(HOLD_Q, .pages = 1),
		  FREE(HOLD_P), FREE(HOLD_Q)),
	DO(LONG_BUSY_AREAS, FREE_EACH(HOLD_AREAS, 1)),
	DO(ONCE, FREE(HOLD_ARRAY)),
	END,
};

static const struct test_phase random_size_phases[] = {
	DO(LOOPS, ALLOC(HOLD_P, .shape = random_size), FREE(HOLD_P)),
	END,
};

static const struct test_phase fix_align_phases[] = {
	DO(LOOPS, ALLOC(HOLD_P, .pages = 5, .shape = fix_align), FREE(HOLD_P)),
	END,
};

static const struct test_phase random_size_align_phases[] = {
	DO(LOOPS, ALLOC(HOLD_P, .shape = random_size_align), FREE(HOLD_P)),
	END,
};

static const struct test_phase align_shift_phases[] = {
	DO(SHIFTS, ALLOC(HOLD_P, .pages = 1, .shape = align_shift), FREE(HOLD_P)),
	END,
};

/* The percpu objects themselves lie in chunks that percpu got before. */
static const struct test_phase pcpu_phases[] = {
	DO(ONCE, ALLOC(HOLD_ARRAY, .pointers = PCPU_OBJECTS), FREE(HOLD_ARRAY)),
	END,
};
/* clang-format on */

const struct vmalloc_test vmalloc_tests[VMALLOC_TESTS] = {
	{"fix_size", fix_size_phases},
	{"full_fit", full_fit_phases},
	{"long_busy_list", long_busy_list_phases},
	{"random_size", random_size_phases},
	{"fix_align", fix_align_phases},
	{"random_size_align", random_size_align_phases},
	{"align_shift", align_shift_phases},
	{"pcpu", pcpu_phases},
};
