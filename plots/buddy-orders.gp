# SPDX-License-Identifier: GPL-2.0-or-later
# Free memory by the order of its chunks, all zones together, in the course of the run. In the
# folder of this file:
#     gnuplot buddy-orders.gp
# buddy-orders.dat: a block a variant, which begins with its name; then time or number of ops, and
# for each order from 0 to 10 the MiB in free chunks up to that order.

chart = "buddy-orders"
panel_each = 290
legend_rows = 3
load "style.gp"

# from small chunks, dark, to large ones, light: the order can be read off the brightness, too
array shade[11] = ["#2b0a3d", "#4b0c6b", "#6d1a7a", "#8f2a76", "#b03a68", "#cd4d53", "#e2683e", \
	"#f08a2c", "#f7b13a", "#f9d56e", "#fdf2c4"]

set multiplot layout variants, 1 title "Free memory by the order of its chunks, stacked\n" . what \
	margins screen left, right, bottom, top - 22 / total spacing screen panel_gap
set key at screen 0.54, screen legend / total top center Left reverse horizontal maxcols auto maxrows 3 \
	samplen 2 width 2 noautotitle
set style fill solid noborder
set xrange [0:x_end]
stats chart . ".dat" using 12 nooutput
set yrange [0:STATS_max * 1.04] # one scale for all panels
set ylabel "free [MiB]"
do for [i = 0:variants - 1] {
	stats chart . ".dat" index i every ::0::0 using (name = stringcolumn(1), 1) nooutput
	set title name offset 0, -0.5
	if (i == variants - 1) { set xlabel x_title } else { set key off }
	if (i == variants - 1) { set key on }
	plot for [k = 10:0:-1] chart . ".dat" index i every ::1 using 1:k + 2 \
		with filledcurves x1 fillcolor rgb shade[k + 1] title sprintf("order %d", k), \
		chart . ".dat" index i every ::1 using 1:12 with lines linecolor rgb "#404040" \
		linewidth 1 dashtype 1 notitle
}
unset multiplot
