/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_REPORT_CHART_DRAW_H
#define KMSIM_REPORT_CHART_DRAW_H

/* Scripts of plots/ and the pictures that gnuplot makes of them, in the folder of their data. */

#include <glib.h>

/* Give @text, which is freed, to @messages, which may be NULL. */
void chart_tell(GPtrArray *messages, char *text);

/* Write the script plots/@name.gp into @folder. False with the error set (KMSIM_ERROR_IO). */
gboolean chart_write_script(const char *folder, const char *name, GError **error);

/*
 * Draw each of @names (char *), whose script and data are in @folder, as SVG, and as PNG if @png.
 * @messages gets what could not be drawn; a missing gnuplot is no error.
 */
void charts_draw(const char *folder, const GPtrArray *names, gboolean png, GPtrArray *messages);

#endif
