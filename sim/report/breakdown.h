/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_REPORT_BREAKDOWN_H
#define KMSIM_REPORT_BREAKDOWN_H

/*
 * Where the cycles of ops went, in a dozen groups that people know: what tables and charts show of
 * the primitive steps, locks and waits of result.json (docs/results.md, "Where the cycles went").
 */

#include "sim/base/json_util.h"
#include "sim/machine/step.h"

/* In the order in which they are shown: label, and what is in it. */
#define COST_GROUP_LIST(X)                                                                         \
	X(NONE, "", "")                                                                            \
	X(CALLER, "caller's random numbers", "before the op: no part of its latency")              \
	X(CALL, "the call itself", "entering and leaving vmalloc() or vfree()")                    \
	X(LIST, "busy list walked", "entries of the list of busy areas")                           \
	X(FREE_TREE, "free tree searched", "nodes of the tree of free areas")                      \
	X(BUSY_TREE, "busy tree searched", "nodes of the tree of busy areas")                      \
	X(RELINK, "trees changed", "nodes linked in and out, largest sizes recomputed")            \
	X(DESCRIPTORS, "descriptors, lazy list", "area descriptors, lists and pools of areas")     \
	X(PAGES, "pages", "page allocator: calls, per-CPU lists, free lists, fallbacks")           \
	X(CLEARING, "clearing pages", "")                                                          \
	X(PAGE_TABLES, "page tables", "pages mapped and unmapped, page tables")                    \
	X(TLB, "TLB flushes", "")                                                                  \
	X(COMPACTION, "compaction, reclaim", "scanners, migration, reclaimed pages")               \
	X(LOCKS, "locks taken", "the locked operations, and the lock's cache line")                \
	X(SLOWED, "slowed by others", "by the other thread of the core, by CPUs that spin")        \
	X(WAITING, "waiting for locks", "")                                                        \
	X(IDLE, "idle", "of a section: between ops")

enum cost_group {
#define X(group, label, what) COST_##group,
	COST_GROUP_LIST(X)
#undef X
	COST_GROUPS
};

/* As profiles and results call a step; as tables and charts call a group. */
const char *step_name(enum step step);
const char *cost_group_label(enum cost_group group);

/* The group that a step belongs to; never COST_NONE. */
enum cost_group step_cost_group(enum step step);

/* Cycles of all ops of one kind, or of one section. */
struct breakdown {
	char *name;	/* of the kind, "background tasks", or of the section: without "test:" */
	uint64_t count; /* ops, or runs of background tasks */
	uint64_t total_cycles;	/* the parts add up to it but for rounding */
	uint64_t before_cycles; /* of that, no part of latencies: their caller's work */
	uint64_t parts[COST_GROUPS];
	json_t *waits; /* of COST_WAITING, cycles by name of lock */
};

/*
 * Of a variant, an object of result.json: an array of struct breakdown, those of kinds of ops and
 * of background tasks that took any time, or those of sections, all CPUs together, in
 * the order of the first CPU's. To be freed with g_array_unref().
 */
GArray *breakdown_of_ops(const json_t *variant);
GArray *breakdown_of_sections(const json_t *variant);

/*
 * A table of each: a column a kind or section, a row a group; the time of an op, and its share. As
 * many columns as fit beside each other, the others below. "" where nothing took any time. To be
 * freed.
 */
char *breakdown_ops_table(const json_t *variant);
char *breakdown_sections_table(const json_t *variant);

#endif
