// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/fidelity_report.h"

#include "sim/base/units.h"
#include "sim/report/human.h"

/* Rounded down: 100 only if all are. */
static void put_percent(GString *text, const struct fidelity_share *share)
{
	uint64_t hundredths = mul_div(share->exact, 10000, share->all);

	g_string_append_printf(text, "%4" G_GUINT64_FORMAT ".%02u %%", hundredths / 100,
			       (unsigned)(hundredths % 100));
}

static void put_share(GString *text, const struct fidelity_share *share)
{
	g_autofree char *exact = human_value((double)share->exact, UNIT_COUNT);
	g_autofree char *all = human_value((double)share->all, UNIT_COUNT);

	if (!share->all) {
		g_string_append_printf(text, "%27s", "none");
		return;
	}
	g_string_append_printf(text, "%8s of %6s ", exact, all);
	put_percent(text, share);
}

static void put_row(GString *text, const char *label, const struct fidelity_share *free_run,
		    const struct fidelity_share *corrected)
{
	g_string_append_printf(text, "%-25s", label);
	put_share(text, free_run);
	put_share(text, corrected);
	g_string_append_c(text, '\n');
}

static void put_numbers(GString *text, const char *label, uint64_t a, uint64_t b, const char *none)
{
	const uint64_t values[] = {a, b};

	g_string_append_printf(text, "%-25s", label);
	for (unsigned i = 0; i < G_N_ELEMENTS(values); i++) {
		g_autofree char *value = human_value((double)values[i], UNIT_COUNT);

		g_string_append_printf(text, "%27s", values[i] || !none ? value : none);
	}
	g_string_append_c(text, '\n');
}

static void put_sets(GString *text, const char *label, const struct fidelity_sets *free_run,
		     const struct fidelity_sets *corrected)
{
	const struct fidelity_sets *const sets[] = {free_run, corrected};

	g_string_append_printf(text, "%-25s", label);
	for (unsigned i = 0; i < G_N_ELEMENTS(sets); i++) {
		g_autofree char *words =
			g_strdup_printf("%" G_GUINT64_FORMAT " same, %" G_GUINT64_FORMAT
					" + %" G_GUINT64_FORMAT " not",
					sets[i]->both, sets[i]->model_only, sets[i]->machine_only);

		g_string_append_printf(text, "%27s", words);
	}
	g_string_append_c(text, '\n');
}

static void put_tenths(GString *text, const char *label, const struct fidelity_run *run)
{
	g_string_append_printf(text, "  %-23s", label);
	for (unsigned i = 0; i < G_N_ELEMENTS(run->tenths); i++) {
		if (run->tenths[i].all)
			g_string_append_printf(
				text, "%5" G_GUINT64_FORMAT,
				mul_div(run->tenths[i].exact, 100, run->tenths[i].all));
		else
			g_string_append(text, "    -");
	}
	g_string_append_c(text, '\n');
}

static void put_misses(GString *text, const struct fidelity *fidelity)
{
	const struct fidelity_run *run = &fidelity->corrected;

	if (run->requests.exact == run->requests.all)
		return;
	g_string_append(text, "misses, put right:\n");
	for (enum miss_kind kind = 0; kind < MISS_KINDS; kind++) {
		g_autofree char *n = human_value((double)run->kinds[kind], UNIT_COUNT);

		if (run->kinds[kind])
			g_string_append_printf(text, "%8s  %-13s %s\n", n, miss_kind_names[kind],
					       miss_kind_words[kind]);
	}
}

static void put_head(GString *text, const struct fidelity *fidelity)
{
	const struct timeline *timeline = fidelity->timeline;
	const char *start = timeline->from_boot	      ? "from boot"
			    : !timeline->has_before   ? "nothing known of its start"
			    : timeline->pools_emptied ? "from a snapshot, pools emptied"
						      : "from a snapshot, pools unknown";

	g_string_append_printf(text, "%s, %s, %u CPUs, %s\n",
			       timeline->release ? timeline->release : "unknown kernel",
			       import_form_name(timeline->account.form), timeline->cpus, start);
	g_string_append_printf(text, "model: vmap-nodes,version=%s, by %s\n\n", fidelity->version,
			       fidelity->told);
}

/* Damage that left most of a recording readable. */
static void put_not_understood(GString *text, const struct import_account *account)
{
	const struct {
		const struct import_places *places;
		const char *what;
	} left_out[] = {{&account->bad_events, "events"},
			{&account->bad_lines, "lines"},
			{&account->seeds_bad_lines, "lines of the snapshot"}};
	const char *before = "warning: not understood, and left out:";

	for (unsigned i = 0; i < G_N_ELEMENTS(left_out); i++) {
		if (!left_out[i].places->count)
			continue;
		g_string_append_printf(text, "%s %" G_GUINT64_FORMAT " %s", before,
				       left_out[i].places->count, left_out[i].what);
		before = ",";
	}
	if (*before == ',')
		g_string_append_c(text, '\n');
}

/* What makes the figures less than they might be. */
static void put_warnings(GString *text, const struct fidelity *fidelity)
{
	const struct timeline *timeline = fidelity->timeline;
	const struct import_account *account = &timeline->account;

	if (account->lost_markers || account->overwritten_events)
		g_string_append(text, "warning: events were lost: expect misses by them\n");
	put_not_understood(text, account);
	if (!timeline->has_before && !timeline->from_boot)
		g_string_append(text, "warning: no vmallocinfo.before: expect misses by areas that "
				      "were in use at the start\n");
	if (timeline->lost_frees)
		g_string_append_printf(text,
				       "warning: %" G_GUINT64_FORMAT
				       " areas were asked for again without a free of them\n",
				       timeline->lost_frees);
	if (timeline->unknown_frees)
		g_string_append_printf(text,
				       "warning: %" G_GUINT64_FORMAT
				       " frees of areas that nothing is known of\n",
				       timeline->unknown_frees);
	if (!timeline->cpus_known)
		g_string_append_printf(text,
				       "warning: no cpu_possible: %u CPUs, as in the recording\n",
				       timeline->cpus);
}

char *fidelity_text(const struct fidelity *fidelity)
{
	const struct fidelity_run *a = &fidelity->free, *b = &fidelity->corrected;
	GString *text = g_string_new(NULL);

	put_head(text, fidelity);
	g_string_append_printf(text, "%-25s%27s%27s\n", "", "run free", "put right");
	put_row(text, "addresses foretold", &a->requests, &b->requests);
	put_row(text, "  aligned to a page", &a->classes[ALIGN_PAGE], &b->classes[ALIGN_PAGE]);
	put_row(text, "  to more", &a->classes[ALIGN_MORE], &b->classes[ALIGN_MORE]);
	put_numbers(text, "first miss, request", a->first_miss, b->first_miss, "none");
	put_row(text, "purges: number of areas", &a->purges, &b->purges);
	put_row(text, "lazy pages after frees", &a->lazy, &b->lazy);
	if (a->lazy_off_max || b->lazy_off_max)
		put_numbers(text, "  off by, at most", a->lazy_off_max, b->lazy_off_max, NULL);
	if (fidelity->compares_pools)
		put_row(text, "pooled areas at shrinks", &a->pooled, &b->pooled);
	if (a->pooled_off_max || b->pooled_off_max)
		put_numbers(text, "  off by, at most", a->pooled_off_max, b->pooled_off_max, NULL);
	if (a->failed.all)
		put_row(text, "failures foretold", &a->failed, &b->failed);
	if (a->percpu.all)
		put_row(text, "percpu areas", &a->percpu, &b->percpu);
	if (fidelity->timeline->has_after) {
		put_sets(text, "at the end: busy areas", &a->busy, &b->busy);
		put_sets(text, "  lazy areas", &a->lazy_set, &b->lazy_set);
	}
	g_string_append(text, "tenths of the run, % of addresses:\n");
	put_tenths(text, "run free", a);
	put_tenths(text, "put right", b);
	put_misses(text, fidelity);
	put_warnings(text, fidelity);
	return g_string_free(text, FALSE);
}
