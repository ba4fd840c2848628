# SPDX-License-Identifier: GPL-2.0-or-later
# Latency of requests in the course of the run. In the folder of this file:
#     gnuplot latency-over-time.gp
# latency-over-time.dat: end of the interval, mean and longest latency in it [us].

chart = "latency-over-time"
height = 640
load "style.gp"

set multiplot layout 2, 1 title "Latency of requests in the course of the run\n" . what \
	margins screen left, right, bottom, top spacing screen 56 / total
set logscale y
set format y "%g"
set key off
set xrange [0:x_end]
set ylabel "mean of an interval [us]"
plot for [i = 0:variants - 1] chart . ".dat" index i using 1:2 \
	with linespoints linetype i + 1 pointsize 0.3 title columnheader(1)
set key on
set xlabel x_title
set ylabel "longest of an interval [us]"
plot for [i = 0:variants - 1] chart . ".dat" index i using 1:3 \
	with linespoints linetype i + 1 pointsize 0.3 title columnheader(1)
unset multiplot
