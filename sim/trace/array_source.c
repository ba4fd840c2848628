// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/array_source.h"

struct array_source {
	struct op_source base;
	const struct op *ops;
	uint64_t n, at;
};

static enum source_next array_next(struct op_source *base, uint32_t cpu G_GNUC_UNUSED,
				   struct op *op, GError **error G_GNUC_UNUSED)
{
	struct array_source *source = (struct array_source *)base;

	if (source->at == source->n)
		return SOURCE_END;
	*op = source->ops[source->at++];
	if (op->kind == OP_PCPU_ALLOC)
		op->pcpu =
			g_memdup2(op->pcpu, sizeof(*op->pcpu) +
						    op->pcpu->n_areas * sizeof(op->pcpu->area[0]));
	else if (op->kind == OP_MARK)
		op->mark = g_strdup(op->mark);
	return SOURCE_OP;
}

static char *array_where(struct op_source *base)
{
	return g_strdup_printf("op %" G_GUINT64_FORMAT ": ", ((struct array_source *)base)->at - 1);
}

static void array_destroy(struct op_source *base)
{
	g_free(base);
}

static const struct op_source_ops array_ops = {
	.name = "array",
	.next = array_next,
	.where = array_where,
	.destroy = array_destroy,
};

struct op_source *array_source_new(const struct trace_header *header, const struct op *ops,
				   uint64_t n)
{
	struct array_source *source = g_new0(struct array_source, 1);

	g_assert(!header->memory && !header->origin);
	source->base.ops = &array_ops;
	source->base.header = *header;
	source->ops = ops;
	source->n = n;
	return &source->base;
}
