# SPDX-License-Identifier: GPL-2.0-or-later
# Free areas in the pools of the vmap nodes, by size, all nodes together. In the folder of this
# file:
#     gnuplot pools.gp
# pools.dat: a block a variant, which begins with its name; then time or number of ops, and the
# areas in pools of 1 page, of up to 2, 4, 8, … 256.

chart = "pools"
panel_each = 290
legend_rows = 3
load "style.gp"

# from small areas, dark, to large ones, light: the size can be read off the brightness, too
array shade[9] = ["#2b0a3d", "#4b0c6b", "#7a1f7a", "#a03070", "#c84a55", "#e2683e", "#f39a30", \
	"#f9d56e", "#fdf2c4"]
sizes = "1 2 3-4 5-8 9-16 17-32 33-64 65-128 129-256"

set multiplot layout variants, 1 title "Areas in the pools by their pages, stacked\n" . what \
	margins screen left, right, bottom, top - 22 / total spacing screen panel_gap
set key at screen 0.54, screen legend / total top center Left reverse horizontal maxcols auto maxrows 3 \
	samplen 2 width 2 noautotitle
set style fill solid noborder
set xrange [0:x_end]
stats chart . ".dat" using 10 nooutput
set yrange [0:STATS_max * 1.04] # one scale for all panels
set ylabel "areas"
do for [i = 0:variants - 1] {
	stats chart . ".dat" index i every ::0::0 using (name = stringcolumn(1), 1) nooutput
	set title name offset 0, -0.5
	if (i == variants - 1) { set xlabel x_title; set key on } else { set key off }
	plot for [k = 9:1:-1] chart . ".dat" index i every ::1 using 1:k + 1 \
		with fillsteps fillcolor rgb shade[k] title word(sizes, k) . (k == 1 ? " page" : " pages"), \
		for [k = 9:1:-1] chart . ".dat" index i every ::1 using 1:k + 1 \
		with steps linecolor rgb "#404040" linewidth 0.5 dashtype 1 notitle
}
unset multiplot
