#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# import and whatif on real recordings, in all their forms.

load common

FS=$RECORDED/vmalloc-fs

# The ops of a trace but for the resolution of their times.
ops_of() {
	"$KMSIM" trace head -n 1000000 "$1" | sed '1d; s/,"t":[0-9]*//'
}

@test "import: tracefs text, trace-cmd report and trace.dat of one recording are the same ops" {
	for form in trace.txt.gz report.txt.gz trace.dat.zst; do
		ends 0 import "$FS/$form" --vmallocinfo "$FS/vmallocinfo.before.gz" -o $form.jsonl
		ops_of $form.jsonl >$form.ops
		cmp $form.ops trace.txt.gz.ops
		[[ $output == *"84  allocations written"*"76  frees written"*"1  frees without an allocation"* ]]
		[[ $output == *"263  live areas seeded"*"11  unpurged areas seeded"* ]]
		ends 0 trace validate $form.jsonl
		[ "$output" = "valid: 434 ops" ]
	done
}

@test "import: a folder, plain text, and standard input are the same as a file" {
	ends 0 import "$FS/trace.txt.gz" -o file.jsonl
	zcat "$FS/trace.txt.gz" >text
	ends 0 import text -o text.jsonl
	ends 0 import - -o stdin.jsonl <text
	ends 0 import - -o pipe.jsonl < <(cat "$FS/trace.txt.gz")
	ends 0 import - -o dat.jsonl < <(zstd -dcq "$FS/trace.dat.zst")
	for other in text stdin pipe; do
		cmp file.jsonl $other.jsonl
	done
	[ "$(ops_of dat.jsonl)" = "$(ops_of file.jsonl)" ]
	ends 0 import "$FS" -o folder.jsonl.gz
	[[ $output == *"263  live areas seeded"* ]]
	ends 0 trace validate folder.jsonl.gz
	[ "$output" = "valid: 434 ops" ]
	# a trace on standard output has the account beside it, not in it
	"$KMSIM" import text -o - 2>account | cmp - file.jsonl
	grep -q "84  allocations written" account
}

@test "import: what is no recording is refused and leaves nothing" {
	echo "no recording" >text
	refused text import text -o t.jsonl
	: >empty
	refused empty import empty -o t.jsonl
	# cut, as text compressed and as trace.dat
	head -c 2000 "$FS/trace.txt.gz" >cut.gz
	kmsim import cut.gz -o t.jsonl
	[ "$status" -eq 2 ]
	[[ $stderr =~ ^cut\.gz:[0-9]+:\ truncated ]]
	zstd -dcq "$FS/trace.dat.zst" | head -c 20000 >cut.dat
	refused cut.dat import cut.dat -o t.jsonl
	# events, but none that can be used
	zcat "$FS/trace.txt.gz" | sed 's/vmap_area/vmap_aera/' >other.txt
	refused other.txt import other.txt -o t.jsonl
	[[ $stderr == *"no usable event"* ]]
	# a trace is one already
	trace trace.jsonl '{"op":"shrink"}'
	wrong_use "a kmsim trace already" import trace.jsonl -o t.jsonl
	ends 1 import "$FS/trace.txt.gz" --vmallocinfo missing -o t.jsonl
	refused "$ROOT/README.md:1" import "$FS/trace.txt.gz" --vmallocinfo "$ROOT/README.md" -o t.jsonl
	refused "$ROOT/README.md:1" import "$RECORDED/mixed-6.1" --zoneinfo "$ROOT/README.md" -o t.jsonl
	refused "$ROOT/README.md:1" import "$RECORDED/mixed-6.1" --pagetypeinfo "$ROOT/README.md" -o t.jsonl
	wrong_use "--seed -1: expected a number" import "$FS/trace.txt.gz" --seed -1 -o t.jsonl
	[ ! -e t.jsonl ]
}

@test "whatif: import, both models, table, charts and result in one step" {
	ends 0 whatif "$FS" -o out
	[[ $output == *"84  allocations written"* ]]
	[[ $output == *"vmap-busylist"*"vmap-augtree"*change* ]]
	[[ $output =~ "same in model"\ +[0-9.]+\ %\ +[0-9.]+\ % ]]
	# as wide as a terminal
	[ "$(wc -L <<<"$output")" -le 80 ]
	[ "$(at variants/0/model out/result.json)" = vmap-busylist ]
	[ "$(at variants/1/model out/result.json)" = vmap-augtree ]
	for variant in 0 1; do
		[ "$(at variants/$variant/ops/vmap_alloc/ok out/result.json)" = 84 ]
		[ "$(at variants/$variant/ops/vmap_free/ok out/result.json)" = 76 ]
		[ "$(at variants/$variant/recorded/addresses out/result.json)" = 84 ]
		same=$(at variants/$variant/recorded/same_address out/result.json)
		[ "$same" -gt 0 ] && [ "$same" -le 84 ]
	done
	[ "$(at manifest/imports/0/allocs out/result.json)" = 84 ]
	for chart in latency-ccdf latency-over-time live-areas fragmentation address-map; do
		grep -q '<svg' out/plots/$chart.svg
	done
	[ "$(ls -A)" = out ]
}

@test "import and whatif: pages and compaction, with snapshots, in every form" {
	pages=$RECORDED/compact-direct-6.12
	for form in trace.dat trace.txt.gz report.txt.gz; do
		ends 0 import "$pages/$form" --zoneinfo "$pages/state/zoneinfo.before.gz" \
			--buddyinfo "$pages/state/buddyinfo.before" \
			--pagetypeinfo "$pages/state/pagetypeinfo.before" --seed 3 -o $form.jsonl
		[[ $output == *"236  page allocations written"*"100  page allocations that failed"* ]]
		ops_of $form.jsonl >$form.ops
		cmp $form.ops trace.dat.ops
	done
	ends 0 import "$pages" --seed 3 -o folder.jsonl
	cmp folder.jsonl trace.dat.jsonl
	ends 0 whatif "$pages" -o out --no-charts \
		--models pages,isolate_around=v5.1,pages,isolate_around=v5.2,pages,compaction=linear
	for variant in 0 1 2; do
		[ "$(at variants/$variant/ops/page_alloc/ok out/result.json)" -gt 0 ]
		[ "$(at variants/$variant/ops/compact/ok out/result.json)" = 2 ]
		[ "$(at variants/$variant/recorded/failures out/result.json)" = 100 ]
	done
	[ "$(at manifest/imports/0/page_requests_failed out/result.json)" = 100 ]
	# what only says what the machine did cannot be replayed
	zcat "$pages/trace.txt.gz" | grep -v "mm_page_alloc:\|order=-1" >own.txt
	refused own.txt import own.txt -o t.jsonl
}

@test "whatif: the share of recorded addresses is that of ops.csv" {
	ends 0 whatif "$FS" -o out --no-charts --with-ops --models vmap-augtree
	ends 0 import "$FS" -o t.jsonl
	tail -n +2 t.jsonl | grep vmap_alloc | sed 's/.*"addr":"\([^"]*\)".*/\1/' >recorded
	awk -F, '$4 == "vmap_alloc"' out/vmap-augtree/ops.csv | sort -t, -n -k1 | cut -d, -f6 >model
	[ "$(wc -l <model)" -eq 84 ]
	same=$(paste recorded model | awk '$1 == $2' | wc -l)
	[ "$(at variants/0/recorded/same_address out/result.json)" = "$same" ]
}

@test "whatif: what the machine did stands beside the models, without figures of time" {
	modules=$RECORDED/vmalloc-modules-6.12
	ends 0 whatif "$modules" -o out --with-ops --models recorded,vmap-augtree,vmap-nodes
	[[ $output == *"latency, mean"*" -  "*"same in model"*"100.00 %"* ]]
	[[ $output == *"purges"*" 153 "* ]]
	[ "$(at variants/0/priced out/result.json)" = false ]
	[ "$(at variants/1/priced out/result.json)" = true ]
	for path in ops/vmap_alloc/latency/mean_ns ops/vmap_alloc/steps_mean search/steps_max \
		totals/busy_ns work/tlb_flush/count; do
		[ "$(at variants/0/$path out/result.json)" = "" ]
		[ "$(at variants/1/$path out/result.json)" != "" ]
	done
	[ "$(at variants/0/recorded/same_address out/result.json)" = 2789 ]
	[ "$(at variants/0/ops/vmap_alloc/ok out/result.json)" = 2789 ]
	[[ $(at variants/0/totals/end_ns out/result.json) == 165* ]]
	[ "$(wc -l <out/recorded/latency.csv)" -eq 1 ]
	[ "$(wc -l <out/recorded/steps.csv)" -eq 1 ]
	[ -z "$(column latency_cycles out/recorded/ops.csv | tr -d '\n')" ]
	[ -z "$(column request_mean_cycles out/recorded/samples.csv | tr -d '\n')" ]
	# the addresses are the recording's, one by one
	ends 0 import "$modules" -o t.jsonl
	grep '"vmap_alloc"' t.jsonl | sed 's/.*"addr":"\([^"]*\)".*/\1/' >recorded
	awk -F, '$4 == "vmap_alloc"' out/recorded/ops.csv | sort -t, -n -k1 | cut -d, -f6 | cmp - recorded
	# it is in every chart of an address space, and in none of time
	for chart in live-areas fragmentation lazy-pages; do
		grep -q '^"recorded"$' out/plots/$chart.dat
	done
	grep -q recorded out/plots/run.gp
	grep -q '^"recorded (nothing to show)"$' out/plots/latency-over-time.dat
	[ -e out/vmap-nodes/pools.csv ]
	[ ! -e out/recorded/pools.csv ]
	grep -q '^"vmap-nodes"$' out/plots/pools.dat
}

@test "recorded: only for whatif, and only for what was recorded" {
	ends 0 import "$FS" -o t.jsonl
	wrong_use "only kmsim whatif has it" replay t.jsonl --model recorded
	ends 0 whatif t.jsonl --models recorded,null -o out --no-charts --order trace
	[ "$(at variants/0/recorded/same_address out/result.json)" = 84 ]
	[ "$(at variants/0/totals/end_ns out/result.json)" = "" ]
	trace made.jsonl '{"op":"vmap_alloc","id":1,"size":8192}'
	kmsim whatif made.jsonl --models recorded --no-charts -o new
	[ "$status" -eq 2 ]
	[[ $stderr == made.jsonl:*"no address was recorded"* ]]
	[ ! -e new ]
	trace made.jsonl '{"op":"page_alloc","id":1,"order":0}'
	kmsim whatif made.jsonl --models recorded --no-charts -o new
	[ "$status" -eq 2 ]
	[[ $stderr == made.jsonl:*"no pfn was recorded"* ]]
	trace made.jsonl '{"op":"map_ram","id":1,"pages":1}'
	kmsim whatif made.jsonl --models recorded --no-charts -o new
	[ "$status" -eq 2 ]
	[[ $stderr == *"recorded performs none of its kinds of op"* ]]
	# a recording without times says nothing of its length
	ends 0 whatif "$RECORDED/text-variants/clock-counter.txt.gz" --models recorded -o untimed \
		--no-charts
	[ "$(at variants/0/totals/end_ns untimed/result.json)" = "" ]
	[ "$(at variants/0/recorded/same_address_percent untimed/result.json)" = 100 ]
}

# figure NAME: the two figures of the table's line NAME in $output.
figure() {
	sed -n "s/^  $1  *\([^ ]*\)  *\([^ ]*\) .*/\1 \2/p" <<<"$output"
}

@test "whatif: of pages, what the recording tells stands beside the model, and nothing else" {
	ends 0 whatif "$RECORDED/perf-compaction" -o out --with-ops --models recorded,pages
	# figures of the recordings' README and of the import's account
	[[ $(figure "order-0 asked") == "3,339 3,339" ]]
	[[ $(figure "movable asked") == "3,331 3,331" ]]
	[[ $(figure "compaction runs") == "3 3" ]]
	[[ $(figure "migrate scanner") == "1,504,255 "* ]]
	[[ $(figure "free scanner") == "269,792 "* ]]
	[[ $(figure "  same in model") == "100.00 %" || $(figure "  same in model") == "100.00 "* ]]
	# no mm_page_alloc_extfrag, no snapshot of the end, no latency: not known
	[[ $(figure "unmovable blocks") == "- "* && $(figure "order-9 latency") == "- "* ]]
	[[ $output != *"extfrag events"* && $output != *$'\n'"    recorded "* ]]
	for path in tracepoints/mm_page_alloc_extfrag zones/all/end/free_pages \
		zones/all/start/mixed_blocks orders/9/latency/mean_ns compaction/stray_scans; do
		[ "$(at variants/0/$path out/result.json)" = "" ]
	done
	# its own files counted what was free before: buddyinfo's sum, not the draw's
	[ "$(at variants/0/zones/all/start/free_pages out/result.json)" = 4187878 ]
	[ "$(at variants/0/address_space/known out/result.json)" = false ]
	[ "$(wc -l <out/recorded/zones.csv)" -eq 4 ]
	# placements are the recording's, one by one
	ends 0 import "$RECORDED/perf-compaction" -o t.jsonl
	grep '"page_alloc"' t.jsonl | sed 's/.*"pfn":\([0-9]*\).*/\1/' >recorded
	awk -F, '$4 == "page_alloc"' out/recorded/ops.csv | sort -t, -n -k1 | cut -d, -f6 | cmp - recorded
	[ -z "$(awk -F, '$4 == "page_free" || $4 == "page_seed"' out/recorded/ops.csv | cut -d, -f6 | tr -d '\n')" ]
	# its scans, in every chart that it can be in
	[ "$(awk -F, '$4 == "migrate" { n += $7 } END { print n }' out/recorded/compaction.csv)" = 1504255 ]
	[ "$(cut -d, -f4 out/recorded/compaction.csv | sort -u | wc -l)" -eq 3 ]
	for chart in block-map scanners; do
		grep -q '^"recorded"$' out/plots/$chart.dat
	done
	grep -q '^"recorded: as the machine itself counted it' out/plots/buddy-orders.dat
	grep -q ' -2$' out/plots/block-map.dat
	# a frame is free, in use or never named: no more than there are
	awk -F, 'NR > 1 && $10 + $11 + $12 + $13 > 512 { exit 1 }' out/recorded/blocks.csv
	ends 0 zones out/recorded --format buddyinfo
	[[ $output == *"zone   Normal "* ]]
}

@test "recorded: the trace of an import has placements and sums; the machine is its own" {
	ends 0 import "$RECORDED/mixed-6.1" -o t.jsonl.zst
	ends 0 whatif t.jsonl.zst -o out --models recorded,pages --no-charts
	[[ $(figure "migrate scanner") == "7,011 "* && $(figure "compaction runs") == "- "* ]]
	[ "$(at variants/0/blocks/known out/result.json)" = false ]
	[ "$(at variants/0/zones/known out/result.json)" = false ]
	[ "$(at variants/0/compaction/known out/result.json)" = false ]
	[ ! -e out/recorded/zones.csv ]
	ends 0 whatif "$RECORDED/mixed-6.1" -o other --models recorded,pages --no-charts \
		--machine x86_64-laptop-8g
	[ "$(at variants/0/machine/zones/1/end_pfn other/result.json)" -le 131072 ]
	[ "$(at variants/1/machine/zones/1/end_pfn other/result.json)" -gt 131072 ]
	# what a model does is the same with and without it
	ends 0 whatif "$RECORDED/mixed-6.1" -o alone --models pages --no-charts
	ends 0 whatif "$RECORDED/mixed-6.1" -o beside --models recorded,pages --no-charts
	for file in alone/pages/*.csv; do
		cmp "$file" "beside/pages/${file##*/}"
	done
}

@test "whatif: every form, a trace, and standard input give the same figures" {
	ends 0 import "$FS/trace.txt.gz" -o t.jsonl
	ends 0 whatif t.jsonl -o trace --no-charts
	ends 0 whatif "$FS/trace.txt.gz" -o text --no-charts
	zcat "$FS/trace.txt.gz" >trace.txt
	ends 0 whatif - -o stdin --no-charts <trace.txt
	ends 0 whatif - -o pipe --no-charts < <(cat trace.txt)
	for other in text stdin pipe; do
		for file in samples.csv latency.csv steps.csv; do
			cmp trace/vmap-augtree/$file $other/vmap-augtree/$file
		done
	done
	ends 0 whatif "$RECORDED/perf-vmalloc/perf-script.txt.gz" -o perf --no-charts
	[ "$(at variants/1/ops/vmap_alloc/ok perf/result.json)" -gt 1000 ]
}

@test "whatif: parameters belong to the model before them; several recordings" {
	ends 0 whatif "$FS/trace.txt.gz" "$RECORDED/text-variants/default.txt.gz" -o out --no-charts \
		--models null,vmap-busylist,version=v4.20,lazy_max_pages=none,vmap-augtree
	[ "$(at variants/1/parameters/version out/result.json)" = v4.20 ]
	[ "$(at variants/1/lazy_max_pages out/result.json)" = none ] ||
		[ "$(at variants/1/lazy_max_pages out/result.json)" = 18446744073709551615 ]
	[ "$(at variants/2/lazy_max_pages out/result.json)" = 16384 ]
	[ "$(grep -c '"model"' out/result.json)" -eq 6 ]
}

@test "whatif without -o makes up a name that is free; -o that exists is refused first" {
	ends 0 whatif "$FS/trace.txt.gz" --models null --no-charts
	ends 0 whatif "$FS/trace.txt.gz" --models null --no-charts
	[ "$(ls -A | wc -l)" -eq 2 ]
	for dir in *; do
		[ "$(at variants/0/model "$dir/result.json")" = null ]
	done
	mkdir out
	wrong_use "--force" whatif "$FS/trace.txt.gz" --models null --no-charts -o out
}
