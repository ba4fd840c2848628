// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/packed.h"

#include "sim/trace/jsonl_header.h"
#include "sim/trace/packed_format.h"

#include <stdlib.h>

#define SHAPE_SLOTS (2 * PACKED_SHAPES) /* power of two */

struct packed_writer {
	struct writer *out;
	GByteArray *payload;
	uint32_t n_ops; /* of the block */
	uint64_t total;
	uint64_t last_id, last_t_ns, last_addr;
	struct op shapes[PACKED_SHAPES];
	uint32_t n_shapes;
	uint16_t slots[SHAPE_SLOTS]; /* shape + 1, open addressing */
};

static void put_prefixed(struct writer *out, struct packed_prefix prefix, const void *bytes,
			 size_t length)
{
	prefix.a = GUINT32_TO_LE(prefix.a);
	prefix.b = GUINT32_TO_LE(prefix.b);
	prefix.c = GUINT32_TO_LE(prefix.c);
	prefix.checksum = GUINT32_TO_LE(packed_checksum(&prefix, bytes, length));
	writer_put(out, (const char *)&prefix, PACKED_PREFIX_BYTES);
	writer_put(out, bytes, length);
}

struct packed_writer *packed_writer_new(struct writer *out, const struct trace_header *header)
{
	struct packed_writer *writer = g_new0(struct packed_writer, 1);
	char *text = jsonl_header_text(header);

	writer->out = out;
	writer->payload = g_byte_array_new();
	writer_puts(out, PACKED_MAGIC);
	put_prefixed(out, (struct packed_prefix){PACKED_VERSION, (uint32_t)strlen(text), 0, 0},
		     text, strlen(text));
	free(text);
	return writer;
}

static void put_varint(struct packed_writer *writer, uint64_t value)
{
	uint8_t bytes[10];
	guint n = 0;

	for (; value >= 0x80; value >>= 7)
		bytes[n++] = (uint8_t)(value | 0x80);
	bytes[n++] = (uint8_t)value;
	g_byte_array_append(writer->payload, bytes, n);
}

static void put_difference(struct packed_writer *writer, uint64_t value, uint64_t *last)
{
	put_varint(writer, zigzag(value - *last));
	*last = value;
}

/* --- shapes ----------------------------------------------------------------------------------- */

static struct op shape_of(const struct op *op)
{
	struct op shape;

	memset(&shape, 0, sizeof(shape)); /* compared as bytes */
	shape.kind = op->kind;
	shape.cpu = op->cpu;
	shape.flags = op->flags;
	if (op->kind == OP_VMAP_ALLOC) {
		shape.vmap.align = op->vmap.align;
		shape.vmap.vstart = op->vmap.vstart;
		shape.vmap.vend = op->vmap.vend;
	} else if (op->kind == OP_VMAP_PURGE) {
		shape.purge.why = op->purge.why;
	} else if (packed_is_page(op)) {
		shape.page.gfp = op->page.gfp;
		shape.page.zone = op->page.zone;
		shape.page.order = op->page.order;
		shape.page.mt = op->page.mt;
		shape.page.mode = op->page.mode;
	}
	return shape;
}

static uint32_t shape_hash(const struct op *shape)
{
	const uint64_t *words = (const uint64_t *)(const void *)shape;
	uint64_t hash = 0;

	G_STATIC_ASSERT(sizeof(*shape) % sizeof(*words) == 0);
	for (size_t i = 0; i < sizeof(*shape) / sizeof(*words); i++)
		hash = (hash ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(hash >> 40);
}

static void define_shape(struct packed_writer *writer, const struct op *shape)
{
	put_varint(writer, shape->kind);
	put_varint(writer, shape->cpu);
	put_varint(writer, shape->flags);
	if (shape->kind == OP_VMAP_ALLOC) {
		put_varint(writer, shape->vmap.align);
		put_varint(writer, rotate_page(shape->vmap.vstart));
		put_varint(writer, rotate_page(shape->vmap.vend));
	} else if (shape->kind == OP_VMAP_PURGE) {
		put_varint(writer, shape->purge.why);
	} else if (packed_is_page(shape)) {
		put_varint(writer, shape->page.gfp);
		put_varint(writer, shape->page.zone);
		put_varint(writer, (uint8_t)shape->page.order);
		put_varint(writer, shape->page.mt);
		put_varint(writer, shape->page.mode);
	}
}

/* Write the number of @op's shape, and the shape itself where it is new. */
static void put_shape(struct packed_writer *writer, const struct op *op)
{
	struct op shape = shape_of(op);
	uint32_t slot = shape_hash(&shape) % SHAPE_SLOTS;

	for (; writer->slots[slot]; slot = (slot + 1) % SHAPE_SLOTS) {
		uint32_t known = writer->slots[slot] - 1u;

		if (!memcmp(&writer->shapes[known], &shape, sizeof(shape))) {
			put_varint(writer, known);
			return;
		}
	}
	put_varint(writer, writer->n_shapes);
	define_shape(writer, &shape);
	writer->shapes[writer->n_shapes] = shape;
	writer->slots[slot] = (uint16_t)++writer->n_shapes;
}

/* --- records ---------------------------------------------------------------------------------- */

static void put_pcpu(struct packed_writer *writer, const struct op_pcpu *pcpu)
{
	put_varint(writer, pcpu->align);
	put_varint(writer, pcpu->n_areas);
	for (uint32_t i = 0; i < pcpu->n_areas; i++) {
		put_varint(writer, pcpu->area[i].offset);
		put_varint(writer, pcpu->area[i].size);
	}
}

static void end_block(struct packed_writer *writer)
{
	if (writer->n_ops)
		put_prefixed(writer->out,
			     (struct packed_prefix){PACKED_BLOCK_MAGIC, writer->n_ops,
						    writer->payload->len, 0},
			     writer->payload->data, writer->payload->len);
	g_byte_array_set_size(writer->payload, 0);
	memset(writer->slots, 0, sizeof(writer->slots));
	writer->n_shapes = 0;
	writer->n_ops = 0;
	writer->last_id = writer->last_t_ns = writer->last_addr = 0;
}

void packed_writer_put(struct packed_writer *writer, const struct op *op)
{
	if (writer->n_ops == PACKED_BLOCK_OPS || writer->n_shapes == PACKED_SHAPES ||
	    writer->payload->len > PACKED_BLOCK_MAX / 4)
		end_block(writer);
	writer->n_ops++;
	writer->total++;
	put_shape(writer, op);
	if (packed_has_id(op))
		put_difference(writer, op->id, &writer->last_id);
	if (op->flags & OP_HAS_T)
		put_difference(writer, op->t_ns, &writer->last_t_ns);
	if (op->flags & OP_AFTER)
		put_varint(writer, op->t_ns);
	if (packed_has_addr(op))
		put_difference(writer, op->addr, &writer->last_addr);
	if (op->kind == OP_VMAP_ALLOC || op->kind == OP_VMAP_SEED)
		put_varint(writer, rotate_page(op->vmap.size));
	else if (op->kind == OP_VMAP_PURGE)
		put_varint(writer, op->purge.n);
	else if (op->kind == OP_MAP_RAM)
		put_varint(writer, op->ram.pages);
	else if (op->kind == OP_PCPU_ALLOC)
		put_pcpu(writer, op->pcpu);
	if (op->kind == OP_MARK) {
		put_varint(writer, strlen(op->mark));
		g_byte_array_append(writer->payload, (const guint8 *)op->mark,
				    (guint)strlen(op->mark));
	}
}

void packed_writer_finish(struct packed_writer *writer)
{
	end_block(writer);
	put_varint(writer, writer->total);
	put_prefixed(writer->out,
		     (struct packed_prefix){PACKED_BLOCK_MAGIC, 0, writer->payload->len, 0},
		     writer->payload->data, writer->payload->len);
	packed_writer_free(writer);
}

void packed_writer_free(struct packed_writer *writer)
{
	if (!writer)
		return;
	g_byte_array_unref(writer->payload);
	g_free(writer);
}
