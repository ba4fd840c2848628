/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_WORKLOAD_PAGE_SETTINGS_H
#define KMSIM_WORKLOAD_PAGE_SETTINGS_H

/* Parameters that all workloads of page ops share, and the machine they are sized by. */

#include "sim/workload/page_calls.h"
#include "sim/workload/settings.h"
#include "sim/workload/workload.h"

/* Every such workload's table of parameters begins with these. */
enum {
	PAGES_MACHINE,
	PAGES_CPUS,
	PAGES_MEMORY,
	PAGES_THP_MIN_FREE,
	PAGES_COMMON, /* index of the workload's own first parameter */
};

/*
 * @default_cpus: a text, or NULL where the workload has a rule of its own. @thp_min_free: default
 * of that, "y" or "n".
 */
#define PAGE_WORKLOAD_PARAMS(default_cpus, thp_min_free)                                           \
	[PAGES_MACHINE] = {.name = "machine",                                                      \
			   .type = PARAM_TEXT,                                                     \
			   .help = "a machine that ships, or a machine file (default: one zone "   \
				   "of memory MiB)"},                                              \
	[PAGES_CPUS] = {.name = "cpus",                                                            \
			.type = PARAM_UINT,                                                        \
			.default_text = (default_cpus),                                            \
			.min = 1,                                                                  \
			.max = TRACE_CPUS_MAX,                                                     \
			.help = "CPUs of the machine"},                                            \
	[PAGES_MEMORY] = {.name = "memory",                                                        \
			  .type = PARAM_UINT,                                                      \
			  .unit = "MiB",                                                           \
			  .default_text = "512",                                                   \
			  .min = 16,                                                               \
			  .max = 1 << 22,                                                          \
			  .help = "memory, where machine is not given"},                           \
	[PAGES_THP_MIN_FREE] = {                                                                   \
		.name = "thp_min_free",                                                            \
		.type = PARAM_WORD,                                                                \
		.default_text = (thp_min_free),                                                    \
		.words = bool_words,                                                               \
		.help = "min_free_kbytes as a kernel with huge pages sets it, where the machine "  \
			"does not say"}

/* A parameter that is a number with a default. */
#define PAGE_NUMBER(text, the_unit, value, least, most, what)                                      \
	{                                                                                          \
		.name = (text), .type = PARAM_UINT, .unit = (the_unit), .default_text = (value),   \
		.min = (least), .max = (most), .help = (what)                                      \
	}

/*
 * The header of a trace of this machine with @cpus CPUs (the environment's, if that says).
 * @hole_pages: where machine is not given, a hole of so many pages in the middle of the zone; a
 * multiple of a section has no struct pages. False with the error set if the machine cannot be
 * read.
 */
bool page_settings_header(const struct workload_env *env, const struct param_value *values,
			  uint32_t cpus, uint64_t hole_pages, struct trace_header *header,
			  GError **error);

/* Pages that the allocator of the machine ever gets, all zones together. */
uint64_t managed_pages(const struct memory_map *memory);

/* Pages of all zones from the first to the end of the last, holes included; the first in *@start.
 */
uint64_t spanned_pages(const struct memory_map *memory, uint64_t *start_pfn);

/* /sys/kernel/mm/transparent_hugepage/enabled and defrag: words of parameters. */
extern const struct param_word thp_words[];
extern const struct param_word thp_defrag_words[];

enum thp_defrag {
	DEFRAG_ALWAYS,
	DEFRAG_MADVISE,
	DEFRAG_DEFER,
	DEFRAG_NEVER
};

/*
 * A huge page of 2 MiB, as a page fault asks for it in memory that is @advised (MADV_HUGEPAGE) or
 * is not. (alloc_hugepage_direct_gfpmask() in mm/huge_memory.c, v5.1)
 */
struct page_want thp_want(enum thp_defrag defrag, bool advised);

static inline uint64_t percent(uint64_t of, uint64_t n)
{
	return of / 100 * n + of % 100 * n / 100;
}

#endif
