// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/metrics/tracefs_text.h"

#include "sim/base/units.h"
#include "sim/trace/op_names.h"

#include <string.h>

#define VMEMMAP_BASE	  UINT64_C(0xffffea0000000000)
#define STRUCT_PAGE_BYTES 64

/*
 * How fields are printed: text, with %N and a letter for field N. x: hexadecimal, d: signed
 * decimal, u: unsigned, p: struct page of that pfn, z: zone of that index, m: sync or async, s:
 * compaction status, f: is that order below a pageblock's; %b is the pageblock order.
 */
static const char *const formats[TRACEPOINTS] = {
	[TRACEPOINT_MM_PAGE_ALLOC_EXTFRAG] =
		"page=%0p pfn=0x%0x alloc_order=%1d fallback_order=%2d pageblock_order=%b "
		"alloc_migratetype=%3d fallback_migratetype=%4d fragmenting=%2f "
		"change_ownership=%5d",
	[TRACEPOINT_COMPACTION_BEGIN] =
		"zone_start=0x%0x migrate_pfn=0x%1x free_pfn=0x%2x zone_end=0x%3x, mode=%4m",
	[TRACEPOINT_COMPACTION_END] =
		"zone_start=0x%0x migrate_pfn=0x%1x free_pfn=0x%2x zone_end=0x%3x, mode=%4m "
		"status=%5s",
	[TRACEPOINT_ISOLATE_MIGRATEPAGES] = "range=(0x%0x ~ 0x%1x) nr_scanned=%2u nr_taken=%3u",
	[TRACEPOINT_ISOLATE_FREEPAGES] = "range=(0x%0x ~ 0x%1x) nr_scanned=%2u nr_taken=%3u",
	[TRACEPOINT_MIGRATEPAGES] = "nr_migrated=%0u nr_failed=%1u",
	[TRACEPOINT_TRY_TO_COMPACT_PAGES] = "order=%0d gfp_mask=none priority=%1d",
	[TRACEPOINT_WAKEUP_KCOMPACTD] = "nid=%0d order=%1d classzone_idx=%2z",
	[TRACEPOINT_KCOMPACTD_WAKE] = "nid=%0d order=%1d classzone_idx=%2z",
	[TRACEPOINT_KCOMPACTD_SLEEP] = "nid=%0d",
	[TRACEPOINT_KSWAPD_WAKE] = "nid=%0d order=%1d",
	[TRACEPOINT_KSWAPD_SLEEP] = "nid=%0d",
	[TRACEPOINT_STRAY] = "pfn=0x%0x pages=%1u outside_zone=%2d",
};

static const char *const names[TRACEPOINTS] = {
#define X(id, name, fields) [TRACEPOINT_##id] = name,
	TRACEPOINT_LIST(X)
#undef X
};

/* enum compact_result, v5.1 */
static const char *const statuses[] = {
	"not_suitable_zone", "skipped",		"deferred",  "no_suitable_page", "continue",
	"complete",	     "partial_skipped", "contended", "success",
};

void tracefs_put_header(struct writer *writer, uint32_t cpus)
{
	writer_puts(writer, "# tracer: nop\n#\n");
	writer_printf(writer, "#                                           #P:%u\n#\n", cpus);
	writer_puts(writer, "#                                _-----=> irqs-off/BH-disabled\n"
			    "#                               / _----=> need-resched\n"
			    "#                              | / _---=> hardirq/softirq\n"
			    "#                              || / _--=> preempt-depth\n"
			    "#                              ||| / _-=> migrate-disable\n"
			    "#                              |||| /     delay\n"
			    "#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n"
			    "#              | |         |   |||||     |         |\n");
}

static void put_task(struct writer *writer, const struct tracefs_task *task, const char *event)
{
	uint64_t us = (task->t_ns + 500) / 1000;

	writer_printf(writer,
		      "%16s-%-7u [%03u] ..... %5" G_GUINT64_FORMAT ".%06u: %s: ", task->comm,
		      task->pid, task->cpu, us / 1000000, (unsigned)(us % 1000000), event);
}

static unsigned pageblock_order(const struct memory_map *memory)
{
	return memory && memory->pageblock_order ? memory->pageblock_order
						 : PAGEBLOCK_ORDER_DEFAULT;
}

static const char *zone_name(const struct memory_map *memory, uint64_t index)
{
	return memory && index < memory->zones->len ? memory_map_zone(memory, (unsigned)index)->name
						    : "";
}

static void put_field(struct writer *writer, char format, uint64_t value,
		      const struct memory_map *memory)
{
	switch (format) {
	case 'x':
		writer_printf(writer, "%" G_GINT64_MODIFIER "x", value);
		break;
	case 'd':
		writer_printf(writer, "%" G_GINT64_FORMAT, (int64_t)value);
		break;
	case 'u':
		writer_printf(writer, "%" G_GUINT64_FORMAT, value);
		break;
	case 'p':
		writer_printf(writer, "%016" G_GINT64_MODIFIER "x",
			      VMEMMAP_BASE + value * STRUCT_PAGE_BYTES);
		break;
	case 'z':
		writer_printf(writer, "%-8s", zone_name(memory, value));
		break;
	case 'm':
		writer_puts(writer, value ? "sync" : "async");
		break;
	case 's':
		writer_puts(writer, value < G_N_ELEMENTS(statuses) ? statuses[value] : "");
		break;
	case 'f':
		writer_puts(writer, value < pageblock_order(memory) ? "1" : "0");
		break;
	default:
		g_assert_not_reached();
	}
}

void tracefs_put(struct writer *writer, const struct tracefs_task *task,
		 const struct tracepoint *tracepoint, const struct memory_map *memory)
{
	const char *at = formats[tracepoint->id];

	put_task(writer, task, names[tracepoint->id]);
	while (*at) {
		size_t plain = strcspn(at, "%");

		writer_put(writer, at, plain);
		at += plain;
		if (at[0] == '%' && at[1] == 'b') {
			writer_printf(writer, "%u", pageblock_order(memory));
			at += 2;
		} else if (at[0] == '%') {
			put_field(writer, at[2], tracepoint->value[at[1] - '0'], memory);
			at += 3;
		}
	}
	writer_put(writer, "\n", 1);
}

static void put_gfp(struct writer *writer, uint32_t gfp)
{
	if (!gfp)
		writer_puts(writer, "none");
	for (unsigned bit = 0; gfp; gfp &= ~(UINT32_C(1) << bit), bit++) {
		if (gfp & UINT32_C(1) << bit)
			writer_printf(writer, "__GFP_%s%s", gfp_names[bit],
				      gfp >> bit > 1 ? "|" : "");
	}
}

void tracefs_put_alloc(struct writer *writer, const struct tracefs_task *task, const struct op *op,
		       uint64_t pfn)
{
	bool failed = pfn == NO_ADDR;

	put_task(writer, task, "mm_page_alloc");
	writer_printf(writer, "page=%016" G_GINT64_MODIFIER "x pfn=0x%" G_GINT64_MODIFIER "x",
		      failed ? 0 : VMEMMAP_BASE + pfn * STRUCT_PAGE_BYTES, failed ? 0 : pfn);
	writer_printf(writer, " order=%d migratetype=%u gfp_flags=", op->page.order, op->page.mt);
	put_gfp(writer, op->page.gfp);
	writer_put(writer, "\n", 1);
}

void tracefs_put_free(struct writer *writer, const struct tracefs_task *task, uint64_t pfn,
		      unsigned order)
{
	put_task(writer, task, "mm_page_free");
	writer_printf(writer,
		      "page=%016" G_GINT64_MODIFIER "x pfn=0x%" G_GINT64_MODIFIER "x order=%u\n",
		      VMEMMAP_BASE + pfn * STRUCT_PAGE_BYTES, pfn, order);
}
