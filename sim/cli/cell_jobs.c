// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/cell_jobs.h"

#include "sim/base/error.h"
#include "sim/base/json_util.h"
#include "sim/base/writer.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/jobs.h"

#include <string.h>

struct batch {
	struct cell_answers *answers;
	const char *kept; /* folder of answers; NULL: none */
	char *failure;	  /* of a worker that crashed; NULL: none */
	char name[64];	  /* of the task last asked for */
};

static const struct cell_task *task_at(const struct batch *batch, unsigned i)
{
	return &g_array_index(batch->answers->tasks, struct cell_task, i);
}

/* Where the answer of a task is kept. */
static char *kept_path(const struct batch *batch, const struct cell_task *task, GError **error)
{
	g_autofree char *digest = cell_task_digest(batch->answers->cells, task, error);
	g_autofree char *name = digest ? g_strdup_printf("%s.json", digest) : NULL;

	return name ? g_build_filename(batch->kept, name, NULL) : NULL;
}

static json_t *execute(const struct batch *batch, const struct cell_task *task,
		       struct job_meter *meter, GError **error)
{
	const struct variant_hooks hooks = {
		.interrupted = interrupt_flag(), .progress = job_meter_set, .progress_ctx = meter};

	return cell_task_execute(batch->answers->cells, task, &hooks, error);
}

/* A kept answer, or a new one, which is kept. */
static json_t *look_up_or_execute(const struct batch *batch, const struct cell_task *task,
				  struct job_meter *meter, GError **error)
{
	if (!batch->kept)
		return execute(batch, task, meter, error);
	g_autofree char *path = kept_path(batch, task, error);
	json_t *answer = path ? json_load_file(path, 0, NULL) : NULL;

	if (!path || json_is_object(answer))
		return answer;
	json_decref(answer);
	if (!(answer = execute(batch, task, meter, error)))
		return NULL;
	g_autofree char *text = json_text(answer);

	/* read back: the same digits whether it was there or not */
	json_decref(answer);
	return writer_put_file(path, text, error) ? json_loads(text, 0, NULL) : NULL;
}

static json_t *work(void *ctx, unsigned i, struct job_meter *meter, GError **error)
{
	const struct batch *batch = ctx;
	GError *cause = NULL;
	json_t *answer = look_up_or_execute(batch, task_at(batch, i), meter, &cause);

	if (answer || !g_error_matches(cause, KMSIM_ERROR, KMSIM_ERROR_INTERRUPTED)) {
		if (!answer)
			g_propagate_error(error, cause);
		return answer;
	}
	/* no fault of its own: those that have ended are kept */
	g_error_free(cause);
	return json_null();
}

static const char *name_of(void *ctx, unsigned i)
{
	struct batch *batch = ctx;
	const struct cell_task *task = task_at(batch, i);

	g_snprintf(batch->name, sizeof(batch->name), "%s %u",
		   cells_run(batch->answers->cells, task->run)->id, (unsigned)task->seed);
	return batch->name;
}

static void done(void *ctx, unsigned i, json_t *answer)
{
	struct batch *batch = ctx;

	if (json_is_object(answer))
		batch->answers->of[i] = answer;
	else
		json_decref(answer);
}

static void crashed(void *ctx, unsigned i, const char *why)
{
	struct batch *batch = ctx;

	if (!batch->failure)
		batch->failure = g_strdup_printf("%s: %s", name_of(ctx, i), why);
}

bool cell_jobs_run(struct cell_answers *answers, unsigned at_once, const char *kept, GError **error)
{
	struct batch batch = {.answers = answers, .kept = kept};
	const struct jobs jobs = {
		.n = answers->tasks->len,
		.at_once = at_once,
		.interrupted = interrupt_flag(),
		.work = work,
		.name = name_of,
		.done = done,
		.crashed = crashed,
		.ctx = &batch,
	};
	bool ok = !jobs.n || jobs_run(&jobs, error);

	if (ok && *jobs.interrupted) {
		set_interrupted_error(error);
		ok = false;
	} else if (ok && batch.failure) {
		set_io_error(error, "%s", batch.failure);
		ok = false;
	}
	g_free(batch.failure);
	return ok;
}
