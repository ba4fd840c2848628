# SPDX-License-Identifier: GPL-2.0-or-later
# How well a model foretells a recording, in the course of the run. In the folder of this file:
#     gnuplot fidelity.gp
# fidelity.dat: requests, addresses foretold since the row before [%]; a block a run.
# fidelity-course.dat: requests, lazy pages as recorded, in the model, areas in the model's pools.
# fidelity-marks.dat: requests, areas as recorded, in the model; purges, then shrinks.

chart = "fidelity"
height = 820
legend_rows = 5
load "style.gp"

set multiplot layout 3, 1 title "Addresses that the model foretold\n" . what \
	margins screen left, right, bottom, top spacing screen 48 / total
set xrange [0:x_end]
set yrange [0:105]
set ylabel "addresses foretold [%]"
set key at screen left, screen legend / total top left Left reverse vertical maxrows 5 samplen 6
plot for [i = 0:variants - 1] chart . ".dat" index i using 1:2 \
	with fsteps linetype i + 1 title columnheader(1)
set yrange [0:*]
set ylabel "lazy pages"
set key at screen 0.52, screen legend / total top left Left reverse vertical maxrows 5 samplen 6
plot "fidelity-course.dat" using 1:2 with lines linetype 3 title "lazy pages, recorded", \
	"" using 1:3 with lines linetype 4 title "lazy pages, model", \
	lazy_max with lines linetype 7 linewidth 1 title "limit"
set key off
set xlabel x_title
set ylabel "areas"
set key at screen left, screen (legend - 40) / total top left Left reverse vertical maxrows 5 samplen 6
plot "fidelity-course.dat" using 1:4 with lines linetype 6 title "in the pools, model", \
	"fidelity-marks.dat" index 0 using 1:2 with points linetype 1 title "purged, recorded", \
	"" index 1 using 1:2 with points linetype 2 title "pooled, as the shrinker found"
unset multiplot
