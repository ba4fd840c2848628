# SPDX-License-Identifier: GPL-2.0-or-later
# make check, check-asan, demo, bench, accuracy, calibrate, format-check.

.PHONY: check check-asan check-run demo demo-run bench bench-run format-check second stage accuracy calibrate

# Libraries are looked up when make starts, so what follows an installation is a new make; its
# output comes as it is made, not when a target is done.
check:
	@mk/deps.sh build check
	@$(MAKE) --output-sync=none check-run
check-asan:
	@mk/deps.sh build check
	@$(MAKE) --output-sync=none check-run B=build/asan OPT='-O1 -g' \
		SAN='-fsanitize=address,undefined -fno-sanitize-recover=undefined'
demo:
	@mk/deps.sh build demo
	@$(MAKE) --output-sync=none demo-run

# Tests find what they run by these names, and a make that they run is not a part of this one. The
# second program, built without optimisation, must give the same bytes as the first.
TEST_ENV = env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL KMSIM=$(abspath $B/kmsim) KMSIM_O0=$(abspath build/O0/kmsim) \
	STAGE=$(abspath $B/stage) G_SLICE=always-malloc
BATS := $(shell find sim models scenarios examples mk docs -name '*.bats' | LC_ALL=C sort)
# What failed is run again, this time with all that it has to say.
PROVE = $(TEST_ENV) prove --statefile=$B/prove.state --exec mk/tap.sh
check-run: all tests second stage
	@$(PROVE) --jobs $(shell nproc) --state=save $(TESTS) $(BATS) || \
		{ $(PROVE) --state=failed --verbose; exit 1; }
second:
	@$(MAKE) B=build/O0 OPT=-O0 SAN= all
stage: all
	@rm -rf $B/stage
	@$(MAKE) -s install DESTDIR=$(abspath $B/stage) PREFIX=/usr/local

# What a machine did from its boot on, foretold, every address; what older allocators would have
# made of what another one was asked; and what compaction makes of fragmented memory with pinned pages in it.
FROM_BOOT := traces/recorded/vmalloc-boot-6.12
RECORDING := traces/recorded/vmalloc-emptied-6.18
ALLOCATORS := vmap-busylist,vmap-augtree,vmap-nodes,version=v6.18
demo-run: all
	$B/kmsim fidelity $(FROM_BOOT) --force -o $B/demo-fidelity
	@echo
	$B/kmsim whatif $(RECORDING) --models $(ALLOCATORS) --force -o $B/demo
	@echo
	$B/kmsim run scenarios/pinned-blocks.json --force -o $B/demo-pages

# Published against simulated: docs/accuracy.md and its charts. Full runs take hours;
# ACCURACY=--quick takes minutes, and says so in the page.
accuracy: all
	$B/kmsim accuracy $(ACCURACY) --force -o $B/accuracy
	cp $B/accuracy/accuracy.md docs/accuracy.md
	cp $B/accuracy/plots/published-against-predicted.svg $B/accuracy/plots/contention.svg docs/images/

# The fitted prices of these profiles anew, from their other figures: CALIBRATE='--layouts 1' …
calibrate: all
	$B/kmsim calibrate i5-3320m $(CALIBRATE) -o models/cpu/i5-3320m.json
	$B/kmsim calibrate models/cpu/i5-3320m.json --as i5-3320m-4.18 $(CALIBRATE) -o models/cpu/i5-3320m-4.18.json

# One after the other, since they measure time: one table. JSON=FILE keeps the rows, a line each;
# BENCH_OPS=N caps the length of every measurement. A row is shown as it is made.
bench: export BENCH_OPS := $(BENCH_OPS)
bench: export BENCH_JSON := $(JSON)
bench:
	@$(MAKE) --output-sync=none bench-run
bench-run: $(BENCHES)
	@$(if $(JSON),rm -f $(JSON);) for program in $(BENCHES); do \
		$$program || exit 1; export BENCH_CONTINUED=1; done

format-check:
	clang-format --dry-run --Werror $$(git ls-files '*.[ch]')
