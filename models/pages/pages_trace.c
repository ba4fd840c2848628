// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/pages/pages_trace.h"

#include "models/pages/pages.h"

#include <string.h>

const struct model_counter pages_counters[] = {
#define X(id, name, what) {name, what},
	COUNTER_LIST(X)
#undef X
		{NULL, NULL},
};

void pages_read_counters(void *data, uint64_t *values)
{
	const struct pages *model = data;

	memcpy(values, model->counters, sizeof(model->counters));
	for (unsigned i = 0; i < model->machine.n_zones; i++) {
		values[COUNTER_SKIP_RESETS] += model->machine.zones[i].skip_resets;
		values[COUNTER_SKIP_RESET_OUTSIDE] += model->machine.zones[i].reset_outside;
	}
}

void tell(const struct pages *model, const struct tracepoint *tracepoint)
{
	if (model->emit)
		model->emit(model->emit_ctx, tracepoint);
}

static void add_functions(GString *text, const char *const *functions)
{
	for (; *functions; functions++)
		g_string_append_printf(text, "%s%s", text->len ? " <- " : "", *functions);
}

/* Callers of compact_zone(); kswapd's of the function that resets a zone's skip hints. */
static char *call_chain(enum compact_entry entry, enum compact_site site)
{
	static const char *const entries[COMPACT_ENTRIES][6] = {
		[ENTRY_DIRECT] = {"compact_zone_order", "try_to_compact_pages",
				  "__alloc_pages_direct_compact", "__alloc_pages_slowpath",
				  "__alloc_pages_nodemask", NULL},
		[ENTRY_KCOMPACTD] = {"kcompactd_do_work", "kcompactd", NULL},
		[ENTRY_KSWAPD] = {"reset_isolation_suitable", "kswapd_try_to_sleep", "kswapd",
				  NULL},
		[ENTRY_COMPACT_MEMORY] = {"compact_node", "compact_nodes",
					  "sysctl_compaction_handler", NULL},
	};
	GString *text = g_string_new(NULL);

	add_functions(text, compact_fault_chain(site));
	if (site == COMPACT_SKIP_RESET && entry != ENTRY_KSWAPD)
		g_string_append(text, " <- compact_zone");
	add_functions(text, entries[entry]);
	return g_string_free(text, FALSE);
}

int oops(struct pages *model, struct call *call, enum compact_entry entry, enum compact_site site,
	 uint64_t pfn)
{
	g_autofree char *chain = call_chain(entry, site);

	model->counters[COUNTER_OOPSES]++;
	call->note_key = "oops";
	call->note_value = "1";
	if (model->on_oops == OOPS_COUNT)
		return CALL_FAIL;
	call->message = g_strdup_printf("unable to handle page fault for address "
					"0x%" G_GINT64_MODIFIER "x, the struct page of pfn "
					"0x%" G_GINT64_MODIFIER "x in %s",
					struct_page_address(pfn), pfn, chain);
	return CALL_OOPS;
}
