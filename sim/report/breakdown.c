// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/breakdown.h"

#include "sim/trace/op.h"

#include <string.h>

static const enum cost_group step_groups[STEPS] = {
	[STEP_LIST_HOP] = COST_LIST,
	[STEP_LIST_JUMP] = COST_LIST,
	[STEP_BUSY_VISIT] = COST_BUSY_TREE,
	[STEP_BUSY_LINE] = COST_BUSY_TREE,
	[STEP_FREE_VISIT] = COST_FREE_TREE,
	[STEP_FREE_LINE] = COST_FREE_TREE,
	[STEP_FREE_CLIMB] = COST_FREE_TREE,
	[STEP_PROPAGATE] = COST_RELINK,
	[STEP_REBALANCE] = COST_RELINK,
	[STEP_DESC_ALLOC] = COST_DESCRIPTORS,
	[STEP_DESC_FREE] = COST_DESCRIPTORS,
	[STEP_LAZY_PUSH] = COST_DESCRIPTORS,
	[STEP_RCU_FREE] = COST_DESCRIPTORS,
	[STEP_TLB_FLUSH] = COST_TLB,
	[STEP_TLB_FLUSH_CPU] = COST_TLB,
	[STEP_PCP_OP] = COST_PAGES,
	[STEP_BUDDY_OP] = COST_PAGES,
	[STEP_PAGE_FALLBACK] = COST_PAGES,
	[STEP_MIGRATE_SCAN] = COST_COMPACTION,
	[STEP_FREE_SCAN] = COST_COMPACTION,
	[STEP_FREE_LIST_ENTRY] = COST_COMPACTION,
	[STEP_PAGE_MIGRATED] = COST_COMPACTION,
	[STEP_PAGE_MIGRATE_FAILED] = COST_COMPACTION,
	[STEP_PAGE_RECLAIMED] = COST_COMPACTION,
	[STEP_CALL] = COST_CALL,
	[STEP_PAGE_CALL] = COST_PAGES,
	[STEP_PAGE_ZERO] = COST_CLEARING,
	[STEP_PTE_SET] = COST_PAGE_TABLES,
	[STEP_PTE_CLEAR] = COST_PAGE_TABLES,
	[STEP_PTE_LINE] = COST_PAGE_TABLES,
	[STEP_PAGE_TABLE] = COST_PAGE_TABLES,
	[STEP_LINE_TRANSFER] = COST_SLOWED,
	[STEP_RANDOM_BYTES] = COST_CALLER,
};

const char *step_name(enum step step)
{
	static const char *const names[] = {
#define X(step, name, set, pattern, what) [STEP_##step] = name,
		STEP_LIST(X)
#undef X
	};

	return names[step];
}

const char *cost_group_label(enum cost_group group)
{
	static const char *const labels[] = {
#define X(group, label, what) [COST_##group] = label,
		COST_GROUP_LIST(X)
#undef X
	};

	return labels[group];
}

enum cost_group step_cost_group(enum step step)
{
	return step_groups[step];
}

static uint64_t cycles_at(const json_t *object, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(object, key));
}

/* Add what an object with the keys of work_account_json() says. */
static void add(struct breakdown *breakdown, const json_t *account)
{
	json_t *steps = json_object_get(account, "steps"), *cycles;
	const char *lock;

	breakdown->total_cycles += cycles_at(account, "total_cycles");
	breakdown->before_cycles += cycles_at(account, "before_cycles");
	for (unsigned step = 0; step < STEPS; step++)
		breakdown->parts[step_groups[step]] += cycles_at(steps, step_name((enum step)step));
	breakdown->parts[COST_LOCKS] += cycles_at(account, "lock_cycles");
	breakdown->parts[COST_SLOWED] += cycles_at(account, "slowed_cycles");
	json_object_foreach (json_object_get(account, "waits"), lock, cycles) {
		uint64_t more = (uint64_t)json_integer_value(cycles);

		breakdown->parts[COST_WAITING] += more;
		json_object_set_new(breakdown->waits, lock,
				    json_u64(cycles_at(breakdown->waits, lock) + more));
	}
	/* only a section has any */
	breakdown->parts[COST_IDLE] += cycles_at(account, "idle_cycles");
	breakdown->total_cycles += cycles_at(account, "idle_cycles");
}

static void clear(void *data)
{
	struct breakdown *breakdown = data;

	g_free(breakdown->name);
	json_decref(breakdown->waits);
}

static GArray *new_breakdowns(void)
{
	GArray *array = g_array_new(FALSE, TRUE, sizeof(struct breakdown));

	g_array_set_clear_func(array, clear);
	return array;
}

static struct breakdown *append(GArray *array, const char *name)
{
	struct breakdown breakdown = {.name = g_strdup(name), .waits = json_object()};

	g_array_append_val(array, breakdown);
	return &g_array_index(array, struct breakdown, array->len - 1);
}

static void drop_if_empty(GArray *array)
{
	if (!g_array_index(array, struct breakdown, array->len - 1).total_cycles)
		g_array_set_size(array, array->len - 1);
}

static uint64_t background_runs(const json_t *variant)
{
	json_t *task;
	const char *name;
	uint64_t runs = 0;

	json_object_foreach (json_object_get(variant, "background"), name, task)
		runs += cycles_at(task, "runs");
	return runs;
}

GArray *breakdown_of_ops(const json_t *variant)
{
	json_t *ops = json_at(variant, "breakdown/ops"), *account;
	GArray *array = new_breakdowns();
	struct breakdown *breakdown;
	const char *kind;

	json_object_foreach (ops, kind, account) {
		json_t *latency = json_at(json_at(variant, "ops"), kind);

		breakdown = append(array, kind);
		breakdown->count = cycles_at(json_object_get(latency, "latency"), "count");
		add(breakdown, account);
		drop_if_empty(array);
	}
	breakdown = append(array, "background tasks");
	breakdown->count = background_runs(variant);
	add(breakdown, json_at(variant, "breakdown/background"));
	drop_if_empty(array);
	return array;
}

static struct breakdown *find_or_append(GArray *array, const char *name)
{
	for (guint i = 0; i < array->len; i++) {
		struct breakdown *breakdown = &g_array_index(array, struct breakdown, i);

		if (!strcmp(breakdown->name, name))
			return breakdown;
	}
	return append(array, name);
}

GArray *breakdown_of_sections(const json_t *variant)
{
	json_t *list = json_at(variant, "sections/list"), *section;
	GArray *array = new_breakdowns();
	size_t i;

	json_array_foreach (list, i, section) {
		const char *name = json_string_at(section, "name");

		if (!cycles_at(section, "total_cycles"))
			continue;
		if (g_str_has_prefix(name, "test:"))
			name += strlen("test:");
		struct breakdown *breakdown = find_or_append(array, name);

		breakdown->count += cycles_at(section, "ops");
		add(breakdown, json_object_get(section, "breakdown"));
	}
	return array;
}
