/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_WORKLOAD_ARCH_H
#define KMSIM_WORKLOAD_ARCH_H

#include <stdbool.h>
#include <stdint.h>

struct vm_window {
	uint64_t start, end;
};

/* Address-space layout of an architecture, without address randomisation. */
struct arch {
	struct vm_window vmalloc;
	struct vm_window modules;
	uint64_t thread_align; /* alignment of a kernel stack made by vmalloc */
	unsigned pointer_bytes;
	bool x86; /* PCI configuration space is mapped at boot, stacks of interrupts are not aligned
		   */
	unsigned ioremap_max_order; /* log2 of the largest alignment ioremap asks for */
};

#endif
