// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/workload.h"

#include "sim/base/error.h"
#include "sim/trace/trace_file.h"

/* Whether @op would get an area in a window without any. */
static bool fits_empty_window(const struct trace_header *header, const struct op *op)
{
	uint64_t vstart = op->flags & OP_HAS_VSTART ? op->vmap.vstart : header->vstart;
	uint64_t vend = op->flags & OP_HAS_VEND ? op->vmap.vend : header->vend;
	uint64_t addr = align_up(vstart, op->vmap.align);

	return addr >= vstart && addr <= vend && op->vmap.size <= vend - addr;
}

static bool is_set(const volatile sig_atomic_t *flag)
{
	return flag && *flag;
}

bool workload_synth(struct op_source *source, const char *out_path,
		    const volatile sig_atomic_t *interrupted, GError **error)
{
	struct trace_writer *writer = trace_writer_open(out_path, &source->header, error);
	enum source_next next = SOURCE_END;
	struct op op;

	if (!writer)
		return false;
	while (!is_set(interrupted) && !trace_writer_failed(writer) &&
	       (next = op_source_next(source, ANY_CPU, &op, error)) == SOURCE_OP) {
		bool ok = op.kind != OP_VMAP_ALLOC || fits_empty_window(&source->header, &op);

		trace_writer_put(writer, &op);
		if (source->ops->result)
			source->ops->result(source, &op, ok, 0);
		op_clear(&op);
	}
	if (next != SOURCE_ERROR && is_set(interrupted)) {
		set_interrupted_error(error);
		next = SOURCE_ERROR;
	}
	if (next == SOURCE_ERROR) {
		trace_writer_abort(writer);
		return false;
	}
	return trace_writer_commit(writer, error);
}
