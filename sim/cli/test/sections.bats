#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Sections between marks, boots before them, and what test_vmalloc itself would report.

load common

QUICK=test_loop_count=20,full_fit_areas=30,long_busy_areas=40

# scenario WORKLOAD [KEYS]: s.json.
scenario() {
	echo "{\"kmsim_scenario\": 1, \"name\": \"n\", \"question\": \"?\", \"workload\": \"$1\"${2:+, $2},
		\"models\": [\"vmap-busylist\", \"vmap-augtree\"]}" >s.json
}

@test "time between marks of each CPU, in result.json, as CSV and as a table" {
	trace t.jsonl '{"op":"mark","name":"a:b:start"}' '{"op":"vmap_alloc","id":1,"size":8192}' \
		'{"op":"mark","cpu":1,"name":"a:b:start"}' '{"op":"vmap_free","id":1,"cpu":1}' \
		'{"op":"mark","name":"a:b:done"}' '{"op":"mark","name":"nothing"}'
	ends 0 replay t.jsonl --model vmap-augtree --order trace -o out --no-charts --ops ops.csv
	s=variants/0/sections
	[ "$(at $s/left_out out/result.json)" = 0 ]
	[ "$(at $s/list/0/name out/result.json)" = a:b ]
	[ "$(at $s/list/0/runs out/result.json)" = 1 ]
	[ "$(at $s/list/0/ends/done out/result.json)" = 1 ]
	[ "$(at $s/list/0/ops out/result.json)" = 1 ]
	[ "$(at $s/list/1/cpu out/result.json)" = 1 ]
	[ "$(at $s/list/1/runs out/result.json)" = 0 ]
	# from the end of the first mark to the beginning of the second
	first=$(awk -F, '$4 == "mark" { print $2 + $8; exit }' ops.csv)
	last=$(awk -F, '$4 == "mark" { n++ } n == 3 { print $2; exit }' ops.csv)
	[ "$(at $s/list/0/total_cycles out/result.json)" = $((last - first)) ]
	[ "$(column ends out/vmap-augtree/sections.csv | head -1)" = "done=1" ]
	[ ! -e out/vmap-augtree/test_vmalloc.txt ]
	ends 0 sections out
	[[ ${lines[1]} == "a:b "*"done 1"* ]]
	[[ ${lines[2]} == "a:b "*" - "* ]]
	ends 0 sections out --format csv
	[ "$output" = "$(cat out/vmap-augtree/sections.csv)" ]
	wrong_use "is no run of test_vmalloc" sections out --format module
	wrong_use "expected table, csv or module" sections out --format x
	wrong_use "no such variant" sections out --variant x
}

@test "no marks: no sections, no file" {
	scenario vmap_mix,ops=100
	ends 0 run s.json -o out --no-charts
	[ "$(at variants/0/sections/left_out out/result.json)" = 0 ]
	[ ! -e out/vmap-augtree/sections.csv ]
	wrong_use "begin a section" sections out
}

@test "test_vmalloc's own report: one CPU, in order, three times" {
	scenario "test_vmalloc,mode=performance,$QUICK"
	ends 0 run s.json -o out --no-charts
	f=out/vmap-augtree/test_vmalloc.txt
	[ "$(wc -l <$f)" -eq 9 ]
	[ "$(cut -d' ' -f2 $f | head -8 | tr '\n' ' ')" = "fix_size_alloc_test full_fit_alloc_test \
long_busy_list_alloc_test random_size_alloc_test fix_align_alloc_test random_size_align_alloc_test \
align_shift_alloc_test pcpu_alloc_test " ]
	head -8 $f | grep -v align_shift | while read -r line; do
		[[ $line =~ ^Summary:\ [a-z_]+\ passed:\ 3\ failed:\ 0\ repeat:\ 3\ loops:\ 20\ avg:\ [0-9]+\ usec$ ]]
	done
	grep -qx 'Summary: align_shift_alloc_test passed: 0 failed: 3 repeat: 3 loops: 20 avg: [0-9]* usec' $f
	# integer divisions: microseconds of all runs first
	hz=$(at variants/1/clock_hz out/result.json)
	total=$(at variants/1/sections/list/2/total_cycles out/result.json)
	[ "$(at variants/1/sections/list/2/name out/result.json)" = test:long_busy_list ]
	grep -q "long_busy_list.* avg: $((total * 1000000 / hz / 3)) usec" $f
	# from the first mark to the last
	first=$(at variants/1/sections/list/0/first_start_cycles out/result.json)
	last=$(at variants/1/sections/list/7/last_end_cycles out/result.json)
	[ "$(tail -1 $f)" = "All test took CPU0=$((last - first)) cycles" ]
	ends 0 sections out --variant vmap-augtree --format module
	[ "$output" = "$(cat $f)" ]
	ends 0 sections out
	[[ $output == *"# vmap-busylist"*"# vmap-augtree"* ]]
}

@test "cycles of the report are those of the profile's timer" {
	sed 's/"clock_hz": [0-9]*,/&\n"timer_hz": 1920000,/' "$ROOT/models/cpu/generic-x86_64.json" >slow.json
	scenario "test_vmalloc,mode=performance,$QUICK" '"profile": "./slow.json"'
	ends 0 run s.json -o out --no-charts
	[ "$(at variants/0/timer_hz out/result.json)" = 1920000 ]
	hz=$(at variants/0/clock_hz out/result.json)
	first=$(at variants/0/sections/list/0/first_start_cycles out/result.json)
	last=$(at variants/0/sections/list/7/last_end_cycles out/result.json)
	[ "$(tail -1 out/vmap-busylist/test_vmalloc.txt)" = \
		"All test took CPU0=$(((last - first) * 1920000 / hz)) cycles" ]
}

@test "several CPUs, shuffled: a report of each, in the order of the table; a mask" {
	scenario "test_vmalloc,mode=stress,test_repeat_count=2,run_test_mask=73,cpus=3,$QUICK"
	ends 0 run s.json -o out --no-charts
	f=out/vmap-busylist/test_vmalloc.txt
	[ "$(wc -l <$f)" -eq 12 ]
	[ "$(grep -c 'All test took CPU[012]=[0-9]* cycles' $f)" -eq 3 ]
	for i in 0 1 2; do
		[ "$(sed -n "$((4 * i + 1)),$((4 * i + 3))p" $f | cut -d' ' -f2 | tr '\n' ' ')" = \
			"fix_size_alloc_test random_size_alloc_test align_shift_alloc_test " ]
	done
	! grep -v 'All test' $f | grep -qv 'repeat: 2 loops: 20'
}

@test "a drawn boot: before all tests, differs by seed, is not counted" {
	scenario "test_vmalloc,mode=stress,test_repeat_count=1,cpus=3,boot=drawn,$QUICK" \
		'"matrix": {"seed": [1, 2]}'
	ends 0 run s.json -o out --no-charts --with-ops
	for folder in out/*/; do
		awk -F, '$4 == "mark" { n++ } n >= 2 { exit } NR > 1 && $3 != 0 { exit 1 }' "$folder/ops.csv"
		[ "$(awk -F, '$4 == "mark"' "$folder/ops.csv" | wc -l)" -eq $((2 + 3 * 8 * 2)) ]
	done
	[ "$(at variants/0/sections/list/0/name out/result.json)" = boot ]
	[ "$(at variants/0/ops_digest out/result.json)" != "$(at variants/1/ops_digest out/result.json)" ]
	end=$(at variants/0/sections/list/0/last_end_cycles out/result.json)
	for i in 1 9 17; do
		[ "$(at variants/0/sections/list/$i/first_start_cycles out/result.json)" -ge "$end" ]
	done
	! grep -rq boot out/*/test_vmalloc.txt
	cp -r out before
	ends 0 run s.json -o out --force --no-charts --with-ops
	diff -r before out
}

@test "recorded boots, a file, and none" {
	scenario "test_vmalloc,mode=performance,$QUICK" \
		'"matrix": {"workload.boot": ["none", "initrd-6.12-2cpu", "guest-6.18-2cpu", "./info"]}'
	printf '0xffffc90000000000-0xffffc90000003000   12288 x vmalloc\n' | gzip >info
	ends 0 run s.json -o out --no-charts
	seeds=
	for i in 0 1 2 3; do
		seeds+="$(at variants/$i/ops/vmap_seed/ok out/result.json) "
		[ "$(at variants/$i/end/how out/result.json)" = complete ]
	done
	[[ "$seeds" == "0 87 274 1 " ]]
	ends 0 synth test_vmalloc,boot=./info,$QUICK -o t.jsonl
	ends 0 replay t.jsonl --model vmap-nodes
	wrong_use "no such boot" synth test_vmalloc,boot=nope -o t2.jsonl
	echo nonsense >>bad
	ends 2 synth test_vmalloc,boot=./bad -o t2.jsonl
	[ ! -e t2.jsonl ]
}
