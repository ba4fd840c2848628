#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# replay: what ops.csv, result.json and the result directory hold, and when they appear.

load common

CSV_HEADER=seq,t_start_cycles,cpu,op,id,addr,status,latency_cycles,wait_cycles,steps,detail

@test "ops.csv: a line an op, with the kernel's answers" {
	TRACE_HEADER=$SMALL trace t.jsonl \
		'{"op":"vmap_seed","id":1,"addr":"0x101000","size":4096}' \
		'{"op":"mark","name":"begin"}' \
		'{"op":"vmap_alloc","id":2,"size":4096}' \
		'{"op":"vmap_alloc","id":3,"size":8192}' \
		'{"op":"vmap_alloc","id":"0xffffffffffffffff","size":1048576}' \
		'{"op":"vmap_free","id":"18446744073709551615"}' \
		'{"op":"vmap_free","id":1}' \
		'{"op":"vmap_alloc","id":1,"size":4096}' \
		'{"op":"vmap_free","id":3}' \
		'{"op":"vmap_purge"}'
	for model in vmap-busylist vmap-augtree; do
		ends 0 replay t.jsonl --model $model --ops ops.csv
		[ "$(head -1 ops.csv)" = "$CSV_HEADER" ]
		[ "$(wc -l <ops.csv)" -eq 11 ]
		[ "$(column seq ops.csv | xargs)" = "0 1 2 3 4 5 6 7 8 9" ]
		[ "$(tail -n +2 ops.csv | cut -d, -f4-7)" = "vmap_seed,1,0x101000,ok
mark,,,ok
vmap_alloc,2,0x100000,ok
vmap_alloc,3,0x102000,ok
vmap_alloc,18446744073709551615,,fail
vmap_free,18446744073709551615,,skipped
vmap_free,1,0x101000,ok
vmap_alloc,1,0x101000,ok
vmap_free,3,0x102000,ok
vmap_purge,,,ok" ]
	done
	# one CPU: every op begins where the one before it ended; seeds, marks and skips cost nothing
	awk -F, 'NR > 1 { if ($2 != end) exit 1; end = $2 + $8 } END { exit end == 0 }' ops.csv
	[ "$(awk -F, '$4 ~ /seed|mark/ || $7 == "skipped" { print $8 + $9 + $10 }' ops.csv | xargs)" = "0 0 0" ]
}

@test "steps and detail are those of the kernel's search" {
	TRACE_HEADER=$SMALL trace t.jsonl \
		'{"op":"vmap_alloc","id":1,"size":4096}' '{"op":"vmap_alloc","id":2,"size":4096}' \
		'{"op":"vmap_alloc","id":3,"size":4096}' '{"op":"vmap_free","id":2}' \
		'{"op":"vmap_alloc","id":4,"size":4096}' \
		'{"op":"vmap_alloc","id":5,"size":4096,"align":16384}'
	ends 0 replay t.jsonl --model vmap-augtree --ops ops.csv
	# split in the middle, from the left edge, a whole block, again in the middle
	[ "$(column detail ops.csv | xargs)" = "fit=NE fit=LE fit=LE fit=FL fit=NE" ] ||
		[ "$(column detail ops.csv | tr '\n' ' ')" = "fit=NE fit=LE fit=LE  fit=FL fit=NE " ]
	[ "$(column addr ops.csv | xargs)" = "0x100000 0x101000 0x102000 0x101000 0x101000 0x104000" ]
	ends 0 replay t.jsonl --model vmap-busylist --ops ops.csv
	# the cache moves below what was freed, and the request goes there without a step
	[ "$(column addr ops.csv | xargs)" = "0x100000 0x101000 0x102000 0x101000 0x101000 0x104000" ]
}

@test "percpu areas: the base on both ends of its life" {
	trace t.jsonl \
		'{"op":"pcpu_alloc","id":1,"align":4096,"offsets":[0,65536],"sizes":[8192,4096]}' \
		'{"op":"pcpu_free","id":1}' '{"op":"map_ram","id":2,"pages":4}' \
		'{"op":"unmap_ram","id":2}' '{"op":"shrink"}'
	for model in vmap-busylist vmap-augtree; do
		ends 0 replay t.jsonl --model $model --ops ops.csv
		[ "$(awk -F, '/,pcpu_/ { print $6 }' ops.csv | uniq | wc -l)" -eq 1 ]
		[[ $(awk -F, '/,pcpu_alloc/ { print $6 }' ops.csv) == 0xffff???????????? ]]
	done
}

@test "result.json: manifest, counts, and every key of every kind" {
	TRACE_HEADER=$SMALL trace t.jsonl '{"op":"vmap_alloc","id":1,"size":8192,"addr":"0x100000"}' \
		'{"op":"vmap_alloc","id":2,"size":4096,"addr":"0x999000"}' \
		'{"op":"vmap_alloc","id":3,"size":4194304,"failed":true}' '{"op":"vmap_free","id":1}'
	ends 0 replay t.jsonl --model vmap-augtree,check=all --json r.json --order trace
	[ "$(at manifest/version r.json)" = "$("$KMSIM" --version | cut -d' ' -f2)" ]
	[ "$(at manifest/command r.json)" = "kmsim replay t.jsonl --model vmap-augtree,check=all --order trace" ]
	[ "$(at variants/0/model r.json)" = vmap-augtree ]
	[ "$(at variants/0/parameters/check r.json)" = all ]
	[ "$(at variants/0/order r.json)" = trace ]
	[ "$(at variants/0/vstart r.json)" = 0x100000 ]
	[ "$(at variants/0/lazy_max_pages r.json)" = 0 ]
	[ "$(at variants/0/seed r.json)" = 1 ]
	[ "$(at variants/0/ops/vmap_alloc/ok r.json)" = 2 ]
	[ "$(at variants/0/ops/vmap_alloc/fail r.json)" = 1 ]
	[ "$(at variants/0/ops/page_alloc/ok r.json)" = 0 ]
	[ "$(at variants/0/recorded/addresses r.json)" = 2 ]
	[ "$(at variants/0/recorded/same_address r.json)" = 1 ]
	[ "$(at variants/0/recorded/same_failure r.json)" = 1 ]
	[ "$(at variants/0/end/how r.json)" = complete ]
	[ "$(at variants/0/profile r.json)" = generic-x86_64 ]
	for key in p50 p90 p99 p99_9 max; do
		[ "$(at variants/0/ops/vmap_alloc/latency/${key}_cycles r.json)" -gt 0 ]
	done
	# the trace's digest tells what was replayed
	[ "$(at variants/0/ops_digest r.json)" = "$("$KMSIM" trace info t.jsonl | sed -n 's/^digest  *//p')" ]
}

@test "precedence of settings: parameter, header, default" {
	trace t.jsonl '{"op":"vmap_alloc","id":1,"size":8192}'
	ends 0 replay t.jsonl --model vmap-augtree --json r.json
	[ "$(at variants/0/lazy_max_pages r.json)" = 16384 ]
	[ "$(at variants/0/vstart r.json)" = 0xffffc90000000000 ]
	TRACE_HEADER=$SMALL trace t.jsonl '{"op":"vmap_alloc","id":1,"size":8192}'
	ends 0 replay t.jsonl --model vmap-augtree --json r.json --ops ops.csv
	[ "$(at variants/0/lazy_max_pages r.json)" = 0 ]
	[ "$(column addr ops.csv)" = 0x100000 ]
	ends 0 replay t.jsonl --model vmap-augtree,lazy_max_pages=none,vstart=0x180000 --json r.json --ops ops.csv
	[ "$(at variants/0/vstart r.json)" = 0x180000 ]
	[ "$(column addr ops.csv)" = 0x180000 ]
}

@test "the result directory is whole, and a second one is refused unless --force" {
	trace t.jsonl '{"op":"vmap_alloc","id":1,"size":8192}' '{"op":"vmap_free","id":1}'
	ends 0 replay t.jsonl --model vmap-augtree -o out --json r.json --ops ops.csv
	[[ $output == *out/result.json* ]]
	cmp r.json out/result.json
	for file in latency.csv samples.csv steps.csv; do
		[ -s out/vmap-augtree/$file ]
	done
	for chart in latency-ccdf latency-over-time live-areas fragmentation address-map; do
		grep -q '<svg' out/plots/$chart.svg
		[ -s out/plots/$chart.gp ]
	done
	[ "$(ls -A)" = "$(printf '%s\n' ops.csv out r.json t.jsonl)" ]
	wrong_use "--force" replay t.jsonl --model null -o out
	wrong_use "--force" replay t.jsonl --model null -o out/
	[ -d out/vmap-augtree ]
	ends 0 replay t.jsonl --model null -o out --force --no-charts
	[ ! -e out/vmap-augtree ] && [ ! -e out/plots ] && [ -d out/null ]
	# what is no result is never replaced
	mkdir precious && echo data >precious/data
	wrong_use precious replay t.jsonl --model null -o precious --force
	[ "$(cat precious/data)" = data ]
	echo data >file
	wrong_use file replay t.jsonl --model null -o file --force
	[ "$(cat file)" = data ]
}

@test "a failed run leaves an earlier result alone" {
	trace t.jsonl '{"op":"vmap_alloc","id":1,"size":8192}'
	ends 0 replay t.jsonl --model null -o out --no-charts
	cp out/result.json before
	trace t.jsonl '{"op":"vmap_alloc","id":1,"size":8192}' bad
	refused t.jsonl:3 replay t.jsonl --model vmap-augtree -o out --no-charts --force
	cmp before out/result.json
}

@test "ops.csv and result.json: compressed by suffix, and on standard output alone" {
	trace t.jsonl '{"op":"vmap_alloc","id":1,"size":8192}'
	ends 0 replay t.jsonl --model vmap-augtree --ops ops.csv --json r.json
	ends 0 replay t.jsonl --model vmap-augtree --ops ops.csv.gz --json r.json.zst
	zcat ops.csv.gz | cmp - ops.csv
	zstd -dcq r.json.zst | cmp - r.json
	"$KMSIM" replay t.jsonl --model vmap-augtree --ops - | cmp - ops.csv
	"$KMSIM" replay t.jsonl --model vmap-augtree --json - | cmp - r.json
}

@test "plain, gzip, zstd and standard input give the same" {
	"$KMSIM" synth vmap_mix,ops=5000,cpus=2 -o t.jsonl
	"$KMSIM" synth vmap_mix,ops=5000,cpus=2 -o t.jsonl.gz
	"$KMSIM" synth vmap_mix,ops=5000,cpus=2 -o t.jsonl.zst
	zcat t.jsonl.gz | cmp - t.jsonl
	zstd -dcq t.jsonl.zst | cmp - t.jsonl
	"$KMSIM" replay t.jsonl --model vmap-augtree --ops - >plain.csv
	for input in t.jsonl.gz t.jsonl.zst; do
		"$KMSIM" replay $input --model vmap-augtree --ops - | cmp - plain.csv
		"$KMSIM" replay - --model vmap-augtree --ops - <$input | cmp - plain.csv
	done
	# two members, and two frames, one behind the other
	head -2000 t.jsonl >a && tail -n +2001 t.jsonl >b
	cat <(gzip <a) <(gzip <b) >two.gz
	cat <(zstd -q <a) <(zstd -q <b) >two.zst
	for input in two.gz two.zst; do
		"$KMSIM" replay $input --model vmap-augtree --ops - | cmp - plain.csv
	done
	# a pipe that gives its bytes one by one
	{ for _ in 1 2 3 4; do dd bs=1 count=1 status=none; sleep 0.02; done; cat; } <t.jsonl.gz |
		"$KMSIM" replay - --model vmap-augtree --ops - | cmp - plain.csv
}

@test "families that the model does not have are skipped and counted; none left is status 2" {
	trace t.jsonl '{"op":"page_alloc","id":1,"order":0}' '{"op":"vmap_alloc","id":2,"size":8192}' \
		'{"op":"compact"}' '{"op":"page_free","id":1}'
	ends 0 replay t.jsonl --model vmap-augtree --ops ops.csv --json r.json
	[ "$(column status ops.csv | xargs)" = "skipped ok skipped skipped" ]
	[[ $stderr == *"3 ops skipped: vmap-augtree"* ]]
	[ "$(at variants/0/ops/page_free/skipped r.json)" = 1 ]
	trace t.jsonl '{"op":"page_alloc","id":1,"order":0}' '{"op":"mark","name":"x"}' \
		'{"op":"page_free","id":1}'
	refused t.jsonl replay t.jsonl --model vmap-augtree --ops no.csv --json no.json -o out
	ends 0 replay t.jsonl --model null --ops ops.csv
	[ "$(column status ops.csv | xargs)" = "ok ok ok" ]
}

@test "a recorded failure is asked for again, and its free counts if the model has given it" {
	TRACE_HEADER=$SMALL trace t.jsonl '{"op":"vmap_alloc","id":1,"size":4096,"failed":true}' \
		'{"op":"vmap_free","id":1}'
	ends 0 replay t.jsonl --model vmap-augtree --ops ops.csv
	[ "$(column status ops.csv | xargs)" = "ok ok" ]
}

@test "lazy freeing: nothing comes back before a purge, and a failing request purges" {
	TRACE_HEADER=${SMALL/: 0\}/: \"0xffffffff\"\}} trace t.jsonl \
		'{"op":"vmap_seed","id":1,"addr":"0x100000","size":524288,"lazy":true}' \
		'{"op":"vmap_alloc","id":2,"size":262144}' '{"op":"vmap_free","id":2}' \
		'{"op":"vmap_alloc","id":3,"size":131072}' '{"op":"vmap_alloc","id":4,"size":524288}' \
		'{"op":"vmap_free","id":3}' '{"op":"vmap_purge"}' '{"op":"vmap_alloc","id":5,"size":65536}'
	for model in vmap-busylist vmap-augtree; do
		ends 0 replay t.jsonl --model $model --ops ops.csv
		[ "$(column addr ops.csv | tr '\n' ' ')" = \
			"0x100000 0x180000 0x180000 0x1c0000 0x100000 0x1c0000  0x180000 " ]
	done
}

@test "an oops: status 3, the result says where and is kept" {
	trace t.jsonl '{"op":"vmap_alloc","id":1,"size":8192}' \
		'{"op":"vmap_alloc","id":2,"size":8192,"align":"0x8000000000000000"}' \
		'{"op":"vmap_alloc","id":3,"size":8192}'
	ends 3 replay t.jsonl --model vmap-busylist,version=v4.20 --ops ops.csv --json r.json -o out --no-charts
	[ "$(column status ops.csv | xargs)" = "ok oops" ]
	[ "$(at variants/0/end/how r.json)" = oops ]
	[ "$(at variants/0/end/seq r.json)" = 1 ]
	[ -n "$(at variants/0/end/message r.json)" ]
	cmp r.json out/result.json
	[[ $stderr == *"oopsed at op 1, cycle "* ]]
	# the same request fails, and the run goes on, where the kernel had the check
	ends 0 replay t.jsonl --model vmap-busylist --ops ops.csv
	[ "$(column status ops.csv | xargs)" = "ok fail ok" ]
}

@test "an oops in one variant of several does not keep the others from running" {
	trace t.jsonl '{"op":"vmap_alloc","id":1,"size":8192,"align":"0x8000000000000000"}'
	ends 3 whatif t.jsonl --models vmap-busylist,version=v4.20,vmap-augtree -o out --no-charts
	[ "$(at variants/0/end/how out/result.json)" = oops ]
	[ "$(at variants/1/end/how out/result.json)" = complete ]
}

@test "work=vmalloc: the same answers, in more time" {
	ends 0 synth vmap_mix,ops=3000 -o t.jsonl
	local work=variants/0/work

	for model in vmap-busylist vmap-augtree vmap-augtree,version=v6.1 vmap-nodes; do
		ends 0 replay t.jsonl --order trace --model $model --ops area.csv --json area.json
		ends 0 replay t.jsonl --order trace --model $model,work=vmalloc --ops all.csv --json all.json
		cmp <(column addr area.csv) <(column addr all.csv)
		cmp <(column steps area.csv) <(column steps all.csv)
		[ "$(at variants/0/totals/busy_cycles all.json)" -gt "$(at variants/0/totals/busy_cycles area.json)" ]
		[ "$(at $work/pte_set/count area.json)" = 0 ]
		[ "$(at $work/pte_set/count all.json)" -gt 3000 ]
	done
}

@test "vmap_alloc: pages that are cleared, none at all, a caller that draws a number first" {
	local work=variants/0/work

	TRACE_HEADER=$SMALL trace t.jsonl '{"op":"vmap_alloc","id":1,"size":8192}' \
		'{"op":"vmap_alloc","id":2,"size":16384,"zero":true}' \
		'{"op":"vmap_alloc","id":3,"size":16384,"unbacked":true}' \
		'{"op":"vmap_alloc","id":4,"size":8192,"drawn":true}'
	ends 0 replay t.jsonl --model vmap-augtree,work=vmalloc --json r.json
	[ "$(at $work/page_zero/count r.json)" = 3 ]
	[ "$(at $work/pcp_op/count r.json)" = 5 ]
	[ "$(at $work/pte_set/count r.json)" = 8 ]
	[ "$(at $work/random_bytes/count r.json)" = 1 ]
	ends 0 convert t.jsonl -o t.kmt
	ends 0 convert t.kmt -o again.jsonl
	cmp t.jsonl again.jsonl
	trace bad.jsonl '{"op":"vmap_alloc","id":1,"size":8192,"zero":1}'
	ends 2 replay bad.jsonl --model vmap-augtree
	[[ $stderr == *"bad.jsonl:2: field 'zero': expected true or false"* ]]
}

@test "replay: a model that takes no time has no chart of latencies, and gnuplot nothing to complain of" {
	command -v gnuplot || skip "no gnuplot"
	TRACE_HEADER=$SMALL trace t.jsonl '{"op":"vmap_alloc","id":1,"size":4096}' '{"op":"vmap_free","id":1}'
	ends 0 replay t.jsonl --model null -o out
	[[ $stderr == *"latency-over-time: nothing to show"* ]]
	[[ $stderr != *"no picture"* ]]
}
