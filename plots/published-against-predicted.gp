# SPDX-License-Identifier: GPL-2.0-or-later
# Published measurements against what the simulator makes of them. In the folder of this file:
#     gnuplot published-against-predicted.gp
# published-against-predicted.dat: three blocks of times in seconds (check cells, fit cells, bounds),
# then three of ratios; each begins with its name. Published: median, lowest, highest; simulated:
# median, lowest, highest; the cell's name.

chart = "published-against-predicted"
height = 860
legend_rows = 3
load "style.gp"

kinds = 3
low_x = 0.085; high_x = 0.975; gap_x = 0.085; mid_x = (low_x + high_x) / 2
split = bottom + (top - bottom) * 0.38
set multiplot title "Published against predicted: on the line they are the same, in the band within 15 %\n" . what
set format xy "10^{%T}"
set termoption enhanced
set tics enhanced
set style fill solid 1.0 noborder
array shapes[3] = [7, 8, 2]   # filled circle, open triangle, cross: apart without colour
array words[2] = ["time [s]", "ratio of two times, or of two counts"]
# whole decades around what there is, before any axis is logarithmic
array least[2]
array most[2]
seen(x) = (low = x < low ? x : low, high = x > high ? x : high, 0)
do for [p = 0:1] {
	low = 1e300; high = 0
	do for [i = 0:kinds - 1] {
		stats chart . ".dat" index p * kinds + i every ::1 \
			using (strcol(2) eq "NaN" ? 0 : seen($2) + seen($3) + seen($5) + seen($6)) nooutput
	}
	least[p + 1] = high > 0 ? 10 ** floor(log10(low)) / 1.4 : 0.07
	most[p + 1] = high > 0 ? 10 ** ceil(log10(high)) * 1.4 : 14
	if (high == 0) {
		set label 1 "no such cell" center textcolor rgb "#606060" at screen \
			(p ? high_x - (high_x - mid_x) / 2 : (low_x + mid_x) / 2), screen split + (top - split) * 0.8
	}
}
set logscale xy
do for [p = 0:1] {
	set lmargin at screen (p ? mid_x + gap_x / 2 : low_x)
	set rmargin at screen (p ? high_x : mid_x - gap_x / 2)
	set xrange [least[p + 1]:most[p + 1]]
	set key off
	unset xlabel

	set tmargin at screen top
	set bmargin at screen split + 0.05
	set yrange [least[p + 1]:most[p + 1]]
	set ylabel "predicted " . (p ? "" : "[s]") offset 1, 0
	set format y "10^{%T}"
	plot "+" using 1:($1 * 0.85):($1 * 1.15) with filledcurves linecolor rgb "#d0d0d0" notitle, \
		x with lines linecolor rgb "#606060" linewidth 1 notitle, \
		for [i = 0:kinds - 1] chart . ".dat" index p * kinds + i every ::1 using 1:4:2:3:5:6 \
			with xyerrorbars linetype i + 1 dashtype 1 linewidth 1 pointtype shapes[i + 1] pointsize 0.7 notitle

	set tmargin at screen split - 0.015
	set bmargin at screen bottom
	set yrange [0.1:10]
	set ylabel "predicted / published" offset 1, 0
	set format y "%g"
	set ytics (0.1, 0.2, 0.5, 0.85, 1.15, 2, 5, 10)
	set xlabel "published " . words[p + 1] offset 0, 0.4
	if (p) { set key on }
	plot "+" using 1:(0.85):(1.15) with filledcurves linecolor rgb "#d0d0d0" notitle, \
		1 with lines linecolor rgb "#606060" linewidth 1 notitle, \
		for [i = 0:kinds - 1] chart . ".dat" index p * kinds + i every ::1 using 1:($4 / $1):($5 / $1):($6 / $1) \
			with yerrorbars linetype i + 1 dashtype 1 linewidth 1 pointtype shapes[i + 1] pointsize 0.7 notitle, \
		for [i = 0:kinds - 1] chart . ".dat" index i using (NaN):(NaN) \
			with points linetype i + 1 pointtype shapes[i + 1] pointsize 0.9 title columnheader(1)
	set ytics autofreq
}
unset multiplot
