/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_OP_DIGEST_H
#define KMSIM_TRACE_OP_DIGEST_H

/*
 * A 64-bit digest of decoded ops that does not depend on the form of the trace: each
 * word is folded in by a 64 × 64 → 128-bit multiplication whose halves are xored
 * (the mixing step of wyhash, Wang Yi 2019). It tells traces apart; it is no protection
 * against someone who wants two to look alike.
 */

#include "sim/base/units.h"
#include "sim/trace/op.h"

struct op_digest {
	uint64_t state;
};

/* Of no op; with one op more; the digest of those so far. */
void op_digest_init(struct op_digest *digest);
void op_digest_add(struct op_digest *digest, const struct op *op);
uint64_t op_digest_value(const struct op_digest *digest);

#endif
