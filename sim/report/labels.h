/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_REPORT_LABELS_H
#define KMSIM_REPORT_LABELS_H

#include "sim/base/json_util.h"

/*
 * What to call variants (objects of result.json) beside each other in a table or chart: the
 * model and what else differs between them. A parameter counts only where variants of one
 * model differ in it, or where it was given: that two models follow different kernel versions by
 * default is no news. NULL-terminated, all different, to be freed with g_strfreev().
 */
char **variant_labels(json_t *const *variants, size_t n);

/*
 * What the sources of the variants have in common: the trace, or the workload with the
 * parameters that all have alike. "several sources" where it is not even the workload. To be freed.
 */
char *common_source(json_t *const *variants, size_t n);

#endif
