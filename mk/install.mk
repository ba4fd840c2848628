# SPDX-License-Identifier: GPL-2.0-or-later
# make install, make uninstall: PREFIX (/usr/local) and DESTDIR (a staging folder).

.PHONY: install uninstall
TO      = $(DESTDIR)$(PREFIX)
INSTALL = install -D -m 644

# model.h includes the others by their paths from the root, so that a model reads the same
# inside this tree and outside it.
install: all
	install -D -m 755 $B/kmsim $(TO)/bin/kmsim
	$(INSTALL) models/model.h $(TO)/include/kmsim/model.h
	for f in sim/trace/op.h sim/base/param.h sim/machine/step.h \
		sim/machine/footprint.h sim/base/units.h sim/machine/memory_map.h; do \
		$(INSTALL) $$f $(TO)/include/kmsim/$$f || exit 1; done
	sed 's/@VERSION@/$(VERSION)/' mk/kmsim.pc.in >$B/kmsim.pc
	$(INSTALL) $B/kmsim.pc $(TO)/lib/pkgconfig/kmsim.pc
	for f in $(RESOURCES); do $(INSTALL) $$f $(TO)/share/kmsim/$$f || exit 1; done
	for f in $(wildcard README.md LICENSE docs/*.md examples/plugin/Makefile examples/plugin/*.c); do \
		$(INSTALL) $$f $(TO)/share/doc/kmsim/$$f || exit 1; done

uninstall:
	rm -f $(TO)/bin/kmsim $(TO)/lib/pkgconfig/kmsim.pc
	rm -rf $(TO)/include/kmsim $(TO)/share/kmsim $(TO)/share/doc/kmsim
