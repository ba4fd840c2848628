// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/session.h"

#include "sim/cli/interrupt.h"
#include "sim/cli/jobs.h"
#include "sim/cli/progress.h"
#include "sim/report/breakdown.h"
#include "sim/report/charts.h"
#include "sim/report/sweep.h"
#include "sim/report/table.h"

#include <stdio.h>
#include <string.h>

/* Files of their own that the one variant writes as it runs. */
enum {
	FILE_OPS,
	FILE_EVENTS,
	FILE_IMAGE,
	FILES
};

struct own_file {
	const char *path; /* NULL: not wanted */
	struct writer *writer;
	bool wrote;
};

/* What a session holds while it runs. */
struct running {
	struct session *session;
	struct result_dir *dir; /* NULL: none */
	char *dir_path;		/* its final name */
	json_t **results;	/* one a variant that was run */
	unsigned *ran;		/* which variant that was */
	unsigned n_results;
	json_t *failed; /* variants that crashed, for the manifest */
	struct own_file files[FILES];
	bool wrote_json;
	bool oops, interrupted;
};

static bool check_all(const struct session *session, GError **error)
{
	g_autoptr(GHashTable) folders =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (unsigned i = 0; i < session->n; i++) {
		const struct variant_spec *spec = &session->specs[i];

		if (!variant_check(spec, error))
			return false;
		if (!g_hash_table_add(folders, variant_folder(spec->name))) {
			set_usage_error(error, "variant '%s' is there twice", spec->name);
			return false;
		}
	}
	return true;
}

/* No two results may have one name; "-" is one, too. */
static bool check_names(const struct session *session, GError **error)
{
	const char *const names[] = {session->ops, session->events, session->image, session->json,
				     session->out};

	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		for (unsigned k = 0; names[i] && k < i; k++) {
			if (g_strcmp0(names[i], names[k]))
				continue;
			set_usage_error(error, "%s: two results cannot go there", names[i]);
			return false;
		}
	}
	return true;
}

/* "NAME", or "NAME.2" … where that is taken: a made-up name never stands in the way. */
static char *free_name(const char *name)
{
	char *path = g_strdup(name);

	for (unsigned i = 2; g_file_test(path, G_FILE_TEST_EXISTS); i++) {
		g_free(path);
		path = g_strdup_printf("%s.%u", name, i);
	}
	return path;
}

static bool begin_dir(struct running *r, GError **error)
{
	struct session *session = r->session;

	if (session->out)
		r->dir_path = g_strdup(session->out);
	else if (session->out_name)
		r->dir_path = free_name(session->out_name);
	else
		return true;
	r->dir = result_dir_begin(r->dir_path, session->force, error);
	return r->dir != NULL;
}

static void warn_all(const struct variant_run *run)
{
	for (unsigned i = 0; i < run->warnings->len; i++)
		fprintf(stderr, "warning: %s: %s\n", run->spec->name,
			(char *)g_ptr_array_index(run->warnings, i));
	for (unsigned i = 0; i < OP_FAULTS; i++) {
		if (run->faults[i])
			fprintf(stderr, "%s: left out, %s: %" G_GUINT64_FORMAT " ops\n",
				run->spec->name, op_fault_name(i), run->faults[i]);
	}
}

static void tell_end(struct running *r, const struct variant_run *run)
{
	const struct engine_totals *totals = &run->totals;

	if (totals->end == END_OOPS || totals->end == END_BROKEN) {
		r->oops = true;
		fprintf(stderr,
			"%s: %s at op %" G_GUINT64_FORMAT ", cycle %" G_GUINT64_FORMAT ": %s\n",
			run->spec->name,
			totals->end == END_OOPS ? "the simulated kernel oopsed"
						: "an invariant was violated",
			totals->end_seq, totals->end_at_cycles,
			totals->end_message ? totals->end_message : "");
	}
	r->interrupted |= totals->end == END_INTERRUPTED;
}

static void add_result(struct running *r, unsigned variant, json_t *result)
{
	r->ran[r->n_results] = variant;
	r->results[r->n_results++] = result;
}

static bool keep_result(struct running *r, const struct variant_run *run, GError **error)
{
	const struct variant_spec *spec = run->spec;
	const struct variant_result result = variant_result_of(run);

	add_result(r, (unsigned)(spec - r->session->specs), variant_result_json(&result));
	return !r->dir || variant_write_csv(r->dir, &result, error);
}

static bool open_files(struct running *r, GError **error)
{
	for (unsigned i = 0; i < FILES; i++) {
		struct own_file *file = &r->files[i];

		if (file->path && !(file->writer = writer_open(file->path, error)))
			return false;
	}
	return true;
}

/* The ops.csv of a variant's folder. *writer is NULL if none is wanted. */
static bool open_ops_in_dir(struct running *r, const char *name, struct writer **writer,
			    GError **error)
{
	*writer = NULL;
	if (r->session->ops || !r->session->ops_in_dir || !r->dir)
		return true;
	g_autofree char *path = result_dir_file(r->dir, name, "ops.csv");

	*writer = writer_open(path, error);
	return *writer != NULL;
}

/* @meter: where to say how far it is; NULL: on the terminal. */
static bool run_one(struct running *r, unsigned i, struct job_meter *meter, GError **error)
{
	const struct variant_spec *spec = &r->session->specs[i];
	struct progress progress = {.what = spec->name, .nth = i + 1, .of = r->session->n};
	struct writer *ops_in_dir;
	struct variant_hooks hooks = {
		.interrupted = interrupt_flag(),
		.progress = meter ? job_meter_set : progress_show,
		.progress_ctx = meter ? (void *)meter : &progress,
	};
	struct variant_run run;

	if (!open_files(r, error) || !open_ops_in_dir(r, spec->name, &ops_in_dir, error))
		return false;
	hooks.ops_file = ops_in_dir ? ops_in_dir : r->files[FILE_OPS].writer;
	hooks.events_file = r->files[FILE_EVENTS].writer;
	hooks.image_file = r->files[FILE_IMAGE].writer;
	bool ok = variant_execute(spec, &hooks, &run, error);

	progress_end(&progress);
	if (!ok) {
		writer_abort(ops_in_dir);
		return false;
	}
	warn_all(&run);
	tell_end(r, &run);
	ok = keep_result(r, &run, error);
	variant_run_clear(&run);
	if (ok && ops_in_dir)
		ok = writer_commit(ops_in_dir, error);
	else
		writer_abort(ops_in_dir);
	return ok;
}

/* Whether not all that was asked for is there: the result is kept as a part. */
static bool is_partial(const struct running *r)
{
	return r->interrupted || json_array_size(r->failed);
}

/* The files of their own, and --json: they appear with the rest, or not at all. */
static bool write_files(struct running *r, const char *result, GError **error)
{
	struct session *session = r->session;

	if (is_partial(r))
		return true;
	for (unsigned i = 0; i < FILES; i++) {
		struct own_file *file = &r->files[i];

		if (!file->writer)
			continue;
		if (!writer_commit(g_steal_pointer(&file->writer), error))
			return false;
		file->wrote = true;
	}
	if (session->json && !writer_put_file(session->json, result, error))
		return false;
	r->wrote_json = session->json != NULL;
	return true;
}

static bool draw_charts(struct running *r, GError **error)
{
	g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
	bool ok = charts_make(result_dir_path(r->dir), r->session->png, messages, error);

	for (unsigned i = 0; i < messages->len; i++)
		fprintf(stderr, "note: %s\n", (char *)g_ptr_array_index(messages, i));
	return ok;
}

/* Write what belongs to the session as a whole, and give the directory its name. */
static bool finish(struct running *r, GError **error)
{
	struct session *session = r->session;
	session->manifest.failed = r->failed;
	json_t *result = result_json(&session->manifest, r->results, r->n_results);
	g_autofree char *text = json_text(result);
	bool ok = true;

	if (r->dir)
		ok = result_write_json(r->dir, result, error) &&
		     (!session->charts || !r->n_results || draw_charts(r, error));
	json_decref(result);
	if (!ok || !write_files(r, text, error))
		return false;
	if (!r->dir)
		return true;
	struct result_dir *dir = g_steal_pointer(&r->dir);

	return is_partial(r) ? result_dir_keep_partial(dir, error) : result_dir_commit(dir, error);
}

/* After a failure: what was written already goes, too. */
static void clean_up(struct running *r)
{
	for (unsigned i = 0; i < FILES; i++) {
		if (r->files[i].wrote && strcmp(r->files[i].path, "-"))
			(void)remove(r->files[i].path);
	}
	if (r->wrote_json && strcmp(r->session->json, "-"))
		(void)remove(r->session->json);
}

static char *matrix_tables(const struct running *r)
{
	const struct session *session = r->session;
	g_autofree const char **rows = g_new0(const char *, r->n_results);
	g_autofree const char **columns = g_new0(const char *, r->n_results);
	const struct sweep sweep = {session->axes, rows, columns, r->results, r->n_results};

	for (unsigned i = 0; i < r->n_results; i++) {
		rows[i] = session->specs[r->ran[i]].point;
		columns[i] = session->specs[r->ran[i]].column;
	}
	return sweep_tables(&sweep, session->figures);
}

static void show_breakdown(const char *name, const char *of, char *table)
{
	if (*table)
		printf("\n# %s: where the time of an op goes, by %s\n%s", name, of, table);
	g_free(table);
}

static void show_breakdowns(const struct running *r)
{
	for (unsigned i = 0; r->session->breakdown && i < r->n_results; i++) {
		const json_t *variant = r->results[i];
		const char *name = json_string_at(variant, "name");

		show_breakdown(name, "kind", breakdown_ops_table(variant));
		show_breakdown(name, "section", breakdown_sections_table(variant));
	}
}

static void show(struct running *r)
{
	if (!r->session->quiet && r->n_results) {
		g_autofree char *table = r->session->figures
						 ? matrix_tables(r)
						 : comparison_table(r->results, r->n_results);

		fputs(table, stdout);
		show_breakdowns(r);
	}
	if (r->dir_path && !is_partial(r) && !r->session->quiet)
		printf("\nresult: %s/result.json%s%s%s\n", r->dir_path,
		       r->session->charts ? ", charts: " : "",
		       r->session->charts ? r->dir_path : "", r->session->charts ? "/plots/" : "");
	else if (r->dir_path && is_partial(r))
		fprintf(stderr, "%s: what was done so far is in %s.partial\n",
			r->interrupted ? "interrupted" : "not complete", r->dir_path);
}

static bool run_here(struct running *r, GError **error)
{
	for (unsigned i = 0; i < r->session->n && !r->interrupted; i++) {
		if (!run_one(r, i, NULL, error))
			return false;
	}
	return true;
}

/* --- variants in processes of their own: struct jobs ------------------------------------------ */

/* The worker's copy of @ctx has seen no other variant end. */
static json_t *work(void *ctx, unsigned i, struct job_meter *meter, GError **error)
{
	struct running *r = ctx;

	r->oops = r->interrupted = false;
	if (!run_one(r, i, meter, error))
		return NULL;
	return json_pack("{s:O, s:b, s:b}", "result", r->results[r->n_results - 1], "oops", r->oops,
			 "interrupted", r->interrupted);
}

static const char *work_name(void *ctx, unsigned i)
{
	return ((struct running *)ctx)->session->specs[i].name;
}

static void work_done(void *ctx, unsigned i, json_t *answer)
{
	struct running *r = ctx;

	add_result(r, i, json_incref(json_object_get(answer, "result")));
	r->oops |= json_is_true(json_object_get(answer, "oops"));
	r->interrupted |= json_is_true(json_object_get(answer, "interrupted"));
	json_decref(answer);
}

static void work_crashed(void *ctx, unsigned i, const char *why)
{
	struct running *r = ctx;
	const char *name = work_name(ctx, i);

	fprintf(stderr, "%s: crashed: %s\n", name, why);
	json_array_append_new(r->failed, json_pack("{s:s, s:s}", "name", name, "why", why));
	if (r->dir)
		result_dir_drop(r->dir, name);
}

/* A variant with files of its own is the only one. */
static bool wants_jobs(const struct running *r)
{
	return r->session->jobs > 1 && r->session->n > 1;
}

static bool run_jobs(struct running *r, GError **error)
{
	const struct jobs jobs = {
		.n = r->session->n,
		.at_once = r->session->jobs,
		.interrupted = interrupt_flag(),
		.work = work,
		.name = work_name,
		.done = work_done,
		.crashed = work_crashed,
		.ctx = r,
	};
	bool ok = jobs_run(&jobs, error);

	r->interrupted |= r->n_results < r->session->n && *jobs.interrupted;
	return ok;
}

static bool run_all(struct running *r, GError **error)
{
	if (!check_names(r->session, error) || !check_all(r->session, error) ||
	    !begin_dir(r, error))
		return false;
	return (wants_jobs(r) ? run_jobs(r, error) : run_here(r, error)) && finish(r, error);
}

int session_run(struct session *session, GError **error)
{
	struct running r = {.session = session,
			    .files = {[FILE_OPS] = {.path = session->ops},
				      [FILE_EVENTS] = {.path = session->events},
				      [FILE_IMAGE] = {.path = session->image}}};

	r.results = g_new0(json_t *, session->n);
	r.ran = g_new0(unsigned, session->n);
	r.failed = json_array();
	bool ok = run_all(&r, error);

	if (ok)
		show(&r);
	else
		clean_up(&r);
	for (unsigned i = 0; i < FILES; i++)
		writer_abort(r.files[i].writer);
	result_dir_abort(r.dir);
	for (unsigned i = 0; i < r.n_results; i++)
		json_decref(r.results[i]);
	g_free(r.results);
	g_free(r.ran);
	session->manifest.failed = NULL;
	bool crashed = json_array_size(r.failed);

	json_decref(r.failed);
	g_free(r.dir_path);
	if (r.interrupted)
		return EXIT_INTERRUPTED;
	if (crashed)
		return EXIT_RUN_TIME;
	return r.oops ? EXIT_OOPS : EXIT_DONE;
}
