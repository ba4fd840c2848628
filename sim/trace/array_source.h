/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_ARRAY_SOURCE_H
#define KMSIM_TRACE_ARRAY_SOURCE_H

#include "sim/trace/source.h"

/*
 * A source of @n ops that lie in memory, for benchmarks and tests. @ops is borrowed; ops
 * that own something (percpu areas, marks) are copied out. @header is copied, but for zones and
 * origin, which must not be there.
 */
struct op_source *array_source_new(const struct trace_header *header, const struct op *ops,
				   uint64_t n);

#endif
