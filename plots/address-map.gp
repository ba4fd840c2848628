# SPDX-License-Identifier: GPL-2.0-or-later
# Where areas lie, in the course of the run. In the folder of this file:
#     gnuplot address-map.gp
# address-map.dat: a matrix a variant; its first row has the times, its first column the
# offsets [MiB], the rest the busy share in thousandths.

chart = "address-map"
panel_each = 290
load "style.gp"

set multiplot layout variants, 1 title "Map of the address space: white is free, black is busy\n" \
	. what margins screen left, right - 0.09, bottom, top - 32 / total spacing screen 84 / total
set palette defined (0 "white", 0.001 "#d0d0d0", 1 "black")
set cbrange [0:1000]
set cbtics ("free" 0, "half" 500, "busy" 1000)
unset grid
unset key
set ylabel "MiB above\n" . map_base offset -1.5, 0 # two lines, beside the tics
set xrange [0:x_end]
set yrange [0:map_mib]
do for [i = 0:variants - 1] {
	set title word(map_titles, i + 1)
	if (i == variants - 1) { set xlabel x_title }
	plot chart . ".dat" index i nonuniform matrix using 1:2:3 with image
}
unset multiplot
