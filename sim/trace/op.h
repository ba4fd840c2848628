/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_OP_H
#define KMSIM_TRACE_OP_H

/*
 * The op: one request to the simulated kernel, as every source yields it and every
 * model performs it. docs/trace-format.md describes the same in JSON.
 */

#include <stdbool.h>
#include <stdint.h>

/* kind, name in traces, and whether the op makes or ends the life of an id */
#define OP_KIND_LIST(X)                                                                            \
	X(VMAP_ALLOC, "vmap_alloc", ID_MADE)                                                       \
	X(VMAP_FREE, "vmap_free", ID_ENDED)                                                        \
	X(VMAP_PURGE, "vmap_purge", ID_NONE)                                                       \
	X(MAP_RAM, "map_ram", ID_MADE)                                                             \
	X(UNMAP_RAM, "unmap_ram", ID_ENDED)                                                        \
	X(PCPU_ALLOC, "pcpu_alloc", ID_MADE)                                                       \
	X(PCPU_FREE, "pcpu_free", ID_ENDED)                                                        \
	X(SHRINK, "shrink", ID_NONE)                                                               \
	X(PAGE_ALLOC, "page_alloc", ID_MADE)                                                       \
	X(PAGE_FREE, "page_free", ID_ENDED)                                                        \
	X(COMPACT, "compact", ID_NONE)                                                             \
	X(MARK, "mark", ID_NONE)                                                                   \
	X(VMAP_SEED, "vmap_seed", ID_MADE)                                                         \
	X(PAGE_SEED, "page_seed", ID_MADE)

enum op_kind {
#define X(kind, name, id) OP_##kind,
	OP_KIND_LIST(X)
#undef X
	OP_KINDS
};

enum op_id_role {
	ID_NONE,
	ID_MADE,
	ID_ENDED
};

/* A set of op kinds, for what a model takes. */
#define OP_BIT(kind) (UINT32_C(1) << (kind))

enum op_flag {
	OP_HAS_T = 1 << 0,	/* t_ns */
	OP_HAS_ADDR = 1 << 1,	/* addr: what a real kernel answered */
	OP_FAILED = 1 << 2,	/* a real kernel refused the request */
	OP_HAS_VSTART = 1 << 3, /* vmap.vstart; without it the model's own window */
	OP_HAS_VEND = 1 << 4,	/* vmap.vend */
	OP_LAZY = 1 << 5,	/* vmap_seed: freed, not purged yet */
	OP_HAS_N = 1 << 6,	/* purge.n */
	OP_HAS_ZONE = 1 << 7,	/* page.zone, compact.zone */
	OP_NOFRAG = 1 << 8,
	OP_THP = 1 << 9,
	OP_LRU = 1 << 10,
	OP_PINNED = 1 << 11,
	OP_RECLAIMABLE = 1 << 12,
	OP_DIRECT = 1 << 13, /* compact */
	OP_WHOLE_ZONE = 1 << 14,
	OP_IGNORE_SKIP = 1 << 15,
	OP_HAS_GFP = 1 << 16,  /* page.gfp */
	OP_AFTER = 1 << 17,    /* t_ns, but since the last op of its CPU ended; not with OP_HAS_T */
	OP_ZERO = 1 << 18,     /* vmap_alloc: its pages are cleared */
	OP_UNBACKED = 1 << 19, /* vmap_alloc: no pages of its own (ioremap, vmap) */
	OP_DRAWN = 1 << 20,    /* vmap_alloc: the caller drew a random number for it first */
	OP_HALF_UNMAPPED = 1 << 21, /* page_alloc, thp: its first half is unmapped again */
};

enum purge_why {
	PURGE_EXPLICIT,
	PURGE_DRAIN,
	PURGE_DETACH
};
enum migratetype {
	MT_UNMOVABLE,
	MT_MOVABLE,
	MT_RECLAIMABLE,
	MIGRATETYPES
};
enum compact_mode {
	COMPACT_ASYNC,
	COMPACT_SYNC_LIGHT,
	COMPACT_SYNC
};

/* The areas of a percpu chunk: area i is [base + offset, base + offset + size). */
struct op_pcpu {
	uint64_t align;
	uint32_t n_areas;
	struct op_pcpu_area {
		uint64_t offset, size;
	} area[];
};

struct op {
	uint64_t seq;  /* 0-based index in its trace */
	uint64_t t_ns; /* OP_HAS_T: since the trace began; OP_AFTER: since the CPU's last op */
	uint64_t id;
	uint64_t addr; /* recorded: address, percpu base, or pfn; OP_HAS_ADDR */
	union {
		struct {
			uint64_t size, align, vstart, vend;
		} vmap; /* vmap_alloc, vmap_seed (size) */
		struct {
			uint64_t n;   /* areas purged, in a recording; OP_HAS_N */
			uint32_t why; /* enum purge_why */
		} purge;
		struct {
			uint64_t pages;
		} ram;
		struct op_pcpu *pcpu; /* owned by the op: op_clear() */
		struct {
			uint32_t gfp;  /* mask of gfp_names[] (op_names.h) */
			uint16_t zone; /* index into the header's zones */
			int8_t order;  /* compact: -1 whole zone */
			uint8_t mt;    /* enum migratetype */
			uint8_t mode;  /* compact: enum compact_mode */
		} page;		       /* page_alloc, page_seed, compact */
		char *mark;	       /* owned by the op: op_clear() */
	};
	uint32_t slot; /* dense number of the live object that id names, given by op_stream */
	uint32_t flags;
	uint16_t cpu;
	uint8_t kind; /* enum op_kind */
};

/* Name of @kind as traces write it. */
const char *op_kind_name(enum op_kind kind);

extern const uint8_t op_id_roles[OP_KINDS];

/* Whether ops of @kind make an id, end one, or name none. */
static inline enum op_id_role op_id_role(enum op_kind kind)
{
	return (enum op_id_role)op_id_roles[kind];
}

/* Free what the op owns and leave it empty. Safe on an op that owns nothing. */
void op_clear(struct op *op);

static inline bool op_is_seed(const struct op *op)
{
	return op->kind == OP_VMAP_SEED || op->kind == OP_PAGE_SEED;
}

#endif
