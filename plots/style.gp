# SPDX-License-Identifier: GPL-2.0-or-later
# The look that all charts share. A chart's script sets `chart` (its name) and
# `height` (pixels, or `panel_each` for a panel a variant) and loads this. `gnuplot -e png=1 NAME.gp` makes a PNG instead of an SVG.

load "run.gp" # what differs from run to run: titles and units

# A data file has one block a variant, which begins with the variant's name in quotes.
stats chart . ".dat" using 1 nooutput
variants = int(STATS_blocks)

if (exists("panel_each")) height = 90 + panel_each * variants

# Below the panels: the axis and its title, then the legend, a line a variant.
if (!exists("legend_rows")) legend_rows = exists("panel_each") ? 0 : variants
legend = 20.0 * legend_rows + 8
total = height + legend
bottom = (legend + 64) / total
top = 1 - 66 / total
panel_gap = 80 / total # for the tics of one panel, and the title of the next
left = 0.12
right = 0.965

if (!exists("png")) png = 0
if (png) {
	set terminal pngcairo size 960, total font "Sans,10" noenhanced background "white"
} else {
	set terminal svg size 960, total font "Sans,13" noenhanced background "white"
}
set output chart . (png ? ".png" : ".svg")

# Colours of Okabe and Ito, which colour-blind people tell apart; dashes and points, for
# black and white.
set linetype 1 lc rgb "#0072B2" lw 2 dt 1               pt 7
set linetype 2 lc rgb "#D55E00" lw 2 dt (12, 4)         pt 8
set linetype 3 lc rgb "#009E73" lw 2 dt (3, 3)          pt 5
set linetype 4 lc rgb "#CC79A7" lw 2 dt (12, 3, 3, 3)   pt 10
set linetype 5 lc rgb "#E69F00" lw 2 dt (20, 6)         pt 13
set linetype 6 lc rgb "#56B4E9" lw 2 dt (6, 6)          pt 9
set linetype 7 lc rgb "#000000" lw 2 dt (12, 3, 3, 3, 3, 3) pt 4
# the same, thin and with other dashes, where there are more
set linetype 8 lc rgb "#0072B2" lw 1 dt (12, 4) pt 6
set linetype 9 lc rgb "#D55E00" lw 1 dt (3, 3) pt 4
set linetype 10 lc rgb "#009E73" lw 1 dt (12, 3, 3, 3) pt 8
set linetype 11 lc rgb "#CC79A7" lw 1 dt (20, 6) pt 10
set linetype 12 lc rgb "#E69F00" lw 1 dt (6, 6) pt 12
set linetype 13 lc rgb "#56B4E9" lw 1 dt 1 pt 1
set linetype 14 lc rgb "#000000" lw 1 dt (3, 8) pt 2
set linetype cycle 14

set grid lc rgb "#d8d8d8" lw 1 dt 1
set border 3 lc rgb "#606060"
set tics nomirror out
set format xy "%.12g" # 1000000 rather than 1e+06
set key at screen left, screen legend / total top left Left reverse vertical maxcols 1 samplen 6
set xlabel offset 0, 0.4
