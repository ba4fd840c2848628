/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_JSONL_FIELDS_H
#define KMSIM_TRACE_JSONL_FIELDS_H

/* The keys of an op in JSON, and which of them each kind needs and knows. */

#include "sim/trace/op.h"

/* clang-format off */
#define FIELD_LIST(X) \
	X(OP, "op") X(ID, "id") X(CPU, "cpu") X(T, "t") \
	X(SIZE, "size") X(ALIGN, "align") X(VSTART, "vstart") X(VEND, "vend") \
	X(ADDR, "addr") X(FAILED, "failed") X(WHY, "why") X(N, "n") \
	X(PAGES, "pages") X(OFFSETS, "offsets") X(SIZES, "sizes") X(ORDER, "order") \
	X(MT, "mt") X(ZONE, "zone") X(NOFRAG, "nofrag") X(THP, "thp") \
	X(LRU, "lru") X(PINNED, "pinned") X(RECLAIMABLE, "reclaimable") X(GFP, "gfp") \
	X(PFN, "pfn") X(MODE, "mode") X(DIRECT, "direct") X(WHOLE_ZONE, "whole_zone") \
	X(IGNORE_SKIP, "ignore_skip") X(NAME, "name") X(LAZY, "lazy") \
	X(AFTER, "after") X(ZERO, "zero") X(UNBACKED, "unbacked") X(DRAWN, "drawn") \
	X(HALF_UNMAPPED, "half_unmapped")
/* clang-format on */

enum field {
#define X(field, name) FIELD_##field,
	FIELD_LIST(X)
#undef X
	FIELDS
};

#define F(field) (UINT64_C(1) << FIELD_##field)

struct kind_fields {
	uint64_t required, optional;
};

/* "op" is required and "cpu", "t" and "after" are optional everywhere. */
static const struct kind_fields kind_fields[OP_KINDS] = {
	[OP_VMAP_ALLOC] = {F(ID) | F(SIZE), F(ALIGN) | F(VSTART) | F(VEND) | F(ADDR) | F(FAILED) |
						    F(ZERO) | F(UNBACKED) | F(DRAWN)},
	[OP_VMAP_FREE] = {F(ID), 0},
	[OP_VMAP_PURGE] = {0, F(WHY) | F(N)},
	[OP_MAP_RAM] = {F(ID) | F(PAGES), F(ADDR)},
	[OP_UNMAP_RAM] = {F(ID), F(ADDR)},
	[OP_PCPU_ALLOC] = {F(ID) | F(ALIGN) | F(OFFSETS) | F(SIZES), F(ADDR)},
	[OP_PCPU_FREE] = {F(ID), F(ADDR)},
	[OP_SHRINK] = {0, 0},
	[OP_PAGE_ALLOC] = {F(ID) | F(ORDER), F(MT) | F(ZONE) | F(NOFRAG) | F(THP) | F(LRU) |
						     F(PINNED) | F(RECLAIMABLE) | F(GFP) | F(PFN) |
						     F(FAILED) | F(HALF_UNMAPPED)},
	[OP_PAGE_FREE] = {F(ID), 0},
	[OP_COMPACT] = {0, F(ZONE) | F(ORDER) | F(MODE) | F(DIRECT) | F(MT) | F(WHOLE_ZONE) |
				   F(IGNORE_SKIP)},
	[OP_MARK] = {F(NAME), 0},
	[OP_VMAP_SEED] = {F(ID) | F(ADDR) | F(SIZE), F(LAZY)},
	[OP_PAGE_SEED] = {F(ID) | F(PFN) | F(ORDER), F(MT) | F(PINNED) | F(LRU) | F(RECLAIMABLE)},
};

/* Fields that are true or false, with the flag of the op that each sets. */
static const struct {
	enum field field;
	uint32_t flag;
} flag_fields[] = {
	{FIELD_FAILED, OP_FAILED},
	{FIELD_NOFRAG, OP_NOFRAG},
	{FIELD_THP, OP_THP},
	{FIELD_LRU, OP_LRU},
	{FIELD_PINNED, OP_PINNED},
	{FIELD_RECLAIMABLE, OP_RECLAIMABLE},
	{FIELD_DIRECT, OP_DIRECT},
	{FIELD_WHOLE_ZONE, OP_WHOLE_ZONE},
	{FIELD_IGNORE_SKIP, OP_IGNORE_SKIP},
	{FIELD_LAZY, OP_LAZY},
	{FIELD_ZERO, OP_ZERO},
	{FIELD_UNBACKED, OP_UNBACKED},
	{FIELD_DRAWN, OP_DRAWN},
	{FIELD_HALF_UNMAPPED, OP_HALF_UNMAPPED},
};

#endif
