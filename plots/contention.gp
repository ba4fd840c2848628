# SPDX-License-Identifier: GPL-2.0-or-later
# What several CPUs that ask at once get done, and how long they wait for locks. In the folder of this file:
#     gnuplot contention.gp
# contention.dat: a block a kernel, which begins with its name; then CPUs, million vmalloc and vfree a
# second as published, simulated (median, lowest, highest), waiting for locks [% of time].

chart = "contention"
height = 640
stats chart . ".dat" using 1 nooutput
legend_rows = 2 * int(STATS_blocks)
load "style.gp"

set multiplot layout 2, 1 title "Throughput and waiting against the number of CPUs\n" . what \
	margins screen left, right, bottom, top spacing screen 56 / total
set logscale x 2
set xrange [0.9:*]
set offsets graph 0, graph 0.04, 0, 0
set format x "%g"
set key off
set yrange [0:*]
set ylabel "vmalloc and vfree [million/s]"
plot for [i = 0:variants - 1] chart . ".dat" index i every ::1 using 1:3:4:5 \
		with yerrorbars linetype i + 1 dashtype 1 linewidth 1 pointtype -1 notitle, \
	for [i = 0:variants - 1] chart . ".dat" index i every ::1 using 1:3 \
		with linespoints linetype i + 1 pointsize 0.8 notitle, \
	for [i = 0:variants - 1] chart . ".dat" index i every ::1 using 1:2 \
		with points linecolor rgb "#000000" pointtype 4 + 2 * i pointsize 1.4 notitle
set key on
set yrange [0:100]
set xlabel "CPUs that run the test"
set ylabel "waiting for locks [% of their time]"
plot for [i = 0:variants - 1] chart . ".dat" index i every ::1 using 1:6 \
		with linespoints linetype i + 1 pointsize 0.8 notitle, \
	for [i = 0:variants - 1] chart . ".dat" index i using (NaN):(NaN) \
		with linespoints linetype i + 1 pointsize 0.8 title columnheader(1) . ", simulated", \
	for [i = 0:variants - 1] chart . ".dat" index i using (NaN):(NaN) \
		with points linecolor rgb "#000000" pointtype 4 + 2 * i pointsize 1.4 title columnheader(1) . ", published"
unset multiplot
