/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_WORKLOAD_SETTINGS_H
#define KMSIM_WORKLOAD_SETTINGS_H

/* Parameters that all workloads share, and the address-space layouts they choose from. */

#include "sim/workload/boot.h"
#include "sim/workload/vm_calls.h"
#include "sim/workload/workload.h"

/* Every workload's table of parameters begins with these. */
enum {
	WORKLOAD_ARCH,
	WORKLOAD_CPUS,
	WORKLOAD_VSTART,
	WORKLOAD_VEND,
	WORKLOAD_LAZY_MAX_PAGES,
	WORKLOAD_BOOT,
	WORKLOAD_BOOT_TASKS,
	WORKLOAD_BOOT_PROGRAMS,
	WORKLOAD_BOOT_MODULES,
	WORKLOAD_COMMON, /* index of the workload's own first parameter */
};

extern const struct param_word arch_words[];
extern const struct param_word bool_words[];

#define WORKLOAD_PARAMS                                                                            \
	[WORKLOAD_ARCH] = {.name = "arch",                                                         \
			   .type = PARAM_WORD,                                                     \
			   .default_text = "x86_64",                                               \
			   .words = arch_words,                                                    \
			   .help = "address-space layout (windows, stack alignment)"},             \
	[WORKLOAD_CPUS] = {.name = "cpus",                                                         \
			   .type = PARAM_UINT,                                                     \
			   .default_text = "1",                                                    \
			   .min = 1,                                                               \
			   .max = TRACE_CPUS_MAX,                                                  \
			   .help = "CPUs of the machine"},                                         \
	[WORKLOAD_VSTART] = {.name = "vstart",                                                     \
			     .type = PARAM_ADDRESS,                                                \
			     .help = "start of the vmalloc window (default: as arch has it)"},     \
	[WORKLOAD_VEND] = {.name = "vend",                                                         \
			   .type = PARAM_ADDRESS,                                                  \
			   .help = "end of the vmalloc window (default: as arch has it)"},         \
	[WORKLOAD_LAZY_MAX_PAGES] =                                                                \
		{.name = "lazy_max_pages",                                                         \
		 .type = PARAM_UINT,                                                               \
		 .unit = "pages",                                                                  \
		 .help = "lazily freed pages before a purge (default: by cpus)"},                  \
	[WORKLOAD_BOOT] =                                                                          \
		{.name = "boot",                                                                   \
		 .type = PARAM_TEXT,                                                               \
		 .default_text = "none",                                                           \
		 .help = "areas of a booted machine: none, drawn, a recorded boot, or FILE"},      \
	[WORKLOAD_BOOT_TASKS] =                                                                    \
		{.name = "boot_tasks",                                                             \
		 .type = PARAM_UINT,                                                               \
		 .min = 1,                                                                         \
		 .max = BOOT_TASKS_MAX,                                                            \
		 .help = "boot=drawn: tasks that live after it (default: 46 + 10 a CPU)"},         \
	[WORKLOAD_BOOT_PROGRAMS] = {.name = "boot_programs",                                       \
				    .type = PARAM_UINT,                                            \
				    .default_text = "0",                                           \
				    .max = BOOT_TASKS_MAX,                                         \
				    .help = "boot=drawn: programs that began and ended"},          \
	[WORKLOAD_BOOT_MODULES] = {.name = "boot_modules",                                         \
				   .type = PARAM_UINT,                                             \
				   .default_text = "0",                                            \
				   .max = BOOT_TASKS_MAX,                                          \
				   .help = "boot=drawn: modules loaded"}

/* Two more, for workloads that use the module window, at the given indices of the table. */
#define MODULE_WINDOW_PARAMS(vstart_index, vend_index)                                             \
	[vstart_index] = {.name = "modules_vstart",                                                \
			  .type = PARAM_ADDRESS,                                                   \
			  .help = "start of the module window (default: as arch has it)"},         \
	[vend_index] = {.name = "modules_vend",                                                    \
			.type = PARAM_ADDRESS,                                                     \
			.help = "end of the module window (default: as arch has it)"}

/* The layout that @values name. */
const struct arch *settings_arch(const struct param_value *values);

/*
 * Fill @header from the parameters that all share: the window is always given there. False with
 * KMSIM_ERROR_USAGE for an empty window.
 */
bool settings_header(const struct workload_env *env, const struct param_value *values,
		     struct trace_header *header, GError **error);

/*
 * The ops of the boot that @values name, for vm_source_new(): GArray of struct op, empty for none.
 * NULL with the error set: as boot_ops().
 */
GArray *settings_boot(const struct workload_env *env, const struct param_value *values,
		      const struct trace_header *header, GError **error);

/* @window with the ends that are set replaced. False with KMSIM_ERROR_USAGE if it is empty. */
bool settings_window(struct vm_window *window, const struct param_value *start,
		     const struct param_value *end, GError **error);

#endif
