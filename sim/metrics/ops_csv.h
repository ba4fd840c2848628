/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_METRICS_OPS_CSV_H
#define KMSIM_METRICS_OPS_CSV_H

/*
 * ops.csv: one line an op, in the order of completion. docs/results.md has the
 * columns. Formatted by hand: printf would cost more than the simulation.
 */

#include "sim/base/writer.h"
#include "sim/engine/engine.h"

void ops_csv_header(struct writer *writer);
/* Unless @priced, its latency, wait and steps are not known: they stay empty. */
void ops_csv_line(struct writer *writer, const struct op_record *record, bool priced);

#endif
