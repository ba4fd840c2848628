// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/op_digest.h"

#include <glib.h>

#define K0 UINT64_C(0xa0761d6478bd642f)
#define K1 UINT64_C(0xe7037ed1a0b428db)

static inline uint64_t fold(uint64_t a, uint64_t b)
{
	uint128 product = (uint128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t add(uint64_t state, uint64_t a, uint64_t b)
{
	return fold(state ^ a ^ K0, b ^ K1);
}

void op_digest_init(struct op_digest *digest)
{
	digest->state = K1;
}

static uint64_t add_text(uint64_t state, const char *text)
{
	for (; *text; text++)
		state = add(state, (unsigned char)*text, K0);
	return state;
}

static uint64_t add_pcpu(uint64_t state, const struct op_pcpu *pcpu)
{
	state = add(state, pcpu->align, pcpu->n_areas);
	for (uint32_t i = 0; i < pcpu->n_areas; i++)
		state = add(state, pcpu->area[i].offset, pcpu->area[i].size);
	return state;
}

static uint64_t add_page(uint64_t state, const struct op *op)
{
	state = add(state, op->page.gfp, (uint64_t)op->page.zone << 32 | (uint8_t)op->page.order);
	return add(state, op->page.mt, op->page.mode);
}

/* What an op has that has nothing to do with areas. */
static G_NO_INLINE uint64_t add_other(uint64_t state, const struct op *op)
{
	switch (op->kind) {
	case OP_VMAP_PURGE:
		return add(state, op->purge.n, op->purge.why);
	case OP_MAP_RAM:
		return add(state, op->ram.pages, 0);
	case OP_PCPU_ALLOC:
		return add_pcpu(state, op->pcpu);
	case OP_PAGE_ALLOC:
	case OP_PAGE_SEED:
	case OP_COMPACT:
		return add_page(state, op);
	case OP_MARK:
		return add_text(state, op->mark);
	default:
		return state;
	}
}

void op_digest_add(struct op_digest *digest, const struct op *op)
{
	uint64_t state = digest->state;

	state = add(state, op->id, (uint64_t)op->flags << 32 | (uint64_t)op->cpu << 8 | op->kind);
	state = add(state, op->flags & (OP_HAS_T | OP_AFTER) ? op->t_ns : 0, op->addr);
	if (op->kind == OP_VMAP_ALLOC || op->kind == OP_VMAP_SEED) {
		state = add(state, op->vmap.size, op->vmap.align);
		state = add(state, op->vmap.vstart, op->vmap.vend);
	} else if (op->kind != OP_VMAP_FREE) {
		state = add_other(state, op);
	}
	digest->state = state;
}

uint64_t op_digest_value(const struct op_digest *digest)
{
	return fold(digest->state ^ K0, K1);
}
