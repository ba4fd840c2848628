# SPDX-License-Identifier: GPL-2.0-or-later
# Freed address space that waits for a purge. In the folder of this file:
#     gnuplot lazy-pages.gp
# lazy-pages.dat: a block a variant, which begins with its name and its number of purges; then time
# or number of ops, MiB freed and not purged, the limit above which a purge begins [MiB], and
# where a purge was since the line before: the height from which it fell, else NaN.

chart = "lazy-pages"
panel_each = 250
legend_rows = 3
load "style.gp"

set multiplot layout variants, 1 title "Freed, not purged yet, against the limit\n" . what \
	margins screen left, right, bottom, top - 22 / total spacing screen panel_gap
set key at screen left, screen legend / total top left Left reverse vertical maxcols 1 samplen 4
set style fill solid noborder
set xrange [0:x_end]
stats chart . ".dat" using 2 nooutput
highest = STATS_max
# a limit that nothing comes near is left out of the scale
stats chart . ".dat" using ($3 <= 4 * highest ? $3 : NaN) nooutput
if (STATS_records > 0 && STATS_max > highest) { highest = STATS_max }
set yrange [0:highest * 1.12] # one scale for all panels
set ylabel "waiting [MiB]"
do for [i = 0:variants - 1] {
	stats chart . ".dat" index i every ::0::0 using (name = stringcolumn(1), 1) nooutput
	stats chart . ".dat" index i every ::1::1 using (purges = stringcolumn(1), 1) nooutput
	set title name . ", " . purges offset 0, -0.5
	if (i == variants - 1) { set xlabel x_title; set key on } else { set key off }
	plot chart . ".dat" index i every ::2 using 1:2 with fillsteps fillcolor rgb "#bcd7ea" notitle, \
		chart . ".dat" index i every ::2 using 1:2 with steps linetype 1 linewidth 1 \
			title "freed, not purged yet", \
		chart . ".dat" index i every ::2 using 1:3 with lines linetype 2 \
			title "limit above which frees begin a purge", \
		chart . ".dat" index i every ::2 using 1:4 with points linecolor rgb "#000000" \
			pointtype 10 pointsize 0.7 linewidth 1 title "purge (one mark a sample)"
}
unset multiplot
