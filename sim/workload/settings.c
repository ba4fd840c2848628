// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/settings.h"

#include "sim/base/error.h"

/*
 * Linux 4.15 to 5.2 with 4 KiB pages and no KASAN: arch/x86/include/asm/pgtable_64_types.h (an
 * image of 1 GiB, as RANDOMIZE_BASE has it), arch/arm64/include/asm/{memory,pgtable}.h with 39 and
 * 48 bits of address, arch/arm/include/asm/{memory,pgtable}.h with HIGHMEM and the default of
 * 240 MiB of vmalloc space.
 */
enum {
	ARCH_X86_64,
	ARCH_ARM64_39,
	ARCH_ARM64_48,
	ARCH_ARM32
};

static const struct arch archs[] = {
	[ARCH_X86_64] = {.vmalloc = {VMALLOC_START_X86_64, VMALLOC_END_X86_64},
			 .modules = {UINT64_C(0xffffffffc0000000), UINT64_C(0xffffffffff000000)},
			 .thread_align = 16 << 10,
			 .x86 = true,
			 .pointer_bytes = 8,
			 .ioremap_max_order = 30},
	[ARCH_ARM64_39] = {.vmalloc = {UINT64_C(0xffffff8008000000), UINT64_C(0xffffffbebfff0000)},
			   .modules = {UINT64_C(0xffffff8000000000), UINT64_C(0xffffff8008000000)},
			   .thread_align = 32 << 10,
			   .pointer_bytes = 8,
			   .ioremap_max_order = 30},
	[ARCH_ARM64_48] = {.vmalloc = {UINT64_C(0xffff000008000000), UINT64_C(0xffff7dffbfff0000)},
			   .modules = {UINT64_C(0xffff000000000000), UINT64_C(0xffff000008000000)},
			   .thread_align = 32 << 10,
			   .pointer_bytes = 8,
			   .ioremap_max_order = 30},
	[ARCH_ARM32] = {.vmalloc = {0xf0000000, 0xff000000},
			.modules = {0xbf000000, 0xbfe00000},
			.thread_align = 8 << 10,
			.pointer_bytes = 4,
			.ioremap_max_order = 24},
};

const struct param_word arch_words[] = {
	{"x86_64", ARCH_X86_64},
	{"arm64-39", ARCH_ARM64_39},
	{"arm64-48", ARCH_ARM64_48},
	{"arm32", ARCH_ARM32},
	{NULL, 0},
};

const struct param_word bool_words[] = {
	{"false", 0}, {"true", 1}, {"n", 0}, {"y", 1}, {NULL, 0},
};

const struct arch *settings_arch(const struct param_value *values)
{
	return &archs[values[WORKLOAD_ARCH].value];
}

bool settings_window(struct vm_window *window, const struct param_value *start,
		     const struct param_value *end, GError **error)
{
	if (start->set)
		window->start = start->value;
	if (end->set)
		window->end = end->value;
	if (window->start < window->end)
		return true;
	set_usage_error(error,
			"window 0x%" G_GINT64_MODIFIER "x to 0x%" G_GINT64_MODIFIER "x is empty",
			window->start, window->end);
	return false;
}

bool settings_header(const struct workload_env *env, const struct param_value *values,
		     struct trace_header *header, GError **error)
{
	struct vm_window window = settings_arch(values)->vmalloc;
	const struct param_value *lazy = &values[WORKLOAD_LAZY_MAX_PAGES];

	if (!settings_window(&window, &values[WORKLOAD_VSTART], &values[WORKLOAD_VEND], error))
		return false;
	trace_header_init(header);
	header->cpus = env->cpus ? env->cpus : (uint32_t)values[WORKLOAD_CPUS].value;
	header->vstart = window.start;
	header->vend = window.end;
	header->vstart_given = header->vend_given = true;
	header->lazy_max_pages_given = lazy->set;
	header->lazy_max_pages =
		lazy->set ? lazy->value : trace_default_lazy_max_pages(header->cpus);
	return true;
}

GArray *settings_boot(const struct workload_env *env, const struct param_value *values,
		      const struct trace_header *header, GError **error)
{
	const struct param_value *tasks = &values[WORKLOAD_BOOT_TASKS];
	const struct boot_env boot = {
		.arch = settings_arch(values),
		.window = {header->vstart, header->vend},
		.cpus = header->cpus,
		.seed = env->seed,
		.tasks = tasks->set ? tasks->value : boot_default_tasks(header->cpus),
		.programs = values[WORKLOAD_BOOT_PROGRAMS].value,
		.modules = values[WORKLOAD_BOOT_MODULES].value,
	};

	return boot_ops(values[WORKLOAD_BOOT].text, &boot, error);
}
