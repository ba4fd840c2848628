/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_CLI_INTERRUPT_H
#define KMSIM_CLI_INTERRUPT_H

#include <signal.h>

/*
 * SIGINT and SIGTERM set a flag that long work looks at; one that comes more than a second later
 * ends the program at once. These are the only global variables: a signal handler has no other way.
 */
void interrupt_install(void);
const volatile sig_atomic_t *interrupt_flag(void);

#endif
