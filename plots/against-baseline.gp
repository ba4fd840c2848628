# SPDX-License-Identifier: GPL-2.0-or-later
# The figures of a scenario against its first model. In the folder of this file:
#     gnuplot against-baseline.gp
# against-baseline.dat: a block a model, which begins with its name and that of the first model;
# then the row, the change in percent (median, lowest and highest over the seeds), and what it is.

chart = "against-baseline"
stats chart . ".dat" index 0 every ::2 using 1 nooutput
rows = STATS_max
height = 110 + 34 * rows
load "style.gp"

stats chart . ".dat" index 0 every ::1::1 using (base = stringcolumn(1), 1) nooutput
set title "Change against " . base . "; with several seeds the median and the range\n" . what
set xlabel "change [%]"
set margins screen 0.42, screen right, screen bottom, screen top
set yrange [0.4:rows + 0.6]
set offsets 0, 0, 0, 0
set xzeroaxis
set arrow from 0, graph 0 to 0, graph 1 nohead linecolor rgb "#000000" linewidth 1
step = variants > 1 ? 0.5 / (variants - 1) : 0
plot for [i = 0:variants - 1] chart . ".dat" index i every ::2 \
		using 2:($1 + 0.25 * (variants > 1) - step * i):3:4:yticlabel(5) \
		with xerrorbars linetype i + 1 dashtype 1 linewidth 1.5 pointsize 1 notitle, \
	for [i = 0:variants - 1] chart . ".dat" index i using (NaN):(NaN) \
		with points linetype i + 1 pointsize 1 title columnheader(1)
