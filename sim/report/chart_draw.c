// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/report/chart_draw.h"

#include "sim/base/resource.h"
#include "sim/base/writer.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

#define RESOURCE_DIR "/kmsim/plots/"

void chart_tell(GPtrArray *messages, char *text)
{
	if (messages)
		g_ptr_array_add(messages, text);
	else
		g_free(text);
}

gboolean chart_write_script(const char *folder, const char *name, GError **error)
{
	g_autofree char *file = g_strconcat(name, ".gp", NULL);
	g_autofree char *from = g_strconcat(RESOURCE_DIR, file, NULL);
	g_autofree char *path = g_build_filename(folder, file, NULL);
	g_autoptr(GBytes) script = resource_lookup(from);

	g_assert(script); /* it is part of the program */
	g_autofree char *text = g_strndup(g_bytes_get_data(script, NULL), g_bytes_get_size(script));

	return writer_put_file(path, text, error);
}

/* NULL, or why there is no picture: to be freed. */
static char *draw(const char *folder, const char *name, bool png)
{
	g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
		G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
	g_autofree char *script = g_strconcat(name, ".gp", NULL);
	g_autoptr(GError) failure = NULL;
	g_autofree char *complaint = NULL;

	g_subprocess_launcher_set_cwd(launcher, folder);
	/* -d: whatever start-up files the user has */
	const char *argv[] = {"gnuplot", "-d", "-e", png ? "png = 1" : "png = 0", script, NULL};
	g_autoptr(GSubprocess) process = g_subprocess_launcher_spawnv(launcher, argv, &failure);

	if (!process ||
	    !g_subprocess_communicate_utf8(process, NULL, NULL, NULL, &complaint, &failure))
		return g_strdup(failure->message);
	if (!g_subprocess_get_successful(process))
		return g_strdup(g_strstrip(complaint));
	return NULL;
}

/* Draw one picture; a half-drawn one is removed. */
static void draw_one(const char *folder, const char *name, bool png, GPtrArray *messages)
{
	g_autofree char *failure = draw(folder, name, png);

	if (!failure)
		return;
	g_autofree char *picture = g_strconcat(name, png ? ".png" : ".svg", NULL);
	g_autofree char *path = g_build_filename(folder, picture, NULL);

	g_unlink(path);
	chart_tell(messages, g_strdup_printf("%s: no picture: %s", name, failure));
}

void charts_draw(const char *folder, const GPtrArray *names, gboolean png, GPtrArray *messages)
{
	g_autofree char *gnuplot = g_find_program_in_path("gnuplot");

	if (!gnuplot) {
		chart_tell(messages,
			   g_strdup("gnuplot is not installed: no pictures, but their data and "
				    "scripts are in plots/"));
		return;
	}
	for (guint i = 0; i < names->len; i++) {
		draw_one(folder, names->pdata[i], false, messages);
		if (png)
			draw_one(folder, names->pdata[i], true, messages);
	}
}
