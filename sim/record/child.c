// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/record/child.h"

#include "sim/base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_MS	   200
#define OWN_END_MS 500	/* to end by itself */
#define TERM_MS	   2000 /* to end of a SIGTERM */

/* Signals as any program finds them. */
static void reset_signals(void)
{
	static const int handled[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
	sigset_t none;

	for (unsigned i = 0; i < G_N_ELEMENTS(handled); i++) {
		struct sigaction action;

		/* what was ignored from the start (nohup) still is; SIGPIPE is this program's doing
		 */
		if (!sigaction(handled[i], NULL, &action) &&
		    (action.sa_handler != SIG_IGN || handled[i] == SIGPIPE))
			signal(handled[i], SIG_DFL);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

G_GNUC_NORETURN
static void be_child(char **argv, int failure_fd)
{
	reset_signals();
	execvp(argv[0], argv);
	int failed = errno;

	if (write(failure_fd, &failed, sizeof(failed)) < 0)
		_exit(126);
	_exit(127);
}

static pid_t cannot_start(char **argv, int failed, GError **error)
{
	set_io_error(error, "%s: cannot be run: %s", argv[0], g_strerror(failed));
	return 0;
}

pid_t child_start(char **argv, GError **error)
{
	int ends[2], failed = 0;

	if (pipe(ends))
		return cannot_start(argv, errno, error);
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	pid_t pid = fork();

	if (!pid)
		be_child(argv, ends[1]);
	if (pid < 0)
		failed = errno;
	close(ends[1]);
	ssize_t got;

	/* the other end closes when the command runs */
	do
		got = read(ends[0], &failed, sizeof(failed));
	while (got < 0 && errno == EINTR);
	close(ends[0]);
	if (!failed)
		return pid;
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return cannot_start(argv, failed, error);
}

/* Whether it has ended. */
static bool reap(pid_t pid, int *status)
{
	return waitpid(pid, status, WNOHANG) == pid;
}

/* Up to @ms, until a child ends or a signal comes. */
static void nap(const sigset_t *child_ends, int64_t ms)
{
	const struct timespec time = {ms / 1000, ms % 1000 * 1000000};

	sigtimedwait(child_ends, NULL, &time);
}

/* Keep the news of a child's end until somebody waits for it. */
static void hold_child_ends(sigset_t *child_ends, sigset_t *old)
{
	sigemptyset(child_ends);
	sigaddset(child_ends, SIGCHLD);
	sigprocmask(SIG_BLOCK, child_ends, old);
}

bool child_wait(pid_t pid, const volatile sig_atomic_t *stop, bool (*look)(void *ctx), void *ctx,
		int *status)
{
	sigset_t child_ends, old;
	bool ended;

	hold_child_ends(&child_ends, &old);
	while (!(ended = reap(pid, status)) && !(stop && *stop) && look(ctx))
		nap(&child_ends, LOOK_MS);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return ended;
}

void child_wait_seconds(double seconds, const volatile sig_atomic_t *stop, bool (*look)(void *ctx),
			void *ctx)
{
	gint64 end = g_get_monotonic_time() + (gint64)(seconds * 1e6), left;
	sigset_t child_ends, old;

	hold_child_ends(&child_ends, &old);
	while (!(stop && *stop) && (left = end - g_get_monotonic_time()) > 0 && look(ctx))
		nap(&child_ends, MIN(left / 1000 + 1, LOOK_MS));
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static bool look_until(void *ctx)
{
	const gint64 *end = ctx;

	return g_get_monotonic_time() < *end;
}

bool child_dismiss(pid_t pid, int *status)
{
	gint64 end = g_get_monotonic_time() + OWN_END_MS * 1000;

	if (child_wait(pid, NULL, look_until, &end, status))
		return true;
	kill(pid, SIGTERM);
	end = g_get_monotonic_time() + TERM_MS * 1000;
	return child_wait(pid, NULL, look_until, &end, status);
}
