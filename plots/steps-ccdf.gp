# SPDX-License-Identifier: GPL-2.0-or-later
# How many search steps requests took, before any price. In the folder of this file:
#     gnuplot steps-ccdf.gp
# steps-ccdf.dat: search steps, share of the requests that took at least as many.

chart = "steps-ccdf"
height = 500
load "style.gp"

set title "Search steps of requests: share that took at least this many\n" . what
set xlabel "list or tree nodes looked at in one request (0 is not shown)"
set ylabel "share of requests [%]"
set logscale xy
set margins screen left, screen right, screen bottom, screen top
set format "%g"
set yrange [*:100]
plot for [i = 0:variants - 1] chart . ".dat" index i using 1:($2 * 100) \
	with lines linetype i + 1 title columnheader(1)
