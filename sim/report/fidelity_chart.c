// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/fidelity_report.h"

#include "sim/base/error.h"
#include "sim/base/units.h"
#include "sim/base/writer.h"
#include "sim/report/chart_draw.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

static bool put(const char *folder, const char *name, const char *text, GError **error)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);

	return writer_put_file(path, text, error);
}

/* Requests up to the end of a point. */
static uint64_t end_of(const struct fidelity *fidelity, unsigned point)
{
	return mul_div(fidelity->timeline->requests, point + 1, FIDELITY_POINTS);
}

/* A block a run: where a point begins, hundredths of a percent as percent. */
static void put_run(GString *text, const struct fidelity *fidelity, const char *name,
		    const struct fidelity_run *run)
{
	g_string_append_printf(text, "\"%s\"\n", name);
	for (unsigned i = 0; i < FIDELITY_POINTS; i++) {
		const struct fidelity_share *share = &run->points[i];
		uint64_t hundredths = mul_div(share->exact, 10000, MAX(share->all, 1));

		if (share->all)
			g_string_append_printf(text,
					       "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT ".%02u\n",
					       end_of(fidelity, i), hundredths / 100,
					       (unsigned)(hundredths % 100));
	}
}

static char *runs_text(const struct fidelity *fidelity)
{
	GString *text = g_string_new(NULL);

	put_run(text, fidelity, "run free", &fidelity->free);
	g_string_append(text, "\n\n");
	put_run(text, fidelity, "put right after each miss", &fidelity->corrected);
	return g_string_free(text, FALSE);
}

static char *course_text(const struct fidelity *fidelity)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < FIDELITY_POINTS; i++) {
		const struct fidelity_course *course = &fidelity->course[i];

		if (course->known)
			g_string_append_printf(text,
					       "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
					       " %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n",
					       end_of(fidelity, i), course->recorded_pages,
					       course->model_pages, course->pooled);
	}
	if (!text->len)
		g_string_append(text, "0 NaN NaN NaN\n");
	return g_string_free(text, FALSE);
}

/* Purges that took something, and shrinks: two blocks. */
static char *marks_text(const struct fidelity *fidelity)
{
	GString *text = g_string_new(NULL);

	for (unsigned shrink = 0; shrink < 2; shrink++) {
		g_string_append(text, shrink ? "\n\n# shrinks\nNaN NaN NaN\n"
					     : "# purges\nNaN NaN NaN\n");
		for (unsigned i = 0; i < fidelity->marks->len; i++) {
			const struct fidelity_mark *mark =
				&g_array_index(fidelity->marks, struct fidelity_mark, i);

			if (mark->shrink == shrink && mark->recorded)
				g_string_append_printf(text,
						       "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
						       " %" G_GUINT64_FORMAT "\n",
						       mark->request, mark->recorded, mark->model);
		}
	}
	return g_string_free(text, FALSE);
}

static char *run_text(const struct fidelity *fidelity)
{
	const struct timeline *timeline = fidelity->timeline;
	g_autofree char *name = g_path_get_dirname(timeline->name);
	g_autofree char *folder = g_path_get_basename(name);
	g_autofree char *file = g_path_get_basename(timeline->name);
	g_autofree char *what = g_strdup_printf(
		"%s, %s, %u CPUs, vmap-nodes %s", strcmp(folder, ".") ? folder : file,
		timeline->release ? timeline->release : "unknown kernel", timeline->cpus,
		fidelity->version);

	g_strdelimit(what, "'\"\\\n", ' ');
	return g_strdup_printf("# SPDX-License-Identifier: GPL-2.0-or-later\n"
			       "# What differs from run to run; style.gp loads it.\n"
			       "what = '%s'\n"
			       "x_title = 'requests'\n"
			       "x_end = %" G_GUINT64_FORMAT "\n"
			       "lazy_max = %" G_GUINT64_FORMAT "\n",
			       what, MAX(timeline->requests, 1), timeline->lazy_max_pages);
}

bool fidelity_chart(const struct fidelity *fidelity, const char *path, bool png,
		    GPtrArray *messages, GError **error)
{
	g_autofree char *folder = g_build_filename(path, "plots", NULL);
	g_autofree char *run = run_text(fidelity), *runs = runs_text(fidelity);
	g_autofree char *course = course_text(fidelity), *marks = marks_text(fidelity);
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	if (g_mkdir(folder, 0777) && errno != EEXIST) {
		set_io_error(error, "%s: %s", folder, g_strerror(errno));
		return false;
	}
	if (!put(folder, "run.gp", run, error) || !put(folder, "fidelity.dat", runs, error) ||
	    !put(folder, "fidelity-course.dat", course, error) ||
	    !put(folder, "fidelity-marks.dat", marks, error) ||
	    !chart_write_script(folder, "style", error) ||
	    !chart_write_script(folder, "fidelity", error))
		return false;
	g_ptr_array_add(names, (char *)"fidelity");
	charts_draw(folder, names, png, messages);
	return true;
}
