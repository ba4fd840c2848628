/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MODELS_PAGES_PAGES_TRACE_H
#define KMSIM_MODELS_PAGES_PAGES_TRACE_H

/* What the pages model counts, tells as it happens, and says of an oops. */

#include "models/model.h"
#include "models/pages/compact.h"

struct pages;

/* Named as in /proc/vmstat where v5.2 has them. */
#define COUNTER_LIST(X)                                                                            \
	X(EXTFRAG, "extfrag", "fallbacks to another migratetype")                                  \
	X(EXTFRAG_CHANGE_OWNERSHIP, "extfrag_change_ownership",                                    \
	  "of these, the block went over to the request's type")                                   \
	X(WATERMARK_BOOSTS, "watermark_boosts", "allocations that raised a zone's watermark")      \
	X(ALLOCSTALL, "allocstall", "direct reclaims")                                             \
	X(PGSTEAL_DIRECT, "pgsteal_direct", "pages that direct reclaim freed")                     \
	X(PGSTEAL_KSWAPD, "pgsteal_kswapd", "pages that kswapd freed")                             \
	X(KSWAPD_WAKE, "kswapd_wake", "times kswapd woke up")                                      \
	X(COMPACT_STALL, "compact_stall", "direct compactions")                                    \
	X(COMPACT_FAIL, "compact_fail", "of these, such that led to no allocation")                \
	X(COMPACT_SUCCESS, "compact_success", "of these, such that did")                           \
	X(COMPACT_CAPTURED, "compact_captured", "chunks captured as they merged")                  \
	X(COMPACT_MIGRATE_SCANNED, "compact_migrate_scanned", "pages the migrate scanner saw")     \
	X(COMPACT_FREE_SCANNED, "compact_free_scanned", "pages the free scanner saw")              \
	X(COMPACT_ISOLATED, "compact_isolated", "pages isolated, sources and targets")             \
	X(PGMIGRATE_SUCCESS, "pgmigrate_success", "pages migrated")                                \
	X(PGMIGRATE_FAIL, "pgmigrate_fail", "pages that were not")                                 \
	X(COMPACT_DAEMON_WAKE, "compact_daemon_wake", "times kcompactd woke up")                   \
	X(COMPACT_DAEMON_MIGRATE_SCANNED, "compact_daemon_migrate_scanned",                        \
	  "of compact_migrate_scanned, by kcompactd")                                              \
	X(COMPACT_DAEMON_FREE_SCANNED, "compact_daemon_free_scanned",                              \
	  "of compact_free_scanned, by kcompactd")                                                 \
	X(THP_FAULT_ALLOC, "thp_fault_alloc", "huge page requests met")                            \
	X(THP_FAULT_FALLBACK, "thp_fault_fallback", "huge page requests that failed")              \
	X(HIGHATOMIC_BLOCKS, "highatomic_blocks", "pageblocks put into the highatomic reserve")    \
	X(STRAY_EXAMINED_BLOCK, "stray_examined_block", "pages examined outside the block")        \
	X(STRAY_EXAMINED_ZONE, "stray_examined_zone", "pages examined outside the zone")           \
	X(STRAY_ISOLATED_BLOCK, "stray_isolated_block", "free pages taken outside the block")      \
	X(STRAY_ISOLATED_ZONE, "stray_isolated_zone", "free pages taken outside the zone")         \
	X(STRAY_TARGET_BLOCK, "stray_target_block", "pages migrated to outside the block")         \
	X(STRAY_TARGET_ZONE, "stray_target_zone", "pages migrated to outside the zone")            \
	X(STRAY_POLLUTED_BLOCKS, "stray_polluted_blocks",                                          \
	  "blocks of other migratetypes that got movable pages so")                                \
	X(SKIP_RESETS, "skip_resets", "times the skip hints of a zone were reset")                 \
	X(SKIP_RESET_OUTSIDE, "skip_reset_outside",                                                \
	  "pages outside the zone that a reset looked at")                                         \
	X(OOPSES, "oopses", "touches of pages without a struct page")

enum pages_counter {
#define X(id, name, what) COUNTER_##id,
	COUNTER_LIST(X)
#undef X
	COUNTERS
};

/* See struct model_ops. */
extern const struct model_counter pages_counters[];
void pages_read_counters(void *data, uint64_t *values);

/* Who is on the stack below compaction. */
enum compact_entry {
	ENTRY_DIRECT,
	ENTRY_KCOMPACTD,
	ENTRY_KSWAPD, /* only to reset skip hints */
	ENTRY_COMPACT_MEMORY,
	COMPACT_ENTRIES
};

/* Tell a listener, if there is one. */
void tell(const struct pages *model, const struct tracepoint *tracepoint);

/*
 * The struct page of @pfn was touched, and there is none. Returns what the stage is to return:
 * CALL_OOPS, or CALL_FAIL where the run goes on without the task.
 */
int oops(struct pages *model, struct call *call, enum compact_entry entry, enum compact_site site,
	 uint64_t pfn);

#endif
