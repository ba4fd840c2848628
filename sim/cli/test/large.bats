#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Traces of more than a MiB, which threads read where there are CPUs for them.

load common

# In a subshell: every test finds kmsim from the project's root.
setup_file() (
	cd "$BATS_FILE_TMPDIR" || exit
	"$KMSIM" synth vmap_mix,ops=60000,live=500 -o good.jsonl
	[ "$(stat -c %s good.jsonl)" -gt 2000000 ]
	{
		cat good.jsonl
		echo '{"op":"vmap_alloc","id":999999999,"size":4096,"colour":"red"}'
		echo '{"op":"vmap_alloc","id":"red","size":4096}'
		echo '{"op":"vmap_free","id":123456789}'
		echo 'not JSON'
	} >bad.jsonl
	gzip -1 <good.jsonl | head -c -1000 >cut.gz
)

setup() {
	mkdir "$BATS_TEST_TMPDIR/work"
	cd "$BATS_TEST_TMPDIR/work" || return
	ln -s "$BATS_FILE_TMPDIR"/*.jsonl "$BATS_FILE_TMPDIR"/cut.gz .
	total=$(wc -l <good.jsonl)
}

@test "one CPU and all of them read the same" {
	kmsim trace info good.jsonl
	[ "$output" = "$(taskset -c 0 "$KMSIM" trace info good.jsonl)" ]
	[[ $output == *"ops             $((total - 1))"* ]]
	for file in bad.jsonl cut.gz; do
		for on in "" "taskset -c 0"; do
			run $on "$KMSIM" replay $file --lenient --model vmap-augtree --json r.json
			[ "$status" -eq 0 ]
			echo "$output"
			mv r.json "$file-${on:-all}.json"
			printf '%s\n' "$output" >"$file-${on:-all}.txt"
		done
		cmp $file-all.json "$file-taskset -c 0.json"
		diff $file-all.txt "$file-taskset -c 0.txt"
	done
	grep -qx "warning: vmap-augtree: 1 unknown keys ignored, the first at bad.jsonl:$((total + 1)): 'colour'" \
		bad.jsonl-all.txt
	grep -q "left out, not JSON, or truncated: 1 ops" bad.jsonl-all.txt
	grep -q "left out, not JSON, or truncated: 1 ops" cut.gz-all.txt
}

@test "bad input far on is found where it stands" {
	refused "bad.jsonl:$((total + 2))" trace validate bad.jsonl
	refused "cut.gz:$(($(zcat cut.gz 2>/dev/null | wc -l) + 1))" replay cut.gz --model null -o out
}

@test "interrupted in front of a pipe that gives no more: all that it gave is done" {
	mkfifo pipe
	exec 9<>pipe
	set -m
	"$KMSIM" replay pipe --model null -o out --no-charts >stdout 2>stderr 3>&- 9>&- &
	pid=$!
	set +m
	cat good.jsonl >&9
	sleep 0.5
	kill -INT "$pid"
	status=0
	wait "$pid" || status=$?
	[ "$status" -eq 130 ]
	[ "$(at variants/0/totals/ops out.partial/result.json)" = $((total - 1)) ]
}

@test "a reader that is no longer wanted is not waited for" {
	mkfifo pipe
	exec 9<>pipe
	"$KMSIM" replay pipe --model null >stdout 2>stderr 3>&- 9>&- &
	pid=$!
	{
		cat good.jsonl
		echo '{"op":"vmap_free","id":123456789}'
	} >&9
	status=0
	wait "$pid" || status=$?
	cat stderr
	[ "$status" -eq 2 ]
	[[ $(cat stderr) == "pipe:$((total + 1)): "* ]]
}
