// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/source.h"

const uint8_t op_id_roles[OP_KINDS] = {
#define X(op, name, role) [OP_##op] = role,
	OP_KIND_LIST(X)
#undef X
};

const char *op_kind_name(enum op_kind kind)
{
	static const char *const names[OP_KINDS] = {
#define X(op, name, role) [OP_##op] = name,
		OP_KIND_LIST(X)
#undef X
	};

	return names[kind];
}

const char *op_fault_name(enum op_fault fault)
{
	static const char *const names[OP_FAULTS] = {
#define X(fault, name) [FAULT_##fault] = name,
		OP_FAULT_LIST(X)
#undef X
	};

	return names[fault];
}

void op_clear(struct op *op)
{
	if (op->kind == OP_PCPU_ALLOC)
		g_clear_pointer(&op->pcpu, g_free);
	else if (op->kind == OP_MARK)
		g_clear_pointer(&op->mark, g_free);
}

uint64_t trace_default_lazy_max_pages(uint32_t cpus)
{
	return fls64(cpus) * ((UINT64_C(32) << 20) / PAGE_SIZE);
}

void trace_header_init(struct trace_header *header)
{
	*header = (struct trace_header){
		.cpus = 1,
		.vstart = VMALLOC_START_X86_64,
		.vend = VMALLOC_END_X86_64,
		.lazy_max_pages = trace_default_lazy_max_pages(1),
	};
}

void trace_header_clear(struct trace_header *header)
{
	g_clear_pointer(&header->memory, memory_map_free);
	g_clear_pointer(&header->recorded, g_array_unref);
	g_clear_pointer(&header->origin, g_free);
}

char *op_source_where(struct op_source *source)
{
	return source->ops->where ? source->ops->where(source) : g_strdup("");
}

void op_source_note_unknown(struct op_source *source, const char *key)
{
	if (source->unknown_keys++)
		return;
	g_autofree char *where = op_source_where(source);

	source->first_unknown_key = g_strdup_printf("%s'%s'", where, key);
}

void op_source_destroy(struct op_source *source)
{
	if (!source)
		return;
	trace_header_clear(&source->header);
	g_free(source->first_unknown_key);
	source->ops->destroy(source);
}
