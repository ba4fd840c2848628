# SPDX-License-Identifier: GPL-2.0-or-later
# The figures of a scenario against its first model. In the folder of this file:
#     gnuplot against-baseline.gp
# against-baseline.dat: a block a model, which begins with its name and that of the first model;
# then the row, the change in percent (median, lowest and highest over the seeds), what it is,
# and a remark.

chart = "against-baseline"
stats chart . ".dat" index 0 every ::2 using 1 nooutput
rows = STATS_max
stats chart . ".dat" using 1 nooutput
models = int(STATS_blocks)
height = 110 + (models > 1 ? 17 * models + 8 : 30) * rows # a remark each
load "style.gp"

# as much at the left as the longest name takes
longest = 0
stats chart . ".dat" index 0 every ::2 using (n = strlen(stringcolumn(5)), longest = n > longest ? n : longest, 1) nooutput
edge = 0.03 + longest * 0.0078

stats chart . ".dat" index 0 every ::1::1 using (base = stringcolumn(1), 1) nooutput
set label 1 "Change of the figures against " . base . "\n" . what at screen 0.5, screen 1 - 20 / total center
set label 2 "change [%], with several seeds median and range; the arrow is the better direction" \
	at screen 0.5, screen (legend + 16) / total center
set margins screen (edge < 0.2 ? 0.2 : edge > 0.6 ? 0.6 : edge), screen right, screen bottom, screen top
set yrange [0.4:rows + 0.6]
set xrange [*:*] noextend
set offsets graph 0.04, graph 0.04, 0, 0
set grid noxtics
set x2range [0:1] # of remarks, which stand at the left edge
set arrow from first 0, graph 0 to first 0, graph 1 nohead linecolor rgb "#000000" linewidth 1
step = variants > 1 ? 0.5 / (variants - 1) : 0
first = 0.25 * (variants > 1)
plot for [i = 0:variants - 1] chart . ".dat" index i every ::2 \
		using 2:($1 + first - step * i):3:4 \
		with xerrorbars linetype i + 1 dashtype 1 linewidth 1.5 pointsize 1 notitle, \
	chart . ".dat" index 0 every ::2 using (0):1:(0):yticlabel(5) with points pointtype -1 notitle, \
	for [i = 0:variants - 1] chart . ".dat" index i every ::2 \
		using (0.01):($1 + first - step * i):6 axes x2y1 with labels left \
		textcolor rgb "#606060" notitle, \
	for [i = 0:variants - 1] chart . ".dat" index i using (NaN):(NaN) \
		with points linetype i + 1 pointsize 1 title columnheader(1)
