#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Where the cycles went: it adds up, in every run; as a table; as a chart.

load common

QUICK=test_loop_count=300,full_fit_areas=300,long_busy_areas=400

# scenario WORKLOAD MODELS [KEYS]: s.json.
scenario() {
	echo "{\"kmsim_scenario\": 1, \"name\": \"n\", \"question\": \"?\", \"workload\": \"$1\",
		\"models\": [$2]${3:+, $3}}" >s.json
}

# adds_up RESULT: every sum in result.json that docs/results.md promises; says what it found.
adds_up() {
	perl -MJSON::PP -MList::Util=sum0 -e '
		open my $in, "<", "$ARGV[0]/result.json" or die;
		my ($result, %found) = decode_json(join "", <$in>);
		sub check { my ($what, $a, $b) = @_; $a == $b or die "$what: $a is not $b\n" }
		sub parts {
			my ($what, $of) = @_;
			check($what, $of->{total_cycles}, sum0(values %{$of->{steps}}, values %{$of->{waits}},
				@$of{qw(lock_cycles slowed_cycles rounding_cycles)}));
			$found{$_} += $of->{$_} for qw(lock_cycles slowed_cycles before_cycles);
			# half a cycle a stage, and much less on average
			my $rounding = abs $of->{rounding_cycles};
			$rounding <= 40 + $of->{total_cycles} / 50 or die "$what: $rounding of rounding\n";
			sum0 values %{$of->{waits}};
		}
		for my $v (@{$result->{variants}}) {
			my $b = $v->{breakdown};
			my (%waits, %steps);
			for my $kind (keys %{$v->{ops}}) {
				my ($of, $ops) = ($b->{ops}{$kind}, $v->{ops}{$kind});
				check("$kind waits", parts($kind, $of), $ops->{wait_cycles});
				check("$kind latency", $of->{total_cycles} - $of->{before_cycles},
					$ops->{latency}{total_cycles});
				$found{waited} += $ops->{wait_cycles};
			}
			parts("background", $b->{background});
			$found{background} += $b->{background}{total_cycles};
			check("background total", $b->{background}{total_cycles},
				sum0 map { $_->{busy_cycles} + $_->{wait_cycles} } values %{$v->{background}});
			for my $of (values %{$b->{ops}}, $b->{background}) {
				$waits{$_} += $of->{waits}{$_} for keys %{$of->{waits}};
				$steps{$_} += $of->{steps}{$_} for keys %{$of->{steps}};
			}
			check($_, $waits{$_}, $v->{locks}{$_}{wait_cycles}) for keys %{$v->{locks}};
			for (keys %{$v->{work}}) {
				my $lost = $v->{work}{$_}{cycles} - $steps{$_};
				$lost >= 0 && $lost <= keys %{$b->{ops}} or die "$_: $lost lost\n";
			}
			for my $s (@{$v->{sections}{list}}) {
				parts($s->{name}, $s->{breakdown});
				check("$s->{name} total", $s->{breakdown}{total_cycles} + $s->{breakdown}{idle_cycles},
					$s->{total_cycles});
				$s->{breakdown}{idle_cycles} >= 0 or die "$s->{name}: idle\n";
				$found{sections}++;
				$found{idle} += $s->{breakdown}{idle_cycles};
			}
		}
		print join(" ", sort grep { $found{$_} } keys %found), "\n";
	' "$1"
}

# bars FILE: of breakdown.dat, the number of bars; each of them is full.
bars() {
	awk '/^$/ { blank++; next } blank >= 2 { block++ } { blank = 0 }
		block == 2 { if ($1 in end && $2 != end[$1]) exit 1; end[$1] = $3 }
		END { for (y in end) { n++; if (end[y] < 99.99 || end[y] > 100.01) exit 1 } print n + 0 }' "$1"
}

@test "all tests of test_vmalloc, alone and on four CPUs, with all that a vmalloc does" {
	models='"vmap-busylist,work=vmalloc", "vmap-augtree,work=vmalloc", "vmap-nodes,work=vmalloc"'
	scenario "test_vmalloc,mode=performance,$QUICK,boot=drawn" "$models" '"profile": "i5-3320m"'
	ends 0 run s.json -o alone --no-charts
	[ "$(adds_up alone)" = "background before_cycles lock_cycles sections" ]
	scenario "test_vmalloc,mode=stress,test_repeat_count=2,$QUICK,cpus=4" "$models" \
		'"matrix": {"profile": ["i5-3320m", "hikey960", "tr-3970x"]}'
	ends 0 run s.json -o four --no-charts
	[ "$(adds_up four)" = "background before_cycles lock_cycles sections slowed_cycles waited" ]
}

@test "pages; a recording; sections with idle time, in either order" {
	ends 0 run "$ROOT/scenarios/pinned-blocks.json" -o pinned --no-charts
	[[ "$(adds_up pinned)" == *sections* ]]
	ends 0 whatif "$RECORDED/mixed-6.1" --models pages -o mixed --no-charts
	[[ "$(adds_up mixed)" == *lock_cycles* ]]
	trace t.jsonl '{"op":"mark","name":"a:start"}' '{"op":"vmap_alloc","id":1,"size":8192,"t":5000}' \
		'{"op":"vmap_free","id":1,"t":9000}' '{"op":"mark","name":"a:done","t":20000}'
	for order in time trace; do
		ends 0 replay t.jsonl --model vmap-augtree --order $order -o out-$order --no-charts
		[ "$(adds_up out-$order)" = "idle lock_cycles sections" ]
	done
}

@test "--breakdown: a table a variant by kind of op, and one by section; says nothing in the manifest" {
	scenario "test_vmalloc,mode=performance,$QUICK,boot=drawn" \
		'"vmap-busylist,work=vmalloc", "vmap-augtree,work=vmalloc"'
	ends 0 run s.json -o out --no-charts
	[[ $output != *"where the time"* ]]
	ends 0 run s.json -o again --no-charts --breakdown
	diff -r out again
	for model in vmap-busylist vmap-augtree; do
		[[ $output == *"# $model,work=vmalloc: where the time of an op goes, by kind"* ]]
		[[ $output == *"# $model,work=vmalloc: where the time of an op goes, by section"* ]]
	done
	[[ $output == *"busy list walked "*"free tree searched "*"pages "* ]]
	# of 80 columns at most
	! awk '/^# /{ on = 1 } on && length > 80' <<<"$output" | grep .
	ends 0 sections out --variant vmap-augtree,work=vmalloc --breakdown
	[[ ${lines[0]} == *" fix_size "*" full_fit "* ]]
	wrong_use "no --format" sections out --breakdown --format csv
	trace t.jsonl '{"op":"vmap_alloc","id":1,"size":8192}'
	ends 0 replay t.jsonl --model vmap-augtree --breakdown
	[[ $output == *"by kind"* && $output != *"by section"* ]]
	ends 0 whatif t.jsonl -o w --no-charts --breakdown
	[ "$(grep -c 'by kind' <<<"$output")" -eq 2 ]
	ends 2 sections w --breakdown
}

@test "a model that only says what was recorded has no prices: null, no table, no bar" {
	ends 0 whatif "$RECORDED/vmalloc-modules-6.12" --models recorded,vmap-augtree -o out --breakdown
	[[ $output != *"# recorded: where"* && $output == *"# vmap-augtree: where"* ]]
	[ "$(at variants/0/breakdown/ops/vmap_alloc/steps/list_hop out/result.json)" = "" ]
	[ "$(at variants/0/breakdown/background/total_cycles out/result.json)" = "" ]
	[ "$(at variants/1/breakdown/ops/vmap_alloc/steps/list_hop out/result.json)" = 0 ]
	[ "$(bars out/plots/breakdown.dat)" -eq 2 ]
}

@test "a scenario may ask for it; only with true or false" {
	scenario "vmap_mix,ops=100" '"vmap-augtree"' '"breakdown": true'
	ends 0 run s.json -o out --no-charts
	[[ $output == *"# vmap-augtree: where the time of an op goes, by kind"* ]]
	scenario "vmap_mix,ops=100" '"vmap-augtree"' '"breakdown": 1'
	refused s.json run s.json -o out2
	[[ $stderr == *"breakdown: expected true or false"* ]]
}

@test "the chart: a bar a section and variant, else a bar a kind of op" {
	scenario "test_vmalloc,mode=performance,$QUICK" '"vmap-busylist", "vmap-augtree"'
	ends 0 run s.json -o out
	[ "$(bars out/plots/breakdown.dat)" -eq 16 ]
	scenario "vmap_mix,ops=500,live=100" '"vmap-augtree"'
	ends 0 run s.json -o kinds
	[ "$(bars kinds/plots/breakdown.dat)" -eq 2 ]
	if command -v gnuplot >/dev/null; then
		grep -q "</svg>" out/plots/breakdown.svg
		grep -q "</svg>" kinds/plots/breakdown.svg
	fi
	# nothing is priced, nothing is drawn, and nobody misses it
	scenario "vmap_mix,ops=500" '"null"'
	ends 0 run s.json -o nothing
	[[ ! -e nothing/plots/breakdown.dat && $stderr != *breakdown* ]]
}
