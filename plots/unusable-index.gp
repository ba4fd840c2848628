# SPDX-License-Identifier: GPL-2.0-or-later
# Unusable free space index in the course of the run, all zones together. In the folder of this
# file:
#     gnuplot unusable-index.gp
# unusable-index.dat: a block a variant, which begins with its name; then time or number of ops,
# and for each order from 0 to 10 the share of free memory in chunks too small for it.

chart = "unusable-index"
panel_each = 270
legend_rows = 1
load "style.gp"

set multiplot layout variants, 1 title \
	"Unusable free space index: share of free memory in chunks too small for an order\n" . what \
	margins screen left, right, bottom, top - 22 / total spacing screen panel_gap
set key at screen 0.54, screen legend / total top center Left reverse horizontal maxcols auto maxrows 1 \
	samplen 4 width 2
set xrange [0:x_end]
stats chart . ".dat" using 11 nooutput # the highest order shown has the highest share
y_end = STATS_max > 0.5 ? 1.02 : STATS_max > 0.1 ? 0.51 : 0.102
set yrange [0:y_end]
set ylabel "unusable share"
orders = "1 3 5 7 9"
do for [i = 0:variants - 1] {
	stats chart . ".dat" index i every ::0::0 using (name = stringcolumn(1), 1) nooutput
	set title name offset 0, -0.5
	if (i == variants - 1) { set xlabel x_title; set key on } else { set key off }
	plot for [k = 1:words(orders)] chart . ".dat" index i every ::1 \
		using 1:int(word(orders, k)) + 2 \
		with lines linetype k title sprintf("order %s", word(orders, k))
}
unset multiplot
