// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/import/compactions.h"

struct compactions {
	GHashTable *by_task; /* pid -> struct compaction */
	uint32_t runs;
};

struct compactions *compactions_new(void)
{
	struct compactions *compactions = g_new0(struct compactions, 1);

	compactions->by_task = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	return compactions;
}

void compactions_free(struct compactions *compactions)
{
	if (!compactions)
		return;
	g_hash_table_unref(compactions->by_task);
	g_free(compactions);
}

void compactions_begin(struct compactions *compactions, const struct event *event, uint64_t number)
{
	const struct compaction this = {number, ++compactions->runs, event->losses,
					COMPACTION_ORDER_UNKNOWN};

	g_hash_table_replace(compactions->by_task, g_memdup2(&event->pid, sizeof(event->pid)),
			     g_memdup2(&this, sizeof(this)));
}

struct compaction *compactions_of(struct compactions *compactions, const struct event *event)
{
	struct compaction *compaction =
		g_hash_table_size(compactions->by_task)
			? g_hash_table_lookup(compactions->by_task, &event->pid)
			: NULL;

	return compaction && compaction->losses == event->losses ? compaction : NULL;
}

uint32_t compactions_begun(const struct compactions *compactions)
{
	return compactions->runs;
}

void compactions_end(struct compactions *compactions, const struct event *event)
{
	g_hash_table_remove(compactions->by_task, &event->pid);
}
