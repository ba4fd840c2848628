// SPDX-License-Identifier: GPL-2.0-or-later
/* Paths into profiles, and fits against machines whose prices are known. */
#include "sim/accuracy/calibrate.h"

#include "sim/accuracy/price_path.h"
#include "sim/base/error.h"
#include "sim/base/resource.h"

#include <string.h>

static json_t *shipped(void)
{
	return resource_json("/kmsim/models/cpu/", "CPU profile", "generic-x86_64", NULL, NULL);
}

/* --- paths ------------------------------------------------------------------------------- */

static void test_paths(void)
{
	json_t *profile = shipped();
	g_autoptr(GError) error = NULL;
	uint64_t value;

	g_assert_true(price_path_get(profile, "steps.call.cycles", &value, NULL));
	price_path_set(profile, "steps.call.cycles", value + 7);
	g_assert_cmpuint((uint64_t)json_integer_value(json_at(profile, "steps/call/cycles")), ==,
			 value + 7);
	g_assert_true(price_path_get(profile, "latency.random.points[0][1]", &value, NULL));
	g_assert_cmpuint(value, ==, 4);
	g_assert_true(price_path_get(profile, "lock.take_cycles", &value, NULL));
	static const char *const bad[] = {"",
					  "steps",
					  "steps.call",
					  "steps.call.source",
					  "steps.nope.cycles",
					  "clock_hz",
					  "latency.random.points[99][1]",
					  "latency.random.points[x]",
					  "steps..cycles"};

	for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_assert_false(price_path_get(profile, bad[i], &value, &error));
		g_assert_error(error, KMSIM_ERROR, KMSIM_ERROR_INPUT);
		g_clear_error(&error);
	}
	json_decref(profile);
}

static void note(json_t *profile, const char *path, const char *source_path, const char *expected)
{
	price_path_note(profile, path, "a/b: c");
	g_assert_cmpstr(json_string_at(profile, source_path), ==, expected);
	/* a second time changes nothing */
	price_path_note(profile, path, "a/b: c");
	g_assert_cmpstr(json_string_at(profile, source_path), ==, expected);
}

static void test_notes(void)
{
	json_t *profile = json_pack("{s:{s:{s:i,s:s},s:{s:i,s:s}},s:{s:i,s:i,s:s}}", "steps", "x",
				    "cycles", 1, "source", "as y: estimate: z; two loads", "y",
				    "cycles", 2, "source", "fit to q; kept", "lock", "take_cycles",
				    3, "bounce_cycles", 4, "source", "take: one; bounce: two");

	note(profile, "steps.x.cycles", "steps/x/source", "fit to a/b: c; two loads");
	note(profile, "steps.y.cycles", "steps/y/source", "fit to a/b: c; kept");
	note(profile, "lock.bounce_cycles", "lock/source",
	     "take: one; bounce: two; bounce_cycles: fit to a/b: c");
	json_decref(profile);
}

/* Profiles as text say the same. */
static void test_text(void)
{
	json_t *profile = shipped();
	g_autofree char *text = price_profile_text(profile);
	json_t *again = json_loads(text, JSON_REJECT_DUPLICATES, NULL);

	g_assert_true(json_equal(profile, again));
	g_assert_true(g_str_has_prefix(text, "{\n  \"kmsim_cpu\": 1,\n"));
	g_assert_nonnull(strstr(text, "\n    \"call\": {\"cycles\": "));
	json_decref(profile);
	json_decref(again);
}

/* --- fits -------------------------------------------------------------------------------- */

/* A machine: what its cells cost, by the prices of a profile. */
struct machine {
	double call, page;   /* its true prices */
	double crowd;	     /* not linear: what a cell gains by the square of a price */
	unsigned runs, fail; /* so far; at which one something goes wrong */
};

#define N_CELLS	   3
#define DESC_ALLOC 60 /* as shipped */
static const double calls[N_CELLS] = {2, 2, 4}, pages[N_CELLS] = {3, 100, 1};

static double cost(const struct machine *m, unsigned cell, double call, double page)
{
	return calls[cell] * call + pages[cell] * page + m->crowd * call * call;
}

static bool run(void *ctx, const json_t *profile, double *values, GError **error)
{
	struct machine *m = ctx;

	if (++m->runs == m->fail) {
		set_io_error(error, "out of order");
		return false;
	}
	/* each call allocates a descriptor, and nobody else does */
	double desc = json_number_at(profile, "steps/desc_alloc/cycles") - DESC_ALLOC;

	for (unsigned i = 0; i < N_CELLS; i++)
		values[i] = cost(m, i, json_number_at(profile, "steps/call/cycles") + desc,
				 json_number_at(profile, "steps/pcp_op/cycles"));
	return true;
}

static void add_parameter(struct fit *fit, const char *paths)
{
	g_ptr_array_add(fit->parameters, g_strsplit(paths, ",", -1));
}

/* Cells as the machine's true prices make them. */
static struct cells *cells_of(const struct machine *m, struct fit *fit)
{
	struct cells *cells = cells_load(CELLS_SHIPPED, NULL);

	*fit = (struct fit){.profile = (char *)"generic-x86_64",
			    .cells = g_array_new(FALSE, FALSE, sizeof(unsigned)),
			    .parameters =
				    g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev)};
	for (unsigned i = 0; i < N_CELLS; i++) {
		struct cell *cell = cells_cell(cells, i);

		cell->n_published = 1;
		cell->published[0] = cost(m, i, m->call, m->page);
		g_array_append_val(fit->cells, i);
	}
	return cells;
}

static void fit_clear(struct fit *fit)
{
	g_array_unref(fit->cells);
	g_ptr_array_unref(fit->parameters);
}

static void fit_and_check(struct machine m, bool several_rounds)
{
	struct fit fit;
	struct cells *cells = cells_of(&m, &fit);
	json_t *profile = shipped();
	g_autoptr(GError) error = NULL;

	add_parameter(&fit, "steps.call.cycles");
	add_parameter(&fit, "steps.pcp_op.cycles,steps.page_call.cycles");
	uint64_t page_call = (uint64_t)json_number_at(profile, "steps/page_call/cycles");
	uint64_t pcp_op = (uint64_t)json_number_at(profile, "steps/pcp_op/cycles");
	struct calibration *c = calibrate(cells, &fit, profile, run, &m, &error);

	g_assert_no_error(error);
	g_assert_true(c->settled);
	g_assert_true(several_rounds ? c->rounds > 1 : c->rounds == 1);
	g_assert_cmpuint(c->now[0], ==, (uint64_t)m.call);
	g_assert_cmpuint(c->now[1], ==, (uint64_t)m.page);
	json_t *fitted = calibration_profile(c, "mine");

	g_assert_cmpstr(json_string_at(fitted, "name"), ==, "mine");
	/* what moves together keeps its proportion */
	g_assert_cmpuint((uint64_t)json_integer_value(json_at(fitted, "steps/page_call/cycles")),
			 ==, c->now[1] * page_call / pcp_op);
	g_assert_true(g_str_has_prefix(json_string_at(fitted, "steps/call/source"),
				       "fit to i5-4.20/list: raw, i5-4.20/tree: raw, "));
	g_autofree char *text = calibration_text(c);

	g_assert_nonnull(strstr(text, "largest 0.0 %"));
	json_decref(fitted);
	json_decref(profile);
	calibration_free(c);
	fit_clear(&fit);
	cells_free(cells);
}

static void test_fits(void)
{
	fit_and_check((struct machine){.call = 356, .page = 83}, false);
	fit_and_check((struct machine){.call = 0, .page = 2000}, false);
	fit_and_check((struct machine){.call = 150, .page = 90, .crowd = 0.002}, true);
}

static void refused(const char *const *parameters, unsigned fail, const char *message)
{
	struct machine m = {.call = 356, .page = 83, .fail = fail};
	struct fit fit;
	struct cells *cells = cells_of(&m, &fit);
	json_t *profile = shipped();
	g_autoptr(GError) error = NULL;

	for (; *parameters; parameters++)
		add_parameter(&fit, *parameters);
	g_assert_null(calibrate(cells, &fit, profile, run, &m, &error));
	g_assert_nonnull(strstr(error->message, message));
	json_decref(profile);
	fit_clear(&fit);
	cells_free(cells);
}

static void test_refused(void)
{
	static const char *const none[] = {"steps.call.cycles", "steps.page_zero.cycles", NULL};
	static const char *const same[] = {"steps.call.cycles", "steps.desc_alloc.cycles", NULL};
	static const char *const many[] = {"steps.call.cycles", "steps.pcp_op.cycles",
					   "steps.page_zero.cycles", "lock.take_cycles", NULL};
	static const char *const absent[] = {"steps.calls.cycles", NULL};
	static const char *const one[] = {"steps.call.cycles", NULL};

	refused(none, 0, "no cell depends on steps.page_zero.cycles");
	refused(same, 0, "cannot tell steps.desc_alloc.cycles");
	refused(many, 0, "under-determined: 4 parameters, and 3 cells");
	refused(absent, 0, "steps.calls.cycles: is no figure of the profile generic-x86_64");
	refused(one, 1, "out of order");
	refused(one, 3, "out of order");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/calibrate/paths", test_paths);
	g_test_add_func("/calibrate/notes", test_notes);
	g_test_add_func("/calibrate/text", test_text);
	g_test_add_func("/calibrate/fits", test_fits);
	g_test_add_func("/calibrate/refused", test_refused);
	return g_test_run();
}
