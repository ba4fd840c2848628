#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# machines, and --machine.

load common

# A machine of one zone: machine NAME PAGES
machine() {
	printf '{"kmsim_machine": 1, "name": "%s", "zones": [{"name": "%s", "start_pfn": 0, "end_pfn": %s}]}' \
		"$1" "${3-Normal}" "$2" >"$1.json"
}

# pfn of the op with this seq
pfn() {
	awk -F, -v seq="$1" '$1 == seq { print $6 }' "$2"
}

@test "machines: lists those that ship, shows one as a machine file" {
	ends 0 machines
	for name in arm64-phone-4g tiny-256m x86_64-laptop-8g x86_64-server-64g; do
		[[ $output == *"$name "* ]]
		"$KMSIM" machines $name >shown.json
		"$KMSIM" machines ./shown.json | cmp - shown.json
	done
	ends 0 machines tiny-256m
	[[ $output == *'"present": 65403'* ]]
	wrong_use "no machine 'x'" machines x
	echo '{"kmsim_machine": 1, "name": "m"}' >bad.json
	refused bad.json machines bad.json
	ends 1 machines no-such.json
}

@test "--machine takes the place of the trace's zones" {
	TRACE_HEADER='{"kmsim_trace": 1, "page_size": 4096, "cpus": 1, "zones": [{"name": "Normal", "start_pfn": 0, "end_pfn": 4096}]}' \
		trace t.jsonl '{"op":"page_alloc","id":1,"order":10,"zone":"Normal"}'
	machine small 2048
	machine other 2048 Movable
	ends 0 replay t.jsonl --model pages,watermarks=off --ops header.csv
	[ "$(pfn 0 header.csv)" = 3072 ]
	ends 0 replay t.jsonl --model pages,watermarks=off --machine small.json --ops small.csv
	[ "$(pfn 0 small.csv)" = 1024 ]
	ends 0 whatif t.jsonl --models pages,watermarks=off --machine small.json --with-ops -o out
	[ "$(pfn 0 out/*/ops.csv)" = 1024 ]
	wrong_use "no machine 'x'" replay t.jsonl --model pages --machine x
	refused t.jsonl:2 replay t.jsonl --model pages --machine other.json
}

@test "--machine for a trace without zones" {
	TRACE_HEADER='{"kmsim_trace": 1, "page_size": 4096, "cpus": 1}' \
		trace t.jsonl '{"op":"page_alloc","id":1,"order":10,"zone":"Normal"}'
	machine small 2048
	refused t.jsonl:2 replay t.jsonl --model null
	ends 0 replay t.jsonl --model pages,watermarks=off --machine small.json --ops small.csv
	[ "$(pfn 0 small.csv)" = 1024 ]
}

@test "--machine and a packed trace: zones are found by name" {
	TRACE_HEADER='{"kmsim_trace": 1, "page_size": 4096, "cpus": 1, "zones": [{"name": "Normal", "start_pfn": 0, "end_pfn": 4096}]}' \
		trace t.jsonl '{"op":"page_alloc","id":1,"order":10,"zone":"Normal"}'
	"$KMSIM" convert t.jsonl -o t.kmt
	machine other 2048 Movable
	echo '{"kmsim_machine": 1, "name": "two", "zones": [{"name": "DMA", "start_pfn": 0, "end_pfn": 2048},
		{"name": "Normal", "start_pfn": 2048, "end_pfn": 8192}]}' >two.json
	ends 0 replay t.kmt --model pages,watermarks=off --machine two.json --ops two.csv
	[ "$(pfn 0 two.csv)" = 7168 ]
	refused t.kmt replay t.kmt --model pages --machine other.json
}

@test "a scenario names a machine, or several as an axis" {
	machine small 2048
	machine large 8192
	TRACE_HEADER='{"kmsim_trace": 1, "page_size": 4096, "cpus": 1, "zones": [{"name": "Normal", "start_pfn": 0, "end_pfn": 4096}]}' \
		trace t.jsonl '{"op":"page_alloc","id":1,"order":10}'
	echo '{"kmsim_scenario": 1, "name": "s", "question": "?", "trace": "t.jsonl", "model.watermarks": "off",
		"models": ["pages"], "matrix": {"machine": {"a": "small.json", "b": "large.json"}}}' >s.json
	ends 0 run s.json --dry-run
	[[ $output == *"machine ./small.json"* ]]
	ends 0 run s.json --with-ops -o out
	[ "$(cat out/*machine=a*/ops.csv | pfn 0 -)" = 1024 ]
	[ "$(cat out/*machine=b*/ops.csv | pfn 0 -)" = 7168 ]
}
