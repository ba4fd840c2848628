/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_TRACE_IMPORT_TEST_PAGE_EVENTS_H
#define KMSIM_TRACE_IMPORT_TEST_PAGE_EVENTS_H

/* Lines of made-up recordings of kmem and compaction events. */

#include "sim/trace/import/test/support.h"

#define HEAD "# tracer: nop\n#\n# entries-in-buffer/entries-written: 9/9   #P:2\n"

/* An event of task @pid on @cpu at 1 s and @us. */
static inline void event(GString *text, int pid, int cpu, int us, const char *fields)
{
	g_string_append_printf(text, "%16s-%-7d [%03d] .....     1.%06d: %s\n", "task", pid, cpu,
			       us, fields);
}

/* Every line an event of task 1 on CPU 0, a microsecond after the one before. */
static inline struct imported *import_lines(const char *const *lines)
{
	g_autoptr(GString) text = g_string_new(HEAD);

	for (int us = 0; lines[us]; us++)
		event(text, 1, 0, us, lines[us]);
	g_autofree char *path = put_file("recording", text->str);

	return import_file(path, NULL);
}

#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})

#define ALLOC(pfn, order, type, gfp)                                                               \
	"mm_page_alloc: page=000000005544dd86 pfn=" pfn " order=" order " migratetype=" type       \
	" gfp_flags=" gfp
#define FREE(pfn, order) "mm_page_free: page=000000005544dd86 pfn=" pfn " order=" order
#define BEGIN                                                                                      \
	"mm_compaction_begin: zone_start=0x1000 migrate_pfn=0x1000 free_pfn=0xffe00 "              \
	"zone_end=0x100000, mode=sync"
#define END(status)                                                                                \
	"mm_compaction_end: zone_start=0x1000 migrate_pfn=0x8000 free_pfn=0x8000 "                 \
	"zone_end=0x100000, mode=sync status=" status
#define FINISHED(order, result)                                                                    \
	"mm_compaction_finished: node=0 zone=DMA32    order=" order " ret=" result

#endif
