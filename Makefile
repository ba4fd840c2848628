# SPDX-License-Identifier: GPL-2.0-or-later
#
# make              build/kmsim                     make install    PREFIX=, DESTDIR=
# make check        every test                      make uninstall
# make check-asan   the same under ASan and UBSan   make clean
# make demo         a recording through two models  make deps       install what is missing
# make bench        figures of speed (JSON=FILE, BENCH_OPS=N)    make format-check
#
# Variables: B (folder of all output), OPT, LTO (empty: links faster, runs slower), SAN (sanitizer
# flags), CC, CFLAGS, V=1 (show commands).

VERSION := 0.1.0
B       := build
OPT     ?= -O2 -g
PREFIX  ?= /usr/local
MAKEFLAGS += --no-builtin-rules --no-print-directory
# As many jobs as there are CPUs, unless the user says otherwise: -jN on the command line wins.
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc) --output-sync=target
endif

.PHONY: all tests clean libs deps
all: $B/kmsim

# $(call say,WHAT) begins a recipe line: the command is shown with V=1, else only what it makes.
say = $(if $(V),,@echo '  $1  $@' && )

# --- flags ---------------------------------------------------------------------------------

PACKAGES := glib-2.0 gio-2.0 gmodule-no-export-2.0 jansson zlib libzstd smartcols
HAVE_LIBS := $(shell pkg-config --exists $(PACKAGES) 2>/dev/null && echo yes)
TRACECMD := $(shell pkg-config --exists libtracecmd libtraceevent 2>/dev/null && \
	echo libtracecmd libtraceevent)
TRACEFS := $(shell pkg-config --exists libtracefs libtraceevent 2>/dev/null && \
	echo libtracefs libtraceevent)
PKG_CFLAGS := $(shell pkg-config --cflags $(PACKAGES) $(TRACECMD) $(TRACEFS) 2>/dev/null | \
	sed 's/-I/-isystem /g') $(if $(TRACECMD),-DKMSIM_HAVE_TRACECMD=1) \
	$(if $(TRACEFS),-DKMSIM_HAVE_TRACEFS=1)
PKG_LIBS := $(shell pkg-config --libs $(PACKAGES) $(TRACECMD) $(TRACEFS) 2>/dev/null) -lm

WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wpointer-arith -Wvla -Wundef
CFLAGS_ALL = -std=c17 -D_DEFAULT_SOURCE -D_POSIX_C_SOURCE=200809L \
	-DKMSIM_VERSION='"$(VERSION)"' -I. $(OPT) $(WARN) $(SAN) -MMD -MP $(PKG_CFLAGS) $(CFLAGS)
LINK = $(CC) $(OPT) $(LTO_LINK) $(SAN) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(PKG_LIBS)

# In the program and the benchmarks, calls from file to file are inlined, too, in what every op goes
# through, and -O3 inlines more; what it would do to pairs of counters, adding them as a vector, takes
# more than two additions. Tests are many, and linked without; so is everything with an OPT that was
# given.
LTO ?= $(if $(filter file,$(origin OPT)),-flto=auto)
LTO_SRC := $(addsuffix /%.c,sim/base sim/engine sim/metrics sim/trace sim/workload models/vmap \
	models/pages)
LTO_CC = $(if $(LTO),$(if $(filter $(LTO_SRC),$<),$(LTO) -ffat-lto-objects -O3 \
	-fno-tree-slp-vectorize))
LTO_LINK = $(if $(LTO),$(if $(filter $B/kmsim $B/bench/%,$@),$(LTO),-fno-lto))

# --- what is built -------------------------------------------------------------------------

# Everything but main() goes into one archive, which the program, tests and benchmarks link.
# Tests and benchmarks lie in folders of these names beside what they are about; there a file
# test-NAME.c, golden-NAME.c or bench-NAME.c is a program, others are helpers of those.
in = $(foreach f,$2,$(if $(findstring /$1/,$f),$f))
ALL_SRC   := $(shell find sim models -name '*.c' | LC_ALL=C sort)
MAIN      := sim/cli/main.c
named = $(foreach f,$2,$(if $(filter $1,$(notdir $f)),$f))
BENCH_SRC := $(call named,bench-%,$(call in,bench,$(ALL_SRC)))
BENCH_AID := $(filter-out $(BENCH_SRC),$(call in,bench,$(ALL_SRC)))
PROG_SRC  := $(call named,test-% golden-%,$(call in,test,$(ALL_SRC)))
HELP_SRC  := $(filter-out $(PROG_SRC),$(call in,test,$(ALL_SRC)))
SRC       := $(filter-out $(MAIN) $(BENCH_SRC) $(BENCH_AID) $(PROG_SRC) $(HELP_SRC),$(ALL_SRC))
RESOURCES := $(sort $(wildcard models/cpu/*.json models/machine/*.json \
	models/targets/*.json models/boot/*.vmallocinfo plots/*.gp))

OBJ      := $(SRC:%.c=$B/%.o) $B/resources.o
TEST_OBJ := $(HELP_SRC:%.c=$B/%.o)
BENCH_OBJ := $(BENCH_AID:%.c=$B/%.o)
TESTS    := $(foreach f,$(PROG_SRC),$B/test/$(basename $(notdir $f)))
BENCHES  := $(foreach f,$(BENCH_SRC),$B/bench/$(basename $(notdir $f)))

$B/kmsim: $B/$(MAIN:.c=.o) $B/libkmsim.a $B/flags
	$(call say,LINK)$(LINK)

$B/libkmsim.a: $(OBJ) $B/objects
	$(call say,AR  )rm -f $@ && $(AR) rcs $@ $(OBJ)

$B/%.o: %.c $B/flags Makefile | libs
	@mkdir -p $(@D)
	$(call say,CC  )$(CC) $(CFLAGS_ALL) $(LTO_CC) -c -o $@ $<

# Programs with a main() of their own: $(call program,FOLDER,SOURCE)
define program
$B/$1/$(basename $(notdir $2)): $B/$(2:.c=.o) $(if $(filter test,$1),$(TEST_OBJ),$(BENCH_OBJ)) $B/libkmsim.a
	@mkdir -p $$(@D)
	$$(call say,LINK)$$(LINK)
endef
$(foreach f,$(PROG_SRC),$(eval $(call program,test,$f)))
$(foreach f,$(BENCH_SRC),$(eval $(call program,bench,$f)))
tests: $(TESTS)

# Profiles, machines and chart scripts are part of the program.
$B/resources.c: $B/resources.xml $(RESOURCES) | libs
	$(call say,GEN )glib-compile-resources --generate-source --sourcedir=. --target=$@ $<
$B/resources.o: $B/resources.c $B/flags
	$(call say,CC  )$(CC) -std=c17 $(OPT) $(SAN) $(PKG_CFLAGS) -c -o $@ $<

# Files whose time changes only with their content, to depend on: $(call remember,FILE,TEXT)
remember = $(shell mkdir -p $B)$(file >$1.new,$2)$(shell \
	cmp -s $1.new $1 && rm $1.new || mv $1.new $1)
$(call remember,$B/flags,$(CC) $(CFLAGS_ALL) $(LTO) $(LDFLAGS) $(PKG_LIBS))
$(call remember,$B/objects,$(OBJ))
$(call remember,$B/resources.xml,<gresources><gresource prefix="/kmsim">$(foreach \
	f,$(RESOURCES),<file>$f</file>)</gresource></gresources>)
-include $(shell find $B -name '*.d' 2>/dev/null)

# --- what it needs -------------------------------------------------------------------------

# Without the libraries: one clear message in place of a wall of compiler errors.
libs:
ifneq ($(HAVE_LIBS),yes)
	@mk/deps.sh --dry-run build || { echo "kmsim: 'make deps' installs them" >&2; exit 1; }
endif

deps:
	@mk/deps.sh build check demo

clean:
	rm -rf build

include mk/check.mk mk/install.mk
