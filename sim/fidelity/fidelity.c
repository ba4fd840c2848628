// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/fidelity/fidelity.h"

#include "sim/base/error.h"
#include "sim/base/units.h"
#include "sim/fidelity/kernel_version.h"
#include "sim/fidelity/miss_kind.h"
#include "sim/fidelity/placement.h"

/* One run on its way. */
struct measure {
	struct fidelity *fidelity;
	struct fidelity_run *run;
	struct cursor cursor;
	GPtrArray *plans;	/* uint32_t *, by purge */
	unsigned purges;	/* that have got theirs */
	uint32_t next_purge;	/* moment; behind the last: none */
	uint64_t requests;	/* so far */
	uint64_t at_first_step; /* requests before the first step of the purge that goes on */
	bool pools_known;
	const volatile sig_atomic_t *interrupted;
};

static void share(struct fidelity_share *of, bool exact)
{
	of->all++;
	of->exact += exact;
}

/* Which of @parts of the run the request with @before others before it is in. */
static unsigned part_of(const struct measure *measure, uint64_t before, unsigned parts)
{
	uint64_t all = measure->fidelity->timeline->requests;

	return all ? (unsigned)MIN(mul_div(before, parts, all), parts - 1) : 0;
}

static bool is_corrected(const struct measure *measure)
{
	return measure->run == &measure->fidelity->corrected;
}

static void count_miss(struct measure *measure, const struct moment *moment,
		       const struct verdict *verdict)
{
	struct fidelity_run *run = measure->run;
	enum miss_kind kind =
		miss_kind_of(moment, verdict, nodes_replay_nodes(measure->cursor.model));
	const struct fidelity_miss miss = {
		.number = measure->requests + 1,
		.place = moment->place,
		.kind = kind,
		.request = moment->request,
		.recorded = moment->addr,
		.foretold = verdict->answer.found ? verdict->answer.addr : 0,
	};

	run->kinds[kind]++;
	run->kinds_by_tenth[part_of(measure, measure->requests, 10)][kind]++;
	if (!run->first_miss)
		run->first_miss = miss.number;
	if (is_corrected(measure))
		g_array_append_val(measure->fidelity->misses, miss);
}

static void on_request(struct measure *measure, const struct moment *moment,
		       const struct verdict *verdict)
{
	struct fidelity_run *run = measure->run;

	if (moment->request.percpu) {
		share(&run->percpu, verdict->exact);
		return;
	}
	share(&run->requests, verdict->exact);
	share(&run->classes[moment->request.align > PAGE_SIZE ? ALIGN_MORE : ALIGN_PAGE],
	      verdict->exact);
	share(&run->tenths[part_of(measure, measure->requests, 10)], verdict->exact);
	share(&run->points[part_of(measure, measure->requests, FIDELITY_POINTS)], verdict->exact);
	if (!verdict->exact)
		count_miss(measure, moment, verdict);
	measure->requests++;
}

static uint64_t apart(uint64_t a, uint64_t b)
{
	return a < b ? b - a : a - b;
}

static void on_free(struct measure *measure, const struct moment *moment,
		    const struct verdict *verdict)
{
	struct fidelity_run *run = measure->run;
	uint64_t off = apart(verdict->counts.lazy_pages, moment->lazy_pages);
	uint64_t before = measure->requests ? measure->requests - 1 : 0;

	if (!moment->counted)
		return;
	share(&run->lazy, !off);
	run->lazy_off_max = MAX(run->lazy_off_max, off);
	if (is_corrected(measure))
		measure->fidelity->course[part_of(measure, before, FIDELITY_POINTS)] =
			(struct fidelity_course){moment->lazy_pages, verdict->counts.lazy_pages,
						 verdict->counts.pooled, true};
}

static void put_mark(struct measure *measure, struct fidelity_mark mark)
{
	mark.request = measure->requests;
	if (is_corrected(measure))
		g_array_append_val(measure->fidelity->marks, mark);
}

static void on_purge(struct measure *measure, const struct moment *moment,
		     const struct verdict *verdict)
{
	share(&measure->run->purges, verdict->counts.last_purged == moment->purged);
	put_mark(measure, (struct fidelity_mark){
				  .full = moment->full,
				  .recorded = moment->purged,
				  .model = verdict->counts.last_purged,
				  .requests_within = measure->requests - measure->at_first_step,
			  });
}

static void on_shrink(struct measure *measure, const struct moment *moment,
		      const struct verdict *verdict)
{
	struct fidelity_run *run = measure->run;
	uint64_t off = apart(verdict->counts.pooled, moment->pooled);

	put_mark(measure, (struct fidelity_mark){.shrink = true,
						 .recorded = moment->pooled,
						 .model = verdict->counts.pooled});
	if (measure->pools_known) {
		share(&run->pooled, !off);
		run->pooled_off_max = MAX(run->pooled_off_max, off);
		measure->fidelity->compares_pools = true;
	}
	measure->pools_known |= moment->runs;
}

/* The purge that comes next gets its plan as soon as it can have begun. */
static void plan_purge(struct measure *measure)
{
	const struct timeline *timeline = measure->fidelity->timeline;
	struct cursor *cursor = &measure->cursor;
	uint32_t *purge = &measure->next_purge;

	while (*purge < timeline->moments->len &&
	       (*purge < cursor->next || timeline_at(timeline, *purge)->kind != MOMENT_PURGE))
		++*purge;
	if (cursor->plan || *purge == timeline->moments->len ||
	    timeline_at(timeline, *purge)->earliest > cursor->next)
		return;
	if (measure->purges == measure->plans->len)
		g_ptr_array_add(measure->plans, placement_find(cursor, *purge));
	cursor_set_plan(cursor, *purge, measure->plans->pdata[measure->purges++]);
}

static void step(struct measure *measure)
{
	static void (*const handlers[])(struct measure *, const struct moment *,
					const struct verdict *) = {
		[MOMENT_REQUEST] = on_request,
		[MOMENT_FREE] = on_free,
		[MOMENT_PURGE] = on_purge,
		[MOMENT_SHRINK] = on_shrink,
	};
	const struct moment *moment =
		timeline_at(measure->fidelity->timeline, measure->cursor.next);
	struct verdict verdict;

	plan_purge(measure);
	if (!measure->cursor.begun)
		measure->at_first_step = measure->requests;
	if (measure->cursor.plan && measure->cursor.plan[0] == measure->cursor.next)
		measure->at_first_step = measure->requests;
	cursor_step(&measure->cursor, &verdict);
	if (moment->kind == MOMENT_FAIL)
		share(&measure->run->failed, verdict.exact);
	else
		handlers[moment->kind](measure, moment, &verdict);
}

/* --- the end --- */

struct sets {
	GHashTable *machine; /* start → (size in pages) * 2 + lazy, of what is not met yet */
	struct fidelity_run *run;
};

static gpointer as_pointer(uint64_t value)
{
	return GSIZE_TO_POINTER((gsize)value);
}

static void meet(void *ctx, uint64_t start, uint64_t size, bool lazy)
{
	struct sets *sets = ctx;
	struct fidelity_sets *set = lazy ? &sets->run->lazy_set : &sets->run->busy;
	uint64_t is =
		(uint64_t)GPOINTER_TO_SIZE(g_hash_table_lookup(sets->machine, as_pointer(start)));

	if (is == size / PAGE_SIZE * 2 + lazy) {
		set->both++;
		g_hash_table_remove(sets->machine, as_pointer(start));
	} else {
		set->model_only++;
	}
}

static void compare_end(struct measure *measure)
{
	const GArray *after = measure->fidelity->timeline->after;
	struct sets sets = {g_hash_table_new(NULL, NULL), measure->run};

	for (unsigned i = 0; after && i < after->len; i++) {
		const struct timeline_area *area = &g_array_index(after, struct timeline_area, i);

		g_hash_table_insert(sets.machine, as_pointer(area->start),
				    as_pointer(area->size / PAGE_SIZE * 2 + area->lazy));
		if (area->lazy)
			measure->run->lazy_set.machine_only++;
		else
			measure->run->busy.machine_only++;
	}
	if (after)
		nodes_replay_areas(measure->cursor.model, meet, &sets);
	measure->run->lazy_set.machine_only -= measure->run->lazy_set.both;
	measure->run->busy.machine_only -= measure->run->busy.both;
	g_hash_table_unref(sets.machine);
}

static bool run_through(struct fidelity *fidelity, struct fidelity_run *run, GPtrArray *plans,
			const volatile sig_atomic_t *interrupted, GError **error)
{
	const struct timeline *timeline = fidelity->timeline;
	struct measure measure = {
		.fidelity = fidelity,
		.run = run,
		.plans = plans,
		.pools_known = timeline->from_boot || timeline->pools_emptied,
	};
	bool corrects = run == &fidelity->corrected;

	if (!cursor_init(&measure.cursor, timeline, fidelity->version, corrects, error))
		return false;
	while (measure.cursor.next < timeline->moments->len && !(interrupted && *interrupted))
		step(&measure);
	bool complete = measure.cursor.next == timeline->moments->len;

	if (complete)
		compare_end(&measure);
	else
		set_interrupted_error(error);
	cursor_clear(&measure.cursor);
	return complete;
}

static struct fidelity *measure_version(const struct timeline *timeline, const char *version,
					const char *told, const volatile sig_atomic_t *interrupted,
					GError **error)
{
	struct fidelity *fidelity = g_new0(struct fidelity, 1);
	g_autoptr(GPtrArray) plans = g_ptr_array_new_with_free_func(g_free);

	fidelity->timeline = timeline;
	fidelity->version = g_strdup(version);
	fidelity->told = told;
	fidelity->marks = g_array_new(FALSE, FALSE, sizeof(struct fidelity_mark));
	fidelity->misses = g_array_new(FALSE, FALSE, sizeof(struct fidelity_miss));
	/* where the purges took effect is found with the model put right, and is the same in both
	 */
	if (run_through(fidelity, &fidelity->corrected, plans, interrupted, error) &&
	    run_through(fidelity, &fidelity->free, plans, interrupted, error))
		return fidelity;
	fidelity_free(fidelity);
	return NULL;
}

/* Nothing tells the version: that which foretells more. */
static struct fidelity *measure_both(const struct timeline *timeline,
				     const volatile sig_atomic_t *interrupted, GError **error)
{
	const char *told = "its addresses, which go with it best";
	struct fidelity *older = measure_version(timeline, "v6.12", told, interrupted, error);
	struct fidelity *newer =
		older ? measure_version(timeline, "v6.18", told, interrupted, error) : NULL;

	if (!newer || newer->corrected.requests.exact > older->corrected.requests.exact) {
		fidelity_free(older);
		return newer;
	}
	fidelity_free(newer);
	return older;
}

struct fidelity *fidelity_measure(const struct timeline *timeline,
				  const struct fidelity_options *options, GError **error)
{
	const char *told;
	const char *version = kernel_version(timeline, options->version, &told, error);

	if (!version)
		return NULL;
	return *version ? measure_version(timeline, version, told, options->interrupted, error)
			: measure_both(timeline, options->interrupted, error);
}

void fidelity_free(struct fidelity *fidelity)
{
	if (!fidelity)
		return;
	g_array_unref(fidelity->marks);
	g_array_unref(fidelity->misses);
	g_free(fidelity->version);
	g_free(fidelity);
}
