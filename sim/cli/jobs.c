// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/jobs.h"

#include "sim/base/error.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_MS 200 /* between looks at the workers' progress, and at the interrupt's flag */

struct job_meter {
	_Atomic uint64_t ops;
	_Atomic unsigned permille;
};

enum state {
	TO_DO,
	AT_WORK,
	ENDED
};

struct worker {
	enum state state;
	pid_t pid;
	int answer_fd;	 /* while it is at work */
	GString *answer; /* JSON: {"answer": …} or {"error": …} */
	FILE *messages;	 /* its standard error */
	int status;	 /* of waitpid() */
	json_t *root;	 /* the answer, when it has ended; NULL: it crashed */
};

struct pool {
	const struct jobs *jobs;
	struct worker *workers;	  /* one a task */
	struct job_meter *meters; /* one a task, shared with the workers */
	unsigned begun, reported, at_work;
	unsigned end; /* tasks from here on are not wanted any more */
	bool told;    /* the workers, to stop */
	bool shown;   /* something stands on the terminal's last line */
};

void job_meter_set(void *meter, uint64_t ops, unsigned permille)
{
	struct job_meter *m = meter;

	atomic_store_explicit(&m->ops, ops, memory_order_relaxed);
	atomic_store_explicit(&m->permille, permille, memory_order_relaxed);
}

/* --- the worker ------------------------------------------------------------------------------- */

static json_t *error_json(const GError *error)
{
	return json_pack("{s:{s:s, s:i, s:s}}", "error", "domain", g_quark_to_string(error->domain),
			 "code", error->code, "message", error->message);
}

static void put_answer(int fd, const json_t *answer)
{
	char *text = json_dumps(answer, JSON_COMPACT);
	ssize_t put;

	for (size_t at = 0, length = strlen(text); at < length; at += (size_t)put) {
		put = write(fd, text + at, length - at);
		if (put < 0 && errno != EINTR)
			_exit(EXIT_FAILURE);
		put = MAX(put, 0);
	}
	free(text);
}

/* Nothing of the parent's is cleaned up on the way out. */
G_GNUC_NORETURN
static void be_worker(const struct pool *pool, unsigned i, pid_t parent, int answer_fd)
{
	const struct jobs *jobs = pool->jobs;
	GError *error = NULL;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || dup2(fileno(pool->workers[i].messages), STDERR_FILENO) < 0)
		_exit(EXIT_FAILURE);
	json_t *answer = jobs->work(jobs->ctx, i, &pool->meters[i], &error);

	put_answer(answer_fd, answer ? json_pack("{s:o}", "answer", answer) : error_json(error));
	fflush(NULL);
	_exit(EXIT_SUCCESS);
}

/* --- this process: begin and wait ------------------------------------------------------------- */

static bool cannot_begin(GError **error)
{
	set_io_error(error, "no worker process can be made: %s", g_strerror(errno));
	return false;
}

static bool begin(struct pool *pool, GError **error)
{
	unsigned i = pool->begun;
	struct worker *worker = &pool->workers[i];
	pid_t parent = getpid();
	int ends[2];

	if (!(worker->messages = tmpfile()) || pipe(ends))
		return cannot_begin(error);
	fflush(NULL); /* or the worker says it again */
	worker->pid = fork();
	if (!worker->pid) {
		close(ends[0]);
		be_worker(pool, i, parent, ends[1]);
	}
	close(ends[1]);
	worker->answer_fd = ends[0];
	if (worker->pid < 0) {
		close(ends[0]);
		return cannot_begin(error);
	}
	worker->answer = g_string_new(NULL);
	worker->state = AT_WORK;
	pool->begun++;
	pool->at_work++;
	return true;
}

/* Take what an end of the worker leaves. */
static void reap(struct pool *pool, struct worker *worker)
{
	while (waitpid(worker->pid, &worker->status, 0) < 0 && errno == EINTR)
		;
	close(worker->answer_fd);
	worker->state = ENDED;
	pool->at_work--;
}

static void kill_from(struct pool *pool, unsigned first)
{
	for (unsigned i = first; i < pool->begun; i++) {
		if (pool->workers[i].state != AT_WORK)
			continue;
		kill(pool->workers[i].pid, SIGKILL);
		reap(pool, &pool->workers[i]);
	}
}

/* If it ended with an error, nothing behind it is wanted. */
static void end_of_task(struct pool *pool, unsigned i)
{
	struct worker *worker = &pool->workers[i];

	if (WIFEXITED(worker->status) && !WEXITSTATUS(worker->status))
		worker->root = json_loadb(worker->answer->str, worker->answer->len, 0, NULL);
	if (json_object_get(worker->root, "error") && i + 1 < pool->end) {
		pool->end = i + 1;
		kill_from(pool, pool->end);
	}
}

static void read_answer(struct pool *pool, unsigned i)
{
	struct worker *worker = &pool->workers[i];
	char bytes[65536];
	ssize_t got = read(worker->answer_fd, bytes, sizeof(bytes));

	if (got > 0)
		g_string_append_len(worker->answer, bytes, got);
	else if (!got || errno != EINTR) {
		reap(pool, worker);
		end_of_task(pool, i);
	}
}

static void wait_for_some(struct pool *pool)
{
	g_autofree struct pollfd *fds = g_new0(struct pollfd, pool->at_work);
	g_autofree unsigned *tasks = g_new0(unsigned, pool->at_work);
	unsigned n = 0;

	for (unsigned i = pool->reported; i < pool->begun; i++) {
		if (pool->workers[i].state != AT_WORK)
			continue;
		fds[n] = (struct pollfd){.fd = pool->workers[i].answer_fd, .events = POLLIN};
		tasks[n++] = i;
	}
	if (poll(fds, n, LOOK_MS) <= 0)
		return;
	for (unsigned i = 0; i < n; i++) {
		if (fds[i].revents && pool->workers[tasks[i]].state == AT_WORK)
			read_answer(pool, tasks[i]);
	}
}

static void pass_on_interrupt(struct pool *pool)
{
	if (pool->told || !*pool->jobs->interrupted)
		return;
	pool->told = true;
	pool->end = MIN(pool->end, pool->begun);
	for (unsigned i = 0; i < pool->begun; i++) {
		if (pool->workers[i].state == AT_WORK)
			kill(pool->workers[i].pid, SIGINT);
	}
}

/* --- this process: tell ----------------------------------------------------------------------- */

#define SHOWN_MOST 2 /* tasks that have room on a line */

static void show_progress(struct pool *pool)
{
	const struct jobs *jobs = pool->jobs;
	unsigned shown = 0;

	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r\033[K[%u/%u]", pool->begun - pool->at_work, jobs->n);
	for (unsigned i = pool->reported; i < pool->begun && shown < SHOWN_MOST; i++) {
		unsigned permille = pool->meters[i].permille;

		if (pool->workers[i].state != AT_WORK)
			continue;
		fprintf(stderr, "%s %.24s ", shown++ ? "," : "", jobs->name(jobs->ctx, i));
		if (permille)
			fprintf(stderr, "%u%%", permille / 10);
		else
			fprintf(stderr, "%" G_GUINT64_FORMAT " ops", pool->meters[i].ops);
	}
	if (pool->at_work > shown)
		fprintf(stderr, ", +%u", pool->at_work - shown);
	fflush(stderr);
	pool->shown = true;
}

static void wipe_progress(struct pool *pool)
{
	if (pool->shown)
		fputs("\r\033[K", stderr);
	pool->shown = false;
}

static void repeat_messages(struct worker *worker)
{
	char bytes[4096];
	size_t got;

	rewind(worker->messages);
	while ((got = fread(bytes, 1, sizeof(bytes), worker->messages)) > 0)
		fwrite(bytes, 1, got, stderr);
}

static char *crash_text(int status)
{
	if (WIFSIGNALED(status))
		return g_strdup_printf("killed by signal %d (%s)", WTERMSIG(status),
				       g_strsignal(WTERMSIG(status)));
	return g_strdup_printf("ended with status %d and without a result", WEXITSTATUS(status));
}

static bool report(struct pool *pool, unsigned i, GError **error)
{
	const struct jobs *jobs = pool->jobs;
	struct worker *worker = &pool->workers[i];
	json_t *failure = json_object_get(worker->root, "error");
	json_t *answer = json_object_get(worker->root, "answer");

	wipe_progress(pool);
	repeat_messages(worker);
	if (failure) {
		g_set_error_literal(
			error,
			g_quark_from_string(json_string_value(json_object_get(failure, "domain"))),
			(int)json_integer_value(json_object_get(failure, "code")),
			json_string_value(json_object_get(failure, "message")));
	} else if (answer) {
		jobs->done(jobs->ctx, i, json_incref(answer));
	} else {
		g_autofree char *why = crash_text(worker->status);

		jobs->crashed(jobs->ctx, i, why);
	}
	return !failure;
}

/* What has ended and has no other before it. */
static bool report_some(struct pool *pool, GError **error)
{
	while (pool->reported < pool->end && pool->workers[pool->reported].state == ENDED) {
		if (!report(pool, pool->reported++, error))
			return false;
	}
	return true;
}

/* ---------------------------------------------------------------------------------------------- */

static bool run_all(struct pool *pool, GError **error)
{
	while (pool->reported < pool->end) {
		pass_on_interrupt(pool);
		while (pool->begun < pool->end && pool->at_work < pool->jobs->at_once) {
			if (!begin(pool, error))
				return false;
		}
		if (pool->at_work) {
			show_progress(pool);
			wait_for_some(pool);
		}
		if (!report_some(pool, error))
			return false;
	}
	return true;
}

bool jobs_run(const struct jobs *jobs, GError **error)
{
	size_t meter_bytes = jobs->n * sizeof(struct job_meter);
	struct pool pool = {
		.jobs = jobs,
		.workers = g_new0(struct worker, jobs->n),
		.meters = mmap(NULL, meter_bytes, PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0),
		.end = jobs->n,
	};
	bool ok = pool.meters != MAP_FAILED ? run_all(&pool, error) : cannot_begin(error);

	kill_from(&pool, 0);
	wipe_progress(&pool);
	for (unsigned i = 0; i < jobs->n; i++) {
		if (pool.workers[i].messages)
			fclose(pool.workers[i].messages);
		if (pool.workers[i].answer)
			g_string_free(pool.workers[i].answer, TRUE);
		json_decref(pool.workers[i].root);
	}
	g_free(pool.workers);
	if (pool.meters != MAP_FAILED)
		munmap(pool.meters, meter_bytes);
	return ok;
}
