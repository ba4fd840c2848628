// SPDX-License-Identifier: GPL-2.0-or-later
/* The chart of where the time goes: a bar a test (or kind of op) and variant, by groups of costs.
 */
#include "sim/report/chart_parts.h"

#include "sim/report/breakdown.h"
#include "sim/report/human.h"

#include <string.h>

#define BARS_MAX   40  /* more would not fit on a screen */
#define LABEL_MAX  40  /* characters beside a bar */
#define SHARE_SEEN 0.3 /* percent of a bar: what is less needs no place in the legend */

/* One bar: @of of the variant @variant. */
struct bar {
	const struct breakdown *of;
	size_t variant;
};

struct bars {
	GPtrArray *breakdowns; /* GArray of struct breakdown, one a variant */
	GPtrArray *names;      /* of bars, as they first occur; borrowed */
	GArray *list;	       /* struct bar: by name, then by variant */
	unsigned left_out;
	bool by_section; /* of any variant */
};

static bool has_name(const GPtrArray *names, const char *name)
{
	for (guint i = 0; i < names->len; i++) {
		if (!strcmp(names->pdata[i], name))
			return true;
	}
	return false;
}

/* What a variant is shown by: its sections; where it has none, kinds of ops. */
static GArray *breakdown_of(struct bars *bars, const json_t *variant)
{
	GArray *sections = breakdown_of_sections(variant);

	if (sections->len) {
		bars->by_section = true;
		return sections;
	}
	g_array_unref(sections);
	return breakdown_of_ops(variant);
}

static void add_bars(struct bars *bars, const char *name)
{
	for (size_t variant = 0; variant < bars->breakdowns->len; variant++) {
		const GArray *of = bars->breakdowns->pdata[variant];

		for (guint i = 0; i < of->len; i++) {
			struct bar bar = {&g_array_index(of, struct breakdown, i), variant};

			if (strcmp(bar.of->name, name))
				continue;
			if (bars->list->len < BARS_MAX)
				g_array_append_val(bars->list, bar);
			else
				bars->left_out++;
		}
	}
}

static void bars_init(struct bars *bars, const struct chart_input *input)
{
	*bars = (struct bars){
		.breakdowns = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref),
		.names = g_ptr_array_new(),
		.list = g_array_new(FALSE, FALSE, sizeof(struct bar)),
	};
	for (size_t i = 0; i < input->n; i++) {
		GArray *of = breakdown_of(bars, input->variants[i]);

		g_ptr_array_add(bars->breakdowns, of);
		for (guint k = 0; k < of->len; k++) {
			char *name = g_array_index(of, struct breakdown, k).name;

			if (!has_name(bars->names, name))
				g_ptr_array_add(bars->names, name);
		}
	}
	for (guint i = 0; i < bars->names->len; i++)
		add_bars(bars, bars->names->pdata[i]);
}

static void bars_clear(struct bars *bars)
{
	g_array_unref(bars->list);
	g_ptr_array_unref(bars->names);
	g_ptr_array_unref(bars->breakdowns);
}

/* @text, to stand beside a bar, as a string of a data file. */
static char *short_label(const char *text)
{
	if (g_utf8_strlen(text, -1) <= LABEL_MAX)
		return chart_quoted(text);
	g_autofree char *begin = g_utf8_substring(text, 0, LABEL_MAX - 1);
	g_autofree char *cut = g_strconcat(begin, "…", NULL);

	return chart_quoted(cut);
}

/* Lines "y from to group", in percent of the bar. */
static void put_segments(GString *out, const struct bar *bar, double y, bool *seen)
{
	double total = 0, from = 0;

	/* of what the parts add up to: rounding is none */
	for (unsigned group = 0; group < COST_GROUPS; group++)
		total += (double)bar->of->parts[group];
	for (unsigned group = 0; group < COST_GROUPS; group++) {
		double share = (double)bar->of->parts[group] * 100 / MAX(total, 1);

		if (share <= 0)
			continue;
		seen[group] |= share >= SHARE_SEEN;
		g_string_append_printf(out, "%.6g %.6g %.6g %u\n", y, from, from + share, group);
		from += share;
	}
}

/* A line "y label time". */
static void put_label(GString *out, const struct chart_input *input, const struct bar *bar,
		      double y)
{
	double ns = chart_ns_per_cycle(input, bar->variant) * (double)bar->of->total_cycles;
	g_autofree char *label =
		short_label(input->n > 1 ? input->labels[bar->variant] : bar->of->name);
	g_autofree char *time = human_value(ns / (double)MAX(bar->of->count, 1), UNIT_NS);

	g_string_append_printf(out, "%.6g %s \"%s\"\n", y, label, time);
}

/*
 * Bars below each other from y = 0 on, under the name that they have in common; where there is
 * one variant, the names are beside them. Returns where they end.
 */
static double put_bars(const struct chart_input *input, const struct bars *bars, GString *segments,
		       GString *labels, GString *headings, bool *seen)
{
	const char *last = NULL;
	double y = 0;

	for (guint i = 0; i < bars->list->len; i++) {
		const struct bar *bar = &g_array_index(bars->list, struct bar, i);

		if (input->n > 1 && g_strcmp0(last, bar->of->name)) {
			g_autofree char *heading = short_label(bar->of->name);

			y += last ? 0.3 : 0;
			g_string_append_printf(headings, "%.6g %s\n", y++, heading);
		}
		last = bar->of->name;
		put_segments(segments, bar, y, seen);
		put_label(labels, input, bar, y++);
	}
	return y;
}

int put_breakdown(const struct chart_input *input, GString *out, GError **error G_GNUC_UNUSED)
{
	g_autoptr(GString) segments = g_string_new(NULL), labels = g_string_new(NULL);
	g_autoptr(GString) headings = g_string_new(NULL), legend = g_string_new(NULL);
	bool seen[COST_GROUPS] = {false};
	unsigned in_legend = 0;
	struct bars bars;

	bars_init(&bars, input);
	double end = put_bars(input, &bars, segments, labels, headings, seen);

	for (unsigned group = 0; group < COST_GROUPS; group++) {
		if (!seen[group])
			continue;
		g_string_append_printf(legend, "%u \"%s\"\n", group,
				       cost_group_label((enum cost_group)group));
		in_legend++;
	}
	g_string_append_printf(out, "%.6g %u %u \"%s\"\n\n\n%s\n\n%s\n\n%s\n\n%s", end, in_legend,
			       bars.left_out, bars.by_section ? "section" : "kind of op",
			       legend->str, segments->str, labels->str,
			       /* a block must not be empty */
			       headings->len ? headings->str : "0 \"\"\n");
	int result = bars.list->len > 0;

	bars_clear(&bars);
	return result;
}
