# SPDX-License-Identifier: GPL-2.0-or-later
# make check, check-asan, demo, bench, format-check.

.PHONY: check check-asan check-run demo demo-run bench format-check second stage

# Libraries are looked up when make starts, so what follows an installation is a new make.
SUBMAKE = $(MAKE) --no-print-directory
check:
	@mk/deps.sh build check
	@$(SUBMAKE) check-run
check-asan:
	@mk/deps.sh build check
	@$(SUBMAKE) check-run B=build/asan OPT='-O1 -g' \
		SAN='-fsanitize=address,undefined -fno-sanitize-recover=undefined'
demo:
	@mk/deps.sh build demo
	@$(SUBMAKE) demo-run

# Tests find what they run by these names. The second program, built without
# optimisation, must give the same bytes as the first.
TEST_ENV = KMSIM=$(abspath $B/kmsim) KMSIM_O0=$(abspath build/O0/kmsim) \
	STAGE=$(abspath $B/stage) G_SLICE=always-malloc
BATS := $(shell find . -name build -prune -o -name '*.bats' -print | LC_ALL=C sort)
check-run: all tests second stage
	$(TEST_ENV) prove --jobs $(shell nproc) --exec mk/tap.sh $(TESTS) $(BATS)
second:
	@$(SUBMAKE) B=build/O0 OPT=-O0 SAN= all
stage: all
	@$(SUBMAKE) -s install DESTDIR=$(abspath $B/stage) PREFIX=/usr/local

DEMO_TRACE := $(firstword $(wildcard traces/recorded/*))
demo-run: all
	$B/kmsim whatif $(DEMO_TRACE) --models vmap-busylist,vmap-augtree --force -o build/demo

# One after the other: they measure time.
bench: $(BENCHES)
	@for program in $(BENCHES); do echo "# $$program" && $$program || exit 1; done

format-check:
	clang-format --dry-run --Werror $$(git ls-files '*.[ch]')
