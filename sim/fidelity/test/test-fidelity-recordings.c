// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Golden data of machines: what of each recording that ships is foretold, at least. A change of the
 * model or of the placement that foretells less shows here.
 */
#include "sim/fidelity/fidelity.h"

#define RECORDED "traces/recorded/"

struct golden {
	const char *folder;
	uint64_t requests, free_run, put_right; /* at least */
	const char *version;
	bool exact_end; /* busy and lazy areas are those of the snapshot, with the model put right
			 */
};

static const struct golden goldens[] = {
	{"vmalloc-boot-6.12", 6085, 6085, 6085, "v6.12", true},
	{"vmalloc-emptied-6.18", 4829, 3500, 4790, "v6.18", true},
	{"vmalloc-modules-6.12", 2789, 400, 2761, "v6.12", false},
	{"vmalloc-exhaust", 3365, 300, 2300, "v6.18", false},
	{"vmalloc-fs", 84, 2, 10, "v6.18", false},
	{"perf-vmalloc", 1980, 50, 570, "v6.18", false},
};

static void measure(gconstpointer data)
{
	const struct golden *golden = data;
	g_autofree char *path = g_strconcat(RECORDED, golden->folder, NULL);
	const struct fidelity_options options = {0};
	GError *error = NULL;
	struct timeline *timeline = timeline_read(path, &(struct timeline_options){0}, &error);

	g_assert_no_error(error);
	struct fidelity *fidelity = fidelity_measure(timeline, &options, &error);

	g_assert_no_error(error);
	const struct fidelity_run *run = &fidelity->corrected;

	g_assert_cmpstr(fidelity->version, ==, golden->version);
	g_assert_cmpuint(run->requests.all, ==, golden->requests);
	g_assert_cmpuint(run->requests.exact, >=, golden->put_right);
	g_assert_cmpuint(fidelity->free.requests.exact, >=, golden->free_run);
	g_test_message("%s: %" G_GUINT64_FORMAT " free, %" G_GUINT64_FORMAT " put right",
		       golden->folder, fidelity->free.requests.exact, run->requests.exact);
	if (golden->exact_end) {
		g_assert_cmpuint(run->purges.exact, ==, run->purges.all);
		g_assert_cmpuint(run->pooled.exact, ==, run->pooled.all);
		g_assert_cmpuint(run->busy.model_only + run->busy.machine_only, ==, 0);
		g_assert_cmpuint(run->lazy_set.model_only + run->lazy_set.machine_only, ==, 0);
	}
	fidelity_free(fidelity);
	timeline_free(timeline);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (unsigned i = 0; i < G_N_ELEMENTS(goldens); i++) {
		g_autofree char *name =
			g_strconcat("/fidelity/recordings/", goldens[i].folder, NULL);

		g_test_add_data_func(name, &goldens[i], measure);
	}
	return g_test_run();
}
