// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/record/kptr_restrict.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define PATH "/proc/sys/kernel/kptr_restrict"

bool kptr_restrict_write(const char *value)
{
	int fd = open(PATH, O_WRONLY | O_CLOEXEC);
	size_t length = strlen(value);
	bool ok = fd >= 0 && write(fd, value, length) == (ssize_t)length;
	int failed = errno;

	if (fd >= 0)
		close(fd);
	errno = failed;
	return ok;
}

int kptr_restrict_begin(char *old, unsigned size, int *failed)
{
	int fd = open(PATH, O_RDONLY | O_CLOEXEC);

	*old = 0;
	*failed = 0;
	if (fd < 0 || flock(fd, LOCK_EX)) {
		*failed = errno;
		return fd;
	}
	ssize_t got = read(fd, old, size - 1);

	old[got > 0 ? got : 0] = 0;
	if (*old && *old != '1' && !kptr_restrict_write("1\n"))
		*failed = errno;
	if (*old == '1' || *failed)
		*old = 0;
	return fd;
}

void kptr_restrict_end(int turn, char *old)
{
	if (*old)
		kptr_restrict_write(old);
	*old = 0;
	if (turn >= 0)
		close(turn);
}
