#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Published against simulated, and prices fitted to what was published: kmsim accuracy, kmsim calibrate.

load common

# Small machines with few areas: runs of a moment. The cells' figures were made up.
cells() {
	cat >c.json <<-EOF
	{"kmsim_cells": 1, "title": "made up",
	 "runs": {
	  "a/tree": {"machine": "a", "profile": "generic-x86_64", "model": "vmap-augtree,work=vmalloc",
	   "workload": "test_vmalloc,mode=performance,boot=drawn,full_fit_areas=30,long_busy_areas=40",
	   "loops": 2000, "repeats": 2, "quick_loops": [100, 200]},
	  "b/list": {"machine": "b", "profile": "generic-x86_64", "model": "vmap-busylist,work=vmalloc",
	   "workload": "test_vmalloc,cpus=2,full_fit_areas=30,long_busy_areas=40",
	   "loops": 300, "repeats": 1, "quick_loops": [100, 200]},
	  "c/2": {"machine": "b", "profile": "generic-x86_64", "model": "vmap-augtree,work=vmalloc",
	   "workload": "test_vmalloc,cpus=4,nr_threads=2,nr_pages=1,run_test_mask=1",
	   "loops": 300, "repeats": 1, "quick_loops": [100, 200]}},
	 "cells": [
	  {"id": "a/tree/fix_size", "use": "fit", "run": "a/tree", "measure": "test_us", "test": "fix_size",
	   "published": [900, 1000], "source": "s"},
	  {"id": "a/tree/fix_align", "use": "fit", "run": "a/tree", "measure": "test_us", "test": "fix_align",
	   "published": [3000], "source": "s"},
	  {"id": "a/tree/random_size", "use": "fit", "run": "a/tree", "measure": "test_us", "test": "random_size",
	   "published": [9000], "source": "s"},
	  {"id": "b/list/wall", "use": "check", "run": "b/list", "measure": "wall_s", "published": [1000],
	   "source": "s", "note": "nothing is as slow"},
	  {"id": "b/ratio", "use": "check", "measure": "ratio", "of": ["b/list/wall", "a/tree/fix_size"],
	   "above": 1e9, "source": "s"},
	  {"id": "c/2", "use": "check", "run": "c/2", "measure": "pair_us", "test": "fix_size", "jobs": 2,
	   "published": [1], "source": "s"}],
	 "orderings": [{"of": ["a/tree/fix_size", "a/tree/fix_align"]}, {"of": ["b/list/wall", "c/2"]}],
	 "fits": {"generic-x86_64": {"cells": ["a/tree/fix_size", "a/tree/fix_align", "a/tree/random_size"],
	   "parameters": [["steps.call.cycles"], ["steps.page_zero.cycles"],
	                  ["steps.pcp_op.cycles", "steps.page_call.cycles"]]}}}
	EOF
}

@test "accuracy: every cell, those that miss with their note, the totals" {
	cells
	ends 0 accuracy --cells c.json --layouts 2 --json a.json -o out --no-charts
	[[ $output == *"b/list/wall"*MISS* ]]
	[[ $output == *"  b/list/wall: nothing is as slow"* ]]
	[[ $output == *"of 3 check cells within 15 %, 0 of 1 orderings right"* ]]
	[ "$(at totals/check_cells a.json)" = 3 ]
	[ "$(at totals/fit_cells a.json)" = 3 ]
	[ "$(at cells/0/published_median a.json)" = 950 ]
	[ "$(at effort/layouts a.json)" = 2 ]
	cmp a.json out/accuracy.json
	[[ $(cat out/accuracy.md) == "# Accuracy"*"| b/list/wall | check |"* ]]
	# only what is an earlier result is replaced
	wrong_use "exists already" accuracy --cells c.json --layouts 1 -o out
	ends 0 accuracy --cells c.json --layouts 1 -o out --force --no-charts
	[ "$(at effort/layouts out/accuracy.json)" = 1 ]
}

@test "accuracy: the same bytes, whatever the number of processes" {
	cells
	ends 0 accuracy --cells c.json --layouts 2 --json one.json --jobs 1
	text=$output
	ends 0 accuracy --cells c.json --layouts 2 --json three.json --jobs 3
	[ "$text" = "$output" ]
	cmp one.json three.json
	ends 0 accuracy --cells c.json --layouts 2 --json - --jobs 2
	[ "$output" = "$(cat one.json)" ]
}

@test "accuracy --answers: what was run is not run again, and the result is the same bytes" {
	cells
	ends 0 accuracy --cells c.json --layouts 2 --json whole.json
	ends 0 accuracy --cells c.json --layouts 1 --json part.json --answers kept
	n=$(ls kept | wc -l)
	[ "$n" -gt 0 ]
	ends 0 accuracy --cells c.json --layouts 2 --json pieces.json --answers kept
	cmp whole.json pieces.json
	[ "$(ls kept | wc -l)" = $((2 * n)) ]
	for file in kept/*; do touch -d 2001-01-01 "$file"; done
	ends 0 accuracy --cells c.json --layouts 2 --json again.json --answers kept
	cmp whole.json again.json
	[ -z "$(find kept -newermt 2002-01-01 -type f)" ]
	# another profile has answers of its own
	sed 's/"call": {"cycles": 250/"call": {"cycles": 5250/' "$ROOT/models/cpu/generic-x86_64.json" >slow.json
	ends 0 accuracy --cells c.json --layouts 1 --json slow1.json --answers kept --profile generic-x86_64=slow.json
	[ "$(ls kept | wc -l)" = $((3 * n)) ]
	run ! cmp -s slow1.json part.json
}

@test "accuracy --quick: says so, and comes near" {
	cells
	ends 0 accuracy --cells c.json --layouts 1 --json full.json
	ends 0 accuracy --cells c.json --layouts 1 --json quick.json --quick
	[[ $output == *"Quick: 1 boot layout (11 are asked for); each test run at two short lengths"* ]]
	grep -q '"quick": true' quick.json
	[ "$(at runs/0/loops quick.json)" = 100 ]
	awk "BEGIN { x = $(at cells/1/simulated/median quick.json) / $(at cells/1/simulated/median full.json);
		exit !(x > 0.8 && x < 1.2) }"
}

@test "accuracy: cells by name and by machine, with the runs that they need" {
	cells
	ends 0 accuracy --cells c.json --layouts 1 --cell 'a/*_size' --json a.json
	[ "$(at totals/fit_cells a.json)" = 2 ]
	[ "$(grep -c '"workload"' a.json)" = 1 ]
	# a ratio brings the runs of both its terms
	ends 0 accuracy --cells c.json --layouts 1 --cell b/ratio --json a.json
	[ "$(grep -c '"workload"' a.json)" = 2 ]
	ends 0 accuracy --cells c.json --layouts 1 --machine b --json a.json
	[ "$(at totals/check_cells a.json)" = 3 ]
	wrong_use "c.json has no cell x" accuracy --cells c.json --cell x
	wrong_use "c.json has no cell of the machine x" accuracy --cells c.json --machine x
}

@test "accuracy: another profile in place of the one that cells name" {
	cells
	sed 's/"call": {"cycles": 250/"call": {"cycles": 5250/' "$ROOT/models/cpu/generic-x86_64.json" >slow.json
	ends 0 accuracy --cells c.json --layouts 1 --cell a/tree/fix_size --json a.json
	ends 0 accuracy --cells c.json --layouts 1 --cell a/tree/fix_size --json b.json \
		--profile generic-x86_64=slow.json
	# two calls a loop, 5000 cycles at 3.4 GHz each, 2000 loops
	awk "BEGIN { d = $(at cells/0/simulated/median b.json) - $(at cells/0/simulated/median a.json);
		exit !(d > 5882 && d < 5883) }"
	wrong_use "expected NAME=FILE" accuracy --profile x
	wrong_use "--profile i5-3320m=slow.json: none of the runs is on i5-3320m" accuracy --cells c.json \
		--profile i5-3320m=slow.json
	refused c.json accuracy --cells c.json --profile generic-x86_64=c.json 2>/dev/null ||
		[[ $stderr == *"c.json"* && $status -eq 2 ]]
}

@test "accuracy: a figure that the run does not have is told from a run that was not made" {
	cells
	sed -i 's|"measure": "wall_s"|"measure": "figure", "path": "ops/vmap_alloc/countt"|' c.json
	ends 0 accuracy --cells c.json --layouts 1 --json a.json
	[ "$(at cells/3/status a.json)" = "no figure" ]
	[[ $output == *"b/list/wall, b/ratio: its run has no such figure"* ]]
}

@test "accuracy: charts as data, script and picture" {
	cells
	ends 0 accuracy --cells c.json --layouts 1 -o out
	[ -s out/plots/published-against-predicted.dat ]
	[ -s out/plots/contention.gp ]
	if command -v gnuplot; then
		[[ $(cat out/plots/published-against-predicted.svg) == *"predicted / published"* ]]
		[[ $(cat out/plots/contention.svg) == *"waiting for locks"* ]]
	fi
	# no cell over the number of CPUs: no such chart
	ends 0 accuracy --cells c.json --layouts 1 --machine a -o few
	[ ! -e few/plots/contention.dat ]
}

@test "accuracy: a machine without a profile is told, in cells of one's own a mistake" {
	cells
	sed -i 's/"machine": "a", "profile": "generic-x86_64"/"machine": "a", "profile": "pdp-11"/; /"fits"/,$d' c.json
	sed -i '$s/,$/}/' c.json
	wrong_use "c.json: runs.a/tree: no CPU profile 'pdp-11'" accuracy --cells c.json
	echo '{"kmsim_cells": 1}' >bad.json
	refused bad.json accuracy --cells bad.json
	echo '{' >bad.json
	refused bad.json:2 accuracy --cells bad.json
	ends 1 accuracy --cells none.json
}

@test "accuracy, calibrate: what cannot be done is said before anything is run" {
	cells
	sed -i 's/"loops": 2000/"loops": 1000000000/' c.json
	for n in 0 -1 1001; do
		wrong_use "expected 1 to 1000" accuracy --cells c.json --layouts $n
		wrong_use "expected 1 to 1000" calibrate generic-x86_64 --fit c.json --layouts $n
	done
	wrong_use "--jobs 0" accuracy --cells c.json --jobs 0
	wrong_use "usage: kmsim accuracy" accuracy --cells c.json one-too-many
	wrong_use "Unknown option --breakdown" accuracy --cells c.json --breakdown
	mkdir folder
	for name in folder no/where; do
		ends 1 accuracy --cells c.json --json $name
		ends 1 calibrate generic-x86_64 --fit c.json -o $name
	done
	[ "$(ls -A)" = "c.json
folder" ]
}

@test "accuracy: an interrupt leaves what was done as DIR.partial" {
	cells
	sed -i 's/"loops": 300/"loops": 100000000/' c.json
	"$KMSIM" accuracy --cells c.json --layouts 1 -o out --json a.json --no-charts --jobs 3 >text 2>messages 3>&- &
	pid=$!
	for ((i = 0; i < 100; i++)); do
		[ "$(pgrep -c -P $pid)" -lt 3 ] && [ $i -gt 5 ] && break
		sleep 0.1
	done
	kill -INT $pid
	status=0
	wait $pid || status=$?
	[ "$status" -eq 130 ]
	[ ! -e out ] && [ ! -e a.json ]
	grep -q '"interrupted": true' out.partial/accuracy.json
	[ "$(at cells/0/status out.partial/accuracy.json)" != "not run" ]
	[ "$(at cells/3/status out.partial/accuracy.json)" = "not run" ]
}

@test "calibrate: prices come out that make the cells, and a profile that says so" {
	cells
	ends 0 calibrate generic-x86_64 --fit c.json --layouts 1 -o new.json
	[[ $output == *"steps.pcp_op.cycles, steps.page_call.cycles"* ]]
	[[ $output == *"written: new.json"* ]]
	[ "$(at name new.json)" = generic-x86_64 ]
	[ "$(at steps/page_zero/source new.json)" = "fit to a/tree: fix_size, fix_align, random_size" ]
	# a profile like any other, on which the cells are met (one pass and two differ by little)
	ends 0 accuracy --cells c.json --layouts 1 --cell 'a/*' --profile generic-x86_64=new.json
	[[ $output == *"fit cells: 3 of 3 within 15 %"* ]]
	# what it is told to find out again is there already
	ends 0 calibrate ./new.json --fit c.json --layouts 1 -o again.json
	cmp new.json again.json
	# the same under another name
	ends 0 calibrate generic-x86_64 --fit c.json --layouts 1 --quick
	[[ $output != *"written"* ]]
}

@test "calibrate: fits that cannot be had are refused, and nothing is written" {
	cells
	sed 's/\["steps.pcp_op.cycles", "steps.page_call.cycles"\]/["steps.call.cycles"], ["lock.take_cycles"]/' c.json >many.json
	ends 2 calibrate generic-x86_64 --fit many.json --layouts 1 -o new.json
	[[ $stderr == *"under-determined: 4 parameters, and 3 cells"* ]]
	[ ! -e new.json ]
	sed 's/\["steps.pcp_op.cycles", "steps.page_call.cycles"\]/["steps.migrate_scan.cycles"]/' c.json >none.json
	ends 2 calibrate generic-x86_64 --fit none.json --layouts 1 -o new.json
	[[ $stderr == *"no cell depends on steps.migrate_scan.cycles"* ]]
	sed 's/steps.call.cycles/steps.calls.cycles/' c.json >wrong.json
	ends 2 calibrate generic-x86_64 --fit wrong.json --layouts 1 -o new.json
	[[ $stderr == *"steps.calls.cycles: is no figure of the profile"* ]]
	[ ! -e new.json ]
	# the source of the whole stands beside figures that are no prices
	sed 's/steps.call.cycles/clock_hz/' c.json >clock.json
	sed 's/^  "name"/  "source": "me", "name"/' "$ROOT/models/cpu/generic-x86_64.json" >p.json
	ends 2 calibrate generic-x86_64 --fit clock.json --layouts 1 -o new.json
	ends 2 calibrate ./p.json --fit clock.json --layouts 1 -o new.json
	[[ $stderr == "clock.json: clock_hz: is no figure of the profile"* ]]
	sed 's/steps.call.cycles/latency.random.points[0][1]/' c.json >curve.json
	ends 2 calibrate generic-x86_64 --fit curve.json --layouts 1 -o new.json
	[[ $stderr == "curve.json: prices that the fit would try make no profile: latency.random: point 1: "* ]]
	sed 's/"test_vmalloc,/"test_vmallox,/' c.json >other.json
	ends 2 calibrate generic-x86_64 --fit other.json --layouts 1 -o new.json
	[[ $stderr == *"other.json: a/tree 1: no workload 'test_vmallox'"* ]]
	[ ! -e new.json ]
	wrong_use "has no fit for the profile 'i5-3320m'" calibrate i5-3320m --fit c.json
	wrong_use "no CPU profile 'x'" calibrate x --fit c.json
	wrong_use "usage" calibrate
	wrong_use "expected 1 to 1000" calibrate generic-x86_64 --layouts 0
}
