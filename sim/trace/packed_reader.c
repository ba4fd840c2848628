// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/packed.h"

#include "sim/base/error.h"
#include "sim/trace/jsonl_header.h"
#include "sim/trace/op_names.h"
#include "sim/trace/packed_format.h"

#define BATCH 64 /* ops decoded at once */

struct packed_source {
	struct op_source base;
	struct reader *reader;
	uint64_t offset;	      /* of what is read next */
	uint64_t block, block_offset; /* the one being given out, counted from 1 */
	uint32_t n_ops, op;	      /* in it; given out */
	uint64_t total;		      /* given out before it */
	uint8_t *payload;
	uint32_t room;
	const uint8_t *at, *end; /* of the payload */
	bool ended;
	uint32_t gfp_known;
	char **zone_names; /* of the header that was written; another machine may stand in */
	unsigned n_zones;
	uint64_t last_id, last_t_ns, last_addr;
	struct op shapes[PACKED_SHAPES];
	uint32_t n_shapes;
	struct op batch[BATCH]; /* decoded; [n_taken, n_batch) have not been given out */
	unsigned n_taken, n_batch;
	bool bad; /* what follows them is no op */
};

bool packed_recognise(const char *bytes, size_t length)
{
	return length >= strlen(PACKED_MAGIC) && !memcmp(bytes, PACKED_MAGIC, strlen(PACKED_MAGIC));
}

/* --- blocks ----------------------------------------------------------------------------------- */

G_GNUC_PRINTF(3, 4)
static void damaged(const struct packed_source *source, GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *cause = g_strdup_vprintf(format, args);
	va_end(args);
	set_input_error(error, "%s: block %" G_GUINT64_FORMAT " at byte %" G_GUINT64_FORMAT ": %s",
			reader_path(source->reader), source->block, source->block_offset, cause);
}

/* All @length bytes, or false with the error set. */
static bool take(struct packed_source *source, void *bytes, size_t length, GError **error)
{
	size_t got = 0;

	while (got < length) {
		ssize_t n = reader_read(source->reader, (char *)bytes + got, length - got, error);

		if (n < 0)
			return false;
		if (!n) {
			damaged(source, error, "truncated");
			return false;
		}
		got += (size_t)n;
	}
	source->offset += length;
	return true;
}

/* A prefix and what it announces, into source->payload. */
static bool take_prefixed(struct packed_source *source, struct packed_prefix *prefix,
			  uint32_t magic, uint32_t max_bytes, const uint32_t *length,
			  GError **error)
{
	if (!take(source, prefix, PACKED_PREFIX_BYTES, error))
		return false;
	struct packed_prefix raw = *prefix;

	prefix->a = GUINT32_FROM_LE(raw.a);
	prefix->b = GUINT32_FROM_LE(raw.b);
	prefix->c = GUINT32_FROM_LE(raw.c);
	prefix->checksum = GUINT32_FROM_LE(raw.checksum);
	if (prefix->a != magic && magic == PACKED_BLOCK_MAGIC) {
		damaged(source, error, "damaged: no block begins here");
		return false;
	}
	if (prefix->a != magic) {
		set_input_error(error, "%s: packed trace of version %u, known is %d",
				reader_path(source->reader), prefix->a, PACKED_VERSION);
		return false;
	}
	if (*length > max_bytes) {
		damaged(source, error, "damaged: %u bytes are too many", *length);
		return false;
	}
	if (*length > source->room) {
		source->room = *length;
		source->payload = g_realloc(source->payload, source->room);
	}
	if (!take(source, source->payload, *length, error))
		return false;
	if (prefix->checksum == packed_checksum(&raw, source->payload, *length))
		return true;
	damaged(source, error, "damaged: its checksum is wrong");
	return false;
}

static inline bool get_varint(struct packed_source *source, uint64_t *value)
{
	const uint8_t *at = source->at;
	uint64_t result = 0;

	for (unsigned shift = 0; at < source->end && shift < 64; shift += 7) {
		uint8_t byte = *at++;

		result |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			source->at = at;
			*value = result;
			return true;
		}
	}
	return false;
}

/* The last block has no ops but the number of all, and nothing behind it. */
static bool check_end(struct packed_source *source, GError **error)
{
	uint64_t total;
	char more;
	ssize_t n;

	if (!get_varint(source, &total) || total != source->total) {
		damaged(source, error, "%" G_GUINT64_FORMAT " ops were read, but it had others",
			source->total);
		return false;
	}
	n = reader_read(source->reader, &more, 1, error);
	if (n > 0)
		damaged(source, error, "something follows the end");
	return !n;
}

/* False with the error set; at the end, source->ended. */
static bool next_block(struct packed_source *source, GError **error)
{
	struct packed_prefix prefix;

	source->total += source->n_ops;
	source->block++;
	source->block_offset = source->offset;
	source->op = source->n_ops = 0;
	if (!take_prefixed(source, &prefix, PACKED_BLOCK_MAGIC, PACKED_BLOCK_MAX, &prefix.c, error))
		return false;
	source->at = source->payload;
	source->end = source->payload + prefix.c;
	source->n_ops = prefix.b;
	source->n_shapes = 0;
	source->last_id = source->last_t_ns = source->last_addr = 0;
	source->ended = !prefix.b;
	return prefix.b || check_end(source, error);
}

/* --- ops -------------------------------------------------------------------------------------- */

static bool get_below(struct packed_source *source, uint64_t limit, uint64_t *value)
{
	return get_varint(source, value) && *value < limit;
}

/* The zone of that name on the machine of the header, which a run may have replaced. */
static uint16_t find_zone(const struct packed_source *source, uint64_t written)
{
	const struct memory_map *memory = source->base.header.memory;

	for (unsigned i = 0; source->n_zones && i < memory->zones->len; i++) {
		if (!strcmp(memory_map_zone(memory, i)->name, source->zone_names[written]))
			return (uint16_t)i;
	}
	return UINT16_MAX;
}

static bool get_page_shape(struct packed_source *source, struct op *shape)
{
	uint64_t gfp, zone, order, mt, mode;

	if (!get_varint(source, &gfp) || gfp & ~(uint64_t)source->gfp_known ||
	    !get_below(source, MAX(source->n_zones, 1), &zone) || !get_below(source, 256, &order) ||
	    !get_below(source, MIGRATETYPES, &mt) || !get_below(source, COMPACT_SYNC + 1, &mode))
		return false;
	shape->page.gfp = (uint32_t)gfp;
	if (shape->flags & OP_HAS_ZONE)
		shape->page.zone = find_zone(source, zone);
	shape->page.order = (int8_t)(uint8_t)order;
	shape->page.mt = (uint8_t)mt;
	shape->page.mode = (uint8_t)mode;
	return shape->page.order >= (shape->kind == OP_COMPACT ? -1 : 0) &&
	       (source->n_zones || !(shape->flags & OP_HAS_ZONE));
}

static bool get_shape(struct packed_source *source, struct op *shape)
{
	uint64_t kind, cpu, flags, why;

	if (!get_below(source, OP_KINDS, &kind) || !get_below(source, TRACE_CPUS_MAX, &cpu) ||
	    !get_below(source, UINT32_MAX, &flags))
		return false;
	*shape = (struct op){.kind = (uint8_t)kind, .cpu = (uint16_t)cpu, .flags = (uint32_t)flags};
	if (packed_is_page(shape))
		return get_page_shape(source, shape);
	if (kind == OP_VMAP_SEED)
		shape->vmap.align = 1;
	if (kind == OP_VMAP_PURGE) {
		if (!get_below(source, PURGE_DETACH + 1, &why))
			return false;
		shape->purge.why = (uint32_t)why;
	}
	if (kind != OP_VMAP_ALLOC)
		return true;
	if (!get_varint(source, &shape->vmap.align) || !get_varint(source, &shape->vmap.vstart) ||
	    !get_varint(source, &shape->vmap.vend))
		return false;
	shape->vmap.vstart = unrotate_page(shape->vmap.vstart);
	shape->vmap.vend = unrotate_page(shape->vmap.vend);
	return true;
}

static bool get_pcpu(struct packed_source *source, struct op *op)
{
	uint64_t align, n;

	/* two bytes an area at least */
	if (!get_varint(source, &align) ||
	    !get_below(source, (uint64_t)(source->end - source->at) / 2 + 1, &n))
		return false;
	op->pcpu = g_malloc(sizeof(*op->pcpu) + n * sizeof(op->pcpu->area[0]));
	op->pcpu->align = align;
	op->pcpu->n_areas = (uint32_t)n;
	for (uint64_t i = 0; i < n; i++) {
		if (!get_varint(source, &op->pcpu->area[i].offset) ||
		    !get_varint(source, &op->pcpu->area[i].size))
			return false;
	}
	return true;
}

static bool get_mark(struct packed_source *source, struct op *op)
{
	uint64_t length;

	if (!get_below(source, (uint64_t)(source->end - source->at) + 1, &length))
		return false;
	op->mark = g_strndup((const char *)source->at, length);
	source->at += length;
	return g_utf8_validate(op->mark, -1, NULL);
}

static bool get_difference(struct packed_source *source, uint64_t *last, uint64_t *value)
{
	uint64_t difference;

	if (!get_varint(source, &difference))
		return false;
	*value = *last += unzigzag(difference);
	return true;
}

static bool get_rest(struct packed_source *source, struct op *op)
{
	switch (op->kind) {
	case OP_VMAP_ALLOC:
	case OP_VMAP_SEED:
		if (!get_varint(source, &op->vmap.size))
			return false;
		op->vmap.size = unrotate_page(op->vmap.size);
		return true;
	case OP_VMAP_PURGE:
		return get_varint(source, &op->purge.n);
	case OP_MAP_RAM:
		return get_varint(source, &op->ram.pages);
	case OP_PCPU_ALLOC:
		return get_pcpu(source, op);
	case OP_MARK:
		return get_mark(source, op);
	default:
		return true;
	}
}

/* The shape of the next record, NULL if it makes no sense. */
static const struct op *next_shape(struct packed_source *source)
{
	uint64_t number;

	if (!get_varint(source, &number) || number > source->n_shapes || number == PACKED_SHAPES)
		return NULL;
	if (number == source->n_shapes) {
		if (!get_shape(source, &source->shapes[number]))
			return NULL;
		source->n_shapes++;
	}
	return &source->shapes[number];
}

/* What *op owns is to be freed, also on failure. */
static bool get_op(struct packed_source *source, struct op *op)
{
	const struct op *shape = next_shape(source);

	if (!shape) {
		*op = (struct op){0};
		return false;
	}
	*op = *shape;
	if (packed_has_id(op) && !get_difference(source, &source->last_id, &op->id))
		return false;
	if (op->flags & OP_HAS_T && !get_difference(source, &source->last_t_ns, &op->t_ns))
		return false;
	if (op->flags & OP_AFTER && !get_varint(source, &op->t_ns))
		return false;
	if (packed_has_addr(op) && !get_difference(source, &source->last_addr, &op->addr))
		return false;
	return get_rest(source, op);
}

static enum source_next stop(struct packed_source *source, GError *cause, GError **error)
{
	bool input = g_error_matches(cause, KMSIM_ERROR, KMSIM_ERROR_INPUT);

	source->ended = true;
	source->op = source->n_ops = 0;
	source->base.fault = FAULT_SYNTAX;
	g_propagate_error(error, cause);
	return input ? SOURCE_BAD_OP : SOURCE_ERROR;
}

/* The next ops of the block, at least one. */
static void decode_batch(struct packed_source *source)
{
	unsigned n = MIN(BATCH, source->n_ops - source->op);

	source->n_taken = source->n_batch = 0;
	while (source->n_batch < n && !source->bad) {
		struct op *op = &source->batch[source->n_batch];

		source->bad = !get_op(source, op);
		if (source->bad)
			op_clear(op);
		else
			source->n_batch++;
	}
}

/* Go on to the next batch, and to the next block where this one is over. */
static enum source_next advance(struct packed_source *source, GError **error)
{
	GError *cause = NULL;

	while (source->op == source->n_ops) {
		bool more = !source->ended && source->at == source->end;

		if (!source->ended && !more)
			damaged(source, &cause, "damaged: more in it than its ops");
		if (cause || (more && !next_block(source, &cause)))
			return stop(source, cause, error);
		if (source->ended)
			return SOURCE_END;
	}
	if (!source->bad)
		decode_batch(source);
	if (source->n_batch > source->n_taken)
		return SOURCE_OP;
	source->op++;
	source->bad = false;
	damaged(source, &cause, "damaged: op %u of it is none", source->op);
	return stop(source, cause, error);
}

/* How many ops ahead ids are fetched, and how many the slots that were found by them. */
#define FETCH_IDS   8
#define FETCH_SLOTS 4

static inline void look_ahead(struct packed_source *source)
{
	const struct op *coming = &source->batch[source->n_taken];
	unsigned n = source->n_batch - source->n_taken;

	source->base.far_id = n > FETCH_IDS ? coming[FETCH_IDS].id + 1 : 0;
	source->base.near_id = n > FETCH_SLOTS ? coming[FETCH_SLOTS].id + 1 : 0;
}

static enum source_next packed_next(struct op_source *base, uint32_t cpu G_GNUC_UNUSED,
				    struct op *op, GError **error)
{
	struct packed_source *source = (struct packed_source *)base;

	if (source->n_taken == source->n_batch) {
		enum source_next next = advance(source, error);

		if (next != SOURCE_OP)
			return next;
	}
	*op = source->batch[source->n_taken++];
	source->op++;
	look_ahead(source);
	return SOURCE_OP;
}

static char *packed_where(struct op_source *base)
{
	const struct packed_source *source = (const struct packed_source *)base;

	return g_strdup_printf(
		"%s: block %" G_GUINT64_FORMAT " at byte %" G_GUINT64_FORMAT ", op %u: ",
		reader_path(source->reader), source->block, source->block_offset, source->op);
}

static unsigned packed_progress(struct op_source *base)
{
	return reader_progress(((struct packed_source *)base)->reader);
}

static void packed_destroy(struct op_source *base)
{
	struct packed_source *source = (struct packed_source *)base;

	for (; source->n_taken < source->n_batch; source->n_taken++)
		op_clear(&source->batch[source->n_taken]);
	reader_close(source->reader);
	g_free(source->payload);
	g_strfreev(source->zone_names);
	g_free(source);
}

static const struct op_source_ops packed_ops = {
	.name = "packed",
	.next = packed_next,
	.where = packed_where,
	.progress = packed_progress,
	.destroy = packed_destroy,
};

static bool read_header(struct packed_source *source, GError **error)
{
	struct packed_prefix prefix;
	char magic[sizeof(PACKED_MAGIC) - 1];
	GError *cause = NULL;

	if (!take(source, magic, sizeof(magic), error) ||
	    !take_prefixed(source, &prefix, PACKED_VERSION, PACKED_HEADER_MAX, &prefix.b, error))
		return false;
	if (jsonl_header_parse((const char *)source->payload, prefix.b, &source->base, &cause))
		return true;
	g_propagate_prefixed_error(error, cause, "%s: ", reader_path(source->reader));
	return false;
}

static void keep_zone_names(struct packed_source *source)
{
	const struct memory_map *memory = source->base.header.memory;

	source->n_zones = memory ? memory->zones->len : 0;
	source->zone_names = g_new0(char *, source->n_zones + 1);
	for (unsigned i = 0; i < source->n_zones; i++)
		source->zone_names[i] = g_strdup(memory_map_zone(memory, i)->name);
}

struct op_source *packed_source_new(struct reader *reader, GError **error)
{
	struct packed_source *source = g_new0(struct packed_source, 1);

	source->base.ops = &packed_ops;
	source->reader = reader;
	trace_header_init(&source->base.header);
	if (!read_header(source, error)) {
		op_source_destroy(&source->base);
		return NULL;
	}
	source->at = source->end = source->payload;
	keep_zone_names(source);
	for (unsigned bit = 0; gfp_names[bit]; bit++)
		source->gfp_known |= UINT32_C(1) << bit;
	return &source->base;
}
