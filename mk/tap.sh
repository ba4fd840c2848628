#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Run one test so that it speaks TAP, for prove. An assertion that fails in a GLib test says
# "Bail out!", which would end the run of all the other tests too: here it is one failure.
set -o pipefail
case $1 in
*.bats) exec bats --tap "$1" ;;
*) "$1" | sed 's/^Bail out!/not ok - &/' ;;
esac
