#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What ships does what is said of it: scenarios run, documents name commands and files that exist.

setup() {
	bats_require_minimum_version 1.5.0
	: "${KMSIM:=$PWD/build/kmsim}"
}

# Every shipped scenario, one a line.
scenarios() {
	ls scenarios/*.json
}

# Those that a test runs: all, but not the long ones where sanitizers make them longer.
runnable() {
	if [[ $KMSIM == */asan/* ]]; then
		scenarios | grep -v 'published-fault\|strays-long-run\|thp-'
	else
		scenarios | grep -v published-fault
	fi
}

# Documents that a reader meets.
documents() {
	ls README.md docs/*.md traces/recorded/README.md
}

@test "there are at least five scenarios, and each begins with its question" {
	[ "$(scenarios | wc -l)" -ge 5 ]
	for file in $(scenarios); do
		run "$KMSIM" run "$file" --dry-run
		[ "$status" -eq 0 ] || { echo "$file: $output"; return 1; }
		name=$(basename "$file" .json)
		[[ "${lines[0]}" == "$name: "*\? ]] || { echo "$file: ${lines[0]}"; return 1; }
	done
}

@test "every scenario runs and shows each figure that it names" {
	for file in $(runnable); do
		run --separate-stderr "$KMSIM" run "$file" --no-charts -o "$BATS_TEST_TMPDIR/r" --force
		[ "$status" -eq 0 ] || { echo "$file: $stderr"; return 1; }
		[ -z "$stderr" ] || { echo "$file warns: $stderr"; return 1; }
		[ -s "$BATS_TEST_TMPDIR/r/result.json" ]
		sed -n '/"figures"/s/", "/"\n"/gp' "$file" | sed 's/.*: \[//' | tr -d '"[]' |
			while read -r figure; do
				# over many seeds a table says how many
				sed 's/, [0-9]* seeds$//' <<<"$output" | grep -qxF -- "$figure" ||
					{ echo "$file: no table '$figure'"; exit 1; }
			done
	done
}

@test "the published fault: v5.1 and 60fce36afa9c oops at pfn 0xcd200, e577c8b64d58 does not" {
	run --separate-stderr "$KMSIM" run scenarios/published-fault.json --no-charts -o "$BATS_TEST_TMPDIR/r"
	[ "$status" -eq 3 ]
	[ "$(grep -c 'oopsed at op' <<<"$stderr")" -eq 2 ]
	for rule in v5.1 v5.2-rc1; do
		grep -q "^pages,isolate_around=$rule: .*address 0xffffea0003348000, the struct page of pfn 0xcd200 in" <<<"$stderr"
	done
	[[ "$stderr" != *"isolate_around=v5.2: "* ]]
}

@test "the README leads to every document and shows every picture that is not shown elsewhere" {
	for file in docs/*.md; do
		grep -q "]($file)" README.md || { echo "README.md: no $file"; return 1; }
	done
	for file in docs/images/*; do
		grep -qF "${file#docs/})" README.md docs/*.md || { echo "$file: shown nowhere"; return 1; }
	done
}

@test "every scenario that ships is in the README and the other way round" {
	in_readme=$(sed -n 's/^| `\([a-z0-9-]*\)` | .*?.*/\1/p' README.md | sort)
	[ "$in_readme" = "$(scenarios | xargs -n1 basename -s .json | sort)" ]
}

@test "a matrix compares models at the same point, rows by the names of values" {
	cat >"$BATS_TEST_TMPDIR/s.json" <<-'END'
	{"kmsim_scenario": 1, "name": "s", "question": "Q?", "models": ["null", "vmap-augtree"],
	 "workload": "vmap_mix,live=10,ops=100",
	 "matrix": {"seed": {"one": 1, "two": 2}, "cpus": [1, 2]}, "figures": ["vmap_alloc count"]}
	END
	run --separate-stderr "$KMSIM" run "$BATS_TEST_TMPDIR/s.json" --no-charts -o "$BATS_TEST_TMPDIR/r"
	[ "$status" -eq 0 ]
	[[ "${lines[2]}" =~ ^"seed, cpus"\ +null\ +vmap-augtree\ +change$ ]]
	[[ "${lines[3]}" =~ ^\ *"one, 1"\ +55\ +55\ += ]]
	[[ "${lines[6]}" =~ ^\ *"two, 2"\  ]]
}

@test "a figure that does not exist is an error that lists those that do" {
	cat >"$BATS_TEST_TMPDIR/s.json" <<-'END'
	{"kmsim_scenario": 1, "name": "s", "question": "Q?", "models": ["null"],
	 "workload": "vmap_mix", "figures": ["vmap_alloc beauty"]}
	END
	run "$KMSIM" run "$BATS_TEST_TMPDIR/s.json" --dry-run
	[ "$status" -eq 2 ]
	[[ "$output" == *"s.json: figures: no figure 'vmap_alloc beauty'"* ]]
	[[ "$output" == *"KIND latency, p99"* ]]
}

@test "a dry run sees a recording that is not there and a wrong parameter of a workload" {
	for source in '"trace": "nowhere"' '"workload": "vmap_mix,speed=9"'; do
		echo '{"kmsim_scenario": 1, "name": "s", "question": "Q?", "models": ["null"],' \
			"$source}" >"$BATS_TEST_TMPDIR/s.json"
		run "$KMSIM" run "$BATS_TEST_TMPDIR/s.json" --dry-run
		[[ $status -eq 1 || $status -eq 2 ]] || { echo "$source: $status"; return 1; }
	done
}

@test "a scenario imports a recording as whatif does" {
	"$KMSIM" run scenarios/recorded-modules.json --no-charts -o "$BATS_TEST_TMPDIR/run" >/dev/null
	"$KMSIM" whatif traces/recorded/vmalloc-modules-6.12 --no-charts -o "$BATS_TEST_TMPDIR/whatif" \
		>/dev/null
	cmp "$BATS_TEST_TMPDIR/run/vmap-augtree/samples.csv" \
		"$BATS_TEST_TMPDIR/whatif/vmap-augtree/samples.csv"
}

@test "commands that documents name exist" {
	known=$("$KMSIM" --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
	[ -n "$known" ]
	# shown commands, at the start of a line of code or of a piece of code in a sentence
	for file in $(documents); do
		sed -n 's/^    \$\{0,1\} *kmsim \([a-z][a-z]*\).*/\1/p; s/.*`kmsim \([a-z][a-z]*\).*/\1/p' "$file" |
			sort -u | while read -r command; do
			grep -qxF -- "$command" <<<"$known" ||
				{ echo "$file: no command '$command'"; exit 1; }
		done
	done
}

@test "links in documents lead to files and headings that exist" {
	for file in $(documents); do
		folder=$(dirname "$file")
		grep -oE '\]\([^)]+\)' "$file" | tr -d '])(' | grep -v '^http' | sort -u |
			while read -r link; do
			target=${link%%#*}
			target=${target:+$folder/$target}
			target=${target:-$file}
			[ -e "$target" ] || { echo "$file: $link leads nowhere"; exit 1; }
			[[ $link == *'#'* ]] || continue
			sed -n 's/^#\+ //p' "$target" | tr 'A-Z ' 'a-z-' | tr -cd 'a-z0-9_\n-' |
				grep -qxF -- "${link#*#}" || { echo "$file: $link: no such heading"; exit 1; }
		done || return 1
	done
}
