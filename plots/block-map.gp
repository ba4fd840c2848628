# SPDX-License-Identifier: GPL-2.0-or-later
# The pageblocks of a machine before and after the run. In the folder of this file:
#     gnuplot block-map.gp
# block-map.dat: two blocks a variant, before and after. Each begins with the variant's name, the
# moment, and what it shows; then a line a cell: column, row, red, green, blue, migratetype (0 unmovable, 1 movable, 2
# reclaimable, 3 highatomic, 4 isolate, -1 no memory; of a recorded machine 5 in use before the recording, which
# does not tell as what, -2 no event names it).

chart = "block-map"
panel_each = 200
# a recorded machine is not told of altogether
stats chart . ".dat" using 6 name "TYPE" nooutput
machine = TYPE_min < -1 || TYPE_max > 4
types_shown = machine ? 7 : 5
legend_rows = types_shown
load "style.gp"

set multiplot layout variants / 2, 2 title \
	"Pageblocks, pfns ascend from below: white is free, a full colour is full, grey is not there or boot's\n" . what \
	margins screen 0.05, 0.975, bottom, top - 38 / total spacing screen 0.04, screen 80 / total
set key at screen 0.05, screen legend / total top left Left reverse vertical maxcols 1 \
	samplen 1
set border 15 linecolor rgb "#a0a0a0"
unset tics
unset grid
types = "'movable' 'unmovable' 'reclaimable' 'highatomic' 'isolate' 'in use since before the recording' 'no event names it'"
types_number = "1 0 2 3 4 5 -2"
types_mark = "5 2 1 6 4 8 5"
types_colour = "#0072b2 #000000 #000000 #000000 #000000 #000000 #faf0cd"
types_note = "'blue' 'orange, x' 'green, +' 'pink, o' 'dark, box' 'amber, triangle' 'pale yellow'"
do for [i = 0:variants - 1] {
	stats chart . ".dat" index i every ::0::0 using (name = stringcolumn(1), 1) nooutput
	stats chart . ".dat" index i every ::1::1 using (moment = stringcolumn(1), 1) nooutput
	stats chart . ".dat" index i every ::2::2 using (zones = stringcolumn(1), 1) nooutput
	stats chart . ".dat" index i every ::3 using 1:2 nooutput
	set title moment offset 0, -0.6
	# over both panels of a variant
	if (i % 2 == 0) { set label 1 name at graph 1.047, graph 1 offset character 0, 1.8 center } \
		else { unset label 1 }
	set xlabel zones
	set xrange [-0.5:STATS_max_x + 0.5]
	set yrange [-0.5:STATS_max_y + 0.5]
	mark = 28.0 / (STATS_max_x + 1)
	if (i == variants - 1) { set key on } else { set key off }
	# A cell is many points of the picture: viewers blur the edge between two points.
	columns = int(STATS_max_x) + 1
	rows = int(STATS_max_y) + 1
	fine = int(ceil(192.0 / columns))
	array colour[columns * rows]
	stats chart . ".dat" index i every ::3 using \
		(colour[int($2) * columns + int($1) + 1] = 65536 * $3 + 256 * $4 + $5, 1) nooutput
	set samples columns * fine
	set isosamples rows * fine
	half = 0.5 / fine
	at(x, y) = int(colour[int(floor(y + 0.5)) * columns + int(floor(x + 0.5)) + 1])
	plot sample [u = -0.5 + half:columns - 0.5 - half] [v = -0.5 + half:rows - 0.5 - half] \
		"++" using 1:2:(at($1, $2) >> 16):(at($1, $2) >> 8 & 255):(at($1, $2) & 255) \
			with rgbimage notitle, \
		for [k = 2:(machine ? 6 : 5)] chart . ".dat" index i every ::3 \
			using 1:($6 == int(word(types_number, k)) ? $2 : NaN) with points \
			pointtype int(word(types_mark, k)) pointsize mark linewidth 1 \
			linecolor rgb word(types_colour, k) notitle, \
		for [k = 1:types_shown] keyentry with points pointtype (k == 1 ? 5 : int(word(types_mark, k))) \
			pointsize 1 linecolor rgb word(types_colour, k) \
			title word(types, k) . " (" . word(types_note, k) . ")"
}
unset multiplot
