// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/boot.h"

#include <string.h>

uint64_t boot_default_tasks(uint32_t cpus)
{
	return MIN(46 + UINT64_C(10) * cpus, BOOT_TASKS_MAX);
}

static void clear_op(void *op)
{
	op_clear(op);
}

GArray *boot_ops_new(void)
{
	GArray *ops = g_array_new(FALSE, FALSE, sizeof(struct op));

	g_array_set_clear_func(ops, clear_op);
	return ops;
}

GArray *boot_ops(const char *name, const struct boot_env *env, GError **error)
{
	if (!strcmp(name, "none"))
		return boot_ops_new();
	if (!strcmp(name, "drawn"))
		return boot_drawn(env);
	return boot_recorded(name, env, error);
}
