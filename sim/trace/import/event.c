// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/import/event.h"

#include "sim/trace/import/account.h"
#include "sim/trace/source.h"

#include <string.h>

const struct event_kind event_kinds[EVENT_IDS] = {
	[EVENT_ALLOC_VMAP_AREA] = {"vmalloc",
				   "alloc_vmap_area",
				   {[ALLOC_ADDR] = {"va_start", "addr"},
				    [ALLOC_SIZE] = {"size", "size"},
				    [ALLOC_ALIGN] = {"align", "align"},
				    [ALLOC_VSTART] = {"vstart", "vstart"},
				    [ALLOC_VEND] = {"vend", "vend"},
				    [ALLOC_FAILED] = {"failed", "failed"}}},
	[EVENT_FREE_VMAP_AREA_NOFLUSH] = {"vmalloc",
					  "free_vmap_area_noflush",
					  {[FREE_ADDR] = {"va_start", "va_start"},
					   [FREE_LAZY] = {"nr_lazy", "nr_lazy"},
					   [FREE_LAZY_MAX] = {"nr_lazy_max", "nr_lazy_max"}}},
	[EVENT_PURGE_VMAP_AREA_LAZY] = {"vmalloc",
					"purge_vmap_area_lazy",
					{[PURGE_START] = {"start", "start"},
					 [PURGE_END] = {"end", "end"},
					 [PURGE_N] = {"num_purged", "npurged"}}},
};

enum event_id event_find(const char *system, const char *name)
{
	for (enum event_id id = 0; id < EVENT_IDS; id++) {
		if (!strcmp(event_kinds[id].name, name))
			return system && strcmp(event_kinds[id].system, system) ? EVENT_NOT_IMPORTED
										: id;
	}
	return EVENT_NOT_IMPORTED;
}

static bool alloc_possible(const uint64_t value[])
{
	uint64_t size = value[ALLOC_SIZE], end;

	if (!size || size % PAGE_SIZE || !is_power_of_two(value[ALLOC_ALIGN]))
		return false;
	return value[ALLOC_FAILED] ||
	       (value[ALLOC_ADDR] && !__builtin_add_overflow(value[ALLOC_ADDR], size, &end));
}

void event_push(const struct event_sink *sink, const struct event *event)
{
	if (event->cpu >= TRACE_CPUS_MAX ||
	    (event->id == EVENT_ALLOC_VMAP_AREA && !alloc_possible(event->value))) {
		event_bad(sink, event->place);
		return;
	}
	sink->account->events++;
	account_cpus(sink->account, event->cpu + 1);
	sink->take(sink->context, event);
}

void event_bad(const struct event_sink *sink, uint64_t place)
{
	sink->account->events++;
	account_place(&sink->account->bad_events, place);
}

void event_unused(const struct event_sink *sink, uint32_t cpu, const char *name)
{
	sink->account->events++;
	if (cpu < TRACE_CPUS_MAX)
		account_cpus(sink->account, cpu + 1);
	account_unused(sink->account, name);
}
