// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/workload/workload.h"

#include "sim/base/error.h"
#include "sim/workload/builtin.h"

#include <string.h>

static const struct workload_ops *const workloads[] = {
#define X(ops) &ops,
	WORKLOAD_LIST(X)
#undef X
		NULL,
};

const struct workload_ops *const *workload_list(void)
{
	return workloads;
}

const struct workload_ops *workload_find(const char *name, GError **error)
{
	GString *known;

	for (unsigned i = 0; workloads[i]; i++) {
		if (!strcmp(workloads[i]->name, name))
			return workloads[i];
	}
	known = g_string_new(NULL);
	for (unsigned i = 0; workloads[i]; i++)
		g_string_append_printf(known, "%s%s", i ? ", " : "", workloads[i]->name);
	set_usage_error(error, "no workload '%s' (known: %s)", name, known->str);
	g_string_free(known, TRUE);
	return NULL;
}

static bool find_params(const char *name, const struct param **table, GError **error)
{
	const struct workload_ops *ops = workload_find(name, error);

	if (ops)
		*table = ops->params;
	return ops;
}

/* "NAME,key=value" with the preset of NAME put before what was given, so that the latter wins. */
static char *with_preset(const char *spec)
{
	size_t name_length = strcspn(spec, ",");
	g_autofree char *name = g_strndup(spec, name_length);
	const struct workload_ops *ops = workload_find(name, NULL);

	if (!ops || !ops->preset)
		return g_strdup(spec);
	return g_strdup_printf("%s,%s%s", name, ops->preset, spec + name_length);
}

struct op_source *workload_source_new(const char *spec, const struct workload_env *env,
				      GError **error)
{
	struct param_value values[PARAM_MAX];
	g_autofree char *full = with_preset(spec), *name = NULL;

	if (!param_parse_spec(full, find_params, &name, values, error))
		return NULL;
	struct op_source *source = workload_find(name, NULL)->create(env, values, error);

	if (!source) {
		g_prefix_error(error, "%s: ", name);
		return NULL;
	}
	g_free(source->header.origin);
	source->header.origin =
		g_strdup_printf("kmsim synth %s --seed %" G_GUINT64_FORMAT, spec, env->seed);
	return source;
}
