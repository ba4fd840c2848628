// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/metrics/compaction_log.h"

const char *const compaction_entry_names[ENTRY_KINDS] = {
	[ENTRY_MIGRATE] = "migrate",
	[ENTRY_FREE] = "free",
	[ENTRY_STRAY] = "stray",
};

/* The run that a CPU is in. */
struct cpu_run {
	uint32_t run; /* 0: none */
	bool strayed; /* since its last free scan: a chunk is told before the scan it belongs to */
};

struct compaction_log *compaction_log_new(unsigned pageblock_order)
{
	struct compaction_log *log = g_new0(struct compaction_log, 1);

	log->pageblock_order = pageblock_order;
	log->entries = g_array_new(FALSE, FALSE, sizeof(struct compaction_entry));
	log->by_cpu = g_array_new(FALSE, TRUE, sizeof(struct cpu_run));
	return log;
}

void compaction_log_free(struct compaction_log *log)
{
	if (!log)
		return;
	g_array_unref(log->entries);
	g_array_unref(log->by_cpu);
	g_free(log);
}

static void append(struct compaction_log *log, const struct compaction_entry *entry)
{
	if (log->entries->len == COMPACTION_LOG_MAX)
		log->truncated = true;
	else
		g_array_append_vals(log->entries, entry, 1);
}

static struct cpu_run *run_of(struct compaction_log *log, uint32_t cpu)
{
	if (cpu >= log->by_cpu->len)
		g_array_set_size(log->by_cpu, cpu + 1);
	return &g_array_index(log->by_cpu, struct cpu_run, cpu);
}

/* Did a scan that began at @start look at pages of another block? It stops at @end, exclusive. */
static bool leaves_block(const struct compaction_log *log, uint64_t start, uint64_t end)
{
	return end > start && (end - 1) >> log->pageblock_order != start >> log->pageblock_order;
}

static struct compaction_entry entry_of(const struct engine_moment *moment,
					const struct cpu_run *run, enum compaction_entry_kind kind)
{
	return (struct compaction_entry){
		.t_cycles = moment->t_cycles, .seq = moment->seq, .run = run->run, .kind = kind};
}

static void take_scan(struct compaction_log *log, const struct engine_moment *moment,
		      const struct tracepoint *tracepoint)
{
	struct cpu_run *run = run_of(log, moment->cpu);
	bool is_free = tracepoint->id == TRACEPOINT_ISOLATE_FREEPAGES;
	struct compaction_entry entry = entry_of(moment, run, is_free ? ENTRY_FREE : ENTRY_MIGRATE);

	entry.start_pfn = tracepoint->value[0];
	entry.end_pfn = tracepoint->value[1];
	entry.scanned = tracepoint->value[2];
	entry.taken = tracepoint->value[3];
	if (is_free) {
		entry.stray = run->strayed || leaves_block(log, entry.start_pfn, entry.end_pfn);
		run->strayed = false;
		log->stray_scans += entry.stray;
	}
	append(log, &entry);
}

static void take_stray(struct compaction_log *log, const struct engine_moment *moment,
		       const struct tracepoint *tracepoint)
{
	struct cpu_run *run = run_of(log, moment->cpu);
	struct compaction_entry entry = entry_of(moment, run, ENTRY_STRAY);

	entry.start_pfn = tracepoint->value[0];
	entry.end_pfn = tracepoint->value[0] + tracepoint->value[1];
	entry.taken = tracepoint->value[1];
	entry.stray = true;
	run->strayed = true;
	append(log, &entry);
}

void compaction_log_take(struct compaction_log *log, const struct engine_moment *moment,
			 const struct tracepoint *tracepoint)
{
	switch (tracepoint->id) {
	case TRACEPOINT_COMPACTION_BEGIN:
		*run_of(log, moment->cpu) = (struct cpu_run){.run = (uint32_t)++log->runs};
		break;
	case TRACEPOINT_COMPACTION_END:
		*run_of(log, moment->cpu) = (struct cpu_run){0};
		break;
	case TRACEPOINT_ISOLATE_MIGRATEPAGES:
	case TRACEPOINT_ISOLATE_FREEPAGES:
		take_scan(log, moment, tracepoint);
		break;
	case TRACEPOINT_STRAY:
		take_stray(log, moment, tracepoint);
		break;
	default:
		break;
	}
}
