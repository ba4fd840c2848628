# SPDX-License-Identifier: GPL-2.0-or-later
# One run of compaction: where its two scanners stand. In the folder of this file:
#     gnuplot scanners.gp
# scanners.dat: a block a variant, which begins with its name and which run is shown; then pages
# scanned so far, pfn of the migrate scanner, pfn of the free scanner, first pfn of a stray.

chart = "scanners"
panel_each = 330
legend_rows = 3
load "style.gp"

set multiplot layout variants, 1 title \
	"Compaction: where its two scanners stand (the first run with strays, else the longest)\n" . what \
	margins screen left, right, bottom, top - 22 / total spacing screen panel_gap
set key at screen left, screen legend / total top left Left reverse vertical maxcols 1 \
	samplen 4
set ylabel "pfn"
set format y "0x%x"
set format x "%.0f"
do for [i = 0:variants - 1] {
	stats chart . ".dat" index i every ::0::0 using (name = stringcolumn(1), 1) nooutput
	stats chart . ".dat" index i every ::1::1 using (run = stringcolumn(1), 1) nooutput
	stats chart . ".dat" index i every ::2 using 2:3 nooutput
	low = STATS_min_x < STATS_min_y ? STATS_min_x : STATS_min_y
	high = STATS_max_x > STATS_max_y ? STATS_max_x : STATS_max_y
	set ytics 2 ** ceil(log((high - low) / 8 + 1) / log(2))
	set title name . ": " . run offset 0, -0.5
	if (i == variants - 1) { set xlabel "pages scanned by both"; set key on } else { set key off }
	plot chart . ".dat" index i every ::2 using 1:2 with lines linetype 1 \
			title "migrate scanner", \
		chart . ".dat" index i every ::2 using 1:3 with lines linetype 2 \
			title "free scanner", \
		chart . ".dat" index i every ::2 using 1:4 with points linetype 7 pointtype 2 \
			pointsize 1 title "stray: looked at or taken outside the block asked for"
}
unset multiplot
