/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_TEST_MUTATE_H
#define KMSIM_TRACE_TEST_MUTATE_H

/* Broken input, made from good input. */

#include "sim/base/rng.h"

#include <glib.h>

/* A trace of 12 ops, of every sort that there is. */
GString *good_trace(void);

/* A copy of @good with a few random changes. */
GString *mutated(struct rng *rng, const GString *good);

#endif
