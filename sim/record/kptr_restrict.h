/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_RECORD_KPTR_RESTRICT_H
#define KMSIM_RECORD_KPTR_RESTRICT_H

/*
 * /proc/sys/kernel/kptr_restrict at 1, which shows real addresses to root, for as long as somebody
 * reads some. Two programs of this kind take turns, so that each puts back what it found.
 */

#include <stdbool.h>

/*
 * Wait for the turn and set it to 1. What there was is in @old (@size bytes), empty if that was 1
 * already or it cannot be set: then @failed says why not (errno), else it is 0. Returns what
 * kptr_restrict_end() asks for.
 */
int kptr_restrict_begin(char *old, unsigned size, int *failed);

/* Put @old back, empty it, and let others have their turn. */
void kptr_restrict_end(int turn, char *old);

/* False, with errno, if it cannot be written. */
bool kptr_restrict_write(const char *value);

#endif
