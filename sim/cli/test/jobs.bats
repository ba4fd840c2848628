#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# --jobs: variants in worker processes; one that crashes, fails or is interrupted.

load common

STAGE=${STAGE:-$ROOT/build/stage}

# scenario KEYS: s.json with these members.
scenario() {
	echo "{\"kmsim_scenario\": 1, \"name\": \"n\", \"question\": \"What for?\", $1}" >s.json
}

# every_jobs ARGUMENT…: the same files, output, messages and status for every --jobs; kept as out1 ….
every_jobs() {
	local jobs
	for jobs in 1 2 7; do
		"$KMSIM" "$@" --jobs $jobs -o out$jobs >stdout$jobs 2>stderr$jobs && status=0 || status=$?
		echo "jobs $jobs: status $status"
		echo "status $status" >>stderr$jobs
		sed -i '/^result:/d; s/out[0-9]/out/' stdout$jobs stderr$jobs
	done
	cat stderr1
	for jobs in 2 7; do
		diff stdout1 stdout$jobs
		diff stderr1 stderr$jobs
		[ ! -e out1 ] || diff -r out1 out$jobs
	done
}

# crashing WHEN: crash.so, whose model 'crash' does nothing, until WHEN (of its env) is true.
crashing() {
	# shellcheck disable=SC2046
	PKG_CONFIG_PATH=$STAGE/usr/local/lib/pkgconfig cc -std=c17 -x c -fPIC -shared -o crash.so - \
		$(PKG_CONFIG_PATH=$STAGE/usr/local/lib/pkgconfig pkg-config --cflags kmsim) <<-END
	#include <kmsim/model.h>
	#include <stdio.h>
	#include <stdlib.h>
	static int run(void *model, struct call *call) { return CALL_DONE; }
	static void *create(const struct model_env *env, GError **error) {
		if ($1) {
			fprintf(stderr, "these are its last words\n");
			$2;
		}
		return run;
	}
	static void destroy(void *model) {}
	static const struct stage stages[] = {{.name = "only", .run = run}};
	static const struct model_ops ops = {
		.magic = KMSIM_MODEL_MAGIC, .version = KMSIM_MODEL_VERSION, .size = sizeof(ops),
		.name = "crash", .summary = "crash",
		.kinds = OP_BIT(OP_VMAP_ALLOC) | OP_BIT(OP_VMAP_FREE),
		.stages = stages, .n_stages = 1, .create = create, .destroy = destroy,
	};
	const struct model_ops *kmsim_model(void) { return &ops; }
	END
	ulimit -c 0
}

@test "the same bytes, tables and messages for every number of jobs" {
	scenario '"workload": "vmap_mix,ops=3000,live=200", "models": ["vmap-busylist", "vmap-augtree", "null"],
		"matrix": {"cpus": [1, 3], "seed": [1, 2]}'
	every_jobs run s.json --no-charts --with-ops
	[ "$status" -eq 0 ]
	[ "$(find out7 -name ops.csv | wc -l)" -eq 12 ]
	[ "$(at manifest/failed out7/result.json)" = '[]' ]
}

@test "warnings come in the order of the variants" {
	trace t.jsonl '{"op":"vmap_alloc","id":1,"size":4096,"colour":"red"}' '{"op":"shrink"}' \
		'{"op":"page_alloc","id":2,"order":0}'
	every_jobs whatif t.jsonl --models vmap-busylist,null,vmap-augtree --no-charts
	[ "$status" -eq 0 ]
	[ "$(grep -c warning stderr7)" -eq 5 ]
	[[ $(sed -n 1p stderr7) == *vmap-busylist*unknown* ]]
}

@test "a trace from a pipe, and a recording, are shared by all" {
	"$KMSIM" synth vmap_mix,ops=500 -o t.jsonl
	for jobs in 1 3; do
		"$KMSIM" whatif - --models vmap-busylist,vmap-augtree,null --jobs $jobs -o pipe$jobs --no-charts \
			< <(cat t.jsonl)
		"$KMSIM" whatif "$RECORDED/vmalloc-fs" -j $jobs -o recording$jobs --no-charts
	done
	diff -r pipe1 pipe3
	diff -r recording1 recording3
}

@test "bad input: the first variant that meets it speaks, and nothing is left" {
	"$KMSIM" synth vmap_mix,ops=200000 -o good.jsonl
	trace bad1.jsonl '{"op":"vmap_free","id":1}'
	trace bad2.jsonl '{"op":"vmap_free","id":2}'
	every_jobs whatif good.jsonl bad1.jsonl bad2.jsonl --models null,vmap-augtree --no-charts
	[ "$status" -eq 2 ]
	[ "$(sed -n 1p stderr7)" = "bad1.jsonl:2: vmap_free: id 1 is not live" ]
	[ "$(wc -l <stderr7)" -eq 2 ]
	[ "$(ls -d out*)" = "" ]
}

@test "no number of jobs" {
	scenario '"workload": "vmap_mix,ops=10", "models": ["null"]'
	wrong_use "expected at least 1" run s.json --jobs 0
	wrong_use "expected at least 1" whatif t.jsonl --jobs -3
	wrong_use "jobs" run s.json --jobs many
}

@test "a crash costs one cell" {
	crashing 'env->seed == 2' 'abort()'
	scenario '"workload": "vmap_mix,ops=300", "models": ["crash"], "matrix": {"seed": [1, 2, 3, 4]}'
	for jobs in 2 7; do
		ends 1 run s.json --plugin ./crash.so --jobs $jobs -o out --json r.json --no-charts --with-ops
		[ "$stderr" = "these are its last words
crash,seed=2: crashed: killed by signal 6 (Aborted)
not complete: what was done so far is in out.partial" ]
		[ ! -e out ] && [ ! -e r.json ]
		[ "$(at manifest/failed out.partial/result.json)" = \
			'[{"name":"crash,seed=2","why":"killed by signal 6 (Aborted)"}]' ]
		[ "$(at variants/1/name out.partial/result.json)" = crash,seed=3 ]
		run ! at variants/3 out.partial/result.json
		[ "$(ls out.partial)" = "$(printf '%s\n' crash,seed={1,3,4} result.json)" ]
		[ "$(ls out.partial/crash,seed=4)" = "$(ls out.partial/crash,seed=1)" ]
		mv out.partial partial$jobs
	done
	diff -r partial2 partial7
	# they are what they are without it
	scenario '"workload": "vmap_mix,ops=300", "models": ["crash"], "matrix": {"seed": [1, 3, 4]}'
	ends 0 run s.json --plugin ./crash.so -o out --no-charts --with-ops
	diff -r -x result.json out partial2
}

@test "a crash of every cell, and a worker that leaves without a word" {
	crashing 'env->seed' 'exit(0)'
	scenario '"workload": "vmap_mix,ops=300", "models": ["crash"], "matrix": {"seed": [1, 2]}'
	ends 1 run s.json --plugin ./crash.so --jobs 2 -o out
	[ "$(at manifest/failed/1/why out.partial/result.json)" = "ended with status 0 and without a result" ]
	[ "$(at variants out.partial/result.json)" = "[]" ]
}

# start ARGUMENT…: kmsim in the background, in a process group of its own: $pid.
start() {
	set -m
	"$KMSIM" "$@" >stdout 2>stderr 3>&- &
	pid=$!
	set +m
	sleep 0.6
	[ "$(at_work)" -gt 1 ]
}

# How many processes of that group there are, but those that only wait to be forgotten.
at_work() {
	cat /proc/[0-9]*/stat 2>/dev/null | awk -v group="$pid" '$5 == group && $3 != "Z"' | wc -l
}

# The status of what was started, within a reasonable time.
ending() {
	(sleep 15 && kill -KILL -- "-$pid") 3>&- >/dev/null 2>&1 &
	status=0
	wait "$pid" || status=$?
	kill $!
	[ "$(at_work)" -eq 0 ]
}

@test "an interrupt stops all workers; what is complete is kept" {
	scenario '"models": ["null"],
		"matrix": {"workload": ["vmap_mix,ops=1000", "vmap_mix,ops=1000000000,live=100", "vmap_mix,ops=1000000001,live=100", "vmap_mix,ops=2000"]}'
	for signal in INT TERM; do
		start run s.json --jobs 2 -o out --json r.json --no-charts
		kill -$signal "$pid"
		ending
		cat stdout stderr
		[ "$status" -eq 130 ]
		[ "$(ls -A)" = "$(printf '%s\n' out.partial s.json stderr stdout)" ]
		[ "$(at variants/0/end/how out.partial/result.json)" = complete ]
		[ "$(at variants/1/end/how out.partial/result.json)" = interrupted ]
		[ "$(at variants/2/end/how out.partial/result.json)" = interrupted ]
		run ! at variants/3 out.partial/result.json
		[ "$(cat stderr)" = "interrupted: what was done so far is in out.partial" ]
	done
}

@test "an interrupt from the terminal, which workers get, too" {
	scenario '"workload": "vmap_mix,ops=1000000000,live=100", "models": ["null", "vmap-augtree"]'
	start run s.json --jobs 2 -o out --no-charts
	kill -INT -- "-$pid"
	ending
	[ "$status" -eq 130 ]
	[ "$(at variants/1/end/how out.partial/result.json)" = interrupted ]
	[ "$(at manifest/failed out.partial/result.json)" = '[]' ]
}

@test "workers end with their parent" {
	scenario '"workload": "vmap_mix,ops=1000000000,live=100", "models": ["null", "vmap-augtree"]'
	start run s.json --jobs 2 -o out
	kill -KILL "$pid"
	wait "$pid" || status=$?
	[ "$status" -eq 137 ]
	sleep 0.2
	[ "$(at_work)" -eq 0 ]
}
