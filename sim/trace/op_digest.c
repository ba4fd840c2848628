// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/op_digest.h"

#define K0 UINT64_C(0xa0761d6478bd642f)
#define K1 UINT64_C(0xe7037ed1a0b428db)

static inline uint64_t fold(uint64_t a, uint64_t b)
{
	uint128 product = (uint128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline void add(struct op_digest *digest, uint64_t a, uint64_t b)
{
	digest->state = fold(digest->state ^ a ^ K0, b ^ K1);
}

void op_digest_init(struct op_digest *digest)
{
	digest->state = K1;
}

static void add_text(struct op_digest *digest, const char *text)
{
	for (; *text; text++)
		add(digest, (unsigned char)*text, K0);
}

static void add_pcpu(struct op_digest *digest, const struct op_pcpu *pcpu)
{
	add(digest, pcpu->align, pcpu->n_areas);
	for (uint32_t i = 0; i < pcpu->n_areas; i++)
		add(digest, pcpu->area[i].offset, pcpu->area[i].size);
}

static void add_page(struct op_digest *digest, const struct op *op)
{
	add(digest, op->page.gfp, (uint64_t)op->page.zone << 32 | (uint8_t)op->page.order);
	add(digest, op->page.mt, op->page.mode);
}

void op_digest_add(struct op_digest *digest, const struct op *op)
{
	add(digest, op->id, (uint64_t)op->flags << 32 | (uint64_t)op->cpu << 8 | op->kind);
	add(digest, op->flags & (OP_HAS_T | OP_AFTER) ? op->t_ns : 0, op->addr);
	switch (op->kind) {
	case OP_VMAP_ALLOC:
	case OP_VMAP_SEED:
		add(digest, op->vmap.size, op->vmap.align);
		add(digest, op->vmap.vstart, op->vmap.vend);
		break;
	case OP_VMAP_PURGE:
		add(digest, op->purge.n, op->purge.why);
		break;
	case OP_MAP_RAM:
		add(digest, op->ram.pages, 0);
		break;
	case OP_PCPU_ALLOC:
		add_pcpu(digest, op->pcpu);
		break;
	case OP_PAGE_ALLOC:
	case OP_PAGE_SEED:
	case OP_COMPACT:
		add_page(digest, op);
		break;
	case OP_MARK:
		add_text(digest, op->mark);
		break;
	}
}

uint64_t op_digest_value(const struct op_digest *digest)
{
	return fold(digest->state ^ K0, K1);
}
