/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_REPORT_CHARTS_H
#define KMSIM_REPORT_CHARTS_H

#include <glib.h>

/*
 * Make the charts of the result in the directory @path (one that is still being built, too) in
 * its folder plots/: of each a data file, a gnuplot script and an SVG, and a PNG where @png is
 * set. All variants of the result are in each chart. @messages (of char *, may be NULL) gets
 * what a user should know: charts without data, which are left out, and pictures
 * that could not be made because gnuplot is missing or failed; neither is an error. False with
 * the error set: KMSIM_ERROR_IO, KMSIM_ERROR_INPUT for a result that cannot be read.
 */
gboolean charts_make(const char *path, gboolean png, GPtrArray *messages, GError **error);

#endif
