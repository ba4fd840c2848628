/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef KMSIM_FIDELITY_KERNEL_VERSION_H
#define KMSIM_FIDELITY_KERNEL_VERSION_H

#include "sim/fidelity/timeline.h"

/* Whose rules a kernel of that release has, as vmap-nodes names them; NULL: none of these. */
const char *kernel_version_of(const char *release);

/*
 * Whose rules made the recording, as vmap-nodes names them: @wanted, or what the kernel's release
 * says, or how failed attempts are written; "" if nothing tells. *told is by what. NULL with the
 * error set: KMSIM_ERROR_INPUT for a kernel without vmap nodes or a release that is none,
 * KMSIM_ERROR_USAGE for a version @wanted that the model does not have.
 */
const char *kernel_version(const struct timeline *timeline, const char *wanted, const char **told,
			   GError **error);

#endif
