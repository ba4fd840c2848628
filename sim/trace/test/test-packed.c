// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packed traces: random ops of every kind come back as they were, JSON Lines through the packed
 * form and back are the same bytes; what is damaged anywhere is told and never believed.
 */
#include "sim/trace/jsonl.h"
#include "sim/trace/op_names.h"
#include "sim/trace/packed.h"
#include "sim/trace/packed_format.h"
#include "sim/trace/trace_file.h"
#include "sim/base/error.h"
#include "sim/base/rng.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define OPS 150000 /* three blocks */

static char *temporary(const char *suffix)
{
	g_autofree char *name = g_strdup_printf("kmsim-packed-XXXXXX%s", suffix);
	char *path = NULL;
	GError *error = NULL;

	close(g_file_open_tmp(name, &path, &error));
	g_assert_no_error(error);
	return path;
}

static struct op_source *open_trace(const char *path, GError **error)
{
	struct reader *reader = reader_open_as(path, "T", error);

	return reader ? trace_source_new(reader, error) : NULL;
}

static uint64_t any_u64(struct rng *rng)
{
	return rng_next(rng) >> rng_below(rng, 64);
}

static void random_vmap(struct rng *rng, struct op *op)
{
	op->vmap.size = rng_below(rng, 20) ? (rng_below(rng, 100) + 1) << 12 : any_u64(rng);
	op->vmap.align = UINT64_C(1) << rng_below(rng, 64);
	if (rng_below(rng, 4) == 0) {
		op->flags |= OP_HAS_VSTART | OP_HAS_VEND;
		op->vmap.vstart = rng_below(rng, 3) << 12;
		op->vmap.vend = UINT64_MAX - rng_below(rng, 3);
	}
}

static void random_pcpu(struct rng *rng, struct op *op)
{
	uint32_t n = (uint32_t)rng_below(rng, 4);

	op->pcpu = g_malloc(sizeof(*op->pcpu) + n * sizeof(op->pcpu->area[0]));
	op->pcpu->align = any_u64(rng);
	op->pcpu->n_areas = n;
	for (uint32_t i = 0; i < n; i++) {
		op->pcpu->area[i].offset = any_u64(rng);
		op->pcpu->area[i].size = any_u64(rng);
	}
}

static void random_page(struct rng *rng, struct op *op)
{
	op->page.order = (int8_t)rng_below(rng, 11);
	op->page.mt = (uint8_t)rng_below(rng, MIGRATETYPES);
	if (op->kind == OP_COMPACT)
		op->page.mode = (uint8_t)rng_below(rng, COMPACT_SYNC + 1);
	if (op->kind != OP_COMPACT && rng_below(rng, 2)) {
		op->flags |= OP_HAS_GFP;
		op->page.gfp = (uint32_t)rng_below(rng, 8);
	}
	if (rng_below(rng, 2)) {
		op->flags |= OP_HAS_ZONE;
		op->page.zone = (uint16_t)rng_below(rng, 2);
	}
}

static struct op random_op(struct rng *rng, uint64_t id)
{
	struct op op = {.kind = (uint8_t)rng_below(rng, OP_KINDS),
			.cpu = (uint16_t)rng_below(rng, 3)};

	if (op_id_role((enum op_kind)op.kind) != ID_NONE)
		op.id = rng_below(rng, 3) ? id : any_u64(rng);
	if (rng_below(rng, 3)) {
		op.flags |= rng_below(rng, 2) ? OP_HAS_T : OP_AFTER;
		op.t_ns = any_u64(rng);
	}
	if (packed_has_id(&op) && (op_is_seed(&op) || rng_below(rng, 2))) {
		op.flags |= OP_HAS_ADDR;
		op.addr = any_u64(rng);
	}
	if (op.kind == OP_VMAP_ALLOC)
		random_vmap(rng, &op);
	else if (op.kind == OP_VMAP_SEED)
		op.vmap.size = 4096, op.vmap.align = 1;
	else if (op.kind == OP_VMAP_PURGE)
		op.purge.why = (uint32_t)rng_below(rng, 3);
	else if (op.kind == OP_MAP_RAM)
		op.ram.pages = any_u64(rng);
	else if (op.kind == OP_PCPU_ALLOC)
		random_pcpu(rng, &op);
	else if (packed_is_page(&op))
		random_page(rng, &op);
	else if (op.kind == OP_MARK)
		op.mark = g_strdup(rng_below(rng, 2) ? "" : "phase ✓");
	return op;
}

static void fill_header(struct trace_header *header)
{
	trace_header_init(header);
	header->cpus = 3;
	header->origin = g_strdup("a test");
	header->memory = memory_map_new();
	memory_map_add_zone(header->memory, "DMA", 1, 4096);
	memory_map_add_zone(header->memory, "Normal", 4096, 1 << 20);
}

static void write_random(const char *path, uint64_t seed, uint32_t n)
{
	struct trace_header header;
	struct rng rng;
	GError *error = NULL;

	rng_init(&rng, seed, "test");
	fill_header(&header);
	struct trace_writer *writer = trace_writer_open(path, &header, &error);

	g_assert_no_error(error);
	for (uint32_t i = 0; i < n; i++) {
		struct op op = random_op(&rng, i);

		trace_writer_put(writer, &op);
		op_clear(&op);
	}
	g_assert_true(trace_writer_commit(writer, &error));
	trace_header_clear(&header);
}

static void assert_same_bytes(const void *a, size_t n, const void *b, size_t m)
{
	g_assert_cmpuint(n, ==, m);
	g_assert_cmpint(memcmp(a, b, n), ==, 0);
}

static void assert_same_op(const struct op *a, const struct op *b)
{
	struct op x = *a, y = *b;

	g_assert_cmpint(a->kind, ==, b->kind);
	if (a->kind == OP_MARK) {
		g_assert_cmpstr(a->mark, ==, b->mark);
		x.mark = y.mark = NULL;
	}
	if (a->kind == OP_PCPU_ALLOC) {
		g_assert_cmpuint(a->pcpu->align, ==, b->pcpu->align);
		assert_same_bytes(a->pcpu->area, a->pcpu->n_areas * sizeof(a->pcpu->area[0]),
				  b->pcpu->area, b->pcpu->n_areas * sizeof(b->pcpu->area[0]));
		x.pcpu = y.pcpu = NULL;
	}
	g_assert_cmpuint(x.id, ==, y.id);
	g_assert_cmpuint(x.t_ns, ==, y.t_ns);
	g_assert_cmpuint(x.addr, ==, y.addr);
	g_assert_cmpuint(x.flags, ==, y.flags);
	g_assert_cmpuint(x.cpu, ==, y.cpu);
	assert_same_bytes(&x.vmap, sizeof(x.vmap), &y.vmap, sizeof(y.vmap));
}

static void test_random(gconstpointer suffix)
{
	g_autofree char *path = temporary(suffix);
	GError *error = NULL;
	struct rng rng;

	write_random(path, 7, OPS);
	struct op_source *source = open_trace(path, &error);

	g_assert_no_error(error);
	g_assert_cmpuint(source->header.cpus, ==, 3);
	g_assert_cmpuint(source->header.memory->zones->len, ==, 2);
	rng_init(&rng, 7, "test");
	for (uint32_t i = 0; i < OPS; i++) {
		struct op wanted = random_op(&rng, i), op;

		g_assert_cmpint(op_source_next(source, ANY_CPU, &op, &error), ==, SOURCE_OP);
		assert_same_op(&wanted, &op);
		op_clear(&op);
		op_clear(&wanted);
	}
	struct op op;

	g_assert_cmpint(op_source_next(source, ANY_CPU, &op, &error), ==, SOURCE_END);
	g_assert_no_error(error);
	op_source_destroy(source);
	g_unlink(path);
}

static void copy(const char *from, const char *to)
{
	GError *error = NULL;
	struct op_source *source = open_trace(from, &error);
	struct trace_writer *writer = trace_writer_open(to, &source->header, &error);
	struct op op;

	g_assert_no_error(error);
	while (op_source_next(source, ANY_CPU, &op, &error) == SOURCE_OP) {
		trace_writer_put(writer, &op);
		op_clear(&op);
	}
	g_assert_no_error(error);
	g_assert_true(trace_writer_commit(writer, &error));
	op_source_destroy(source);
}

/* What ships, through the packed form and back. */
static void test_identity(gconstpointer data)
{
	g_autofree char *lines = temporary(".jsonl"), *packed = temporary(".kmt"),
			*again = temporary(".jsonl"), *a = NULL, *b = NULL;
	size_t n, m;

	copy(data, lines);
	copy(lines, packed);
	copy(packed, again);
	g_assert_true(g_file_get_contents(lines, &a, &n, NULL));
	g_assert_true(g_file_get_contents(again, &b, &m, NULL));
	assert_same_bytes(a, n, b, m);
	g_unlink(lines);
	g_unlink(packed);
	g_unlink(again);
}

/* Read @bytes to the end: ops given out; *message is that of the error, if there was one. */
static uint64_t read_bytes(const char *bytes, size_t length, char **message)
{
	g_autofree char *path = temporary("");
	GError *error = NULL;
	enum source_next next;
	uint64_t n = 0;
	struct op op;

	*message = NULL;
	g_assert_true(g_file_set_contents(path, bytes, (gssize)length, NULL));
	struct reader *reader = reader_open_as(path, "T", &error);
	struct op_source *source = packed_source_new(reader, &error);

	/* what the caller's op held before does not matter */
	memset(&op, OP_PCPU_ALLOC, sizeof(op));
	while (source && (next = op_source_next(source, ANY_CPU, &op, &error)) == SOURCE_OP) {
		op_clear(&op);
		memset(&op, OP_PCPU_ALLOC, sizeof(op));
		n++;
	}
	if (error) {
		g_assert_true(g_error_matches(error, KMSIM_ERROR, KMSIM_ERROR_INPUT));
		g_assert_true(g_str_has_prefix(error->message, "T: "));
		*message = g_strdup(error->message);
		if (source)
			g_assert_cmpint(op_source_next(source, ANY_CPU, &op, NULL), ==, SOURCE_END);
	}
	g_clear_error(&error);
	op_source_destroy(source);
	g_unlink(path);
	return n;
}

static char *small_trace(size_t *length)
{
	g_autofree char *path = temporary(".kmt");
	char *bytes;

	write_random(path, 3, 200);
	g_assert_true(g_file_get_contents(path, &bytes, length, NULL));
	g_unlink(path);
	return bytes;
}

/* Every bit counts: whatever is changed is noticed. */
static void test_damage(void)
{
	size_t length;
	g_autofree char *bytes = small_trace(&length), *message;
	struct rng rng;

	g_assert_cmpuint(read_bytes(bytes, length, &message), ==, 200);
	g_assert_null(message);
	rng_init(&rng, 1, "test");
	for (unsigned i = 0; i < 500; i++) {
		size_t at = i < 160 ? i : (size_t)rng_below(&rng, length);
		char was = bytes[at];

		if (at < strlen(PACKED_MAGIC))
			continue; /* that is no packed trace any more */
		bytes[at] ^= (char)(1 << rng_below(&rng, 8));
		read_bytes(bytes, length, &message);
		g_assert_nonnull(message);
		g_clear_pointer(&message, g_free);
		bytes[at] = was;
	}
}

static void test_truncated(void)
{
	size_t length;
	g_autofree char *bytes = small_trace(&length), *message;

	for (size_t n = strlen(PACKED_MAGIC); n < length; n += n < 400 ? 1 : 97) {
		read_bytes(bytes, n, &message);
		g_assert_nonnull(message);
		g_clear_pointer(&message, g_free);
	}
	g_assert_cmpuint(read_bytes(bytes, length - 1, &message), ==, 200);
	g_assert_nonnull(strstr(message, "truncated"));
	g_free(message);
	g_autofree char *longer = g_malloc(length + 1);

	memcpy(longer, bytes, length);
	longer[length] = 0;
	read_bytes(longer, length + 1, &message);
	g_assert_nonnull(strstr(message, "something follows the end"));
}

/* The last block is damaged: those before are given out, and the message says where it is. */
static void test_sound_before(void)
{
	g_autofree char *path = temporary(".kmt"), *bytes = NULL, *message;
	size_t length;

	write_random(path, 5, OPS);
	g_assert_true(g_file_get_contents(path, &bytes, &length, NULL));
	g_unlink(path);
	bytes[length - 60] ^= 1;
	uint64_t given = read_bytes(bytes, length, &message);

	g_assert_cmpuint(given, >, OPS / 2);
	g_assert_cmpuint(given, <, OPS);
	g_assert_true(g_str_has_prefix(message, "T: block "));
	g_assert_nonnull(strstr(message, " at byte "));
	g_assert_nonnull(strstr(message, "checksum"));
}

/* Payloads with a right checksum that make no sense: no crash, an error. */
static void test_nonsense(void)
{
	struct rng rng;

	rng_init(&rng, 9, "test");
	for (unsigned i = 0; i < 2000; i++) {
		GString *bytes = g_string_new(PACKED_MAGIC);
		const char *header = "{\"kmsim_trace\":1,\"page_size\":4096,\"cpus\":1}";
		struct packed_prefix prefix = {PACKED_VERSION, (uint32_t)strlen(header), 0, 0};
		uint8_t payload[64];
		char *message;

		prefix.checksum = packed_checksum(&prefix, header, strlen(header));
		g_string_append_len(bytes, (const char *)&prefix, PACKED_PREFIX_BYTES);
		g_string_append(bytes, header);
		for (unsigned j = 0; j < sizeof(payload); j++)
			payload[j] = (uint8_t)(rng_below(&rng, 3) ? rng_below(&rng, 16)
								  : rng_next(&rng));
		prefix = (struct packed_prefix){PACKED_BLOCK_MAGIC, 1 + i % 8, sizeof(payload), 0};
		prefix.checksum = packed_checksum(&prefix, payload, sizeof(payload));
		g_string_append_len(bytes, (const char *)&prefix, PACKED_PREFIX_BYTES);
		g_string_append_len(bytes, (const char *)payload, sizeof(payload));
		read_bytes(bytes->str, bytes->len, &message);
		g_assert_nonnull(message);
		g_free(message);
		g_string_free(bytes, TRUE);
	}
}

static void test_other_version(void)
{
	size_t length;
	g_autofree char *bytes = small_trace(&length), *message;

	bytes[strlen(PACKED_MAGIC)] = 9;
	read_bytes(bytes, length, &message);
	g_assert_cmpstr(message, ==, "T: packed trace of version 9, known is 1");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_data_func("/packed/random", ".kmt", test_random);
	g_test_add_data_func("/packed/random-zstd", ".kmt.zst", test_random);
	g_test_add_data_func("/packed/identity/published-fault",
			     "traces/synthetic/published-fault.jsonl.gz", test_identity);
	g_test_add_func("/packed/damage", test_damage);
	g_test_add_func("/packed/truncated", test_truncated);
	g_test_add_func("/packed/sound-before", test_sound_before);
	g_test_add_func("/packed/nonsense", test_nonsense);
	g_test_add_func("/packed/other-version", test_other_version);
	return g_test_run();
}
