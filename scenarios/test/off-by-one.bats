#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The pages that each rule of isolate_around looks at, case by case: docs/off-by-one.md.

bats_require_minimum_version 1.5.0
KMSIM=${KMSIM:-$PWD/build/kmsim}
CASES=$PWD/traces/synthetic/off-by-one

# scans CASE RULE: the first two scans of the free scanner, as mm_compaction_isolate_freepages prints
# them.
scans() {
	"$KMSIM" replay "$CASES/$1.jsonl.gz" --model "pages,isolate_around=$2,on_oops=count" \
		--events "$BATS_TEST_TMPDIR/events" --no-charts >"$BATS_TEST_TMPDIR/table"
	sed -n 's/.*isolate_freepages: range=(\(.*\)) nr_scanned.*/\1/p' "$BATS_TEST_TMPDIR/events" |
		head -n 2 | paste -sd, | tr -d ' '
}

@test "a page in the middle of its block: before, and after to the block's end" {
	[ "$(scans middle v5.1)" = 0x12200~0x12345,0x12346~0x12400 ]
	[ "$(scans middle v5.2-rc1)" = 0x12200~0x12345,0x12346~0x123ff ]
	[ "$(scans middle v5.2)" = 0x12200~0x12345,0x12346~0x123ff ]
	[ "$(scans middle v5.12)" = 0x12200~0x12345,0x12346~0x12400 ]
	[ "$(scans middle v6.1)" = 0x12200~0x12400,0xd400~0xd600 ]
	[ "$(scans middle inclusive)" = 0x12200~0x12345,0x12346~0x12401 ]
}

@test "the last page of a block: nothing is left behind it but for inclusive" {
	[[ $(scans last-page v5.1) == 0x12200~0x123ff,0xd400~* ]]
	[[ $(scans last-page v5.2) == 0x12200~0x123ff,0xd400~* ]]
	[ "$(scans last-page inclusive)" = 0x12200~0x123ff,0x12400~0x12401 ]
}

@test "the last but one: the fix leaves out the last" {
	[ "$(scans last-but-one v5.1)" = 0x12200~0x123fe,0x123ff~0x12400 ]
	[[ $(scans last-but-one v5.2) == 0x12200~0x123fe,0xd400~* ]]
	[ "$(scans last-but-one v5.12)" = 0x12200~0x123fe,0x123ff~0x12400 ]
	[ "$(scans last-but-one inclusive)" = 0x12200~0x123fe,0x123ff~0x12401 ]
}

@test "nothing found: a block half way between the scanners" {
	[[ $(scans fallback v5.1) == 0xd400~0xd600,* ]]
	[[ $(scans fallback v5.2) == 0xd400~0xd5ff,* ]]
	[[ $(scans fallback v5.12) == 0xd400~0xd600,* ]]
	[[ $(scans fallback inclusive) == 0xd400~0xd601,* ]]
}

@test "the zone's end inside of the block" {
	[ "$(scans zone-end v5.1)" = 0x12200~0x12340,0x12341~0x12380 ]
	[ "$(scans zone-end v5.2)" = 0x12200~0x12340,0x12341~0x1237f ]
	[ "$(scans zone-end inclusive)" = 0x12200~0x12340,0x12341~0x12381 ]
}

@test "the zone's start inside of the block: another zone's pages, up to v5.11" {
	for rule in v5.1 v5.2-rc1 v5.2 inclusive; do
		[[ $(scans zone-start $rule) == 0x12200~* ]]
		grep -q "outside the zone  *128" "$BATS_TEST_TMPDIR/table"
	done
	for rule in v5.12 v6.1; do
		[[ $(scans zone-start $rule) == 0x12280~0x12400 ]]
		run ! grep "outside the zone" "$BATS_TEST_TMPDIR/table"
	done
}

@test "none of them crashes but for the published fault" {
	for file in "$CASES"/*.jsonl.gz; do
		for rule in v5.1 v5.2-rc1 v5.2 v5.12 v6.1 inclusive; do
			"$KMSIM" replay "$file" --model "pages,isolate_around=$rule" --no-charts >/dev/null
		done
	done
}
