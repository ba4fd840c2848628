/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_IMPORT_ACCOUNT_H
#define KMSIM_TRACE_IMPORT_ACCOUNT_H

/* How parsers and passes count into an account. */

#include "sim/trace/import/import.h"

void import_account_init(struct import_account *account);

/* One event of a kind that is not imported. */
void account_unused(struct import_account *account, const char *name);

/* One thing left out at @place. */
void account_place(struct import_places *places, uint64_t place);

/* Events were lost here: how many, 0 if unknown. */
void account_lost(struct import_account *account, uint64_t events);

/* The machine has at least @cpus CPUs. */
void account_cpus(struct import_account *account, uint64_t cpus);

void account_warn(struct import_account *account, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
