/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_WORKLOAD_BOOT_H
#define KMSIM_WORKLOAD_BOOT_H

/*
 * What a machine has in its vmalloc area when a workload begins: the areas of a recorded boot
 * (seeds), or a boot drawn from a seed (requests, which the model performs, so that each allocator
 * leaves holes of its own). docs/workloads.md, "Boot", says what it is made from.
 */

#include "sim/trace/op.h"
#include "sim/workload/arch.h"

#include <glib.h>

struct boot_env {
	const struct arch *arch;
	struct vm_window window; /* the vmalloc window of the run */
	uint32_t cpus;
	uint64_t seed; /* drawn: of the run */
	/* drawn: */
	uint64_t tasks;	   /* that live after the boot */
	uint64_t programs; /* that began and ended after the first one */
	uint64_t modules;  /* loaded */
};

#define BOOT_TASKS_MAX 100000 /* largest of these three */

/* Tasks before the first program: 46 and 10 a CPU, as the recorded boots with 2 and 4 CPUs have
 * them. */
uint64_t boot_default_tasks(uint32_t cpus);

/*
 * The ops of the boot @name, all of CPU 0, with ids from 1 to their number at most: "none",
 * "drawn", a recorded boot that ships, or a snapshot of /proc/vmallocinfo (a name with a '/', plain
 * or compressed). GArray of struct op, to be cleared with op_clear(). NULL with the error set:
 * KMSIM_ERROR_USAGE for an unknown name (lists the known ones), KMSIM_ERROR_INPUT "FILE: cause" or
 * "FILE:LINE: cause", KMSIM_ERROR_IO.
 */
GArray *boot_ops(const char *name, const struct boot_env *env, GError **error);

/* The parts: boot_recorded.c, boot_drawn.c. */
GArray *boot_ops_new(void);
GArray *boot_recorded(const char *name, const struct boot_env *env, GError **error);
GArray *boot_drawn(const struct boot_env *env);

#endif
