# SPDX-License-Identifier: GPL-2.0-or-later
# Where the time of an op goes: a bar a section (a test) or kind of op and variant. In the folder of this file:
#     gnuplot breakdown.gp
# breakdown.dat, five blocks: height of all bars, entries of the legend, bars left out, what bars are;
# the legend, a number and a name a line; pieces of bars, y, from, to [%], number; y, name, and time of an op of
# each bar; y and name of each group of bars. Numbers stand for the same in every result.

chart = "breakdown"
data = chart . ".dat"
stats data index 0 using (rows = $1, entries = int($2), left_out = int($3), of = strcol(4), 1) nooutput
numbers = ""
names = ""
stats data index 1 using (numbers = numbers . " " . strcol(1), names = names . ' "' . strcol(2) . '"', 1) nooutput
key_rows = (entries + 3) / 4
height = 130 + 24 * rows
legend_rows = key_rows
load "style.gp"

# Light beside dark, for black and white; the number is in every piece that has room for it.
array colour[16] = [0xBBBBBB, 0x6B6B6B, 0xD55E00, 0x0072B2, 0x7CC8F2, 0x00456B, 0xF0E442, 0x009E73, \
	0xA6E3D0, 0xCC79A7, 0x7A2E5D, 0xE69F00, 0x5B3A00, 0xFFCFAE, 0x000000, 0xFFFFFF]
is_dark(n) = strstrt(" 2 3 4 6 8 11 13 15 ", sprintf(" %d ", n)) > 0
thick = 0.4

set label sprintf("Where the time of an op goes, by %s%s\n%s", of, \
	left_out ? sprintf(" (%d more bars would not fit)", left_out) : "", what) \
	at screen 0.5, screen 1 - 28 / total center
set lmargin at screen 0.33
set rmargin at screen 0.9
set tmargin at screen top
set bmargin at screen bottom
set xrange [0:100]
set yrange [rows - 0.3:-0.7]
set xlabel "share of the time [%]; beside the bar: time of an op, the mean"
unset ytics
set border 1
set grid noy
set key at screen 0.02, screen legend / total top left Left reverse vertical maxcols 4 maxrows key_rows \
	samplen 2 width 1
set style fill solid border lc rgb "#404040"
plot for [i = 1:entries] data using (NaN):(NaN) with boxes dt 1 lw 0.5 lc rgb colour[int(word(numbers, i))] \
		title word(numbers, i) . "  " . word(names, i), \
	data index 2 using 2:1:2:3:($1 - thick):($1 + thick):(colour[int($4)]) with boxxyerror dt 1 lw 0.5 lc rgb variable notitle, \
	data index 2 using (($2 + $3) / 2):1:($3 - $2 >= 2.2 ? strcol(4) : ""):(is_dark(int($4)) ? 0xFFFFFF : 0) \
		with labels center textcolor rgb variable notitle, \
	data index 3 using (0):1:2 with labels right offset -0.7, 0 notitle, \
	data index 3 using (100):1:3 with labels left offset 0.7, 0 notitle, \
	data index 4 using (0):1:2 with labels left offset 0, 0 notitle
