# SPDX-License-Identifier: GPL-2.0-or-later
# External fragmentation in the course of the run. In the folder of this file:
#     gnuplot fragmentation.gp
# fragmentation.dat: time or number of ops, fragmentation (1 - largest / total free) [%], free
# space outside the largest free block [MiB], freed but not purged yet [MiB].

chart = "fragmentation"
height = 880
load "style.gp"

set multiplot layout 3, 1 title "External fragmentation of the window\n" . what \
	margins screen left, right, bottom, top spacing screen 56 / total
set yrange [0:*]
set key off
set xrange [0:x_end]
set ylabel "1 - largest / total free [%]"
plot for [i = 0:variants - 1] chart . ".dat" index i using 1:2 \
	with steps linetype i + 1 title columnheader(1)
set ylabel "free outside the largest [MiB]"
plot for [i = 0:variants - 1] chart . ".dat" index i using 1:3 \
	with steps linetype i + 1 title columnheader(1)
set key on
set xlabel x_title
set ylabel "freed, not purged yet [MiB]"
plot for [i = 0:variants - 1] chart . ".dat" index i using 1:4 \
	with steps linetype i + 1 linewidth 1 title columnheader(1)
unset multiplot
