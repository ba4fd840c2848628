// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/record/undo.h"

#include "sim/base/error.h"
#include "sim/record/kptr_restrict.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define REMOVE_TRIES 100 /* of a millisecond each: somebody may have a file of it open */

struct undo_keeper {
	struct undo *undo; /* in memory that both processes share */
	int hold_fd;	   /* its end, when this process is gone, is what the other one waits for */
	pid_t pid;
};

static void put_back(struct undo *undo)
{
	if (*undo->kptr_restrict && kptr_restrict_write(undo->kptr_restrict))
		*undo->kptr_restrict = 0;
	for (unsigned i = 0; i < REMOVE_TRIES && *undo->instance; i++) {
		if (!rmdir(undo->instance) || errno != EBUSY)
			*undo->instance = 0;
		else
			g_usleep(1000);
	}
}

/* In a session of its own: what ends a terminal's programs does not end this one. */
G_GNUC_NORETURN
static void be_keeper(struct undo *undo, int wait_fd)
{
	char byte;

	setsid();
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	/* whoever reads what this program says is not to wait for this process */
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = STDIN_FILENO; null_fd >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null_fd, fd);
	while (read(wait_fd, &byte, 1) < 0 && errno == EINTR)
		;
	put_back(undo);
	_exit(0);
}

static bool start(struct undo_keeper *keeper)
{
	int ends[2];

	if (pipe(ends))
		return false;
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	keeper->pid = fork();
	if (!keeper->pid) {
		close(ends[1]);
		be_keeper(keeper->undo, ends[0]);
	}
	int failure = errno;

	close(ends[0]);
	keeper->hold_fd = ends[1];
	if (keeper->pid < 0) {
		close(ends[1]);
		errno = failure;
	}
	return keeper->pid > 0;
}

struct undo_keeper *undo_keeper_start(GError **error)
{
	struct undo_keeper *keeper = g_new0(struct undo_keeper, 1);

	keeper->undo = mmap(NULL, sizeof(struct undo), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (keeper->undo == MAP_FAILED || !start(keeper)) {
		set_io_error(error, "no process can be made: %s", g_strerror(errno));
		if (keeper->undo != MAP_FAILED)
			munmap(keeper->undo, sizeof(struct undo));
		g_free(keeper);
		return NULL;
	}
	return keeper;
}

struct undo *undo_keeper_list(struct undo_keeper *keeper)
{
	return keeper->undo;
}

void undo_keeper_end(struct undo_keeper *keeper)
{
	if (!keeper)
		return;
	put_back(keeper->undo);
	close(keeper->hold_fd);
	while (waitpid(keeper->pid, NULL, 0) < 0 && errno == EINTR)
		;
	munmap(keeper->undo, sizeof(struct undo));
	g_free(keeper);
}
