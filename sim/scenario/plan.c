// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/scenario/scenario.h"

/* What a variant sets beside model and source; what it does not set is the source's to say. */
static void append_settings(GString *plan, const struct variant_spec *spec)
{
	if (spec->machine)
		g_string_append_printf(plan, ", machine %s", spec->machine);
	if (spec->cpus)
		g_string_append_printf(plan, ", cpus %u", spec->cpus);
	if (spec->vstart.set)
		g_string_append_printf(plan, ", vstart 0x%" G_GINT64_MODIFIER "x",
				       spec->vstart.value);
	if (spec->vend.set)
		g_string_append_printf(plan, ", vend 0x%" G_GINT64_MODIFIER "x", spec->vend.value);
	if (!spec->lazy_max_pages.set)
		return;
	if (spec->lazy_max_pages.value == LAZY_NONE)
		g_string_append(plan, ", lazy_max_pages none");
	else
		g_string_append_printf(plan, ", lazy_max_pages %" G_GUINT64_FORMAT,
				       spec->lazy_max_pages.value);
}

char *scenario_plan(const struct scenario *scenario)
{
	GString *plan = g_string_new(NULL);

	g_string_append_printf(plan, "%s: %s\n%u variants:\n", scenario->name, scenario->question,
			       scenario->variants->len);
	for (unsigned i = 0; i < scenario->variants->len; i++) {
		const struct variant_spec *spec =
			&g_array_index(scenario->variants, struct variant_spec, i);

		g_string_append_printf(
			plan,
			"  %s\n    model %s\n    %s %s\n    profile %s, order %s, seed "
			"%" G_GUINT64_FORMAT,
			spec->name, spec->model, spec->workload ? "workload" : "trace",
			spec->source, spec->profile, spec->order == ORDER_TRACE ? "trace" : "time",
			spec->seed);
		append_settings(plan, spec);
		g_string_append_c(plan, '\n');
	}
	return g_string_free(plan, FALSE);
}
