#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# kmsim record. Where the machine allows it (root, tracefs, Linux 6.2) it is recorded for real.

load common

# Skips, with the reason that kmsim itself gives.
needs_recording() {
	"$KMSIM" record --dry-run -o there -- true >/dev/null 2>why || skip "$(cat why)"
}

# As nobody, if this is root; the program from where everybody may read it.
as_nobody() {
	[ "$(id -u)" -eq 0 ] || { run --separate-stderr "$@"; return; }
	command -v setpriv >/dev/null || skip "no setpriv"
	run --separate-stderr setpriv --reuid=65534 --clear-groups "$@"
}

# The numbers of processes that have instances of tracefs, wherever it is mounted.
instances() {
	unshare --mount sh -c 'mount -t tracefs none /mnt && ls /mnt/instances' |
		sed -n 's/^kmsim-\([0-9]*\).*/\1/p'
}

# Instances that nobody will remove: other tests may be recording, too.
leaked() {
	for process in $(instances); do
		kill -0 "$process" 2>/dev/null || echo "$process"
	done
}

# Until process $1 has its instance.
wait_for_instance() {
	until instances | grep -qx "$1"; do sleep 0.05; done
}

# Many processes at once: their stacks are more than the kernel keeps at hand.
LOAD='for i in $(seq $((40 + 4 * $(nproc)))); do sleep 0.2 & done; wait'

@test "record: wrong use is refused and leaves nothing" {
	wrong_use "-o is missing" record -- true
	wrong_use "COMMAND…, or --seconds" record -o new
	wrong_use "not both" record -o new --seconds 1 -- true
	wrong_use "expected some of vmap,pages,compaction" record -o new --families vmap,pagez -- true
	wrong_use "--empty-pools is for" record -o new --families pages --empty-pools -- true
	wrong_use "there is no such command" record -o new -- no-such-command-at-all
	wrong_use "$ROOT/README.md: is not executable" record -o new -- "$ROOT/README.md"
	for n in -1 0 nan inf 1e12; do
		wrong_use "--seconds" record -o new --seconds $n
		[[ $stderr == *"expected"* ]]
	done
	for n in -1 0; do
		wrong_use "--buffer $n" record -o new --buffer $n -- true
	done
	wrong_use "names none of vmap,pages,compaction" record -o new --families '' -- true
}

@test "record: a folder that exists is replaced only where it is a recording" {
	needs_recording
	mkdir there
	wrong_use "exists already" record -o there -- true
	wrong_use "exists already" record --dry-run -o there -- true
	wrong_use "empty" record -o '' -- touch ran
	touch there/mine
	wrong_use "no directory of results or of a recording" record --force -o there -- true
	ends 0 record -o mine -- true
	wrong_use "exists already" record -o mine -- true
	ends 0 record --force -o mine -- true
}

@test "record: --boot-help has the kernel's parameters, --dry-run what would be done" {
	ends 0 record --boot-help
	[[ $output == *"trace_event=vmalloc:*,percpu:percpu_create_chunk,percpu:percpu_destroy_chunk,vmscan:mm_shrink_slab_start trace_clock=counter trace_buf_size=16M"* ]]
	kmsim record --dry-run -o new --empty-pools --families vmap,compaction -- make test
	[[ $output == *"clock counter"*"vmalloc:alloc_vmap_area"*"compaction:mm_compaction_begin"* ]]
	[[ $output == *"drop_caches"*"run: make test"* ]]
	[ ! -e new ]
	kmsim record --dry-run -o new --seconds 2.5
	[[ $output == *"clock mono"*"wait 2.5 seconds"* ]]
}

@test "record: without root a message says so" {
	cp "$KMSIM" program
	chmod 755 program . "$BATS_TEST_TMPDIR"
	as_nobody ./program record -o new -- true
	[ "$status" -eq 1 ] || [ "$status" -eq 126 ]
	[[ $stderr == *root* || $stderr == *libtracefs* || $stderr == *denied* ]]
	[ ! -e new ]
}

@test "record: a setting that cannot be made is named, with the reason" {
	needs_recording
	[ "$(cat /proc/sys/kernel/kptr_restrict)" != 1 ] || skip "kernel.kptr_restrict is 1 already"
	# shellcheck disable=SC2016
	run --separate-stderr unshare --mount sh -c 'mount --bind /proc/sys /proc/sys &&
		mount -o remount,ro,bind /proc/sys && exec "$0" record -o new -- true' "$KMSIM"
	[ "$status" -eq 1 ]
	[[ $stderr == *"kernel.kptr_restrict cannot be set to 1: Read-only file system"* ]]
	[ ! -e new ]
	[ -z "$(leaked)" ]
}

@test "record: a recording of nothing says so" {
	needs_recording
	ends 0 record -o there --seconds 0.01 --families compaction
	[ "$(at events there/recording.json)" -gt 0 ] || [[ $stderr == *"warning: nothing was asked for"* ]]
}

@test "record: a real run is imported, and what was touched is as it was" {
	needs_recording
	before=$(cat /proc/sys/kernel/kptr_restrict)
	mounts=$(cat /proc/self/mounts)
	ends 7 record -o there -- sh -c "$LOAD; echo said; echo complained >&2; exit 7"
	[ "$output" = said ]
	[[ $stderr == complained*"events"*": there"* ]]
	[ "$(cat /proc/sys/kernel/kptr_restrict)" = "$before" ]
	[ "$(cat /proc/self/mounts)" = "$mounts" ]
	[ -z "$(leaked)" ]
	[ "$(ls -A)" = "$(printf 'there\nwhy')" ]
	[ "$(at kernel there/recording.json)" = "$(uname -r)" ]
	[ "$(at clock there/recording.json)" = mono ]
	[ "$(at exit_status there/recording.json)" = 7 ]
	[ "$(at command/0 there/recording.json)" = sh ]
	[ "$(at cpus/possible there/recording.json)" = "$(cat /sys/devices/system/cpu/possible)" ]
	[ "$(at families/vmap there/recording.json)" -ge 30 ]
	[[ $(at lost_events_by_cpu there/recording.json) =~ ^\[0(,0)*\]$ ]]
	for name in vmallocinfo zoneinfo buddyinfo; do
		for when in before after; do
			gzip -t there/state/$name.$when.gz
		done
	done
	ends 0 import there -o t.jsonl.zst
	[[ $output == *"with times"*" live areas seeded"* ]]
	if [ "$(at snapshot/quiet there/recording.json)" = true ]; then
		[[ $output != *"still live"* ]]
	fi
	ends 0 trace validate t.jsonl.zst
	ends 0 whatif there --no-charts -o result
	[[ $output == *"recorded addresses"* ]]
}

@test "record: some time, pools emptied, pages and compaction" {
	needs_recording
	ends 0 record -o there --empty-pools --seconds 0.3
	[ "$(at clock there/recording.json)" = counter ]
	[ "$(at exit_status there/recording.json)" = "" ]
	if [ "$(at snapshot/quiet there/recording.json)" = true ]; then
		[ "$(at pools_emptied there/recording.json)" = true ]
	fi
	ends 0 record --force -o there --families pages,compaction -- sh -c "$LOAD"
	[ "$(at families/pages there/recording.json)" -gt 0 ]
	[ ! -e there/state/vmallocinfo.before.gz ]
	ends 0 import there -o t.jsonl.zst
	[[ $output == *"live pages seeded"* ]]
	[ -z "$(leaked)" ]
}

@test "record: what the machine did with pages stands beside the model, its end too" {
	needs_recording
	ends 0 record -o there --families vmap,pages,compaction -- \
		sh -c "grep -E '^compact_(migrate|free)_scanned|^pgmigrate_success' /proc/vmstat >a
		$LOAD; echo 1 >/proc/sys/vm/compact_memory
		grep -E '^compact_(migrate|free)_scanned|^pgmigrate_success' /proc/vmstat >b"
	ends 0 whatif there --models recorded,pages --no-charts -o result
	[ "$(at variants/0/compaction/runs result/result.json)" -ge 1 ]
	[ "$(at variants/0/zones/all/end/free_pages result/result.json)" -gt 0 ]
	[ "$(at variants/0/recorded/same_address_percent result/result.json)" = 100 ]
	[ "$(at variants/0/blocks/known result/result.json)" = true ]
	# the kernel's own counters went on by no less: others may have compacted before and after
	while read -r name from; do
		to=$(sed -n "s/^$name //p" b)
		[ "$(at variants/0/vmstat/$name result/result.json)" -ge $((to - from)) ]
	done <a
}

@test "record: what ran into a full buffer ends where the first event is missing" {
	needs_recording
	ends 0 record -o there --families pages --buffer 64 -- sh -c "$LOAD"
	[[ $stderr == *"ran full"* ]]
	[ ! -e there/state/zoneinfo.after.gz ]
	ends 0 import there -o t.jsonl.zst
	[[ $output == *" 0  places where events were lost"* ]]
}

@test "record: an interrupt keeps a part, a kill nothing that the kernel sees" {
	needs_recording
	for signal in INT TERM HUP; do
		"$KMSIM" record -o there -- sh -c 'touch started; exec sleep 100' 2>said &
		recorder=$!
		until [ -e started ]; do sleep 0.05; done
		kill -$signal $recorder
		status=0
		wait $recorder || status=$?
		[ $status -eq 130 ]
		[ -z "$(leaked)" ]
		[ ! -e there ]
		[ "$(at interrupted there.partial/recording.json)" = true ]
		rm -r there.partial started
	done
	before=$(cat /proc/sys/kernel/kptr_restrict)
	"$KMSIM" record -o there -- sleep 3 2>said &
	recorder=$!
	wait_for_instance $recorder
	kill -KILL $recorder
	wait $recorder || true
	for i in $(seq 100); do
		[ -n "$(leaked)" ] || break
		sleep 0.05
	done
	[ -z "$(leaked)" ]
	[ "$(cat /proc/sys/kernel/kptr_restrict)" = "$before" ]
	[ ! -e there ]
}

@test "record: two at once" {
	needs_recording
	"$KMSIM" record -o one -- sh -c "$LOAD" 2>said &
	recorder=$!
	ends 0 record -o two -- sh -c "$LOAD"
	wait $recorder
	for folder in one two; do
		[ "$(at families/vmap $folder/recording.json)" -ge 30 ]
	done
	[ -z "$(leaked)" ]
}

@test "record: a command that fails is told from a recording that does" {
	needs_recording
	for code in 1 2 130; do
		ends $code record -o "there$code" -- sh -c "exit $code"
		[[ $stderr == *"the command ended with status $code; the recording is whole in there$code"* ]]
		[ "$(at whole "there$code/recording.json")" = true ]
		[ "$(at exit_status "there$code/recording.json")" = $code ]
		[ "$(at exit_signal "there$code/recording.json")" = "" ]
	done
	# an earlier recording there says nothing of this one: a script asks for a status of its own
	ends 0 record -o mine --own-status -- sh -c 'exit 2'
	[[ $stderr == *"the command ended with status 2; the recording is whole in mine"* ]]
	ends 2 record -o mine --own-status -- sh -c 'exit 0'
	[[ $stderr == *"exists already"* && $stderr != *"the command ended"* ]]
	ends 0 record -o nothing -- true
	[[ $stderr != *"the command ended"* ]]
	ends 0 record -o part --own-status --families pages --buffer 64 -- sh -c "$LOAD; exit 1"
	[[ $stderr == *"the command ended with status 1; the recording in part ends where a buffer ran full"* ]]
	[ "$(at whole part/recording.json)" = false ]
	kmsim record --help
	[[ $output == *"--own-status"*"Exit status: that of the command"*"whole"* ]]
}

@test "record: a command that a signal ended, and one that cannot be run" {
	needs_recording
	ends $((128 + 15)) record -o there -- sh -c 'kill -TERM $$'
	[[ $stderr == *"signal 15 ("*") ended the command; the recording is whole in there"* ]]
	[ "$(at exit_status there/recording.json)" = 143 ]
	[ "$(at exit_signal there/recording.json)" = 15 ]
	ends 0 record --force -o there --own-status -- sh -c 'kill -TERM $$'
	printf '#!/no/such/interpreter\n' >bad
	chmod +x bad
	kmsim record -o new -- ./bad
	[ "$status" -eq 1 ]
	[[ $stderr == *"./bad: cannot be run"* ]]
	[ ! -e new ]
	ends 2 record -o new --clock sundial -- true
	[[ $stderr == *"this kernel has"*mono* ]]
	[ -z "$(leaked)" ]
}
