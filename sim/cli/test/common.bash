# SPDX-License-Identifier: GPL-2.0-or-later
# What the end-to-end tests share. They are started in the project's root.
# shellcheck shell=bash disable=SC2034,SC2154

bats_require_minimum_version 1.5.0
ROOT=$PWD
KMSIM=${KMSIM:-$PWD/build/kmsim}
RECORDED=$ROOT/traces/recorded
unset KMSIM_PLUGIN_PATH

HEADER='{"kmsim_trace": 1, "page_size": 4096, "cpus": 2}'
SMALL='{"kmsim_trace": 1, "page_size": 4096, "cpus": 1, "vmap": {"vstart": "0x100000", "vend": "0x200000", "lazy_max_pages": 0}}'

# A folder that nobody else writes in.
setup() {
	mkdir "$BATS_TEST_TMPDIR/work"
	cd "$BATS_TEST_TMPDIR/work"
}

# trace FILE OP…: a trace of HEADER and these lines.
trace() {
	local file=$1
	shift
	printf '%s\n' "${TRACE_HEADER:-$HEADER}" "$@" >"$file"
}

# Run kmsim; $status, $output (standard output), $stderr.
kmsim() {
	run --separate-stderr "$KMSIM" "$@"
	echo "kmsim $*: status $status"
	echo "$output"
	echo "$stderr"
}

# ends STATUS ARGUMENT…: kmsim ends so.
ends() {
	local expected=$1
	shift
	kmsim "$@"
	[ "$status" -eq "$expected" ]
}

# refused PLACE ARGUMENT…: bad input: status 2, a line on standard error that begins "PLACE: ", and no
# file or folder more than before.
refused() {
	local place=$1 before
	shift
	before=$(ls -A)
	ends 2 "$@"
	[[ $'\n'$stderr == *$'\n'"$place: "* ]]
	[ "$(ls -A)" = "$before" ]
}

# wrong_use TEXT ARGUMENT…: status 2, TEXT on standard error, nothing left.
wrong_use() {
	local text=$1 before
	shift
	before=$(ls -A)
	ends 2 "$@"
	[[ $stderr == *"$text"* ]]
	[ "$(ls -A)" = "$before" ]
}

# column NAME FILE: a column of a CSV, without its name.
column() {
	awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i; next }
		{ print $c }' "$2"
}

# at PATH FILE: a value of a JSON document, such as variants/0/name.
at() {
	perl -MJSON::PP -e '
		my ($path, $file) = @ARGV;
		open my $in, "<", $file or die "$file: $!";
		my $value = decode_json(join "", <$in>);
		for (split "/", $path) {
			my $there = ref $value eq "ARRAY" ? $_ <= $#$value : exists $value->{$_};
			die "$file: no $path\n" unless $there;
			$value = ref $value eq "ARRAY" ? $value->[$_] : $value->{$_};
		}
		print ref $value ? JSON::PP->new->canonical->allow_nonref->encode($value) : $value, "\n";
	' "$1" "$2"
}
