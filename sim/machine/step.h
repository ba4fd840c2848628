/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_MACHINE_STEP_H
#define KMSIM_MACHINE_STEP_H

/* The primitive steps that models count and cost profiles price. */

#include "sim/machine/footprint.h"

/* How a step finds its next cache line. */
enum access_pattern {
	ACCESS_NONE,	   /* no memory beyond the first-level cache */
	ACCESS_SEQUENTIAL, /* a list whose nodes lie more or less in order */
	ACCESS_RANDOM,	   /* any node of the set */
	ACCESS_TREE,	   /* a descent: the upper levels are shared by all, so warmer */
	ACCESS_JUMP,	   /* in a list that is walked: what random costs beyond sequential */
};

/* Primitive steps: name, working set, access pattern, what one is. */
#define STEP_LIST(X)                                                                               \
	X(LIST_HOP, "list_hop", SET_BUSY, ACCESS_SEQUENTIAL, "busy-list entry walked")             \
	X(LIST_JUMP, "list_jump", SET_BUSY, ACCESS_JUMP,                                           \
	  "of those, one where no prefetcher has looked")                                          \
	X(BUSY_VISIT, "busy_visit", SET_NONE, ACCESS_NONE, "busy-tree node looked at")             \
	X(BUSY_LINE, "busy_line", SET_BUSY, ACCESS_TREE,                                           \
	  "of those, one that the descent before did not go to")                                   \
	X(FREE_VISIT, "free_visit", SET_NONE, ACCESS_NONE, "free-tree node looked at")             \
	X(FREE_LINE, "free_line", SET_FREE, ACCESS_TREE,                                           \
	  "of those, one that the descent before did not go to")                                   \
	X(FREE_CLIMB, "free_climb", SET_NONE, ACCESS_NONE, "free-tree parent gone back to")        \
	X(PROPAGATE, "propagate", SET_NONE, ACCESS_NONE, "subtree_max_size recomputed")            \
	X(REBALANCE, "rebalance", SET_NONE, ACCESS_NONE, "node linked into or out of a tree")      \
	X(DESC_ALLOC, "desc_alloc", SET_NONE, ACCESS_NONE, "area descriptor allocated")            \
	X(DESC_FREE, "desc_free", SET_NONE, ACCESS_NONE, "area descriptor freed")                  \
	X(LAZY_PUSH, "lazy_push", SET_NONE, ACCESS_NONE,                                           \
	  "area put on the lazy list, or on or off a pool")                                        \
	X(TLB_FLUSH, "tlb_flush", SET_NONE, ACCESS_NONE, "TLB flush on all CPUs begun")            \
	X(TLB_FLUSH_CPU, "tlb_flush_cpu", SET_NONE, ACCESS_NONE, "other CPU told to flush")        \
	X(PCP_OP, "pcp_op", SET_NONE, ACCESS_NONE, "page put on or taken off a per-CPU list")      \
	X(BUDDY_OP, "buddy_op", SET_PAGES, ACCESS_RANDOM, "chunk put on or taken off a free list") \
	X(PAGE_FALLBACK, "page_fallback", SET_NONE, ACCESS_NONE,                                   \
	  "fallback to another migratetype")                                                       \
	X(MIGRATE_SCAN, "migrate_scan", SET_PAGES, ACCESS_SEQUENTIAL,                              \
	  "page looked at by the migrate scanner")                                                 \
	X(FREE_SCAN, "free_scan", SET_PAGES, ACCESS_SEQUENTIAL,                                    \
	  "page looked at by the free scanner")                                                    \
	X(FREE_LIST_ENTRY, "free_list_entry", SET_PAGES, ACCESS_RANDOM,                            \
	  "free-list entry looked at by a fast search")                                            \
	X(PAGE_MIGRATED, "page_migrated", SET_NONE, ACCESS_NONE, "page migrated by compaction")    \
	X(PAGE_MIGRATE_FAILED, "page_migrate_failed", SET_NONE, ACCESS_NONE,                       \
	  "page whose migration failed")                                                           \
	X(PAGE_RECLAIMED, "page_reclaimed", SET_NONE, ACCESS_NONE, "page that reclaim took away")  \
	X(CALL, "call", SET_NONE, ACCESS_NONE, "vmalloc or vfree called, without what follows")    \
	X(PAGE_CALL, "page_call", SET_NONE, ACCESS_NONE,                                           \
	  "alloc_page() or __free_page() called, without the per-CPU list")                        \
	X(PAGE_ZERO, "page_zero", SET_NONE, ACCESS_NONE, "page cleared")                           \
	X(PTE_SET, "pte_set", SET_NONE, ACCESS_NONE, "page mapped")                                \
	X(PTE_CLEAR, "pte_clear", SET_NONE, ACCESS_NONE, "page unmapped")                          \
	X(PTE_LINE, "pte_line", SET_PTES, ACCESS_RANDOM,                                           \
	  "cache line of page-table entries gone to, from the top of the table")                   \
	X(PAGE_TABLE, "page_table", SET_NONE, ACCESS_NONE, "page table allocated and linked")      \
	X(RCU_FREE, "rcu_free", SET_LAZY, ACCESS_SEQUENTIAL,                                       \
	  "area descriptor freed after a grace period")                                            \
	X(LINE_TRANSFER, "line_transfer", SET_NONE, ACCESS_NONE,                                   \
	  "line outside of any lock that another CPU wrote last fetched from its cache")           \
	X(RANDOM_BYTES, "random_bytes", SET_NONE, ACCESS_NONE,                                     \
	  "get_random_bytes() called by the caller, before an op")

enum step {
#define X(step, name, set, pattern, what) STEP_##step,
	STEP_LIST(X)
#undef X
	STEPS
};

_Static_assert(STEPS <= 64, "struct call keeps a bit for each in 64");

#endif
