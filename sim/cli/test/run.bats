#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# run: scenarios with a matrix of variants; interrupts.

load common

# scenario KEYS: s.json with these members.
scenario() {
	echo "{\"kmsim_scenario\": 1, \"name\": \"n\", \"question\": \"What for?\", $1}" >s.json
}

@test "every variant of the matrix, in one result" {
	scenario '"workload": "vmap_mix,ops=500", "models": ["vmap-busylist", "vmap-augtree"],
		"matrix": {"cpus": [1, 3], "workload.live": [20, 50]}'
	ends 0 run s.json -o out --no-charts --with-ops --json r.json
	[[ $output == "What for?"* ]]
	cmp r.json out/result.json
	[ "$(at manifest/question r.json)" = "What for?" ]
	[ "$(at manifest/scenario_digest r.json)" = "$(sha256sum <s.json | cut -d' ' -f1)" ]
	for i in 0 1 2 3 4 5 6 7; do
		folder=out/$(at variants/$i/folder r.json)
		[ "$(wc -l <"$folder/ops.csv")" -gt 500 ]
		[ -s "$folder/samples.csv" ] && [ -s "$folder/latency.csv" ]
	done
	run ! at variants/8 r.json
	[ "$(at variants/3/cpus r.json)" = 3 ]
	[ "$(at variants/4/model r.json)" = vmap-augtree ]
	[ "$(find out -name ops.csv | wc -l)" -eq 8 ]
}

@test "a trace beside the scenario, a recording, settings over the header" {
	mkdir folder
	TRACE_HEADER=$SMALL trace folder/t.jsonl '{"op":"vmap_alloc","id":1,"size":4096}'
	scenario '"trace": "t.jsonl", "models": ["vmap-augtree", "vmap-augtree,vstart=0x190000"],
		"vstart": "0x180000", "lazy_max_pages": 5'
	mv s.json folder
	ends 0 run folder/s.json -o out --no-charts --with-ops
	[ "$(at variants/0/vstart out/result.json)" = 0x180000 ]
	[ "$(at variants/1/vstart out/result.json)" = 0x190000 ]
	[ "$(at variants/0/vend out/result.json)" = 0x200000 ]
	[ "$(at variants/0/lazy_max_pages out/result.json)" = 5 ]
	[ "$(column addr out/vmap-augtree/ops.csv)" = 0x180000 ]
	scenario "\"trace\": \"$RECORDED/vmalloc-fs/trace.txt.gz\", \"models\": [\"null\"]"
	ends 0 run s.json -o recorded --no-charts
	[ "$(at variants/0/ops/vmap_alloc/ok recorded/result.json)" = 84 ]
}

@test "--dry-run prints the plan and does nothing" {
	scenario '"workload": "vmap_mix", "models": ["null", "vmap-augtree"], "matrix": {"seed": [1, 2]}'
	ends 0 run --dry-run s.json
	[[ $output == *"What for?"* ]]
	[[ $output == *"4 variants"* ]]
	[[ $output == *"vmap-augtree,seed=2"* ]]
	[ "$(ls -A)" = s.json ]
}

@test "mistakes are found before anything is run" {
	long='"workload": "vmap_mix,ops=100000000", "models":'
	scenario "$long [\"null\", \"nil\"]"
	wrong_use "no model 'nil'" run s.json -o out
	scenario "$long [\"null\", \"vmap-augtree,chk=all\"]"
	wrong_use "chk" run s.json -o out
	scenario "$long [\"null\"], \"profile\": \"no-such\""
	kmsim run s.json -o out
	[ "$status" -eq 2 ]
	scenario "$long [\"vmap-augtree\"], \"matrix\": {\"model.check\": [\"none\", \"some\"]}"
	wrong_use "check=some" run s.json -o out
	mkdir out
	scenario "$long [\"null\"]"
	wrong_use "--force" run s.json -o out
}

# interrupted SIGNAL ARGUMENT…: start kmsim, and send the signal when it has worked for a while.
interrupted() {
	local signal=$1 pid
	shift
	timeout --foreground -s KILL 20 "$KMSIM" "$@" >stdout 2>stderr 3>&- &
	pid=$!
	sleep 0.4
	kill -"$signal" "$pid"
	status=0
	wait "$pid" || status=$?
	cat stdout stderr
}

@test "interrupted: status 130, what was done is in DIR.partial, and DIR is not there" {
	# a job in the background ignores SIGINT, unless it has a process group of its own
	set -m
	scenario '"workload": "vmap_mix,ops=1000000000,live=100", "models": ["vmap-augtree", "null"]'
	for signal in INT TERM; do
		interrupted $signal run s.json --jobs 1 -o out --json r.json --no-charts
		[ "$status" -eq 130 ]
		[ "$(ls -A)" = "$(printf '%s\n' out.partial s.json stderr stdout)" ]
		[ "$(at variants/0/end/how out.partial/result.json)" = interrupted ]
		[ "$(at variants/0/totals/ops out.partial/result.json)" -gt 0 ]
		run ! at variants/1 out.partial/result.json
		grep -q out.partial stderr
	done
}

@test "interrupted: generators, traces and replays leave nothing" {
	set -m
	interrupted INT synth vmap_mix,ops=1000000000 -o t.jsonl
	[ "$status" -eq 130 ]
	[ "$(ls -A)" = "$(printf '%s\n' stderr stdout)" ]
	mkfifo pipe
	{ "$KMSIM" synth vmap_mix,ops=1000000000 -o - >pipe 2>/dev/null 3>&- & }
	interrupted INT replay pipe --model null --ops ops.csv --json r.json
	[ "$status" -eq 130 ]
	[ "$(ls -A)" = "$(printf '%s\n' pipe stderr stdout)" ]
	wait
}

@test "interrupted while there is nothing to read" {
	set -m
	mkfifo pipe
	exec 9<>pipe
	interrupted INT trace info pipe
	[ "$status" -eq 130 ]
	interrupted INT whatif pipe --models null -o out
	[ "$status" -eq 130 ]
	interrupted INT import pipe -o t.jsonl
	[ "$status" -eq 130 ]
	[ "$(ls -A)" = "$(printf '%s\n' pipe stderr stdout)" ]
	TRACE_HEADER=$SMALL trace t.jsonl '{"op":"vmap_alloc","id":1,"size":8192}' \
		'{"op":"vmap_free","id":1}'
	cat t.jsonl >&9
	interrupted INT replay pipe --model null -o out --ops ops.csv --no-charts
	[ "$status" -eq 130 ]
	[ "$(ls -A)" = "$(printf '%s\n' out.partial pipe stderr stdout t.jsonl)" ]
	[ "$(at variants/0/ops/vmap_alloc/ok out.partial/result.json)" = 1 ]
}

@test "charts of many variants with long names: six panels, which is said, and names that are not cut" {
	cat >s.json <<-'END'
	{"kmsim_scenario": 1, "name": "s", "question": "Q?", "models": ["vmap-busylist", "vmap-augtree"],
	 "workload": "vmap_mix,live=10", "figures": ["vmap_alloc latency, p99.9"],
	 "matrix": {"workload.ops": {"a-name-that-is-as-long-as-some-are": 100, "b": 200, "c": 300, "d": 400}}}
	END
	ends 0 run s.json -o out
	[[ $stderr == *"charts of address spaces: panels for the first 6 of 8 variants"* ]]
	# two blank lines before each matrix but the first
	[ "$(grep -c '^$' out/plots/address-map.dat)" -eq 10 ]
	command -v gnuplot || skip "no gnuplot"
	# right-aligned, some 7 pixels a character
	label=$(grep -B1 'p99.9, ops=a-name-that-is' out/plots/against-baseline.svg)
	[[ $label =~ translate\(([0-9]+) ]]
	at=${BASH_REMATCH[1]}
	text=$(sed -n 's|.*<text>\(.*\)</text>.*|\1|p' <<<"$label")
	[ "$at" -gt $((7 * ${#text})) ]
}
