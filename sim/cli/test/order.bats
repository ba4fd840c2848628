#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# When ops begin: --order time and trace, closed and open loop, waiting for an id.

load common

alloc() {
	echo "{\"op\":\"vmap_alloc\",\"id\":$1,\"size\":${4:-8192},\"cpu\":$2${3:+,\"t\":$3}}"
}

free() {
	echo "{\"op\":\"vmap_free\",\"id\":$1,\"cpu\":$2${3:+,\"t\":$3}}"
}

replay() {
	ends 0 replay t.jsonl --model "${MODEL:-vmap-augtree}" --ops ops.csv --json r.json "$@"
	[ "$(at variants/0/totals/late_lookahead_ops r.json)" = 0 ]
}

# of SEQ NAME: that column of the line of that op.
of() {
	awk -F, -v seq="$1" -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i }
		$1 == seq { print $c[name] }' ops.csv
}

end_of() {
	echo $(($(of "$1" t_start_cycles) + $(of "$1" latency_cycles)))
}

@test "closed loop: every CPU begins at once, and its next op when the last is done" {
	trace t.jsonl "$(alloc 1 1)" "$(alloc 2 0)" "$(free 1 1)" "$(free 2 0)"
	replay
	[ "$(of 0 t_start_cycles)" = 0 ]
	[ "$(of 1 t_start_cycles)" = 0 ]
	[ "$(of 2 t_start_cycles)" = "$(end_of 0)" ]
	[ "$(of 3 t_start_cycles)" = "$(end_of 1)" ]
	# one lock for both: the later one in the trace waits
	[ "$(of 0 wait_cycles)" = 0 ]
	[ "$(of 1 wait_cycles)" -gt 0 ]
}

@test "all ops of one CPU behind all those of the other in the file" {
	{
		echo "$HEADER"
		for cpu in 0 1; do
			for i in $(seq 2000); do
				echo "{\"op\":\"vmap_alloc\",\"id\":$((i * 2 + cpu)),\"size\":8192,\"cpu\":$cpu}"
			done
		done
	} >t.jsonl
	replay
	[ "$(of 2000 t_start_cycles)" = 0 ]
	# lines come in the order of completion, so that both CPUs take turns
	[ "$(sed -n '2,101p' ops.csv | cut -d, -f3 | sort | uniq -c | awk '{ print ($1 > 40) }' | xargs)" = "1 1" ]
	awk -F, 'NR > 1 { end = $2 + $8; if (end < last) exit 1; last = end }' ops.csv
	# where they run one at a time, nothing overlaps and nobody waits
	replay --order trace
	[ "$(column seq ops.csv | sort -nc 2>&1)" = "" ]
	awk -F, 'NR > 1 { if ($2 < last || $9) exit 1; last = $2 + $8 }' ops.csv
}

@test "open loop: an op begins at its time, or when its CPU is free" {
	# 3.4 GHz: 1000 ns are 3400 cycles
	trace t.jsonl "$(alloc 1 0 0)" "$(alloc 2 0 1)" "$(alloc 3 1 1000)" "$(free 1 0 5000)"
	replay
	[ "$(of 0 t_start_cycles)" = 0 ]
	[ "$(of 1 t_start_cycles)" = "$(end_of 0)" ]
	[ "$(of 2 t_start_cycles)" = 3400 ]
	[ "$(of 3 t_start_cycles)" = 17000 ]
	replay --order trace
	[ "$(of 1 t_start_cycles)" = "$(end_of 0)" ]
	[ "$(of 2 t_start_cycles)" = 3400 ]
	[ "$(of 3 t_start_cycles)" = 17000 ]
}

@test "open loop: times need only ascend on each CPU" {
	trace t.jsonl "$(alloc 1 0 9000)" "$(alloc 2 0 9500)" "$(alloc 3 1 10)"
	replay
	[ "$(of 2 t_start_cycles)" = 34 ]
	[ "$(column seq ops.csv | xargs)" = "2 0 1" ]
	[ "$(of 2 addr)" = 0xffffc90000000000 ]
	replay --order trace
	[ "$(column seq ops.csv | xargs)" = "0 1 2" ]
	[ "$(of 0 addr)" = 0xffffc90000000000 ]
	# the clock does not go back: the third begins when the second is done
	[ "$(of 2 t_start_cycles)" = "$(end_of 1)" ]
}

@test "an op that names an id waits for the op that makes it" {
	trace t.jsonl "$(alloc 1 0)" "$(alloc 2 0)" "$(alloc 3 0)" "$(free 3 1)" "$(alloc 4 1)"
	replay
	[ "$(of 3 t_start_cycles)" = "$(end_of 2)" ]
	[ "$(of 3 status)" = ok ]
	[ "$(of 3 addr)" = "$(of 2 addr)" ]
	[ "$(of 4 t_start_cycles)" = "$(end_of 3)" ]
	# with times, where the recording has the free before its allocation is done here
	trace t.jsonl "$(alloc 1 0 0)" "$(free 1 1 1)"
	replay
	[ "$(of 1 t_start_cycles)" = "$(end_of 0)" ]
	[ "$(of 1 status)" = ok ]
	# and where the maker fails
	trace t.jsonl "$(alloc 1 0 "" 0x7fffffffffff000 | sed 's/"size":\(0x[0-9a-f]*\)/"size":"\1"/')" \
		"$(free 1 1)" "$(alloc 2 1)"
	replay
	[ "$(of 0 status)" = fail ]
	[ "$(of 1 status)" = skipped ]
	[ "$(of 1 t_start_cycles)" = "$(end_of 0)" ]
	[ "$(of 2 status)" = ok ]
}

@test "an id is judged in the order of the file, whenever its ops run" {
	# CPU 1 could make 1 again long before CPU 0 has freed the first
	trace t.jsonl "$(alloc 9 0)" "$(alloc 1 0)" "$(free 1 0)" "$(alloc 1 1)" "$(free 1 1)" "$(free 9 1)"
	replay
	[ "$(of 3 t_start_cycles)" = 0 ]
	[ "$(column status ops.csv | sort -u)" = ok ]
	[ "$(of 2 addr)" = "$(of 1 addr)" ]
	[ "$(of 4 addr)" = "$(of 3 addr)" ]
	[ "$(of 1 addr)" != "$(of 3 addr)" ]
	trace t.jsonl "$(alloc 1 0)" "$(alloc 1 1)"
	refused t.jsonl:3 replay t.jsonl --model null
}

@test "addresses in the order of the trace do not depend on the profile" {
	"$KMSIM" synth vmap_mix,ops=3000,cpus=4,sizes=small,page_align=30 -o t.jsonl
	sed 's/"clock_hz": *[0-9]*/"clock_hz": 1000000000/; s/"cycles": /&7/' \
		"$ROOT/models/cpu/generic-x86_64.json" >slow.json
	replay --order trace
	cut -d, -f1,3-7,10,11 ops.csv >generic
	replay --order trace --profile ./slow.json
	cut -d, -f1,3-7,10,11 ops.csv | cmp - generic
}
