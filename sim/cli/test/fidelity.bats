#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# fidelity: what a recording's own kernel would have answered.

load common

BOOT=$RECORDED/vmalloc-boot-6.12
EMPTIED=$RECORDED/vmalloc-emptied-6.18

# A recording with one request, and what it lies in.
tiny() {
	mkdir -p rec/state
	echo 'task-1 [000] ..... 1: alloc_vmap_area: va_start: 1048576 size=8192 align=1 vstart=0x100000 vend=0x200000 failed=0' >rec/trace.txt
	echo 'task-1 [000] ..... 2: free_vmap_area_noflush: va_start=0x100000 nr_lazy=2 nr_lazy_max=8192' >>rec/trace.txt
}

# put_right KEY FILE: of the requests of the run that is put right.
put_right() {
	sed -n '/"put_right": {/,$p' "$2" | grep -m1 "\"$1\":" | tr -dc 0-9
}

# by_kind FILE: the sum over the kinds of misses of the same run.
by_kind() {
	sed -n '/"put_right": {/,$p' "$1" | sed -n '/"misses": {/,/}/p' |
		awk -F: '{ sum += $2 } END { print sum }'
}

@test "fidelity: every request of a machine from its boot on, left to itself" {
	ends 0 fidelity "$BOOT"
	[[ $output == *"6.12.117, tracefs text, 2 CPUs, from boot"* ]]
	[[ $output == *"addresses foretold          6,085 of  6,085  100.00 %   6,085 of  6,085  100.00 %"* ]]
	[[ $output == *"percpu areas                    1 of      1  100.00 %"* ]]
	[[ $output == *"at the end: busy areas            87 same, 0 + 0 not"* ]]
	[[ $output != *"misses, put right"* ]]
	[ -z "$stderr" ]
}

@test "fidelity: JSON, and a folder with figures, misses and a chart" {
	ends 0 fidelity "$EMPTIED" --json all.json -o out
	[[ $(<all.json) == *'"version": "v6.18"'*'"pools_emptied": true'* ]]
	all=$(put_right all all.json)
	exact=$(put_right exact all.json)
	[ "$all" = 4829 ]
	[ $((exact * 100)) -ge $((all * 99)) ]
	# the misses are those counted, by kind and one by one
	[ "$(by_kind all.json)" = $((all - exact)) ]
	[ "$(($(wc -l <out/misses.csv) - 1))" = $((all - exact)) ]
	[ "$(grep -c partial out/purges.csv)" = 5 ]
	cmp all.json out/result.json
	[ -s out/plots/fidelity.dat ] && [ -s out/plots/fidelity.gp ]
	! command -v gnuplot || grep -q "<svg" out/plots/fidelity.svg
	# again: the same bytes, and only where it is allowed
	wrong_use "exists already" fidelity "$EMPTIED" -o out
	cp -r out before
	ends 0 fidelity "$EMPTIED" -o out --force
	diff -r -x '*.svg' out before
	"$KMSIM" fidelity "$EMPTIED" --json - 2>text | cmp - all.json
	grep -q "addresses foretold" text
}

@test "fidelity: a file alone, standard input, and what is not said of the machine" {
	tiny
	ends 0 fidelity rec
	[[ $output == *"unknown kernel"*"from boot"*"by its addresses"* ]]
	[[ $output == *"warning: no cpu_possible: 1 CPUs"* ]]
	ends 0 fidelity - --cpus 4 --kernel v6.18 <rec/trace.txt
	[[ $output == *"4 CPUs"*"version=v6.18, by the option --kernel"* ]]
	ends 0 fidelity - --cpus 4 --kernel 6.18 <rec/trace.txt
	[[ $output == *"4 CPUs"*"version=v6.18, by the option --kernel"* ]]
	[[ $output != *"no cpu_possible"* ]]
	zcat "$RECORDED/vmalloc-fs/trace.txt.gz" >fs
	ends 0 fidelity fs --vmallocinfo "$RECORDED/vmalloc-fs/vmallocinfo.before.gz"
	[[ $output == *"from a snapshot, pools unknown"* ]]
	[[ $output != *"no vmallocinfo.before"* ]]
	[[ $output != *"not understood"* ]]
	# damage that leaves most of it readable is counted, as by import
	zcat "$RECORDED/vmalloc-fs/vmallocinfo.before.gz" | sed '2s/^/x/; 7s/-0x/-/' >some
	sed '/free_vmap_area/ { s/va_start=/va_start=?/; :rest; n; b rest; }' fs >one-bad
	ends 0 fidelity one-bad --vmallocinfo some
	[[ $output == *"warning: not understood, and left out: 1 events, 2 lines of the snapshot"* ]]
	# of a recording by kmsim record, too, no more is said than is there
	cp -r "$EMPTIED" lost
	rm lost/state/vmallocinfo.before.gz
	ends 0 fidelity lost
	[[ $output == *"nothing known of its start"*"warning: no vmallocinfo.before"* ]]
}

@test "fidelity: what it cannot measure is refused and leaves nothing" {
	tiny
	grep free rec/trace.txt >frees
	refused frees fidelity frees
	echo nothing >nothing
	refused nothing fidelity nothing -o out --json j.json
	echo 6.8.0-generic >rec/state/uname_r
	refused rec/trace.txt fidelity rec
	[[ $stderr == *"recorded on Linux 6.8.0-generic"*"v6.9 and later"* ]]
	rm rec/state/uname_r
	echo some >rec/state/cpu_possible
	refused rec/state/cpu_possible:1 fidelity rec
	rm rec/state/cpu_possible
	echo '{"kernel": "6.12.1"}' >rec/recording.json
	refused rec/recording.json:1 fidelity rec
	echo '{' >rec/recording.json
	refused rec/recording.json:2 fidelity rec
	echo '{"kmsim_recording": 1, "kernel": "6.12.1", "cpus": {"possible": "some"}}' >rec/recording.json
	refused rec/recording.json:1 fidelity rec
	# of a later kmsim
	echo '{"kmsim_recording": 2, "kernel": "6.12.1", "cpus": {"possible": "0"}}' >rec/recording.json
	for command in fidelity "import -o t.jsonl" "whatif -o out"; do
		# shellcheck disable=SC2086
		refused rec/recording.json:1 $command rec
		[[ $stderr == *"version 2"* ]]
	done
	rm rec/recording.json
	echo '0x0000000012345678-0x0000000087654321 8192 f+0x1/0x2 vmalloc' >rec/state/vmallocinfo.after
	refused rec/state/vmallocinfo.after fidelity rec
	rm rec/state/vmallocinfo.after
	refused "$EMPTIED/trace.txt.zst" fidelity "$EMPTIED" --cpus 1
	wrong_use "--kernel v5.1: expected" fidelity rec --kernel v5.1
	for n in -1 0 4097; do
		wrong_use "--cpus $n: expected" fidelity rec --cpus $n
	done
	for file in "$ROOT/README.md" "$RECORDED/vmalloc-fs/trace.txt.gz"; do
		refused "$file:1" fidelity rec --vmallocinfo "$file"
	done
	# before the work is done, and nothing of two results is left where one fails
	for place in "-o no/where" "--json no/where" "-o out --json no/where" "-o out --json /dev/full"; do
		before=$(ls -A)
		# shellcheck disable=SC2086
		ends 1 fidelity rec $place
		[ "$(ls -A)" = "$before" ]
	done
	mkdir there && touch there/mine
	wrong_use "is not replaced" fidelity rec -o there --force
	[ -z "$output" ]
	wrong_use "usage: kmsim fidelity RECORDING" fidelity
	ends 1 fidelity nowhere
	ends 1 fidelity rec --json no/such/folder.json
}

@test "fidelity: the folders are one argument to import and whatif, too" {
	ends 0 import "$BOOT" -o boot.jsonl
	[[ $output == *"1  events counted"*"6085  allocations written"* ]]
	ends 0 import "$EMPTIED" -o emptied.jsonl
	[[ $output == *"with times"*"254  live areas seeded"*"1522  unpurged areas seeded"* ]]
	[ "$(grep -c '"op":"shrink"' emptied.jsonl)" = 2 ]
	ends 0 trace validate emptied.jsonl
	ends 0 whatif "$EMPTIED" --models vmap-nodes,version=v6.18 -o w
	[[ $stderr != *"recorded on Linux"* ]]
	# whose rules a model has is told where the machine's were others
	ends 0 whatif "$EMPTIED" --models vmap-augtree,vmap-nodes --no-charts -o others
	[[ $stderr == *"note: vmalloc-emptied-6.18: recorded on Linux 6.18"*"vmap-nodes has the rules of v6.12"*"vmap-nodes,version=v6.18"* ]]
	ends 0 whatif "$BOOT" --models vmap-augtree,vmap-nodes --no-charts -o own
	[[ $stderr != *"recorded on Linux"* ]]
	# the shrinker of the machine ran as often as the model's
	ends 0 whatif "$EMPTIED" --models recorded,vmap-nodes,version=v6.18 --no-charts -o both
	[ "$(at variants/0/ops/shrink/ok both/result.json)" = 2 ]
	[ "$(at variants/1/ops/shrink/ok both/result.json)" = 2 ]
	[[ $stderr != *skipped* ]]
}
