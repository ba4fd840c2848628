#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What a run of the page allocator leaves: CSV files, events, states as the kernel prints them, charts.

load common

PAGES='{"kmsim_trace": 1, "page_size": 4096, "cpus": 1, "zones": [{"name": "Normal", "start_pfn": 1048576, "end_pfn": 1056768}]}'

pages_trace() {
	TRACE_HEADER=$PAGES trace p.jsonl \
		'{"op":"page_seed","id":1,"pfn":1048576,"order":9,"mt":"unmovable"}' \
		'{"op":"page_alloc","id":2,"order":0,"mt":"movable"}' \
		'{"op":"mark","name":"half"}' \
		'{"op":"page_alloc","id":3,"order":9,"mt":"movable"}' \
		'{"op":"page_free","id":2}' \
		'{"op":"compact"}'
}

@test "zones as the kernel prints them, at any sampled time" {
	pages_trace
	ends 0 replay p.jsonl --model pages,pcp=off -o r --no-charts
	ends 0 zones r --at 0
	[ "$output" = "Node 0, zone   Normal      0      0      0      0      0      0      0      0      0      1      7 " ]
	ends 0 zones r/pages,pcp=off --at 0
	[[ $output == *" 1      7 " ]]
	ends 0 zones r --at 1
	[ "$output" = "Node 0, zone   Normal      1      1      1      1      1      1      1      1      1      0      7 " ]
	ends 0 zones r --at 0 --format unusable
	[ "$output" = "Node 0, zone   Normal 0.000 0.000 0.000 0.000 0.000 0.000 0.000 0.000 0.000 0.000 0.066 " ]
	ends 0 zones r --at 0 --format extfrag
	[[ $output == "Node 0, zone   Normal -1.000 -1.000 "* ]]
	ends 0 zones r --format pagetypeinfo
	[ "${lines[0]}" = "Page block order: 9" ]
	[[ $output == *"Number of blocks type     Unmovable      Movable  Reclaimable   HighAtomic      Isolate "* ]]
	wrong_use "--variant nobody" zones r --variant nobody
	wrong_use "--format fancy" zones r --format fancy
}

@test "what there is to read of zones, blocks and orders" {
	pages_trace
	ends 0 replay p.jsonl --model pages -o r --no-charts
	[ "$(cut -d, -f1 r/pages/blocks.csv | tail -n +2 | uniq -c | awk '{print $1, $2}' | xargs)" = "16 start 16 half 16 end" ]
	[ "$(at variants/0/orders/9/success_percent r/result.json)" = 100 ]
	[ "$(at variants/0/orders/high/count r/result.json)" = 1 ]
	[ "$(at variants/0/machine/zones/0/end_pfn r/result.json)" = 1056768 ]
	[ "$(at variants/0/zones/all/end/unmovable_blocks r/result.json)" = 1 ]
	[ -s r/pages/compaction.csv ]
	# an allocator of address space has none of it
	trace v.jsonl '{"op":"vmap_alloc","id":1,"size":8192}'
	ends 0 replay v.jsonl --model vmap-augtree -o v --no-charts
	[ ! -e v/vmap-augtree/zones.csv ]
	wrong_use "no zones" zones v
}

@test "events as tracefs text" {
	pages_trace
	ends 0 replay p.jsonl --model pages --events trace.txt
	[ "$(head -1 trace.txt)" = "# tracer: nop" ]
	[ "$(grep -c ': mm_page_alloc: ' trace.txt)" -eq 2 ]
	grep -q ': mm_page_free: page=ffffea0004[0-9a-f]* pfn=0x10[0-9a-f]* order=0$' trace.txt
}

@test "charts of pages" {
	command -v gnuplot >/dev/null || skip "gnuplot is not installed"
	pages_trace
	ends 0 replay p.jsonl --model pages -o r
	for chart in buddy-orders unusable-index block-map; do
		grep -q '</svg>' "r/plots/$chart.svg"
	done
	[ ! -e r/plots/address-map.svg ]
	[[ $stderr != *"left out"* ]]
}

@test "the map of pageblocks begins where memory is in use, and says how many variants it leaves out" {
	pages_trace
	ends 0 replay p.jsonl --model pages -o r
	[ "$(grep '^"' r/plots/block-map.dat | grep -v cells | xargs)" = "pages start pages end" ]
	grep -v page_seed p.jsonl >empty.jsonl
	sed -i 's/"order":0,"mt":"movable"/"order":10,"mt":"movable"/' empty.jsonl
	ends 0 whatif empty.jsonl --models "pages,pcp=off,pages,pcp=on" -o e
	# a block with one page in use, and a free one
	echo '{"op":"page_seed","id":9,"pfn":1048576,"order":0,"mt":"unmovable"}' | cat <(head -1 p.jsonl) - >one.jsonl
	echo '{"op":"page_alloc","id":2,"order":9,"mt":"movable"}' >>one.jsonl
	ends 0 replay one.jsonl --model pages -o one
	[ "$(sed -n '4,5p' one/plots/block-map.dat | cut -d" " -f3-5 | xargs)" = "230 241 248 255 255 255" ]
	[ "$(grep -c '^"half"$' e/plots/block-map.dat)" -eq 2 ]
	[ "$(grep -c '^"start"$' e/plots/block-map.dat)" -eq 0 ]
	[[ $stderr != *"first 6"* ]]
	ends 0 whatif empty.jsonl -o many --models \
		"pages,boost_factor=0,pages,boost_factor=1,pages,boost_factor=2,pages,boost_factor=3,pages,boost_factor=4,pages,boost_factor=5,pages,boost_factor=6"
	[[ $stderr == *"the first 6 of 7 variants"* ]]
	[ "$(grep -c '^"end"$' many/plots/block-map.dat)" -eq 6 ]
	# over a panel a name is cut, so that it fits
	settings=compaction=linear,kswapd=off,kcompactd=off,capture=off,boost_factor=0,min_free_kbytes=400
	settings=$settings,isolate_around=v5.1,skip_reset=v4.19,scan_limit=max,reclaim=off
	ends 0 whatif empty.jsonl -o long --models "pages,$settings,pages"
	grep -q '^"compaction=linear,.*…"$' long/plots/unusable-index.dat
	[ "$(grep '^"' long/plots/*-index.dat long/plots/block-map.dat | wc -L)" -lt 150 ]
}
