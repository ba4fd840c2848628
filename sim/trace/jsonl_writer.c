// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/jsonl.h"

#include "sim/base/writer.h"
#include "sim/trace/jsonl_fields.h"
#include "sim/trace/jsonl_header.h"
#include "sim/trace/op_names.h"

#include <jansson.h>
#include <stdlib.h>

struct jsonl_writer {
	struct writer *out;
	char **zone_names; /* of the header, NULL-terminated */
};

struct jsonl_writer *jsonl_writer_open(const char *path, const struct trace_header *header,
				       GError **error)
{
	struct writer *out = writer_open(path, error);

	if (!out)
		return NULL;
	struct jsonl_writer *writer = g_new0(struct jsonl_writer, 1);
	unsigned n = header->memory ? header->memory->zones->len : 0;
	char *text = jsonl_header_text(header);

	writer->out = out;
	writer->zone_names = g_new0(char *, n + 1);
	for (unsigned i = 0; i < n; i++)
		writer->zone_names[i] = g_strdup(memory_map_zone(header->memory, i)->name);
	writer_puts(out, text);
	writer_puts(out, "\n");
	free(text);
	return writer;
}

static void put_u64(struct writer *out, const char *key, uint64_t value)
{
	writer_printf(out,
		      value <= INT64_MAX ? ",\"%s\":%" G_GUINT64_FORMAT
					 : ",\"%s\":\"%" G_GUINT64_FORMAT "\"",
		      key, value);
}

static void put_address(struct writer *out, const char *key, uint64_t value)
{
	writer_printf(out, ",\"%s\":\"0x%" G_GINT64_MODIFIER "x\"", key, value);
}

static void put_string(struct writer *out, const char *key, const char *value)
{
	json_t *string = json_string(value);
	char *text = json_dumps(string, JSON_ENCODE_ANY);

	writer_printf(out, ",\"%s\":%s", key, text);
	free(text);
	json_decref(string);
}

static void put_vmap(struct writer *out, const struct op *op)
{
	if (op->kind == OP_VMAP_SEED)
		put_address(out, "addr", op->addr);
	put_u64(out, "size", op->vmap.size);
	if (op->kind == OP_VMAP_SEED)
		return;
	if (op->vmap.align != 1)
		put_u64(out, "align", op->vmap.align);
	if (op->flags & OP_HAS_VSTART)
		put_address(out, "vstart", op->vmap.vstart);
	if (op->flags & OP_HAS_VEND)
		put_address(out, "vend", op->vmap.vend);
	if (op->flags & OP_HAS_ADDR)
		put_address(out, "addr", op->addr);
}

static void put_element(struct writer *out, const char *before, uint64_t value)
{
	writer_printf(out,
		      value <= INT64_MAX ? "%s%" G_GUINT64_FORMAT : "%s\"%" G_GUINT64_FORMAT "\"",
		      before, value);
}

static void put_pcpu(struct writer *out, const struct op *op)
{
	put_u64(out, "align", op->pcpu->align);
	writer_puts(out, ",\"offsets\":[");
	for (uint32_t i = 0; i < op->pcpu->n_areas; i++)
		put_element(out, i ? "," : "", op->pcpu->area[i].offset);
	writer_puts(out, "],\"sizes\":[");
	for (uint32_t i = 0; i < op->pcpu->n_areas; i++)
		put_element(out, i ? "," : "", op->pcpu->area[i].size);
	writer_puts(out, "]");
}

static void put_gfp(struct writer *out, uint32_t gfp)
{
	const char *comma = "";

	writer_puts(out, ",\"gfp\":[");
	for (unsigned bit = 0; gfp_names[bit]; bit++) {
		if (gfp & (UINT32_C(1) << bit)) {
			writer_printf(out, "%s\"%s\"", comma, gfp_names[bit]);
			comma = ",";
		}
	}
	writer_puts(out, "]");
}

static void put_page(struct jsonl_writer *writer, const struct op *op)
{
	struct writer *out = writer->out;

	if (op->kind == OP_PAGE_SEED)
		put_u64(out, "pfn", op->addr);
	writer_printf(out, ",\"order\":%d", op->page.order);
	if (op->page.mt != MT_UNMOVABLE)
		put_string(out, "mt", migratetype_names[op->page.mt]);
	if (op->flags & OP_HAS_ZONE)
		put_string(out, "zone", writer->zone_names[op->page.zone]);
	if (op->kind == OP_COMPACT)
		put_string(out, "mode", compact_mode_names[op->page.mode]);
	if (op->flags & OP_HAS_GFP)
		put_gfp(out, op->page.gfp);
	if (op->kind == OP_PAGE_ALLOC && op->flags & OP_HAS_ADDR)
		put_u64(out, "pfn", op->addr);
}

static void put_fields(struct jsonl_writer *writer, const struct op *op)
{
	struct writer *out = writer->out;

	switch (op->kind) {
	case OP_VMAP_ALLOC:
	case OP_VMAP_SEED:
		put_vmap(out, op);
		break;
	case OP_VMAP_PURGE:
		if (op->purge.why != PURGE_EXPLICIT)
			put_string(out, "why", purge_why_names[op->purge.why]);
		if (op->flags & OP_HAS_N)
			put_u64(out, "n", op->purge.n);
		break;
	case OP_MAP_RAM:
		put_u64(out, "pages", op->ram.pages);
		break;
	case OP_PCPU_ALLOC:
		put_pcpu(out, op);
		break;
	case OP_PAGE_ALLOC:
	case OP_PAGE_SEED:
	case OP_COMPACT:
		put_page(writer, op);
		break;
	case OP_MARK:
		put_string(out, "name", op->mark);
		break;
	}
	bool ram = op->kind == OP_MAP_RAM || op->kind == OP_UNMAP_RAM ||
		   op->kind == OP_PCPU_ALLOC || op->kind == OP_PCPU_FREE;

	if (ram && op->flags & OP_HAS_ADDR)
		put_address(out, "addr", op->addr);
}

static const char *flag_name(enum field field)
{
	static const char *const names[FIELDS] = {
#define X(id, name) [FIELD_##id] = name,
		FIELD_LIST(X)
#undef X
	};

	return names[field];
}

void jsonl_writer_put(struct jsonl_writer *writer, const struct op *op)
{
	struct writer *out = writer->out;

	writer_printf(out, "{\"op\":\"%s\"", op_kind_name(op->kind));
	if (op_id_role(op->kind) != ID_NONE)
		put_u64(out, "id", op->id);
	put_fields(writer, op);
	for (unsigned i = 0; i < G_N_ELEMENTS(flag_fields); i++) {
		if (op->flags & flag_fields[i].flag)
			writer_printf(out, ",\"%s\":true", flag_name(flag_fields[i].field));
	}
	if (op->cpu)
		put_u64(out, "cpu", op->cpu);
	if (op->flags & OP_HAS_T)
		put_u64(out, "t", op->t_ns);
	if (op->flags & OP_AFTER)
		put_u64(out, "after", op->t_ns);
	writer_puts(out, "}\n");
}

bool jsonl_writer_failed(const struct jsonl_writer *writer)
{
	return writer_failed(writer->out);
}

static struct writer *take_out(struct jsonl_writer *writer)
{
	struct writer *out = writer->out;

	g_strfreev(writer->zone_names);
	g_free(writer);
	return out;
}

gboolean jsonl_writer_commit(struct jsonl_writer *writer, GError **error)
{
	return writer_commit(take_out(writer), error);
}

void jsonl_writer_abort(struct jsonl_writer *writer)
{
	if (writer)
		writer_abort(take_out(writer));
}
