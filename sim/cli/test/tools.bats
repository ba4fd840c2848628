#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# trace, synth, models, compare, plot.

load common

@test "trace info: what a trace is, in figures" {
	TRACE_HEADER='{"kmsim_trace": 1, "page_size": 4096, "cpus": 2, "vmap": {"vstart": "0x100000", "vend": "0x200000"}}' \
		trace t.jsonl '{"op":"vmap_seed","id":1,"addr":"0x100000","size":8192}' \
		'{"op":"vmap_alloc","id":2,"size":8192,"addr":"0x102000","t":0}' \
		'{"op":"vmap_alloc","id":3,"size":8192,"failed":true,"cpu":1,"t":5}' \
		'{"op":"vmap_free","id":1,"t":1500000007}'
	ends 0 trace info t.jsonl
	[[ $output == *"cpus "*" 2"$'\n'* ]]
	[[ $output == *"0x100000-0x200000"* ]]
	[[ $output =~ vmap_alloc\ +2 ]]
	[[ $output =~ vmap_seed\ +1 ]]
	[[ $output == *"1.500000007 s"* ]]
	[[ $output == *"3 ids, 24 KiB"* ]]
	[[ $output == *"at the end 2 ids"* ]]
	[[ $output == *"1 addresses, 1 failures"* ]]
	[[ $output =~ digest\ +[0-9a-f]{16} ]]
	from_file=$output
	ends 0 trace info - <t.jsonl
	[ "$output" = "$from_file" ]
}

@test "trace head: so many ops, as a trace again" {
	"$KMSIM" synth vmap_mix,ops=100 -o t.jsonl
	ends 0 trace head t.jsonl
	[ "${#lines[@]}" -eq 11 ]
	ends 0 trace head -n 3 - <t.jsonl
	[ "$output" = "$(head -4 t.jsonl)" ]
	ends 0 trace head -n 0 t.jsonl
	[ "${#lines[@]}" -eq 1 ]
	"$KMSIM" trace head -n 1000 t.jsonl | cmp - t.jsonl
}

@test "trace validate: says how many ops are good" {
	trace t.jsonl
	ends 0 trace validate t.jsonl
	[ "$output" = "valid: 0 ops" ]
	trace t.jsonl '{"op":"shrink"}'
	ends 0 trace validate - <t.jsonl
	[ "$output" = "valid: 1 ops" ]
}

@test "synth: the same seed gives the same bytes, another one others; every workload is valid" {
	for workload in vmap_mix,ops=500,cpus=3 test_vmalloc,mode=smoke,test_loop_count=5,test_repeat_count=1,long_busy_areas=50,full_fit_areas=50 \
		module_churn,steps=500 arm32_modules,steps=500; do
		ends 0 synth "$workload" -o a.jsonl
		ends 0 synth "$workload" --seed 1 -o b.jsonl
		ends 0 synth "$workload" --seed 2 -o c.jsonl.zst
		cmp a.jsonl b.jsonl
		[[ $workload == test_vmalloc* ]] || run ! cmp -s a.jsonl <(zstd -dcq c.jsonl.zst)
		ends 0 trace validate a.jsonl
		ends 0 trace validate c.jsonl.zst
		"$KMSIM" synth "$workload" -o - | cmp - a.jsonl
	done
	ends 0 synth --list
	for workload in test_vmalloc vmap_mix module_churn arm32_modules; do
		grep -q "^$workload$" <<<"$output"
	done
}

@test "models: every model with its parameters, defaults and units" {
	ends 0 models
	for model in null vmap-busylist vmap-augtree vmap-nodes skeleton; do
		grep -q "^$model$" <<<"$output"
	done
	ends 0 models pages
	[[ $output == *"    isolate_around=v5.1|"*", default by version"$'\n'* ]]
	ends 0 models vmap-augtree
	[[ $output == "vmap-augtree"*"lazy_max_pages="*"(pages)"* ]]
	[[ $output == *"check=none|propagate|lowest|all, default none"* ]]
	[[ $output != *busylist* ]]
}

@test "compare: columns are called by the limit of lazily freed pages if nothing else differs" {
	trace t.jsonl '{"op": "vmap_alloc", "id": 1, "size": 4096}' '{"op": "vmap_free", "id": 1}'
	for limit in 0 7; do
		echo '{"kmsim_scenario": 1, "name": "n", "question": "q", "trace": "t.jsonl", "models": ["vmap-augtree"],
			"matrix": {"lazy_max_pages": ['$limit']}}' >n.json
		ends 0 run n.json -o "$limit" --no-charts
	done
	ends 0 compare 0 7
	[[ $output == *"lazy_max_pages=0 lazy_max_pages=7"* ]]
}

@test "compare: results side by side, as whatif shows them" {
	"$KMSIM" synth vmap_mix,ops=2000 -o t.jsonl
	for model in null vmap-busylist vmap-augtree; do
		ends 0 replay t.jsonl --model $model -o $model --no-charts
	done
	ends 0 compare vmap-busylist vmap-augtree
	pair=$output
	[[ $pair == *"vmap-busylist"*"vmap-augtree"*"change"* ]]
	[[ $pair == *"latency, p99"* ]]
	ends 0 whatif t.jsonl -o both --no-charts
	grep "latency, p99 " <<<"$output" >of_whatif
	grep "latency, p99 " <<<"$pair" | cmp - of_whatif
	ends 0 compare null vmap-busylist vmap-augtree
	[ "$(wc -L <<<"$output")" -le 80 ]
}

@test "plot: charts again, from what the result holds" {
	"$KMSIM" synth vmap_mix,ops=2000 -o t.jsonl
	ends 0 whatif t.jsonl -o out
	ls out/plots >before
	rm -r out/plots
	ends 0 plot out
	ls out/plots | cmp - before
	grep -q '<svg' out/plots/latency-ccdf.svg
	ends 0 plot out --png
	[ "$(head -c 4 out/plots/latency-ccdf.png | tail -c 3)" = PNG ]
	# the scripts can be used by hand
	cd out/plots
	rm latency-ccdf.svg
	gnuplot latency-ccdf.gp
	grep -q '<svg' latency-ccdf.svg
}

@test "without gnuplot a run costs its pictures and nothing else" {
	trace t.jsonl '{"op":"vmap_alloc","id":1,"size":8192}'
	mkdir bin
	run --separate-stderr env PATH="$PWD/bin" "$KMSIM" replay t.jsonl --model vmap-augtree -o out
	[ "$status" -eq 0 ]
	[[ $stderr == *gnuplot* ]]
	[ "$(at variants/0/end/how out/result.json)" = complete ]
}
