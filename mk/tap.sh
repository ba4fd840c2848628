#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Run one test so that it speaks TAP, for prove.
case $1 in
*.bats) exec bats --tap "$1" ;;
*) exec "$1" ;;
esac
