#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What the pages show below "    $ kmsim …" is what that command prints: every line but "…" and
# empty ones. Commands that take long are left out; so are those of files that a page does not make.

bats_require_minimum_version 1.5.0
ROOT=$PWD
KMSIM=${KMSIM:-$PWD/build/kmsim}
SLOW='accuracy|calibrate|strays-long-run|thp-|ops=2000000'

# A folder in which the commands find what they name.
setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir bin build
	ln -s "$ROOT/traces" "$ROOT/scenarios" "$ROOT/models" .
	ln -s "$KMSIM" bin/kmsim
	PATH=$PWD/bin:$PATH
}

# blocks PAGE: N.command and N.pasted for each command of it.
blocks() {
	awk '
		/^    \$ / { shown = $0 ~ /^    \$ (kmsim|head|sed) /; n += shown
			if (shown) { print substr($0, 7) >(n ".command"); printf "" >(n ".pasted") }
			next }
		/^    / { if (shown) print substr($0, 5) >(n ".pasted"); next }
		!/^$/ { shown = 0 }' "$1"
}

# Lines may be wrapped, and columns wider.
squeezed() {
	tr -s '[:space:]' ' ' | sed 's/^ //; s/ $//'
}

# A scenario of the trace that the manual uses.
scenario() {
	printf '{"kmsim_scenario": 1, "name": "n", "question": "q", %s"trace": "stacks.jsonl.zst", "models": ["vmap-augtree"]}' "$1"
}

# pasted PAGE LEAST: all blocks of the page that can be run; so many must be.
pasted() {
	local command block line ran=0 wrong=0
	blocks "$ROOT/$1"
	for block in $(seq "$(find . -name "*.command" | wc -l)"); do
		command=$(cat "$block.command")
		[[ $command =~ $SLOW ]] && continue
		run --keep-empty-lines bash -c "$command" 2>&1
		if [[ $output == *"No such file"* ]]; then
			echo "not run: $command"
			continue
		fi
		ran=$((ran + 1))
		output=$(squeezed <<<"$output")
		while IFS= read -r line; do
			line=$(squeezed <<<"${line%…}")
			[[ $output == *"$line"* ]] && continue
			echo "$1: $command: does not print"
			echo "$line"
			wrong=$((wrong + 1))
		done <"$block.pasted"
	done
	echo "$1: $ran commands"
	[ "$wrong" -eq 0 ]
	[ "$ran" -ge "$2" ]
}

@test "README.md" {
	pasted README.md 2
}

@test "docs/manual.md" {
	kmsim synth test_vmalloc,run_test_mask=16,test_loop_count=100 -o stacks.jsonl.zst
	scenario '"matrix": {"lazy_max_pages": [0]}, ' >eager.json
	scenario '' >lazy.json
	kmsim run eager.json -o eager --no-charts
	kmsim run lazy.json -o lazy --no-charts
	pasted docs/manual.md 18
}

@test "docs/cost-profiles.md" {
	pasted docs/cost-profiles.md 5
}

@test "docs/fidelity.md" {
	pasted docs/fidelity.md 1
}

@test "docs/importing.md" {
	ln -s "$ROOT"/traces/recorded/* .
	pasted docs/importing.md 4
}

@test "docs/machines.md" {
	pasted docs/machines.md 1
}

@test "docs/model-pages.md" {
	pasted docs/model-pages.md 1
}

@test "docs/off-by-one.md" {
	pasted docs/off-by-one.md 4
}

@test "docs/scenario-format.md" {
	pasted docs/scenario-format.md 1
}
