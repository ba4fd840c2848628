#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Packed traces: kmsim convert, and every command that takes a trace.

load common

setup_trace() {
	"$KMSIM" synth vmap_mix,ops=100000,live=2000 -o t.jsonl
	"$KMSIM" convert t.jsonl -o t.kmt
}

@test "convert: to the packed form and back gives the same bytes, also compressed" {
	for workload in vmap_mix,ops=2000 test_vmalloc,mode=smoke,test_loop_count=5,test_repeat_count=1,long_busy_areas=50,full_fit_areas=50; do
		"$KMSIM" synth "$workload" -o a.jsonl
		for form in kmt kmt.zst kmt.gz; do
			ends 0 convert a.jsonl -o "b.$form"
			ends 0 convert "b.$form" -o c.jsonl
			cmp a.jsonl c.jsonl
		done
	done
	"$KMSIM" import "$RECORDED"/perf-vmalloc -o r.jsonl
	ends 0 convert r.jsonl -o r.kmt
	"$KMSIM" convert r.kmt -o - | cmp - r.jsonl
}

@test "a packed trace gives the results of the lines it was made of, from a pipe too" {
	setup_trace
	[ "$(stat -c %s t.kmt)" -lt "$(($(stat -c %s t.jsonl) / 5))" ]
	for file in t.jsonl t.kmt; do
		ends 0 replay $file --model vmap-augtree --ops $file.csv --json $file.json --no-charts
	done
	cmp t.jsonl.csv t.kmt.csv
	diff <(grep -v '"source"\|command' t.jsonl.json) <(grep -v '"source"\|command' t.kmt.json)
	cat t.kmt | "$KMSIM" trace info - | diff - <("$KMSIM" trace info t.jsonl)
	ends 0 trace validate t.kmt
	"$KMSIM" trace head -n 3 t.kmt | cmp - <(head -4 t.jsonl)
	ends 0 whatif t.kmt --models vmap-busylist,vmap-augtree --no-charts -o w
}

@test "a damaged packed trace: file, block and byte; lenient keeps what stands before" {
	setup_trace
	head -c 200000 t.kmt >cut.kmt
	ends 2 trace validate cut.kmt
	[[ $stderr =~ ^cut.kmt:\ block\ [0-9]+\ at\ byte\ [0-9]+:\ truncated ]]
	ends 2 convert cut.kmt -o out.jsonl
	[ ! -e out.jsonl ]
	ends 0 convert cut.kmt --lenient -o out.jsonl
	[[ $stderr == *"left out, not JSON, or truncated: 1 ops"* ]]
	cmp out.jsonl <(head -n "$(wc -l <out.jsonl)" t.jsonl)
	[ "$(wc -l <out.jsonl)" -gt 60000 ]
}

@test "convert: bad input and wrong use" {
	trace bad.jsonl '{"op":"vmap_free","id":2}'
	ends 2 convert bad.jsonl -o out.kmt
	[[ $stderr == "bad.jsonl:2: "* ]]
	[ ! -e out.kmt ]
	ends 2 convert bad.jsonl
	ends 1 convert missing.jsonl -o out.kmt
}
