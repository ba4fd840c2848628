# SPDX-License-Identifier: GPL-2.0-or-later
# kmsim: `make` builds build/kmsim, `make check` tests it, `make demo` shows it.

VERSION := 0.1.0
B       := build
CC      ?= cc
OPT     ?= -O2 -g
MAKEFLAGS += --no-builtin-rules

PACKAGES := glib-2.0 gio-2.0 gmodule-no-export-2.0 jansson zlib libzstd libtracecmd libtraceevent smartcols
WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla -Wundef
CFLAGS_ALL = -std=c17 -D_DEFAULT_SOURCE -D_POSIX_C_SOURCE=200809L -DKMSIM_VERSION='"$(VERSION)"' \
	-I. $(OPT) $(WARN) $(SAN) -MMD -MP $(PKG_CFLAGS) $(CFLAGS)
PKG_CFLAGS := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null | sed 's/-I/-isystem /g')
PKG_LIBS   := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lm

SRC  := $(filter-out sim/cli/main.c,$(wildcard sim/*/*.c sim/*/*/*.c models/*.c models/*/*.c))
SRC  := $(filter-out %/test/%,$(foreach f,$(SRC),$(if $(findstring /test/,$f),,$f)))
OBJ  := $(SRC:%.c=$B/%.o) $B/resources.o
TEST_SRC := $(wildcard sim/*/test/*.c sim/*/*/test/*.c models/test/*.c)
TESTS := $(foreach t,$(TEST_SRC),$B/test/$(basename $(notdir $t)))

all: $B/kmsim

$B/kmsim: $B/sim/cli/main.o $B/libkmsim.a
	$(CC) $(SAN) -o $@ $^ $(PKG_LIBS)

$B/libkmsim.a: $(OBJ)
	rm -f $@ && ar rcs $@ $^

$B/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -c -o $@ $<

RESOURCES := $(wildcard models/cpu/*.json plots/*.gp)
$B/resources.xml: $(RESOURCES)
	@mkdir -p $(@D)
	{ echo '<gresources><gresource prefix="/kmsim">'; \
	  for f in $(RESOURCES); do echo "<file>$$f</file>"; done; \
	  echo '</gresource></gresources>'; } >$@
$B/resources.c: $B/resources.xml
	glib-compile-resources --generate-source --sourcedir=. --target=$@ $<
$B/resources.o: $B/resources.c
	$(CC) -std=c17 $(OPT) $(SAN) $(PKG_CFLAGS) -c -o $@ $<

define test_rule
$B/test/$(basename $(notdir $1)): $B/$(1:%.c=%.o) $B/libkmsim.a
	@mkdir -p $$(@D)
	$(CC) $(SAN) -o $$@ $$^ $(PKG_LIBS)
endef
$(foreach t,$(TEST_SRC),$(eval $(call test_rule,$t)))
tests: $(TESTS)

clean:
	rm -rf build

-include $(shell find $B -name '*.d' 2>/dev/null)
.PHONY: all tests clean
.SECONDARY:
