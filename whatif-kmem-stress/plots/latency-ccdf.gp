# SPDX-License-Identifier: GPL-2.0-or-later
# How many requests took how long. In the folder of this file:
#     gnuplot latency-ccdf.gp
# latency-ccdf.dat: latency [us], share of the requests that took at least as long.

chart = "latency-ccdf"
height = 500
load "style.gp"

set title "Latency of requests: share that took at least this long\n" . what
set xlabel "latency of a request [us]"
set ylabel "share of requests [%]"
set logscale xy
set margins screen left, screen right, screen bottom, screen top
set format "%g"
set yrange [*:100]
plot for [i = 0:variants - 1] chart . ".dat" index i using 1:($2 * 100) \
	with lines linetype i + 1 title columnheader(1)
