// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/cli/interrupt.h"

#include <stddef.h>

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

void interrupt_install(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

const volatile sig_atomic_t *interrupt_flag(void)
{
	return &interrupted;
}
