// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/progress.h"

#include <glib.h>
#include <stdio.h>
#include <unistd.h>

void progress_show(void *ctx, uint64_t ops, unsigned permille)
{
	struct progress *progress = ctx;

	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r\033[K[%u/%u] %.40s: %" G_GUINT64_FORMAT " ops", progress->nth,
		progress->of, progress->what, ops);
	if (permille)
		fprintf(stderr, ", %u%%", permille / 10);
	fflush(stderr);
	progress->shown = 1;
}

void progress_end(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = 0;
}
