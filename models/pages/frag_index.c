// SPDX-License-Identifier: GPL-2.0-or-later
#include "models/pages/frag_index.h"

struct free_summary {
	uint64_t pages, chunks;
	uint64_t suitable; /* chunks of the order that the larger ones would make */
};

static struct free_summary summarise(const uint64_t nr_free[MAX_ORDER_NR], unsigned order)
{
	struct free_summary sum = {0};

	for (unsigned i = 0; i < MAX_ORDER_NR; i++) {
		sum.pages += nr_free[i] << i;
		sum.chunks += nr_free[i];
		if (i >= order)
			sum.suitable += nr_free[i] << (i - order);
	}
	return sum;
}

int extfrag_index(const uint64_t nr_free[MAX_ORDER_NR], unsigned order)
{
	struct free_summary sum = summarise(nr_free, order);

	if (!sum.chunks)
		return 0;
	if (sum.suitable)
		return -1000;
	return (int)(1000 - (int64_t)((1000 + (sum.pages * 1000 >> order)) / sum.chunks));
}

int unusable_index(const uint64_t nr_free[MAX_ORDER_NR], unsigned order)
{
	struct free_summary sum = summarise(nr_free, order);

	if (!sum.pages)
		return 1000;
	return (int)((sum.pages - (sum.suitable << order)) * 1000 / sum.pages);
}

unsigned fragmentation_score(const uint64_t nr_free[MAX_ORDER_NR])
{
	struct free_summary sum = summarise(nr_free, PAGEBLOCK_ORDER);

	if (!sum.pages)
		return 0;
	return (unsigned)((sum.pages - (sum.suitable << PAGEBLOCK_ORDER)) * 100 / sum.pages);
}

char *frag_index_text(int thousandths)
{
	return g_strdup_printf("%d.%03d", thousandths / 1000, thousandths % 1000);
}
