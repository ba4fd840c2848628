/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_WORKLOAD_TEST_COLLECT_H
#define KMSIM_WORKLOAD_TEST_COLLECT_H

/* Runs a workload as the engine would, one op at a time, and keeps its ops. */

#include "sim/trace/op_stream.h"
#include "sim/workload/workload.h"

#include <string.h>

/* Whether a request is granted. NULL: all are. */
typedef bool (*grant_fn)(const struct op *op);

static inline struct op_source *source_of(const char *spec, uint64_t seed)
{
	struct workload_env env = {.seed = seed};
	GError *error = NULL;
	struct op_source *source = workload_source_new(spec, &env, &error);

	g_assert_no_error(error);
	g_assert_nonnull(source);
	return source;
}

/* The ops of @source on @cpu, judged by op_stream: every id is live where it has to be. */
static inline GArray *collect_from(struct op_source *source, uint32_t cpu, grant_fn grant)
{
	struct op_stream *stream = op_stream_new(source, source->header.cpus, false);
	GArray *ops = g_array_new(FALSE, FALSE, sizeof(struct op));
	GError *error = NULL;
	struct op op;

	g_array_set_clear_func(ops, (GDestroyNotify)op_clear);
	while (op_stream_next(stream, cpu, &op, &error) == SOURCE_OP) {
		bool request = op.kind == OP_VMAP_ALLOC || op.kind == OP_PAGE_ALLOC;
		bool ok = !request || !grant || grant(&op);

		op_stream_result(stream, &op, ok, 0);
		if (op_id_role(op.kind) == ID_ENDED)
			op_stream_release(stream, op.slot);
		g_array_append_val(ops, op);
	}
	g_assert_no_error(error);
	op_stream_free(stream);
	return ops;
}

static inline GArray *collect(const char *spec, uint64_t seed, grant_fn grant)
{
	struct op_source *source = source_of(spec, seed);
	GArray *ops = collect_from(source, ANY_CPU, grant);

	op_source_destroy(source);
	return ops;
}

static inline const struct op *op_at(const GArray *ops, guint i)
{
	return &g_array_index(ops, struct op, i);
}

static inline bool same_op(const struct op *a, const struct op *b)
{
	if (a->kind != b->kind || a->id != b->id || a->cpu != b->cpu || a->flags != b->flags ||
	    a->t_ns != b->t_ns)
		return false;
	if (a->kind == OP_PCPU_ALLOC)
		return a->pcpu->align == b->pcpu->align && a->pcpu->n_areas == b->pcpu->n_areas;
	return a->kind == OP_MARK ? !strcmp(a->mark, b->mark)
				  : !memcmp(&a->vmap, &b->vmap, sizeof(a->vmap));
}

static inline bool same_ops(const GArray *a, const GArray *b)
{
	if (a->len != b->len)
		return false;
	for (guint i = 0; i < a->len; i++) {
		if (!same_op(op_at(a, i), op_at(b, i)))
			return false;
	}
	return true;
}

static inline guint count_kind(const GArray *ops, enum op_kind kind)
{
	guint n = 0;

	for (guint i = 0; i < ops->len; i++)
		n += op_at(ops, i)->kind == kind;
	return n;
}

static inline guint count_marks(const GArray *ops, const char *name)
{
	guint n = 0;

	for (guint i = 0; i < ops->len; i++)
		n += op_at(ops, i)->kind == OP_MARK && !strcmp(op_at(ops, i)->mark, name);
	return n;
}

/* What @cpu does, whatever the others do. */
static inline GArray *ops_of_cpu(const GArray *ops, uint32_t cpu)
{
	GArray *own = g_array_new(FALSE, FALSE, sizeof(struct op));

	for (guint i = 0; i < ops->len; i++) {
		if (op_at(ops, i)->cpu == cpu)
			g_array_append_val(own, g_array_index(ops, struct op, i));
	}
	return own;
}

#endif
