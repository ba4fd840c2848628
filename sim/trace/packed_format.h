/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_PACKED_FORMAT_H
#define KMSIM_TRACE_PACKED_FORMAT_H

/* What the reader and the writer of packed traces share. All integers are little-endian. */

#include "sim/trace/op.h"

#include <string.h>
#include <zlib.h>

#define PACKED_BLOCK_MAGIC UINT32_C(0x4b4c4253) /* "SBLK" */
#define PACKED_BLOCK_OPS   65536
#define PACKED_HEADER_MAX  (UINT32_C(1) << 26) /* bytes of the JSON header */
#define PACKED_BLOCK_MAX   (UINT32_C(1) << 28) /* bytes of a payload */
#define PACKED_SHAPES	   4096		       /* a block; more than that begins a new one */

/* Ahead of the header's text, and of every payload. The end is a block of 0 ops whose payload is
 * the number of all. */
struct packed_prefix {
	uint32_t a, b, c, checksum; /* header: version, length, 0; block: magic, ops, length */
};

#define PACKED_PREFIX_BYTES 16

/* Of the prefix without itself, then of @bytes. */
static inline uint32_t packed_checksum(const struct packed_prefix *prefix, const void *bytes,
				       size_t length)
{
	uLong sum = crc32(0, NULL, 0);

	sum = crc32(sum, (const void *)prefix, 12);
	return (uint32_t)crc32(sum, bytes, (uInt)length);
}

static inline uint64_t zigzag(uint64_t difference)
{
	return difference << 1 ^ (uint64_t)((int64_t)difference >> 63);
}

static inline uint64_t unzigzag(uint64_t value)
{
	return value >> 1 ^ (0 - (value & 1));
}

/* Sizes are mostly multiples of a page. */
static inline uint64_t rotate_page(uint64_t size)
{
	return size >> 12 | size << 52;
}

static inline uint64_t unrotate_page(uint64_t value)
{
	return value << 12 | value >> 52;
}

/* Does a record of this shape have an id, an address? */
static inline bool packed_has_id(const struct op *shape)
{
	return op_id_role((enum op_kind)shape->kind) != ID_NONE;
}

static inline bool packed_has_addr(const struct op *shape)
{
	return shape->flags & OP_HAS_ADDR || op_is_seed(shape);
}

static inline bool packed_is_page(const struct op *shape)
{
	return shape->kind == OP_PAGE_ALLOC || shape->kind == OP_PAGE_SEED ||
	       shape->kind == OP_COMPACT;
}

#endif
