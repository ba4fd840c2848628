#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Help, version, and wrong use of every command.

load common

COMMANDS="run replay whatif fidelity compare record import convert trace synth zones sections calibrate
	accuracy plot models machines"

@test "--version and --help, of the program and of every command" {
	ends 0 --version
	version=$output
	[[ $version == "kmsim "[0-9]* ]]
	ends 0 --help
	for command in $COMMANDS; do
		[[ $output == *"  $command "* ]]
	done
	for command in $COMMANDS; do
		ends 0 "$command" --version
		[ "$output" = "$version" ]
		ends 0 "$command" --help
		[[ $output == *"kmsim $command"* ]]
		[ -z "$stderr" ]
	done
}

@test "no command, an unknown command, an unknown option" {
	wrong_use Usage
	wrong_use "no command 'rnu'" rnu
	for command in $COMMANDS; do
		wrong_use --no-such-option "$command" --no-such-option
	done
}

@test "too few and too many arguments" {
	trace t.jsonl '{"op":"shrink"}'
	wrong_use usage run
	wrong_use usage run a b
	wrong_use usage replay --model null
	wrong_use usage replay t.jsonl t.jsonl --model null
	wrong_use --model replay t.jsonl
	wrong_use usage whatif
	wrong_use usage compare
	wrong_use usage import
	wrong_use -o import t.jsonl
	wrong_use usage trace info
	wrong_use "expected info, validate or head" trace look t.jsonl
	wrong_use "expected a number" trace head -n x t.jsonl
	wrong_use usage synth
	wrong_use usage synth vmap_mix
	wrong_use usage plot
	wrong_use usage synth --list vmap_mix
}

@test "short options with their value attached; not behind --" {
	trace t.jsonl '{"op":"vmap_alloc","id":1,"size":8192}'
	ends 0 trace head -n1 t.jsonl
	ends 0 replay t.jsonl -mnull -oout --no-charts
	[ -d out ]
	ends 0 whatif t.jsonl -mnull,vmap-augtree -j2 -oboth --no-charts
	grep -q '"command": "kmsim whatif t.jsonl -m null,vmap-augtree --no-charts"' both/result.json
	wrong_use "Unknown option -x" replay t.jsonl -x1
	ends 0 record --dry-run -o dir -- ls -la
	[[ $output == *"run: ls -la"* ]]
}

@test "unknown and impossible models, parameters, orders, profiles, seeds" {
	trace t.jsonl '{"op":"vmap_alloc","id":1,"size":8192}'
	for command in "replay t.jsonl --model" "whatif t.jsonl --no-charts -o out --models"; do
		# shellcheck disable=SC2086
		{
			wrong_use "no model 'vmap-nosuch' (known: null, vmap-busylist" $command vmap-nosuch
			wrong_use "no parameter 'serach'" $command vmap-busylist,serach=walk
			wrong_use "search=run" $command vmap-busylist,search=run
			wrong_use "version=v9.9" $command vmap-augtree,version=v9.9
			wrong_use "lazy_max_pages=-1" $command vmap-augtree,lazy_max_pages=-1
			wrong_use "lazy_max_pages=1k" $command vmap-augtree,lazy_max_pages=1k
			wrong_use "vend=0x1ffffffffffffffff" $command vmap-augtree,vend=0x1ffffffffffffffff
			wrong_use "window is empty" $command vmap-augtree,vstart=8192,vend=8192
			wrong_use "order" $command null --order backwards
			wrong_use "seed" $command null --seed many
			wrong_use "no-such-cpu" $command null --profile no-such-cpu
		}
	done
	wrong_use "key=value" replay t.jsonl --model null,what
	for models in k=v,null "" , null,; do
		wrong_use "--models $models: expected" whatif t.jsonl --models "$models"
	done
	wrong_use "twice" whatif t.jsonl --models null,null
	wrong_use "no model 'vmap-nosuch'" models vmap-nosuch
}

@test "two results of one name" {
	trace t.jsonl '{"op":"vmap_alloc","id":1,"size":8192}'
	for name in x -; do
		wrong_use "$name: two results cannot go there" replay t.jsonl --model null --ops $name --json $name
	done
	wrong_use "x: two results cannot go there" whatif t.jsonl --models null --json x -o x
}

@test "unknown and impossible workloads" {
	wrong_use "vmap_max" synth vmap_max -o t.jsonl
	wrong_use "lives" synth vmap_mix,lives=5 -o t.jsonl
	wrong_use "sizes=round" synth vmap_mix,sizes=round -o t.jsonl
	wrong_use "seed" synth vmap_mix --seed -1 -o t.jsonl
	wrong_use "cpus=0" synth vmap_mix,cpus=0 -o t.jsonl
}

@test "files that are not there, and folders, are no bad input: status 1" {
	mkdir folder
	before=$(ls -A)
	for file in missing folder; do
		ends 1 replay $file --model null --ops ops.csv --json r.json -o out
		[[ $stderr == *"$file: "* ]]
		ends 1 trace info $file
		ends 1 run $file -o out
		ends 1 plot $file
		ends 1 compare $file $file
	done
	ends 1 import missing -o t.jsonl
	ends 1 whatif missing -o out
	refused folder import folder -o t.jsonl
	refused folder whatif folder -o out
	[ "$(ls -A)" = "$before" ]
}

@test "results that cannot be written: status 1, nothing left" {
	trace t.jsonl '{"op":"vmap_alloc","id":1,"size":8192}'
	before=$(ls -A)
	for place in "-o no/where" "--ops no/ops.csv" "--json no/r.json" "-o out --json no/r.json" \
		"--ops ops.csv --json no/r.json"; do
		# shellcheck disable=SC2086
		ends 1 replay t.jsonl --model null --no-charts $place
		[ "$(ls -A)" = "$before" ]
	done
	ends 1 synth vmap_mix,ops=10 -o no/t.jsonl
	ends 1 import "$RECORDED/vmalloc-fs/trace.txt.gz" -o no/t.jsonl
	for command in "trace info t.jsonl" "replay t.jsonl --model null --ops -" --help --version \
		"run --help" "run --version"; do
		run bash -c '"$1" $2 >/dev/full' - "$KMSIM" "$command"
		[ "$status" -eq 1 ]
		[ -n "$output" ]
	done
	[ "$(ls -A)" = "$before" ]
}
