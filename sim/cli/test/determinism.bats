#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Same inputs, same bytes: run twice, and by a program built without optimisation.

load common

KMSIM_O0=${KMSIM_O0:-$ROOT/build/O0/kmsim}

# same ARGUMENT…: kmsim leaves the same CSV and JSON files however often it runs, however it was built.
same() {
	rm -rf first second other
	[ -x "$KMSIM_O0" ] || skip "build/O0/kmsim is not there: make second"
	"$KMSIM" "$@" -o first >first.txt
	# the folder's size, time and umask have no part in it
	(umask 077 && TZ=Asia/Tokyo LC_ALL=C MALLOC_PERTURB_=85 "$KMSIM" "$@" -o second >/dev/null)
	"$KMSIM_O0" "$@" -o other >other.txt
	for dir in second other; do
		diff -r first $dir
	done
	diff <(grep -v ^result: first.txt) <(grep -v ^result: other.txt)
	[ "$(find first -name '*.csv' | wc -l)" -ge "$files" ]
}

@test "a random mix on four CPUs, closed loop" {
	echo '{"kmsim_scenario": 1, "name": "n", "question": "q", "workload": "vmap_mix,ops=20000,live=500,page_align=20,stack_align=10,module_share=10",
		"models": ["vmap-busylist", "vmap-augtree,check=propagate", "null"], "cpus": 4}' >s.json
	files=9 same run s.json --no-charts --with-ops
	# the CPUs did get in each other's way
	[ "$(at variants/0/totals/lock_wait_cycles first/result.json)" -gt 0 ]
}

@test "the kernel's vmalloc benchmark on four CPUs" {
	echo '{"kmsim_scenario": 1, "name": "n", "question": "q", "workload": "test_vmalloc,test_loop_count=20,long_busy_areas=100,full_fit_areas=100",
		"models": ["vmap-busylist", "vmap-augtree"], "cpus": 4}' >s.json
	files=6 same run s.json --no-charts --with-ops
}

@test "pages on four CPUs, with background tasks, compaction and reclaim" {
	echo '{"kmsim_scenario": 1, "name": "n", "question": "q",
		"workload": "mixed_server,cpus=4,memory=64,thp_min_free=n,ops=20000",
		"models": ["pages", "pages,compaction=linear"], "cpus": 4}' >s.json
	files=12 same run s.json --no-charts --with-ops
	[ "$(at variants/0/totals/lock_wait_cycles first/result.json)" -gt 0 ]
	[ "$(at variants/0/background/kswapd/runs first/result.json)" -gt 0 ]
}

@test "a recording, open loop, in both orders" {
	for order in time trace; do
		files=6 same whatif "$RECORDED/vmalloc-fs" --order $order --no-charts --with-ops
	done
	files=6 same whatif "$RECORDED/record-instance-6.12" --no-charts --with-ops
}

@test "a result says the same wherever its input lies" {
	mkdir -p a b/c
	"$KMSIM" synth vmap_mix,ops=500 -o a/t.jsonl
	cp a/t.jsonl b/c
	"$KMSIM" replay a/t.jsonl --model vmap-augtree --json a.json
	"$KMSIM" replay "$PWD/b/c/t.jsonl" --model vmap-augtree --json b.json
	cmp a.json b.json
	run ! grep -F "$PWD" a.json
}

@test "generators: the same trace from both programs" {
	[ -x "$KMSIM_O0" ] || skip "build/O0/kmsim is not there: make second"
	for workload in vmap_mix,ops=5000,cpus=2,sizes=small module_churn,steps=2000 arm32_modules,steps=2000; do
		"$KMSIM" synth $workload --seed 9 -o - | cmp - <("$KMSIM_O0" synth $workload --seed 9 -o -)
	done
}
