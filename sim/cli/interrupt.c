// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/interrupt.h"

#include <stddef.h>
#include <time.h>

static volatile sig_atomic_t interrupted;
static volatile time_t interrupted_at;

/* Some programs, timeout(1) for one, send a signal twice at once and mean one. */
static void on_signal(int number)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!interrupted) {
		interrupted = 1;
		interrupted_at = now.tv_sec;
	} else if (now.tv_sec > interrupted_at + 1) {
		signal(number, SIG_DFL);
		raise(number);
	}
}

void interrupt_install(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

const volatile sig_atomic_t *interrupt_flag(void)
{
	return &interrupted;
}
