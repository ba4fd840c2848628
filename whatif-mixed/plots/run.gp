# SPDX-License-Identifier: GPL-2.0-or-later
# What differs from run to run; style.gp loads it.
what = 'mixed.trace.dat.jsonl, generic-x86_64'
x_title = 'simulated time [ms]'
x_end = 1151.48
map_base = '0x0'
map_mib = 0
map_titles = ''
