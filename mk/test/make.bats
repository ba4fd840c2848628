#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What make promises: builds, rebuilds, installs, and says what it needs.

# $fake: a folder of programs that stand in for the machine's, recording their arguments.
setup() {
	fake=$BATS_TEST_TMPDIR/bin
	log=$BATS_TEST_TMPDIR/log
	installed=$BATS_TEST_TMPDIR/installed
	mkdir "$fake"
	touch "$log"
	ln -s "$(command -v cat)" "$fake/cat"
}

program() {
	printf '#!/bin/sh\n%s\n' "$2" >"$fake/$1"
	chmod +x "$fake/$1"
}

# The machine lacks the libraries in $1 until apt-get installs something.
lacking() {
	program pkg-config "[ -e \$INSTALLED ] || case \$2 in $1) exit 1 ;; esac"
}

deps() {
	run env PATH="$fake" LOG="$log" INSTALLED="$installed" /bin/sh mk/deps.sh "$@"
	echo "$output"
	cat "$log"
}

@test "an object is rebuilt when its header, the Makefile or a flag changes, and not else" {
	B=$BATS_TEST_TMPDIR/out
	object=$B/sim/base/error.o
	make B="$B" "$object"
	[ -f "$object" ]
	make B="$B" -q "$object"
	for file in sim/base/error.c sim/base/error.h Makefile; do
		run make B="$B" -q -W "$file" "$object"
		[ "$status" -eq 1 ]
	done
	run make B="$B" -q -W sim/base/rng.h "$object"
	[ "$status" -eq 0 ]
	run make B="$B" -q CFLAGS=-DOTHER "$object"
	[ "$status" -eq 1 ]
	make B="$B" CFLAGS=-DOTHER "$object"
	make B="$B" -q CFLAGS=-DOTHER "$object"
}

@test "install puts everything in its place, uninstall takes all of it away" {
	to=$BATS_TEST_TMPDIR/root
	cp -r "${STAGE:-build/stage}" "$to" # make check has installed there
	for file in bin/kmsim include/kmsim/model.h include/kmsim/sim/trace/op.h \
		include/kmsim/sim/base/param.h lib/pkgconfig/kmsim.pc \
		share/kmsim/models/cpu/generic-x86_64.json share/doc/kmsim/LICENSE \
		share/doc/kmsim/examples/plugin/Makefile; do
		[ -f "$to/usr/local/$file" ]
	done
	[ -x "$to/usr/local/bin/kmsim" ]
	make -s B="$BATS_TEST_TMPDIR/out" uninstall DESTDIR="$to"
	run find "$to" -type f
	echo "$output"
	[ -z "$output" ]
}

@test "make without the libraries names the command that installs them" {
	program pkg-config 'exit 1'
	PATH=$fake:$PATH run make B="$BATS_TEST_TMPDIR/out"
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *libglib2.0-dev* ]]
	[[ $output == *"make deps"* ]]
	[[ $output != *"fatal error"* ]]
}

@test "deps: nothing to do is silent and asks nobody" {
	program pkg-config 'exit 0'
	program apt-get 'echo "$@" >>$LOG'
	deps build
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ ! -s "$log" ]
}

@test "deps: as root, says what is missing, then installs just that" {
	lacking 'jansson | zlib'
	program id 'echo 0'
	program apt-get 'echo "$@" >>$LOG; case "$*" in *"install -y"*) : >$INSTALLED ;; esac'
	deps build
	[ "$status" -eq 0 ]
	[[ $output == *libjansson-dev*zlib1g-dev*Installing* ]]
	grep -q 'install -y --no-install-recommends libjansson-dev zlib1g-dev$' "$log"
	[ "$(grep -c update "$log")" -eq 0 ]
}

@test "deps: package lists are read if the package is not in them" {
	lacking jansson
	program id 'echo 0'
	program apt-get 'echo "$@" >>$LOG
		case "$*" in *simulate*) exit 100 ;; *"install -y"*) : >$INSTALLED ;; esac'
	deps build
	[ "$status" -eq 0 ]
	[[ $(tail -n 2 "$log" | head -n 1) == *update ]]
	[[ $(tail -n 1 "$log") == *"install -y"* ]]
}

@test "deps: package lists are read again if the file they name is gone" {
	lacking jansson
	program id 'echo 0'
	program apt-get 'echo "$@" >>$LOG
		case "$*" in
		*update) : >$LOG.new ;;
		*"install -y"*) [ -e $LOG.new ] && : >$INSTALLED ;;
		esac'
	deps build
	[ "$status" -eq 0 ]
	[ "$(grep -c 'install -y' "$log")" -eq 2 ]
}

@test "deps: an installation that does not bring what is needed is a failure" {
	lacking jansson
	program id 'echo 0'
	program apt-get 'exit 0'
	deps build
	[ "$status" -ne 0 ]
	[[ ${lines[-1]} == *libjansson-dev* ]]
}

@test "deps: not root: prints the line to run, fails, installs nothing" {
	lacking jansson
	program id 'echo 1000'
	program apt-get 'echo "$@" >>$LOG'
	deps build
	[ "$status" -ne 0 ]
	[ "${lines[-1]}" = "sudo apt-get install -y --no-install-recommends libjansson-dev" ]
	[ "$(grep -cv simulate "$log")" -eq 0 ]
}

@test "deps: without apt-get it names what is missing and fails" {
	lacking jansson
	deps build
	[ "$status" -ne 0 ]
	[[ $output == *libjansson-dev*"no Debian"* ]]
}
