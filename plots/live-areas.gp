# SPDX-License-Identifier: GPL-2.0-or-later
# Busy areas and free blocks in the course of the run. In the folder of this file:
#     gnuplot live-areas.gp
# live-areas.dat: time or number of ops, busy areas, free blocks.

chart = "live-areas"
height = 640
load "style.gp"

set multiplot layout 2, 1 title "Busy areas and free blocks in the course of the run\n" . what \
	margins screen left, right, bottom, top spacing screen 56 / total
set yrange [0:*]
set key off
set xrange [0:x_end]
set ylabel "busy areas, lazily freed included"
plot for [i = 0:variants - 1] chart . ".dat" index i using 1:2 \
	with steps linetype i + 1 title columnheader(1)
set key on
set xlabel x_title
set ylabel "free blocks in the window"
plot for [i = 0:variants - 1] chart . ".dat" index i using 1:3 \
	with steps linetype i + 1 title columnheader(1)
unset multiplot
