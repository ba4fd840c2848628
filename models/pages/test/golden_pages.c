// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/pages/test/golden.h"

void golden_list(struct golden *golden, const char *what, const struct memmap *map,
		 const struct free_list *list, const json_t *expected)
{
	g_autoptr(GArray) pfns = g_array_new(FALSE, FALSE, sizeof(int64_t));

	for (uint64_t pfn = list->head; pfn != PFN_NONE; pfn = free_list_next(map, pfn))
		g_array_append_val(pfns, pfn);
	golden_numbers(golden, what, (const int64_t *)(const void *)pfns->data, pfns->len,
		       expected);
}

void golden_orders(const json_t *array, uint64_t counts[MAX_ORDER_NR])
{
	for (unsigned order = 0; order < MAX_ORDER_NR; order++)
		counts[order] = (uint64_t)json_integer_value(json_array_get(array, order));
}
