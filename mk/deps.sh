#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# deps.sh [--dry-run] GROUP…: see that what a group (build, check, demo) needs is installed. What
# is missing is named first, then installed with apt; who is not root gets the command to run,
# and a failure. With --dry-run nothing is installed. Needs no network when all is there.
set -eu

dry_run=
if [ "${1-}" = --dry-run ]; then
	dry_run=yes
	shift
fi

# group, Debian package, how to tell that it is there (a program or a pkg-config name), why
needs() {
	cat <<-'END'
	build pkg-config        program:pkg-config     finds the libraries
	build libglib2.0-dev    library:gio-2.0        containers, errors, options, modules, tests
	build libjansson-dev    library:jansson        JSON
	build zlib1g-dev        library:zlib           gzip traces
	build libzstd-dev       library:libzstd        zstd traces
	build libsmartcols-dev  library:smartcols      tables on the terminal
	build libtracecmd-dev   library:libtracecmd    trace.dat recordings
	build libtracefs-dev    library:libtracefs     kmsim record; libtracecmd asks for it
	build libtraceevent-dev library:libtraceevent  trace.dat recordings
	check perl              program:prove          runs the tests
	check bats              program:bats           end-to-end tests
	check gzip              program:gzip           tests of compressed traces
	check zstd              program:zstd           tests of compressed traces
	check gnuplot-nox       program:gnuplot        charts
	demo  gnuplot-nox       program:gnuplot        charts
	END
}

is_there() {
	case $1 in
	program:*) command -v "${1#*:}" >/dev/null ;;
	library:*) pkg-config --exists "${1#*:}" 2>/dev/null ;;
	esac
}

missing= reasons=
while read -r group package probe why; do
	case " $* " in *" $group "*) ;; *) continue ;; esac
	case " $missing " in *" $package "*) continue ;; esac
	is_there "$probe" && continue
	missing="$missing $package"
	reasons="$reasons$(printf '\n  %-18s %s' "$package" "$why")"
done <<END
$(needs)
END

[ -n "$missing" ] || exit 0
echo "kmsim needs these Debian packages, which are not installed:$reasons" >&2
[ -z "$dry_run" ] || exit 1

if ! command -v apt-get >/dev/null; then
	echo "This is no Debian: please install what they are called here, then run make again." >&2
	exit 1
fi
update=
# shellcheck disable=SC2086 # a list of words
apt-get install --simulate --no-install-recommends $missing >/dev/null 2>&1 || update=yes
if [ "$(id -u)" -ne 0 ]; then
	echo "Please run this, then make again:" >&2
	echo "sudo ${update:+apt-get update && sudo }apt-get install -y --no-install-recommends$missing" >&2
	exit 1
fi

echo "Installing them with apt-get." >&2
export DEBIAN_FRONTEND=noninteractive
apt() {
	apt-get -qq -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 "$@"
}
[ -z "$update" ] || apt update
# Package lists that are out of date name files that are gone: then read them anew, once.
# shellcheck disable=SC2086
apt install -y --no-install-recommends $missing ||
	{ apt update && apt install -y --no-install-recommends $missing; }

# Did that give us what we were after?
exec /bin/sh "$0" --dry-run "$@"
