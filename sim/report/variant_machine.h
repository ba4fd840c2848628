/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_REPORT_VARIANT_MACHINE_H
#define KMSIM_REPORT_VARIANT_MACHINE_H

/*
 * What a variant that shows a recorded machine says of page frames. A model is asked for all of it;
 * here it is what the recording tells, and null or nothing where it tells nothing.
 */

#include "sim/report/variant_parts.h"

/* Are the machine's own counts of its zones there, of its start or its end? */
bool machine_has_states(const struct variant_result *variant);

/* Is anything told of its frames; of its compaction? */
bool machine_knows_blocks(const struct variant_result *variant);
bool machine_knows_compaction(const struct variant_result *variant);

/* The keys "vmstat", "tracepoints", "compaction", "zones", "blocks" of @object. */
void set_machine_pages(json_t *object, const struct variant_result *variant);

/* The CSV files of the same, where they are known. */
void put_machine_zones(struct writer *writer, const struct variant_result *variant);
void put_machine_blocks(struct writer *writer, const struct variant_result *variant);
void put_machine_compaction(struct writer *writer, const struct variant_result *variant);

#endif
