#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Every kind of bad input gives FILE:LINE, status 2 and nothing else; --lenient counts it. (The
# unit tests of sim/trace have the many ways in which one op can be wrong.)

load common

GOOD='{"op":"vmap_alloc","id":1,"size":8192}'

# A kind of bad input a line: the line of the fault, then the trace without its header, "|" between
# lines. A number with "!" is of a trace without the header that is put there otherwise.
KINDS='
3 {"op":"vmap_alloc","id":1
3 op vmap_alloc
3
3 {"op":"vmap_alloc","id":2,"size":8192} trailing
3 []
3 {"op":"vmap_alloc","id":2,"id":2,"size":8192}
3 {"op":"vmap_aloc","id":2,"size":8192}
3 {"op":"vmap_alloc","size":8192}
3 {"op":"vmap_alloc","id":2}
3 {"op":"vmap_alloc","id":2,"size":true}
3 {"op":"vmap_alloc","id":-2,"size":8192}
3 {"op":"vmap_alloc","id":2,"size":1.5}
3 {"op":"vmap_alloc","id":9223372036854775808,"size":8192}
3 {"op":"vmap_alloc","id":"18446744073709551616","size":8192}
3 {"op":"vmap_alloc","id":2,"size":8192,"cpu":2}
3 {"op":"vmap_alloc","id":2,"size":8192,"cpu":4294967296}
3 {"op":"vmap_alloc","id":2,"size":0}
3 {"op":"vmap_alloc","id":2,"size":8191}
3 {"op":"vmap_alloc","id":2,"size":8192,"align":0}
3 {"op":"vmap_alloc","id":2,"size":8192,"align":12288}
3 {"op":"vmap_alloc","id":1,"size":8192}
4 {"op":"vmap_free","id":1}|{"op":"vmap_free","id":1}
3 {"op":"vmap_free","id":2}
3 {"op":"unmap_ram","id":1}
3 {"op":"vmap_purge","why":"never"}
3 {"op":"page_alloc","id":2,"order":11}
3 {"op":"page_alloc","id":2,"order":0,"mt":"isolate"}
3 {"op":"page_alloc","id":2,"order":0,"zone":"Normal"}
3 {"op":"compact","mode":"full"}
3 {"op":"vmap_seed","id":2,"addr":"0xffffc90000000000","size":4096}
3 {"op":"vmap_alloc","id":2,"size":8192,"t":5}
3 {"kmsim_trace": 1, "page_size": 4096, "cpus": 2}
1! {"op":"vmap_alloc","id":1,"size":8192}
1! []
1! {"page_size": 4096, "cpus": 2}
1! {"kmsim_trace": 1, "cpus": 2}
1! {"kmsim_trace": 1, "page_size": 4096}
1! {"kmsim_trace": 2, "page_size": 4096, "cpus": 2}
1! {"kmsim_trace": 1, "page_size": 8192, "cpus": 2}
1! {"kmsim_trace": 1, "page_size": 4096, "cpus": 0}
1! {"kmsim_trace": 1, "page_size": 4096, "cpus": 2, "vmap": {"vstart": 8192, "vend": 4096}}
1! {"kmsim_trace": 1, "page_size": 4096, "cpus": 2, "zones": [{"name": "N"}]}
3! {"kmsim_trace": 1, "page_size": 4096, "cpus": 2}|{"op":"vmap_alloc","id":1,"size":4096,"t":5}|{"op":"vmap_alloc","id":2,"size":4096,"t":4}
3! {"kmsim_trace": 1, "page_size": 4096, "cpus": 2}|{"op":"vmap_alloc","id":1,"size":4096,"t":5}|{"op":"vmap_alloc","id":2,"size":4096}
3! {"kmsim_trace": 1, "page_size": 4096, "cpus": 2}|{"op":"vmap_seed","id":1,"addr":"0x1000","size":8192}|{"op":"vmap_seed","id":2,"addr":"0x2000","size":8192}
3! {"kmsim_trace": 1, "page_size": 4096, "cpus": 2}|{"op":"vmap_seed","id":1,"addr":"0x1000","size":8192,"lazy":true}|{"op":"vmap_free","id":1}
'

# Write one of KINDS as bad.jsonl; $line is where it is wrong.
write_kind() {
	line=${1%% *}
	{
		[[ $line == *! ]] || printf '%s\n' "$HEADER" "$GOOD"
		tr '|' '\n' <<<"${1#"$line"}" | sed 's/^ //'
	} >bad.jsonl
	line=${line%!}
}

each_kind() {
	while IFS= read -r kind; do
		[ -z "$kind" ] || "$@" "$kind"
	done <<<"$KINDS"
}

@test "every kind, by trace validate" {
	one() {
		write_kind "$1"
		refused "bad.jsonl:$line" trace validate bad.jsonl
		[ -z "$output" ]
	}
	each_kind one
}

@test "every kind, by replay with all results asked for" {
	one() {
		write_kind "$1"
		refused "bad.jsonl:$line" replay bad.jsonl --model vmap-augtree --ops ops.csv \
			--json r.json -o out --no-charts
	}
	each_kind one
}

# What a model cannot be built on is said of the header, or of the machine that took its place.
@test "a machine that the model cannot have" {
	HEADER='{"kmsim_trace": 1, "page_size": 4096, "cpus": 1'
	for rest in '' ', "zones": []' ', "zones": [{"name": "Normal", "start_pfn": 0, "end_pfn": 268435457}]' \
		', "pageblock_order": 8, "zones": [{"name": "Normal", "start_pfn": 0, "end_pfn": 4096}]'; do
		TRACE_HEADER="$HEADER$rest}" trace bad.jsonl '{"op":"page_alloc","id":1,"order":0}'
		refused "bad.jsonl:1" replay bad.jsonl --model pages
	done
	echo '{"kmsim_machine": 1, "name": "m", "pageblock_order": 8, "zones": [{"name": "Normal", "start_pfn": 0, "end_pfn": 4096}]}' >m.json
	ends 2 replay bad.jsonl --model pages --machine ./m.json
	[[ $stderr == "./m.json: pageblock_order 8"* ]]
}

# forms COMMAND…: the same bad trace as gzip, as zstd, and from standard input.
forms() {
	trace bad.jsonl "$GOOD" '{"op":"vmap_free","id":7}' "$GOOD"
	gzip -k bad.jsonl
	zstd -q bad.jsonl
	# content decides, not the name
	mv bad.jsonl.zst bad
	for file in bad.jsonl.gz bad "$PWD/bad"; do
		refused "$file:3" "${@//FILE/$file}"
	done
	for file in bad.jsonl bad.jsonl.gz bad; do
		refused "-:3" "${@//FILE/-}" <$file
		refused "-:3" "${@//FILE/-}" < <(cat $file)
	done
}

@test "compressed and from standard input: trace info" {
	forms trace info FILE
}

@test "compressed and from standard input: replay" {
	forms replay FILE --model null --ops ops.csv --json r.json -o out --no-charts
}

@test "compressed and from standard input: whatif" {
	forms whatif FILE --models null -o out --json r.json --no-charts
}

@test "in a scenario" {
	trace bad.jsonl "$GOOD" "$GOOD"
	echo '{"kmsim_scenario": 1, "name": "n", "question": "q", "trace": "bad.jsonl",
		"models": ["null", "vmap-augtree"]}' >s.json
	refused ./bad.jsonl:3 run s.json -o out --json r.json --no-charts --with-ops
}

@test "truncated in the middle of a line, and without a newline at the end" {
	trace t.jsonl "$GOOD" '{"op":"vmap_free","id":1}'
	for cut in 1 2 10 25; do
		head -c -$cut t.jsonl >cut.jsonl
		if [ $cut -eq 1 ]; then
			ends 0 trace validate cut.jsonl
		else
			refused cut.jsonl:3 trace validate cut.jsonl
		fi
	done
}

@test "nothing, blank lines, binary files, DOS line ends" {
	: >empty
	refused empty:1 trace validate empty
	gzip <empty >empty.gz
	refused empty.gz:1 trace validate empty.gz
	refused -:1 replay - --model null </dev/null
	printf '\n' >blank
	refused blank:1 trace validate blank
	trace middle.jsonl "$GOOD" '' "$GOOD"
	refused middle.jsonl:3 trace validate middle.jsonl
	head -c 100000 "$KMSIM" >binary
	refused binary:1 trace validate binary
	trace dos.jsonl "$GOOD"
	sed -i 's/$/\r/' dos.jsonl
	ends 0 trace validate dos.jsonl
}

@test "NUL bytes, invalid UTF-8, deep nesting, a line of 2 MiB" {
	trace t.jsonl "$GOOD"
	{ cat t.jsonl && printf '{"op":"mark","name":"a\0b"}\n'; } >nul.jsonl
	refused nul.jsonl:3 trace validate nul.jsonl
	{ cat t.jsonl && printf '{"op":"mark","name":"\xc3\x28"}\n'; } >utf8.jsonl
	refused utf8.jsonl:3 trace validate utf8.jsonl
	{ cat t.jsonl && head -c 100000 /dev/zero | tr '\0' '['; } >deep.jsonl
	refused deep.jsonl:3 trace validate deep.jsonl
	{ cat t.jsonl && head -c 2097152 /dev/zero | tr '\0' ' ' && printf '\n%s\n' "$GOOD"; } >long.jsonl
	refused long.jsonl:3 trace validate long.jsonl
	ends 0 trace validate --lenient long.jsonl
	[[ $output == *"1 ops"*"not JSON, or truncated"*"id live already"* ]]
}

@test "truncated and damaged compressed files" {
	"$KMSIM" synth vmap_mix,ops=9000 -o t.jsonl.gz
	"$KMSIM" synth vmap_mix,ops=9000 -o t.jsonl.zst
	for suffix in gz zst; do
		head -c -100 t.jsonl.$suffix >cut.$suffix
		kmsim trace validate cut.$suffix
		[ "$status" -eq 2 ]
		[[ $stderr =~ ^cut\.$suffix:([0-9]+):\ .*truncated ]]
		at=${BASH_REMATCH[1]}
		# as many ops as stand before that line
		ends 0 trace validate --lenient cut.$suffix
		[[ $output == "valid: $((at - 2)) ops"* ]]
		refused cut.$suffix:"$at" replay cut.$suffix --model null --ops ops.csv -o out
		refused -:"$at" replay - --model null --ops ops.csv -o out <cut.$suffix
		cp t.jsonl.$suffix damaged.$suffix
		printf 'XXXXXXXXXXXXXXXXXXXXXXXX' |
			dd of=damaged.$suffix bs=1 seek=3000 conv=notrunc status=none
		kmsim replay damaged.$suffix --model null --ops ops.csv -o out
		[ "$status" -eq 2 ]
		[[ $stderr =~ ^damaged\.$suffix:[0-9]+:\  ]]
		[ ! -e ops.csv ] && [ ! -e out ]
	done
	head -c 12 t.jsonl.gz >header.gz
	refused header.gz:1 trace validate header.gz
}

@test "--lenient leaves out, counts by kind, and ends with 0" {
	trace t.jsonl "$GOOD" \
		'{"op":"vmap_alloc","id":2,"size":1}' \
		'{"op":"vmap_free","id":2}' \
		'not JSON' \
		'{"op":"vmap_aloc","id":3,"size":4096}' \
		'{"op":"vmap_alloc","id":3}' \
		'{"op":"vmap_alloc","id":3,"size":8192,"cpu":7}' \
		'{"op":"vmap_alloc","id":3,"size":8192,"t":5}' \
		'{"op":"vmap_seed","id":3,"addr":"0x1000","size":4096}' \
		'{"op":"vmap_free","id":1}'
	ends 0 replay --lenient t.jsonl --model vmap-augtree --ops ops.csv --json r.json
	[ "$(column op ops.csv | xargs)" = "vmap_alloc vmap_free" ]
	[ "$(column seq ops.csv | xargs)" = "0 1" ]
	[ "$(at variants/0/left_out_ops r.json)" = \
		'{"cpu":1,"field":1,"id":1,"kind":1,"seed":1,"syntax":1,"time":1,"value":1}' ]
	for what in "not JSON" "unknown op" "missing" "not allowed" "not live" "seed" "time" "cpu"; do
		[[ $stderr == *"$what"*": 1 ops"* ]]
	done
	ends 0 trace info --lenient t.jsonl
	[ "$(grep -c '^left out .* 1 ops: ' <<<"$output")" -eq 8 ]
	ends 0 whatif --lenient t.jsonl --no-charts -o out
	ends 0 trace head --lenient t.jsonl
	[ "${#lines[@]}" -eq 3 ]
	# a bad header leaves nothing to be lenient with
	sed -i 1d t.jsonl
	refused t.jsonl:1 replay --lenient t.jsonl --model null --ops no.csv
}

@test "unknown keys: one warning a run" {
	trace t.jsonl '{"op":"shrink","why":"so","colour":"red"}' \
		'{"op":"vmap_alloc","id":1,"size":8192,"caller":"me"}'
	ends 0 replay t.jsonl --model null
	[ "$(grep -c warning <<<"$stderr")" -eq 1 ]
	[[ $stderr == *"3 unknown keys"*"t.jsonl:2: '"* ]]
	ends 0 trace info t.jsonl
	[[ $stderr == *"3 unknown keys"* ]]
	TRACE_HEADER='{"kmsim_trace": 1, "page_size": 4096, "cpus": 1, "vmap": {"lazy_max": 0}}' \
		trace t.jsonl '{"op":"shrink"}'
	ends 0 trace validate t.jsonl
	[[ $stderr == *"1 unknown keys"*"t.jsonl:1: 'lazy_max'"* ]]
}

@test "scenarios and results that are not JSON, or not what they should be" {
	printf '{\n"kmsim_scenario": 1,,\n}' >s.json
	refused s.json:2 run s.json -o out
	echo '{"kmsim_scenario": 1, "name": "n", "question": "q", "trace": "t", "models": ["null"], "sede": 1}' >s.json
	refused "s.json: sede" run s.json -o out
	mkdir result
	printf '{\n"kmsim_result": \n' >result/result.json
	refused result/result.json:3 compare result result
	refused result/result.json:3 plot result
	echo '{}' >result/result.json
	refused result/result.json plot result
}
