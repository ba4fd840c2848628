# SPDX-License-Identifier: GPL-2.0-or-later
# The figures of a scenario over an axis of its matrix that is a number. In the folder of this file:
#     gnuplot figures-over-axis.gp
# figures-over-axis.dat: for each figure a block a curve, which begins with the names of the curve,
# of the figure and of the axis and the number of curves; then the value on the axis, and of
# the figure the median, the lowest and the highest value over the seeds.

chart = "figures-over-axis"
stats chart . ".dat" every ::3::3 index 0 using (curves = int(column(1)), 1) nooutput
stats chart . ".dat" using 1 nooutput
panels = int(STATS_blocks) / curves
height = 90 + 270 * panels
legend_rows = curves
load "style.gp"

set multiplot layout panels, 1 title \
	"The scenario's figures; with several seeds the median and the range\n" . what \
	margins screen left, right, bottom, top spacing screen 60 / total
set offsets graph 0.02, graph 0.02, graph 0.05, 0
array lowest[panels]
array highest[panels]
do for [p = 0:panels - 1] { # before any axis is logarithmic: what stats says would be logarithms
	stats chart . ".dat" index p * curves : p * curves + curves - 1 every ::4 using 3:4 nooutput
	lowest[p + 1] = STATS_min_x
	highest[p + 1] = STATS_max_y
}
stats chart . ".dat" index 0 every ::4 using 1 nooutput
if (STATS_min > 0 && STATS_max / STATS_min >= 16) { set logscale x 2; set format x "%g"; set xrange [*:*] noextend }
do for [p = 0:panels - 1] {
	stats chart . ".dat" index p * curves every ::1::1 using (figure = stringcolumn(1), 1) nooutput
	stats chart . ".dat" index p * curves every ::2::2 using (axis = stringcolumn(1), 1) nooutput
	set ylabel figure
	# where the highest value dwarfs the others, a linear axis shows nothing of these
	if (lowest[p + 1] > 0 && highest[p + 1] / lowest[p + 1] >= 30) {
		set logscale y 10; set yrange [lowest[p + 1] / 1.5:highest[p + 1] * 1.5]; set format y "%g" } \
	else { unset logscale y; set yrange [0:*]; set format y "%.12g" }
	if (p == panels - 1) { set xlabel axis; set key on } else { set key off }
	plot for [i = 0:curves - 1] chart . ".dat" index p * curves + i every ::4 using 1:2:3:4 \
			with yerrorbars linetype i + 1 dashtype 1 linewidth 1 pointtype -1 notitle, \
		for [i = 0:curves - 1] chart . ".dat" index p * curves + i every ::4 using 1:2:xticlabel(strcol(1)) \
			with linespoints linetype i + 1 pointsize 0.9 notitle, \
		for [i = 0:curves - 1] chart . ".dat" index p * curves + i using (NaN):(NaN) \
			with linespoints linetype i + 1 pointsize 0.9 title columnheader(1)
}
unset multiplot
