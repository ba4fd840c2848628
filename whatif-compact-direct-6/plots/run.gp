# SPDX-License-Identifier: GPL-2.0-or-later
# What differs from run to run; style.gp loads it.
what = 'compact-direct-6.12.trace.dat.jsonl, generic-x86_64'
x_title = 'simulated time [s]'
x_end = 12.148
map_base = '0x0'
map_mib = 0
map_titles = ''
