/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_WORKLOAD_BUILTIN_H
#define KMSIM_WORKLOAD_BUILTIN_H

/* The workloads that there are: one file and one line each. */

#include "sim/workload/workload.h"

#define WORKLOAD_LIST(X)                                                                           \
	X(workload_test_vmalloc)                                                                   \
	X(workload_vmap_mix)                                                                       \
	X(workload_module_churn)                                                                   \
	X(workload_arm32_modules)                                                                  \
	X(workload_page_fragmenter)                                                                \
	X(workload_thp_stress)                                                                     \
	X(workload_thpscale)                                                                       \
	X(workload_page_churn)                                                                     \
	X(workload_mixed_server)                                                                   \
	X(workload_stray_probe)

#define X(ops) extern const struct workload_ops ops;
WORKLOAD_LIST(X)
#undef X

#endif
