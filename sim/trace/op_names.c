// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/trace/op_names.h"

#include <stddef.h>
#include <string.h>

const char *const purge_why_names[] = {"explicit", "drain", "detach", NULL};
const char *const migratetype_names[] = {"unmovable", "movable", "reclaimable", NULL};
const char *const compact_mode_names[] = {"async", "sync-light", "sync", NULL};

const char *const gfp_names[] = {
	"DMA",
	"HIGHMEM",
	"DMA32",
	"MOVABLE",
	"RECLAIMABLE",
	"HIGH",
	"IO",
	"FS",
	"ZERO",
	"DIRECT_RECLAIM",
	"KSWAPD_RECLAIM",
	"WRITE",
	"NOWARN",
	"RETRY_MAYFAIL",
	"NOFAIL",
	"NORETRY",
	"MEMALLOC",
	"COMP",
	"NOMEMALLOC",
	"HARDWALL",
	"THISNODE",
	"ACCOUNT",
	"ATOMIC",
	NULL,
};

int name_index(const char *const *names, const char *word)
{
	for (int i = 0; names[i]; i++) {
		if (!strcmp(names[i], word))
			return i;
	}
	return -1;
}
