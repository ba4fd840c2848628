/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_REPORT_HUMAN_H
#define KMSIM_REPORT_HUMAN_H

#include "sim/report/figures.h"

#define HUMAN_WIDTH 9 /* most characters of human_value() */

/*
 * A value for people, three significant digits or more: "12,345", "1.25 M", "4.43 us", "240 MiB",
 * "12.5 %". To be freed.
 */
char *human_value(double value, enum figure_unit unit);

#define HUMAN_CHANGE_WIDTH 14 /* most characters of human_change() */

/*
 * From @base to @value: "-75.0% better", "x12.3 worse" (ten times and more), "+0.50pp better"
 * (percentage points, where the figure is a share), "=" where nothing changed, "~" where less did
 * than the decimals show. To be freed.
 */
char *human_change(double base, double value, const struct figure *figure);

#endif
