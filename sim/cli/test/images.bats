#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Zone images: --image-out, --image, the scenario's key, and what is refused.

load common

ZONE='{"kmsim_trace": 1, "page_size": 4096, "cpus": 1, "zones": [{"name": "Normal", "start_pfn": 1048576, "end_pfn": 1056768}]}'
ALLOCS=('{"op":"page_alloc","id":1,"order":0,"mt":"movable"}'
	'{"op":"page_alloc","id":2,"order":3}'
	'{"op":"page_alloc","id":3,"order":9,"mt":"movable","thp":true}')
REST=('{"op":"page_free","id":2}'
	'{"op":"page_alloc","id":4,"order":3,"mt":"reclaimable"}'
	'{"op":"page_free","id":1}'
	'{"op":"page_alloc","id":5,"order":0,"mt":"movable"}')

pfns() {
	tail -n +2 "$1" | awk -F, '$4 != "page_seed" { print $4, $5, $6, $7 }'
}

@test "a run cut in two by an image takes the pages of one run" {
	TRACE_HEADER=$ZONE trace whole.jsonl "${ALLOCS[@]}" "${REST[@]}"
	TRACE_HEADER=$ZONE trace first.jsonl "${ALLOCS[@]}"
	ends 0 replay whole.jsonl --model pages --ops whole.csv --image-out whole.json
	ends 0 replay first.jsonl --model pages --ops first.csv --image-out half.json
	[ "$(at zones/0/name half.json)" = Normal ]
	mapfile -t seeds < <(awk -F, '$4 == "page_alloc" { print $5, $6 }' first.csv |
		while read -r id pfn; do
			order=(0 0 3 9) mt=(x movable unmovable movable)
			echo "{\"op\":\"page_seed\",\"id\":$id,\"pfn\":$pfn,\"order\":${order[id]},\"mt\":\"${mt[id]}\"}"
		done)
	TRACE_HEADER=$ZONE trace second.jsonl "${seeds[@]}" "${REST[@]}"
	ends 0 replay second.jsonl --model pages --image half.json --ops second.csv --image-out again.json
	[ "$(pfns whole.csv)" = "$(pfns first.csv; pfns second.csv)" ]
	cmp whole.json again.json
}

@test "read and written: the same bytes, compressed or not, and the zones are the image's" {
	TRACE_HEADER=$ZONE trace first.jsonl "${ALLOCS[@]}"
	trace nothing.jsonl '{"op":"mark","name":"nothing"}'
	TRACE_HEADER='{"kmsim_trace": 1, "page_size": 4096, "cpus": 1}' trace bare.jsonl '{"op":"mark","name":"nothing"}'
	ends 0 replay first.jsonl --model pages --image-out a.json.gz
	ends 0 replay bare.jsonl --model pages --image a.json.gz --image-out b.json
	cmp b.json <(gzip -dc a.json.gz)
	ends 0 replay bare.jsonl --model pages --image b.json --image-out b.json
	cmp b.json <(gzip -dc a.json.gz)
	# of two CPUs
	ends 2 replay nothing.jsonl --model pages --image b.json
	[[ $stderr == *"b.json: zone 'Normal': "*"lists of 1 CPUs, but there are 2"* ]]
}

@test "a scenario names an image beside it" {
	TRACE_HEADER=$ZONE trace first.jsonl "${ALLOCS[@]}"
	mkdir sub
	ends 0 replay first.jsonl --model pages --image-out sub/image.json
	TRACE_HEADER=$ZONE trace sub/next.jsonl '{"op":"page_alloc","id":1,"order":0,"mt":"movable"}'
	echo '{"kmsim_scenario": 1, "name": "on", "question": "Where?", "trace": "next.jsonl", "image": "image.json", "models": ["pages"]}' >sub/on.json
	ends 0 run sub/on.json -o out --with-ops --no-charts
	ends 0 replay sub/next.jsonl --model pages --image sub/image.json --ops direct.csv
	cmp direct.csv out/*/ops.csv
	ends 0 replay sub/next.jsonl --model pages --ops without.csv
	! cmp -s direct.csv without.csv
}

@test "an oops is a state, too" {
	ends 3 replay "$ROOT/traces/synthetic/published-fault.jsonl.gz" --model pages,isolate_around=v5.1 --image-out oops.json
	at zones oops.json | grep -q '"isolated"'
}

@test "refused, and nothing is left" {
	TRACE_HEADER=$ZONE trace first.jsonl "${ALLOCS[@]}"
	ends 0 replay first.jsonl --model pages --image-out good.json
	trace vmap.jsonl '{"op":"vmap_alloc","id":1,"size":4096}'
	ends 2 replay vmap.jsonl --model vmap-augtree --image-out x.json
	[[ $stderr == *"vmap-augtree has no zone images"* ]]
	ends 2 replay vmap.jsonl --model vmap-augtree --image good.json
	ends 1 replay first.jsonl --model pages --image nowhere.json --image-out x.json
	sed 's/"free_pages": /&1/' good.json >bad.json
	ends 2 replay first.jsonl --model pages --image bad.json --image-out x.json
	[[ $stderr == *"bad.json: zone 'Normal': field 'free_pages'"* ]]
	head -c 500 good.json >bad.json
	ends 2 replay first.jsonl --model pages --image bad.json --image-out x.json
	[[ $stderr == *"bad.json:"[0-9]*": "* ]]
	TRACE_HEADER=${ZONE/Normal/Other} trace other.jsonl "${ALLOCS[@]}"
	ends 2 replay other.jsonl --model pages --image good.json --image-out x.json
	[[ $stderr == *"good.json: its zones are not those of the trace"* ]]
	TRACE_HEADER=$ZONE trace seed.jsonl '{"op":"page_seed","id":1,"pfn":1048576,"order":0}' '{"op":"page_free","id":1}'
	ends 2 replay seed.jsonl --model pages --image good.json --image-out x.json
	[[ $stderr == *"seed.jsonl: the seed at pfn 1048576 "*"not allocated as "*" in the image"* ]]
	! ls x.json* 2>/dev/null
}

@test "a seed on an image says what it names: movable or not" {
	TRACE_HEADER=$ZONE trace first.jsonl "${ALLOCS[@]}"
	ends 0 replay first.jsonl --model pages --ops first.csv --image-out i.json
	pfn=$(awk -F, '$5 == 1 && $4 == "page_alloc" { print $6 }' first.csv)
	SEED="{\"op\":\"page_seed\",\"id\":1,\"pfn\":$pfn,\"order\":0"
	TRACE_HEADER=$ZONE trace next.jsonl "$SEED}" '{"op":"page_free","id":1}'
	ends 2 replay next.jsonl --model pages --image i.json
	[[ $stderr == *"pfn $pfn (order 0) is not allocated as unmovable or reclaimable in the image"* ]]
	TRACE_HEADER=$ZONE trace next.jsonl "$SEED,\"mt\":\"movable\"}" '{"op":"page_free","id":1}'
	ends 0 replay next.jsonl --model pages --image i.json
}
